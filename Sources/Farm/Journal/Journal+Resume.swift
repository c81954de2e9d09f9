internal import GRDB
internal import Glibc

extension Journal {
  /// Takes in what stands beside the journal: the tail, and what other ranks have written.
  func takeIn() throws {
    var others: [AttemptLog] = []
    var records = try tail.records()
    let second = Self.tailPath(2, of: path)
    if Journal.exists(second) {
      let log = try AttemptLog(at: second)
      // Either may have been the later one: the tries of a task say which.
      records = try (records + log.records()).enumerated().sorted {
        ($0.element.outcome.attempt.attempt, $0.offset)
          < ($1.element.outcome.attempt.attempt, $1.offset)
      }.map(\.element)
      others.append(log)
    }
    try insert(records) { record, _ in record }
    for name in RankLog.paths(of: path, id: id) {
      let log = try AttemptLog(at: name)
      try insert(log.records(), as: unknown)
      others.append(log)
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
        "\(path): its farm was ended before it had the whole list, and has run nothing: begin with the"
          + " list again, not with --resume")
    }
    warn("the list was not read to its end: what comes after task \(taskCount) is not run")
  }

  private func insert(
    _ records: [AttemptLog.Record],
    as form: (AttemptLog.Record, Database) throws -> AttemptLog.Record?
  ) throws {
    guard !records.isEmpty else { return }
    try database.commit(path: path) { database in
      for record in records {
        if let record = try form(record, database) {
          try JournalRows.insert(record, into: database)
        }
      }
    }
  }

  /// What a rank tells of a run, where the journal does not have it: it may have been reported, without
  /// being confirmed.
  private func unknown(
    _ told: AttemptLog.Record, _ database: Database
  ) throws -> AttemptLog.Record? {
    var record = told
    let attempt = record.outcome.attempt
    let known = try Bool.fetchOne(
      database, sql: "SELECT 1 FROM attempt WHERE task = ? AND rank = ? AND started = ?",
      arguments: [attempt.task, attempt.rank, attempt.start])
    guard known == nil else { return nil }
    let earlier = try Int.fetchOne(
      database, sql: "SELECT max(attempt) FROM attempt WHERE task = ?", arguments: [attempt.task])
    // Ranks do not know of the runs before this farm's.
    record.outcome.attempt.attempt = max(attempt.attempt, (earlier ?? 0) + 1)
    try moveOutput(of: &record)
    return record
  }

  /// What a rank that is lost has written of its runs, and rank 0 may not have heard of.
  func runs(ofLostRank rank: Int) -> [TaskAttempt] {
    RankLog.paths(of: path, id: id, rank: rank).filter(Journal.exists).flatMap { name in
      (try? AttemptLog(at: name).records().map(\.outcome.attempt)) ?? []
    }
  }

  func removeRuns(ofLostRank rank: Int) {
    for name in RankLog.paths(of: path, id: id, rank: rank) { _ = unsafe unlink(name) }
  }

  func reset(retriesFailed: Bool) throws {
    try database.commit(path: path) { database in
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
