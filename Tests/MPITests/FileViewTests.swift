import Foundation
import MPI
import Support
import Testing

@Suite("Views of files (MPI 3.1 §13.3)") struct FileViewTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  /// Entry `(row, column)` of the matrix that tests write.
  private func entry(_ row: Int, _ column: Int) -> Double { Double(row * 1000 + column) }

  @Test("Columns that go to ranks in turn", arguments: bothWays)
  func columns(collectively: Bool) throws {
    try world.withScratch { scratch in
      let (rows, width, header) = (6, 3, 64)
      let columns = width * world.size
      let mine = (0..<rows).flatMap { row in
        (0..<width).map { entry(row, world.rank * width + $0) }
      }
      let layout = try Layout<Double>.strided(count: rows, blockLength: width, stride: columns)
      var file = try File(opening: scratch.path("f"), mode: [.create, .read, .write], on: world)
      if world.rank == 0 { try file.write([UInt8](repeating: 9, count: header), at: 0) }
      try file.setView(
        of: Double.self, from: header + 8 * width * world.rank, layout: layout)
      let view = try file.view
      let places = [try file.byteOffset(of: 0), try file.byteOffset(of: width)]
      try file.write(mine, collectively: collectively)
      let position = try file.position()
      try file.synchronize()
      try world.barrier()
      try file.synchronize()
      let third = try file.read(
        Double.self, count: width, at: 3 * width, collectively: collectively)
      try file.setViewOfBytes()
      let bytesAgain = try file.view
      let first = try file.read(UInt8.self, count: 3, at: 0)
      try file.close()
      let contents = try scratch.bytes("f")
      let expected = (0..<rows).flatMap { row in (0..<columns).map { entry(row, $0) } }
      let matrix = try scratch.elements(Double.self, "f")
      #expect(view.displacement == header + 8 * width * world.rank)
      #expect(view.element == Double.self)
      #expect(view.representation == .native)
      #expect(
        places == [
          header + 8 * width * world.rank, header + 8 * (width * world.rank + columns),
        ])
      #expect(position == rows * width)
      #expect(third == (0..<width).map { entry(3, world.rank * width + $0) })
      #expect(first == [9, 9, 9])
      #expect(bytesAgain.displacement == 0)
      #expect(bytesAgain.element == nil)
      #expect(contents.prefix(header) == [UInt8](repeating: 9, count: header)[...])
      #expect(Array(matrix.dropFirst(header / 8)) == expected)
    }
  }

  /// A grid of ranks, each with a block of rows and columns, of different sizes.
  @Test("Blocks of a matrix, written and read in another distribution") func blocks() throws {
    try world.withScratch { scratch in
      let across = (1...world.size).last { world.size % $0 == 0 && $0 * $0 <= world.size } ?? 1
      let down = world.size / across
      let (rows, columns) = (4 * down + 1, 5 * across + 2)
      func part(_ index: Int, of parts: Int, _ count: Int) -> Range<Int> {
        count * index / parts..<count * (index + 1) / parts
      }
      let myRows = part(world.rank / across, of: down, rows)
      let myColumns = part(world.rank % across, of: across, columns)
      let mine = myRows.flatMap { row in myColumns.map { entry(row, $0) } }
      let block = try Layout<Double>.strided(
        count: myRows.count, blockLength: myColumns.count, stride: columns)
      var file = try File(opening: scratch.path("f"), mode: [.create, .read, .write], on: world)
      try file.setView(
        of: Double.self, from: 8 * (myRows.lowerBound * columns + myColumns.lowerBound),
        layout: block)
      let status = try file.write(mine, collectively: true)
      try file.synchronize()
      try world.barrier()
      try file.synchronize()
      // Read as rows now, which are contiguous.
      let bandRows = part(world.rank, of: world.size, rows)
      try file.setView(of: Double.self)
      let band = try file.read(
        Double.self, count: bandRows.count * columns, at: bandRows.lowerBound * columns,
        collectively: true)
      try file.close()
      let contents = try scratch.elements(Double.self, "f")
      let expected = (0..<rows).flatMap { row in (0..<columns).map { entry(row, $0) } }
      #expect(status.count(of: Double.self) == mine.count)
      #expect(contents == expected)
      #expect(band == bandRows.flatMap { row in (0..<columns).map { entry(row, $0) } })
    }
  }

  @Test("Instances of a layout follow each other; a layout in memory, too") func tiling() throws {
    try world.withScratch { scratch in
      // Every other element; in memory, every third one.
      let pairs = try Layout<Int32>.strided(count: 2, stride: 2)
      let mine = (0..<36).map { Int32(world.rank * 100 + $0) }
      let third = try Layout<Int32>.strided(count: 12, stride: 3)
      var file = try File(
        opening: scratch.path("f\(world.rank)"), mode: [.create, .read, .write], on: .selfOnly)
      try file.setView(of: Int32.self, layout: pairs)
      try file.write(mine.span.laid(out: third))
      try file.seek(to: 2)
      var back = [Int32](repeating: -1, count: 36)
      try file.read(into: back.mutableSpan.laid(out: third, at: 1))
      let extent = try file.extent(of: Int32.self)
      try file.close()
      let contents = try scratch.elements(Int32.self, "f\(world.rank)")
      // Instances have an extent of 3: elements 0, 2, 3, 5, 6, 8, … of the file. What is between them, no one has
      // written: MPICH leaves there what was in its buffer.
      var expected = contents
      for index in 0..<12 { expected[index / 2 * 3 + index % 2 * 2] = mine[index * 3] }
      var expectedBack = [Int32](repeating: -1, count: 36)
      for index in 0..<10 { expectedBack[index * 3 + 1] = mine[(index + 2) * 3] }
      #expect(extent == 4)
      #expect(contents.count == 18)
      #expect(contents == expected)
      #expect(back == expectedBack)
    }
  }

  @Test("The end of a file, in a view", arguments: bothWays) func end(collectively: Bool) throws {
    try world.withScratch { scratch in
      try scratch.write(Array(0..<10) as [Int], to: "f", on: world)
      // Elements 1, 3, 5, 7, 9.
      let every = try Layout<Int>.strided(count: 100, stride: 2)
      var file = try File(opening: scratch.path("f"), mode: .read, on: world)
      try file.setView(of: Int.self, from: 8, layout: every)
      let two = try file.read(Int.self, count: 2, collectively: collectively)
      let rest = try file.read(Int.self, count: 50, collectively: collectively)
      let position = try file.position()
      let none = try file.read(Int.self, count: 50, collectively: collectively)
      try file.close()
      #expect(two == [1, 3])
      #expect(rest == [5, 7, 9])
      #expect(position == 5)
      #expect(none == [])
    }
  }

  @Test("Structures take as much room as in memory") func structures() throws {
    try world.withScratch { scratch in
      let mine = (0..<5).map { Padded.sample(world.rank * 10 + $0) }
      var file = try File(opening: scratch.path("f"), mode: [.create, .read, .write], on: world)
      try file.setView(of: Padded.self)
      try file.write(mine, at: world.rank * 5, collectively: true)
      try file.synchronize()
      try world.barrier()
      try file.synchronize()
      let back = try file.read(Padded.self, count: 5, at: world.left * 5)
      let extent = try file.extent(of: Padded.self)
      try file.close()
      let contents = try scratch.elements(Padded.self, "f")
      let size = try scratch.bytes("f").count
      let expected = (0..<world.size).flatMap { rank in
        (0..<5).map { Padded.sample(rank * 10 + $0) }
      }
      #expect(back == (0..<5).map { Padded.sample(world.left * 10 + $0) })
      #expect(extent == MemoryLayout<Padded>.stride)
      // Padding at the very end may not be there.
      #expect(size <= expected.count * 24 && size > (expected.count - 1) * 24)
      #expect(contents == Array(expected.prefix(contents.count)))
    }
  }

  @Test("Representations", arguments: [File.Representation.internal, .external32])
  func representations(representation: File.Representation) throws {
    try world.withScratch { scratch in
      var file = try File(opening: scratch.path("f"), mode: [.create, .read, .write], on: world)
      var failure: MPIError?
      var back: [Int32] = []
      var name: File.Representation?
      do {
        try file.setView(of: Int32.self, representation: representation)
        name = try file.view.representation
        try file.write([Int32(world.rank + 1)], at: world.rank)
        try file.synchronize()
        back = try file.read(Int32.self, count: 1, at: world.rank)
      } catch {
        failure = error as? MPIError
      }
      try file.close()
      let contents = try scratch.bytes("f")
      if let failure {
        // A library may lack one.
        #expect(failure.code == .unsupportedDataRepresentation, "\(failure)")
        return
      }
      // MPICH tells its native representation for the internal one, which is the same there.
      #expect(name == representation || name == .native && representation == .internal)
      #expect(back == [Int32(world.rank + 1)])
      if representation == .external32 {
        let expected = (0..<world.size).flatMap { rank -> [UInt8] in [0, 0, 0, UInt8(rank + 1)] }
        #expect(contents == expected)
      }
    }
  }

  @Test("A representation that no one knows") func unknownRepresentation() throws {
    try world.withScratch { scratch in
      var file = try File(opening: scratch.path("f"), mode: [.create, .write], on: world)
      let error = expectError(.unsupportedDataRepresentation, by: "MPI_File_set_view") {
        try file.setView(of: Int.self, representation: .init(rawValue: "cuneiform"))
      }
      // The view is that of before.
      let element = try file.view.element
      try file.close()
      #expect(error?.message.contains(scratch.path("f")) == true)
      #expect(element == nil)
    }
  }

  @Test("Pointers are set and told in elements of the view") func pointers() throws {
    try world.withScratch { scratch in
      try scratch.write(Array(0..<20) as [Int], to: "f", on: world)
      var file = try File(opening: scratch.path("f"), mode: .read, on: world)
      try file.setView(of: Int.self, from: 16)
      let start = try file.position()
      try file.seek(to: 5)
      let five = try file.read(Int.self, count: 1)
      try file.seek(to: 2, from: .current)
      let eight = try file.position()
      try file.seek(to: -3, from: .end)
      let last = try file.read(Int.self, count: 10)
      let place = try file.byteOffset(of: 4)
      expectError(.invalidArgument) { try file.seek(to: -1) }
      try file.close()
      #expect(start == 0)
      #expect(five == [7])
      #expect(eight == 8)
      #expect(last == [17, 18, 19])
      #expect(place == 48)
    }
  }
}
