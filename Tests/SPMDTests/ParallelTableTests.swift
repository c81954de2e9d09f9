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
      #expect(throws: CSVError("/nowhere: No such file or directory")) {
        try TableStatistics.compute(["/nowhere"], on: world)
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
