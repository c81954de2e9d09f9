import ComplexModule
import MPI
import Testing

@Suite("Datatypes (MPI 3.1 §3.2.2, §4.1)") struct DatatypeTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  static let scalars: [any Sample.Type] = [
    Int8.self, Int16.self, Int32.self, Int64.self, Int.self, Int128.self,
    UInt8.self, UInt16.self, UInt32.self, UInt64.self, UInt.self, UInt128.self,
    Float16.self, Float.self, Double.self, Bool.self,
    Complex<Float>.self, Complex<Double>.self, Complex<Float16>.self,
    Located<Int16>.self, Located<Int32>.self, Located<Int64>.self, Located<Int>.self,
    Located<Float>.self, Located<Double>.self,
  ]

  static let vectors: [any Sample.Type] = [
    SIMD2<Double>.self, SIMD3<Double>.self, SIMD4<Double>.self, SIMD8<Double>.self,
    SIMD16<Float>.self, SIMD32<Int16>.self, SIMD64<UInt8>.self, SIMD3<Int8>.self,
    SIMD3<Float16>.self, SIMD2<Int>.self, SIMD4<UInt32>.self, SIMD64<Double>.self,
  ]

  static let structures: [any Sample.Type] = [
    Padded.self, Nested.self, Nested.Inner.self, Kept.self, Row.self, Wrapper.self,
    Pair<Int8, Double>.self, Pair<Double, Int8>.self, Pair<Pair<Bool, Int32>, Nested>.self,
    Pair<SIMD3<Float>, Padded>.self,
  ]

  @Test("Scalars arrive as they were", arguments: scalars)
  func scalar(_ type: any Sample.Type) throws { try carry(type) }

  @Test("Vectors arrive as they were", arguments: vectors)
  func vector(_ type: any Sample.Type) throws { try carry(type) }

  @Test("Structures arrive as they were", arguments: structures)
  func structure(_ type: any Sample.Type) throws { try carry(type) }

  func samples<T: Sample>(_ rank: Int, _ count: Int) -> [T] {
    (0..<count).map { T.sample(37 * rank + $0 + 1) }
  }

  /// Several elements, so that their distance in memory is right, by every kind of operation.
  func carry<T: Sample>(_ type: T.Type) throws {
    let mine: [T] = samples(world.rank, 5)
    let fromLeft: [T] = samples(world.left, 5)
    var received = [T](repeating: .sample(0), count: 6)
    let status = try world.sendReceive(
      mine.span, to: world.right, into: received.mutableSpan, from: world.left)

    var requested = [T](repeating: .sample(0), count: 5)
    let receiving = try world.immediate.receive(into: requested.mutableSpan, from: world.left)
    try world.send(mine.span, to: world.right)
    try receiving.wait()

    var exchanged = [T](repeating: .sample(0), count: 5)
    var exchange = world.exchange()
    try exchange.receive(into: exchanged.mutableSpan, from: world.left)
    try exchange.send(mine.span, to: world.right)
    try exchange.wait()

    let next = try world.sendReceive(mine[0], to: world.right, from: world.left)
    let sending = try world.immediate.send(mine.span, to: world.right)
    let probed = try world.receive(type, from: world.left)
    try sending.wait()

    var broadcast = mine
    try world.broadcast(broadcast.mutableSpan, from: world.size - 1)
    let all = try world.allGather(mine.span)
    let own: [T] = samples(world.rank, world.rank % 3)
    let uneven = try world.allGather(own.span)
    let sent: [T] = samples(world.rank, world.size)
    let transposed = try world.allToAll(sent.span)
    let scattered = try world.scatter(all.span, from: 0)
    let gathered = try world.gather(mine.span, to: 0)

    #expect(Array(received.prefix(5)) == fromLeft)
    #expect(received[5] == .sample(0))
    #expect(status.count(of: type) == 5)
    #expect(status.byteCount == 5 * T.byteCount)
    #expect(requested == fromLeft)
    #expect(exchanged == fromLeft)
    #expect(next == fromLeft[0])
    #expect(probed == fromLeft)
    #expect(broadcast == samples(world.size - 1, 5))
    let expected: [T] = (0..<world.size).flatMap { samples($0, 5) }
    #expect(all == expected)
    #expect(scattered == mine)
    #expect(gathered == (world.rank == 0 ? expected : nil))
    #expect(uneven == (0..<world.size).flatMap { samples($0, $0 % 3) })
    #expect(transposed == (0..<world.size).map { T.sample(37 * $0 + world.rank + 1) })
  }

  @Test("Arrays of fixed length are datatypes too") func inlineArray() throws {
    let mine: InlineArray<3, Int32> = [Int32(world.rank), 7, -1]
    let next = try world.sendReceive(mine, to: world.right, from: world.left)
    let nested: InlineArray<2, InlineArray<2, Padded>> = [
      [.sample(world.rank), .sample(1)], [.sample(2), .sample(3)],
    ]
    let nextNested = try world.sendReceive(nested, to: world.right, from: world.left)
    #expect(next?[0] == Int32(world.left))
    #expect(next?[1] == 7)
    #expect(next?[2] == -1)
    #expect(nextNested?[0][0] == .sample(world.left))
    #expect(nextNested?[1][1] == .sample(3))
  }

  /// What the program would send to any other type comes as C would see it.
  @Test("Types of the same memory may be mixed") func mixed() throws {
    let sent = [SIMD2<Double>(1, 2), SIMD2<Double>(3, Double(world.rank))]
    var received = [Double](repeating: 0, count: 4)
    try world.sendReceive(
      sent.span, to: world.right, into: received.mutableSpan, from: world.left)
    #expect(received == [1, 2, 3, Double(world.left)])
  }

  /// §3.2.2: -0.0, infinities and the payload of a NaN are bits like others.
  @Test("Bits of floating-point numbers") func bits() throws {
    let patterns: [UInt64] = [
      0x8000_0000_0000_0000, 0x7FF0_0000_0000_0000, 0x7FF8_0000_DEAD_BEEF, 1,
    ]
    let sent = patterns.map { Double(bitPattern: $0) }
    var received = [Double](repeating: 0, count: 4)
    try world.sendReceive(
      sent.span, to: world.right, into: received.mutableSpan, from: world.left)
    #expect(received.map(\.bitPattern) == patterns)
  }
}
