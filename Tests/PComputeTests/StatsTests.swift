import Foundation
import Support
import Testing

/// The command as people run it: the same bytes at any number of ranks, and one line where it
/// cannot go on. (ParallelTableTests, and its neighbours in SPMDTests, run the same at more numbers of
/// ranks, with blocks of other sizes.)
@Suite struct StatsTests {
  /// Runs the command, on one rank by itself: mpirun takes far longer than most of what is tested here.
  private func run(_ ranks: Int, _ arguments: [String]) throws -> LaunchResult {
    let program = try Launcher.product("pcompute")
    return ranks == 1
      ? try Launcher.run(program, ["stats"] + arguments)
      : try Launcher.mpirun(ranks: ranks, program: program, ["stats"] + arguments)
  }

  private func withCSV(_ text: String, _ body: (String) throws -> Void) throws {
    try Launcher.withTemporaryFolder { folder in
      let path = folder + "/table.csv"
      try Data(text.utf8).write(to: URL(filePath: path))
      try body(path)
    }
  }

  /// The result without what may differ.
  private func constant(_ json: String) -> String {
    json.split(separator: "\n").filter {
      !$0.contains("\"ranks\" :") && !$0.contains("\"seconds\" :")
    }.joined(separator: "\n")
  }

  @Test func sameBytesAtAnyNumberOfRanks() throws {
    try withCSV(sampleTable(rows: 12_000)) { path in
      var first: (output: String, problems: String)?
      for ranks in [1, 3, 7] {
        let result = try run(ranks, [path, "--format", "json", "--block-size", "1000"])
        #expect(result.status == 0)
        let output = constant(result.standardOutput)
        if let first {
          #expect(output == first.output, "\(ranks) ranks")
          #expect(result.standardError == first.problems)
        } else {
          first = (output, result.standardError)
          let parsed = try StatsResult(json: result.standardOutput)
          #expect(parsed.rows == 12_012)
          #expect(parsed.problemCount == 24)
          #expect(parsed.columns.map(\.type) == ["integer", "number", "date", "string", "string"])
          #expect(result.standardError.split(separator: "\n").count == 11)
          #expect(result.standardError.contains("table.csv:604: empty line"))
          #expect(
            result.standardError.contains("table.csv:605: 2 fields where the header has 5"))
        }
      }
    }
  }

  @Test func allKeysAreAlwaysThere() throws {
    try withCSV("a,b\n,x\n") { path in
      let output = try run(1, [path, "--format", "json", "--top", "0"]).standardOutput
      let json = try #require(
        JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
      #expect(
        Set(json.keys).isSuperset(of: [
          "rows", "selectedRows", "ranks", "seconds", "columns", "groups", "histogram", "problems",
        ]))
      for column in try #require(json["columns"] as? [[String: Any]]) {
        #expect(
          Set(column.keys).isSuperset(of: [
            "name", "type", "count", "missing", "distinct", "mean", "standardDeviation", "min",
            "max", "quantiles", "top",
          ]))
        #expect(column["mean"] is NSNull)
      }
    }
  }

  @Test func fewerRecordsThanRanks() throws {
    for (text, rows, columns, ranks) in [
      ("", 0, 0, [1, 7]), ("a,b\n", 0, 2, [1]), ("a\n1", 1, 1, [1, 7]),
    ] {
      try withCSV(text) { path in
        for ranks in ranks {
          let result = try run(ranks, [path, "--format", "json", "--block-size", "1"])
          #expect(result.status == 0)
          let parsed = try StatsResult(json: result.standardOutput)
          #expect(parsed.rows == rows)
          #expect(parsed.ranks == ranks)
          #expect(parsed.columns.count == columns)
        }
      }
    }
  }

  @Test func text() throws {
    try withCSV("name,value\nx,1\ny,2.5\nx,\n") { path in
      let output = try run(2, [path]).standardOutput
      #expect(output.contains("3 rows, 2 ranks"))
      #expect(output.contains("top 1        x ×2"))
      #expect(output.split(separator: "\n").allSatisfy { $0.count <= 100 })
      let selected = try run(1, [path, "--columns", "value", "--quantiles", "0.5"]).standardOutput
      #expect(!selected.contains("name"))
      #expect(selected.contains("50 %"))
      #expect(selected.contains("1.75"))
    }
  }

  @Test func optionsOfFormat() throws {
    try withCSV("1;NA\n2;\"x;y\"\n") { path in
      let arguments = [
        path, "--delimiter", ";", "--no-header", "--missing", "NA", "--format", "json",
      ]
      let result = try StatsResult(json: try run(1, arguments).standardOutput)
      #expect(result.columns.map(\.name) == ["column1", "column2"])
      #expect(result.columns[1].missing == 1)
      #expect(result.columns[1].min == .text("x;y"))
    }
  }

  /// One line on standard error, from one rank, soon, and a status that says so.
  private func expectFailure(
    _ arguments: [String], _ message: String, status: Int32 = 1, ranks: [Int] = [1],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for ranks in ranks {
      let result = try run(ranks, arguments)
      let lines = result.standardError.split(separator: "\n").filter { $0.contains(message) }
      #expect(
        lines.count == 1, "\(ranks) ranks: \(result.standardError)", sourceLocation: sourceLocation)
      #expect(result.status == status, sourceLocation: sourceLocation)
      #expect(result.standardOutput.isEmpty, sourceLocation: sourceLocation)
      #expect(result.duration < .seconds(20), sourceLocation: sourceLocation)
    }
  }

  @Test func badFiles() throws {
    try expectFailure(
      ["/nowhere.csv"], "pcompute: /nowhere.csv: No such file or directory", ranks: [1, 4])
    try expectFailure(["-"], "pcompute: -: standard input cannot be read in parts, nor twice")
    try expectFailure(["/tmp"], "pcompute: /tmp: is a directory")
    try expectFailure(["/dev/null"], "pcompute: /dev/null: is not a regular file")
    try withCSV("a,b\n1,2\n3,\"4\n5,6\n7,8\n") { path in
      try expectFailure(
        [path, "--block-size", "3"],
        "pcompute: \(path):3: the file ends in a quoted field of the record that begins here",
        ranks: [1, 4])
    }
    try withCSV("a,b\n1,2\n3,\0\n") { path in
      try expectFailure([path, "--block-size", "3"], "pcompute: \(path):3: a NUL byte")
    }
  }

  @Test func badArguments() throws {
    try withCSV("a,b\n1,2\n") { path in
      try expectFailure(
        [path, "--columns", "a,c"], "there is no column \"c\"; the columns are \"a\", \"b\"")
      try expectFailure(
        [path, "--quantiles", "0.5,2"], "--quantiles takes numbers from 0 to 1, not “2”", status: 2,
        ranks: [1, 4])
      try expectFailure(
        [path, "--delimiter", "ab"], "--delimiter takes one byte, not “ab”", status: 2)
    }
    try expectFailure([], "Missing expected argument", status: 2)
    try withCSV("a,b\n1,x\n2,y\n") { path in
      try expectFailure(
        [path, "--only", "count,median"],
        "--only: no statistic “median”; there are count, missing, sum, mean,", status: 2)
      try expectFailure(
        [path, "--where", "a >"], "--where, column 4: expected a number", status: 2)
      try expectFailure(
        [path, "--where", "c > 1"], "--where, column 1: there is no column “c”", status: 2)
      try expectFailure(
        [path, "--by", "c"], "there is no column \"c\"; the columns are \"a\", \"b\"")
      try expectFailure(
        [path, "--histogram", "b"], "no histogram of \"b\": its values are not numbers")
      try expectFailure([path, "--svg", "x.svg"], "--svg needs --histogram", status: 2)
      try expectFailure(
        [path, "--histogram", "a", "--svg", "/nowhere/x.svg"],
        "pcompute: /nowhere/x.svg: No such file or directory")
      try expectFailure([path, "--limit", "0"], "--limit takes 1 to 1000000, not 0", status: 2)
      try expectFailure(
        [path, "--by", "a", "--memory", "1"], "--memory takes a size of 1M at least", status: 2)
    }
  }

  /// More groups than the memory for them holds, with a folder for the rest, and without one.
  @Test func groupsBeyondMemory() throws {
    try Launcher.withTemporaryFolder { folder in
      let path = folder + "/table.csv"
      let lines = (0..<60_000).map { "key \($0 * 7919 % 29_989),\($0)\n" }
      try Data(("key,value\n" + lines.joined()).utf8).write(to: URL(filePath: path))
      let options = [path, "--by", "key", "--limit", "40", "--format", "json"]
      let expected = constant(try run(1, options).standardOutput)
      #expect(expected.contains("\"count\" : 29989"))
      let result = try run(3, options + ["--memory", "1M", "--tmpdir", folder])
      #expect(constant(result.standardOutput) == expected)
      let none = try run(3, options + ["-S", "1M", "-T", folder + "/none"])
      #expect(none.status == 1 && none.standardOutput.isEmpty)
      #expect(none.standardError.contains("pcompute: \(folder)/none: No such file or directory"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["table.csv"])
    }
  }
}
