internal import GRDB
internal import Glibc

extension Journal {
  /// Seconds after which changes are committed.
  private static let delay = 0.5
  /// Seconds that a reader may keep a commit waiting that somebody waits for.
  fileprivate static let patience = 10.0

  /// Notes that a task runs: seen by those who ask, committed with the next changes.
  package func began(task: Int, attempt: Int, rank: Int, host: String, time: Double) {
    changes.begun[task] = JournalChanges.Beginning(
      attempt: number(attempt, of: task), rank: rank, host: host, time: time)
    noteChange()
  }

  /// Notes that attempts have ended: they are safe when this returns.
  ///
  /// - Throws: ``FarmError`` where the disk is full, say. What was committed stays as it was.
  package func ended(_ outcomes: [FarmOutcome]) throws {
    guard !outcomes.isEmpty else { return }
    var records: [AttemptLog.Record] = []
    records.reserveCapacity(outcomes.count)
    for outcome in outcomes {
      var record = AttemptLog.Record(outcome: outcome)
      try moveOutput(of: &record)
      record.outcome.attempt.attempt = number(outcome.attempt.attempt, of: outcome.attempt.task)
      records.append(record)
    }
    // Kept even where the tail has no room: the next commit may find some.
    changes.ended += records
    noteChange()
    try currentTail().append(records)
  }

  /// Moves the output of a run to the output log, if there is one.
  func moveOutput(of record: inout AttemptLog.Record) throws {
    if let outputs, let output = record.outcome.attempt.output, !output.isEmpty {
      record.offset = try outputs.append(output)
      record.length = output.count
    }
    record.outcome.attempt.output = nil
  }

  private func number(_ attempt: Int, of task: Int) -> Int { attempt + (earlierTries[task] ?? 0) }

  /// Notes something about the farm, such as its command line.
  package func note(_ key: String, _ value: String) {
    changes.values[key] = value
    noteChange()
  }

  private func noteChange() {
    if firstChange == nil { firstChange = steadyTime() }
  }

  private func currentTail() throws -> AttemptLog {
    guard usesSecondTail else { return tail }
    if let secondTail { return secondTail }
    let made = try AttemptLog(at: Self.tailPath(2, of: path))
    secondTail = made
    return made
  }

  // MARK: - Commits

  /// Has what is due be committed, and does not wait for it.
  ///
  /// - Throws: ``FarmError`` where the last commit has failed. Its changes are left to the next one.
  package func tick() throws {
    guard writer.isIdle else { return }
    try takeBack()
    guard let firstChange, steadyTime() - firstChange >= Self.delay else { return }
    let full = try currentTail()
    let batch = changes
    changes = JournalChanges()
    self.firstChange = nil
    usesSecondTail.toggle()
    writer.begin(batch) { [database, path, writer] in
      // A reader may keep it waiting for as long as it wants to.
      try database.commit(path: path, isWanted: { !writer.isHurried }) { try batch.write(to: $0) }
      try full.empty()
    }
  }

  /// Commits everything.
  package func commit() throws {
    if !writer.wait(seconds: Self.patience) {
      writer.hurry()
      _ = writer.wait(seconds: .infinity)
    }
    try takeBack()
    guard firstChange != nil else { return }
    let batch = changes
    try database.commit(path: path) { try batch.write(to: $0) }
    changes = JournalChanges()
    firstChange = nil
    try tail.empty()
    try secondTail?.empty()
  }

  /// Takes changes back that could not be committed.
  private func takeBack() throws {
    guard let (batch, failure) = writer.takeFailure() else { return }
    changes.insert(before: batch)
    noteChange()
    throw failure
  }

  /// Commits everything, and closes the files.
  package func close() throws {
    do {
      try commit()
    } catch {
      // What has failed before may not fail now: a disk has room again.
      try commit()
    }
    writer.end()
    do {
      try database.close()
    } catch let error as DatabaseError {
      throw Journal.failure(error, path: path)
    }
    secondTail?.remove()
    tail.remove()
  }
}

/// Changes that are committed together.
struct JournalChanges: Sendable {
  struct Beginning: Sendable {
    var attempt: Int
    var rank: Int
    var host: String
    var time: Double
  }

  var ended: [AttemptLog.Record] = []
  var begun: [Int: Beginning] = [:]
  var values: [String: String] = [:]

  /// Takes in what was before these.
  mutating func insert(before earlier: JournalChanges) {
    ended = earlier.ended + ended
    begun.merge(earlier.begun) { later, _ in later }
    values.merge(earlier.values) { later, _ in later }
  }

  func write(to database: Database) throws {
    let running = try database.cachedStatement(
      sql: """
        UPDATE task SET state = 'running', tries = ?2, rank = ?3, host = ?4, started = ?5
        WHERE task = ?1 AND state != 'done'
        """)
    let over = begun.isEmpty ? [] : Set(ended.map(\.outcome.attempt.task))
    for (task, start) in begun where !over.contains(task) {
      try running.execute(
        arguments: [task, start.attempt, start.rank, start.host, start.time])
    }
    for record in ended { try JournalRows.insert(record, into: database) }
    let value = try database.cachedStatement(sql: "INSERT OR REPLACE INTO farm VALUES (?, ?)")
    for (key, text) in values { try value.execute(arguments: [key, text]) }
  }
}

extension DatabaseQueue {
  /// Runs a transaction.
  ///
  /// - Parameters:
  ///   - path: What messages call the journal.
  ///   - isWanted: Whether it is tried again where a reader is in the way; otherwise for some seconds.
  func commit(
    path: String, isWanted: (() -> Bool)? = nil, _ body: (Database) throws -> Void
  ) throws {
    let deadline = steadyTime() + Journal.patience
    while true {
      do {
        return try writeWithoutTransaction { database in
          try database.inTransaction(.immediate) {
            try body(database)
            return .commit
          }
        }
      } catch let error as DatabaseError {
        guard error.resultCode == .SQLITE_BUSY, isWanted?() ?? (steadyTime() < deadline) else {
          throw Journal.failure(error, path: path)
        }
      }
    }
  }
}
