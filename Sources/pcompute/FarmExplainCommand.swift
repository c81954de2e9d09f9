internal import ArgumentParser
internal import Farm
internal import SPMD

/// Why a task waits, why it failed, where it ran.
struct FarmExplainCommand: FarmQuery {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Says why a task waits, why it failed, and where it ran.")

  @Argument(help: journalHelp) var journal: String
  @Argument(help: "The identifier of a task, or its number.") var id: String

  func answer(from reader: JournalReader) throws {
    let task = try reader.explain(reader.task(named: id))
    try StandardOutput.write(text(of: task, isActive: reader.isInUse))
  }

  private func text(of known: JournalReader.Explanation, isActive: Bool) -> String {
    let task = known.task
    var lines = ["\(oneLine(task.id)): \(reason(known, isActive: isActive))"]
    lines.append("  command: \(oneLine(task.commandLine))")
    if let directory = task.directory { lines.append("  folder: \(oneLine(directory))") }
    if let limit = task.timeLimit { lines.append("  time limit: \(duration(limit))") }
    if let retries = task.retries { lines.append("  tried again: up to \(count(retries, "time"))") }
    if !task.after.isEmpty {
      lines.append("  after: \(task.after.map { oneLine($0) }.joined(separator: ", "))")
    }
    for run in known.runs {
      let attempt = run.attempt
      lines.append(
        "  run \(attempt.attempt): rank \(attempt.rank) on \(attempt.host), \(timeText(attempt.start)), "
          + "\((attempt.end - attempt.start).formatted(digits: 3)) s, \(attempt.ending.text), "
          + "\(count(attempt.outputBytes, "byte")) of output")
    }
    if let last = known.runs.last?.attempt, !last.tail.isEmpty {
      lines.append("  the end of its output:")
      let tail = String(decoding: last.tail, as: UTF8.self)
      for line in tail.split(separator: "\n", omittingEmptySubsequences: false).suffix(20)
      where !line.isEmpty {
        lines.append("    \(oneLine(line))")
      }
    }
    return lines.joined(separator: "\n")
  }

  private func reason(_ known: JournalReader.Explanation, isActive: Bool) -> String {
    switch known.state {
    case .done: return "done"
    case .failed: return "failed (\(known.runs.last?.attempt.ending.text ?? "its rank was lost"))"
    case .skipped:
      return "not run, as a task before it has failed: \(names(known.waitsFor))"
    case .running:
      guard let running = known.running else { return "runs" }
      let place = "rank \(running.rank) on \(running.host) since \(timeText(running.started))"
      return isActive
        ? "runs on \(place)" : "ran on \(place) when the farm ended; --resume runs it again"
    case .waiting:
      if !known.waitsFor.isEmpty { return "waits for \(names(known.waitsFor))" }
      if !isActive { return "not run; --resume runs it" }
      return known.runs.isEmpty
        ? "waits for a free slot"
        : "waits to be run again (\(known.runs.last?.attempt.ending.text ?? ""))"
    }
  }

  private func names(_ tasks: [(id: String, state: TaskState)]) -> String {
    tasks.map { "\(oneLine($0.id)) (\($0.state.rawValue))" }.joined(separator: ", ")
  }
}
