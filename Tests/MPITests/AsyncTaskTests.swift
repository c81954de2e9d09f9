import MPI
import Testing

@Suite("Tasks that wait for messages") struct AsyncTaskTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  @Test("A thousand receives under way, answered in another order", arguments: [true, false])
  func thousand(bounded: Bool) async throws {
    let world = world
    let count = 1000
    var random = SplitMix(17)
    let order = (0..<count).shuffled(using: &random)
    let received = try await withThrowingTaskGroup(of: (Int, [Int]).self) { group in
      for index in 0..<count {
        group.addTask {
          let tag = MessageTag(rawValue: CInt(index))
          let source = world.left
          return try await (
            index,
            bounded
              ? world.async.receive(Int.self, count: 2, from: source, tag: tag)
              : world.async.receive(Int.self, from: source, tag: tag)
          )
        }
      }
      for index in order {
        try await world.async.send(
          [world.rank, index], to: world.right, tag: MessageTag(rawValue: CInt(index)))
      }
      var received = [[Int]](repeating: [], count: count)
      for try await (index, elements) in group { received[index] = elements }
      return received
    }
    #expect(received == (0..<count).map { [world.left, $0] })
  }

  @Test("No deadlock when more tasks wait than there are threads") func waiting() async throws {
    let world = world
    let count = 500
    let sum = try await withThrowingTaskGroup(of: Int.self) { group in
      // All of them wait for what is sent only after the last has begun.
      for _ in 0..<count {
        group.addTask { try await world.async.receive(Int.self, from: .any, tag: 1)[0] }
      }
      group.addTask {
        for index in 0..<count { try await world.async.send(index, to: world.right, tag: 1) }
        return 0
      }
      return try await group.reduce(0, +)
    }
    #expect(sum == count * (count - 1) / 2)
  }

  @Test("Structures that tasks send first at the same time") func structures() async throws {
    struct One: Datatype, BitwiseCopyable { var a = Int8(1), b = 1.5 }
    struct Two: Datatype, BitwiseCopyable { var a = Int16(2), b = 2.5 }
    struct Three: Datatype, BitwiseCopyable { var a = Int32(3), b = 3.5 }
    let world = world
    async let one = exchangeAround(One(), tag: 1, on: world)
    async let two = exchangeAround(Two(), tag: 2, on: world)
    async let three = exchangeAround(Three(), tag: 3, on: world)
    let sum = try await one.b + two.b + three.b
    #expect(sum == 7.5)
  }

  @Test("Receives of one pattern get messages in the order in which they came") func order()
    async throws
  {
    let count = 200
    let world = world
    let sending = Task {
      for index in 0..<count { try await world.async.send(index, to: world.right, tag: 4) }
    }
    var searched: [Int] = []
    for _ in 0..<count / 2 {
      searched += try await world.async.receive(Int.self, from: .any, tag: 4)
    }
    for _ in count / 2..<count {
      searched += try await world.async.receive(Int.self, count: 1, from: world.left, tag: 4)
    }
    try await sending.value
    #expect(searched == Array(0..<count))
  }

  @Test("Collectives of several communicators under way at once") func communicators() async throws
  {
    let copies = try (0..<8).map { _ in try world.duplicated() }
    let sums = try await withThrowingTaskGroup(of: (Int, Int).self) { group in
      for (index, copy) in copies.enumerated() {
        group.addTask {
          var sum = 0
          for round in 0..<20 { sum += try await copy.async.allReduce(index * round, .sum) }
          return (index, sum)
        }
      }
      return try await group.reduce(into: [Int: Int]()) { $0[$1.0] = $1.1 }
    }
    let expected = (0..<8).map { ($0, $0 * 190 * world.size) }
    #expect(sums == Dictionary(uniqueKeysWithValues: expected))
  }

  @Test("Large messages both ways at once") func large() async throws {
    let world = world
    let count = 1_000_000
    async let received = world.async.receive(Int.self, from: world.left)
    async let sent: Void = world.async.send(values(of: world.rank, count), to: world.right)
    let elements = try await received
    try await sent
    #expect(elements == values(of: world.left, count))
  }

  @Test("A program on the thread that called it") func loop() throws {
    let sum = MPI.run { world in
      async let received = world.async.receive(Int.self, from: world.left, tag: 9)
      try await world.async.send(world.rank + 1, to: world.right, tag: 9)
      // A task of its own runs elsewhere, and is served all the same.
      let other = Task {
        try await world.async.sendReceive([world.rank], to: world.right, from: world.left, tag: 8)
      }
      let ring = try await received[0]
      let fromOther = try await other.value[0]
      return try await world.async.allReduce(ring + fromOther, .sum)
    }
    #expect(sum == world.size * world.size)
  }

  @Test("The thread that called it goes on with blocking calls") func blockingAfterwards() throws {
    for round in 0..<3 {
      let result = MPI.run { world in try await world.async.allReduce(round, .sum) }
      let again = try world.allReduce(round, .sum)
      #expect(result == round * world.size)
      #expect(again == result)
    }
  }

  @Test("An asynchronous program in an asynchronous function") func asynchronous() async throws {
    let ranks = await MPI.run { world in try await world.async.allGather(world.rank) }
    #expect(ranks == Array(0..<world.size))
  }

  @MainActor @Test("On an actor") func actor() async throws {
    let sum = try await world.async.allReduce(1, .sum)
    MainActor.assertIsolated()
    #expect(sum == world.size)
  }
}

/// Sends a value to the right, and returns that from the left.
private func exchangeAround<T: Datatype & Sendable>(
  _ value: T, tag: MessageTag, on world: Communicator
) async throws -> T {
  // Begun first: a library may have a message to oneself wait for its receive.
  async let received = world.async.receive(T.self, from: world.left, tag: tag)
  try await world.async.send(value, to: world.right, tag: tag)
  return try await received[0]
}
