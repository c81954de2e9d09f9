import Foundation
import Support
import Testing

/// The command as people run it, against GNU sort: the same bytes at any number of ranks.
@Suite struct SortTests {
  private static let ranks = [1, 2, 3, 4, 7]

  private func run(
    _ ranks: Int, _ arguments: [String], environment: [String: String] = [:]
  ) throws -> LaunchResult {
    try Launcher.mpirun(
      ranks: ranks, program: try Launcher.product("pcompute"), ["sort"] + arguments,
      environment: environment)
  }

  private func write(_ bytes: [UInt8], to path: String) throws {
    try Data(bytes).write(to: URL(filePath: path))
  }

  private func contents(_ path: String) throws -> Data {
    try Data(contentsOf: URL(filePath: path))
  }

  /// Sorts files by both, with options that both understand, and compares the results.
  private func compare(
    _ files: [[UInt8]], _ options: [String], ranks: [Int] = ranks, memory: String = "1M",
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try Launcher.withTemporaryFolder { folder in
      let paths = files.indices.map { "\(folder)/in\($0)" }
      for (bytes, path) in zip(files, paths) { try write(bytes, to: path) }
      let reference = try Launcher.run(
        "sort", options + ["-o", folder + "/expected"] + paths, environment: ["LC_ALL": "C"])
      #expect(reference.status == 0, sourceLocation: sourceLocation)
      let expected = try contents(folder + "/expected")
      for ranks in ranks {
        let result = try run(
          ranks, options + ["-o", folder + "/out", "-S", memory, "-T", folder] + paths)
        #expect(result.status == 0, "\(result.standardError)", sourceLocation: sourceLocation)
        let isSame = try contents(folder + "/out") == expected
        #expect(isSame, "\(options), \(ranks) ranks", sourceLocation: sourceLocation)
        // Neither the output's other name nor anything put aside is left.
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(
          names.count == paths.count + 2, "\(names.sorted())", sourceLocation: sourceLocation)
        try FileManager.default.removeItem(atPath: folder + "/out")
      }
    }
  }

  // MARK: Lines

  static let optionSets: [[String]] = [
    [], ["-r"], ["-u"], ["-f"], ["-n"], ["-n", "-r"], ["-n", "-u"], ["-f", "-u"],
    ["-f", "-r", "-u"],
    ["-k", "2"], ["-k", "2,2", "-n"], ["-k", "1,2", "-t", ","], ["-k", "2,3", "-t", ",", "-u"],
    ["-k", "3,1", "-f"], ["-k", "2", "-r", "-n", "-u", "-t", " "],
  ]

  @Test(arguments: optionSets.indices) func sameBytesAsGNUSort(_ index: Int) throws {
    var generator = Generator(state: UInt64(index))
    let samples: [(SampleLines, Int)] = [
      (.bytes, 3000), (.numbers, 3000), (.long, 40), (.fields, 3000),
    ]
    for (number, (kind, count)) in samples.enumerated() {
      let files = [count, count / 7].map { kind.bytes(count: $0, using: &generator) }
      let ranks = [1, [2, 3, 4, 7][(index + number) % 4]]
      try compare(files, Self.optionSets[index], ranks: ranks)
    }
  }

  @Test func fewLines() throws {
    for files: [[UInt8]] in [
      [[]], [[], []], [[10]], [[98]], [[98, 10, 97]], [[97], [], [97, 10, 10]], [[10, 10, 10, 0]],
    ] {
      try compare(files, [], ranks: [1, 3, 7])
      try compare(files, ["-u"], ranks: [2, 7])
    }
  }

  @Test func moreThanMemory() throws {
    var generator = Generator(state: 99)
    // Four megabytes for one rank, and entries of lines besides.
    var text: [UInt8] = []
    while text.count < 4_000_000 {
      text += Array("\(UInt64.random(in: 0...9_999_999, using: &generator)) some text\n".utf8)
    }
    try compare([text], [], ranks: [1, 2, 3])
    try compare([text], ["-n", "-r", "-u"], ranks: [1, 2])
    let sorted = text.split(separator: 10).sorted { $0.lexicographicallyPrecedes($1) }
    try compare([Array(sorted.joined(separator: [10]))], [], ranks: [2, 3])
    try compare([Array(sorted.reversed().joined(separator: [10]))], ["-u"], ranks: [3])
    try compare([[UInt8](repeating: 10, count: 1_500_000)], [], ranks: [1, 4])
  }

  @Test func longLinesOverSeveralRanks() throws {
    let long = [UInt8](repeating: 98, count: 3_000_000)
    try compare([[99, 10] + long + [10, 97, 10]], [], ranks: Self.ranks)
    try compare([long], ["-r"], ranks: [4])
    try compare([long + [10] + long + [97]], ["-u"], ranks: [3])
  }

  @Test func outputMayBeAnInput() throws {
    try Launcher.withTemporaryFolder { folder in
      let path = folder + "/file"
      try write(Array("b\na\nc\n".utf8), to: path)
      try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
      let result = try run(2, [path, "-o", path])
      #expect(result.status == 0)
      #expect(try contents(path) == Data("a\nb\nc\n".utf8))
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      #expect(attributes[.posixPermissions] as? Int == 0o640)
    }
  }

  @Test func linksAreFollowed() throws {
    try Launcher.withTemporaryFolder { folder in
      let (path, link) = (folder + "/file", folder + "/link")
      try write(Array("b\na\n".utf8), to: path)
      // To nothing yet, and then to the file that was made there.
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "target")
      for _ in 0..<2 {
        #expect(try run(2, [path, "-o", link]).status == 0)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "target")
        #expect(try contents(folder + "/target") == Data("a\nb\n".utf8))
      }
    }
  }

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

  // MARK: Records

  @Test(arguments: [(8, 8), (10, 4), (1, 1), (100, 10)]) func records(bytes: Int, key: Int) throws {
    var generator = Generator(state: UInt64(bytes))
    let records = (0..<20_000).map { _ in
      (0..<bytes).map { _ in UInt8.random(in: 0...3, using: &generator) }
    }
    for isReversed in [false, true] {
      // Swift's sort is stable.
      let expected = records.sorted {
        let (a, b) = ($0.prefix(key), $1.prefix(key))
        return isReversed ? b.lexicographicallyPrecedes(a) : a.lexicographicallyPrecedes(b)
      }
      try Launcher.withTemporaryFolder { folder in
        let path = folder + "/file"
        try write(Array(records.joined()), to: path)
        for ranks in [1, 2, 7] {
          let result = try run(
            ranks,
            [path, "-o", folder + "/out", "--records", "\(bytes)", "--key-bytes", "\(key)"]
              + ["-S", "1M", "-T", folder] + (isReversed ? ["-r"] : []))
          #expect(result.status == 0, "\(result.standardError)")
          let isSame = try contents(folder + "/out") == Data(expected.joined())
          #expect(isSame, "\(ranks) ranks")
        }
      }
    }
  }

  // MARK: Failures

  /// One line on standard error, a status that says so, and everything as it was.
  private func expectFailure(
    _ arguments: [String], _ message: String, status: Int32 = 1, ranks: [Int] = [1, 4],
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
        ["/nowhere", "-o", out], "pcompute: /nowhere: No such file or directory")
      try expectFailure([folder, "-o", out], "pcompute: \(folder): is a directory")
      try expectFailure([path, "-o", folder], "pcompute: \(folder): is a directory")
      try expectFailure([path, "-o", "/dev/null"], "pcompute: /dev/null: is not a regular file")
      try expectFailure([path, "-o", ""], "pcompute: the name of the output is empty")
      try expectFailure([path, "-o", out + "/"], "pcompute: \(out)/: is no name of a file")
      try expectFailure(
        ["/dev/null", "-o", out],
        "pcompute: /dev/null: is not a regular file (pipes and devices cannot be read in parts)")
      try expectFailure(
        [path, "-o", "/nowhere/out"], "pcompute: /nowhere/out: No such file or directory")
      try expectFailure(
        [path, "-o", out, "--records", "3"],
        "pcompute: \(path): its 4 bytes are no whole number of records of 3 bytes")
      try expectFailure([path, "-o", out, "-k", "0"], "--key takes N or N,M", status: 2)
      try expectFailure([path, "-o", out, "-t", "ab"], "--delimiter takes one byte", status: 2)
      try expectFailure([path, "-o", out, "-S", "3"], "--memory takes a size", status: 2)
      try expectFailure(
        [path, "-o", out, "--records", "2", "-n"], "--records excludes --numeric", status: 2)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["in"])
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
        for ranks in [1, 3] {
          // A limit of a file's size is what a full disk is, for those who cannot make one. MPI's own
          // files are smaller.
          let result = try Launcher.mpirun(
            ranks: ranks, program: "/bin/sh",
            [
              "-c", "ulimit -f 20480; exec \"$@\"", "sh", program, "sort", path, "-o",
              folder + "/out", "-S", memory, "-T", folder,
            ])
          #expect(result.status == 1)
          #expect(result.standardError.contains(message), "\(result.standardError)")
        }
      }
      #expect(try contents(path) == Data(text))
      #expect(try contents(folder + "/out") == Data([111]))
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["in", "out"])
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
