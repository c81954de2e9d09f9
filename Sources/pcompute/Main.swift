internal import ArgumentParser
internal import Foundation
internal import MPI
internal import SPMD

/// Parses the command line, runs the command on all ranks, and ends them all with the same status.
@main struct Main {
  static func main() {
    let parsed = Result { try PCompute.parseAsRoot() }
    if let command = try? parsed.get() as? any LocalCommand { exit(command.statusOfRun()) }
    exit(
      MPI.run { world in
        let status = status(of: parsed, on: world)
        if world.rank == 0 { leaveVerdict(status) }
        return status
      })
  }

  /// Writes the exit status to the file that run.sh has asked for: the launcher's own status says nothing
  /// where ranks may be lost.
  static func leaveVerdict(_ status: Int32) { writeVerdict("\(status)") }

  /// Writes there that a job runs, and whether it can go on another time, should rank 0 not come to its end.
  static func leaveBeginning(canGoOn: Bool) { writeVerdict(canGoOn ? "begun" : "running") }

  private static func writeVerdict(_ text: String) {
    guard let path = environmentVariable("PCOMPUTE_VERDICT") else { return }
    try? (text + "\n").write(toFile: path, atomically: true, encoding: .utf8)
  }

  /// The exit status of this rank, when all output is out.
  ///
  /// Every rank parses the same command line, and comes to the same end; rank 0 speaks for all.
  private static func status(
    of parsed: Result<any ParsableCommand, any Error>, on world: Communicator
  ) -> Int32 {
    do {
      var command = try parsed.get()
      guard let job = command as? any Job else {
        // The parser's own: help, which it throws as a message.
        try command.run()
        return EXIT_SUCCESS
      }
      return try status(of: job, on: world)
    } catch let error as OutputError {
      // Only the rank that writes knows, so it ends the others.
      StandardError.write("pcompute: \(error)")
      world.abort(code: 1)
    } catch let error as MPIError {
      StandardError.write("pcompute: \(error)")
      world.abort(code: 1)
    } catch {
      return report(error, on: world)
    }
  }

  /// Runs a job, and prints how long its sections took where that is asked for.
  private static func status(of job: some Job, on world: Communicator) throws -> Int32 {
    let timings = Timings()
    var status = EXIT_SUCCESS
    do {
      let name = type(of: job).configuration.commandName ?? "job"
      try timings.measure(name) { try job.run(on: world, timings: timings) }
    } catch let failure as Failure {
      if world.rank == 0 { StandardError.write("pcompute: \(failure.message)") }
      status = failure.status
    }
    if job.outputOptions.timings, let summary = try timings.summary(on: world) {
      switch job.outputOptions.format {
      case .json: try StandardError.write(json: summary)
      case .text: StandardError.write(summary.description)
      }
    }
    return status
  }

  /// Prints what the argument parser has to say: help on standard output, a mistake on standard
  /// error.
  private static func report(_ error: any Error, on world: Communicator) -> Int32 {
    let code = PCompute.exitCode(for: error)
    if world.rank == 0 {
      let message = PCompute.fullMessage(for: error)
      if code.isSuccess {
        do {
          try StandardOutput.write(message)
        } catch {
          StandardError.write("pcompute: \(error)")
          world.abort(code: 1)
        }
      } else {
        StandardError.write(message)
      }
    }
    return code.isSuccess ? EXIT_SUCCESS : 2
  }
}
