import Foundation
import MPI
import Support
import Testing

@testable import SPMD

/// Every combination of options against GNU sort: the same bytes at any number of ranks.
@Suite struct FileSortTests {
  /// What the options are for GNU sort, and here.
  private struct Choice {
    var arguments: [String]
    var options: FileSort.Options
  }

  private static let choices: [Choice] = {
    let keys: [FileSort.Key?] = [
      nil, .init(first: 1), .init(first: 2), .init(first: 2, last: 2), .init(first: 2, last: 3),
      .init(first: 3, last: 1), .init(first: 9), .init(first: .max, last: .max),
    ]
    var choices: [Choice] = []
    for flags in 0..<16 {
      for key in keys {
        for delimiter in [nil, ",", " ", "\0"] {
          var choice = Choice(arguments: [], options: .init())
          choice.options.isNumeric = flags & 1 != 0
          choice.options.ignoresCase = flags & 2 != 0
          choice.options.isReversed = flags & 4 != 0
          choice.options.isUnique = flags & 8 != 0
          for (bit, flag) in ["-n", "-f", "-r", "-u"].enumerated() where flags >> bit & 1 != 0 {
            choice.arguments.append(flag)
          }
          if let key {
            choice.options.key = key
            choice.arguments += ["-k", "\(key.first)" + (key.last.map { ",\($0)" } ?? "")]
          }
          if let delimiter {
            choice.options.delimiter = delimiter.utf8.first
            choice.arguments += ["-t", delimiter == "\0" ? "\\0" : delimiter]
          }
          choices.append(choice)
        }
      }
    }
    return choices
  }()

  /// A quarter of the combinations at each number of ranks, all of them at 1, 2, 3 and 4 together; fewer at
  /// more, where ranks share cores.
  @Test func sameBytesAsGNUSort() throws {
    try withWorld { world in
      try withSharedFolder(on: world) { folder in
        let (output, expected) = (folder + "/out", folder + "/expected")
        var generator = SampleGenerator(seed: UInt64(world.size))
        var mistakes: [String] = []
        for (number, choice) in Self.choices.enumerated()
        where (number + number / 4 + number / 32 + world.size) % (world.size > 4 ? 16 : 4) == 0 {
          let kinds = (0...(number % 3)).map { _ in
            SampleLines.allCases.randomElement(using: &generator) ?? .bytes
          }
          let paths = kinds.indices.map { "\(folder)/in\($0)" }
          for (kind, path) in zip(kinds, paths) {
            let most =
              kind == .long ? 8 : [0, 2, 40, 200, 600].randomElement(using: &generator) ?? 1
            let bytes = kind.bytes(count: most, using: &generator)
            if world.rank == 0 { try Data(bytes).write(to: URL(filePath: path)) }
          }
          var options = choice.options
          // Enough for everything, or for a small part of it.
          let isLong = kinds.contains(.long)
          options.memory = number % 4 == 0 ? 1 << 26 : isLong ? 1 << 16 : 1 << 15
          options.temporaryFolder = folder
          try world.barrier()
          _ = try FileSort.sort(paths, into: output, options: options, on: world)
          if world.rank == 0 {
            let status = try gnuSort(choice.arguments + ["-o", expected] + paths)
            let isSame = FileManager.default.contentsEqual(atPath: output, andPath: expected)
            if status != 0 || !isSame { mistakes.append("\(choice.arguments) on \(kinds)") }
          }
        }
        #expect(mistakes.isEmpty)
      }
    }
  }

  @Test(arguments: [true, false]) func uniqueRecords(isReversed: Bool) throws {
    try withWorld { world in
      try withSharedFolder(on: world) { folder in
        var generator = SampleGenerator(seed: 5)
        let records = (0..<4000).map { _ in
          (0..<5).map { _ in UInt8.random(in: 0...3, using: &generator) }
        }
        let path = folder + "/in"
        if world.rank == 0 { try Data(records.joined()).write(to: URL(filePath: path)) }
        try world.barrier()
        var options = FileSort.Options()
        options.content = .records(bytes: 5, key: 3)
        options.isUnique = true
        options.isReversed = isReversed
        options.memory = 1 << 15
        options.temporaryFolder = folder
        let summary = try FileSort.sort([path], into: path, options: options, on: world)
        #expect(summary.lines == 4000)
        // The first record of each key, in the order of the keys.
        var first: [[UInt8]: [UInt8]] = [:]
        for record in records where first[Array(record.prefix(3))] == nil {
          first[Array(record.prefix(3))] = record
        }
        let ascending = first.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.value)
        let expected = Data((isReversed ? ascending.reversed() : ascending).joined())
        #expect(try Data(contentsOf: URL(filePath: path)) == expected)
      }
    }
  }

  /// Lines of which each comparison must not begin again at the front.
  @Test func numbersOfManyDigits() throws {
    try withWorld { world in
      try withSharedFolder(on: world) { folder in
        let path = folder + "/in"
        let digits = String(repeating: "1", count: 10_000)
        let numbers = (0..<40).map { digits + "\(($0 * 7) % 40 + 10)" }
        let lines = numbers.map { $0 + "\n" }
        if world.rank == 0 { try Data(lines.joined().utf8).write(to: URL(filePath: path)) }
        try world.barrier()
        for isNumeric in [true, false] {
          var options = FileSort.Options()
          options.isNumeric = isNumeric
          options.ignoresCase = !isNumeric
          _ = try FileSort.sort([path], into: folder + "/out", options: options, on: world)
          let sorted = try Data(contentsOf: URL(filePath: folder + "/out"))
          #expect(sorted == Data(lines.sorted().joined().utf8))
        }
      }
    }
  }

  @Test func partsAreBalanced() throws {
    try withWorld { world in
      try withSharedFolder(on: world) { folder in
        let path = folder + "/in"
        var generator = SampleGenerator(seed: 8)
        for kind in [SampleLines.equal, .ascending, .descending, .fields, .bytes] {
          let bytes = kind.bytes(count: 20_000, using: &generator)
          if world.rank == 0 { try Data(bytes).write(to: URL(filePath: path)) }
          try world.barrier()
          var options = FileSort.Options()
          options.temporaryFolder = folder
          for memory in [1 << 16, 1 << 26] {
            options.memory = memory
            let summary = try FileSort.sort(
              [path], into: folder + "/out", options: options, on: world)
            #expect(summary.imbalance < 1.1, "\(kind), \(memory)")
          }
        }
      }
    }
  }

  @Test func errorsAreTheSameOnAllRanks() throws {
    try withWorld { world in
      try withSharedFolder(on: world) { folder in
        let (path, output) = (folder + "/in", folder + "/out")
        if world.rank == 0 {
          let text = String(repeating: "some text\n", count: 40_000)
          try Data(text.utf8).write(to: URL(filePath: path))
        }
        try world.barrier()
        var options = FileSort.Options()
        options.memory = 1 << 15
        options.temporaryFolder = folder + "/none"
        #expect(throws: SortError("\(folder)/none: No such file or directory")) {
          try FileSort.sort([path], into: output, options: options, on: world)
        }
        #expect(throws: SortError("\(folder): is a directory")) {
          try FileSort.sort([path, folder], into: output, options: options, on: world)
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(names == ["in"])
      }
    }
  }
}
