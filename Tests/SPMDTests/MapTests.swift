import MPI
import Support
import Synchronization
import Testing

@testable import SPMD

private struct Job: Codable, Equatable, Sendable {
  var name: String
  var values: [Double]
}

private struct Answer: Codable, Equatable, Sendable {
  var name: String
  var sum: Double
}

private struct Refused: Error, CustomStringConvertible {
  var description: String { "refused" }
}

/// The numbers from 0, which are there as soon as they are asked for.
private final class CountedNumbers: AsyncSequence, Sendable {
  let count: Int
  /// How many have been asked for.
  let taken = Atomic(0)

  init(count: Int) { self.count = count }

  struct AsyncIterator: AsyncIteratorProtocol {
    let numbers: CountedNumbers

    mutating func next() async throws -> Int? {
      let number = numbers.taken.add(1, ordering: .relaxed).oldValue
      return number < numbers.count ? number : nil
    }
  }

  func makeAsyncIterator() -> AsyncIterator { AsyncIterator(numbers: self) }
}

@Suite struct MapTests {
  private func spin(_ seconds: Double) {
    let end = poolClock() + seconds
    while poolClock() < end {}
  }

  @Test(arguments: [0, 1, 2, 10, 1000, 100_000]) func inOrder(count: Int) throws {
    try withWorld { world in
      let squares = try world.map(0..<count) { $0 * $0 }
      let isRoot = world.rank == 0
      #expect((squares != nil) == isRoot)
      if let squares { #expect(squares == (0..<count).map { $0 * $0 }) }
    }
  }

  /// The last rank has the tasks, the others give what is not looked at.
  @Test func anotherRoot() throws {
    try withWorld { world in
      let root = world.size - 1
      let tasks = world.rank == root ? [3.0, 4, 5] : [1.0]
      let halves = try world.map(tasks, from: root) { $0 / 2 }
      #expect(halves == (world.rank == root ? [1.5, 2, 2.5] : nil))
    }
  }

  @Test func codableTasks() throws {
    try withWorld { world in
      let jobs = (0..<500).map { index in
        Job(name: "job \(index)", values: (0..<(index % 50)).map { Double($0 + index) })
      }
      let answers = try world.map(jobs) { job in
        Answer(name: job.name, sum: job.values.reduce(0, +))
      }
      if let answers {
        #expect(answers == jobs.map { Answer(name: $0.name, sum: $0.values.reduce(0, +)) })
      }
    }
  }

  /// Large tasks and outputs, beyond what a library sends at once.
  @Test func largeTasks() throws {
    try withWorld { world in
      let jobs = (0..<12).map { Job(name: "\($0)", values: Array(repeating: 1, count: 100_000)) }
      let turned = try world.map(jobs) { Job(name: $0.name, values: $0.values.map { $0 + 1 }) }
      if let turned {
        #expect(turned.map(\.name) == jobs.map(\.name))
        #expect(turned.allSatisfy { $0.values.count == 100_000 && $0.values[99_999] == 2 })
      }
    }
  }

  /// All ranks take part, also in few long tasks among many short ones.
  @Test func everyRankWorks() throws {
    try withWorld { world in
      let ranks = try world.map(0..<(20 * world.size)) { task in
        spin(0.002)
        return world.rank
      }
      if let ranks { #expect(Set(ranks) == Set(0..<world.size)) }
    }
  }

  @Test func created() throws {
    try withWorld { world in
      // A tree in which task n has the children 10n + 1 … 10n + n % 4.
      let outputs = try world.map([1, 2, 3]) { (task: Int, created: inout [Int]) in
        if task < 100_000 { for child in 0..<(task % 4) { created.append(task * 10 + child) } }
        return task
      }
      var expected = [1, 2, 3]
      var next = 0
      while next < expected.count {
        let task = expected[next]
        if task < 100_000 { for child in 0..<(task % 4) { expected.append(task * 10 + child) } }
        next += 1
      }
      if let outputs { #expect(outputs == expected) }
    }
  }

  @Test func aTaskThatThrowsEndsAll() throws {
    try withWorld { world in
      var failure: TaskFailure?
      do {
        _ = try world.map(0..<1000) { task in
          if task == 321 { throw Refused() }
          return task
        }
      } catch let error as TaskFailure {
        failure = error
      }
      #expect(failure?.task == 321 && failure?.message == "refused")
      // And the ranks are in step.
      let sum = try world.allReduce(1, .sum)
      #expect(sum == world.size)
    }
  }

  @Test func failuresAmongResults() throws {
    try withWorld { world in
      let results = try world.mapResults(0..<1000) { task in
        if task % 100 == 7 { throw Refused() }
        return -task
      }
      guard let results else { return }
      #expect(results.count == 1000)
      for (task, result) in results.enumerated() {
        switch result {
        case .success(let output): #expect(task % 100 != 7 && output == -task)
        case .failure(let failure):
          #expect(task % 100 == 7 && failure.task == task && failure.message == "refused")
        }
      }
    }
  }

  @Test func asTheyCome() throws {
    try withWorld { world in
      var seen: [Int: Int] = [:]
      try world.forEachOutput(of: 0..<2000) { (task: Int, created: inout [Int]) in
        task + 1
      } _: { task, output in
        seen[task] = try output.get()
      }
      #expect(seen.count == (world.rank == 0 ? 2000 : 0))
      #expect(seen.allSatisfy { $0.value == $0.key + 1 })
    }
  }

  /// What a task has created before it fails is run, whichever rank that was.
  @Test func createdByThoseThatFail() throws {
    try withWorld { world in
      var outputs: [Int] = []
      var failures = 0
      try world.forEachOutput(of: 0..<900) { (task: Int, created: inout [Int]) in
        spin(20e-6)
        if task >= 0 { created.append(-1 - task) }
        if task >= 0 && task % 3 == 0 { throw Refused() }
        return task
      } _: { _, output in
        if let output = try? output.get() { outputs.append(output) } else { failures += 1 }
      }
      guard world.rank == 0 else { return }
      #expect(failures == 300)
      let expected = (0..<900).map { -1 - $0 } + (0..<900).filter { $0 % 3 > 0 }
      #expect(outputs.sorted() == expected.sorted())
    }
  }

  /// The root has had enough: all ranks end.
  @Test func theReceiverThrows() throws {
    try withWorld { world in
      var caught = ""
      do {
        try world.forEachOutput(of: 0..<5000) { (task: Int, created: inout [Int]) in
          task
        } _: { task, _ in
          if task == 77 { throw Refused() }
        }
      } catch {
        caught = "\(error)"
      }
      #expect(caught == "refused")
    }
  }

  @Test func aSequenceThatArrivesSlowly() throws {
    try withWorld { world in
      let start = poolClock()
      let slow = (0..<30).lazy.map { index in
        spin(0.003)
        return index
      }
      let outputs = try world.map(slow) { $0 + 1 }
      if let outputs { #expect(outputs == Array(1...30)) }
      #expect(poolClock() - start < 20)
    }
  }

  @Test func anAsyncSequence() async throws {
    let world = TestWorld.world
    let stream = AsyncThrowingStream<Int, any Error> { continuation in
      Task {
        for index in 0..<50 {
          try await Task.sleep(for: .milliseconds(1))
          continuation.yield(index)
        }
        continuation.finish()
      }
    }
    let outputs = try await world.map(stream) { $0 * 2 }
    #expect(outputs == (world.rank == 0 ? (0..<50).map { $0 * 2 } : nil))
  }

  /// It is ahead of the ranks by more than they may have waiting.
  @Test func anAsyncSequenceThatIsAhead() async throws {
    let world = TestWorld.world
    let count = 300_000
    let stream = AsyncThrowingStream<Int, any Error> { continuation in
      for index in 0..<count { continuation.yield(index) }
      continuation.finish()
    }
    let outputs = try await world.map(stream) { task in
      // The first one gives the sequence time.
      if task == 0 { spin(0.5) }
      return task
    }
    // Too many to be shown.
    let isEachOnce = outputs == (world.rank == 0 ? Array(0..<count) : nil)
    #expect(isEachOnce, "\(outputs?.count ?? 0) outputs")
  }

  /// What has been read of a sequence and not been run, on the root, is bounded.
  @Test func anAsyncSequenceLongerThanMemory() async throws {
    let world = TestWorld.world
    let numbers = CountedNumbers(count: 500_000)
    var begun = 0
    var most = 0
    let outputs = try await world.map(numbers) { (task: Int) -> Int in
      begun += 1
      if world.size == 1 { most = max(most, numbers.taken.load(ordering: .relaxed) - begun) }
      return task
    }
    let sum = (outputs ?? []).reduce(0, +)
    #expect(sum == (world.rank == 0 ? 500_000 * 499_999 / 2 : 0))
    #expect(most < 200_000)
  }

  @Test func anAsyncSequenceThatFails() async throws {
    let world = TestWorld.world
    var caught = ""
    do {
      let stream = AsyncThrowingStream<Int, any Error> { continuation in
        for index in 0..<50 { continuation.yield(index) }
        continuation.finish(throwing: Refused())
      }
      _ = try await world.map(stream) { $0 * 2 }
    } catch {
      caught = "\(error)"
    }
    #expect(caught == "refused")
  }

  /// Uneven tasks: nobody waits long for the last.
  @Test(.ranks(2...2)) func unevenTasks() throws {
    try withWorld { world in
      var random = RandomStream(seed: 3)
      let tasks = (0..<400).map { _ in Double.random(in: 0.0001...0.002, using: &random) }
      let start = poolClock()
      _ = try world.map(tasks) { seconds in
        spin(seconds)
        return 0
      }
      // The machine may be busy: Benchmarks/pool tells more.
      #expect(poolClock() - start < 3 * tasks.reduce(0, +))
    }
  }
}
