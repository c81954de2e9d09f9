import MPI
import Testing

@Suite("Persistent messages (MPI 3.1 §3.9)") struct PersistentTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  @Test("Set up once, started often, with other elements each time") func often() throws {
    var sending = try world.persistent.send(Int.self, count: 5, to: world.right, tag: 3)
    var receiving = try world.persistent.receive(Int.self, count: 5, from: world.left, tag: 3)
    var received: [[Int]] = []
    var statuses: [Status] = []
    for step in 0..<20 {
      for index in 0..<5 { sending[index] = value(world.rank, index + step) }
      let arriving = try receiving.start()
      let leaving = try sending.start()
      try leaving.wait()
      statuses.append(try arriving.wait())
      received.append((0..<5).map { receiving[$0] })
    }
    for step in 0..<20 {
      #expect(received[step] == (0..<5).map { value(world.left, $0 + step) })
      #expect(statuses[step].source == world.left)
      #expect(statuses[step].tag == 3)
      #expect(statuses[step].count(of: Int.self) == 5)
    }
  }

  @Test("In every mode, with any source and any tag", arguments: 0..<4) func modes(mode: Int) throws
  {
    let modes: [SendMode] = [.standard, .synchronous, .buffered, .ready]
    let mine = values(of: world.rank, 1000)
    var receiving = try world.persistent.receive(Int.self, count: 1000, from: .any, tag: .any)
    let room = MPI.bufferedByteCount(of: Int.self, count: 1000)
    var status: Status?
    try MPI.withSendBuffer(byteCount: 3 * room) {
      var sending = try world.persistent.send(
        mine.span, to: world.right, tag: 9, mode: modes[mode])
      for _ in 0..<3 {
        let arriving = try receiving.start()
        // A ready send may start only when its receive has.
        try world.barrier()
        let leaving = try sending.start()
        status = try arriving.wait()
        try leaving.wait()
      }
    }
    let received = (0..<1000).map { receiving[$0] }
    #expect(received == values(of: world.left, 1000))
    #expect(status?.source == world.left)
    #expect(status?.tag == 9)
  }

  @Test("No process as the peer") func noProcess() throws {
    var sending = try world.persistent.send([1, 2].span, to: nil)
    var receiving = try world.persistent.receive(Int.self, count: 2, from: nil as Int?)
    receiving[1] = 8
    var source: Int? = 0
    for _ in 0..<3 {
      let arriving = try receiving.start()
      try sending.start().wait()
      source = try arriving.wait().source
    }
    #expect(source == nil)
    #expect(receiving[0] == 0)
    #expect(receiving[1] == 8)
  }

  @Test("The other side need not be persistent") func mixed() throws {
    var receiving = try world.persistent.receive(Double.self, count: 3, from: world.left)
    var sending = try world.persistent.send(Double.self, count: 3, to: world.right)
    sending[2] = 2.5
    let arriving = try receiving.start()
    try world.send([1.5, 2.5].span, to: world.right)
    let status = try arriving.wait()
    let leaving = try sending.start()
    let plain = try world.receive(Double.self, from: world.left)
    try leaving.wait()
    #expect(status.count(of: Double.self) == 2)
    #expect(receiving.span[0] == 1.5)
    #expect(receiving.span[1] == 2.5)
    #expect(receiving.span[2] == 0)
    #expect(plain == [0, 0, 2.5])
  }

  @Test("Elements begin as zeros, and storage is aligned") func storage() throws {
    let bytes = try world.persistent.receive(UInt8.self, count: 1000, from: nil as Int?)
    let empty = try world.persistent.receive(Nested.self, count: 0, from: nil as Int?)
    var vectors = try world.persistent.send(SIMD8<Double>.self, count: 3, to: nil)
    vectors[2] = SIMD8(repeating: 1)
    let isEmpty = empty.span.isEmpty
    #expect(bytes.count == 1000)
    #expect((0..<1000).allSatisfy { bytes[$0] == 0 })
    #expect(isEmpty)
    #expect(vectors[1] == .zero)
    #expect(vectors[2].sum() == 8)
  }

  @Test("Structures, and bits that are no Bool") func structures() throws {
    var sending = try world.persistent.send(Nested.self, count: 4, to: world.right)
    var receiving = try world.persistent.receive(Nested.self, count: 4, from: world.left)
    var bools = try world.persistent.receive(Bool.self, count: 4, from: world.left, tag: 1)
    var bytes = try world.persistent.send(
      [0, 1, 2, 255].span as Span<UInt8>, to: world.right, tag: 1)
    for round in 0..<3 {
      for index in 0..<4 { sending[index] = .sample(world.rank + index + round) }
      let first = try receiving.start()
      let second = try bools.start()
      try sending.start().wait()
      try bytes.start().wait()
      try first.wait()
      try second.wait()
    }
    for index in 0..<4 { #expect(receiving[index] == .sample(world.left + index + 2)) }
    let bits = (0..<4).map { unsafe unsafeBitCast(bools[$0], to: UInt8.self) }
    #expect(bits == [0, 1, 1, 1])
  }

  @Test("A request that is dropped waits; the operation can be started again") func dropped() throws
  {
    var sending = try world.persistent.send(values(of: world.rank, 50_000).span, to: world.right)
    var receiving = try world.persistent.receive(Int.self, count: 50_000, from: world.left)
    for _ in 0..<3 {
      let arriving = try receiving.start()
      do { _ = try sending.start() }
      _ = try arriving.isComplete()
    }
    let received = (0..<50_000).map { receiving[$0] }
    #expect(received == values(of: world.left, 50_000))
  }

  @Test("After a message that was too long it is started again", .enabled(if: Job.truncatesSafely))
  func truncated() throws {
    var receiving = try world.persistent.receive(Int.self, count: 2, from: world.left)
    let mine = values(of: world.rank, 6)
    var errors: [MPIError?] = []
    for count in [2, 6, 1] {
      var failure: MPIError?
      // Sent first, since Open MPI 4.1 does not report a message to oneself that is too long for a receive before it.
      let leaving = try world.immediate.send(mine.span.extracting(0..<count), to: world.right)
      try world.barrier()
      do { try receiving.start().wait() } catch { failure = error as? MPIError }
      try leaving.wait()
      errors.append(failure)
    }
    #expect(errors.map(\.?.code) == [nil, .truncated, nil])
    #expect(receiving[0] == value(world.left, 0))
  }

  @Test("Asking whether it is complete loses neither its status nor its error") func asked() throws
  {
    var receiving = try world.persistent.receive(Int.self, count: 2, from: world.left, tag: 3)
    var statuses: [Status] = []
    var errors: [any Error] = []
    for count in [1, 4, 2] {
      let numbers = values(of: world.rank, count)
      let sending = try world.immediate.send(numbers.span, to: world.right, tag: 3)
      try world.barrier()
      do {
        let active = try receiving.start()
        while try !active.isComplete() {}
        statuses.append(try active.wait())
      } catch { errors.append(error) }
      try sending.wait()
    }
    #expect(statuses.map(\.source) == [world.left, world.left])
    #expect(statuses.map { $0.count(of: Int.self) } == [1, 2])
    #expect(errors.map(\.code) == [.truncated])
    #expect((0..<2).map { receiving[$0] } == values(of: world.left, 2))
  }

  @Test("A receive that no one answers is cancelled, and started again") func cancel() throws {
    var receiving = try world.persistent.receive(Int.self, count: 1, from: world.left)
    let first = try receiving.start()
    try first.cancel()
    let cancelled = try first.wait()
    try world.barrier()
    let second = try receiving.start()
    try world.send(world.rank, to: world.right)
    let status = try second.wait()
    #expect(cancelled.isCancelled)
    #expect(!status.isCancelled)
    #expect(receiving[0] == world.left)
  }

  @Test("Test gives the request back, or ends it") func test() throws {
    var receiving = try world.persistent.receive(Int.self, count: 1, from: world.left)
    var pending = 0
    var status: Status?
    for round in 0..<2 {
      var request = try receiving.start()
      loop: while true {
        switch try request.test() {
        case .complete(let found):
          status = found
          break loop
        case .pending(let same):
          request = same
          if pending == round {
            try world.barrier()
            try world.send(world.rank * 10 + round, to: world.right)
          }
          pending += 1
        }
      }
      pending = 1
    }
    #expect(status?.source == world.left)
    #expect(receiving[0] == world.left * 10 + 1)
  }

  @Test("Operations outlive the last reference to their communicator") func communicator() throws {
    func make() throws -> PersistentOperation<Int> {
      try world.duplicated().persistent.send(Int.self, count: 1, to: world.right)
    }
    var other: Communicator? = try world.duplicated()
    var receiving = try #require(other).persistent.receive(Int.self, count: 1, from: world.left)
    var sending = try #require(other).persistent.send([world.rank].span, to: world.right)
    other = nil
    _ = try make()
    let arriving = try receiving.start()
    try sending.start().wait()
    try arriving.wait()
    #expect(receiving[0] == world.left)
  }

  @Test("A rank outside the communicator") func invalidRank() throws {
    for rank in [-1, world.size] {
      expectError(.invalidRank, by: "MPI_Send_init") {
        _ = try world.persistent.send(Int.self, count: 1, to: rank)
      }
      expectError(.invalidRank, by: "MPI_Recv_init") {
        _ = try world.persistent.receive(Int.self, count: 1, from: rank)
      }
      expectError(.invalidRank, by: "MPI_Recv_init") {
        var exchange = world.persistent.exchange()
        _ = try exchange.receive(Int.self, count: 1, from: rank)
      }
    }
    expectError(.invalidTag) { _ = try world.persistent.send(Int.self, count: 1, to: 0, tag: -5) }
  }
}

@Suite("Persistent exchanges (MPI 3.1 §3.9)") struct PersistentExchangeTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  /// A diffusion along a ring, whose closed form is known: the sum stays, and the values tend to the mean.
  @Test("A halo, started 50 times") func halo() throws {
    let cells = 6
    var field = (0..<cells).map { Double(world.rank * cells + $0) }
    var reference = (0..<cells * world.size).map { Double($0) }
    var halo = world.persistent.exchange()
    let west = try halo.receive(Double.self, count: 1, from: world.left, tag: 1)
    let east = try halo.receive(Double.self, count: 1, from: world.right, tag: 2)
    let toEast = try halo.send(Double.self, count: 1, to: world.right, tag: 1)
    let toWest = try halo.send(Double.self, count: 1, to: world.left, tag: 2)
    for _ in 0..<50 {
      halo[toEast, 0] = field[cells - 1]
      halo[toWest, 0] = field[0]
      try halo.start().wait()
      let wide = [halo[west, 0]] + field + [halo[east, 0]]
      for cell in 0..<cells {
        let neighbors: Double = wide[cell] + wide[cell + 2]
        field[cell] = (neighbors + 2 * wide[cell + 1]) / 4
      }
      let (old, n) = (reference, reference.count)
      for cell in 0..<n {
        let neighbors: Double = old[(cell + n - 1) % n] + old[(cell + 1) % n]
        reference[cell] = (neighbors + 2 * old[cell]) / 4
      }
    }
    #expect(halo.count == 4)
    #expect(field == Array(reference[world.rank * cells..<(world.rank + 1) * cells]))
  }

  @Test("Any number of operations of several types", arguments: [0, 1, 8, 9, 40])
  func many(count: Int) throws {
    var exchange = world.persistent.exchange()
    var receives: [PersistentExchange.Slot<Int>] = []
    var sends: [PersistentExchange.Slot<Int>] = []
    var flags: [PersistentExchange.Slot<Bool>] = []
    for index in 0..<count {
      let tag = MessageTag(index)
      receives.append(try exchange.receive(Int.self, count: index, from: .any, tag: tag))
      sends.append(
        try exchange.send(Int.self, count: index, to: world.right, tag: tag, mode: .synchronous))
      flags.append(try exchange.receive(Bool.self, count: 3, from: nil as Int?))
    }
    var statuses: [Status] = []
    for round in 0..<3 {
      for slot in sends {
        for index in 0..<exchange.span(of: slot).count {
          exchange[slot, index] = value(world.rank, index + round)
        }
      }
      let active = try exchange.start()
      while try !active.isComplete() {}
      statuses = try active.statuses()
    }
    #expect(exchange.count == 3 * count)
    #expect(statuses.count == 3 * count)
    for index in 0..<count {
      let received = (0..<index).map { exchange[receives[index], $0] }
      #expect(received == (0..<index).map { value(world.left, $0 + 2) })
      #expect(statuses[3 * index].source == world.left)
      #expect(statuses[3 * index].count(of: Int.self) == index)
      #expect(statuses[3 * index + 2].source == nil)
    }
  }

  @Test("One that is dropped waits") func dropped() throws {
    var exchange = world.persistent.exchange()
    let receive = try exchange.receive(Int.self, count: 50_000, from: world.left)
    let send = try exchange.send(Int.self, count: 50_000, to: world.right)
    for index in 0..<50_000 { exchange[send, index] = value(world.rank, index) }
    for _ in 0..<2 { do { _ = try exchange.start() } }
    let received = (0..<50_000).map { exchange[receive, $0] }
    #expect(received == values(of: world.left, 50_000))
  }

  @Test(
    "One operation fails, the others are complete, and all are started again",
    arguments: [true, false])
  func failure(isAsked: Bool) throws {
    var exchange = world.persistent.exchange()
    let short = try exchange.receive(Int.self, count: 2, from: world.left, tag: 1)
    let whole = try exchange.receive(Int.self, count: 6, from: world.left, tag: 2)
    let mine = values(of: world.rank, 6)
    var errors: [MPIError?] = []
    for count in [6, 2] {
      var failure: MPIError?
      let first = try world.immediate.send(mine.span.extracting(0..<count), to: world.right, tag: 1)
      let second = try world.immediate.send(mine.span, to: world.right, tag: 2)
      try world.barrier()
      do {
        let active = try exchange.start()
        if isAsked { while try !active.isComplete() {} }
        try active.wait()
      } catch { failure = error as? MPIError }
      try first.wait()
      try second.wait()
      errors.append(failure)
    }
    #expect(errors.map(\.?.code) == [.truncated, nil])
    let received = (0..<6).map { exchange[whole, $0] }
    #expect(received == values(of: world.left, 6))
    let again = (0..<2).map { exchange[short, $0] }
    #expect(again == values(of: world.left, 2))
  }
}
