internal import GRDB

extension JournalReader {
  /// How far a farm is.
  package struct Status: Encodable, Sendable {
    /// One rank's runs.
    package struct Rank: Encodable, Sendable {
      package var rank: Int
      package var host: String
      package var runs: Int
      /// Seconds of all runs together.
      package var busy: Double
    }

    /// A task that runs.
    package struct Running: Encodable, Sendable {
      package var id: String
      package var rank: Int
      package var host: String
      package var started: Double
    }

    package var journal: String
    /// Whether a farm is at work.
    package var isActive: Bool
    package var tasks: Int
    /// The number of tasks in each state.
    package var states: [String: Int]
    package var runs: Int
    /// When the first run began and the last one ended, in seconds since 1970.
    package var began: Double?
    package var ended: Double?
    /// The last run of the farm: when it began, and how many tasks have ended since.
    package var resumed: Double?
    package var endedSince: Int
    package var ranks: [Rank]
    /// The first of those that run, and of those that have failed.
    package var running: [Running]
    package var failed: [String]

    package func count(_ state: TaskState) -> Int { states[state.rawValue] ?? 0 }
  }

  /// - Parameter limit: How many of the running and of the failed tasks are named.
  package func status(naming limit: Int = 10) throws -> Status {
    let isActive = isInUse
    return try query { database in
      var states: [String: Int] = [:]
      for row in try Row.fetchAll(
        database, sql: "SELECT state, count(*) FROM task GROUP BY state")
      {
        states[row[0]] = row[1]
      }
      let times = try Row.fetchOne(
        database, sql: "SELECT count(*), min(started), max(ended) FROM attempt")
      let ranks = try Row.fetchAll(
        database,
        sql: """
          SELECT rank, host, count(*), sum(ended - started) FROM attempt
          GROUP BY rank, host ORDER BY rank, host
          """
      ).map { Status.Rank(rank: $0[0], host: $0[1], runs: $0[2], busy: $0[3]) }
      let running = try Row.fetchAll(
        database,
        sql: """
          SELECT id, rank, host, started FROM tasks WHERE state = 'running'
          ORDER BY started LIMIT ?
          """, arguments: [limit]
      ).map { Status.Running(id: $0[0], rank: $0[1], host: $0[2], started: $0[3]) }
      let failed = try String.fetchAll(
        database, sql: "SELECT id FROM tasks WHERE state = 'failed' ORDER BY number LIMIT ?",
        arguments: [limit])
      let resumed = try Double.fetchOne(
        database, sql: "SELECT CAST(value AS REAL) FROM farm WHERE key = 'resumed'")
      let since = try Int.fetchOne(
        database, sql: "SELECT count(*) FROM attempt WHERE ended >= ?", arguments: [resumed ?? 0])
      return Status(
        journal: path, isActive: isActive, tasks: states.values.reduce(0, +), states: states,
        runs: times?[0] ?? 0, began: times?[1], ended: times?[2], resumed: resumed,
        endedSince: since ?? 0, ranks: ranks, running: running, failed: failed)
    }
  }
}
