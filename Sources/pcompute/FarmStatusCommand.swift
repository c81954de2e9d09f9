internal import ArgumentParser
internal import Farm
internal import Glibc
internal import SPMD

/// How far a farm is.
struct FarmStatusCommand: FarmQuery {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Says how far a farm is, or how it has ended.")

  @Argument(help: journalHelp) var journal: String

  @Flag(help: "Say it again every second until the farm ends.")
  var watch = false

  @OptionGroup var outputOptions: FormatOptions

  func answer(from reader: JournalReader) throws {
    let isTerminal = isatty(STDOUT_FILENO) == 1
    var lines = 0
    while true {
      let status = try reader.status()
      switch outputOptions.format {
      case .json: try StandardOutput.write(json: status)
      case .text:
        let text = text(of: status)
        // Over what was said before.
        if isTerminal && lines > 0 { try StandardOutput.write("\u{1B}[\(lines + 1)A\u{1B}[J") }
        try StandardOutput.write(text)
        lines = text.split(separator: "\n").count
      }
      guard watch && status.isActive else { return }
      sleep(1)
    }
  }

  private func text(of status: JournalReader.Status) -> String {
    let left = status.tasks - status.count(.done) - status.count(.failed) - status.count(.skipped)
    let state =
      status.isActive
      ? "at work" : left > 0 ? "not at work, \(count(left, "task")) left" : "has ended"
    var lines = ["\(status.journal): \(state)"]
    let counts = TaskState.allCases.filter { status.count($0) > 0 }
      .map { "\(status.count($0).grouped) \($0.rawValue)" }
    lines.append(
      "\(count(status.tasks, "task"))"
        + (counts.isEmpty ? "" : ": \(counts.joined(separator: ", "))"))
    if let began = status.began, let ended = status.ended {
      var line = "\(count(status.runs, "run")) from \(timeText(began)) to \(timeText(ended))"
      let since = ended - (status.resumed ?? began)
      if since > 0 {
        let rate = Double(status.endedSince) / since
        line += ", \(rate.formatted(digits: 1)) a second"
        if status.isActive && left > 0 && rate > 0 {
          line += ", about \(duration(Double(left) / rate)) left"
        }
      }
      lines.append(line)
    }
    for rank in status.ranks.prefix(32) {
      lines.append(
        "  rank \(rank.rank) on \(rank.host): \(count(rank.runs, "run")), \(duration(rank.busy)) together"
      )
    }
    if status.ranks.count > 32 {
      lines.append("  … \(count(status.ranks.count - 32, "further rank"))")
    }
    let now = wallTime()
    for task in status.running {
      let verb = status.isActive ? "runs" : "ran at the end"
      let time = status.isActive ? " for \(duration(now - task.started))" : ""
      lines.append("  \(oneLine(task.id)) \(verb) on rank \(task.rank) on \(task.host)\(time)")
    }
    if !status.failed.isEmpty {
      let rest = status.count(.failed) > status.failed.count ? ", …" : ""
      lines.append("failed: \(status.failed.map { oneLine($0) }.joined(separator: ", "))\(rest)")
    }
    return lines.joined(separator: "\n")
  }
}

/// A time span in the units that fit it.
func duration(_ seconds: Double) -> String {
  let whole = Int(max(0, seconds))
  if whole < 100 { return "\(max(0, seconds).formatted(digits: 1)) s" }
  if whole < 6000 { return "\(whole / 60) min \(whole % 60) s" }
  return "\(whole / 3600) h \(whole / 60 % 60) min"
}
