import Foundation
import Support
import Testing

/// The search for handles that were not freed: that it finds one.
@Suite(
  .enabled("handles are counted with Open MPI 4") {
    ProcessInfo.processInfo.environment["PCOMPUTE_LEAKS"] == "1"
  })
struct HandleTests {
  @Test("A handle that is left is a failed test", arguments: [true, false])
  func left(isLeft: Bool) throws {
    let folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().path
    let result = try Launcher.run(
      Launcher.packageFolder + "/Tests/run-tests.sh", [folder, "LeftHandleTests"],
      environment: [
        "PCOMPUTE_TEST_RANKS": "3", "PCOMPUTE_TEST_LAUNCHES": "0", "PCOMPUTE_LEAKS": "1",
        "PCOMPUTE_LEAVE_HANDLE": isLeft ? "1" : "0",
      ])
    let output = result.standardOutput
    #expect(result.status == (isLeft ? 1 : 0), "\(output)\(result.standardError)")
    #expect(output.contains(isLeft ? "2 passed, 2 failed" : "2 passed, 0 failed"), "\(output)")
    for title in ["one process", "3 ranks"] {
      #expect(output.contains("✘ \(title): handles of MPI were not freed") == isLeft, "\(output)")
    }
    #expect(output.contains("1 of MPI_Comm_dup still allocated in MPI_Finalize") == isLeft)
  }
}
