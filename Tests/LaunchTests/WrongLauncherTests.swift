import Foundation
import Support
import Testing

/// Whether a program tells its user that the launcher belongs to another MPI, so that each process is rank 0 of 1.
@Suite struct WrongLauncherTests {
  private static let otherLauncher = ["mpirun.mpich", "mpiexec.mpich", "mpirun.openmpi"].first {
    name in
    name.hasSuffix("mpich") != Launcher.usesMPICH
      && FileManager.default.isExecutableFile(atPath: "/usr/bin/\(name)")
  }

  @Test(
    "Variables of a launcher that did not start this program's MPI",
    arguments: [
      ["OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_RANK": "0"],
      ["PMI_SIZE": "4", "PMI_RANK": "0"],
      ["SLURM_STEP_NUM_TASKS": "4", "SLURM_PROCID": "0"],
    ])
  func environment(variables: [String: String]) throws {
    let result = try Launcher.run(Client.program(), ["hello"], environment: variables)
    let variable = try #require(variables.keys.first { $0.contains("SIZE") || $0.contains("NUM") })
    #expect(result.standardError.contains("warning: \(variable) says that 4 processes"))
    #expect(result.standardError.contains("each is rank 0 of 1"))
    #expect(result.standardOutput == "ranks [0]\n")
  }

  @Test("Only the first process says so") func others() throws {
    let result = try Launcher.run(
      Client.program(), ["hello"], environment: ["PMI_SIZE": "4", "PMI_RANK": "1"])
    #expect(result.standardError == "")
    #expect(result.standardOutput == "ranks [0]\n")
  }

  @Test(
    "The launcher of another MPI",
    .enabled("no other MPI is installed") { otherLauncher != nil })
  func launcher() throws {
    let launcher = try #require(Self.otherLauncher)
    let result = try Launcher.run(
      launcher, ["-n", "2", Client.program(), "hello"],
      environment: ["OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"])
    #expect(result.standardOutput == "ranks [0]\nranks [0]\n")
    #expect(result.standardError.contains("says that 2 processes were started"))
    #expect(result.standardError.components(separatedBy: "warning:").count == 2)
  }

  @Test("pcompute info reports it") func info() throws {
    let result = try Launcher.run(
      Launcher.product("pcompute"), ["info", "--format", "json"],
      environment: ["PMI_SIZE": "4", "PMI_RANK": "0"])
    let object = try JSONSerialization.jsonObject(with: Data(result.standardOutput.utf8))
    let warnings = try #require((object as? [String: Any])?["warnings"] as? [String])
    #expect(warnings.contains { $0.contains("PMI_SIZE says that 4 processes") })
  }
}
