import MPI
import Testing

extension MessageTag {
  fileprivate static let first: MessageTag = 1
  fileprivate static let second: MessageTag = 2
}

@Suite("Point to point (MPI 3.1 §3.2, §3.4)") struct PointToPointTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  /// Lengths on both sides of where libraries change from eager to rendezvous.
  static let counts = [0, 1, 511, 10_000, 60_000]

  @Test("Around the ring, in every mode", arguments: counts) func modes(count: Int) throws {
    let mine = values(of: world.rank, count)
    for mode in [SendMode.standard, .synchronous, .ready] {
      var received = [Int](repeating: -1, count: count + 1)
      // The receive is posted first, as the ready mode asks.
      let receiving = try world.immediate.receive(into: received.mutableSpan, from: world.left)
      try world.barrier()
      let sending = try world.immediate.send(mine.span, to: world.right, mode: mode)
      try sending.wait()
      let status = try receiving.wait()
      #expect(received == values(of: world.left, count) + [-1])
      #expect(status.count(of: Int.self) == count)
      #expect(status.source == world.left)
    }
  }

  @Test("Blocking sends from even to odd ranks", arguments: counts)
  func blocking(count: Int) throws {
    let mine = values(of: world.rank, count)
    for mode in [SendMode.standard, .synchronous] {
      var received = [Int](repeating: -1, count: count)
      // Ranks in pairs; the last of an odd number has no partner.
      let partner = world.rank ^ 1 < world.size ? world.rank ^ 1 : nil
      if world.rank.isMultiple(of: 2) {
        try world.send(mine.span, to: partner, tag: .first, mode: mode)
        try world.receive(into: received.mutableSpan, from: partner, tag: .second)
      } else {
        try world.receive(into: received.mutableSpan, from: partner, tag: .first)
        try world.send(mine.span, to: partner, tag: .second, mode: mode)
      }
      let expected = partner.map { values(of: $0, count) } ?? received
      #expect(received == expected)
    }
  }

  @Test("Buffered sends complete without a receive (§3.6)", arguments: [0, 1, 10_000])
  func buffered(count: Int) throws {
    let mine = values(of: world.rank, count)
    let bytes = MPI.bufferedByteCount(of: Int.self, count: count)
    #expect(bytes >= 8 * count)
    try MPI.withSendBuffer(byteCount: 3 * bytes) {
      // All send before any receives: in the standard mode this could be a deadlock (Example 3.8).
      for _ in 0..<2 { try world.send(mine.span, to: world.right, mode: .buffered) }
      let sending = try world.immediate.send(mine.span, to: world.right, mode: .buffered)
      for _ in 0..<3 {
        let received = try world.receive(Int.self, from: world.left)
        #expect(received == values(of: world.left, count))
      }
      try sending.wait()
    }
  }

  @Test("A send buffer that is too small, or absent") func sendBuffer() throws {
    // So long that no library sends it at once, without the buffer, as Open MPI does over TCP up to 64 KiB.
    let mine = [Int](repeating: 1, count: 100_000)
    expectError(.invalidBuffer, by: "MPI_Bsend") {
      try MPI.withSendBuffer(byteCount: 1000) {
        try world.send(mine.span, to: world.right, mode: .buffered)
      }
    }
    expectError(.invalidBuffer, by: "MPI_Buffer_attach") {
      try MPI.withSendBuffer(byteCount: -1) {}
    }
    expectError(.invalidBuffer, by: "MPI_Buffer_attach") {
      try MPI.withSendBuffer(byteCount: Int.max) {}
    }
    // After an error in the body there is none attached: the next one can be.
    struct Stop: Error {}
    #expect(throws: Stop.self) { try MPI.withSendBuffer(byteCount: 1000) { throw Stop() } }
    let result = try MPI.withSendBuffer(byteCount: 1000) { 7 }
    #expect(result == 7)
  }

  @Test("An array of the message's length", arguments: counts) func array(count: Int) throws {
    let mine = values(of: world.rank, count)
    let sending = try world.immediate.send(mine.span, to: world.right, tag: .first)
    let received = try world.receive(Int.self, from: world.left, tag: .first)
    try sending.wait()
    #expect(received == values(of: world.left, count))
  }

  @Test("From any rank, with any tag (§3.2.4)") func any() throws {
    let others = 1..<world.size
    guard world.rank == 0 else {
      // Each sends as many elements as its rank says, with a tag of its own.
      let mine = values(of: world.rank, world.rank)
      try world.send(mine.span, to: 0, tag: MessageTag(100 + world.rank))
      // The two rounds must not mix.
      try world.barrier()
      try world.send(world.rank, to: 0, tag: 5)
      return
    }
    var statuses: [Status] = []
    var contents: [[Int]] = []
    for _ in others {
      var received = [Int](repeating: -1, count: world.size + 1)
      statuses.append(try world.receive(into: received.mutableSpan, from: .any, tag: .any))
      contents.append(received)
    }
    try world.barrier()
    var arrays: [Int] = []
    for _ in others { arrays += try world.receive(Int.self, from: .any, tag: 5) }
    #expect(statuses.compactMap(\.source).sorted() == Array(others))
    #expect(arrays.sorted() == Array(others))
    for (status, content) in zip(statuses, contents) {
      let source = status.source ?? -1
      #expect(status.tag == MessageTag(100 + source))
      #expect(status.count(of: Int.self) == source)
      #expect(Array(content.prefix(source)) == values(of: source, source))
      #expect(content.dropFirst(source).allSatisfy { $0 == -1 })
    }
  }

  @Test("No process (§3.11)") func noProcess() throws {
    let mine = values(of: world.rank, 3)
    try world.send(mine.span, to: nil)
    try world.send(1, to: nil, mode: .synchronous)
    var received = [7, 8, 9]
    let status = try world.receive(into: received.mutableSpan, from: nil as Int?, tag: .first)
    #expect(received == [7, 8, 9])
    // "When a receive with source = MPI_PROC_NULL is executed then the status object returns source = MPI_PROC_NULL,
    // tag = MPI_ANY_TAG and count = 0."
    #expect(status.source == nil)
    #expect(status.tag == .any)
    #expect(status.count(of: Int.self) == 0)
    #expect(try world.receive(Int.self, from: nil as Int?) == [])
    let sending = try world.immediate.send(mine.span, to: nil)
    let receiving = try world.immediate.receive(into: received.mutableSpan, from: nil as Int?)
    try sending.wait()
    #expect(try receiving.wait().source == nil)
    #expect(received == [7, 8, 9])
  }

  @Test("The edge of a domain needs no special case (§3.11)") func edge() throws {
    let next = world.rank + 1 < world.size ? world.rank + 1 : nil
    let previous = world.rank > 0 ? world.rank - 1 : nil
    var ghost = [-1]
    try world.sendReceive([world.rank].span, to: next, into: ghost.mutableSpan, from: previous)
    #expect(ghost == [world.rank - 1])
    let value = try world.sendReceive(world.rank, to: next, from: previous)
    #expect(value == previous)
  }

  /// §3.5: messages of one sender with one tag do not overtake each other.
  @Test("Messages keep their order") func order() throws {
    var sent: [[Int]] = []
    for number in 0..<50 { sent.append([number] + values(of: world.rank, number * 97 % 1500)) }
    for message in sent {
      let sending = try world.immediate.send(message.span, to: world.right, tag: .first)
      let received = try world.receive(Int.self, from: world.left, tag: .first)
      try sending.wait()
      #expect(received.first == message.first)
      #expect(Array(received.dropFirst()) == values(of: world.left, message.count - 1))
    }
    // Twenty small ones first, and then all receives.
    let numbers = Array(0..<20)
    var exchange = world.exchange()
    for number in numbers {
      try exchange.send(numbers.span.extracting(number..<20), to: world.right)
    }
    var lengths: [Int] = []
    for _ in numbers { lengths.append(try world.receive(Int.self, from: world.left).count) }
    try exchange.wait()
    #expect(lengths == (0..<20).map { 20 - $0 })
  }

  @Test("Tags choose among messages (§3.2.3)") func tags() throws {
    let mine = [world.rank]
    let other = [world.rank + 1000]
    let first = try world.immediate.send(mine.span, to: world.right, tag: .first)
    let second = try world.immediate.send(
      other.span, to: world.right, tag: MessageTag.upperBound)
    let late = try world.receive(Int.self, from: world.left, tag: MessageTag.upperBound)
    let early = try world.receive(Int.self, from: world.left, tag: .first)
    try first.wait()
    try second.wait()
    #expect(late == [world.left + 1000])
    #expect(early == [world.left])
  }

  @Test("Communicators keep their messages apart (§3.2.3)") func contexts() throws {
    let other = try world.duplicated()
    let mine = [1]
    let theirs = [2]
    let first = try world.immediate.send(mine.span, to: world.right)
    let second = try other.immediate.send(theirs.span, to: world.right)
    let fromOther = try other.receive(Int.self, from: .any, tag: .any)
    let fromWorld = try world.receive(Int.self, from: .any, tag: .any)
    try first.wait()
    try second.wait()
    #expect(fromOther == [2])
    #expect(fromWorld == [1])
  }

  @Test("Part of an array, into part of another") func parts() throws {
    let mine = values(of: world.rank, 10)
    var storage = [Int](repeating: -1, count: 10)
    let sending = try world.immediate.send(mine.span.extracting(2..<5), to: world.right)
    var span = storage.mutableSpan
    try world.receive(into: span._mutatingExtracting(4..<8), from: world.left)
    try sending.wait()
    #expect(storage == [-1, -1, -1, -1] + values(of: world.left, 5)[2...] + [-1, -1, -1])
  }
}
