import MPI
import Support
import Testing

@Suite("Values that tasks wait for") struct AsyncObjectTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  typealias Fragile = ObjectMessageTests.Fragile

  /// A value of one rank.
  private func sample(_ rank: Int, _ count: Int) -> Job1 {
    Job1(task: "rank \(rank)", data: values(of: rank, count))
  }

  @Test("Around the ring, of any length, in order", arguments: [0, 10, 5000, 300_000])
  func ring(count: Int) async throws {
    let world = world
    let mine = sample(world.rank, count)
    let sending = Task {
      try await world.async.send(encoding: mine, to: world.right, tag: 1)
      try await world.async.send(encoding: ["second": count], to: world.right, tag: 1)
      try await world.async.send(encoding: "third", to: world.right, tag: 2, mode: .synchronous)
      try await world.async.send(encoding: "fourth", to: world.right, tag: 3)
    }
    let first = try await world.async.receive(decoding: Job1.self, from: world.left, tag: 1)
    let second = try await world.async.receive(decoding: [String: Int].self, from: .any, tag: 1)
    let (third, status) = try await world.async.receiveWithStatus(
      decoding: String.self, from: .any, tag: .any)
    let (fourth, fourthStatus) = try await world.async.receiveWithStatus(
      decoding: String.self, from: world.left, tag: 3)
    try await sending.value
    #expect(first == sample(world.left, count))
    #expect(second == ["second": count])
    #expect(third == "third")
    #expect(status.source == world.left)
    #expect(status.tag == 2)
    #expect(fourth == "fourth")
    #expect(fourthStatus.byteCount == (try MessageEncoder().encode("fourth").count))
  }

  @Test("Blocking on one side, a task on the other", arguments: [10, 300_000])
  func mixed(count: Int) async throws {
    let mine = sample(world.rank, count)
    let request = try world.immediate.send(encoding: mine, to: world.right)
    let received = try await world.async.receive(decoding: Job1.self, from: world.left)
    try request.wait()
    let world = world
    let sending = Task { try await world.async.send(encoding: mine, to: world.right) }
    _ = try await world.async.probe(from: world.left)
    let again = try world.receive(decoding: Job1.self, from: world.left)
    try await sending.value
    #expect(received == sample(world.left, count))
    #expect(again == sample(world.left, count))
  }

  @Test("To one and from another at once", arguments: [0, 5000, 300_000])
  func sendReceive(count: Int) async throws {
    let mine = sample(world.rank, count)
    let theirs = try await world.async.sendReceive(
      encoding: mine, to: world.right, decoding: Job1.self, from: world.left)
    let again = try await world.async.sendReceive(
      encoding: mine, to: world.left, tag: 8, decoding: Job1.self, from: .any, receiving: .any)
    let edge = try await world.async.sendReceive(
      encoding: mine, to: world.rank == 0 ? nil : world.rank - 1, decoding: Job1.self,
      from: world.rank + 1 == world.size ? nil : world.rank + 1)
    try await world.async.send(encoding: mine, to: nil)
    #expect(theirs == sample(world.left, count))
    #expect(again == sample(world.right, count))
    #expect(edge == (world.rank + 1 == world.size ? nil : sample(world.rank + 1, count)))
  }

  @Test("From no process there is no value") func noProcess() async throws {
    let edge: Int? = nil
    await expectError(.conversion) {
      _ = try await world.async.receive(decoding: Int.self, from: edge)
    }
    await expectError(.conversion) {
      _ = try await world.async.receiveWithStatus(decoding: Int.self, from: edge)
    }
    let nothing = try await world.async.sendReceive(
      encoding: world.rank, to: edge, decoding: Int.self, from: edge)
    var count = 0
    for try await _ in world.messages(decoding: Int.self, from: edge) { count += 1 }
    #expect(nothing == nil && count == 0)
  }

  @Test("Many under way, answered in another order") func many() async throws {
    let world = world
    let count = 200
    let received = try await withThrowingTaskGroup(of: (Int, Job1).self) { group in
      for index in 0..<count {
        group.addTask {
          let tag = MessageTag(rawValue: CInt(index))
          return (
            index, try await world.async.receive(decoding: Job1.self, from: world.left, tag: tag)
          )
        }
      }
      for index in (0..<count).reversed() {
        try await world.async.send(
          encoding: sample(world.rank, index), to: world.right,
          tag: MessageTag(rawValue: CInt(index)))
      }
      var received = [Job1?](repeating: nil, count: count)
      for try await (index, value) in group { received[index] = value }
      return received
    }
    #expect(received == (0..<count).map { sample(world.left, $0) })
  }

  @Test("The values of a sequence, also after one that is none") func messages() async throws {
    let world = world
    let sending = Task {
      for index in 0..<10 {
        try await world.async.send(
          encoding: Fragile(index == 4 ? -1 : index), to: world.right, tag: 6)
      }
    }
    var received: [Int] = []
    var errors: [MPIError.Code] = []
    let iterator = world.messages(decoding: Fragile.self, tag: 6).makeAsyncIterator()
    for _ in 0..<9 {
      do {
        if let (value, status) = try await iterator.next(isolation: nil),
          status.source == world.left
        {
          received.append(value.number)
        }
      } catch {
        errors.append(error.code)
      }
    }
    for try await (value, _) in world.messages(decoding: Fragile.self, from: world.left, tag: 6) {
      received.append(value.number)
      break
    }
    try await sending.value
    #expect(received == [0, 1, 2, 3, 5, 6, 7, 8, 9])
    #expect(errors == [.conversion])
    await expectError(.invalidRank) {
      for try await _ in world.messages(decoding: Int.self, from: world.size) {}
    }
  }

  @Test("Errors come from the rank where they happen, and leave the next message alone")
  func errors() async throws {
    let world = world
    let notEncoded = await expectError(.conversion) {
      try await world.async.send(encoding: [Fragile(1), Fragile(13)], to: world.right)
    }
    let sending = Task {
      try await world.async.send(encoding: ["a": Fragile(-1)], to: world.right)
      // Elements are no encoded value, and neither is what is made up, or cut off.
      try await world.async.send([1.0, 2.0], to: world.right)
      try await world.async.send([UInt8](), to: world.right)
      var random = SplitMix(5)
      for count in 0..<100 {
        let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
        try await world.async.send(bytes, to: world.right, tag: 1)
      }
      let whole = try MessageEncoder().encode(sample(world.rank, 20))
      for count in whole.indices {
        try await world.async.send(Array(whole[..<count]), to: world.right, tag: 2)
      }
      try await world.async.send(whole, to: world.right, tag: 3)
    }
    let notDecoded = await expectError(.conversion) {
      _ = try await world.async.receive(
        decoding: [String: Fragile].self, from: world.left)
    }
    for _ in 0..<2 {
      await expectError(.conversion) {
        _ = try await world.async.receive(decoding: [Double].self, from: world.left)
      }
    }
    for _ in 0..<100 {
      // Some bytes may be a value; none may end the program.
      _ = try? await world.async.receive(decoding: Job1.self, from: world.left, tag: 1)
    }
    var errors = 0
    let length = try MessageEncoder().encode(sample(world.left, 20)).count
    for _ in 0..<length {
      do {
        _ = try await world.async.receive(decoding: Job1.self, from: world.left, tag: 2)
      } catch {
        if error.code == .conversion { errors += 1 }
      }
    }
    let last = try await world.async.receive(decoding: Job1.self, from: world.left, tag: 3)
    try await sending.value
    #expect(notEncoded?.message == "cannot encode Array<Fragile> at 1: thirteen")
    #expect(notEncoded?.routine == "MPI_Isend")
    #expect(notDecoded?.message == "cannot decode Dictionary<String, Fragile> at a: negative")
    #expect(notDecoded?.routine == "MPI_Imrecv")
    #expect(errors == length)
    #expect(last == sample(world.left, 20))
    for rank in [-1, world.size, .max, .min] {
      await expectError(.invalidRank) { try await world.async.send(encoding: 1, to: rank) }
      await expectError(.invalidRank) {
        _ = try await world.async.receive(decoding: Int.self, from: rank)
      }
      await expectError(.invalidRank) {
        _ = try await world.async.sendReceive(encoding: 1, to: rank, decoding: Int.self, from: 0)
      }
    }
  }

  @Test("A receive that is cancelled loses no message, before and while it waits")
  func cancelledReceive() async throws {
    let world = world
    for early in [true, false] {
      let waiting = Task { () async throws in
        if early { unsafe withUnsafeCurrentTask { unsafe $0?.cancel() } }
        return try await world.async.receive(decoding: Job1.self, from: .any, tag: 1)
      }
      if !early { try await Task.sleep(for: .milliseconds(5)) }
      waiting.cancel()
      let result = await waiting.result
      try await world.async.barrier()
      let received = try await world.async.sendReceive(
        encoding: sample(world.rank, 5), to: world.right, tag: 1, decoding: Job1.self,
        from: world.left)
      #expect(throws: MPIError.self) { try result.get() }
      #expect(received == sample(world.left, 5))
    }
  }

  @Test("A send that is cancelled arrives whole: its bytes outlive the task")
  func cancelledSend() async throws {
    let world = world
    let sending = Task {
      try await world.async.send(
        encoding: sample(world.rank, 200_000), to: world.right, mode: .synchronous)
    }
    // All have begun to send, and no one receives.
    _ = try await world.async.probe(from: world.left)
    try await world.async.barrier()
    sending.cancel()
    let result = await sending.result
    // What was freed would be used again.
    let other = (0..<50).map { [UInt8](repeating: UInt8($0), count: 100_000) }
    try await world.async.barrier()
    let received = try await world.async.receive(decoding: Job1.self, from: world.left)
    #expect(received == sample(world.left, 200_000))
    #expect(throws: MPIError.self) { try result.get() }
    #expect(other.count == 50)
  }

  @Test("Broadcast, around the limit of the first step", arguments: [0, 240, 250, 260, 9000])
  func broadcast(count: Int) async throws {
    for root in 0..<world.size {
      let given = world.rank == root ? sample(root, count) : nil
      let received = try await world.async.broadcast(encoding: given, from: root)
      #expect(received == sample(root, count))
    }
  }

  @Test("The other collectives, of short and of long values", arguments: [0, 40_000])
  func collectives(count: Int) async throws {
    let expected = (0..<world.size).map { sample($0, count + $0) }
    let mine = expected[world.rank]
    for root in 0..<world.size {
      let gathered = try await world.async.gather(encoding: mine, to: root)
      let scattered = try await world.async.scatter(
        encoding: world.rank == root ? expected : nil, from: root)
      #expect(gathered == (world.rank == root ? expected : nil))
      #expect(scattered == mine)
    }
    let all = try await world.async.allGather(encoding: mine)
    let exchanged = try await world.async.allToAll(
      encoding: (0..<world.size).map { Couple(first: mine, second: "to \($0)") })
    #expect(all == expected)
    #expect(exchanged == expected.map { Couple(first: $0, second: "to \(world.rank)") })
  }

  @Test("A value that one rank cannot encode is an error on all") func notEncoded() async throws {
    for bad in 0..<world.size {
      let mine = Fragile(world.rank == bad ? 13 : world.rank)
      await expectError(.conversion) { _ = try await world.async.gather(encoding: mine, to: 0) }
      await expectError(.conversion) { _ = try await world.async.allGather(encoding: mine) }
      let error = await expectError(.conversion) {
        _ = try await world.async.broadcast(encoding: world.rank == bad ? mine : nil, from: bad)
      }
      #expect(error?.message.contains("thirteen") == true)
      #expect(error?.routine == "MPI_Ibcast")
      if world.size > 1 {
        var values = [Fragile](repeating: Fragile(1), count: world.size)
        values[(bad + 1) % world.size] = Fragile(13)
        await expectError(.conversion) {
          _ = try await world.async.scatter(
            encoding: world.rank == bad ? values : nil, from: bad)
        }
        let mine = world.rank == bad ? values : values.map { _ in Fragile(2) }
        await expectError(.conversion) { _ = try await world.async.allToAll(encoding: mine) }
      }
    }
    for root in [-1, world.size] {
      await expectError(.invalidRoot) {
        _ = try await world.async.broadcast(encoding: 1, from: root)
      }
      await expectError(.invalidRoot) { _ = try await world.async.gather(encoding: 1, to: root) }
      await expectError(.invalidRoot) {
        _ = try await world.async.scatter(encoding: [1], from: root)
      }
    }
    let after = try await world.async.allGather(encoding: world.rank)
    #expect(after == Array(0..<world.size))
  }

  @Test("A collective that is cancelled is completed for the others", .ranks(2...))
  func cancelledCollective() async throws {
    let world = world
    let mine = sample(world.rank, 50_000)
    let isFirst = world.rank == 0
    let gathering = Task {
      if isFirst { unsafe withUnsafeCurrentTask { unsafe $0?.cancel() } }
      return try await world.async.allGather(encoding: mine)
    }
    let result = await gathering.result
    let again = try await world.async.allGather(encoding: world.rank)
    // Rank 0 may have had all at once, in spite of it.
    if !isFirst || (try? result.get()) != nil {
      let all = try result.get()
      #expect(all == (0..<world.size).map { sample($0, 50_000) })
    }
    #expect(again == Array(0..<world.size))
  }
}
