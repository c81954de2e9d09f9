import MPI
import Support
import Testing

@Suite("Values from rank to rank") struct ObjectMessageTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  /// A value of one rank.
  private func sample(_ rank: Int) -> Job1 {
    Job1(task: "rank \(rank)", data: values(of: rank, rank + 2))
  }

  /// What cannot be encoded on one rank, nor decoded from a negative number.
  struct Fragile: Codable, Equatable {
    var number: Int
    init(_ number: Int) { self.number = number }

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      number = try container.decode(Int.self)
      if number < 0 {
        throw DecodingError.dataCorruptedError(in: container, debugDescription: "negative")
      }
    }

    func encode(to encoder: any Encoder) throws {
      if number == 13 {
        throw EncodingError.invalidValue(
          self,
          EncodingError.Context(codingPath: encoder.codingPath, debugDescription: "thirteen"))
      }
      var container = encoder.singleValueContainer()
      try container.encode(number)
    }
  }

  @Test("Around the ring, in every form") func ring() throws {
    let mine = sample(world.rank)
    let sending = try world.immediate.send(encoding: mine, to: world.right, tag: 3)
    let received = try world.receive(decoding: Job1.self, from: world.left, tag: 3)
    try sending.wait()

    let again = try world.immediate.send(encoding: mine, to: world.right, tag: 4)
    let (anyone, status) = try world.receiveWithStatus(decoding: Job1.self, from: .any, tag: .any)
    try again.wait()

    let third = try world.immediate.send(encoding: mine, to: world.right, tag: 5)
    let message = try world.matchedProbe(from: world.left, tag: 5)
    let matched = try message.receive(decoding: Job1.self)
    try third.wait()

    let fourth = try world.immediate.send(encoding: mine, to: world.right)
    let (known, knownStatus) = try world.receiveWithStatus(decoding: Job1.self, from: world.left)
    try fourth.wait()
    let fifth = try world.immediate.send(encoding: mine, to: world.right)
    let fromAny = try world.receive(decoding: Job1.self, from: .any)
    try fifth.wait()

    let theirs = sample(world.left)
    #expect(received == theirs)
    #expect(anyone == theirs)
    #expect(status.source == world.left)
    #expect(status.tag == 4)
    #expect(status.byteCount == (try MessageEncoder().encode(theirs).count))
    #expect(matched == theirs)
    #expect(known == theirs)
    #expect(knownStatus.source == world.left)
    #expect(fromAny == theirs)
  }

  @Test("A value that changes while it is under way") func owned() throws {
    var mine = sample(world.rank)
    let sending = try world.immediate.send(encoding: mine, to: world.right, mode: .synchronous)
    mine.task = "changed"
    let received = try world.receive(decoding: Job1.self, from: world.left)
    try sending.wait()
    #expect(received == sample(world.left))
    #expect(mine.task == "changed")
  }

  @Test("Blocking, in the modes of a send") func modes() throws {
    let mine = sample(world.rank)
    if world.size > 1 {
      for mode in [SendMode.standard, .synchronous] {
        if world.rank % 2 == 0 {
          if world.rank + 1 < world.size {
            try world.send(encoding: mine, to: world.rank + 1, mode: mode)
          }
        } else {
          let received = try world.receive(decoding: Job1.self, from: world.rank - 1)
          #expect(received == sample(world.rank - 1))
        }
      }
    }
    try withSendBuffer(byteCount: 1 << 16) {
      try world.send(encoding: mine, to: world.right, mode: .buffered)
      let received = try world.receive(decoding: Job1.self, from: world.left)
      #expect(received == sample(world.left))
    }
    // To no process: nothing happens.
    try world.send(encoding: mine, to: nil)
  }

  @Test("To one and from another at once, of any length", arguments: [0, 10, 5000, 300_000])
  func sendReceive(count: Int) throws {
    let mine = Job1(task: "t", data: values(of: world.rank, count))
    let theirs = try world.sendReceive(
      encoding: mine, to: world.right, decoding: Job1.self, from: world.left)
    let again = try world.sendReceive(
      encoding: mine, to: world.left, tag: 8, decoding: Job1.self, from: .any, receiving: .any)
    let edge = try world.sendReceive(
      encoding: mine, to: world.rank == 0 ? nil : world.rank - 1, decoding: Job1.self,
      from: world.rank + 1 == world.size ? nil : world.rank + 1)
    #expect(theirs?.data == values(of: world.left, count))
    #expect(again?.data == values(of: world.right, count))
    #expect(
      edge?.data == (world.rank + 1 == world.size ? nil : values(of: world.rank + 1, count)))
  }

  @Test("From no process there is no value") func noProcess() throws {
    let edge: Int? = nil
    let error = expectError(.conversion, by: "MPI_Mprobe") {
      _ = try world.receive(decoding: Int.self, from: edge)
    }
    expectError(.conversion, by: "MPI_Mprobe") {
      _ = try world.receiveWithStatus(decoding: Int.self, from: edge)
    }
    expectError(.conversion, by: "MPI_Improbe") {
      _ = try world.immediate.receive(decoding: Int.self, from: edge).wait()
    }
    let nothing = try world.sendReceive(
      encoding: world.rank, to: edge, decoding: Int.self, from: edge)
    #expect(error?.message == "there is no value from no process")
    #expect(nothing == nil)
  }

  @Test("A receive that is begun before the message is there") func request() throws {
    let receiving = try world.immediate.receive(decoding: Job1.self, from: world.left, tag: 1)
    let before = try receiving.isComplete()
    try world.barrier()
    let sending = try world.immediate.send(encoding: sample(world.rank), to: world.right, tag: 1)
    while try !receiving.isComplete() {}
    let (received, status) = try receiving.waitWithStatus()
    try sending.wait()

    let second = try world.immediate.receive(decoding: Job1.self, from: .any, tag: 2)
    let another = try world.immediate.send(encoding: sample(world.rank), to: world.right, tag: 2)
    let waited = try second.wait()
    try another.wait()
    #expect(!before)
    #expect(received == sample(world.left))
    #expect(status.source == world.left)
    #expect(waited == sample(world.left))
  }

  @Test("A receive that is dropped takes no message, or discards it") func dropped() throws {
    let sending = try world.immediate.send(encoding: 1, to: world.right, tag: 1)
    do {
      let receiving = try world.immediate.receive(decoding: Int.self, from: world.left, tag: 1)
      _ = receiving
    }
    let first = try world.receive(decoding: Int.self, from: world.left, tag: 1)
    try sending.wait()
    let another = try world.immediate.send(encoding: 2, to: world.right, tag: 1)
    do {
      let receiving = try world.immediate.receive(decoding: Int.self, from: world.left, tag: 1)
      while try !receiving.isComplete() {}
    }
    let third = try world.immediate.send(encoding: 3, to: world.right, tag: 1)
    let last = try world.receive(decoding: Int.self, from: world.left, tag: 1)
    try another.wait()
    try third.wait()
    #expect(first == 1)
    #expect(last == 3)
  }

  @Test("A large array is carried as it is, of every type") func large() throws {
    try check(Int8.self) { Int8(truncatingIfNeeded: $0) }
    try check(UInt8.self) { UInt8(truncatingIfNeeded: $0) }
    try check(Int16.self) { Int16(truncatingIfNeeded: $0) }
    try check(UInt16.self) { UInt16(truncatingIfNeeded: $0) }
    try check(Int32.self) { Int32(truncatingIfNeeded: $0) }
    try check(UInt32.self) { UInt32(truncatingIfNeeded: $0) }
    try check(Int64.self) { Int64($0) << 20 }
    try check(UInt64.self) { UInt64($0) << 20 }
    try check(Int.self) { -$0 }
    try check(UInt.self) { UInt($0) }
    try check(Float.self) { Float($0) / 3 }
    try check(Double.self) { Double($0) / 3 }
    try check(Float16.self) { Float16($0 % 2000) }
    try check(Bool.self) { $0 % 3 == 0 }
    try check(Int128.self) { Int128($0) << 70 }
    try check(UInt128.self) { UInt128($0) << 90 }
  }

  private func check<T: Codable & Equatable>(_ type: T.Type, _ element: (Int) -> T) throws {
    func value(_ rank: Int) -> Couple<[T], Couple<String, [T]>> {
      let count = (300 << 10) / MemoryLayout<T>.stride + rank
      let elements = (0..<count).map { element($0 + rank) }
      return Couple(first: elements, second: Couple(first: "between", second: elements.reversed()))
    }
    let received = try world.sendReceive(
      encoding: value(world.rank), to: world.right, decoding: Couple<[T], Couple<String, [T]>>.self,
      from: world.left)
    #expect(received == value(world.left), "\(type)")
  }

  @Test("Several large arrays, in nested containers, and as other types") func severalLarge() throws
  {
    struct Sender: Encodable {
      enum Keys: String, CodingKey { case a, b, inner, rows }
      var rank: Int
      func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        var inner = container.nestedContainer(keyedBy: Keys.self, forKey: .inner)
        var rows = container.nestedUnkeyedContainer(forKey: .rows)
        try inner.encode([Int](repeating: rank, count: 40_000), forKey: .a)
        try rows.encode([Double](repeating: 1.5, count: 50_000))
        try container.encode([Int32](repeating: -7, count: 100_000), forKey: .a)
        try inner.encode("inner", forKey: .b)
        try rows.encode([Double](repeating: 2.5, count: 90_000))
        try container.encode("end", forKey: .b)
      }
    }
    struct Inner: Decodable, Equatable {
      var a: [Double]
      var b: String
    }
    struct Receiver: Decodable, Equatable {
      var inner: Inner
      var rows: [[Double]]
      var a: [Int]
      var b: String
    }
    struct Sets: Decodable, Equatable {
      var rows: [Set<Double>]
    }
    var received: [Receiver?] = []
    var sets: Sets?
    for _ in 0..<2 {
      received.append(
        try world.sendReceive(
          encoding: Sender(rank: world.rank), to: world.right, decoding: Receiver.self,
          from: world.left))
    }
    sets = try world.sendReceive(
      encoding: Sender(rank: world.rank), to: world.right, decoding: Sets.self, from: world.left)
    let expected = Receiver(
      inner: Inner(a: [Double](repeating: Double(world.left), count: 40_000), b: "inner"),
      rows: [[Double](repeating: 1.5, count: 50_000), [Double](repeating: 2.5, count: 90_000)],
      a: [Int](repeating: -7, count: 100_000), b: "end")
    #expect(received == [expected, expected])
    #expect(sets == Sets(rows: [[1.5], [2.5]]))
  }

  @Test("64 MB within a structure") func sixtyFour() throws {
    let value = Couple(
      first: "field", second: [Double](repeating: Double(world.rank), count: 8_000_000))
    let received = try world.sendReceive(
      encoding: value, to: world.right, decoding: Couple<String, [Double]>.self, from: world.left)
    #expect(received?.first == "field")
    #expect(received?.second.count == 8_000_000)
    #expect(received?.second.allSatisfy { $0 == Double(world.left) } == true)
  }

  @Test("Errors come from the rank where they happen, and leave the next message alone")
  func errors() throws {
    let notEncoded = expectError(.conversion, by: "MPI_Send") {
      try world.send(encoding: [Fragile(1), Fragile(13)], to: world.right)
    }
    #expect(notEncoded?.message == "cannot encode Array<Fragile> at 1: thirteen")
    #expect(notEncoded?.rank == world.rank)

    let sending = try world.immediate.send(encoding: ["a": Fragile(-1)], to: world.right)
    let notDecoded = expectError(.conversion, by: "MPI_Mrecv") {
      _ = try world.receive(decoding: [String: Fragile].self, from: world.left)
    }
    try sending.wait()
    #expect(notDecoded?.message == "cannot decode Dictionary<String, Fragile> at a: negative")

    // What was sent as elements is no encoded value.
    let raw = [1.0, 2.0]
    let elements = try world.immediate.send(raw.span, to: world.right)
    expectError(.conversion) { _ = try world.receive(decoding: [Double].self, from: world.left) }
    try elements.wait()

    for rank in [-1, -2, world.size, .max, .min] {
      expectError(.invalidRank) { try world.send(encoding: 1, to: rank) }
      expectError(.invalidRank) { _ = try world.receive(decoding: Int.self, from: rank) }
      expectError(.invalidRank) {
        let request = try world.immediate.send(encoding: 1, to: rank)
        try request.wait()
      }
      expectError(.invalidRank) {
        _ = try world.sendReceive(encoding: 1, to: rank, decoding: Int.self, from: 0)
      }
    }
    let after = try world.sendReceive(
      encoding: sample(world.rank), to: world.right, decoding: Job1.self, from: world.left)
    #expect(after == sample(world.left))
  }

  @Test("From several threads at once") func threads() async throws {
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for thread in 0..<4 {
        group.addTask {
          for round in 0..<50 {
            let tag = MessageTag(rawValue: CInt(thread))
            let value = Job1(task: "\(thread)", data: [world.rank, round])
            let received = try world.sendReceive(
              encoding: value, to: world.right, tag: tag, decoding: Job1.self, from: world.left)
            if received != Job1(task: "\(thread)", data: [world.left, round]) { return false }
          }
          return true
        }
      }
      for try await isRight in group { #expect(isRight) }
    }
  }
}

@Suite("Values in collectives") struct ObjectCollectiveTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  typealias Fragile = ObjectMessageTests.Fragile

  private func sample(_ rank: Int, _ count: Int? = nil) -> Job1 {
    Job1(task: "rank \(rank)", data: values(of: rank, count ?? rank))
  }

  @Test(
    "Broadcast, around the limit of the first step", arguments: [0, 1, 240, 250, 251, 260, 9000])
  func broadcast(count: Int) throws {
    for root in 0..<world.size {
      let given = world.rank == root ? sample(root, count) : nil
      let received = try world.broadcast(encoding: given, from: root)
      #expect(received == sample(root, count))
    }
  }

  @Test("Broadcast of every length in bytes around the limit") func broadcastLengths() throws {
    for length in 1960..<2080 {
      let text = String(repeating: "x", count: length)
      let received = try world.broadcast(
        encoding: world.rank == 0 ? text : nil, from: 0)
      #expect(received == text)
    }
  }

  @Test("Gather, to every root and to all") func gather() throws {
    let expected = (0..<world.size).map { sample($0) }
    for root in 0..<world.size {
      let gathered = try world.gather(encoding: sample(world.rank), to: root)
      #expect(gathered == (world.rank == root ? expected : nil))
    }
    #expect(try world.allGather(encoding: sample(world.rank)) == expected)
  }

  @Test("Scatter, from every root") func scatter() throws {
    for root in 0..<world.size {
      let all = world.rank == root ? (0..<world.size).map { sample($0 + 1) } : nil
      #expect(try world.scatter(encoding: all, from: root) == sample(world.rank + 1))
    }
  }

  @Test("All to all") func allToAll() throws {
    let mine = (0..<world.size).map { Couple(first: [world.rank, $0], second: "\($0)") }
    let theirs = try world.allToAll(encoding: mine)
    #expect(
      theirs == (0..<world.size).map { Couple(first: [$0, world.rank], second: "\(world.rank)") })
  }

  @Test("Large values in all collectives") func large() throws {
    let count = 40_000
    let mine = sample(world.rank, count + world.rank)
    let expected = (0..<world.size).map { sample($0, count + $0) }
    #expect(try world.allGather(encoding: mine) == expected)
    #expect(try world.gather(encoding: mine, to: 0) == (world.rank == 0 ? expected : nil))
    let scattered = try world.scatter(encoding: world.rank == 0 ? expected : nil, from: 0)
    #expect(scattered == mine)
    let exchanged = try world.allToAll(
      encoding: [Job1](repeating: mine, count: world.size))
    #expect(exchanged == expected)
  }

  @Test("Reductions keep the order of ranks") func reductions() throws {
    let mine = ["\(world.rank)"]
    let all = (0..<world.size).map { "\($0)" }
    for root in 0..<world.size {
      let result = try world.reduce(encoding: mine, to: root, +)
      #expect(result == (world.rank == root ? all : nil))
    }
    #expect(try world.allReduce(encoding: mine, +) == all)
    #expect(try world.scan(encoding: mine, +) == Array(all[...world.rank]))
    let counts = try world.allReduce(encoding: ["all": 1, "rank \(world.rank)": 1]) {
      $0.merging($1, uniquingKeysWith: +)
    }
    #expect(counts["all"] == world.size)
    #expect(counts.count == world.size + 1)
  }

  @Test("A value that one rank cannot encode is an error on all") func notEncoded() throws {
    for bad in 0..<world.size {
      let mine = Fragile(world.rank == bad ? 13 : world.rank)
      expectError(.conversion) { _ = try world.gather(encoding: mine, to: 0) }
      expectError(.conversion) { _ = try world.allGather(encoding: mine) }
      expectError(.conversion) { _ = try world.allReduce(encoding: mine) { left, _ in left } }
      let error = expectError(.conversion, by: "MPI_Bcast") {
        _ = try world.broadcast(encoding: world.rank == bad ? mine : nil, from: bad)
      }
      #expect(error?.message.contains("thirteen") == true)
      if world.size > 1 {
        // A rank's own value is never encoded.
        var values = [Fragile](repeating: Fragile(1), count: world.size)
        values[(bad + 1) % world.size] = Fragile(13)
        expectError(.conversion) {
          _ = try world.scatter(encoding: world.rank == bad ? values : nil, from: bad)
        }
        let mine = world.rank == bad ? values : values.map { _ in Fragile(2) }
        expectError(.conversion) { _ = try world.allToAll(encoding: mine) }
      }
    }
    #expect(try world.allGather(encoding: world.rank) == Array(0..<world.size))
  }

  @Test("A value that cannot be decoded is an error where it is", .ranks(2...))
  func notDecoded() throws {
    let last = world.size - 1
    let mine = Fragile(world.rank == last ? -1 : world.rank)
    if world.rank == 0 {
      expectError(.conversion) { _ = try world.gather(encoding: mine, to: 0) }
    } else {
      #expect(try world.gather(encoding: mine, to: 0) == nil)
    }
    // Rank 0 combines, and tells all that it cannot.
    expectError(.conversion) { _ = try world.allReduce(encoding: mine) { left, _ in left } }
    if world.rank == last {
      #expect(try world.broadcast(encoding: mine, from: last) == mine)
    } else {
      expectError(.conversion, by: "MPI_Bcast") {
        _ = try world.broadcast(encoding: nil as Fragile?, from: last)
      }
    }
    #expect(try world.allGather(encoding: world.rank) == Array(0..<world.size))
  }

  @Test("A root outside the communicator") func invalidRoot() {
    for root in [-1, world.size, Int.max, Int.min] {
      expectError(.invalidRoot) { _ = try world.broadcast(encoding: 1, from: root) }
      expectError(.invalidRoot) { _ = try world.gather(encoding: 1, to: root) }
      expectError(.invalidRoot) { _ = try world.scatter(encoding: [1], from: root) }
      expectError(.invalidRoot) { _ = try world.reduce(encoding: 1, to: root, +) }
    }
  }
}
