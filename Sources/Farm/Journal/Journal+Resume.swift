internal import Foundation
internal import GRDB

extension Journal {
  /// Takes in what stands beside the journal: the tail, and what other ranks have written when rank
  /// 0 was gone.
  func takeIn() throws {
    var others: [AttemptLog] = []
    var records = try tail.records()
    for name in Journal.rankFiles(of: path) {
      let log = try AttemptLog(at: name)
      for var record in try log.records() where try !isKnown(record.outcome.attempt) {
        if let outputs, let output = record.outcome.attempt.output, !output.isEmpty {
          record.offset = try outputs.append(output)
          record.length = output.count
        }
        record.outcome.attempt.output = nil
        records.append(record)
      }
      others.append(log)
    }
    if !records.isEmpty {
      try transaction(patience: 10) { database in
        for record in records { try JournalRows.insert(record, into: database) }
      }
    }
    try tail.empty()
    others.forEach { $0.remove() }
  }

  /// Whether the journal has a run that a rank tells of: it was reported, but that was not confirmed.
  private func isKnown(_ attempt: TaskAttempt) throws -> Bool {
    try database.read { database in
      try Bool.fetchOne(
        database, sql: "SELECT 1 FROM attempt WHERE task = ? AND rank = ? AND started = ?",
        arguments: [attempt.task, attempt.rank, attempt.start]) ?? false
    }
  }

  /// The file in which a rank keeps attempts that it cannot report.
  package static func rankFile(of path: String, rank: Int) -> String { "\(path)-rank\(rank)" }

  static func rankFiles(of path: String) -> [String] {
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { String(path[...$0]) } ?? "./"
    let prefix = String(path[(slash.map { path.index(after: $0) } ?? path.startIndex)...]) + "-rank"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { name in
      name.hasPrefix(prefix) && !name.dropFirst(prefix.count).isEmpty
        && name.dropFirst(prefix.count).allSatisfy(\.isWholeNumber)
    }.sorted().map { folder + $0 }
  }

  func reset(retriesFailed: Bool) throws {
    try transaction(patience: 10) { database in
      // Its attempt has no end: as if it had not been.
      try database.execute(
        sql: "UPDATE task SET state = 'waiting', tries = tries - 1 WHERE state = 'running'")
      if retriesFailed {
        try database.execute(
          sql: "UPDATE task SET state = 'waiting' WHERE state IN ('failed', 'skipped')")
      }
      let rows = try Row.fetchCursor(
        database, sql: "SELECT task, tries FROM task WHERE state = 'waiting' AND tries > 0")
      while let row = try rows.next() { earlierTries[row[0]] = row[1] }
    }
  }
}
