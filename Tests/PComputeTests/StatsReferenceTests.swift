import Foundation
import Support
import Testing

/// `pcompute stats` against pandas, DuckDB and exact fractions, at several numbers of ranks.
@Suite(
  .enabled("needs python3 with pandas, duckdb and vega_datasets from PyPI") {
    StatsReference.isAvailable
  })
struct StatsReferenceTests {
  static let names = [
    "airports", "la-riots", "seattle-temps", "seattle-weather", "sf-temps", "stocks",
    "us-employment", "odd", "numbers",
  ]

  private func result(_ name: String, _ delimiter: String, ranks: Int) throws -> StatsResult {
    let path = "\(StatsReference.folder)/\(name).csv"
    let arguments = [
      "stats", path, "--format", "json", "--delimiter", delimiter, "--quantiles",
      "0.1,0.25,0.5,0.75", "--top", "3",
    ]
    let run = try Launcher.mpirun(
      ranks: ranks, program: try Launcher.product("pcompute"), arguments)
    #expect(run.status == 0, "\(run.standardError)")
    return try StatsResult(json: run.standardOutput)
  }

  @Test(arguments: names) func agreesWithPandas(_ name: String) throws {
    let expected = try #require(StatsReference.expected?[name])
    let result = try result(name, expected.delimiter, ranks: 3)
    #expect(result.rows == expected.rows)
    #expect(result.columns.map(\.name) == expected.columns.map(\.name))
    for (column, expected) in zip(result.columns, expected.columns) {
      #expect(column.count == expected.count, "\(column.name)")
      #expect(column.missing == expected.missing, "\(column.name)")
      let distinctSlack = 5 * column.distinctError * Double(expected.distinct)
      #expect(
        abs(Double((column.distinct ?? -1) - expected.distinct)) <= distinctSlack, "\(column.name)")
      switch expected.kind {
      case "integer", "number": checkNumbers(column, expected)
      case "boolean": #expect(column.type == "boolean")
      case "empty": #expect(column.type == "empty")
      default: checkTexts(column, expected)
      }
    }
  }

  private func checkNumbers(_ column: StatsResult.Column, _ expected: Expected.Column) {
    // Pandas reads integers with missing ones among them as floats.
    #expect(["integer", "number"].contains(column.type))
    if expected.kind == "integer" { #expect(column.type == "integer") }
    #expect(column.mean == expected.mean, "\(column.name): the mean, bit for bit")
    #expect(column.standardDeviation == expected.standardDeviation, "\(column.name)")
    #expect(column.min?.number == expected.min?.number)
    #expect(column.max?.number == expected.max?.number)
    let sorted = expected.sorted ?? []
    for (fraction, value) in expected.quantiles ?? [:] {
      let answer = column.quantiles?[fraction]?.number ?? .nan
      if column.quantileError == 0 {
        #expect(abs(answer - value) <= 1e-12 * abs(value), "\(column.name) at \(fraction)")
      } else {
        let rank = (Double(fraction) ?? 0) * Double(sorted.count - 1)
        let slack = (column.quantileError ?? 0) * Double(sorted.count) + 1
        #expect((column.quantileError ?? 1) < 0.005)
        #expect(Double(sorted.count { $0 < answer }) <= rank + slack, "\(column.name)")
        #expect(Double(sorted.count { $0 <= answer }) >= rank - slack, "\(column.name)")
      }
    }
    let counts = Dictionary(sorted.map { ($0, 1) }, uniquingKeysWith: +)
    checkTop(column) { $0.number.flatMap { counts[$0] } }
  }

  private func checkTexts(_ column: StatsResult.Column, _ expected: Expected.Column) {
    #expect(["string", "date", "timestamp"].contains(column.type))
    guard column.type == "string" else { return }
    #expect(column.mean == nil)
    #expect(column.quantiles == nil)
    #expect(column.min == expected.min)
    #expect(column.max == expected.max)
    checkTop(column) { $0.text.flatMap { expected.counts?[$0] } }
  }

  private func checkTop(
    _ column: StatsResult.Column, _ truth: (StatsResult.Value) -> Int?
  ) {
    for item in column.top {
      let count = truth(item.value) ?? 0
      #expect(item.count <= count && count <= item.count + column.topError, "\(column.name)")
    }
    if column.topError == 0 { #expect(column.top.count == min(3, column.distinct ?? -1)) }
  }

  @Test(arguments: ["airports", "seattle-weather", "stocks", "us-employment"])
  func agreesWithDuckDB(_ name: String) throws {
    let expected = try #require(StatsReference.expected?[name]?.duckdb)
    let result = try result(name, ",", ranks: 2)
    for summary in expected {
      let column = try #require(result.columns.first { $0.name == summary.name })
      #expect(summary.count == result.rows)
      let missing = Double(column.missing) / Double(max(1, result.rows)) * 100
      #expect(abs(missing - summary.nullPercentage) < 0.01)
      if column.type == "date" {
        #expect(column.min?.text == summary.min)
        #expect(column.max?.text == summary.max)
      }
      guard ["integer", "number"].contains(column.type) else { continue }
      for (own, theirs) in [
        (column.mean, summary.avg), (column.standardDeviation, summary.std),
        (column.min?.number, summary.min), (column.max?.number, summary.max),
      ] {
        guard let own, let theirs = theirs.flatMap({ Double($0) }) else { continue }
        #expect(abs(own - theirs) <= 1e-9 * max(1, abs(theirs)), "\(column.name)")
      }
    }
  }
}
