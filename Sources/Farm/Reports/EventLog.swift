/// What happens in a farm, as lines of JSON; see docs/FarmFormats.md.
package final class EventLog {
  /// What tasks are called.
  package typealias Name = (Int) -> String

  private let file: LineFile

  /// - Parameter appends: Whether lines of an earlier run of the farm stay.
  package init(_ path: String, appends: Bool = false) throws {
    file = try LineFile(path, appends: appends)
  }

  /// A farm begins, or goes on, on ranks that run so many tasks at a time.
  package func farmBegan(slots: [Int], time: Double = wallTime()) throws {
    try file.write(
      Self.line(
        "farmBegan", time,
        ["\"ranks\":\(slots.count)", "\"slots\":\(slots.reduce(0, +))"]))
  }

  package func farmEnded(status: Int32, summary: FarmSummary, time: Double = wallTime()) throws {
    try file.write(
      Self.line(
        "farmEnded", time,
        [
          "\"status\":\(status)", "\"done\":\(summary.done)", "\"failed\":\(summary.failed)",
          "\"left\":\(summary.left)",
        ]))
  }

  package func began(
    task: Int, attempt: Int, rank: Int, host: String, time: Double, name: Name
  ) throws {
    try file.write(
      Self.line(
        "began", time,
        Self.members(task, attempt, rank, host, name)))
  }

  package func ended(_ outcomes: [FarmOutcome], name: Name) throws {
    var lines = ""
    for outcome in outcomes {
      let attempt = outcome.attempt
      var members = Self.members(
        attempt.task, attempt.attempt, attempt.rank, attempt.host, name)
      members += [
        "\"started\":\(attempt.start)", "\"seconds\":\(attempt.end - attempt.start)",
        "\"ending\":\(jsonQuoted(attempt.ending.name))",
      ]
      if let number = attempt.ending.number { members.append("\"status\":\(number)") }
      if let message = attempt.ending.message {
        members.append("\"message\":\(jsonQuoted(message))")
      }
      members.append("\"bytes\":\(attempt.outputBytes)")
      members.append("\"state\":\"\(outcome.state.rawValue)\"")
      lines += Self.line("ended", attempt.end, members)
      for task in outcome.skipped {
        lines += Self.line(
          "skipped", attempt.end, ["\"task\":\(task + 1)", "\"id\":\(jsonQuoted(name(task)))"])
      }
    }
    try file.write(lines)
  }

  package func lost(rank: Int, host: String, reason: String, time: Double = wallTime()) throws {
    try file.write(
      Self.line(
        "lost", time,
        ["\"rank\":\(rank)", "\"host\":\(jsonQuoted(host))", "\"reason\":\(jsonQuoted(reason))"]))
  }

  private static func members(
    _ task: Int, _ attempt: Int, _ rank: Int, _ host: String, _ name: Name
  ) -> [String] {
    [
      "\"task\":\(task + 1)", "\"id\":\(jsonQuoted(name(task)))", "\"attempt\":\(attempt)",
      "\"rank\":\(rank)", "\"host\":\(jsonQuoted(host))",
    ]
  }

  private static func line(_ event: String, _ time: Double, _ members: [String]) -> String {
    "{\"event\":\"\(event)\",\"time\":\(time),\(members.joined(separator: ","))}\n"
  }
}
