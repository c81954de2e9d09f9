/// One run of a task that came to an end.
package struct TaskAttempt: Sendable, Equatable, Codable {
  package enum Ending: Sendable, Equatable, Codable {
    case exited(Int32)
    case signalled(Int32)
    /// Its time limit ended it.
    case timedOut
    /// The farm ended it, or its rank was lost: it counts as not run.
    case interrupted
    /// It could not be started, and why.
    case notStarted(String)
  }

  package var task: Int
  /// 1 for the first run of a task.
  package var attempt: Int
  package var rank: Int
  package var host: String
  /// Seconds since 1970.
  package var start: Double
  package var end: Double
  package var ending: Ending
  /// The bytes that it wrote to standard output and standard error.
  package var outputBytes: Int
  /// The last of them, for the journal.
  package var tail: [UInt8]
  /// All of them, where rank 0 prints or stores outputs.
  package var output: [UInt8]?

  package init(
    task: Int, attempt: Int, rank: Int, host: String, start: Double, end: Double, ending: Ending,
    outputBytes: Int, tail: [UInt8], output: [UInt8]? = nil
  ) {
    (self.task, self.attempt, self.rank, self.host) = (task, attempt, rank, host)
    (self.start, self.end, self.ending) = (start, end, ending)
    (self.outputBytes, self.tail, self.output) = (outputBytes, tail, output)
  }

  package var succeeded: Bool { ending == .exited(0) }
}
