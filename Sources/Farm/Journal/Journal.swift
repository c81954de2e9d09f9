internal import GRDB
internal import Glibc
internal import SPMD

/// What becomes of the tasks of a farm, in a file: SQLite's, on rank 0.
///
/// Changes are committed together, twice a second or a thousand at a time. An attempt that has ended
/// is safe before that: it stands in `PATH-tail` when ``ended(_:)`` returns, which the next commit,
/// or the next one who opens the journal, takes in.
///
/// SQLite's rollback journal is used, not its write-ahead log: that needs memory which processes
/// share, and network file systems have none (sqlite.org/wal.html).
package final class Journal {
  /// How many changes are committed together, and after how many seconds at the latest.
  private static let batch = 1000
  private static let delay = 0.5

  package let path: String
  let database: DatabaseQueue
  let tail: AttemptLog
  let outputs: OutputLog?
  private var ended: [AttemptLog.Record] = []
  private var begun: [Int: (attempt: Int, rank: Int, host: String, time: Double)] = [:]
  private var values: [String: String] = [:]
  private var firstChange: Double?
  /// Tries of tasks before this run of the farm.
  var earlierTries: [Int: Int] = [:]
  /// How many tasks it has.
  package private(set) var taskCount = 0

  /// Makes a journal.
  ///
  /// - Parameters:
  ///   - path: Where there is no file yet.
  ///   - keepsOutputs: Whether whole outputs are kept, in `PATH.log`.
  /// - Throws: ``FarmError`` where the file is there, or cannot be made.
  package static func create(_ path: String, keepsOutputs: Bool = false) throws -> Journal {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw FarmError(
        errno == EEXIST
          ? "\(path): exists already; --resume goes on with it" : "\(path): \(errorText(errno))")
    }
    Glibc.close(descriptor)
    do {
      // What stands beside a journal that is no longer there.
      for name in ["\(path)-tail"] + rankFiles(of: path) { _ = unsafe unlink(name) }
      return try Journal(path, keepsOutputs: keepsOutputs, isNew: true)
    } catch {
      for name in [path, "\(path)-tail", "\(path)-journal"] { _ = unsafe unlink(name) }
      throw error
    }
  }

  /// Opens a journal to go on with: what was running has not run, and what the tail has is taken in.
  ///
  /// - Parameter retriesFailed: Whether failed tasks, and those that come after them, wait again.
  package static func resume(_ path: String, retriesFailed: Bool = false) throws -> Journal {
    let journal = try recovered(path)
    try journal.reset(retriesFailed: retriesFailed)
    return journal
  }

  /// Opens a journal to take in what was not committed, and no more.
  static func recovered(_ path: String) throws -> Journal {
    let journal = try Journal(path, keepsOutputs: false, isNew: false)
    try journal.takeIn()
    return journal
  }

  /// - Parameter keepsOutputs: Whether a new journal does; another one knows.
  private init(_ path: String, keepsOutputs: Bool, isNew: Bool) throws {
    self.path = path
    if !isNew { try Journal.checkContent(of: path, flags: O_RDWR) }
    tail = try Self.lockedTail(of: path)
    var configuration = Configuration()
    // Short, since rank 0 has other things to do: a commit that waits for a reader is tried again.
    configuration.busyMode = .timeout(0.2)
    configuration.foreignKeysEnabled = false
    do {
      database = try DatabaseQueue(path: path, configuration: configuration)
      let hasLog: Bool
      (taskCount, hasLog) = try database.writeWithoutTransaction { database in
        if isNew {
          try database.inTransaction(.immediate) {
            try JournalSchema.create(in: database)
            if keepsOutputs { try database.execute(sql: "INSERT INTO farm VALUES ('log', 1)") }
            return .commit
          }
        }
        try JournalSchema.check(database, path: path)
        let count = try Int.fetchOne(
          database, sql: "SELECT coalesce(max(task) + 1, 0) FROM task")
        let log = try Bool.fetchOne(database, sql: "SELECT value FROM farm WHERE key = 'log'")
        return (count ?? 0, log ?? false)
      }
      outputs = hasLog ? try OutputLog(at: "\(path).log", isNew: isNew) : nil
    } catch {
      tail.removeIfEmpty()
      throw (error as? DatabaseError).map { Journal.failure($0, path: path) } ?? error
    }
  }

  /// Opens the tail, whose lock says that a farm is using the journal.
  private static func lockedTail(of path: String) throws -> AttemptLog {
    while true {
      let tail = try AttemptLog(at: "\(path)-tail")
      guard flock(tail.descriptor, LOCK_EX | LOCK_NB) == 0 else {
        throw FarmError("\(path): another farm is using it")
      }
      // One that has just ended may have removed it in between.
      if tail.isInPlace { return tail }
    }
  }

  /// Refuses what is no file of SQLite's before anything is put beside it.
  static func checkContent(of path: String, flags: Int32) throws {
    let descriptor = unsafe open(path, flags | O_CLOEXEC)
    guard descriptor >= 0 else { throw FarmError("\(path): \(errorText(errno))") }
    defer { Glibc.close(descriptor) }
    var start = [UInt8](repeating: 0, count: 16)
    guard unsafe read(descriptor, &start, 16) == 16, start == Array("SQLite format 3\0".utf8) else {
      throw FarmError("\(path): is no journal of a farm")
    }
  }

  static func failure(_ error: DatabaseError, path: String) -> FarmError {
    FarmError("\(path): \(error.message ?? "\(error.resultCode)")")
  }

  // MARK: - The tasks

  /// Takes tasks in, and commits them.
  ///
  /// - Parameter isWhole: Whether they are the last ones of the list; see ``checkList(warn:)``.
  package func add(_ tasks: [FarmTask], isWhole: Bool = false) throws {
    guard !tasks.isEmpty || isWhole else { return }
    try transaction(patience: 10) { database in
      let plain = try database.cachedStatement(
        sql: "INSERT INTO task (task, command) VALUES (?, ?)")
      let full = try database.cachedStatement(
        sql: "INSERT INTO task (task, id, command, spec) VALUES (?, ?, ?, ?)")
      for task in tasks {
        if task.isPlain {
          try plain.execute(arguments: [task.index, task.commandLine])
        } else {
          let id = task.id == "\(task.index + 1)" ? nil : task.id
          try full.execute(arguments: [task.index, id, task.commandLine, task.jsonLine])
        }
      }
      if isWhole { try database.execute(sql: "INSERT OR REPLACE INTO farm VALUES ('listed', 1)") }
    }
    taskCount = max(taskCount, (tasks.last?.index ?? 0) + 1)
  }

  /// All tasks in the order of the list, with their states and the number of their earlier runs.
  package func forEachTask(_ body: (FarmTask, TaskState, Int) throws -> Void) throws {
    do {
      try database.read { database in
        let rows = try Row.fetchCursor(
          database, sql: "SELECT task, command, spec, state, tries FROM task ORDER BY task")
        while let row = try rows.next() {
          let index: Int = row[0]
          let spec: String? = row[2]
          let state: String = row[3]
          let task =
            try spec.map { try FarmTask(index: index, jsonLine: $0) }
            ?? FarmTask(index: index, id: "\(index + 1)", command: .shell(row[1]))
          try body(task, TaskState(rawValue: state) ?? .waiting, row[4])
        }
      }
    } catch let error as DatabaseError {
      throw Journal.failure(error, path: path)
    }
  }

  // MARK: - What becomes of them

  /// Notes that a task runs: seen by those who ask, committed with the next changes.
  package func began(task: Int, attempt: Int, rank: Int, host: String, time: Double) {
    begun[task] = (number(attempt, of: task), rank, host, time)
    noteChange()
  }

  /// Notes that attempts have ended: they are safe when this returns.
  ///
  /// - Throws: ``FarmError`` where the disk is full, say. What was committed stays as it was.
  package func ended(_ outcomes: [FarmOutcome]) throws {
    guard !outcomes.isEmpty else { return }
    var records: [AttemptLog.Record] = []
    for var outcome in outcomes {
      var record = AttemptLog.Record(outcome: outcome)
      if let outputs, let output = outcome.attempt.output, !output.isEmpty {
        record.offset = try outputs.append(output)
        record.length = output.count
      }
      outcome.attempt.output = nil
      outcome.attempt.attempt = number(outcome.attempt.attempt, of: outcome.attempt.task)
      record.outcome = outcome
      records.append(record)
    }
    // Kept even where the tail has no room: the next commit may find some.
    ended += records
    noteChange()
    try tail.append(records)
    if ended.count + begun.count >= Self.batch { try commit(patience: 0) }
  }

  private func number(_ attempt: Int, of task: Int) -> Int { attempt + (earlierTries[task] ?? 0) }

  /// Notes something about the farm, such as its command line.
  package func note(_ key: String, _ value: String) {
    values[key] = value
    noteChange()
  }

  private func noteChange() {
    if firstChange == nil { firstChange = steadyTime() }
  }

  /// Commits what is due.
  package func tick() throws {
    guard let firstChange, steadyTime() - firstChange >= Self.delay else { return }
    try commit(patience: 0)
  }

  /// Commits everything.
  package func commit() throws { try commit(patience: 10) }

  /// - Parameter patience: Seconds that a reader may keep it waiting; after that changes are left to
  ///   the next commit.
  private func commit(patience: Double) throws {
    guard firstChange != nil else { return }
    let isCommitted = try transaction(patience: patience) { database in
      let running = try database.cachedStatement(
        sql: """
          UPDATE task SET state = 'running', tries = ?2, rank = ?3, host = ?4, started = ?5
          WHERE task = ?1 AND state != 'done'
          """)
      let over = Set(ended.map(\.outcome.attempt.task))
      for (task, start) in begun where !over.contains(task) {
        try running.execute(
          arguments: [task, start.attempt, start.rank, start.host, start.time])
      }
      for record in ended { try JournalRows.insert(record, into: database) }
      let value = try database.cachedStatement(sql: "INSERT OR REPLACE INTO farm VALUES (?, ?)")
      for (key, text) in values { try value.execute(arguments: [key, text]) }
    }
    // What is left to the next commit is as late as any other change.
    firstChange = isCommitted ? nil : steadyTime()
    guard isCommitted else { return }
    ended = []
    begun = [:]
    values = [:]
    try tail.empty()
  }

  /// - Returns: Whether it was done; otherwise a reader was in the way.
  @discardableResult
  func transaction(
    patience: Double, _ body: (Database) throws -> Void
  ) throws -> Bool {
    let deadline = steadyTime() + patience
    while true {
      do {
        try database.writeWithoutTransaction { database in
          try database.inTransaction(.immediate) {
            try body(database)
            return .commit
          }
        }
        return true
      } catch let error as DatabaseError {
        guard error.resultCode == .SQLITE_BUSY else { throw Journal.failure(error, path: path) }
        if patience == 0 { return false }
        guard steadyTime() < deadline else { throw Journal.failure(error, path: path) }
      }
    }
  }

  /// Commits everything, and closes the files.
  package func close() throws {
    try commit()
    do {
      try database.close()
    } catch let error as DatabaseError {
      throw Journal.failure(error, path: path)
    }
    tail.remove()
  }
}
