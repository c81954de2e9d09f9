import MPI
import Testing

@Suite("One-sided operations with requests (MPI 3.1 §11.3.5)") struct RequestBasedTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  @Test("Put and get", arguments: [0, 1, 1000, 100_000]) func putAndGet(count: Int) throws {
    let window = try Window<Int>(count: count, on: world)
    let mine = values(of: world.rank, count)
    var back = [Int](repeating: -1, count: count)
    try window.withLockAll { ranks in
      let target = ranks[world.right]
      let writing = try target.immediate.put(mine)
      try writing.wait()
      try target.flush()
      let reading = try target.immediate.get(into: &back)
      while try !reading.isComplete() {}
      try reading.wait()
    }
    try world.barrier()
    let own = try window.withElements { elements in (0..<count).map { elements[$0] } }
    try window.close()
    #expect(back == mine)
    #expect(own == values(of: world.left, count))
  }

  @Test("Several at once, waited for in another order") func several() throws {
    let window = try Window<Int>(count: 4, on: world)
    let (a, b) = ([world.rank], [world.rank + 100])
    var x = [0, 0]
    try window.withLock(on: world.right) { target in
      let first = try target.immediate.put(a, at: 1)
      let second = try target.immediate.put(b, at: 2)
      try second.wait()
      try first.wait()
      try target.flush()
      let third = try target.immediate.get(into: &x, at: 1)
      try third.wait()
    }
    try window.close()
    #expect(x == a + b)
  }

  @Test("Accumulate, and get with accumulate") func accumulate() throws {
    let window = try Window<Int>(count: 3, on: world)
    let mine = [1, 10, 100]
    var before = [0, 0, 0]
    try window.withLockAll { ranks in
      let adding = try ranks[0].immediate.accumulate(mine, .sum)
      try adding.wait()
      try ranks[0].flush()
      try world.barrier()
      let fetching = try ranks[0].immediate.getAccumulate(
        mine, .sum, into: &before)
      try fetching.wait()
    }
    let all = try world.allGather(before[0])
    try world.barrier()
    let last = try window.withLock(on: 0, .shared) { try $0.get(count: 3) }
    try window.close()
    #expect(all.sorted() == Array(world.size..<(2 * world.size)))
    #expect(last == mine.map { 2 * world.size * $0 })
  }

  @Test("A request that is dropped waits") func dropped() throws {
    let window = try Window<Int>(count: 1000, on: world)
    let mine = values(of: world.rank, 1000)
    var back = [Int](repeating: 0, count: 1000)
    try window.withLock(on: world.right) { target in
      do { _ = try target.immediate.put(mine) }
      try target.flush()
      do { _ = try target.immediate.get(into: &back) }
    }
    try window.close()
    #expect(back == mine)
  }
}
