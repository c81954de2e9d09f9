import MPI
import Testing

@Suite("In place, in varying numbers (MPI 3.1 §5.5–§5.8, §5.12)")
struct InPlacePartsTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  /// Parts with gaps, in another order than the ranks, and what a rank has of them: its own part.
  private func parts(_ seed: Int) -> Partition {
    scattered(randomCounts(world.size, seed: seed), seed: seed)
  }

  private func storage(_ parts: Partition, with ranks: some Sequence<Int>) -> [Int] {
    var result = [Int](repeating: -1, count: parts.count)
    for rank in ranks {
      result.replaceSubrange(parts[rank], with: values(of: rank, parts.counts[rank]))
    }
    return result
  }

  @Test("Gather", arguments: 0..<4) func gather(seed: Int) throws {
    let parts = parts(seed)
    for root in 0..<world.size {
      let isRoot = world.rank == root
      let own = values(of: world.rank, parts.counts[world.rank])
      let expected = isRoot ? gathered(parts, filler: -1) : own

      var blocking = isRoot ? storage(parts, with: [root]) : own
      try world.gather(&blocking, to: root, counts: parts)
      var nonblocking = isRoot ? storage(parts, with: [root]) : own
      let request = try world.immediate.gather(&nonblocking, to: root, counts: parts)
      try request.wait()
      #expect(blocking == expected)
      #expect(nonblocking == expected)
    }
  }

  @Test("Scatter", arguments: 0..<4) func scatter(seed: Int) throws {
    let parts = parts(seed)
    for root in 0..<world.size {
      let isRoot = world.rank == root
      let empty = [Int](repeating: -1, count: parts.counts[world.rank])
      let expected =
        isRoot ? gathered(parts, filler: -1) : values(of: world.rank, parts.counts[world.rank])

      var blocking = isRoot ? gathered(parts, filler: -1) : empty
      try world.scatter(&blocking, from: root, counts: parts)
      var nonblocking = isRoot ? gathered(parts, filler: -1) : empty
      let request = try world.immediate.scatter(&nonblocking, from: root, counts: parts)
      try request.wait()
      #expect(blocking == expected)
      #expect(nonblocking == expected)
    }
  }

  @Test("Gather to all, nonblocking", arguments: 0..<4) func allGather(seed: Int) throws {
    let parts = parts(seed)
    var elements = storage(parts, with: [world.rank])
    let request = try world.immediate.allGather(&elements, counts: parts)
    try request.wait()
    #expect(elements == gathered(parts, filler: -1))
  }

  @Test("All to all, nonblocking") func allToAll() throws {
    // Ranks a and b swap a + b elements, which bear the numbers of both.
    let parts = Partition(counts: (0..<world.size).map { world.rank + $0 })
    func elements(from sender: (Int) -> Int, to receiver: (Int) -> Int) -> [Int] {
      (0..<world.size).flatMap { peer in
        (0..<parts.counts[peer]).map { 10_000 * sender(peer) + 100 * receiver(peer) + $0 }
      }
    }
    var swapped = elements(from: { _ in world.rank }, to: { $0 })
    let request = try world.immediate.allToAll(&swapped, exchanging: parts)
    try request.wait()
    #expect(swapped == elements(from: { $0 }, to: { _ in world.rank }))
  }

  @Test("Reduce and scatter", arguments: 0..<4) func reduceScatter(seed: Int) throws {
    let parts = Partition(counts: randomCounts(world.size, seed: seed))
    // The sum over all ranks of value(rank, index), for the indices of this rank's part.
    let expected = parts[world.rank].map { index in
      (0..<world.size).reduce(0) { $0 + value($1, index) }
    }
    var blocking = values(of: world.rank, parts.count)
    try world.reduceScatter(&blocking, .sum, counts: parts)
    var nonblocking = values(of: world.rank, parts.count)
    let request = try world.immediate.reduceScatter(&nonblocking, .sum, counts: parts)
    try request.wait()
    #expect(Array(blocking.prefix(expected.count)) == expected)
    #expect(Array(nonblocking.prefix(expected.count)) == expected)
  }
}
