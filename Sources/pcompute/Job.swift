internal import ArgumentParser
internal import MPI

/// A command that all ranks run together.
protocol Job: ParsableCommand {
  /// Does the work of one rank.
  ///
  /// - Throws: ``Failure``, which all ranks throw alike, where the input is at fault.
  func run(on world: Communicator) throws
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
struct OutputOptions: ParsableArguments {
  @Option(help: "How the result is printed.")
  var format: OutputFormat = .text
}
