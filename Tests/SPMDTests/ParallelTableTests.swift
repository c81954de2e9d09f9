import Foundation
import MPI
import Support
import Testing

@testable import SPMD

@Suite struct ParallelTableTests {
  /// A file that all ranks see, made by rank 0.
  private func withShared(
    _ text: String, on world: Communicator, _ body: (String) throws -> Void
  ) throws {
    var path = Array((NSTemporaryDirectory() + "/pcompute-\(UUID()).csv").utf8)
    try world.broadcast(&path, from: 0)
    let name = String(decoding: path, as: UTF8.self)
    if world.rank == 0 { try Data(text.utf8).write(to: URL(filePath: name)) }
    try world.barrier()
    try body(name)
    try world.barrier()
    if world.rank == 0 { try FileManager.default.removeItem(atPath: name) }
  }

  @Test func sameAsOneProcess() throws {
    try withWorld { world in
      var text = "id,value,text\n"
      for i in 0..<3000 {
        text += "\(i),\(Double(i) / 7),\(i % 3 == 0 ? "\"a,\n\(i % 11)\"" : "plain")\n"
        if i % 500 == 0 { text += "\n1,2\n" }
      }
      text += "x,1,2\n"
      try withShared(text, on: world) { path in
        for blockSize in [100, 4096, 1 << 20] {
          var options = TableStatistics.Options()
          options.blockSize = blockSize
          let parallel = try TableStatistics.compute([path], options: options, on: world)
          #expect((parallel == nil) == (world.rank != 0))
          guard let parallel else { continue }
          let serial = try TableStatistics(of: [path], options: options)
          #expect(fingerprint(parallel) == fingerprint(serial))
          #expect(parallel.problemCount == 12)
        }
      }
    }
  }

  @Test(arguments: [1000, 65_536, nil]) func linesOfAllKinds(blockSize: Int?) throws {
    try withWorld { world in
      try withShared(sampleTable(rows: 6000), on: world) { path in
        var options = TableStatistics.Options()
        options.blockSize = blockSize
        let parallel = try TableStatistics.compute([path], options: options, on: world)
        guard let parallel else { return }
        #expect(
          fingerprint(parallel)
            == fingerprint(try TableStatistics(of: [path], options: options)))
        #expect(parallel.rows == 6006)
        #expect(parallel.problemCount == 12)
        #expect(parallel.columns.map(\.type) == [.integer, .number, .date, .string, .string])
        #expect("\(parallel.problems[0])".hasSuffix(".csv:604: empty line"))
        #expect("\(parallel.problems[1])".hasSuffix(".csv:605: 2 fields where the header has 5"))
      }
    }
  }

  @Test(arguments: [("", 0, 0), ("a,b\n", 0, 2), ("a\n1", 1, 1)])
  func fewerRecordsThanRanks(text: String, rows: Int, columns: Int) throws {
    try withWorld { world in
      try withShared(text, on: world) { path in
        var options = TableStatistics.Options()
        options.blockSize = 1
        guard let result = try TableStatistics.compute([path], options: options, on: world) else {
          return
        }
        #expect(result.rows == rows)
        #expect(result.columns.count == columns)
      }
    }
  }

  @Test(arguments: [5, 40]) func histogramsCountWhatIsBetweenTheEdges(bins: Int) throws {
    try withWorld { world in
      let values = (0..<3000).map { Double($0 * 7919 % 3001) / 8 - 77 }
      let text = "value\n" + values.map { "\($0)\n" }.joined()
      try withShared(text, on: world) { path in
        var options = TableStatistics.Options()
        options.histogramColumn = "value"
        options.binCount = bins
        options.blockSize = 999
        let result = try TableStatistics.compute([path], options: options, on: world)
        guard let result else { return }
        let histogram = try #require(result.histogram)
        let edges = histogram.edges.map {
          if case .number(let edge) = $0 { edge } else { Double.nan }
        }
        #expect(histogram.counts.count <= bins + 1 && edges.count == histogram.counts.count + 1)
        for (bin, count) in histogram.counts.enumerated() {
          let isLast = bin == histogram.counts.count - 1
          let truth = values.count { edges[bin] <= $0 && ($0 < edges[bin + 1] || isLast) }
          #expect(count == truth)
        }
        #expect(histogram.counts.reduce(0, +) == values.count)
      }
    }
  }

  @Test func groupsAndHistogramsSameAsOneProcess() throws {
    try withWorld { world in
      var text = "key,value,when\n"
      for i in 0..<4000 {
        let value = i % 7 == 0 ? "" : "\(Double(i * 7919 % 4001) / 10)"
        text += "\(i % 3 == 0 ? "\"a,\n\"" : i % 11 == 1 ? "" : "k\(i * i % 701)"),\(value),"
        text += "2024-0\(1 + i % 9)-1\(i % 10)\n"
      }
      // The sample does not tell that values are numbers, and later ones that they are no integers.
      for i in 0..<9 { text += "late,\(i).25,\n" }
      try withShared(text, on: world) { path in
        for (memory, blockSize) in [(0, 500), (5000, 4096), (1 << 20, 1 << 20)] {
          for (column, condition) in [("value", nil), ("when", "value > 100 || key == \"late\"")] {
            var options = TableStatistics.Options()
            options.blockSize = blockSize
            options.groupColumn = "key"
            options.groupLimit = 50
            options.groupMemory = memory
            options.histogramColumn = column
            options.condition = condition
            options.statistics = Statistic.plain
            let parallel = try TableStatistics.compute([path], options: options, on: world)
            guard let parallel else { continue }
            #expect((parallel.spilledBytes > 0) == (memory < 1 << 20))
            let bounded = try TableStatistics(of: [path], options: options)
            #expect((bounded.spilledBytes > 0) == (memory < 1 << 20))
            #expect("\(parallel.groups as Any)" == "\(bounded.groups as Any)")
            options.groupMemory = 1 << 40
            let serial = try TableStatistics(of: [path], options: options)
            #expect(serial.spilledBytes == 0)
            #expect(fingerprint(parallel) == fingerprint(serial))
            #expect("\(parallel.groups as Any)" == "\(serial.groups as Any)")
            #expect("\(parallel.histogram as Any)" == "\(serial.histogram as Any)")
            #expect(parallel.groups?.largest.first?.value == "a,\n")
            let counted = parallel.histogram?.counts.reduce(0, +)
            let values = parallel.columns.first { $0.name == column }?.count
            #expect(counted == values)
          }
        }
      }
    }
  }

  @Test func errorsAreTheSameOnAllRanks() throws {
    try withWorld { world in
      try withShared("a\n1\n2\n\"3\n4\n", on: world) { path in
        var options = TableStatistics.Options()
        options.blockSize = 2
        let expected = "\(path):4: the file ends in a quoted field of the record that begins here"
        #expect(throws: CSVError(expected)) {
          try TableStatistics.compute([path], options: options, on: world)
        }
      }
      for (path, reason) in [
        ("/nowhere", "No such file or directory"), ("/tmp", "is a directory"),
        ("/dev/null", "is not a regular file (pipes and devices cannot be read in parts)"),
        (
          "-",
          "standard input cannot be read in parts, nor twice: put it into a file (one called - is ./-)"
        ),
      ] {
        #expect(throws: CSVError("\(path): \(reason)")) {
          try TableStatistics.compute([path], on: world)
        }
      }
      try withShared("a,b\n1,2\n3,\0\n", on: world) { path in
        var options = TableStatistics.Options()
        options.blockSize = 3
        #expect(throws: CSVError("\(path):3: a NUL byte: this is not a text file")) {
          try TableStatistics.compute([path], options: options, on: world)
        }
      }
      try withShared("a,b\n1,x\n2,y\n", on: world) { path in
        var options = TableStatistics.Options()
        options.histogramColumn = "b"
        let noNumbers = "no histogram of \"b\": its values are not numbers, dates or times"
        #expect(throws: CSVError(noNumbers)) {
          try TableStatistics.compute([path], options: options, on: world)
        }
        options.histogramColumn = nil
        options.condition = "c > 1"
        #expect(throws: ExpressionError(column: 1, message: "there is no column “c”")) {
          try TableStatistics.compute([path], options: options, on: world)
        }
      }
    }
  }

  @Test func sumsOfAllRanksAddUp() throws {
    try withWorld { world in
      var sum = ExactSum()
      for i in 0..<100 where i % world.size == world.rank { sum.add(0.1 * Double(i)) }
      let words = sum.words
      let all = try world.allReduce(words.span, .sum)
      var expected = ExactSum()
      for i in 0..<100 { expected.add(0.1 * Double(i)) }
      #expect(ExactSum(words: all.span) == expected)
    }
  }
}
