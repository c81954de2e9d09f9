import Foundation
import Support
import Testing

/// Groups, conditions and histograms against Python's `csv` and `fractions`. (That they are the same at
/// other numbers of ranks, with little memory too, is said by ParallelTableTests and GroupStoreTests.)
@Suite(
  .enabled("needs python3 with pandas, duckdb and vega_datasets from PyPI") {
    StatsReference.isAvailable
  })
struct StatsGroupTests {
  private struct Groups: Decodable {
    var rows: Int
    var count: Int
    var largest: [StatsResult.Group]
  }

  /// Runs the command, on one rank by itself: mpirun takes far longer than most of what is tested here.
  private func run(_ ranks: Int, _ arguments: [String]) throws -> StatsResult {
    let program = try Launcher.product("pcompute")
    let arguments = ["stats"] + arguments + ["--format", "json"]
    let run =
      ranks == 1
      ? try Launcher.run(program, arguments)
      : try Launcher.mpirun(ranks: ranks, program: program, arguments)
    #expect(run.status == 0, "\(run.standardError)")
    return try StatsResult(json: run.standardOutput)
  }

  @Test(arguments: [1, 3]) func groupsAreThoseOfTheReference(_ ranks: Int) throws {
    let data = try Data(contentsOf: URL(filePath: StatsReference.folder + "/groups.json"))
    let expected = try JSONDecoder().decode([String: Groups].self, from: data)
    #expect(expected.count == 3)
    for (condition, expected) in expected {
      var arguments = [StatsReference.folder + "/orders.csv", "--by", "kind", "--limit", "300"]
      if !condition.isEmpty { arguments += ["--where", condition] }
      if ranks > 1 { arguments += ["--block-size", "9999"] }
      let result = try run(ranks, arguments)
      #expect(result.rows == 20_000)
      #expect(result.selectedRows == expected.rows)
      let groups = try #require(result.groups)
      #expect(groups.column == "kind")
      #expect(groups.count == expected.count)
      #expect(groups.largest.count == min(300, expected.count))
      for (own, other) in zip(groups.largest, expected.largest) {
        #expect(own.value == other.value)
        #expect(own.count == other.count)
        for (own, other) in zip(own.columns, other.columns) {
          #expect(own.name == other.name)
          #expect(own.count == other.count)
          #expect(own.sum?.number == other.sum?.number, "bit for bit")
          #expect(own.mean == other.mean, "bit for bit")
          #expect(own.min?.number == other.min?.number)
          #expect(own.max?.number == other.max?.number)
        }
      }
    }
  }

  @Test(arguments: [
    ("airports", "latitude"), ("us-employment", "nonfarm_change"), ("numbers", "near"),
  ])
  func histogramsCountWhatIsBetweenTheEdges(_ name: String, _ column: String) throws {
    let expected = try #require(StatsReference.expected?[name])
    let values = try #require(expected.columns.first { $0.name == column }?.sorted)
    for (ranks, bins) in [(1, "5"), (3, "40")] {
      let result = try run(
        ranks,
        [
          "\(StatsReference.folder)/\(name).csv", "--delimiter", expected.delimiter, "--only",
          "count",
          "--histogram", column, "--bins", bins, "--columns", column,
        ])
      let histogram = try #require(result.histogram)
      let edges = histogram.edges.compactMap(\.number)
      #expect(edges.count == histogram.counts.count + 1)
      #expect(histogram.counts.count <= (Int(bins) ?? 0) + 1)
      for (bin, count) in histogram.counts.enumerated() {
        let isLast = bin == histogram.counts.count - 1
        let truth = values.count { edges[bin] <= $0 && ($0 < edges[bin + 1] || isLast) }
        #expect(count == truth)
      }
      #expect(histogram.counts.reduce(0, +) == values.count)
    }
  }

  @Test func sumsAreThoseOfTheReference() throws {
    // Of the exact mean, rounded once, no other sum's quotient is nearer: compared as JSON says it.
    let expected = try #require(StatsReference.expected?["numbers"])
    for ranks in [1, 4] {
      let result = try run(
        ranks,
        [
          StatsReference.folder + "/numbers.csv", "--delimiter", ";", "--only",
          "sum,mean,standardDeviation",
        ])
      for (own, other) in zip(result.columns, expected.columns) {
        #expect(own.mean == other.mean)
        #expect(own.standardDeviation == other.standardDeviation)
        #expect(own.min == nil && own.distinct == nil && own.top.isEmpty)
      }
    }
  }

  @Test func picture() throws {
    try Launcher.withTemporaryFolder { folder in
      let csv = folder + "/t.csv"
      try Data("\"a<b>&\",day\n1,2024-01-01\n2,2024-01-02\n2,\n".utf8).write(to: URL(filePath: csv))
      for column in ["a<b>&", "day"] {
        let svg = folder + "/h.svg"
        _ = try run(column == "day" ? 2 : 1, [csv, "--histogram", column, "--svg", svg])
        // An XML parser reads it; each bar has a title.
        let script =
          "import sys; from xml.dom.minidom import parse; "
          + "[print(t.firstChild.data) for t in parse(sys.argv[1]).getElementsByTagName('title')]"
        let bars = try Launcher.run("python3", ["-c", script, svg]).standardOutput.split(
          separator: "\n")
        #expect(bars.count == 2)
        #expect(bars.last?.hasSuffix(column == "day" ? ": 1" : ": 2") == true)
      }
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["h.svg", "t.csv"])
      let text = try Launcher.run(
        try Launcher.product("pcompute"), ["stats", csv, "--histogram", "day"])
      #expect(text.standardOutput.contains("2024-01-01 – 2024-01-02  1  ████"))
    }
  }
}
