import MPI
import Testing

/// A byte that is neither 0 nor 1 is no `Bool`: here such bytes are sent, and received as `Bool`.
@Suite("Bool is always true or false") struct BoolTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  static let sent: [UInt8] = [0, 1, 2, 3, 128, 254, 255, 0]
  static let expected: [UInt8] = [0, 1, 1, 1, 1, 1, 1, 0]

  func bytes<T: BitwiseCopyable>(_ elements: [T]) -> [UInt8] {
    unsafe elements.withUnsafeBytes { unsafe Array($0) }
  }

  @Test("Blocking") func blocking() throws {
    var received = [Bool](repeating: false, count: 8)
    try world.sendReceive(
      Self.sent.span, to: world.right, into: received.mutableSpan, from: world.left)
    let sending = try world.immediate.send(Self.sent.span, to: world.right)
    var second = [Bool](repeating: false, count: 9)
    try world.receive(into: second.mutableSpan, from: .any)
    try sending.wait()
    let sendingAgain = try world.immediate.send(Self.sent.span, to: world.right)
    let array = try world.receive(Bool.self, from: world.left)
    try sendingAgain.wait()
    let sendingLast = try world.immediate.send(Self.sent.span, to: world.right)
    var matched = [Bool](repeating: false, count: 8)
    try world.matchedProbe(from: .any).receive(into: matched.mutableSpan)
    try sendingLast.wait()
    #expect(bytes(received) == Self.expected)
    #expect(bytes(second) == Self.expected + [0])
    #expect(bytes(array) == Self.expected)
    #expect(bytes(matched) == Self.expected)
  }

  @Test("Nonblocking") func immediate() throws {
    var waited = [Bool](repeating: false, count: 8)
    let receiving = try world.immediate.receive(into: waited.mutableSpan, from: world.left)
    try world.send(Self.sent.span, to: world.right)
    try receiving.wait()
    #expect(bytes(waited) == Self.expected)
  }

  @Test("Nonblocking, dropped without a wait") func dropped() throws {
    var received = [Bool](repeating: false, count: 8)
    do {
      let receiving = try world.immediate.receive(into: received.mutableSpan, from: world.left)
      try world.send(Self.sent.span, to: world.right)
      _ = try receiving.isComplete()
    }
    #expect(bytes(received) == Self.expected)
  }

  @Test("In an exchange") func exchange() throws {
    var waited = [Bool](repeating: false, count: 8)
    var dropped = [Bool](repeating: false, count: 8)
    var exchange = world.exchange()
    try exchange.receive(into: waited.mutableSpan, from: world.left)
    try exchange.send(Self.sent.span, to: world.right)
    try exchange.wait()
    do {
      var exchange = world.exchange()
      try exchange.receive(into: dropped.mutableSpan, from: .any)
      try exchange.send(Self.sent.span, to: world.right)
    }
    #expect(bytes(waited) == Self.expected)
    #expect(bytes(dropped) == Self.expected)
  }

  struct Flags: Datatype {
    var first: Bool
    var number: Int32
    var rest: InlineArray<3, Bool>
  }

  /// The same memory as `Flags`, in numbers.
  struct RawFlags: Datatype {
    var first: UInt8
    var number: Int32
    var rest: InlineArray<3, UInt8>
  }

  @Test("In structures") func structure() throws {
    let raw = [
      RawFlags(first: 2, number: 513, rest: [0, 255, 7]),
      RawFlags(first: 0, number: -2, rest: [1, 0, 64]),
    ]
    var received = [Flags](
      repeating: Flags(first: false, number: 0, rest: [false, false, false]), count: 2)
    try world.sendReceive(
      raw.span, to: world.right, into: received.mutableSpan, from: world.left)
    let all = bytes(received)
    // Each element: first at 0, number at 4, rest at 8.
    #expect(MemoryLayout<Flags>.stride == 12)
    #expect([0, 8, 9, 10].map { all[$0] } == [1, 0, 1, 1])
    #expect([12, 20, 21, 22].map { all[$0] } == [0, 1, 0, 1])
    #expect(received.map(\.number) == [513, -2])
  }

  @Test("A reduction of Bool") func reduction() throws {
    let isFirst = world.rank == 0
    #expect(try world.allReduce(isFirst, .logicalOr))
    #expect(try world.allReduce(isFirst, .logicalAnd) == (world.size == 1))
    #expect(try world.allReduce(isFirst, .logicalXor))
    #expect(try world.allReduce(true, .logicalXor) == !world.size.isMultiple(of: 2))
    let any = try world.allReduce([isFirst, !isFirst, false].span, .logicalOr)
    #expect(any == [true, world.size > 1, false])
    // A function of one's own, on Bool.
    let same = try world.allReduce(isFirst, Reduction { $0 == $1 })
    #expect(same == !world.size.isMultiple(of: 2) || world.size == 1)
  }
}
