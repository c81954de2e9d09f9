internal import ArgumentParser
internal import Farm

/// The options that say what is told of a farm.
struct FarmReportFlags: ParsableArguments {
  @Flag(
    help: "Print outputs in the order of the list; otherwise each is printed when its task ends.")
  var ordered = false

  @Flag(help: "Keep outputs in one log beside the journal, for farm cat, instead of printing them.")
  var log = false

  @Flag(help: "Print no outputs; the journal keeps the last 2 KB of each.")
  var quiet = false

  @Option(help: ArgumentHelp("Write a log like GNU parallel's.", valueName: "file"))
  var joblog: String?

  @Option(
    help: ArgumentHelp("Write what happens as lines of JSON, while it does.", valueName: "file"))
  var events: String?

  @Option(
    help: ArgumentHelp("Draw what each rank did, and when, as SVG.", valueName: "file"))
  var timeline: String?

  /// - Parameters:
  ///   - hasFiles: Whether tasks write their outputs into files of their own.
  ///   - journal: Where the log stands beside.
  func options(hasFiles: Bool, journal: String?) throws -> FarmReportOptions {
    if [ordered, log, quiet, hasFiles].count(where: \.self) > 1 {
      throw ValidationError("--ordered, --log, --quiet and --output exclude each other")
    }
    if log && journal == nil { throw ValidationError("--log is for --journal") }
    var options = FarmReportOptions()
    options.outputs = ordered ? .ordered : log ? .log : quiet || hasFiles ? .none : .ended
    options.jobLog = joblog
    options.events = events
    options.timeline = timeline
    options.temporaryFolder = environmentVariable("TMPDIR") ?? "/tmp"
    return options
  }
}
