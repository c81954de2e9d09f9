import Foundation
import Support
import Testing

/// `--timings`, which every command has.
@Suite struct TimingsOptionTests {
  private struct Summary: Decodable {
    struct Section: Decodable {
      let path: String
      let ranks: Int
      let calls: Int
      let minimum: Double
      let median: Double
      let maximum: Double
      let imbalance: Double
    }

    let sections: [Section]
    let ranks: Int
  }

  private static let file = NSTemporaryDirectory() + "pcompute-timings-\(getpid())"

  @Test(
    "The sections of each command, over all ranks",
    arguments: [
      (["pi", "--intervals", "1000000"], ["pi", "pi/sum", "pi/reduce"]),
      (["info"], ["info"]),
      (["stats", file + ".csv"], ["stats", "stats/plan", "stats/read", "stats/merge"]),
      (
        ["sort", file + ".csv", "-o", file + ".sorted"],
        ["sort", "sort/plan", "sort/read and sort", "sort/cut", "sort/merge and write"]
      ),
      (
        ["integrate", "x*y", "--over", "x=0:1", "--over", "y=0:1"],
        ["integrate", "integrate/add up"]
      ),
    ])
  func sections(arguments: [String], expected: [String]) throws {
    let files = [Self.file + ".csv", Self.file + ".sorted"]
    defer { for file in files { try? FileManager.default.removeItem(atPath: file) } }
    try "a,b\n1,2\n3,4\n5,6\n".write(toFile: files[0], atomically: true, encoding: .utf8)
    for ranks in [1, 3] {
      let result = try Launcher.mpirun(
        ranks: ranks, program: Launcher.product("pcompute"),
        arguments + ["--timings", "--format", "json"])
      #expect(result.status == 0)
      let text = result.standardError
      let summary = try #require(
        try? JSONDecoder().decode(Summary.self, from: Data(text.utf8)), "\(text)")
      #expect(summary.ranks == ranks)
      let paths = summary.sections.map(\.path)
      for path in expected { #expect(paths.contains(path), "\(path) in \(paths)") }
      let whole = try #require(summary.sections.first)
      #expect(whole.path == arguments[0] && whole.calls == ranks)
      for section in summary.sections {
        #expect((1...ranks).contains(section.ranks) && section.calls >= section.ranks)
        #expect(section.minimum <= section.median && section.median <= section.maximum)
        #expect(section.maximum <= whole.maximum && section.imbalance >= 0)
      }
    }
  }

  @Test("A table on standard error, the result on standard output as without it") func table()
    throws
  {
    let command = ["pi", "--intervals", "1000000"]
    let result = try Launcher.mpirun(
      ranks: 2, program: Launcher.product("pcompute"), command + ["--timings"])
    #expect(result.status == 0)
    #expect(result.standardOutput.contains("3.14159"))
    let lines = result.standardError.split(separator: "\n")
    #expect(lines.first?.hasPrefix("section") == true)
    #expect(lines.contains { $0.hasPrefix("  reduce") })
  }

  @Test("Where the tolerance is not met, too: with the exit status of that") func failed() throws {
    let result = try Launcher.mpirun(
      ranks: 2, program: Launcher.product("pcompute"),
      [
        "integrate", "sin(1/x)", "--over", "x=0:1", "--max-evaluations", "1000", "--timings",
      ])
    #expect(result.status == 3)
    #expect(result.standardError.contains("the tolerance was not met"))
    #expect(result.standardError.contains("\nintegrate"))
  }
}
