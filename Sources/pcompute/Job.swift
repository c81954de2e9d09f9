internal import ArgumentParser
internal import MPI
internal import SPMD

/// A command that all ranks run together.
protocol Job: ParsableCommand {
  /// How its result is printed.
  var outputOptions: OutputOptions { get }

  /// Does the work of one rank.
  ///
  /// - Parameter timings: To measure sections with, which `--timings` has printed.
  /// - Throws: ``Failure``, which all ranks throw alike, where the input is at fault.
  func run(on world: Communicator, timings: Timings) throws
}

/// Why a job cannot be done: known to all ranks, which end with the same status. Rank 0 prints the
/// message.
struct Failure: Error {
  /// One line that names the thing and the place.
  let message: String
  /// The exit status.
  var status: Int32 = 1
}

/// How a result is printed.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  /// For people.
  case text
  /// For programs: an object with keys that stay.
  case json
}

/// The option that every command with a result has.
struct FormatOptions: ParsableArguments {
  @Option(help: "How the result is printed.")
  var format: OutputFormat = .text
}

/// The options that every job has.
struct OutputOptions: ParsableArguments {
  @OptionGroup var result: FormatOptions

  @Flag(help: "Print to standard error how long each section took on the ranks.")
  var timings = false

  var format: OutputFormat { result.format }
}
