import Support
import Testing

/// A package outside of the repository builds without flags, and runs.
@Suite struct ClientTests {
  @Test(arguments: [1, 2, 3, 4, 7])
  func runs(ranks: Int) throws {
    let result = try Launcher.mpirun(ranks: ranks, program: Client.program(), ["hello"])
    #expect(result.status == 0)
    #expect(result.standardOutput == "ranks \(Array(0..<ranks))\n")
    #expect(result.standardError == "")
  }

  @Test("A program without mpirun is a job of one rank") func alone() throws {
    let result = try Launcher.run(Client.program(), ["hello"])
    #expect(result.status == 0)
    #expect(result.standardOutput == "ranks [0]\n")
    #expect(result.standardError == "")
  }

  @Test("100 000 duplicated communicators do not run out, nor grow")
  func duplicates() throws {
    let result = try Launcher.mpirun(
      ranks: 2, program: Client.program(), ["duplicates"], timeout: .seconds(300))
    #expect(result.status == 0)
    #expect(result.standardOutput == "goes on with 2\n")
  }

  @Test("So do communicators that were split") func subsets() throws {
    let result = try Launcher.mpirun(
      ranks: 3, program: Client.program(), ["subsets"], timeout: .seconds(300))
    #expect(result.status == 0)
    #expect(result.standardOutput == "goes on with 3\n")
  }
}
