import Foundation
import MPI
import Testing

@Suite("Nonblocking operations on files (MPI 3.1 §13.4)") struct NonblockingFileTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  private let count = 500
  private var all: [Int] { (0..<world.size).flatMap { values(of: $0, count) } }

  @Test("At offsets", arguments: bothWays) func offsets(collectively: Bool) throws {
    try world.withScratch { scratch in
      let mine = values(of: world.rank, count)
      let file = try File(opening: scratch.path("f"), mode: [.create, .read, .write], on: world)
      let writing = try file.immediate.write(
        mine, at: world.rank * count, collectively: collectively)
      let sum = mine.reduce(0, +)
      let written = try writing.wait()
      try file.synchronize()
      try world.barrier()
      try file.synchronize()
      var left = [Int](repeating: -1, count: count)
      let reading = try file.immediate.read(
        into: &left, at: world.left * count, collectively: collectively)
      while !reading.isComplete() {}
      let isStillComplete = reading.isComplete()
      let read = try reading.wait()
      try file.close()
      let contents = try scratch.elements(Int.self, "f")
      #expect(sum == values(of: world.rank, count).reduce(0, +))
      #expect(written.count(of: Int.self) == count)
      #expect(read.count(of: Int.self) == count)
      #expect(isStillComplete)
      #expect(left == values(of: world.left, count))
      #expect(contents == all)
    }
  }

  @Test("By the pointer of each process, several at once", arguments: bothWays)
  func several(collectively: Bool) throws {
    try world.withScratch { scratch in
      let (first, second) = (values(of: world.rank, 10), values(of: world.rank + 100, 20))
      let file = try File(opening: scratch.path("f"), mode: [.create, .read, .write], on: world)
      try file.seek(to: world.rank * 30 * 8)
      let one = try file.immediate.write(first, collectively: collectively)
      let two = try file.immediate.write(second, collectively: collectively)
      // In this order, since MPICH (seen in 4.0.2) moves the pointer of collective operations when they complete.
      try one.wait()
      try two.wait()
      let position = try file.position()
      try file.synchronize()
      try world.barrier()
      try file.synchronize()
      try file.seek(to: world.rank * 30 * 8)
      var (a, b) = ([Int](repeating: -1, count: 10), [Int](repeating: -1, count: 20))
      let three = try file.immediate.read(into: &a, collectively: collectively)
      let four = try file.immediate.read(into: &b, collectively: collectively)
      try three.wait()
      try four.wait()
      try file.close()
      let contents = try scratch.elements(Int.self, "f")
      #expect(position == (world.rank + 1) * 30 * 8)
      let expected = (0..<world.size).flatMap { rank -> [Int] in
        values(of: rank, 10) + values(of: rank + 100, 20)
      }
      #expect(contents == expected)
      #expect(a == first)
      #expect(b == second)
    }
  }

  @Test("In a view, with layouts of the memory", arguments: bothWays)
  func views(collectively: Bool) throws {
    try world.withScratch { scratch in
      let mine = values(of: world.rank, 2 * count)
      let inFile = try Layout<Int>.strided(count: count, stride: world.size)
      let inMemory = try Layout<Int>.strided(count: count, stride: 2)
      var file = try File(opening: scratch.path("f"), mode: [.create, .read, .write], on: world)
      try file.setView(of: Int.self, from: 8 * world.rank, layout: inFile)
      let writing = try file.immediate.write(
        mine.span.laid(out: inMemory, at: 1), at: 0, collectively: collectively)
      try writing.wait()
      try file.synchronize()
      try world.barrier()
      try file.synchronize()
      var back = [Int](repeating: -1, count: 2 * count)
      let reading = try file.immediate.read(
        into: back.mutableSpan.laid(out: inMemory), at: 0, collectively: collectively)
      try reading.wait()
      try file.close()
      let contents = try scratch.elements(Int.self, "f")
      let expected = (0..<count * world.size).map {
        value($0 % world.size, $0 / world.size * 2 + 1)
      }
      #expect(contents == expected)
      #expect(back == (0..<2 * count).map { $0 % 2 == 0 ? value(world.rank, $0 + 1) : -1 })
    }
  }

  @Test("The end of a file", arguments: bothWays) func end(collectively: Bool) throws {
    try world.withScratch { scratch in
      try scratch.write([1, 2, 3, 4, 5], to: "f", on: world)
      let file = try File(opening: scratch.path("f"), mode: .read, on: world)
      var storage = [Int](repeating: -1, count: 4)
      let reading = try file.immediate.read(
        into: &storage, at: 3, collectively: collectively)
      let status = try reading.wait()
      try file.close()
      #expect(status.count(of: Int.self) == 2)
      #expect(storage == [4, 5, -1, -1])
    }
  }

  @Test("Bytes that are no Bool become one") func bools() throws {
    try world.withScratch { scratch in
      try scratch.write([0, 1, 2, 255] as [UInt8], to: "f", on: world)
      let file = try File(opening: scratch.path("f"), mode: .read, on: world)
      var storage = [Bool](repeating: false, count: 4)
      let reading = try file.immediate.read(into: &storage, at: 0)
      try reading.wait()
      try file.close()
      #expect(storage.map { unsafe unsafeBitCast($0, to: UInt8.self) } == [0, 1, 1, 1])
    }
  }

  @Test("A request that is dropped waits") func dropped() throws {
    try world.withScratch { scratch in
      let mine = values(of: world.rank, count)
      let file = try File(opening: scratch.path("f"), mode: [.create, .write], on: world)
      do { _ = try file.immediate.write(mine, at: world.rank * count) }
      try file.close()
      try world.barrier()
      let contents = try scratch.elements(Int.self, "f")
      #expect(contents == all)
    }
  }

  @Test("A layout whose last reference is gone") func layoutIsKept() throws {
    try world.withScratch { scratch in
      let mine = values(of: world.rank, 2 * count)
      let file = try File(opening: scratch.path("f"), mode: [.create, .write], on: world)
      let writing = try file.immediate.write(
        mine.span.laid(out: .strided(count: count, stride: 2)), at: world.rank * count)
      try writing.wait()
      try file.close()
      try world.barrier()
      let contents = try scratch.elements(Int.self, "f")
      let expected = (0..<world.size).flatMap { rank in (0..<count).map { value(rank, 2 * $0) } }
      #expect(contents == expected)
    }
  }
}
