/// One task of a farm: a command, and how it is run.
package struct FarmTask: Sendable, Equatable, Codable {
  /// What is run.
  package enum Command: Sendable, Equatable, Codable {
    /// A line for `/bin/sh -c`.
    case shell(String)
    /// A program and its arguments, without a shell.
    case arguments([String])
  }

  /// The place in the list, from 0: the key by which ranks and journal know the task.
  package var index: Int
  /// The name by which other tasks and people know it: the list's, or the number of the task from 1.
  package var id: String
  package var command: Command
  /// Added to the environment of the rank.
  package var environment: [String: String] = [:]
  /// The folder that it runs in; `nil` for that of the job.
  package var directory: String?
  /// What it reads on standard input; `nil` for nothing.
  package var input: String?
  /// Seconds from its start until it is ended; `nil` for the farm's own limit.
  package var timeLimit: Double?
  /// How often it is tried again after a failure; `nil` for the farm's own number.
  package var retries: Int?
  /// How long it takes, in any unit that is the same for all tasks; `nil` where not known.
  package var weight: Double?
  /// The identifiers of the tasks that must have succeeded before.
  package var after: [String] = []

  package init(index: Int, id: String, command: Command) {
    self.index = index
    self.id = id
    self.command = command
  }
}
