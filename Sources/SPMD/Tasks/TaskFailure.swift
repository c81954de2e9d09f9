/// A task that has thrown an error: which, where, and what.
public struct TaskFailure: Error, Hashable, Codable, Sendable, CustomStringConvertible {
  /// The task's place among the tasks, from 0; those that tasks have created come after the others.
  public let task: Int
  /// The rank that ran it.
  public let rank: Int
  /// The error, as text.
  public let message: String

  /// What happened, for people.
  public var description: String { "task \(task), on rank \(rank): \(message)" }
}

/// Why a pool has ended before all tasks were done, on all ranks.
struct PoolFailure: Error, Codable, CustomStringConvertible {
  /// A task's, or that of the sequence of tasks.
  var task: TaskFailure?
  var message: String

  var description: String { message }
}
