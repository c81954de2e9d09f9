internal import Foundation
internal import GRDB

/// How attempts become rows.
enum JournalRows {
  /// Writes an attempt, and what it means for its task. Doing so twice is doing it once.
  static func insert(_ record: AttemptLog.Record, into database: Database) throws {
    let attempt = record.outcome.attempt
    let insertion = try database.cachedStatement(
      sql: "INSERT OR REPLACE INTO attempt VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
    insertion.setUncheckedArguments([
      attempt.task, attempt.attempt, attempt.rank, attempt.host, attempt.start, attempt.end,
      attempt.ending.name, attempt.ending.number, attempt.ending.message, attempt.outputBytes,
      Data(attempt.tail), record.offset, record.length,
    ])
    try insertion.execute()
    // A task that is done stays so, whatever is told late of a rank that was taken to be lost. What is
    // told twice, by a tail that could not be emptied, changes nothing.
    let update = try database.cachedStatement(
      sql: """
        UPDATE task SET state = ?2, tries = ?3 WHERE task = ?1 AND state != 'done' AND tries <= ?3
        """)
    update.setUncheckedArguments([attempt.task, record.outcome.state.rawValue, attempt.attempt])
    try update.execute()
    guard !record.outcome.skipped.isEmpty else { return }
    let skip = try database.cachedStatement(sql: "UPDATE task SET state = 'skipped' WHERE task = ?")
    for task in record.outcome.skipped { try skip.execute(arguments: [task]) }
  }
}
