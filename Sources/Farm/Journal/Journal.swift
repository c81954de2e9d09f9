internal import GRDB
internal import Glibc
internal import SPMD

/// What becomes of the tasks of a farm, in a file: SQLite's, on rank 0.
///
/// Changes are committed together, twice a second, on a thread of its own: nobody waits for the disk.
/// An attempt that has ended is safe before that: it stands in a tail, `PATH-tail` or `PATH-tail2`,
/// when ``ended(_:)`` returns, which the next one who opens the journal takes in. There are two tails
/// so that one is written to while the other one's attempts are committed.
///
/// SQLite's rollback journal is used, not its write-ahead log: that needs memory which processes
/// share, and network file systems have none (sqlite.org/wal.html).
package final class Journal {
  package let path: String
  /// A random number as 16 digits: no other journal has it. `nil` for one that was made without.
  let id: String?
  let database: DatabaseQueue
  /// The first tail, whose lock says that a farm is using the journal; and the second, once it is
  /// needed.
  let tail: AttemptLog
  var secondTail: AttemptLog?
  let outputs: OutputLog?
  let writer = JournalWriter()
  /// What is not committed, nor under way to be, and since when; and the tail that it stands in.
  var changes = JournalChanges()
  var firstChange: Double?
  var usesSecondTail = false
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
          ? "\(path): exists already" : "\(path): \(errorText(errno))")
    }
    Glibc.close(descriptor)
    do {
      // What stands beside a journal that is no longer there, but for what may be a file of the user's, `PATH-rankN`.
      for name in [tailPath(1, of: path), tailPath(2, of: path)] + RankLog.allPaths(of: path)
      where !name.hasPrefix("\(path)-rank") {
        _ = unsafe unlink(name)
      }
      return try Journal(path, keepsOutputs: keepsOutputs, isNew: true)
    } catch {
      for name in [path, tailPath(1, of: path), "\(path)-journal"] { _ = unsafe unlink(name) }
      throw error
    }
  }

  /// Whether there is a journal, or something else by its name.
  package static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

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
    // Short: a commit that waits for a reader is tried again, until it is not wanted any more.
    configuration.busyMode = .timeout(0.2)
    configuration.foreignKeysEnabled = false
    do {
      database = try DatabaseQueue(path: path, configuration: configuration)
      let hasLog: Bool
      (taskCount, hasLog, id) = try database.writeWithoutTransaction { database in
        if isNew {
          try database.inTransaction(.immediate) {
            try JournalSchema.create(in: database)
            if keepsOutputs { try database.execute(sql: "INSERT INTO farm VALUES ('log', 1)") }
            let id = String(UInt64.random(in: 1 << 60...UInt64.max), radix: 16)
            try database.execute(sql: "INSERT INTO farm VALUES ('id', ?)", arguments: [id])
            return .commit
          }
        }
        try JournalSchema.check(database, path: path)
        let count = try Int.fetchOne(
          database, sql: "SELECT coalesce(max(task) + 1, 0) FROM task")
        let log = try Bool.fetchOne(database, sql: "SELECT value FROM farm WHERE key = 'log'")
        let id = try String.fetchOne(database, sql: "SELECT value FROM farm WHERE key = 'id'")
        return (count ?? 0, log ?? false, id)
      }
      outputs = hasLog ? try OutputLog(at: "\(path).log", isNew: isNew) : nil
    } catch {
      tail.removeIfEmpty()
      throw (error as? DatabaseError).map { Journal.failure($0, path: path) } ?? error
    }
  }

  deinit { writer.end() }

  /// The name of the first or second tail.
  static func tailPath(_ number: Int, of path: String) -> String {
    number == 1 ? "\(path)-tail" : "\(path)-tail\(number)"
  }

  /// Opens the tail, whose lock says that a farm is using the journal.
  private static func lockedTail(of path: String) throws -> AttemptLog {
    while true {
      let tail = try AttemptLog(at: tailPath(1, of: path))
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
    try database.commit(path: path) { database in
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
          let task = try JournalReader.task(row[0], command: row[1], spec: row[2])
          try body(task, JournalReader.state(row[3]), row[4])
        }
      }
    } catch let error as DatabaseError {
      throw Journal.failure(error, path: path)
    }
  }

  /// A task, by its place in the list.
  func task(_ index: Int) throws -> FarmTask? {
    do {
      return try database.read { database in
        let row = try Row.fetchOne(
          database, sql: "SELECT command, spec FROM task WHERE task = ?", arguments: [index])
        return try row.map { try JournalReader.task(index, command: $0[0], spec: $0[1]) }
      }
    } catch let error as DatabaseError {
      throw Journal.failure(error, path: path)
    }
  }
}
