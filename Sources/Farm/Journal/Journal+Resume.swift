internal import Foundation
internal import GRDB

extension Journal {
  /// Takes in what stands beside the journal: the tail, and what other ranks have written when rank
  /// 0 was gone.
  func takeIn() throws {
    let records = try tail.records()
    let others = try Journal.rankFiles(of: path).map { try AttemptLog(at: $0) }
    let told = try others.flatMap { try $0.records() }
    if !records.isEmpty || !told.isEmpty {
      try transaction(patience: 10) { database in
        for record in records { try JournalRows.insert(record, into: database) }
        for record in told { try insert(ofRank: record, into: database) }
      }
    }
    try tail.empty()
    others.forEach { $0.remove() }
  }

  /// Refuses a journal whose farm was ended before all tasks of its list were in it, and any had run.
  ///
  /// - Parameter warn: Is told where tasks have run: of a list that was read while they did.
  package func checkList(warn: (String) -> Void) throws {
    let (isWhole, hasRun) = try database.read { database in
      (
        try Bool.fetchOne(database, sql: "SELECT value FROM farm WHERE key = 'listed'") ?? false,
        try Bool.fetchOne(database, sql: "SELECT 1 FROM attempt LIMIT 1") ?? false
      )
    }
    guard !isWhole else { return }
    guard hasRun else {
      throw FarmError(
        "\(path): its farm was ended before it had the whole list, and has run nothing: remove it,"
          + " and begin with the list again")
    }
    warn("\(path): the list was not read to its end: what comes after task \(taskCount) is not run")
  }

  /// Writes what a rank tells of a run, unless the journal has it: it was reported, but that was not
  /// confirmed.
  private func insert(ofRank record: AttemptLog.Record, into database: Database) throws {
    var record = record
    let attempt = record.outcome.attempt
    let isKnown = try Bool.fetchOne(
      database, sql: "SELECT 1 FROM attempt WHERE task = ? AND rank = ? AND started = ?",
      arguments: [attempt.task, attempt.rank, attempt.start])
    guard isKnown == nil else { return }
    // Ranks count from where their farm was resumed.
    let last = try Int.fetchOne(
      database, sql: "SELECT max(attempt) FROM attempt WHERE task = ?", arguments: [attempt.task])
    record.outcome.attempt.attempt = max(attempt.attempt, (last ?? 0) + 1)
    if let outputs, let output = attempt.output, !output.isEmpty {
      record.offset = try outputs.append(output)
      record.length = output.count
    }
    record.outcome.attempt.output = nil
    try JournalRows.insert(record, into: database)
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
