internal import Foundation
internal import GRDB
internal import Glibc
internal import SPMD

/// A journal as those see it who ask, while a farm runs and afterwards.
package final class JournalReader {
  package let path: String
  let database: DatabaseQueue

  /// Opens a journal. What the process that wrote it has left beside it is taken in first.
  package init(_ path: String) throws {
    self.path = path
    try Journal.checkContent(of: path, flags: O_RDONLY)
    if !Self.isInUse(path) { Self.recover(path) }
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(10)
    do {
      database = try DatabaseQueue(path: path, configuration: configuration)
      try database.read { try JournalSchema.check($0, path: path) }
    } catch let error as DatabaseError {
      throw Journal.failure(error, path: path)
    }
  }

  /// Whether a farm is using the journal.
  package var isInUse: Bool { Self.isInUse(path) }

  private static func isInUse(_ path: String) -> Bool {
    let descriptor = unsafe open("\(path)-tail", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return flock(descriptor, LOCK_SH | LOCK_NB) != 0
  }

  /// Takes in what was not committed. Where that may not be done, it is not seen.
  private static func recover(_ path: String) {
    let isThere = { (name: String) in unsafe access(name, F_OK) == 0 }
    let beside = isThere("\(path)-tail") || isThere("\(path)-journal")
    let hasRest = beside || !RankLog.allPaths(of: path).isEmpty
    guard hasRest, let journal = try? Journal.recovered(path) else { return }
    try? journal.close()
  }

  /// Runs a query, and names the journal where it fails.
  func query<Result>(_ body: (Database) throws -> Result) throws -> Result {
    do {
      return try database.read(body)
    } catch let error as DatabaseError {
      throw Journal.failure(error, path: path)
    }
  }

  /// Something about the farm that ``Journal/note(_:_:)`` has noted.
  package func note(_ key: String) throws -> String? {
    try query {
      try String.fetchOne($0, sql: "SELECT value FROM farm WHERE key = ?", arguments: [key])
    }
  }

  /// The place of a task by its identifier, or else by its number.
  package func task(named name: String) throws -> Int {
    let found = try query { database in
      try Int.fetchOne(database, sql: "SELECT task FROM task WHERE id = ?", arguments: [name])
        ?? Int(name).flatMap { number in
          try Int.fetchOne(
            database, sql: "SELECT task FROM task WHERE task = ? AND id IS NULL",
            arguments: [number - 1])
        }
    }
    guard let found else { throw FarmError("\(path): no task has the id “\(name)”") }
    return found
  }
}
