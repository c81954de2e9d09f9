import Foundation
import MPI
import Support
import Testing

@Suite("The shared pointer of a file (MPI 3.1 §13.4.4)") struct SharedPointerTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  /// A rank's record: as many times its number as its number tells, plus one.
  private func record(_ rank: Int) -> [Int] { [Int](repeating: rank, count: rank % 3 + 1) }
  private var records: [Int] { (0..<world.size).flatMap { record($0) } }

  @Test("Each process takes its turn, in any order") func unordered() throws {
    try world.withScratch { scratch in
      let file = try File(opening: scratch.path("f"), mode: [.create, .read, .write], on: world)
      for _ in 0..<10 { try file.write(record(world.rank), at: .shared) }
      try world.barrier()
      let end = try file.position(of: .shared)
      let own = try file.position()
      try file.close()
      let contents = try scratch.elements(Int.self, "f")
      #expect(contents.count == 10 * records.count)
      #expect(contents.sorted() == (0..<10).flatMap { _ in records }.sorted())
      #expect(end == contents.count * 8)
      #expect(own == 0)
      // No record is torn: what follows the first element of one is the rest of it.
      var index = 0
      while index < contents.count {
        let whole = record(contents[index])
        #expect(Array(contents[index..<min(index + whole.count, contents.count)]) == whole)
        index += whole.count
      }
    }
  }

  @Test("In the order of ranks") func ordered() throws {
    try world.withScratch { scratch in
      var file = try File(opening: scratch.path("f"), mode: [.create, .read, .write], on: world)
      try file.write([-1, -2], at: .shared, collectively: world.size == 1)
      try world.barrier()
      let before = try file.position(of: .shared)
      try world.barrier()
      try file.seek(to: 0, .shared)
      for _ in 0..<3 { try file.write(record(world.rank), at: .shared, collectively: true) }
      try file.synchronize()
      try world.barrier()
      try file.synchronize()
      try file.seek(to: 0, .shared)
      var back: [[Int]] = []
      for _ in 0..<3 {
        back.append(
          try file.read(
            Int.self, count: record(world.rank).count, at: .shared, collectively: true))
      }
      try file.setView(of: Int.self)
      let start = try file.position(of: .shared)
      try file.close()
      let contents = try scratch.elements(Int.self, "f")
      #expect(before == 16 * world.size)
      #expect(Array(contents.prefix(3 * records.count)) == (0..<3).flatMap { _ in records })
      #expect(back == [[Int]](repeating: record(world.rank), count: 3))
      #expect(start == 0)
    }
  }

  @Test("Each element is read once") func reading() throws {
    try world.withScratch { scratch in
      let count = 60 * world.size
      try scratch.write(Array(0..<count) as [Int], to: "f", on: world)
      let file = try File(opening: scratch.path("f"), mode: .read, on: world)
      var mine: [Int] = []
      for _ in 0..<20 { mine += try file.read(Int.self, count: 3, at: .shared) }
      let all = try world.allGather(mine.span)
      // All have been read.
      let none = try file.read(Int.self, count: 3, at: .shared)
      try world.barrier()
      try file.seek(to: -24, from: .end, .shared)
      let end = try file.position(of: .shared)
      try file.close()
      #expect(all.sorted() == Array(0..<count))
      #expect(none == [])
      #expect(end == count * 8 - 24)
    }
  }

  @Test("The end of a file, in the order of ranks") func orderedEnd() throws {
    try world.withScratch { scratch in
      // Two elements for each rank but the last, which gets one.
      try scratch.write(Array(0..<2 * world.size - 1) as [Int], to: "f", on: world)
      let file = try File(opening: scratch.path("f"), mode: .read, on: world)
      let mine = try file.read(Int.self, count: 2, at: .shared, collectively: true)
      let none = try file.read(Int.self, count: 2, at: .shared, collectively: true)
      try file.close()
      let expected = [2 * world.rank, 2 * world.rank + 1]
      #expect(mine == (world.rank == world.size - 1 ? [expected[0]] : expected))
      #expect(none == [])
    }
  }

  @Test("Nonblocking") func immediate() throws {
    try world.withScratch { scratch in
      let file = try File(opening: scratch.path("f"), mode: [.create, .read, .write], on: world)
      let mine = record(world.rank)
      let writing = try file.immediate.write(mine, at: .shared)
      let status = try writing.wait()
      try world.barrier()
      try file.seek(to: 0, .shared)
      try file.synchronize()
      var back = [Int](repeating: -1, count: 1)
      let reading = try file.immediate.read(into: &back, at: .shared)
      try reading.wait()
      let all = try world.allGather(back.span)
      try file.close()
      let contents = try scratch.elements(Int.self, "f")
      #expect(status.count(of: Int.self) == mine.count)
      #expect(contents.sorted() == records.sorted())
      #expect(all.sorted() == contents.prefix(world.size).sorted())
    }
  }

  @Test("A sequential file has no other pointer") func sequential() throws {
    try world.withScratch { scratch in
      let file = try File(
        opening: scratch.path("f"), mode: [.create, .write, .sequential], on: world)
      try file.write(record(world.rank), at: .shared, collectively: true)
      let error = expectError(.unsupportedOperation) { try file.write([1], at: 0) }
      try file.close()
      let contents = try scratch.elements(Int.self, "f")
      #expect(error?.message.contains(scratch.path("f")) == true)
      #expect(contents == records)
    }
  }
}
