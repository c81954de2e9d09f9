internal import ArgumentParser
internal import Glibc

/// A command of one process, which needs no MPI: it runs on a login node, too.
protocol LocalCommand: ParsableCommand {
  /// Does the work.
  ///
  /// - Returns: The exit status.
  /// - Throws: ``Failure``, or what could not be written.
  func runAlone() throws -> Int32
}

extension LocalCommand {
  /// The exit status. Of several processes that a launcher has started, the first one speaks for all.
  func statusOfRun() -> Int32 {
    let ranks = ["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"]
    if let rank = ranks.lazy.compactMap(environmentVariable).first, rank != "0" {
      return EXIT_SUCCESS
    }
    do {
      return try runAlone()
    } catch let failure as Failure {
      StandardError.write("pcompute: \(failure.message)")
      return failure.status
    } catch {
      StandardError.write("pcompute: \(error)")
      return EXIT_FAILURE
    }
  }
}
