import Foundation
import Support
import Testing

/// Compressed files on the command line. (What is in them, and what is wrong with them, at several
/// numbers of ranks: CompressedTableTests in SPMDTests.)
@Suite struct StatsCompressedTests {
  /// Runs the command, on one rank by itself: mpirun takes far longer than most of what is tested here.
  private func run(_ ranks: Int, _ arguments: [String]) throws -> LaunchResult {
    let program = try Launcher.product("pcompute")
    return ranks == 1
      ? try Launcher.run(program, ["stats"] + arguments)
      : try Launcher.mpirun(ranks: ranks, program: program, ["stats"] + arguments)
  }

  private func text(rows: Range<Int>) -> Data {
    let lines = rows.map { "\($0),\(Double($0 * 7919 % 10_007) / 100),\"text\n \($0 % 17)\"\n" }
    return Data(("id,value,note\n" + lines.joined()).utf8)
  }

  private func constant(_ json: String) -> String {
    json.split(separator: "\n").filter {
      !$0.contains("\"ranks\" :") && !$0.contains("\"seconds\" :")
    }.joined(separator: "\n")
  }

  @Test func amongOtherFiles() throws {
    try Launcher.withTemporaryFolder { folder in
      let plain = (0..<5).map { "\(folder)/\($0)" }
      for (number, path) in plain.enumerated() {
        try text(rows: (number * 3000)..<(number * 3000 + 3000)).write(to: URL(filePath: path))
      }
      let options = ["--only", "count,sum,mean,standardDeviation,min,max", "--format", "json"]
      let expected = constant(try run(1, plain + options).standardOutput)
      #expect(expected.contains("\"rows\" : 15000"))
      #expect(try Launcher.run("gzip", [plain[0], plain[2], plain[3]]).status == 0)
      let mixed = [0, 1, 2, 3, 4].map { [1, 4].contains($0) ? plain[$0] : plain[$0] + ".gz" }
      let result = try run(3, mixed + options)
      #expect(result.status == 0, "\(result.standardError)")
      #expect(constant(result.standardOutput) == expected)

      let cut = folder + "/cut.gz"
      let data = try Data(contentsOf: URL(filePath: mixed[0]))
      try data.prefix(data.count / 2).write(to: URL(filePath: cut))
      let failed = try run(3, [mixed[0], cut, mixed[2]])
      #expect(failed.status == 1)
      #expect(failed.standardOutput.isEmpty)
      let lines = failed.standardError.split(separator: "\n").filter { $0.contains("pcompute: ") }
      let place = "the gzip data is cut off at byte \(data.count / 2), where the file ends"
      #expect(lines == ["pcompute: \(cut): \(place)"])
      #expect(failed.duration < .seconds(20))
    }
  }

  @Test func moreFilesThanDescriptors() throws {
    try Launcher.withTemporaryFolder { folder in
      let first = folder + "/0"
      try text(rows: 0..<3).write(to: URL(filePath: first))
      #expect(try Launcher.run("gzip", [first]).status == 0)
      let data = try Data(contentsOf: URL(filePath: first + ".gz"))
      let paths = (0..<1500).map { folder + "/\($0).gz" }
      for path in paths { try data.write(to: URL(filePath: path)) }
      let result = try run(3, paths + ["--only", "count", "--format", "json"])
      #expect(try StatsResult(json: result.standardOutput).rows == 4500)
    }
  }
}
