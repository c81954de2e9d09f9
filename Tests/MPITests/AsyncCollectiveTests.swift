import MPI
import Testing

@Suite("Collectives that tasks wait for (MPI 3.1 §5.12)") struct AsyncCollectiveTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  var ranks: [Int] { Array(0..<world.size) }

  @Test("Nobody leaves a barrier before all have come") func barrier() async throws {
    // No one receives before all have seen all messages.
    let (world, ranks) = (world, ranks)
    let sending = ranks.map { peer in Task { try await world.async.send(world.rank, to: peer) } }
    for peer in ranks { _ = try await world.async.probe(from: peer) }
    try await world.async.barrier()
    var sources: [Int] = []
    for peer in ranks { sources += try await world.async.receive(Int.self, from: peer) }
    for task in sending { try await task.value }
    #expect(sources == ranks)
  }

  @Test("Broadcast", arguments: [0, 1, 50_000]) func broadcast(count: Int) async throws {
    let root = world.size - 1
    let elements = world.rank == root ? values(of: root, count) : []
    let all = try await world.async.broadcast(elements, from: root)
    let one = try await world.async.broadcast(Double(world.rank), from: root)
    #expect(all == values(of: root, count))
    #expect(one == Double(root))
  }

  @Test("Gather", arguments: 0..<4) func gather(seed: Int) async throws {
    let counts = randomCounts(world.size, seed: seed)
    let mine = values(of: world.rank, counts[world.rank])
    let parts = scattered(counts, seed: seed)
    let root = seed % world.size
    let found = try await world.async.gather(mine, to: root)
    let known = try await world.async.gather(mine, to: root, counts: parts)
    let each = try await world.async.gather(world.rank, to: root)
    let isRoot = world.rank == root
    #expect(found == (isRoot ? gathered(Partition(counts: counts)) : nil))
    #expect(known == (isRoot ? gathered(parts) : nil))
    #expect(each == (isRoot ? ranks : nil))
  }

  @Test("Scatter", arguments: 0..<4) func scatter(seed: Int) async throws {
    let root = seed % world.size
    let isRoot = world.rank == root
    let count = 3 * world.size + seed
    let even = try await world.async.scatter(isRoot ? values(of: root, count) : [], from: root)
    let balanced = Partition(balancing: count, over: world.size)
    let parts = scattered(randomCounts(world.size, seed: seed), seed: seed)
    let all = gathered(parts)
    let known = try await world.async.scatter(isRoot ? all : [], from: root, counts: parts)
    let each = try await world.async.scatterEach(isRoot ? ranks : [], from: root)
    #expect(even == Array(values(of: root, count)[balanced[world.rank]]))
    #expect(known == Array(all[parts[world.rank]]))
    #expect(each == world.rank)
  }

  @Test("All-gather", arguments: 0..<4) func allGather(seed: Int) async throws {
    let counts = randomCounts(world.size, seed: seed)
    let mine = values(of: world.rank, counts[world.rank])
    let parts = scattered(counts, seed: seed)
    let found = try await world.async.allGather(mine)
    let known = try await world.async.allGather(mine, counts: parts)
    let each = try await world.async.allGather(world.rank)
    #expect(found == gathered(Partition(counts: counts)))
    #expect(known == gathered(parts))
    #expect(each == ranks)
  }

  @Test("All-to-all") func allToAll() async throws {
    // r + 1 copies of one's rank to rank r.
    let sending = Partition(counts: ranks.map { $0 + 1 })
    let receiving = Partition(counts: ranks.map { _ in world.rank + 1 })
    let mine = [Int](repeating: world.rank, count: sending.count)
    let expected = ranks.flatMap { [Int](repeating: $0, count: world.rank + 1) }
    let equal = try await world.async.allToAll(ranks.map { value(world.rank, $0) })
    let found = try await world.async.allToAll(mine, sending: sending)
    let known = try await world.async.allToAll(mine, sending: sending, receiving: receiving)
    #expect(equal == ranks.map { value($0, world.rank) })
    #expect(found == expected)
    #expect(known == expected)
  }

  @Test("Reductions") func reduce() async throws {
    let root = world.size - 1
    let mine = values(of: world.rank, 5)
    let sums = (0..<5).map { i in ranks.reduce(0) { $0 + value($1, i) } }
    let all = try await world.async.allReduce(mine, .sum)
    let most = try await world.async.allReduce(world.rank, .max)
    let atRoot = try await world.async.reduce(mine, .sum, to: root)
    let one = try await world.async.reduce(world.rank, .sum, to: root)
    // Numbers written one behind the other, with the powers of their base: not commutative.
    let joined = Reduction<SIMD2<Int>>(commutative: false) { a, b in
      SIMD2(a.x * b.y + b.x, a.y * b.y)
    }
    let base = world.size + 1
    let digits = try await world.async.allReduce(SIMD2(world.rank, base), joined)
    #expect(all == sums)
    #expect(most == world.size - 1)
    #expect(atRoot == (world.rank == root ? sums : nil))
    #expect(one == (world.rank == root ? world.size * (world.size - 1) / 2 : nil))
    #expect(digits.x == ranks.reduce(0) { $0 * base + $1 })
  }

  @Test("Reductions that are divided, and running ones") func scans() async throws {
    let count = 2 * world.size + 1
    let mine = values(of: world.rank, count)
    let sums = (0..<count).map { i in ranks.reduce(0) { $0 + value($1, i) } }
    let uneven = try await world.async.reduceScatter(mine, .sum)
    let even = try await world.async.reduceScatter(Array(mine.dropLast()), .sum)
    let parts = Partition(counts: ranks.map { $0 == 0 ? count : 0 })
    let first = try await world.async.reduceScatter(mine, .sum, counts: parts)
    let upTo = try await world.async.scan(mine, .sum)
    let before = try await world.async.exclusiveScan(mine, .sum)
    let counts = try await world.async.scan(1, .sum)
    let start = try await world.async.exclusiveScan(1, .sum)
    let balanced = Partition(balancing: count, over: world.size)
    let rank = world.rank
    #expect(uneven == Array(sums[balanced[rank]]))
    #expect(even == Array(sums[2 * rank..<2 * rank + 2]))
    #expect(first == (rank == 0 ? sums : []))
    #expect(upTo == (0..<count).map { i in (0...rank).reduce(0) { $0 + value($1, i) } })
    #expect(
      before
        == (rank == 0 ? nil : (0..<count).map { i in (0..<rank).reduce(0) { $0 + value($1, i) } }))
    #expect(counts == rank + 1)
    #expect(start == (rank == 0 ? nil : rank))
  }
}
