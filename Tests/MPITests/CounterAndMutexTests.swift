import MPI
import Support
import Testing

@Suite("A counter and a lock of all ranks") struct CounterAndMutexTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  @Test("Each number is given once") func counter() throws {
    let counter = try GlobalCounter(on: world, initial: 100, home: world.size - 1)
    var mine: [Int] = []
    for _ in 0..<30 { mine.append(try counter.next()) }
    let all = try world.allGather(mine.span)
    let value = try counter.value
    try world.barrier()
    try counter.add(2)
    _ = try counter.next(by: 3)
    try world.barrier()
    let later = try counter.value
    try world.barrier()
    let before = try counter.exchange(world.rank)
    let others = try world.allGather(before)
    let last = try counter.value
    try counter.close()
    #expect(all.sorted() == Array(100..<(100 + 30 * world.size)))
    #expect(value == 100 + 30 * world.size)
    #expect(later == 100 + 35 * world.size)
    // Each rank has found what another, or the counting, had left; the last one's number is there.
    #expect((others + [last]).sorted() == (Array(0..<world.size) + [later]).sorted())
  }

  @Test("Tasks are shared out") func tasks() throws {
    let counter = try GlobalCounter(on: world)
    var done = [Int](repeating: 0, count: 200)
    while case let task = try counter.next(), task < done.count { done[task] += 1 }
    let sums = try world.allReduce(done.span, .sum)
    try counter.close()
    #expect(sums == [Int](repeating: 1, count: 200))
  }

  @Test("A home outside the communicator") func home() throws {
    expectError(.invalidRoot) { try GlobalCounter(on: world, home: world.size).close() }
    expectError(.invalidRoot) { try GlobalMutex(on: world, home: -1).close() }
  }

  /// A read and a write that are two steps: increments would be lost if two ranks were in between.
  @Test("One rank at a time", arguments: [0, 1]) func mutex(home: Int) throws {
    var mutex = try GlobalMutex(on: world, home: min(home, world.size - 1))
    let window = try Window<Int>(count: 2, on: world)
    try window.withLockAll { ranks in
      for _ in 0..<25 {
        try mutex.withLock {
          let number = try ranks[0].get(at: 1)
          try ranks[0].put(number + 1, at: 1)
        }
      }
    }
    try world.barrier()
    let last = try window.withLock(on: 0, .shared) { try $0.get(at: 1) }
    try mutex.close()
    try window.close()
    #expect(last == 25 * world.size)
  }

  @Test("Who asks while another holds it waits", .ranks(2...)) func waits() throws {
    var mutex = try GlobalMutex(on: world)
    let counter = try GlobalCounter(on: world)
    var turn = -1
    if world.rank == 0 {
      try mutex.withLock {
        for rank in 1..<world.size { try world.send(0, to: rank) }
        for rank in 1..<world.size { _ = try world.receive(Int.self, from: rank) }
        for _ in 0..<200 { _ = try counter.value }
        turn = try counter.next()
      }
    } else {
      _ = try world.receive(Int.self, from: 0)
      try world.send(0, to: 0)
      try mutex.withLock { turn = try counter.next() }
    }
    let turns = try world.allGather(turn)
    try counter.close()
    try mutex.close()
    #expect(turns.sorted() == Array(0..<world.size))
    #expect(turns[0] == 0)
  }

  @Test("An error hands the lock on") func thrown() throws {
    struct Failure: Error {}
    var mutex = try GlobalMutex(on: world)
    var failures = 0
    for _ in 0..<5 {
      do { try mutex.withLock { throw Failure() } } catch is Failure { failures += 1 }
    }
    let last = try mutex.withLock { 5 }
    try mutex.close()
    #expect(failures == 5)
    #expect(last == 5)
  }

  @Test("Only if nobody holds it") func ifAvailable() throws {
    var mutex = try GlobalMutex(on: world)
    var results: [Bool] = []
    if world.rank == 0 {
      try mutex.withLock {
        try world.barrier()
        try world.barrier()
      }
    } else {
      try world.barrier()
      results.append(try mutex.withLockIfAvailable { true } ?? false)
      try world.barrier()
    }
    try world.barrier()
    // One after the other, each finds it free.
    for rank in 0..<world.size {
      if rank == world.rank { results.append(try mutex.withLockIfAvailable { true } ?? false) }
      try world.barrier()
    }
    try mutex.close()
    #expect(results == (world.rank == 0 ? [true] : [false, true]))
  }
}
