import MPI
import Testing

@Suite("One of several requests (MPI 3.1 §3.7.5)") struct RequestSetTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  /// How a server asks for what is complete.
  enum Way: CaseIterable { case waitAny, testAny, waitSome, testSome }

  private func next(
    _ inbox: inout PersistentExchange, _ way: Way, _ done: inout [CompletedOperation]
  ) throws {
    switch way {
    case .waitAny: done = try inbox.waitAny().map { [$0] } ?? []
    case .testAny: done = try inbox.testAny().map { [$0] } ?? []
    case .waitSome: try inbox.waitSome(&done)
    case .testSome: try inbox.testSome(&done)
    }
  }

  /// Rank 0 serves all ranks, itself included: each sends its numbers, in messages of other lengths.
  @Test("A server with one receive under way for each worker", arguments: Way.allCases)
  func server(way: Way) throws {
    let rounds = 25
    var inbox = world.persistent.exchange()
    var slots: [PersistentExchange.Slot<Int>] = []
    var sums = [Int](repeating: 0, count: world.size)
    var messages = [Int](repeating: 0, count: world.size)
    var isInOrder = true
    if world.rank == 0 {
      for worker in 0..<world.size {
        slots.append(try inbox.receive(Int.self, count: rounds, from: worker))
      }
      for slot in slots { try inbox.start(slot) }
    }
    let active = inbox.activeCount
    let mine = values(of: world.rank, rounds)
    var leaving = world.exchange()
    for count in 1...rounds { try leaving.send(mine.span.extracting(0..<count), to: 0) }
    if world.rank == 0 {
      var done: [CompletedOperation] = []
      while inbox.activeCount > 0 {
        try next(&inbox, way, &done)
        for operation in done {
          let slot = slots[operation.index]
          let source = try #require(operation.status.source)
          let count = operation.status.count(of: Int.self)
          messages[source] += 1
          isInOrder = isInOrder && count == messages[source] && source == operation.index
          for index in 0..<count { sums[source] += inbox[slot, index] }
          if count < rounds { try inbox.start(slot) }
        }
      }
    }
    try leaving.wait()
    let left = try inbox.waitAny()
    #expect(left == nil)
    guard world.rank == 0 else { return }
    #expect(active == world.size)
    #expect(isInOrder)
    #expect(messages == [Int](repeating: rounds, count: world.size))
    for worker in 0..<world.size {
      // Element i is in the messages of i + 1 to `rounds` elements.
      let expected = (0..<rounds).reduce(0) { $0 + (rounds - $1) * value(worker, $1) }
      #expect(sums[worker] == expected)
    }
  }

  @Test("All at once, waited for or tested", arguments: [true, false]) func all(waits: Bool) throws
  {
    var set = world.persistent.exchange()
    let a = try set.receive(Int.self, count: 2, from: world.left, tag: 1)
    let b = try set.receive(Bool.self, count: 2, from: .any, tag: 2)
    let c = try set.receive(Int.self, count: 2, from: world.left, tag: 3)
    try set.start(a)
    try set.start(b)
    let before = try set.testAll()
    try world.barrier()
    try world.send([world.rank, 1].span, to: world.right, tag: 1)
    try world.send([UInt8(0), 77].span, to: world.right, tag: 2)
    let active = [set.isActive(a), set.isActive(b), set.isActive(c)]
    if waits {
      try set.waitAll()
    } else {
      while try !set.testAll() {}
    }
    #expect(!before)
    #expect(active == [true, true, false])
    #expect(set.activeCount == 0)
    let (isActive, first, second, third) = (set.isActive(a), set[a, 0], set[b, 1], set[c, 0])
    #expect(!isActive)
    #expect(first == world.left)
    #expect(unsafe unsafeBitCast(second, to: UInt8.self) == 1)
    #expect(third == 0)
  }

  @Test("Nothing under way") func idle() throws {
    var set = world.persistent.exchange()
    let empty = (
      try set.waitAny()?.index, try set.testAny()?.index, try set.testAll()
    )
    _ = try set.receive(Int.self, count: 1, from: nil as Int?)
    var done: [CompletedOperation] = []
    try set.waitSome(&done)
    let afterWait = done.count
    try set.testSome(&done)
    let any = (try set.waitAny()?.index, try set.testAny()?.index)
    try set.waitAll()
    #expect(empty == (nil, nil, true))
    #expect(any == (nil, nil))
    #expect(afterWait == 0)
    #expect(done.isEmpty)
  }

  @Test("A receive that no one answers is cancelled") func cancel() throws {
    var set = world.persistent.exchange()
    let slot = try set.receive(Int.self, count: 1, from: world.left)
    try set.start(slot)
    try set.cancel(slot)
    let done = try set.waitAny()
    try world.barrier()
    try set.start(slot)
    try world.send(5, to: world.right)
    let again = try set.waitAny()
    #expect(done?.index == 0)
    #expect(done?.status.isCancelled == true)
    #expect(again?.status.isCancelled == false)
    let received = set[slot, 0]
    #expect(received == 5)
  }

  @Test("The one that fails has ended, the others go on", arguments: Way.allCases)
  func failure(way: Way) throws {
    var set = world.persistent.exchange()
    let short = try set.receive(Int.self, count: 2, from: world.left, tag: 1)
    let whole = try set.receive(Int.self, count: 6, from: world.left, tag: 2)
    let mine = values(of: world.rank, 6)
    let first = try world.immediate.send(mine.span, to: world.right, tag: 1)
    let second = try world.immediate.send(mine.span, to: world.right, tag: 2)
    try world.barrier()
    try set.start(short)
    try set.start(whole)
    var errors: [any Error] = []
    var good: [Int] = []
    while set.activeCount > 0 {
      var done: [CompletedOperation] = []
      do { try next(&set, way, &done) } catch { errors.append(error) }
      good += done.map(\.index)
    }
    try first.wait()
    try second.wait()
    #expect(errors.map(\.code) == [.truncated])
    #expect(good == [1])
    let received = (0..<6).map { set[whole, $0] }
    #expect(received == values(of: world.left, 6))
  }

  @Test("One of all fails", arguments: [true, false]) func failureOfAll(waits: Bool) throws {
    var set = world.persistent.exchange()
    let short = try set.receive(Int.self, count: 2, from: world.left, tag: 1)
    let whole = try set.receive(Int.self, count: 6, from: world.left, tag: 2)
    let mine = values(of: world.rank, 6)
    let first = try world.immediate.send(mine.span, to: world.right, tag: 1)
    let second = try world.immediate.send(mine.span, to: world.right, tag: 2)
    try world.barrier()
    try set.start(short)
    try set.start(whole)
    var failure: MPIError?
    do {
      if waits { try set.waitAll() } else { while try !set.testAll() {} }
    } catch { failure = error as? MPIError }
    try first.wait()
    try second.wait()
    // All have ended, and can be started again.
    try set.start(short)
    try set.start(whole)
    let third = try world.immediate.send(mine.span.extracting(0..<2), to: world.right, tag: 1)
    let fourth = try world.immediate.send(mine.span, to: world.right, tag: 2)
    if waits { try set.waitAll() } else { while try !set.testAll() {} }
    try third.wait()
    try fourth.wait()
    #expect(failure?.code == .truncated)
    #expect(set.activeCount == 0)
    let received = (0..<6).map { set[whole, $0] }
    #expect(received == values(of: world.left, 6))
  }

  @Test("One of all fails while another is under way") func failureBeforeOthers() throws {
    var set = world.persistent.exchange()
    let short = try set.receive(Int.self, count: 2, from: world.left, tag: 1)
    let whole = try set.receive(Int.self, count: 6, from: world.left, tag: 2)
    let mine = values(of: world.rank, 6)
    var errors: [any Error] = []
    let first = try world.immediate.send(mine.span, to: world.right, tag: 1)
    try world.barrier()
    try set.start(short)
    try set.start(whole)
    for _ in 0..<100 {
      do { _ = try set.testAll() } catch { errors.append(error) }
    }
    let isUnderWay = set.isActive(whole)
    try world.barrier()
    let second = try world.immediate.send(mine.span, to: world.right, tag: 2)
    while set.activeCount > 0 {
      do { _ = try set.testAll() } catch { errors.append(error) }
    }
    try first.wait()
    try second.wait()
    #expect(isUnderWay)
    #expect(errors.map(\.code) == [.truncated])
    let received = (0..<6).map { set[whole, $0] }
    #expect(received == values(of: world.left, 6))
  }
}

@Suite("One of the operations of an exchange (MPI 3.1 §3.7.5)") struct ExchangeAnyTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  /// Up to eight requests are held without an array.
  @Test("Each is told of once, as it is complete", arguments: [2, 8, 9, 30]) func any(count: Int)
    throws
  {
    let mine = values(of: world.rank, count)
    var received = [Int](repeating: -1, count: count)
    var told: [CompletedOperation] = []
    var exchange = world.exchange()
    try exchange.receive(into: received.mutableSpan, from: world.left, tag: 1)
    for _ in 2..<count { try exchange.send(mine.span, to: nil) }
    try exchange.send(mine.span, to: world.right, tag: 1)
    for _ in 0..<count / 2 {
      if let one = try exchange.waitAny() { told.append(one) }
    }
    while told.count < count { told += try exchange.waitSome() }
    let isComplete = try exchange.isComplete()
    let none = (try exchange.testAny()?.index, try exchange.waitAny()?.index, exchange.count)
    let empty = try exchange.testSome() + exchange.waitSome()
    try exchange.wait()
    #expect(told.map(\.index).sorted() == Array(0..<count))
    #expect(told.first { $0.index == 0 }?.status.count(of: Int.self) == count)
    #expect(isComplete)
    #expect(none == (nil, nil, count))
    #expect(empty.isEmpty)
    #expect(received == values(of: world.left, count))
  }

  @Test("Tested until all are complete") func test() throws {
    let mine = [world.rank]
    var a = [-1]
    var b = [-1]
    var told: [Int] = []
    var exchange = world.exchange()
    try exchange.receive(into: a.mutableSpan, from: world.left, tag: 1)
    try exchange.receive(into: b.mutableSpan, from: world.left, tag: 2)
    let early = (try exchange.testAny()?.index, try exchange.testSome().count)
    let before = try exchange.isComplete()
    try world.barrier()
    try world.send(mine.span, to: world.right, tag: 2)
    while told.isEmpty { if let one = try exchange.testAny() { told.append(one.index) } }
    try world.barrier()
    try world.send(mine.span, to: world.right, tag: 1)
    while told.count < 2 { told += try exchange.testSome().map(\.index) }
    let after = try exchange.isComplete()
    try exchange.wait()
    #expect(early == (nil, 0))
    #expect(!before)
    #expect(after)
    #expect(told == [1, 0])
    #expect(a == [world.left] && b == [world.left])
  }

  @Test("Whether it is complete takes no status away") func statuses() throws {
    let mine = [1, 2, 3]
    var received = [0, 0, 0, 0]
    var exchange = world.exchange()
    try exchange.receive(into: received.mutableSpan, from: world.left)
    try exchange.send(mine.span, to: world.right)
    while try !exchange.isComplete() {}
    let statuses = try exchange.statuses()
    #expect(statuses[0].source == world.left)
    #expect(statuses[0].count(of: Int.self) == 3)
    #expect(received == [1, 2, 3, 0])
  }

  @Test("Collectives beside messages") func collectives() throws {
    let mine = [world.rank]
    var sum = [0]
    var words = [Word](repeating: Word(""), count: 1)
    let letters = [Word("abc")]
    var flags = [false]
    var neighbor = [-1]
    let join = Reduction<Word>(commutative: false) { $0 + $1 }
    var exchange = world.exchange()
    try exchange.receive(into: neighbor.mutableSpan, from: world.left)
    exchange.add(try world.immediate.allReduce(mine.span, into: sum.mutableSpan, .sum))
    exchange.add(try world.immediate.allReduce(letters.span, into: words.mutableSpan, join))
    exchange.add(try world.immediate.receive(into: flags.mutableSpan, from: world.left, tag: 1))
    exchange.add(try world.immediate.barrier())
    try exchange.send(mine.span, to: world.right)
    try world.send([UInt8(3)].span, to: world.right, tag: 1)
    let count = exchange.count
    while try exchange.waitAny() != nil {}
    try exchange.wait()
    let text = String(String(repeating: "abc", count: world.size).prefix(12))
    #expect(count == 6)
    #expect(sum == [world.size * (world.size - 1) / 2])
    #expect(words[0].text == text)
    #expect(unsafe unsafeBitCast(flags[0], to: UInt8.self) == 1)
    #expect(neighbor == [world.left])
  }

  @Test("Added and dropped, it waits") func dropped() throws {
    let mine = values(of: world.rank, 10_000)
    var sums = [Int](repeating: 0, count: 10_000)
    do {
      var exchange = world.exchange()
      exchange.add(try world.immediate.allReduce(mine.span, into: sums.mutableSpan, .sum))
    }
    #expect(sums[9] == (0..<world.size).reduce(0) { $0 + value($1, 9) })
  }
}

@Suite("Requests that are tested, and matched messages (MPI 3.1 §3.7.3, §3.8.3)")
struct RequestTestTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  @Test("A message and a collective with a function") func test() throws {
    let mine = [Word("xy")]
    var joined = [Word("")]
    let join = Reduction<Word>(commutative: false) { $0 + $1 }
    var request = try world.immediate.allReduce(mine.span, into: joined.mutableSpan, join)
    loop: while true {
      switch try request.test() {
      case .complete: break loop
      case .pending(let same): request = same
      }
    }
    #expect(joined[0].text == String(String(repeating: "xy", count: world.size).prefix(12)))
  }

  @Test("An error comes from the test") func failure() throws {
    let mine = values(of: world.rank, 6)
    var short = [Int](repeating: -1, count: 2)
    var failure: MPIError?
    let sending = try world.immediate.send(mine.span, to: world.right)
    try world.barrier()
    do {
      var request = try world.immediate.receive(into: short.mutableSpan, from: world.left)
      loop: while true {
        switch try request.test() {
        case .complete: break loop
        case .pending(let same): request = same
        }
      }
    } catch { failure = error as? MPIError }
    try sending.wait()
    #expect(failure?.code == .truncated)
  }

  @Test("A matched message is received without waiting", arguments: [0, 3, 100_000])
  func matched(count: Int) throws {
    let mine = values(of: world.rank, count)
    let sending = try world.immediate.send(mine.span, to: world.right, tag: 4)
    let message = try world.matchedProbe(from: .any, tag: 4)
    var received = [Int](repeating: -1, count: message.status.count(of: Int.self) + 1)
    let receiving = try world.immediate.receive(message, into: received.mutableSpan)
    let status = try receiving.wait()
    try sending.wait()
    #expect(status.source == world.left)
    #expect(status.count(of: Int.self) == count)
    #expect(received == values(of: world.left, count) + [-1])
  }

  @Test("A matched message of no process, of a structure, and one that is too long")
  func others() throws {
    var none = [7]
    let empty = try world.matchedProbe(from: nil as Int?)
    let nothing = try world.immediate.receive(empty, into: none.mutableSpan)
    let source = try nothing.wait().source
    let mine = [UInt8](arrayLiteral: 0, 9, 1)
    let sending = try world.immediate.send(mine.span, to: world.right)
    let message = try world.matchedProbe(from: world.left)
    var flags = [Bool](repeating: false, count: 3)
    let receiving = try world.immediate.receive(message, into: flags.mutableSpan)
    try receiving.wait()
    try sending.wait()
    let again = try world.immediate.send(mine.span, to: world.right)
    let long = try world.matchedProbe(from: world.left)
    var short = [UInt8(5)]
    var failure: MPIError?
    do {
      let receiving = try world.immediate.receive(long, into: short.mutableSpan)
      try receiving.wait()
    } catch { failure = error as? MPIError }
    try again.wait()
    #expect(source == nil)
    #expect(none == [7])
    #expect(flags.map { unsafe unsafeBitCast($0, to: UInt8.self) } == [0, 1, 1])
    #expect(failure?.code == .truncated)
    #expect(failure?.routine == "MPI_Imrecv")
    #expect(short == [5])
  }
}
