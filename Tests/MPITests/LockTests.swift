import MPI
import Testing

@Suite("Locks: passive targets (MPI 3.1 §11.5.3)") struct LockTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  @Test("Operations under an exclusive lock are complete when they return") func exclusive() throws
  {
    let window = try Window<Int>(count: 6, on: world)
    let mine = values(of: world.rank, 3)
    var read = [0, 0, 0]
    let (one, array) = try window.withLock(on: world.right) { target in
      try target.put(mine, at: 1)
      try target.put(-5, at: 5)
      try target.get(into: &read, at: 1)
      #expect(target.rank == world.right)
      return (try target.get(at: 5), try target.get(count: 6))
    }
    try world.barrier()
    let own = try window.withElements { elements in (0..<6).map { elements[$0] } }
    try window.close()
    #expect(read == mine)
    #expect(one == -5)
    #expect(array == [0] + mine + [0, -5])
    #expect(own == [0] + values(of: world.left, 3) + [0, -5])
  }

  @Test("Several locks at once") func several() throws {
    let window = try Window<Int>(count: 1, on: world)
    try window.withLock(on: 0, .shared) { first in
      try first.accumulate(1, .sum, at: 0)
      guard world.size > 1 else { return }
      try window.withLock(on: 1, .shared, .noCheck) { second in
        try second.accumulate(2, .sum, at: 0)
        try first.accumulate(10, .sum, at: 0)
      }
    }
    try world.barrier()
    let own = try window.withElements { $0[0] }
    try window.close()
    let expected = world.size == 1 ? [1] : [11 * world.size, 2 * world.size]
    #expect(own == (world.rank < 2 ? expected[world.rank] : 0))
  }

  @Test("A lock that an error is thrown past is released") func thrown() throws {
    struct Failure: Error {}
    let window = try Window<Int>(count: 1, on: world)
    for kind in [LockKind.exclusive, .shared] {
      #expect(throws: Failure.self) {
        try window.withLock(on: 0, kind) { target in
          try target.accumulate(1, .sum, at: 0)
          throw Failure()
        }
      }
    }
    #expect(throws: Failure.self) { try window.withLockAll { _ in throw Failure() } }
    try world.barrier()
    // Only one that is free can be locked again.
    let last = try window.withLock(on: 0) { try $0.get(at: 0) }
    try window.close()
    #expect(last == 2 * world.size)
  }

  @Test("Own memory, while others use locks") func ownMemory() throws {
    var window = try Window<Int>(count: 1, on: world)
    // Each rank counts up its own element in memory, and its right neighbor's from outside.
    for _ in 0..<25 {
      try window.withMutableElements { elements in elements[0] += 1 }
      try window.withLock(on: world.right) { target in
        try target.put(target.get(at: 0) + 1, at: 0)
      }
    }
    try world.barrier()
    let own = try window.withElements { $0[0] }
    try window.close()
    #expect(own == 50)
  }

  @Test("All ranks locked: operations in flight together, and flushes") func lockAll() throws {
    let window = try Window<Int>(count: world.size, on: world)
    let mine = [world.rank + 1]
    var gathered = [Int](repeating: 0, count: world.size)
    try window.withLockAll { ranks in
      do {
        var epoch = ranks.epoch()
        for target in 0..<world.size { try epoch.put(mine, to: target, at: world.rank) }
        try epoch.end()
      }
      try world.barrier()
      do {
        var epoch = ranks.epoch()
        try epoch.get(into: &gathered, from: world.right)
        try epoch.end()
      }
      try ranks.synchronize()
      let own = (0..<world.size).map { window.span[$0] }
      #expect(own == Array(1...world.size))
      try ranks.flushAll()
      try ranks.flushAllLocally()
      try ranks[world.right].flush()
      try ranks[world.right].flushLocally()
      try world.barrier()
    }
    try window.close()
    #expect(gathered == Array(1...world.size))
  }

  @Test("An epoch of flushes that is dropped is flushed") func droppedEpoch() throws {
    let window = try Window<Int>(count: 1, on: world)
    let mine = [world.rank]
    var back = [-1]
    try window.withLockAll { ranks in
      do {
        var epoch = ranks.epoch()
        try epoch.put(mine, to: world.right)
      }
      do {
        var epoch = ranks.epoch()
        try epoch.get(into: &back, from: world.right)
      }
    }
    try window.close()
    #expect(back == mine)
  }

  @Test("A put and a message that tells of it") func notification() throws {
    let window = try Window<Int>(count: 1, on: world)
    var own = -1
    try window.withLockAll { ranks in
      for round in 0..<20 {
        try ranks[world.right].put(1000 * world.rank + round, at: 0)
        // The put is complete at the target when it has returned.
        let token = [round]
        let telling = try world.immediate.send(token.span, to: world.right)
        _ = try world.receive(Int.self, from: world.left)
        try telling.wait()
        try ranks.synchronize()
        own = window.span[0]
        let expected = 1000 * world.left + round
        #expect(own == expected)
        try world.barrier()
      }
    }
    try window.close()
  }
}
