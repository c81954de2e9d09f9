import Foundation
import Support
import Testing

/// Jobs that go on after a process has died, where the MPI has ULFM.
@Suite(
  .enabled("needs an MPI with ULFM: ./run.sh test --mpi openmpi5") { launcherWithULFM != nil })
struct UlfmTests {
  @Test("The example: three of four go on") func survivors() throws {
    let launch = try Launch(
      try #require(launcherWithULFM),
      ["--with-ft", "ulfm", "--oversubscribe", "-n", "4", Launcher.product("survivors")],
      environment: [
        "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        "PRTE_ALLOW_RUN_AS_ROOT": "1", "PRTE_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
      ])
    // Not to the end: MPI_Finalize may not return there (docs/KnownIssues.md).
    let isDone = launch.wait(timeout: .seconds(30)) {
      $0.standardOutput.contains("step 5: 3 processes")
    }
    #expect(isDone, "\(launch.standardError)")
    let steps = launch.standardOutput.split(separator: "\n").filter { $0.hasPrefix("step") }
    #expect(
      steps == [
        "step 0: 4 processes", "step 1: 4 processes", "step 2: 4 processes", "step 4: 3 processes",
        "step 5: 3 processes",
      ])
  }
}

/// The launcher, if it is that of Open MPI 5.
private let launcherWithULFM: String? = {
  guard let path = ProcessInfo.processInfo.environment["PCOMPUTE_LAUNCHER"] else { return nil }
  let prterun = URL(filePath: path).deletingLastPathComponent().appending(path: "prterun").path
  return FileManager.default.isExecutableFile(atPath: prterun) ? path : nil
}()
