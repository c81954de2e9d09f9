import Foundation
import MPI
import Support
import Testing

@testable import SPMD

/// Inputs and outputs that are out of the ordinary.
@Suite struct FileSortCaseTests {
  /// Sorts files by both, with options that both understand, and compares the results.
  private func compare(
    _ files: [[UInt8]], unique: Bool = false, reversed: Bool = false, numeric: Bool = false,
    memory: Int = 1 << 16, on world: Communicator,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try withSharedFolder(on: world) { folder in
      let paths = files.indices.map { "\(folder)/in\($0)" }
      if world.rank == 0 {
        for (bytes, path) in zip(files, paths) { try Data(bytes).write(to: URL(filePath: path)) }
      }
      try world.barrier()
      var options = FileSort.Options()
      options.isUnique = unique
      options.isReversed = reversed
      options.isNumeric = numeric
      options.memory = memory
      options.temporaryFolder = folder
      let summary = try FileSort.sort(paths, into: folder + "/out", options: options, on: world)
      #expect(summary.bytesRead == files.reduce(0) { $0 + $1.count })
      guard world.rank == 0 else { return }
      let flags = (unique ? ["-u"] : []) + (reversed ? ["-r"] : []) + (numeric ? ["-n"] : [])
      let status = try gnuSort(flags + ["-o", folder + "/expected"] + paths)
      #expect(status == 0, sourceLocation: sourceLocation)
      let isSame = FileManager.default.contentsEqual(
        atPath: folder + "/out", andPath: folder + "/expected")
      #expect(isSame, sourceLocation: sourceLocation)
      // Neither the output's other name nor anything put aside is left.
      let names = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(names.count == paths.count + 2, "\(names.sorted())", sourceLocation: sourceLocation)
    }
  }

  @Test func fewLines() throws {
    try withWorld { world in
      for files: [[UInt8]] in [
        [[]], [[], []], [[10]], [[98]], [[98, 10, 97]], [[97], [], [97, 10, 10]],
        [[10, 10, 10, 0]],
      ] {
        try compare(files, on: world)
        try compare(files, unique: true, on: world)
      }
    }
  }

  @Test func moreThanMemory() throws {
    try withWorld { world in
      var generator = SampleGenerator(seed: 99)
      // Four times what a rank may take, and entries of lines besides.
      var text: [UInt8] = []
      while text.count < 250_000 {
        text += Array("\(UInt64.random(in: 0...9_999_999, using: &generator)) some text\n".utf8)
      }
      try compare([text], on: world)
      try compare([text], unique: true, reversed: true, numeric: true, on: world)
      let sorted = text.split(separator: 10).sorted { $0.lexicographicallyPrecedes($1) }
      try compare([Array(sorted.joined(separator: [10]))], on: world)
      try compare([Array(sorted.reversed().joined(separator: [10]))], unique: true, on: world)
      try compare([[UInt8](repeating: 10, count: 90_000)], on: world)
    }
  }

  @Test func longLinesOverSeveralRanks() throws {
    try withWorld { world in
      let long = [UInt8](repeating: 98, count: 300_000)
      try compare([[99, 10] + long + [10, 97, 10]], on: world)
      try compare([long], reversed: true, on: world)
      try compare([long + [10] + long + [97]], unique: true, on: world)
    }
  }

  @Test func outputMayBeAnInput() throws {
    try withWorld { world in
      try withSharedFolder(on: world) { folder in
        let path = folder + "/file"
        if world.rank == 0 {
          try Data("b\na\nc\n".utf8).write(to: URL(filePath: path))
          try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
        }
        try world.barrier()
        _ = try FileSort.sort([path], into: path, on: world)
        #expect(try Data(contentsOf: URL(filePath: path)) == Data("a\nb\nc\n".utf8))
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o640)
      }
    }
  }

  @Test func linksAreFollowed() throws {
    try withWorld { world in
      try withSharedFolder(on: world) { folder in
        let (path, link) = (folder + "/file", folder + "/link")
        // To nothing yet, and then to the file that was made there.
        if world.rank == 0 {
          try Data("b\na\n".utf8).write(to: URL(filePath: path))
          try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "target")
        }
        try world.barrier()
        for _ in 0..<2 {
          _ = try FileSort.sort([path], into: link, on: world)
          #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "target")
          let sorted = try Data(contentsOf: URL(filePath: folder + "/target"))
          #expect(sorted == Data("a\nb\n".utf8))
          try world.barrier()
        }
      }
    }
  }

  @Test(arguments: [(8, 8), (10, 4), (1, 1), (100, 10)]) func records(bytes: Int, key: Int) throws {
    try withWorld { world in
      try withSharedFolder(on: world) { folder in
        var generator = SampleGenerator(seed: UInt64(bytes))
        let records = (0..<3000).map { _ in
          (0..<bytes).map { _ in UInt8.random(in: 0...3, using: &generator) }
        }
        let path = folder + "/file"
        if world.rank == 0 { try Data(records.joined()).write(to: URL(filePath: path)) }
        try world.barrier()
        for isReversed in [false, true] {
          // Swift's sort is stable.
          let expected = records.sorted {
            let (a, b) = ($0.prefix(key), $1.prefix(key))
            return isReversed ? b.lexicographicallyPrecedes(a) : a.lexicographicallyPrecedes(b)
          }
          var options = FileSort.Options()
          options.content = .records(bytes: bytes, key: key)
          options.isReversed = isReversed
          options.memory = 1 << 15
          options.temporaryFolder = folder
          _ = try FileSort.sort([path], into: folder + "/out", options: options, on: world)
          let isSame =
            try Data(contentsOf: URL(filePath: folder + "/out")) == Data(expected.joined())
          #expect(isSame)
          try world.barrier()
        }
      }
    }
  }

  @Test func whatCannotBeReadOrWritten() throws {
    try withWorld { world in
      try withSharedFolder(on: world) { folder in
        let path = folder + "/in"
        if world.rank == 0 { try Data("b\na\n".utf8).write(to: URL(filePath: path)) }
        try world.barrier()
        let out = folder + "/out"
        var records = FileSort.Options()
        records.content = .records(bytes: 3, key: 3)
        let cases: [(String, String, FileSort.Options, String)] = [
          ("/nowhere", out, .init(), "/nowhere: No such file or directory"),
          (folder, out, .init(), "\(folder): is a directory"),
          (path, folder, .init(), "\(folder): is a directory"),
          (path, "/dev/null", .init(), "/dev/null: is not a regular file"),
          (path, "", .init(), "the name of the output is empty"),
          (path, out + "/", .init(), "\(out)/: is no name of a file"),
          (path, "/nowhere/out", .init(), "/nowhere/out: No such file or directory"),
          (
            path, out, records, "\(path): its 4 bytes are no whole number of records of 3 bytes"
          ),
        ]
        for (input, output, options, message) in cases {
          #expect(throws: SortError(message)) {
            try FileSort.sort([input], into: output, options: options, on: world)
          }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["in"])
      }
    }
  }

  @Test func noRoom() throws {
    try withWorld { world in
      try withSharedFolder(on: world) { folder in
        let path = folder + "/in"
        let text = Data(String(repeating: "some text\n", count: 40_000).utf8)
        if world.rank == 0 {
          try text.write(to: URL(filePath: path))
          try Data("o".utf8).write(to: URL(filePath: folder + "/out"))
        }
        try world.barrier()
        var options = FileSort.Options()
        options.temporaryFolder = folder
        let temporary = "\(folder): a temporary file: File too large"
        for (memory, message) in [
          (1 << 24, "\(folder)/out: File too large"), (1 << 15, temporary),
        ] {
          options.memory = memory
          // Less than any rank's share of the output, or of what does not fit.
          withFileSizeLimit(20_000) {
            #expect(throws: SortError(message)) {
              try FileSort.sort([path], into: folder + "/out", options: options, on: world)
            }
          }
        }
        #expect(try Data(contentsOf: URL(filePath: path)) == text)
        #expect(try Data(contentsOf: URL(filePath: folder + "/out")) == Data("o".utf8))
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(names.sorted() == ["in", "out"])
      }
    }
  }
}

/// Runs `sort` of GNU with the order of bytes.
func gnuSort(_ arguments: [String]) throws -> Int32 {
  let process = Process()
  process.executableURL = URL(filePath: "/usr/bin/env")
  process.arguments = ["LC_ALL=C", "sort"] + arguments
  try process.run()
  process.waitUntilExit()
  return process.terminationStatus
}
