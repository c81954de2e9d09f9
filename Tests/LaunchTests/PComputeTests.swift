import Foundation
import Support
import Testing

/// `pcompute` as users run it.
@Suite struct PComputeLaunchTests {
  private func pcompute(
    _ arguments: String..., ranks: Int, environment: [String: String] = [:]
  ) throws -> LaunchResult {
    try Launcher.mpirun(
      ranks: ranks, program: Launcher.product("pcompute"), arguments, environment: environment)
  }

  private struct Pi: Decodable {
    let value: Double
    let error: Double
    let ranks: Int
    let seconds: Double
  }

  private struct Info: Decodable {
    struct Rank: Decodable {
      let rank: Int
      let host: String
      let cores: Int
    }

    let library: String
    let standard: String
    let threading: String
    let ranks: [Rank]
    let warnings: [String]
  }

  private func decode<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
    try JSONDecoder().decode(type, from: Data(text.utf8))
  }

  @Test("The default job finds π", arguments: [1, 2, 3, 4, 7])
  func defaultJob(ranks: Int) throws {
    let result = try pcompute("--format", "json", ranks: ranks)
    #expect(result.status == 0)
    #expect(result.standardError == "")
    let pi = try decode(Pi.self, result.standardOutput)
    #expect(abs(pi.value - Double.pi) < 1e-12)
    #expect(pi.error == abs(pi.value - Double.pi))
    #expect(pi.ranks == ranks)
    #expect(pi.seconds > 0.05)
    #expect(result.duration < .seconds(20))
  }

  @Test("Help is about what was asked for", arguments: [1, 3]) func helpOfCommands(ranks: Int)
    throws
  {
    for (arguments, expected) in [
      (["--help"], "SUBCOMMANDS"), (["help"], "SUBCOMMANDS"), (["help", "stats"], "--quantiles"),
      (["stats", "--help"], "--quantiles"), (["info", "--help"], "more ranks than cores"),
      (["--generate-completion-script", "bash"], "complete"),
    ] {
      let result = try Launcher.mpirun(
        ranks: ranks, program: Launcher.product("pcompute"), arguments)
      #expect(result.status == 0)
      #expect(result.standardError == "")
      #expect(result.standardOutput.contains(expected), "\(arguments)")
    }
  }

  @Test("The value is the same at any number of ranks, bit for bit") func sameBits() throws {
    let values = try [1, 2, 3, 4, 7].map { ranks in
      let result = try pcompute("pi", "--intervals", "12345678", "--format", "json", ranks: ranks)
      return try decode(Pi.self, result.standardOutput).value
    }
    #expect(Set(values).count == 1)
  }

  @Test("The default job's text has all that people ask for") func defaultText() throws {
    let result = try pcompute(ranks: 3)
    #expect(result.status == 0)
    for word in ["3.14159265", "value", "error", "time", "rate", "3 ranks", "1 host"] {
      #expect(result.standardOutput.contains(word), "\(word) in \(result.standardOutput)")
    }
  }

  @Test("info shows every rank", arguments: [1, 2, 3, 4, 7])
  func info(ranks: Int) throws {
    let result = try pcompute("info", "--format", "json", ranks: ranks)
    #expect(result.status == 0)
    let info = try decode(Info.self, result.standardOutput)
    #expect(info.library.contains("MPI"))
    #expect(["3.", "4.", "5."].contains { info.standard.hasPrefix($0) })
    #expect(info.threading == "multiple")
    #expect(info.ranks.map(\.rank) == Array(0..<ranks))
    #expect(Set(info.ranks.map(\.host)).count == 1)
    #expect(info.ranks.allSatisfy { $0.cores >= 1 })
    let cores = info.ranks[0].cores
    #expect(info.warnings.contains { $0.contains("oversubscribed") } == (ranks > cores))
  }

  @Test("info warns of ranks that share a core") func bound() throws {
    let launch = try Launcher.run(
      "taskset",
      ["-c", "0", Launcher.packageFolder + "/run.sh", "-n", "2", "exec"]
        + [Launcher.product("pcompute"), "info", "--format", "json"])
    let info = try decode(Info.self, launch.standardOutput)
    #expect(info.ranks.allSatisfy { $0.cores == 1 })
    #expect(!info.warnings.isEmpty)
  }

  @Test(
    "A wrong command line: one message, from rank 0, and status 2",
    arguments: [
      ["--bogus"], ["bogus"], ["info", "--format", "xml"], ["pi", "--intervals", "0"], ["stats"],
    ])
  func wrongOptions(arguments: [String]) throws {
    let result = try Launcher.mpirun(
      ranks: 3, program: Launcher.product("pcompute"), arguments)
    #expect(result.status == 2)
    #expect(result.standardOutput == "")
    let errors = result.standardError.components(separatedBy: "Error: ").count - 1
    #expect(errors == 1, "\(result.standardError)")
    #expect(result.duration < .seconds(15))
  }

  @Test("A file that is not there: one message that names it, and status 1") func missingFile()
    throws
  {
    let result = try pcompute("stats", "no-such-file.csv", ranks: 3)
    #expect(result.status == 1)
    #expect(result.standardOutput == "")
    #expect(result.standardError.components(separatedBy: "no-such-file.csv").count == 2)
    #expect(result.duration < .seconds(15))
  }

  @Test("Help comes once, on standard output", arguments: [["--help"], ["help", "stats"]])
  func help(arguments: [String]) throws {
    let result = try Launcher.mpirun(
      ranks: 3, program: Launcher.product("pcompute"), arguments)
    #expect(result.status == 0)
    #expect(result.standardOutput.components(separatedBy: "USAGE: ").count == 2)
    #expect(result.standardError == "")
  }

  @Test("A result that cannot be written is an error") func fullDisk() throws {
    let result = try Launcher.run(
      "sh", ["-c", "exec \"$0\" pi --intervals 1000 > /dev/full", Launcher.product("pcompute")])
    #expect(result.status != 0)
    #expect(result.standardError.contains("standard output"))
  }
}
