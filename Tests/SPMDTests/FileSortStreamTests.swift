import Compression
import Foundation
import MPI
import Support
import Testing

@testable import SPMD

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Inputs that rank 0 reads from their start to their end, and deals out.
@Suite struct FileSortStreamTests {
  /// Makes pipes on rank 0 and writes to them, while a closure sorts; returns when all is written.
  private func withPipes(
    _ texts: [[UInt8]], in folder: String, on world: Communicator,
    _ body: ([String]) throws -> Void
  ) throws {
    let paths = texts.indices.map { "\(folder)/pipe\($0)" }
    // A sort that fails does not read to the end.
    _ = signal(SIGPIPE, SIG_IGN)
    let done = DispatchGroup()
    if world.rank == 0 {
      for (text, path) in zip(texts, paths) {
        #expect(unsafe mkfifo(path, 0o600) == 0)
        done.enter()
        Thread.detachNewThread {
          defer { done.leave() }
          let descriptor = unsafe open(path, O_WRONLY)
          var left = text[...]
          while !left.isEmpty {
            let count = unsafe left.withUnsafeBytes {
              unsafe write(descriptor, $0.baseAddress, $0.count)
            }
            if count <= 0 { break }
            left = left.dropFirst(count)
          }
          close(descriptor)
        }
      }
    }
    try world.barrier()
    try body(paths)
    done.wait()
    for path in paths where world.rank == 0 { _ = unsafe unlink(path) }
    try world.barrier()
  }

  /// Every option with each mixture of files and pipes: the same bytes as GNU sort's.
  @Test func sameBytesAsGNUSort() throws {
    try withWorld { world in
      try withSharedFolder(on: world) { folder in
        var generator = SampleGenerator(seed: 4)
        var mistakes: [String] = []
        let kinds: [SampleLines] = [.numbers, .fields, .bytes, .equal, .long]
        for number in 0..<24 {
          let texts = (0..<4).map { _ in
            let kind = kinds.randomElement(using: &generator) ?? .fields
            return kind.bytes(
              count: kind == .long ? 9 : [0, 1, 300, 2000].randomElement(using: &generator) ?? 1,
              using: &generator)
          }
          var options = FileSort.Options()
          options.isUnique = number % 2 == 1
          options.isNumeric = number % 3 == 1
          options.ignoresCase = number % 5 == 1
          options.isReversed = number % 7 == 1
          if number % 4 == 2 { options.key = .init(first: 2, last: 2) }
          options.memory = number % 4 == 0 ? 1 << 24 : 1 << 16
          options.temporaryFolder = folder
          var flags = options.isUnique ? ["-u"] : []
          if options.isNumeric { flags.append("-n") }
          if options.ignoresCase { flags.append("-f") }
          if options.isReversed { flags.append("-r") }
          if options.key != nil { flags += ["-k", "2,2"] }
          let files = texts.indices.map { "\(folder)/file\($0)" }
          if world.rank == 0 {
            for (text, path) in zip(texts, files) {
              try Data(text).write(to: URL(filePath: path))
            }
          }
          try withPipes(texts, in: folder, on: world) { pipes in
            // Which of the four are read from their pipe; who writes to the others must not wait.
            let inputs = texts.indices.map { number >> $0 & 1 == 1 ? files[$0] : pipes[$0] }
            let unused = world.rank == 0 ? texts.indices.filter { number >> $0 & 1 == 1 } : []
            let descriptors = unused.map { unsafe open(pipes[$0], O_RDONLY) }
            let summary = try FileSort.sort(
              inputs, into: folder + "/out", options: options, on: world)
            descriptors.forEach { close($0) }
            #expect(summary.bytesRead == texts.reduce(0) { $0 + $1.count })
          }
          if world.rank == 0 {
            #expect(try gnuSort(flags + ["-o", folder + "/expected"] + files) == 0)
            let isSame = FileManager.default.contentsEqual(
              atPath: folder + "/out", andPath: folder + "/expected")
            if !isSame { mistakes.append("\(number): \(flags)") }
          }
        }
        #expect(mistakes.isEmpty)
      }
    }
  }

  /// Records with equal keys, and what is left of them, tell where each was in the input.
  @Test(arguments: [false, true]) func recordsStayInOrder(isUnique: Bool) throws {
    try withWorld { world in
      try withSharedFolder(on: world) { folder in
        var generator = SampleGenerator(seed: 6)
        let records = (0..<6000).map { i in
          [UInt8.random(in: 0...9, using: &generator), UInt8(i >> 8), UInt8(i & 255)]
        }
        // A pipe between two files.
        let parts = [records[..<1500], records[1500..<5000], records[5000...]].map {
          Array($0.joined())
        }
        let files = [folder + "/a", folder + "/c"]
        if world.rank == 0 {
          try Data(parts[0]).write(to: URL(filePath: files[0]))
          try Data(parts[2]).write(to: URL(filePath: files[1]))
        }
        var options = FileSort.Options()
        options.content = .records(bytes: 3, key: 1)
        options.isUnique = isUnique
        options.memory = 1 << 15
        options.temporaryFolder = folder
        try withPipes([parts[1]], in: folder, on: world) { pipes in
          let inputs = [files[0], pipes[0], files[1]]
          let summary = try FileSort.sort(
            inputs, into: folder + "/out", options: options, on: world)
          #expect(summary.lines == 6000 && summary.spilledBytes > 0)
        }
        var expected = records.sorted { $0[0] < $1[0] }
        if isUnique {
          var seen = Set<UInt8>()
          expected = expected.filter { seen.insert($0[0]).inserted }
        }
        #expect(
          try Data(contentsOf: URL(filePath: folder + "/out")) == Data(expected.joined()))
      }
    }
  }

  @Test func compressedFilesAreText() throws {
    try withWorld { world in
      try withSharedFolder(on: world) { folder in
        let opener: ByteStreamOpener = { path throws(CSVError) in try CompressedFile.open(path) }
        let lines = (0..<9000).map { "\($0 * 7919 % 9001) line\n" }
        let parts = [lines[..<4000], lines[4000..<5000], lines[5000...]].map {
          Data($0.joined().utf8)
        }
        let paths = parts.indices.map { "\(folder)/\($0)" }
        let gz = CompressedSamples.gzip(parts[0])
        if world.rank == 0 {
          try gz.write(to: URL(filePath: paths[0]))
          try parts[1].write(to: URL(filePath: paths[1]))
          try CompressedSamples.zstd(parts[2]).write(to: URL(filePath: paths[2]))
          try gz.prefix(gz.count / 2).write(to: URL(filePath: folder + "/cut"))
        }
        try world.barrier()
        var options = FileSort.Options()
        options.memory = 1 << 16
        options.temporaryFolder = folder
        let out = folder + "/out"
        let summary = try FileSort.sort(
          paths, into: out, options: options, on: world, openStream: opener)
        #expect(summary.bytesRead == parts.reduce(0) { $0 + $1.count })
        #expect(try Data(contentsOf: URL(filePath: out)) == Data(lines.sorted().joined().utf8))
        let cut = "\(folder)/cut: the gzip data is cut off at byte \(gz.count / 2), where"
        #expect(throws: SortError("\(cut) the file ends")) {
          try FileSort.sort(
            [folder + "/cut"], into: out, options: options, on: world, openStream: opener)
        }
        // Bytes are bytes where nothing else was asked for.
        options.content = .records(bytes: 1, key: 1)
        let asRecords = try FileSort.sort(
          [paths[0]], into: out, options: options, on: world, openStream: opener)
        #expect(asRecords.bytesRead == gz.count)
      }
    }
  }

  /// All ranks learn of what went wrong on one, and none waits for another.
  @Test func errorsAreTheSameOnAllRanks() throws {
    try withWorld { world in
      try withSharedFolder(on: world) { folder in
        let text = [UInt8](String(repeating: "some text\n", count: 30_000).utf8)
        var options = FileSort.Options()
        options.memory = 1 << 15
        options.temporaryFolder = folder + "/none"
        try withPipes([text], in: folder, on: world) { pipes in
          #expect(throws: SortError("\(folder)/none: No such file or directory")) {
            try FileSort.sort(pipes, into: folder + "/out", options: options, on: world)
          }
        }
        options.content = .records(bytes: 7, key: 7)
        options.temporaryFolder = folder
        try withPipes([text], in: folder, on: world) { pipes in
          let wrong = "its 300000 bytes are no whole number of records of 7 bytes"
          #expect(throws: SortError("\(pipes[0]): \(wrong)")) {
            try FileSort.sort(pipes, into: folder + "/out", options: options, on: world)
          }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
      }
    }
  }
}
