internal import ArgumentParser
internal import Farm
internal import SPMD

/// The tasks of a journal, as a list that can be run.
struct FarmListCommand: FarmQuery {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Prints tasks as a list that a farm can run, with reasons as comments.",
    discussion: """
      Tasks keep their identifiers in a list of JSON; a list of shell commands has none, so that it is one only if all \
      tasks are lines of a shell and no more. A task does not wait for others that are not in the list.

        pcompute farm list run.journal --state failed > again.txt
      """)

  @Argument(help: journalHelp) var journal: String

  @Option(help: "Only tasks in this state.")
  var state: TaskState?

  func answer(from reader: JournalReader) throws {
    var ids = Set<String>()
    var isShell = true
    try reader.forEachTask(in: state) { task, _, _ in
      ids.insert(task.id)
      if isShell { isShell = task.isPlain && TaskList.isLine(task.commandLine) }
    }
    var text = ""
    try reader.forEachTask(in: state) { task, state, run in
      var task = task
      task.after.removeAll { !ids.contains($0) }
      text += "# \(oneLine(task.id)): \(reason(state, run))\n"
      text += (isShell ? task.commandLine : task.jsonLine) + "\n"
      if text.utf8.count > 1 << 16 {
        try StandardOutput.write(text)
        text = ""
      }
    }
    if !text.isEmpty { try StandardOutput.write(text) }
  }

  private func reason(_ state: TaskState, _ run: JournalReader.Run?) -> String {
    guard let attempt = run?.attempt else { return state.rawValue }
    var parts = [
      state.rawValue, oneLine(attempt.ending.text), "rank \(attempt.rank) on \(attempt.host)",
      "\((attempt.end - attempt.start).formatted(digits: 1)) s",
    ]
    if attempt.attempt > 1 { parts.append("run \(attempt.attempt)") }
    let last = String(decoding: attempt.tail, as: UTF8.self).split(separator: "\n").last
    if state == .failed, let last { parts.append("“\(oneLine(last.suffix(120)))”") }
    return parts.joined(separator: ", ")
  }
}

extension TaskState: ExpressibleByArgument {}
