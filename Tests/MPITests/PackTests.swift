import ComplexModule
import MPI
import Testing

@Suite("Packed messages (MPI 3.1 §4.2, §4.3)") struct PackTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  static let representations = [PackedRepresentation.native, .external32]

  @Test("Values of several types, around the ring", arguments: representations)
  func mixed(representation: PackedRepresentation) throws {
    let rank = world.rank
    let column = try Layout<Int>.strided(count: 4, stride: 5)
    let matrix = values(of: rank, 20)
    var packer = Packer(for: world, representation: representation)
    try packer.pack(rank)
    try packer.pack(Double(rank) / 4)
    try packer.pack(true)
    try packer.pack([Int16](repeating: -3, count: rank))
    try packer.pack(matrix.span.laid(out: column, at: 2))
    try packer.pack(Padded.sample(rank))
    try packer.pack([Nested.sample(rank), .sample(7)])
    try packer.pack([Complex<Double>(1, Double(rank))])
    let size = 8 + 8 + 1 + 2 * rank + 32 + 11 + 2 * Nested.byteCount + 16
    #expect(packer.bytes.count == size)

    let sending = try world.immediate.send(packer.bytes.span, to: world.right)
    var unpacker = try world.receive(packed: representation, from: world.left)
    try sending.wait()
    let length = try unpacker.unpack(Int.self)
    let quarter = try unpacker.unpack(Double.self)
    let flag = try unpacker.unpack(Bool.self)
    let shorts = try unpacker.unpack(Int16.self, count: length)
    var transposed = [Int](repeating: -1, count: 4)
    var copy = unpacker
    try unpacker.unpack(into: &transposed)
    var into = [Int](repeating: -1, count: 20)
    try copy.unpack(into: into.mutableSpan.laid(out: column, at: 4))
    let padded = try unpacker.unpack(Padded.self)
    let nested = try unpacker.unpack(Nested.self, count: 2)
    let complex = try unpacker.unpack(Complex<Double>.self)
    #expect(unpacker.remainingByteCount == 0)
    #expect(copy.remainingByteCount == 11 + 2 * Nested.byteCount + 16)

    let left = world.left
    #expect((length, quarter, flag) == (left, Double(left) / 4, true))
    #expect(shorts == [Int16](repeating: -3, count: left))
    #expect(transposed == [2, 7, 12, 17].map { value(left, $0) })
    #expect(into == (0..<20).map { $0 % 5 == 4 ? value(left, $0 - 2) : -1 })
    #expect(padded == .sample(left))
    #expect(nested == [.sample(left), .sample(7)])
    #expect(complex == Complex(1, Double(left)))
  }

  @Test("Sent as packed messages, in every mode", arguments: representations)
  func sent(representation: PackedRepresentation) throws {
    var packer = Packer(for: world, representation: representation)
    try packer.pack(value(world.rank, 3))
    try packer.pack([Float](repeating: 2.5, count: 1000))
    var received: [Unpacker] = []
    // To this rank and to the next one: a message to itself is buffered.
    try MPI.withSendBuffer(byteCount: 20000) {
      for (peer, source) in [(world.right, world.left), (world.rank, world.rank)] {
        try world.send(packed: packer, to: peer, tag: 5, mode: .buffered)
        received.append(try world.receive(packed: representation, from: source, tag: 5))
      }
      try world.send(packed: packer, to: nil, mode: .synchronous)
      try world.send(packed: packer, to: world.right, mode: .buffered)
      let message = try world.matchedProbe(from: .any)
      received.append(try message.receive(packed: representation, on: world))
      try world.send(packed: packer, to: world.right, tag: 6, mode: .buffered)
      received.append(try world.receive(packed: representation, from: .any, tag: 6))
    }
    let sources = [world.left, world.rank, world.left, world.left]
    for (index, source) in sources.enumerated() {
      #expect(try received[index].unpack(Int.self) == value(source, 3))
      #expect(try received[index].unpack(Float.self, count: 1000).allSatisfy { $0 == 2.5 })
      #expect(received[index].remainingByteCount == 0)
    }
    let nothing = try world.receive(packed: representation, from: nil as Int?)
    #expect(nothing.remainingByteCount == 0)
  }

  /// A packed message matches the types that were packed (MPI 3.1 §3.3.1, §4.2).
  @Test("Packed here, received there as elements") func typed() throws {
    var packer = Packer(for: world)
    try packer.pack([1, 2])
    try packer.pack(values(of: world.rank, 3))
    let mine = values(of: world.rank, 4)
    var received = [Int](repeating: -1, count: 5)
    var unpacker = Unpacker([], for: world)
    try MPI.withSendBuffer(byteCount: 10000) {
      try world.send(packed: packer, to: world.right, mode: .buffered)
      try world.receive(into: received.mutableSpan, from: world.left)
      try world.send(mine.span, to: world.right, mode: .buffered)
      unpacker = try world.receive(packed: .native, from: world.left)
    }
    #expect(received == [1, 2] + values(of: world.left, 3))
    #expect(try unpacker.unpack(Int.self, count: 4) == values(of: world.left, 4))
  }

  @Test("Given to all") func broadcast() throws {
    var packer = Packer(for: world, representation: .external32)
    if world.rank == 0 {
      try packer.pack(17)
      let text = Array("text".utf8)
      try packer.pack(text)
    }
    var bytes = packer.bytes
    try world.broadcast(&bytes, from: 0)
    var unpacker = Unpacker(bytes, for: world, representation: .external32)
    #expect(try unpacker.unpack(Int.self) == 17)
    let text = try unpacker.unpack(UInt8.self, count: unpacker.remainingByteCount)
    #expect(String(decoding: text, as: UTF8.self) == "text")
  }

  /// §13.5.2: big-endian, two's complement, IEEE, without gaps.
  @Test("external32, byte by byte") func external() throws {
    struct Mixed: Datatype, Equatable {
      var small: Int8
      var wide: Double
      var flag: Bool
      var short: UInt16
    }
    var packer = Packer(for: world, representation: .external32)
    try packer.pack(Int16(-2))
    try packer.pack(Int32(0x0102_0304))
    try packer.pack([UInt64(0x1122_3344_5566_7788), 1])
    try packer.pack(Int(-1))
    try packer.pack(Float(1.5))
    try packer.pack(Double(-2))
    try packer.pack([true, false])
    try packer.pack(UInt8(200))
    try packer.pack(Mixed(small: -1, wide: 0.5, flag: true, short: 0xABCD))
    try packer.pack(Complex<Float>(1, -1))
    let some = try Layout<UInt16>.blocks(at: [4, 0])
    try packer.pack([UInt16(1), 2, 3, 4, 5].span.laid(out: some))
    let expected: [UInt8] =
      [0xFF, 0xFE] + [1, 2, 3, 4] + [0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88]
      + [0, 0, 0, 0, 0, 0, 0, 1] + [UInt8](repeating: 0xFF, count: 8) + [0x3F, 0xC0, 0, 0]
      + [0xC0, 0, 0, 0, 0, 0, 0, 0] + [1, 0] + [200]
      + [0xFF, 0x3F, 0xE0, 0, 0, 0, 0, 0, 0, 1, 0xAB, 0xCD]
      + [0x3F, 0x80, 0, 0, 0xBF, 0x80, 0, 0] + [0, 5, 0, 1]
    #expect(packer.bytes == expected)

    var unpacker = Unpacker(expected, for: world, representation: .external32)
    #expect(try unpacker.unpack(Int16.self) == -2)
    #expect(try unpacker.unpack(Int32.self) == 0x0102_0304)
    #expect(try unpacker.unpack(UInt64.self, count: 2) == [0x1122_3344_5566_7788, 1])
    #expect(try unpacker.unpack(Int.self) == -1)
    #expect(try unpacker.unpack(Float.self) == 1.5)
    #expect(try unpacker.unpack(Double.self) == -2)
    #expect(try unpacker.unpack(Bool.self, count: 2) == [true, false])
    #expect(try unpacker.unpack(UInt8.self) == 200)
    let mixed = try unpacker.unpack(Mixed.self)
    #expect(mixed == Mixed(small: -1, wide: 0.5, flag: true, short: 0xABCD))
    #expect(try unpacker.unpack(Complex<Float>.self) == Complex(1, -1))
    #expect(try unpacker.unpack(UInt16.self, count: 2) == [5, 1])
    #expect(unpacker.remainingByteCount == 0)
  }

  @Test("No more bytes than there are", arguments: representations)
  func exhausted(representation: PackedRepresentation) throws {
    var packer = Packer(for: world, representation: representation)
    try packer.pack([Int32(1), 2, 3])
    var unpacker = Unpacker(packer.bytes, for: world, representation: representation)
    _ = try unpacker.unpack(Int32.self)
    expectError(.truncated) { _ = try unpacker.unpack(Int32.self, count: 3) }
    expectError(.truncated) { _ = try unpacker.unpack(Int32.self, count: Int.max) }
    expectError(.truncated) { _ = try unpacker.unpack(Int.self, count: 2) }
    expectError(.truncated) { _ = try unpacker.unpack(Padded.self) }
    expectError(.truncated) {
      var room = [Int32](repeating: 0, count: 5)
      try unpacker.unpack(into: &room)
    }
    expectError(.truncated) {
      var room = [Int32](repeating: 0, count: 5)
      let layout = try Layout<Int32>.strided(count: 3, stride: 2)
      try unpacker.unpack(into: room.mutableSpan.laid(out: layout))
    }
    // What is there has not been lost.
    #expect(unpacker.remainingByteCount == 8)
    #expect(try unpacker.unpack(Int32.self, count: 2) == [2, 3])
    #expect(try unpacker.unpack(Double.self, count: 0) == [])
    expectError(.truncated) { _ = try unpacker.unpack(Bool.self) }
  }

  @Test("Bool is always true or false") func bools() throws {
    var unpacker = Unpacker([0, 1, 2, 255], for: world, representation: .external32)
    let flags = try unpacker.unpack(Bool.self, count: 4)
    #expect(unsafe flags.withUnsafeBytes { unsafe Array($0) } == [0, 1, 1, 1])
  }
}
