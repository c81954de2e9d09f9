import MPI
import Support
import Testing

@Suite("Tasks that are cancelled while they wait") struct AsyncCancellationTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  /// Ways to receive a message of one element.
  enum Way: CaseIterable, Sendable {
    case searching, bounded, into, message

    func receive(on world: Communicator, tag: MessageTag) async throws -> Int {
      switch self {
      case .searching: return try await world.async.receive(Int.self, from: .any, tag: tag)[0]
      case .bounded:
        return try await world.async.receive(Int.self, count: 1, from: .any, tag: tag)[0]
      case .into:
        var storage = [-1]
        do {
          try await world.async.receive(into: &storage, from: .any, tag: tag)
        } catch {
          if storage != [-1] { Issue.record("\(storage) after \(error)") }
          throw error
        }
        return storage[0]
      case .message:
        for try await message in world.messages(of: Int.self, tag: tag) {
          return message.elements[0]
        }
        return -1
      }
    }
  }

  @Test("A receive that is cancelled loses no message", arguments: Way.allCases)
  func receive(way: Way) async throws {
    let world = world
    let waiting = Task { () async throws in try await way.receive(on: world, tag: 1) }
    // Longer than it takes to begin, and nothing hangs if it was not enough.
    try await Task.sleep(for: .milliseconds(5))
    waiting.cancel()
    let result = await waiting.result
    try await world.async.barrier()
    async let sent: Void = world.async.send(world.rank, to: world.right, tag: 1)
    let received = try await way.receive(on: world, tag: 1)
    try await sent
    #expect(throws: MPIError.self) { try result.get() }
    if case .failure(let error as MPIError) = result { #expect(error.code == .cancelled) }
    #expect(received == world.left)
  }

  @Test("Cancelled before it begins", arguments: Way.allCases) func before(way: Way) async throws {
    let world = world
    let waiting = Task {
      unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
      return try await way.receive(on: world, tag: 1)
    }
    let sending = Task {
      unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
      try await world.async.send(-5, to: world.right, tag: 1)
    }
    let result = await waiting.result
    let notSent = await sending.result
    try await world.async.barrier()
    async let sent: Void = world.async.send(world.rank, to: world.right, tag: 1)
    let received = try await way.receive(on: world, tag: 1)
    try await sent
    #expect(throws: MPIError.self) { try result.get() }
    #expect(throws: MPIError.self) { try notSent.get() }
    #expect(received == world.left)
  }

  @Test("Cancelled while a message arrives: none is lost", arguments: Way.allCases)
  func race(way: Way) async throws {
    let world = world
    let count = 300
    let sender = Task {
      for index in 0..<count {
        if index % 7 == 0 { try await Task.sleep(for: .microseconds(index * 13 % 200)) }
        try await world.async.send(index, to: world.right, tag: 1)
      }
    }
    var received: [Int] = []
    var cancelled = 0
    while received.count < count {
      let waiting = Task { () async throws in try await way.receive(on: world, tag: 1) }
      if cancelled < 10_000 {
        let delay = (received.count + cancelled) % 5
        if delay > 0 { try await Task.sleep(for: .microseconds(delay * 20)) }
        waiting.cancel()
      }
      switch await waiting.result {
      case .success(let element): received.append(element)
      case .failure(let error):
        guard (error as? MPIError)?.code == .cancelled else { throw error }
        cancelled += 1
      }
    }
    try await sender.value
    try await world.async.barrier()
    let left = try world.immediate.probe(from: .any, tag: .any)
    #expect(received == Array(0..<count))
    #expect(left == nil)
  }

  @Test("A send that is cancelled arrives") func send() async throws {
    let world = world
    let count = 100_000
    let sending = Task {
      try await world.async.send(values(of: world.rank, count), to: world.right, mode: .synchronous)
    }
    // All have begun to send, and no one receives.
    _ = try await world.async.probe(from: world.left)
    try await world.async.barrier()
    sending.cancel()
    let result = await sending.result
    try await world.async.barrier()
    let received = try await world.async.receive(Int.self, from: world.left)
    #expect(received == values(of: world.left, count))
    #expect(throws: MPIError.self) { try result.get() }
  }

  @Test("A collective that is cancelled is completed for the others", .ranks(2...))
  func collective() async throws {
    let world = world
    let other = try world.duplicated()
    let isFirst = world.rank == 0
    let reducing = Task {
      if !isFirst { _ = try await other.async.receive(Int.self, from: 0) }
      return try await world.async.allReduce([1, 2, 3], .sum)
    }
    if isFirst {
      try await Task.sleep(for: .milliseconds(5))
      reducing.cancel()
    }
    let result = await reducing.result
    // Only now do the others begin.
    if isFirst { for peer in 1..<world.size { try await other.async.send(1, to: peer) } }
    let again = try await world.async.allReduce(1, .sum)
    if isFirst {
      #expect(throws: MPIError.self) { try result.get() }
    } else {
      let sums = try result.get()
      #expect(sums == [1, 2, 3].map { $0 * world.size })
    }
    #expect(again == world.size)
  }

  @Test("One task of a group fails, the others are cancelled") func group() async throws {
    let world = world
    struct Failure: Error {}
    await #expect(throws: Failure.self) {
      try await withThrowingTaskGroup(of: Int.self) { group in
        for tag in 0..<50 {
          group.addTask {
            try await world.async.receive(
              Int.self, from: .any, tag: MessageTag(rawValue: CInt(tag)))[0]
          }
        }
        group.addTask { throw Failure() }
        while try await group.next() != nil {}
      }
    }
    try await world.async.barrier()
  }
}
