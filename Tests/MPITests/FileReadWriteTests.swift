import Foundation
import MPI
import Testing

/// The ways of an operation that are not the position.
let bothWays = [false, true]

@Suite("Reading and writing files (MPI 3.1 §13.4)") struct FileReadWriteTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  private let count = 1000
  private var all: [Int] { (0..<world.size).flatMap { values(of: $0, count) } }

  @Test("At offsets in elements", arguments: bothWays) func offsets(collectively: Bool) throws {
    try world.withScratch { scratch in
      let mine = values(of: world.rank, count)
      let file = try File(
        opening: scratch.path("f"), mode: [.create, .read, .write], on: world)
      let written = try file.write(
        mine, at: world.rank * count, collectively: collectively)
      try file.synchronize()
      try world.barrier()
      try file.synchronize()
      var left = [Int](repeating: -1, count: count)
      let status = try file.read(
        into: &left, at: world.left * count, collectively: collectively)
      let right = try file.read(
        Int.self, count: count, at: world.right * count, collectively: collectively)
      let position = try file.position()
      try file.close()
      let contents = try scratch.elements(Int.self, "f")
      #expect(written.count(of: Int.self) == count)
      #expect(status.count(of: Int.self) == count)
      #expect(contents == all)
      #expect(left == values(of: world.left, count))
      #expect(right == values(of: world.right, count))
      #expect(position == 0)
    }
  }

  @Test("At offsets in bytes", arguments: bothWays) func bytes(collectively: Bool) throws {
    try world.withScratch { scratch in
      let file = try File(
        opening: scratch.path("f"), mode: [.create, .read, .write], on: world)
      // 3 bytes, then a double, on each rank.
      let at = world.rank * 11
      try file.write(
        [UInt8](repeating: 7, count: 3), at: at, collectively: collectively)
      try file.write(
        [Double(world.rank) + 0.5], at: .byte(at + 3), collectively: collectively)
      try file.synchronize()
      let back = try file.read(
        Double.self, count: 1, at: .byte(at + 3), collectively: collectively)
      try file.close()
      try world.barrier()
      let contents = try scratch.bytes("f")
      let expected = (0..<world.size).flatMap { (rank: Int) -> [UInt8] in
        let bits = (Double(rank) + 0.5).bitPattern
        return [7, 7, 7] + (0..<8).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) }
      }
      #expect(back == [Double(world.rank) + 0.5])
      #expect(contents == expected)
    }
  }

  @Test("By the pointer of each process", arguments: bothWays)
  func individual(collectively: Bool) throws {
    try world.withScratch { scratch in
      let mine = values(of: world.rank, count)
      let file = try File(
        opening: scratch.path("f"), mode: [.create, .read, .write], on: world)
      try file.seek(to: world.rank * count * 8)
      // Elements of several types follow each other.
      try file.write(mine.span.extracting(first: 10), collectively: collectively)
      let between = try file.position()
      try file.write(mine.span.extracting(10...), collectively: collectively)
      let end = try file.position()
      try file.synchronize()
      try world.barrier()
      try file.synchronize()
      try file.seek(to: -count * 8, from: .current)
      var part = [Int](repeating: 0, count: 10)
      try file.read(into: &part, collectively: collectively)
      let rest = try file.read(Int.self, count: count - 10, collectively: collectively)
      try file.seek(to: -8, from: .end)
      let last = try file.read(Int.self, count: 5, collectively: collectively)
      try file.close()
      let contents = try scratch.elements(Int.self, "f")
      #expect(between == (world.rank * count + 10) * 8)
      #expect(end == (world.rank + 1) * count * 8)
      #expect(contents == all)
      #expect(part + rest == mine)
      #expect(last == [value(world.size - 1, count - 1)])
    }
  }

  @Test("The end of a file", arguments: bothWays) func end(collectively: Bool) throws {
    try world.withScratch { scratch in
      try scratch.write([1, 2, 3, 4, 5], to: "f", on: world)
      let file = try File(opening: scratch.path("f"), mode: .read, on: world)
      var storage = [Int](repeating: -1, count: 4)
      let status = try file.read(into: &storage, at: 3, collectively: collectively)
      let some = try file.read(Int.self, count: 100, at: 2, collectively: collectively)
      let none = try file.read(Int.self, count: 100, at: 5, collectively: collectively)
      let behind = try file.read(Int.self, count: 1, at: 1000, collectively: collectively)
      let zero = try file.read(Int.self, count: 0, at: 0, collectively: collectively)
      try file.close()
      #expect(status.count(of: Int.self) == 2)
      #expect(storage == [4, 5, -1, -1])
      #expect(some == [3, 4, 5])
      #expect(none == [])
      #expect(behind == [])
      #expect(zero == [])
    }
  }

  @Test("A file that ends within an element", arguments: bothWays)
  func fragment(collectively: Bool) throws {
    try world.withScratch { scratch in
      try scratch.write([UInt8](repeating: 1, count: 13), to: "f", on: world)
      let file = try File(opening: scratch.path("f"), mode: .read, on: world)
      let error = expectError(.truncated) {
        _ = try file.read(Int.self, count: 5, at: 0, collectively: collectively)
      }
      let whole = try file.read(Int.self, count: 1, at: 0, collectively: collectively)
      try file.close()
      #expect(error?.message.contains("13 bytes") == true, "\(String(describing: error))")
      #expect(whole == [0x0101_0101_0101_0101])
    }
  }

  @Test("Nothing", arguments: bothWays) func nothing(collectively: Bool) throws {
    try world.withScratch { scratch in
      let none: [Double] = []
      let file = try File(
        opening: scratch.path("f"), mode: [.create, .read, .write], on: world)
      let first = try file.write(none, at: 5, collectively: collectively)
      let second = try file.write(none, collectively: collectively)
      // Some ranks have nothing in a collective operation.
      let mine = [Double](repeating: 1, count: world.rank % 2)
      try file.write(mine, at: world.rank, collectively: collectively)
      let size = try file.byteCount
      try file.close()
      try world.barrier()
      let final = try scratch.bytes("f").count
      #expect(first.byteCount == 0)
      #expect(second.byteCount == 0)
      #expect(size <= world.size * 8)
      #expect(final == (world.size < 2 ? 0 : (world.size / 2 * 2) * 8))
    }
  }

  private func roundTrip<T: Sample>(_ type: T.Type) throws {
    try world.withScratch { scratch in
      let mine = (0..<37).map { T.sample(world.rank * 100 + $0) }
      let file = try File(
        opening: scratch.path("f"), mode: [.create, .read, .write], on: world)
      let written = try file.write(mine, at: world.rank * 37, collectively: true)
      try file.synchronize()
      try world.barrier()
      try file.synchronize()
      let back = try file.read(type, count: 37, at: world.left * 37)
      try file.close()
      let size = try scratch.bytes("f").count
      #expect(back == (0..<37).map { T.sample(world.left * 100 + $0) }, "\(type)")
      #expect(written.byteCount == 37 * T.byteCount)
      #expect(size == 37 * T.byteCount * world.size, "\(type): without padding")
    }
  }

  @Test("Elements of every kind") func types() throws {
    try roundTrip(UInt8.self)
    try roundTrip(Int16.self)
    try roundTrip(Float.self)
    try roundTrip(Bool.self)
    try roundTrip(Int128.self)
    try roundTrip(SIMD3<Double>.self)
    try roundTrip(Padded.self)
    try roundTrip(Nested.self)
    try roundTrip(Located<Int32>.self)
  }

  /// MPICH (seen in 4.0.2) takes `MPI_DOUBLE_INT` for 12 bytes without a gap.
  @Test("Pairs of a value and a location") func pairs() throws {
    if MPI.libraryVersion.hasPrefix("MPICH") {
      try world.withScratch { scratch in
        let rows = [Row.sample(1)]
        let file = try File(opening: scratch.path("f"), mode: [.create, .write], on: world)
        expectError(.invalidDatatype) { try file.write(rows, at: 0) }
        expectError(.invalidDatatype) { try file.write([Located(1.5, at: 3)], at: 0) }
        try file.close()
      }
    } else {
      try roundTrip(Row.self)
      try roundTrip(Located<Double>.self)
    }
  }

  @Test("Bytes that are no Bool become one") func bools() throws {
    try world.withScratch { scratch in
      try scratch.write([0, 1, 2, 255] as [UInt8], to: "f", on: world)
      let file = try File(opening: scratch.path("f"), mode: .read, on: world)
      let read = try file.read(Bool.self, count: 10, at: 0)
      var storage = [Bool](repeating: false, count: 4)
      try file.read(into: &storage, at: 0, collectively: true)
      try file.close()
      #expect(read == [false, true, true, true])
      #expect(storage == [false, true, true, true])
      #expect(storage.map { unsafe unsafeBitCast($0, to: UInt8.self) } == [0, 1, 1, 1])
    }
  }

  @Test("Layouts of the memory", arguments: bothWays) func layouts(collectively: Bool) throws {
    try world.withScratch { scratch in
      // Column 1 and 3 of a matrix of 5 rows and 4 columns.
      let matrix = values(of: world.rank, 20)
      let column = try Layout<Int>.strided(count: 5, stride: 4)
      let file = try File(
        opening: scratch.path("f"), mode: [.create, .read, .write], on: world)
      try file.write(
        matrix.span.laid(out: column, at: 1), at: world.rank * 10, collectively: collectively)
      try file.write(
        matrix.span.laid(out: column, at: 3), at: world.rank * 10 + 5, collectively: collectively)
      try file.synchronize()
      try world.barrier()
      try file.synchronize()
      var back = [Int](repeating: -1, count: 20)
      let status = try file.read(
        into: back.mutableSpan.laid(out: column, at: 2), at: world.left * 10 + 5,
        collectively: collectively)
      // By the pointer, two instances of a layout: elements 0 and 2, then 3 and 5.
      let pairs = try Layout<Int>.strided(count: 2, stride: 2)
      try file.seek(to: world.rank * 80)
      var two = [Int](repeating: -1, count: 6)
      try file.read(
        into: two.mutableSpan.laid(out: pairs, instances: 2), collectively: collectively)
      try file.close()
      let contents = try scratch.elements(Int.self, "f")
      let expected = (0..<world.size).flatMap { rank in
        [1, 3].flatMap { column in (0..<5).map { value(rank, $0 * 4 + column) } }
      }
      var matrixBack = [Int](repeating: -1, count: 20)
      for row in 0..<5 { matrixBack[row * 4 + 2] = value(world.left, row * 4 + 3) }
      let first = (0..<4).map { value(world.rank, $0 * 4 + 1) }
      #expect(contents == expected)
      #expect(status.count(of: Int.self) == 5)
      #expect(back == matrixBack)
      #expect(two == [first[0], -1, first[1], first[2], -1, first[3]])
    }
  }
}
