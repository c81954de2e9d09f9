internal import Foundation
internal import GRDB

extension JournalReader {
  /// One run of a task, as the journal has it.
  package struct Run: Sendable {
    package var attempt: TaskAttempt
    /// Where the output stands in the log.
    package var place: Range<Int>?
  }

  /// Why a task is where it is.
  package struct Explanation: Sendable {
    package var task: FarmTask
    package var state: TaskState
    package var runs: [Run]
    /// The tasks that it comes after and that are not done, and where they stand.
    package var waitsFor: [(id: String, state: TaskState)]
    /// Where and since when it runs.
    package var running: (rank: Int, host: String, started: Double)?
  }

  /// All that is known of a task.
  package func explain(_ index: Int) throws -> Explanation {
    try query { database in
      guard
        let row = try Row.fetchOne(
          database,
          sql: "SELECT command, spec, state, rank, host, started FROM task WHERE task = ?",
          arguments: [index])
      else { throw FarmError("\(path): no task has the number \(index + 1)") }
      let task = try Self.task(index, command: row[0], spec: row[1])
      let state = Self.state(row[2])
      var waitsFor: [(id: String, state: TaskState)] = []
      for id in task.after {
        let other = try String.fetchOne(
          database, sql: "SELECT state FROM tasks WHERE id = ?", arguments: [id])
        if let other, other != TaskState.done.rawValue { waitsFor.append((id, Self.state(other))) }
      }
      return Explanation(
        task: task, state: state, runs: try Self.runs(of: index, in: database), waitsFor: waitsFor,
        running: state == .running ? (row[3], row[4], row[5]) : nil)
    }
  }

  static func task(_ index: Int, command: String, spec: String?) throws -> FarmTask {
    try spec.map { try FarmTask(index: index, jsonLine: $0) }
      ?? FarmTask(index: index, id: "\(index + 1)", command: .shell(command))
  }

  static func state(_ name: String) -> TaskState { TaskState(rawValue: name) ?? .waiting }

  private static func runs(of index: Int, in database: Database) throws -> [Run] {
    try Row.fetchAll(
      database,
      sql: """
        SELECT attempt, rank, host, started, ended, ending, status, message, bytes, tail, offset, length
        FROM attempt WHERE task = ? ORDER BY attempt
        """, arguments: [index]
    ).map { run(of: index, $0) }
  }

  private static func run(of index: Int, _ row: Row) -> Run {
    let ending = TaskAttempt.Ending(name: row[5], number: row[6], message: row[7])
    let tail: Data = row[9]
    let offset: Int? = row[10]
    let length: Int? = row[11]
    return Run(
      attempt: TaskAttempt(
        task: index, attempt: row[0], rank: row[1], host: row[2], start: row[3], end: row[4],
        ending: ending ?? .interrupted, outputBytes: row[8], tail: [UInt8](tail), output: nil),
      place: offset.flatMap { offset in length.map { offset..<(offset + $0) } })
  }

  /// The runs of a task, in their order.
  package func runs(of index: Int) throws -> [Run] {
    try query { try Self.runs(of: index, in: $0) }
  }

  /// The tasks in a state, in the order of the list, with their last runs.
  package func forEachTask(
    in state: TaskState?, _ body: (FarmTask, TaskState, Run?) throws -> Void
  ) throws {
    try query { database in
      let rows = try Row.fetchCursor(
        database,
        sql: """
          SELECT a.attempt, a.rank, a.host, a.started, a.ended, a.ending, a.status, a.message,
            a.bytes, a.tail, a.offset, a.length, t.task, t.command, t.spec, t.state
          FROM task t LEFT JOIN attempt a ON a.task = t.task AND a.attempt = t.tries
          WHERE ?1 IS NULL OR t.state = ?1 ORDER BY t.task
          """, arguments: [state?.rawValue])
      while let row = try rows.next() {
        let index: Int = row[12]
        let task = try Self.task(index, command: row[13], spec: row[14])
        let attempt: Int? = row[0]
        try body(task, Self.state(row[15]), attempt.map { _ in Self.run(of: index, row) })
      }
    }
  }

  /// All runs of all tasks, by their beginnings.
  package func forEachRun(_ body: (TimelineRun) throws -> Void) throws {
    try query { database in
      let rows = try Row.fetchCursor(
        database,
        sql: """
          SELECT rank, host, started, ended, ending, status, id, attempt FROM attempts
          ORDER BY started
          """)
      while let row = try rows.next() {
        let ending = TaskAttempt.Ending(name: row[4], number: row[5], message: nil)
        try body(
          TimelineRun(
            rank: row[0], host: row[1], start: row[2], end: row[3],
            ending: ending ?? .interrupted, name: row[6]))
      }
    }
  }

  /// The rows of the view `tasks`: the names of its columns first, then each row's values.
  package func forEachRow(_ body: ([String], [ExportedValue]) throws -> Void) throws {
    try query { database in
      let rows = try Row.fetchCursor(database, sql: "SELECT * FROM tasks ORDER BY number")
      while let row = try rows.next() {
        try body(
          Array(row.columnNames),
          row.databaseValues.map { value in
            switch value.storage {
            case .null: .null
            case .int64(let number): .number("\(number)")
            case .double(let number): .number("\(number)")
            case .string(let text): .text(text)
            case .blob(let data): .text(String(decoding: data, as: UTF8.self))
            }
          })
      }
    }
  }
}

/// A value of a table that is exported.
package enum ExportedValue: Sendable {
  case null
  case number(String)
  case text(String)

  /// As a field of CSV (RFC 4180).
  package var csv: String {
    switch self {
    case .null: return ""
    case .number(let text): return text
    case .text(let text):
      let isPlain = !text.utf8.contains { [0x22, 0x2c, 0x0a, 0x0d].contains($0) }
      // An empty text is not the same as none.
      if isPlain && !text.isEmpty { return text }
      return "\"\(text.replacing("\"", with: "\"\""))\""
    }
  }

  /// As a value of JSON.
  package var json: String {
    switch self {
    case .null: "null"
    case .number(let text): text
    case .text(let text): jsonQuoted(text)
    }
  }
}
