import MPI
import Testing

@Suite("Messages that tasks wait for (MPI 3.1 §3)") struct AsyncPointToPointTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  @Test("Any length, in order", arguments: [0, 1, 1000, 300_000]) func ring(count: Int) async throws
  {
    let world = world
    // On its own: a message may be under way until it is received, if it is long, or goes to its sender.
    let sending = Task {
      try await world.async.send(values(of: world.rank, count), to: world.right, tag: 1)
      try await world.async.send([7, count], to: world.right, tag: 1)
      try await world.async.send(world.rank, to: world.right, tag: 2)
    }
    let first = try await world.async.receive(Int.self, from: world.left, tag: 1)
    let second = try await world.async.receiveMessage(of: Int.self, from: .any, tag: 1)
    let third = try await world.async.receive(Int.self, from: world.left, tag: .any)
    try await sending.value
    #expect(first == values(of: world.left, count))
    #expect(second.elements == [7, count])
    #expect(second.source == world.left)
    #expect(second.tag == 1)
    #expect(second.status.count(of: Int.self) == 2)
    #expect(third == [world.left])
  }

  @Test("Bounded length", arguments: [1, 1000, 300_000]) func bounded(count: Int) async throws {
    async let first = world.async.receive(Int.self, count: count + 10, from: world.left, tag: 1)
    async let second = world.async.receive(Int.self, count: count, from: .any, tag: 2)
    // Both are received at once, so that either may be sent first.
    try await world.async.send(values(of: world.rank, count), to: world.right, tag: 2)
    try await world.async.send(values(of: world.rank, count / 2), to: world.right, tag: 1)
    let results = try await (first, second)
    #expect(results.0 == values(of: world.left, count / 2))
    #expect(results.1 == values(of: world.left, count))
  }

  @Test("Into an array that is there") func into() async throws {
    var storage = [Int](repeating: -1, count: 5)
    var other = [Int](repeating: -2, count: 2)
    let world = world
    let sending = Task {
      try await world.async.send([world.rank, 1], to: world.right, tag: 1)
      try await world.async.send([world.rank], to: world.right, tag: 2)
    }
    let status = try await world.async.receive(into: &storage, from: world.left, tag: 1)
    try await world.async.receive(into: &other, from: .any, tag: 2)
    try await sending.value
    #expect(storage == [world.left, 1, -1, -1, -1])
    #expect(other == [world.left, -2])
    #expect(status.source == world.left)
  }

  @Test("Structures, and Bools that are valid") func structures() async throws {
    struct Pair: Datatype, Equatable {
      var flag: Bool
      var number: Double
    }
    let world = world
    let mine = (0..<9).map { Pair(flag: $0 % 2 == 0, number: Double(world.rank * $0)) }
    let sending = Task {
      try await world.async.send(mine, to: world.right, tag: 1)
      // Bytes that are no Bool.
      try await world.async.send([UInt8(0), 2, 255, 1], to: world.right, tag: 2)
    }
    let pairs = try await world.async.receive(Pair.self, from: world.left, tag: 1)
    let flags = try await world.async.receive(Bool.self, from: world.left, tag: 2)
    try await sending.value
    #expect(pairs == (0..<9).map { Pair(flag: $0 % 2 == 0, number: Double(world.left * $0)) })
    #expect(flags == [false, true, true, true])
  }

  @Test("From and to no process") func noProcess() async throws {
    try await world.async.send([1, 2, 3], to: nil)
    let none = try await world.async.receive(Int.self, from: nil as Int?)
    let bounded = try await world.async.receive(Int.self, count: 4, from: nil as Int?)
    #expect(none == [])
    #expect(bounded == [])
  }

  @Test("Send modes", arguments: [SendMode.standard, .synchronous]) func modes(mode: SendMode)
    async throws
  {
    async let received = world.async.receive(Int.self, from: world.left)
    try await world.async.send(values(of: world.rank, 10), to: world.right, mode: mode)
    let elements = try await received
    #expect(elements == values(of: world.left, 10))
  }

  @Test("Sending and receiving at once", arguments: [1, 300_000]) func shift(count: Int)
    async throws
  {
    let first = try await world.async.sendReceive(
      values(of: world.rank, count), to: world.right, from: world.left)
    let second = try await world.async.sendReceive(
      [world.rank], to: world.left, from: .any, tag: 3)
    #expect(first == values(of: world.left, count))
    #expect(second == [world.right])
  }

  @Test("Probes see a message, and leave it or take it out") func probe() async throws {
    async let seen = world.async.probe(from: .any, tag: 5)
    async let seenToo = world.async.probe(from: world.left, tag: 5)
    let world = world
    let sending = Task { try await world.async.send([1, 2, world.rank], to: world.right, tag: 5) }
    let statuses = try await [seen, seenToo]
    let message = try await world.async.matchedProbe(from: .any, tag: 5)
    let elements = try message.receive(Int.self)
    try await sending.value
    #expect(statuses.map(\.source) == [world.left, world.left])
    #expect(statuses.map { $0.count(of: Int.self) } == [3, 3])
    #expect(elements == [1, 2, world.left])
  }

  @Test("Errors reach the task that waits") func errors() async throws {
    let outside = world.size
    for attempt in 0..<4 {
      await expectError(.invalidRank) {
        switch attempt {
        case 0: try await world.async.send(1, to: outside)
        case 1: _ = try await world.async.receive(Int.self, from: outside)
        case 2: _ = try await world.async.receive(Int.self, count: 1, from: -1)
        default:
          for try await _ in world.messages(of: Int.self, from: outside) {}
        }
      }
    }
    await expectError(.invalidRoot) { _ = try await world.async.broadcast(1, from: outside) }
  }

  @Test("A message that is too long for its receive") func truncated() async throws {
    let world = world
    let sending = Task { try await world.async.send([1, 2, 3], to: world.right) }
    // Received when it is there, since Open MPI 4.1 does not report a message to oneself that is too long for a receive
    // before it.
    _ = try await world.async.probe(from: world.left)
    let error = await expectError(.truncated) {
      _ = try await world.async.receive(Int.self, count: 2, from: world.left)
    }
    try await sending.value
    #expect(error?.routine == "MPI_Irecv")
  }
}

/// Expects an error of a class, and returns it.
@discardableResult
func expectError(
  _ code: MPIError.Code, sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () async throws -> Void
) async -> MPIError? {
  do {
    try await body()
    Issue.record("no error, where \(code) was expected", sourceLocation: sourceLocation)
  } catch let error as MPIError {
    #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
    return error
  } catch {
    Issue.record("another kind of error: \(error)", sourceLocation: sourceLocation)
  }
  return nil
}
