import MPI
import Testing

@Suite("Messages as a sequence") struct MessagesTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  @Test("Every message, with its source and tag, until the loop is left") func all() async throws {
    let count = 100
    let world = world
    let sending = Task {
      for index in 0..<count {
        try await world.async.send(
          [world.rank, index], to: (world.rank + index) % world.size, tag: 6)
      }
    }
    let expected = (0..<world.size).reduce(0) { sum, rank in
      sum + (0..<count).filter { (rank + $0) % world.size == world.rank }.count
    }
    var received: [[Int]] = []
    var sources: [Int?] = []
    if expected > 0 {
      for try await message in world.messages(of: Int.self, tag: .any) {
        received.append(message.elements)
        sources.append(message.source)
        #expect(message.tag == 6)
        if received.count == expected { break }
      }
    }
    try await sending.value
    #expect(sources == received.map { $0[0] })
    for rank in 0..<world.size {
      let indices = received.filter { $0[0] == rank }.map { $0[1] }
      #expect(indices == (0..<count).filter { (rank + $0) % world.size == world.rank })
    }
  }

  @Test("What arrives after the loop is left stays for others") func left() async throws {
    let world = world
    let sending = Task {
      for index in 0..<5 { try await world.async.send(index, to: world.right) }
    }
    var first: [Int] = []
    for try await message in world.messages(of: Int.self, from: world.left) {
      first += message.elements
      if first.count == 2 { break }
    }
    let third = try await world.async.receive(Int.self, from: world.left)
    var rest: [Int] = []
    for try await message in world.messages(of: Int.self) {
      rest += message.elements
      if rest.count == 2 { break }
    }
    try await sending.value
    #expect(first == [0, 1])
    #expect(third == [2])
    #expect(rest == [3, 4])
  }

  @Test("None from no process") func noProcess() async throws {
    let edge: Int? = nil
    for try await message in world.messages(of: Int.self, from: edge) {
      Issue.record("\(message.elements) from no process")
    }
  }

  @Test("Several loops at once, on tags of their own") func several() async throws {
    let world = world
    let (loops, count) = (6, 50)
    let received = try await withThrowingTaskGroup(of: (Int, [Int]).self) { group in
      for loop in 0..<loops {
        group.addTask {
          var elements: [Int] = []
          for try await message in world.messages(
            of: Int.self, tag: MessageTag(rawValue: CInt(loop)))
          {
            elements += message.elements
            if elements.count == count { break }
          }
          return (loop, elements)
        }
      }
      for index in 0..<count {
        for loop in 0..<loops {
          try await world.async.send(
            index * (loop + 1), to: world.right, tag: MessageTag(rawValue: CInt(loop)))
        }
      }
      return try await group.reduce(into: [Int: [Int]]()) { $0[$1.0] = $1.1 }
    }
    for loop in 0..<loops { #expect(received[loop] == (0..<count).map { $0 * (loop + 1) }) }
  }

  @Test("Several loops share the messages of one tag") func shared() async throws {
    let world = world
    let count = 60
    let all = try await withThrowingTaskGroup(of: [Int].self) { group in
      for _ in 0..<4 {
        group.addTask {
          var elements: [Int] = []
          for try await message in world.messages(of: Int.self) {
            if message.elements == [] { break }
            elements += message.elements
          }
          return elements
        }
      }
      for index in 0..<count { try await world.async.send(index, to: world.right) }
      for _ in 0..<4 { try await world.async.send([Int](), to: world.right) }
      return try await group.reduce([], +)
    }
    #expect(all.sorted() == Array(0..<count))
  }

  @Test("A loop ends with an error when its task is cancelled") func cancelled() async throws {
    let world = world
    let loop = Task {
      var count = 0
      do {
        for try await _ in world.messages(of: Int.self) { count += 1 }
      } catch {
        return (count, error.code)
      }
      return (count, .other)
    }
    let sending = Task {
      for index in 0..<3 { try await world.async.send(index, to: world.right) }
    }
    try await Task.sleep(for: .milliseconds(20))
    loop.cancel()
    let (count, code) = await loop.value
    // What it has not taken is there.
    var rest = 0
    for _ in count..<3 { rest += try await world.async.receive(Int.self, from: world.left).count }
    try await sending.value
    #expect(code == .cancelled)
    #expect(count + rest == 3)
  }
}
