internal import GRDB

/// The tables of a journal; see docs/FarmFormats.md.
enum JournalSchema {
  /// `pcfm`: what `file(1)` may know a journal by.
  static let applicationID = 0x7063_666D
  static let version = 1

  static let sql = """
    CREATE TABLE farm (key TEXT PRIMARY KEY, value) WITHOUT ROWID;

    CREATE TABLE task (
      task INTEGER PRIMARY KEY,
      id TEXT UNIQUE,
      command TEXT NOT NULL,
      spec TEXT,
      state TEXT NOT NULL DEFAULT 'waiting',
      tries INTEGER NOT NULL DEFAULT 0,
      rank INTEGER,
      host TEXT,
      started REAL
    );

    CREATE TABLE attempt (
      task INTEGER NOT NULL,
      attempt INTEGER NOT NULL,
      rank INTEGER NOT NULL,
      host TEXT NOT NULL,
      started REAL NOT NULL,
      ended REAL NOT NULL,
      ending TEXT NOT NULL,
      status INTEGER,
      message TEXT,
      bytes INTEGER NOT NULL,
      tail BLOB NOT NULL,
      offset INTEGER,
      length INTEGER,
      PRIMARY KEY (task, attempt)
    ) WITHOUT ROWID;

    CREATE VIEW tasks AS
    SELECT t.task + 1 AS number,
      coalesce(t.id, CAST(t.task + 1 AS TEXT)) AS id,
      t.state,
      t.tries,
      coalesce(a.host, t.host) AS host,
      coalesce(a.rank, t.rank) AS rank,
      coalesce(a.started, t.started) AS started,
      a.ended,
      a.ended - a.started AS seconds,
      a.ending,
      a.status,
      a.message,
      a.bytes,
      CAST(a.tail AS TEXT) AS tail,
      json_extract(t.spec, '$.weight') AS weight,
      json_extract(t.spec, '$.after') AS after,
      t.command
    FROM task t LEFT JOIN attempt a ON a.task = t.task AND a.attempt = t.tries;

    CREATE VIEW attempts AS
    SELECT coalesce(t.id, CAST(t.task + 1 AS TEXT)) AS id,
      a.attempt, a.host, a.rank, a.started, a.ended, a.ended - a.started AS seconds,
      a.ending, a.status, a.message, a.bytes, CAST(a.tail AS TEXT) AS tail, t.command
    FROM attempt a JOIN task t ON t.task = a.task;
    """

  /// Makes the tables.
  static func create(in database: Database) throws {
    try database.execute(sql: sql)
    try database.execute(sql: "PRAGMA application_id = \(applicationID)")
    try database.execute(sql: "PRAGMA user_version = \(version)")
  }

  /// Refuses what is no journal, or one that this program does not know.
  static func check(_ database: Database, path: String) throws {
    guard try Int.fetchOne(database, sql: "PRAGMA application_id") == applicationID else {
      throw FarmError("\(path): is no journal of a farm")
    }
    let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
    guard found == version else {
      throw FarmError(
        "\(path): is a journal of version \(found), and this program knows \(version)")
    }
  }
}

extension TaskAttempt.Ending {
  /// How a journal and the events call it.
  package var name: String {
    switch self {
    case .exited: "exited"
    case .signalled: "signalled"
    case .timedOut: "timedOut"
    case .interrupted: "interrupted"
    case .notStarted: "notStarted"
    }
  }

  /// The exit status, or the signal's number.
  package var number: Int? {
    switch self {
    case .exited(let status), .signalled(let status): Int(status)
    case .timedOut, .interrupted, .notStarted: nil
    }
  }

  package var message: String? {
    if case .notStarted(let message) = self { return message }
    return nil
  }

  init?(name: String, number: Int?, message: String?) {
    let number = Int32(truncatingIfNeeded: number ?? 0)
    switch name {
    case "exited": self = .exited(number)
    case "signalled": self = .signalled(number)
    case "timedOut": self = .timedOut
    case "interrupted": self = .interrupted
    case "notStarted": self = .notStarted(message ?? "")
    default: return nil
    }
  }

  /// In words, for people.
  package var text: String {
    switch self {
    case .exited(let status): "exit status \(status)"
    case .signalled(let signal): "signal \(signal)"
    case .timedOut: "time limit"
    case .interrupted: "interrupted"
    case .notStarted(let message): "not started: \(message)"
    }
  }
}
