import Foundation
import MPI
import Testing

@Suite("Collective operations on files in two steps (MPI 3.1 §13.4.5)")
struct SplitCollectiveTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  private let count = 300
  private var all: [Int] { (0..<world.size).flatMap { values(of: $0, count) } }

  @Test("At offsets") func offsets() throws {
    try world.withScratch { scratch in
      let mine = values(of: world.rank, count)
      var file = try File(opening: scratch.path("f"), mode: [.create, .read, .write], on: world)
      let writing = try file.split.write(mine, at: world.rank * count)
      let sum = mine.reduce(0, +)
      let written = try writing.end()
      try file.synchronize()
      try world.barrier()
      try file.synchronize()
      var left = [Int](repeating: -1, count: count)
      let reading = try file.split.read(into: &left, at: world.left * count)
      let read = try reading.end()
      try file.close()
      let contents = try scratch.elements(Int.self, "f")
      #expect(sum == values(of: world.rank, count).reduce(0, +))
      #expect(written.count(of: Int.self) == count)
      #expect(read.count(of: Int.self) == count)
      #expect(left == values(of: world.left, count))
      #expect(contents == all)
    }
  }

  @Test("By the pointer of each process, in a view, with layouts") func individual() throws {
    try world.withScratch { scratch in
      // Each rank has every size-th element of the file, and every second one of its buffer.
      let mine = values(of: world.rank, 2 * count)
      let inFile = try Layout<Int>.strided(count: count, stride: world.size)
      let inMemory = try Layout<Int>.strided(count: count, stride: 2)
      var file = try File(opening: scratch.path("f"), mode: [.create, .read, .write], on: world)
      try file.setView(of: Int.self, from: 8 * world.rank, layout: inFile)
      let writing = try file.split.write(mine.span.laid(out: inMemory, at: 1))
      try writing.end()
      try file.synchronize()
      try world.barrier()
      try file.synchronize()
      try file.seek(to: 0)
      var back = [Int](repeating: -1, count: 2 * count)
      let reading = try file.split.read(into: back.mutableSpan.laid(out: inMemory))
      try reading.end()
      let position = try file.position()
      try file.close()
      let contents = try scratch.elements(Int.self, "f")
      let expected = (0..<count * world.size).map {
        value($0 % world.size, $0 / world.size * 2 + 1)
      }
      #expect(contents == expected)
      #expect(back == (0..<2 * count).map { $0 % 2 == 0 ? value(world.rank, $0 + 1) : -1 })
      #expect(position == count)
    }
  }

  @Test("In the order of ranks") func ordered() throws {
    try world.withScratch { scratch in
      let mine = values(of: world.rank, world.rank + 1)
      var file = try File(opening: scratch.path("f"), mode: [.create, .read, .write], on: world)
      let writing = try file.split.write(mine, at: .shared)
      let written = try writing.end()
      try file.synchronize()
      try world.barrier()
      try file.synchronize()
      try file.seek(to: 0, .shared)
      var back = [Int](repeating: -1, count: world.rank + 1)
      let reading = try file.split.read(into: &back, at: .shared)
      let read = try reading.end()
      try file.close()
      let contents = try scratch.elements(Int.self, "f")
      #expect(written.count(of: Int.self) == world.rank + 1)
      #expect(read.count(of: Int.self) == world.rank + 1)
      #expect(contents == (0..<world.size).flatMap { values(of: $0, $0 + 1) })
      #expect(back == mine)
    }
  }

  @Test("The end of a file") func end() throws {
    try world.withScratch { scratch in
      try scratch.write([1, 2, 3, 4, 5], to: "f", on: world)
      var file = try File(opening: scratch.path("f"), mode: .read, on: world)
      var storage = [Int](repeating: -1, count: 4)
      let reading = try file.split.read(into: &storage, at: 3)
      let status = try reading.end()
      try file.close()
      #expect(status.count(of: Int.self) == 2)
      #expect(storage == [4, 5, -1, -1])
    }
  }

  @Test("An operation that is dropped is ended") func dropped() throws {
    try world.withScratch { scratch in
      let mine = values(of: world.rank, count)
      var file = try File(opening: scratch.path("f"), mode: [.create, .write], on: world)
      do { _ = try file.split.write(mine, at: world.rank * count) }
      try file.close()
      try world.barrier()
      let contents = try scratch.elements(Int.self, "f")
      #expect(contents == all)
    }
  }
}
