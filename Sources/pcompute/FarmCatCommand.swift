internal import ArgumentParser
internal import Farm
internal import SPMD

/// The output of a task.
struct FarmCatCommand: FarmQuery {
  static let configuration = CommandConfiguration(
    commandName: "cat",
    abstract: "Prints the output of a task.",
    discussion: """
      All of it where the farm was run with --log; otherwise the last 2 KB, which the journal has.
      """)

  @Argument(help: journalHelp) var journal: String
  @Argument(help: "The identifier of a task, or its number.") var id: String

  @Option(
    help: ArgumentHelp("The run of the task, from 1; the last one unless given.", valueName: "n"))
  var run: Int?

  func answer(from reader: JournalReader) throws {
    let runs = try reader.runs(of: reader.task(named: id))
    guard !runs.isEmpty else { throw FarmError("\(journal): \(id) has not been run to an end") }
    guard
      let chosen = run.map({ number in runs.first { $0.attempt.attempt == number } }) ?? runs.last
    else { throw FarmError("\(journal): \(id) has no run \(run ?? 0)") }
    if let place = chosen.place {
      try OutputLog.copy(place, of: "\(journal).log", to: 1)
      return
    }
    try StandardOutput.write(bytes: chosen.attempt.tail)
    if chosen.attempt.outputBytes > chosen.attempt.tail.count {
      StandardError.write(
        "pcompute: the last \(chosen.attempt.tail.count) of \(chosen.attempt.outputBytes) bytes: "
          + "the farm kept no more in its journal")
    }
  }
}
