import Foundation
import Support
import Testing

/// The command as people run it, against GNU sort. (Every combination of options, and inputs of all
/// kinds, at several numbers of ranks: FileSortTests and its neighbours in SPMDTests.)
@Suite struct SortTests {
  /// Runs the command, on one rank by itself: mpirun takes far longer than most of what is tested here.
  private func run(
    _ ranks: Int, _ arguments: [String], environment: [String: String] = [:], input: String = ""
  ) throws -> LaunchResult {
    let program = try Launcher.product("pcompute")
    return ranks == 1
      ? try Launcher.run(
        program, ["sort"] + arguments, environment: environment, input: input)
      : try Launcher.mpirun(
        ranks: ranks, program: program, ["sort"] + arguments, environment: environment, input: input
      )
  }

  private func write(_ bytes: [UInt8], to path: String) throws {
    try Data(bytes).write(to: URL(filePath: path))
  }

  private func contents(_ path: String) throws -> Data {
    try Data(contentsOf: URL(filePath: path))
  }

  private func names(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  /// Writes files that lines of all kinds are in; returns their paths.
  private func samples(in folder: String) throws -> [String] {
    var generator = Generator(state: 1)
    return try [3000, 400].enumerated().map { number, count in
      let kinds: [SampleLines] = [.numbers, .fields, .bytes, .equal]
      var bytes: [UInt8] = []
      for kind in kinds { bytes += kind.bytes(count: count, using: &generator) + [10] }
      bytes += SampleLines.long.bytes(count: 20, using: &generator)
      let path = "\(folder)/in\(number)"
      try write(bytes, to: path)
      return path
    }
  }

  /// What GNU sort makes of files, by its options.
  private func expected(_ options: [String], _ files: [String], in folder: String) throws -> Data {
    let path = folder + "/expected"
    let status = try Launcher.run(
      "sort", options + ["-o", path] + files, environment: ["LC_ALL": "C"]
    ).status
    #expect(status == 0)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try contents(path)
  }

  /// A generator of random words (SplitMix64), the same in every run.
  private struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
      return z ^ z >> 31
    }
  }

  // MARK: Options

  static let optionSets: [(ranks: Int, own: [String], gnu: [String])] = [
    (2, ["-n", "-r", "-S", "1M"], ["-n", "-r"]),
    (3, ["-f", "-u", "-k", "2"], ["-f", "-u", "-k", "2"]),
    (4, ["-k", "2,3", "-t", ",", "-u"], ["-k", "2,3", "-t", ","] + ["-u"]),
    (7, ["-t", "tab", "-k", "1,1", "-r"], ["-t", "\t", "-k", "1,1", "-r"]),
    (1, ["-t", "\\t", "-k", "2"], ["-t", "\t", "-k", "2"]),
    (1, ["-t", "\\0", "-k", "2"], ["-t", "\\0", "-k", "2"]),
    (1, ["--numeric", "--reverse", "--unique"], ["-n", "-r", "-u"]),
    (1, ["--key", "2,2", "--delimiter", " ", "--ignore-case"], ["-k", "2,2", "-t", " ", "-f"]),
    (1, [], []),
  ]

  @Test(arguments: optionSets.indices) func sameBytesAsGNUSort(_ index: Int) throws {
    let (ranks, own, gnu) = Self.optionSets[index]
    try Launcher.withTemporaryFolder { folder in
      let paths = try samples(in: folder)
      let expected = try expected(gnu, paths, in: folder)
      let result = try run(ranks, own + ["-o", folder + "/out", "-T", folder] + paths)
      #expect(result.status == 0, "\(result.standardError)")
      let isSame = try contents(folder + "/out") == expected
      #expect(isSame)
      #expect(try names(folder) == ["in0", "in1", "out"])
    }
  }

  @Test func records() throws {
    try Launcher.withTemporaryFolder { folder in
      var generator = Generator(state: 1)
      let records = (0..<20_000).map { _ in
        (0..<10).map { _ in UInt8.random(in: 0...3, using: &generator) }
      }
      // Swift's sort is stable.
      let expected = records.sorted { $1.prefix(4).lexicographicallyPrecedes($0.prefix(4)) }
      try write(Array(records.joined()), to: folder + "/in")
      let result = try run(
        3, [folder + "/in", "-o", folder + "/out", "--records", "10", "--key-bytes", "4", "-r"])
      #expect(result.status == 0, "\(result.standardError)")
      let isSame = try contents(folder + "/out") == Data(expected.joined())
      #expect(isSame)
    }
  }

  /// With a command whose memory is used up again and again, in a folder of its own for it.
  @Test func moreThanMemory() throws {
    try Launcher.withTemporaryFolder { folder in
      let path = folder + "/in"
      var generator = Generator(state: 1)
      var text: [UInt8] = []
      while text.count < 8_000_000 {
        text += Array("\(UInt64.random(in: 0...9_999_999, using: &generator)) some text\n".utf8)
      }
      try write(text, to: path)
      let expected = try expected(["-n"], [path], in: folder)
      let result = try run(
        3,
        ["-n", path, "-o", folder + "/out", "--memory", "1M", "--tmpdir", folder]
          + ["--format", "json"])
      let isSame = try contents(folder + "/out") == expected
      #expect(isSame)
      let summary = try JSONDecoder().decode(
        Summary.self, from: Data(result.standardOutput.utf8))
      #expect(summary.spilledBytes > text.count / 2)
      #expect(try names(folder) == ["in", "out"])
    }
  }

  private struct Summary: Decodable {
    var spilledBytes: Int
  }

  // MARK: Pipes

  /// Standard input, a pipe with a name, a file, and compressed text, together.
  @Test func standardInputAndPipes() throws {
    try Launcher.withTemporaryFolder { folder in
      let paths = try samples(in: folder)
      let input = (0..<20_000).map { "\($0 * 7919 % 20_011) from standard input" }
        .joined(separator: "\n")
      try write(Array(input.utf8), to: folder + "/stdin")
      let expected = try expected(["-u"], paths + [folder + "/stdin"], in: folder)
      let pipe = folder + "/pipe"
      #expect(try Launcher.run("mkfifo", [pipe]).status == 0)
      #expect(try Launcher.run("gzip", [paths[1]]).status == 0)
      let writer = try Launch("sh", ["-c", "cat \"$0\" > \"$1\"", paths[0], pipe])
      let result = try run(
        3, ["-u", pipe, "-", paths[1] + ".gz", "-o", folder + "/out"], input: input)
      #expect(result.status == 0, "\(result.standardError)")
      #expect(try writer.result(timeout: .seconds(10)).status == 0)
      let isSame = try contents(folder + "/out") == expected
      #expect(isSame)
      // On one rank, as a filter in a pipeline.
      let alone = try run(1, ["-", "-o", folder + "/alone"], input: "b\na")
      #expect(alone.status == 0 && alone.standardError.contains("2 lines"))
      #expect(try contents(folder + "/alone") == Data("a\nb\n".utf8))
    }
  }

  // MARK: What is printed

  @Test func summary() throws {
    try Launcher.withTemporaryFolder { folder in
      let path = folder + "/file"
      try write(Array("b\na\nb\n".utf8), to: path)
      let json = try run(3, [path, "-o", folder + "/out", "-u", "--format", "json"])
      let object = try #require(
        JSONSerialization.jsonObject(with: Data(json.standardOutput.utf8)) as? [String: Any])
      #expect(
        Set(object.keys) == [
          "bytesRead", "bytesWritten", "lines", "spilledBytes", "imbalance", "ranks", "seconds",
          "megabytesPerSecond",
        ])
      #expect(object["lines"] as? Int == 3)
      #expect(object["bytesWritten"] as? Int == 4)
      let text = try run(1, [path, "-o", folder + "/out"])
      #expect(text.standardOutput.isEmpty)
      #expect(text.standardError.contains("3 lines, 0.0 MB, 1 rank, "))
    }
  }

  // MARK: Failures

  /// One line on standard error, a status that says so, and everything as it was.
  private func expectFailure(
    _ arguments: [String], _ message: String, status: Int32, ranks: [Int] = [1],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for ranks in ranks {
      let result = try run(ranks, arguments)
      let lines = result.standardError.split(separator: "\n").filter { $0.contains(message) }
      #expect(lines.count == 1, "\(result.standardError)", sourceLocation: sourceLocation)
      #expect(result.status == status, sourceLocation: sourceLocation)
      #expect(result.duration < .seconds(20), sourceLocation: sourceLocation)
    }
  }

  @Test func badFilesAndArguments() throws {
    try Launcher.withTemporaryFolder { folder in
      let path = folder + "/in"
      try write(Array("b\na\n".utf8), to: path)
      let out = folder + "/out"
      try expectFailure(
        ["/nowhere", "-o", out], "pcompute: /nowhere: No such file or directory", status: 1,
        ranks: [1, 3])
      try expectFailure(
        [path, "-o", "/nowhere/out"], "pcompute: /nowhere/out: No such file or directory",
        status: 1)
      try expectFailure(
        [path, "-o", out, "-k", "0"], "--key takes N or N,M", status: 2, ranks: [1, 3])
      try expectFailure([path, "-o", out, "-t", "ab"], "--delimiter takes one byte", status: 2)
      try expectFailure([path, "-o", out, "-S", "3"], "--memory takes a size", status: 2)
      try expectFailure(
        [path, "-o", out, "--records", "2", "-n"], "--records excludes --numeric", status: 2)
      #expect(try names(folder) == ["in"])
    }
  }

  @Test func noSpace() throws {
    try Launcher.withTemporaryFolder { folder in
      let path = folder + "/in"
      let text = [UInt8](String(repeating: "some text\n", count: 1_600_000).utf8)
      try write(text, to: path)
      try write([111], to: folder + "/out")
      let program = try Launcher.product("pcompute")
      for (memory, message) in [("64M", "\(folder)/out: File too large"), ("1M", "File too large")]
      {
        // A limit of a file's size is what a full disk is, for those who cannot make one. MPI's own
        // files are smaller.
        let result = try Launcher.mpirun(
          ranks: 3, program: "/bin/sh",
          [
            "-c", "ulimit -f 20480; exec \"$@\"", "sh", program, "sort", path, "-o",
            folder + "/out", "-S", memory, "-T", folder,
          ])
        #expect(result.status == 1)
        #expect(result.standardError.contains(message), "\(result.standardError)")
      }
      #expect(try contents(path) == Data(text))
      #expect(try contents(folder + "/out") == Data([111]))
      #expect(try names(folder) == ["in", "out"])
    }
  }

  @Test(arguments: [SIGINT, SIGTERM]) func interrupted(_ signal: Int32) throws {
    try Launcher.withTemporaryFolder { folder in
      let path = folder + "/in"
      // Long enough that the signal comes before the end.
      let text = [UInt8](String(repeating: "some text, and more of it\n", count: 4_000_000).utf8)
      try write(text, to: path)
      func others() -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0 != "in" }
      }
      let launch = try Launcher.startMpirun(
        ranks: 2, program: try Launcher.product("pcompute"),
        ["sort", path, "-o", folder + "/out", "-S", "1M", "-T", folder])
      let hasBegun = launch.wait(timeout: .seconds(30)) { _ in
        others().contains { $0.hasPrefix(".out") }
      }
      launch.send(signal: signal)
      let result = try launch.result(timeout: .seconds(30))
      #expect(hasBegun)
      #expect(result.status != 0)
      #expect(launch.leftovers().isEmpty)
      #expect(others().isEmpty)
      #expect(try contents(path) == Data(text))
    }
  }
}
