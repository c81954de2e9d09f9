import MPI
import Testing

@Suite("Requests (MPI 3.1 §3.7)") struct RequestTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  @Test("Complete when the message is there") func complete() throws {
    var received = [0]
    let receiving = try world.immediate.receive(into: received.mutableSpan, from: world.left)
    let before = try receiving.isComplete()
    // No one has sent before all have looked.
    try world.barrier()
    try world.send(world.rank, to: world.right)
    var isComplete = try receiving.isComplete()
    while !isComplete { isComplete = try receiving.isComplete() }
    let status = try receiving.wait()
    #expect(!before)
    #expect(status.source == world.left)
    #expect(status.count(of: Int.self) == 1)
    #expect(received == [world.left])
  }

  @Test("A receive that no one answers can be cancelled (§3.8.4)") func cancel() throws {
    var received = [7]
    let receiving = try world.immediate.receive(into: received.mutableSpan, from: world.left)
    try receiving.cancel()
    let status = try receiving.wait()
    #expect(status.isCancelled)
    #expect(status.description.contains("cancelled"))
    #expect(received == [7])
  }

  @Test("A receive that has its message is not cancelled") func cancelLate() throws {
    var received = [7]
    let receiving = try world.immediate.receive(into: received.mutableSpan, from: world.left)
    try world.send(world.rank, to: world.right)
    var isComplete = false
    while !isComplete { isComplete = try receiving.isComplete() }
    try receiving.cancel()
    let status = try receiving.wait()
    #expect(!status.isCancelled)
    #expect(received == [world.left])
  }

  @Test("A request that is dropped waits") func dropped() throws {
    let mine = values(of: world.rank, 100_000)
    var received = [Int](repeating: -1, count: 100_000)
    do {
      let receiving = try world.immediate.receive(into: received.mutableSpan, from: world.left)
      let sending = try world.immediate.send(mine.span, to: world.right)
      _ = try sending.isComplete()
      _ = try receiving.isComplete()
    }
    #expect(received == values(of: world.left, 100_000))
  }

  @Test("Dropped sends and collectives wait, too") func droppedOthers() throws {
    let mine = values(of: world.rank, 1000)
    var sums = [Int](repeating: 0, count: 1000)
    do { _ = try world.immediate.allReduce(mine.span, into: sums.mutableSpan, .sum) }
    do { _ = try world.immediate.barrier() }
    #expect(sums == (0..<1000).map { i in (0..<world.size).reduce(0) { $0 + value($1, i) } })
  }

  @Test("Many at once, waited for in another order") func many() throws {
    let a = [world.rank]
    let b = [world.rank + 1]
    var x = [0]
    var y = [0]
    let first = try world.immediate.receive(into: x.mutableSpan, from: world.left, tag: 1)
    let second = try world.immediate.receive(into: y.mutableSpan, from: .any, tag: 2)
    let third = try world.immediate.send(b.span, to: world.right, tag: 2, mode: .synchronous)
    let fourth = try world.immediate.send(a.span, to: world.right, tag: 1)
    try fourth.wait()
    try second.wait()
    try third.wait()
    try first.wait()
    #expect(x == [world.left])
    #expect(y == [world.left + 1])
  }

  /// §5.12: collectives are matched in the order in which they are begun, and may be under way together.
  @Test("Several collectives under way") func collectives() throws {
    let mine = [world.rank]
    var sum = [0]
    var all = [Int](repeating: -1, count: world.size)
    var root = [world.rank == 0 ? 42 : 0]
    let first = try world.immediate.allReduce(mine.span, into: sum.mutableSpan, .sum)
    let second = try world.immediate.allGather(mine.span, into: all.mutableSpan)
    let third = try world.immediate.broadcast(root.mutableSpan, from: 0)
    let fourth = try world.immediate.barrier()
    try fourth.wait()
    try third.wait()
    try first.wait()
    try second.wait()
    #expect(sum == [world.size * (world.size - 1) / 2])
    #expect(all == Array(0..<world.size))
    #expect(root == [42])
  }
}

@Suite("Exchanges (MPI 3.1 §3.7.5)") struct ExchangeTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  /// Up to eight requests are held without an array, more in one: nine is where it changes.
  @Test("Any number of operations", arguments: [1, 7, 8, 9, 100]) func many(count: Int) throws {
    let mine = values(of: world.rank, count)
    var last = [-1]
    var exchange = world.exchange()
    try exchange.receive(into: last.mutableSpan, from: world.left, tag: 1)
    for index in 1..<count {
      try exchange.send(mine.span.extracting(index..<index + 1), to: world.right)
    }
    let begun = exchange.count
    var received: [Int] = []
    for _ in 1..<count { received += try world.receive(Int.self, from: world.left) }
    try world.send(mine[0], to: world.right, tag: 1)
    try exchange.wait()
    #expect(begun == count)
    #expect(received == Array(values(of: world.left, count).dropFirst()))
    #expect(last == [value(world.left, 0)])
  }

  @Test("Any number of operations that are dropped wait", arguments: [2, 8, 20])
  func dropped(count: Int) throws {
    let mine = values(of: world.rank, 50_000)
    var received = [Int](repeating: -1, count: 50_000)
    do {
      var exchange = world.exchange()
      try exchange.receive(into: received.mutableSpan, from: world.left)
      for _ in 2..<count { try exchange.send(mine.span, to: nil) }
      try exchange.send(mine.span, to: world.right)
    }
    #expect(received == values(of: world.left, 50_000))
  }

  @Test("One operation fails, and the others are complete", arguments: [3, 12])
  func failure(count: Int) throws {
    let mine = values(of: world.rank, 6)
    var whole = [Int](repeating: -1, count: 6)
    var short = [Int](repeating: -1, count: 2)
    var error: (any Error)?
    // Sent first, since Open MPI 4.1 does not report a message to oneself that is too long for a receive before it.
    let first = try world.immediate.send(mine.span, to: world.right, tag: 1)
    let second = try world.immediate.send(mine.span, to: world.right, tag: 2)
    try world.barrier()
    do {
      var exchange = world.exchange()
      for _ in 2..<count { try exchange.send(mine.span, to: nil) }
      try exchange.receive(into: short.mutableSpan, from: world.left, tag: 1)
      try exchange.receive(into: whole.mutableSpan, from: world.left, tag: 2)
      do { try exchange.wait() } catch let failure { error = failure }
    }
    try first.wait()
    try second.wait()
    #expect(error?.code == .truncated)
    #expect(whole == values(of: world.left, 6))
  }

  @Test("Statuses in the order in which operations were begun") func statuses() throws {
    let mine = values(of: world.rank, 10)
    var a = [Int](repeating: -1, count: 10)
    var b = [Int](repeating: -1, count: 10)
    var c = [Int](repeating: -1, count: 10)
    var exchange = world.exchange()
    try exchange.receive(into: a.mutableSpan, from: world.left, tag: 1)
    try exchange.send(mine.span.extracting(0..<2), to: world.right, tag: 2)
    try exchange.receive(into: b.mutableSpan, from: .any, tag: 2)
    try exchange.send(mine.span.extracting(0..<7), to: world.right, tag: 1, mode: .synchronous)
    try exchange.receive(into: c.mutableSpan, from: nil as Int?)
    let statuses = try exchange.statuses()
    #expect(statuses.count == 5)
    #expect([0, 2, 4].map { statuses[$0].count(of: Int.self) } == [7, 2, 0])
    #expect([0, 2, 4].map { statuses[$0].source } == [world.left, world.left, nil])
    #expect([0, 2].map { statuses[$0].tag } == [1, 2])
    #expect(Array(a.prefix(7)) == values(of: world.left, 7))
    #expect(Array(b.prefix(2)) == values(of: world.left, 2))
  }

  @Test("An empty one") func empty() throws {
    try world.exchange().wait()
    #expect(try world.exchange().statuses().isEmpty)
    _ = world.exchange()
  }
}
