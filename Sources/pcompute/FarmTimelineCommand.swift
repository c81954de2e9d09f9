internal import ArgumentParser
internal import Farm

/// What each rank did and when, as a picture.
struct FarmTimelineCommand: FarmQuery {
  static let configuration = CommandConfiguration(
    commandName: "timeline",
    abstract: "Draws what each rank did, and when, as SVG.")

  @Argument(help: journalHelp) var journal: String

  func answer(from reader: JournalReader) throws {
    let status = try reader.status()
    guard let began = status.began, let ended = status.ended else {
      throw FarmError("\(journal): no task has been run to an end")
    }
    var timeline = Timeline(from: began, to: ended)
    try reader.forEachRun { timeline.add($0) }
    try StandardOutput.write(timeline.svg)
  }
}
