import Foundation
import Support
import Testing

/// What the rest of a job does when one rank fails: it ends, soon, and says why.
@Suite struct FaultTests {
  /// Runs a program of the client package to its end, and looks for what it has left running.
  private func run(_ program: String, ranks: Int) throws -> LaunchResult {
    let launch = try Launcher.startMpirun(ranks: ranks, program: Client.program(), [program])
    let result = try launch.result(timeout: .seconds(60))
    #expect(launch.leftovers() == [])
    return result
  }

  @Test("An error that leaves the program on one rank ends all", arguments: [2, 3, 4, 7])
  func throwing(ranks: Int) throws {
    let result = try run("throw", ranks: ranks)
    #expect(result.status != 0)
    #expect(result.duration < .seconds(15))
    #expect(result.standardError.contains("rank 1 of \(ranks) on "))
    #expect(result.standardError.contains("the disk is full"))
    #expect(result.standardOutput == "")
  }

  @Test("An error of MPI says the rank, the routine and both numbers")
  func throwingMPIError() throws {
    let result = try run("throw-mpi-error", ranks: 3)
    #expect(result.status != 0)
    #expect(result.duration < .seconds(15))
    let error = result.standardError
    #expect(error.contains("MPI_Send on rank 1 of MPI_COMM_WORLD"))
    #expect(error.contains("rank 3 is not in 0..<3"))
  }

  @Test("exit on one rank, without finalize", arguments: [2, 4])
  func exiting(ranks: Int) throws {
    let result = try run("exit", ranks: ranks)
    // MPICH's launcher tells the signal by which it ended the others instead.
    #expect(Launcher.usesMPICH ? result.status != 0 : result.status == 3)
    #expect(result.duration < .seconds(15))
  }

  @Test("SIGKILL of one rank", arguments: [2, 4])
  func killing(ranks: Int) throws {
    let result = try run("kill", ranks: ranks)
    #expect(result.status != 0)
    #expect(result.duration < .seconds(15))
  }

  @Test("abort passes its code on") func aborting() throws {
    let result = try run("abort", ranks: 3)
    #expect(result.status == 5)
    #expect(result.duration < .seconds(15))
  }

  @Test("A signal to the launcher ends all ranks", arguments: [SIGTERM, SIGINT])
  func interrupting(signal: Int32) throws {
    let launch = try Launcher.startMpirun(ranks: 3, program: Client.program(), ["hang"])
    let ready = launch.wait(timeout: .seconds(30)) {
      $0.standardOutput.components(separatedBy: "ready").count == 4
    }
    try #require(ready, "\(launch.standardError)")
    // The launcher and three ranks, so that finding none afterwards means something.
    #expect(launch.processes().count >= 4)

    launch.send(signal: signal)
    let sent = ContinuousClock.now
    let result = try launch.result(timeout: .seconds(60))
    #expect(result.status != 0)
    #expect(ContinuousClock.now - sent < .seconds(15))
    #expect(launch.leftovers() == [])
  }

  @Test(
    "An error that is caught leaves the communicator of use",
    arguments: [
      ("truncated", 1, "MPI_ERR_TRUNCATE", "MPI_Recv on rank 1 of MPI_COMM_WORLD"),
      ("truncated-request", 1, "MPI_ERR_TRUNCATE", "MPI_Wait"),
      ("invalid-rank", 2, "MPI_ERR_RANK", "MPI_Send on rank 1 of MPI_COMM_WORLD"),
      ("invalid-root", 3, "MPI_ERR_ROOT", "MPI_Bcast on rank"),
      ("invalid-tag", 1, "MPI_ERR_TAG", "MPI_Send on rank 1 of MPI_COMM_WORLD"),
    ])
  func catching(program: String, errors: Int, code: String, place: String) throws {
    let result = try run(program, ranks: 3)
    #expect(result.status == 0)
    let lines = result.standardOutput.split(separator: "\n")
    let caught = lines.filter { $0.hasPrefix("caught \(code): ") && $0.contains(place) }
    #expect(caught.count == errors, "\(result.standardOutput)")
    #expect(lines.contains("goes on with 3"))
    #expect(lines.filter { $0.hasPrefix("caught ") }.count == errors)
  }
}
