import Support
import Testing

/// Tasks that wait, at each threading level: below the highest, only one thread may call MPI.
@Suite struct AsyncLevelTests {
  @Test(
    "Messages and collectives are right at every level, in both forms of run",
    arguments: ["single", "funneled", "serialized", "multiple"], [1, 2, 3])
  func levels(level: String, ranks: Int) throws {
    for form in ["loop", "thread"] {
      let result = try Launcher.mpirun(
        ranks: ranks, program: Launcher.product("asynchronous"), ["check", level, form])
      #expect(result.status == 0, "\(form): \(result.standardError)")
      #expect(
        result.standardOutput.hasSuffix(", \(ranks) ranks, failures: []\n"),
        "\(form): \(result.standardOutput)\(result.standardError)")
      // A library may give more than was asked for; the one that is tested gives that.
      if !Launcher.usesMPICH {
        #expect(result.standardOutput.hasPrefix("\(level), "), "\(form)")
      }
    }
  }
}
