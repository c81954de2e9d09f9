import MPI
import Testing

/// Every operation between two ranks, with a layout at each end.
@Suite("Layouts: messages") struct LayoutMessageTests {
  let world: Communicator
  /// Sent: 2 instances of positions 1, 4, 7, the first at 3.
  let column: Layout<Int>
  let sent = [4, 7, 10, 11, 14, 17]
  /// Received: 3 instances of positions 2 and 0, the first at 1.
  let pairs: Layout<Int>
  let received = [3, 1, 7, 5, 11, 9]

  init() throws {
    world = try Job.communicator()
    column = try Layout<Int>.blocks(at: [1, 4, 7])
    pairs = try Layout<Int>.blocks(at: [2, 0]).resized(extent: 4)
  }

  var mine: [Int] { values(of: world.rank, 20) }
  var empty: [Int] { [Int](repeating: -1, count: 12) }

  /// The storage after what a rank has sent has arrived.
  func expected(from source: Int) -> [Int] {
    var result = empty
    for (place, origin) in zip(received, sent) { result[place] = value(source, origin) }
    return result
  }

  @Test("Modes of sending", arguments: [SendMode.standard, .synchronous, .buffered, .ready])
  func modes(mode: SendMode) throws {
    let (mine, right, left) = (mine, world.right, world.left)
    var (immediate, blocking, exchanged) = (empty, empty, empty)
    var status: Status?
    var statuses: [Status] = []
    let room = 4 * MPI.bufferedByteCount(of: column, instances: 2)
    try MPI.withSendBuffer(byteCount: room) {
      let receiving = try world.immediate.receive(
        into: immediate.mutableSpan.laid(out: pairs, at: 1, instances: 3), from: left)
      // A ready send wants its receive to be there.
      try world.barrier()
      let sending = try world.immediate.send(
        mine.span.laid(out: column, at: 3, instances: 2), to: right, mode: mode)
      try sending.wait()
      status = try receiving.wait()

      let again = try world.immediate.receive(
        into: blocking.mutableSpan.laid(out: pairs, at: 1, instances: 3), from: .any, tag: 4)
      try world.barrier()
      try world.send(
        mine.span.laid(out: column, at: 3, instances: 2), to: right, tag: 4, mode: mode)
      try again.wait()

      var exchange = world.exchange()
      try exchange.receive(
        into: exchanged.mutableSpan.laid(out: pairs, at: 1, instances: 3), from: left, tag: 5)
      try world.barrier()
      try exchange.send(
        mine.span.laid(out: column, at: 3, instances: 2), to: right, tag: 5, mode: mode)
      statuses = try exchange.statuses()
    }
    #expect(immediate == expected(from: left))
    #expect(blocking == expected(from: left))
    #expect(exchanged == expected(from: left))
    #expect(status?.count(of: Int.self) == 6)
    #expect(statuses.first?.count(of: Int.self) == 6)
  }

  @Test("Receives") func receives() throws {
    let (mine, right, left) = (mine, world.right, world.left)
    var (known, any, matched, exchanged) = (empty, empty, empty, empty)
    let sending = try world.immediate.send(
      mine.span.laid(out: column, at: 3, instances: 2), to: right)
    let first = try world.receive(
      into: known.mutableSpan.laid(out: pairs, at: 1, instances: 3), from: left)
    try sending.wait()
    let sendingNext = try world.immediate.send(
      mine.span.laid(out: column, at: 3, instances: 2), to: right)
    let second = try world.receive(
      into: any.mutableSpan.laid(out: pairs, at: 1, instances: 3), from: .any)
    try sendingNext.wait()
    let sendingLast = try world.immediate.send(
      mine.span.laid(out: column, at: 3, instances: 2), to: right)
    let third = try world.matchedProbe(from: left).receive(
      into: matched.mutableSpan.laid(out: pairs, at: 1, instances: 3))
    try sendingLast.wait()
    var exchange = world.exchange()
    try exchange.receive(
      into: exchanged.mutableSpan.laid(out: pairs, at: 1, instances: 3), from: .any)
    try exchange.send(mine.span.laid(out: column, at: 3, instances: 2), to: right)
    try exchange.wait()
    for buffer in [known, any, matched, exchanged] { #expect(buffer == expected(from: left)) }
    for status in [first, second, third] {
      #expect(status.source == left)
      #expect(status.count(of: Int.self) == 6)
    }
  }

  @Test("Both at once") func sendReceive() throws {
    let (mine, right, left) = (mine, world.right, world.left)
    var (known, any, run) = (empty, empty, [Int](repeating: -1, count: 6))
    try world.sendReceive(
      mine.span.laid(out: column, at: 3, instances: 2), to: right,
      into: known.mutableSpan.laid(out: pairs, at: 1, instances: 3), from: left)
    try world.sendReceive(
      mine.span.laid(out: column, at: 3, instances: 2), to: right, tag: 1,
      into: any.mutableSpan.laid(out: pairs, at: 1, instances: 3), from: .any,
      receiving: 1)
    try world.sendReceive(
      mine.span.laid(out: column, at: 3, instances: 2), to: right, into: run.mutableSpan, from: left
    )
    #expect(known == expected(from: left))
    #expect(any == expected(from: left))
    #expect(run == sent.map { value(left, $0) })
  }

  @Test("In place") func replacing() throws {
    let (right, left) = (world.right, world.left)
    var (known, any) = (mine, mine)
    var knownView = known.mutableSpan.laid(out: column, at: 3, instances: 2)
    try world.sendReceive(replacing: &knownView, to: right, from: left)
    var anyView = any.mutableSpan.laid(out: column, at: 3, instances: 2)
    try world.sendReceive(replacing: &anyView, to: right, from: .any)
    let expected = (0..<20).map { value(sent.contains($0) ? left : world.rank, $0) }
    #expect(known == expected)
    #expect(any == expected)
  }

  @Test("No process, and nothing to send") func nothing() throws {
    var buffer = empty
    try world.send(mine.span.laid(out: column), to: nil)
    let status = try world.receive(into: buffer.mutableSpan.laid(out: pairs), from: nil as Int?)
    let none = try world.sendReceive(
      mine.span.laid(out: column, instances: 0), to: world.right,
      into: buffer.mutableSpan.laid(out: pairs, instances: 0), from: world.left)
    let blank = try Layout<Int>.strided(count: 0, stride: 3)
    let zero = try world.sendReceive(
      [Int]().span.laid(out: blank, instances: 5), to: world.right,
      into: buffer.mutableSpan.laid(out: blank, at: 12, instances: 2),
      from: world.left)
    #expect(status.source == nil)
    #expect(none.byteCount == 0)
    #expect(zero.byteCount == 0)
    #expect(buffer == empty)
  }

  @Test("Errors: ranks, and messages that are too long") func errors() throws {
    var buffer = empty
    for rank in [-1, world.size, Int.max] {
      expectError(.invalidRank) { try world.send(mine.span.laid(out: column), to: rank) }
      expectError(.invalidRank) {
        try world.receive(into: buffer.mutableSpan.laid(out: pairs), from: rank)
      }
      expectError(.invalidRank) {
        let request = try world.immediate.send(mine.span.laid(out: column), to: rank)
        try request.wait()
      }
    }
    let sending = try world.immediate.send(mine.span.laid(out: column), to: world.right)
    let message = try world.matchedProbe(from: world.left)
    do {
      try message.receive(into: buffer.mutableSpan.laid(out: pairs))
      Issue.record("three elements went into two")
    } catch {
      #expect(error.code == .truncated)
    }
    try sending.wait()
    #expect(buffer == empty)
  }
}
