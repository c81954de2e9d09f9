internal import Foundation

/// The log that GNU parallel writes with `--joblog`: a line for each task that is over.
package final class JobLog {
  private let file: LineFile

  /// - Parameter appends: Whether lines of an earlier run of the farm stay.
  package init(_ path: String, appends: Bool = false) throws {
    file = try LineFile(path, appends: appends)
    if file.isEmpty {
      try file.write(
        "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n")
    }
  }

  /// Writes lines for those of the outcomes after which a task is not tried again.
  ///
  /// - Parameter command: The command line of a task, by its place in the list.
  package func add(_ outcomes: [FarmOutcome], command: (Int) -> String) throws {
    var lines = ""
    for outcome in outcomes where outcome.isFinal && outcome.attempt.ending != .interrupted {
      lines += Self.line(outcome.attempt, command: command(outcome.attempt.task)) + "\n"
    }
    try file.write(lines)
  }

  static func line(_ attempt: TaskAttempt, command: String) -> String {
    let (status, signal) =
      switch attempt.ending {
      case .exited(let status): (Int(status), 0)
      case .signalled(let signal): (0, Int(signal))
      // As it says of what its --timeout has ended.
      case .timedOut: (-1, 15)
      case .interrupted: (-1, 15)
      // As a shell says of a program that is not there.
      case .notStarted: (127, 0)
      }
    let fields = [
      "\(attempt.task + 1)", attempt.host, fixed(attempt.start, width: 0),
      fixed(attempt.end - attempt.start, width: 10), "0", "\(attempt.outputBytes)", "\(status)",
      // It, too, has commands of several lines so.
      "\(signal)", command.replacing("\n", with: "\0"),
    ]
    return fields.joined(separator: "\t")
  }

  private static func fixed(_ number: Double, width: Int) -> String {
    let text = String(format: "%.3f", number)
    return String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
