/// How a farm runs its tasks.
package struct FarmOptions: Codable, Sendable {
  /// What happens to the other tasks when too many have failed.
  package enum Halt: String, Codable, Sendable, CaseIterable {
    /// Those that run go on to their end; no other begins.
    case soon
    /// Those that run are ended.
    case now
  }

  /// How many tasks a rank runs at a time; `nil` for its share of the host's cores.
  package var slots: Int?
  /// Seconds after which a task is ended that has no limit of its own.
  package var timeLimit: Double?
  /// How often a task is tried again that does not say so itself.
  package var retries = 0
  /// Seconds before the first of those tries; doubled for each further one.
  package var retryDelay = 1.0
  /// `nil`: all tasks run, whatever has failed.
  package var halt: Halt?
  /// How many tasks must fail for that.
  package var failureLimit = 1
  /// Has tasks begin in an order that this number gives.
  package var shuffleSeed: UInt64?
  /// Seconds since 1970 at which the job will be ended.
  package var end: Double?
  /// Seconds before that at which running tasks are ended.
  package var margin = 5.0
  /// Seconds between SIGTERM and SIGKILL for tasks that are ended.
  package var grace = 0.5
  /// Signals after which no task begins.
  package var warnings: [Int32] = []
  /// Whether the farm goes on without ranks that are lost.
  package var isTolerant = false
  /// Seconds of silence after which a rank is taken to be lost.
  package var lostAfter = 20.0
  /// The folder that takes a file for each task's output.
  package var outputFolder: String?
  /// Whether rank 0 wants all outputs, to print or to store them.
  package var collectsOutput = false
  /// Whether tasks see the variables of the MPI launcher.
  package var keepsLauncherVariables = false
  /// The file that holds what becomes of tasks.
  package var journal: String?

  package init() {}
}

/// The exit statuses of a farm.
package enum FarmStatus {
  /// All tasks have succeeded.
  package static let done: Int32 = 0
  /// Some tasks have failed for good.
  package static let failed: Int32 = 1
  /// The command line, or the list of tasks, is wrong.
  package static let usage: Int32 = 2
  /// Tasks are left to run: the farm was ended before (EX_TEMPFAIL of sysexits.h: try again).
  package static let unfinished: Int32 = 75
}
