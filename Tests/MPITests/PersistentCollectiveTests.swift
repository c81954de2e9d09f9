import MPI
import Testing

@Suite("Persistent collectives are reported where they are absent (MPI 4.0 §6.13)")
struct PersistentCollectiveSupportTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  @Test(
    "Every call throws",
    .enabled(if: !MPI.supports(.persistentCollectives), "this library has them"))
  func absent() throws {
    let persistent = world.persistent
    let parts = Partition(balancing: 10, over: world.size)
    let calls: [(String, () throws -> Void)] = [
      ("Barrier", { _ = try persistent.barrier() }),
      ("Bcast", { _ = try persistent.broadcast(Int.self, count: 1, from: 0) }),
      ("Gather", { _ = try persistent.gather(Int.self, count: 1, to: 0) }),
      ("Gatherv", { _ = try persistent.gather(Int.self, counts: parts, to: 0) }),
      ("Scatter", { _ = try persistent.scatter(Int.self, count: 1, from: 0) }),
      ("Scatterv", { _ = try persistent.scatter(Int.self, counts: parts, from: 0) }),
      ("Allgather", { _ = try persistent.allGather(Int.self, count: 1) }),
      ("Allgatherv", { _ = try persistent.allGather(Int.self, counts: parts) }),
      ("Alltoall", { _ = try persistent.allToAll(Int.self, count: 1) }),
      ("Alltoallw", { _ = try persistent.allToAll(Int.self, sending: parts, receiving: parts) }),
      ("Reduce", { _ = try persistent.reduce(Int.self, count: 1, .sum, to: 0) }),
      ("Allreduce", { _ = try persistent.allReduce(Int.self, count: 1, .sum) }),
      ("Reduce_scatter_block", { _ = try persistent.reduceScatter(Int.self, count: 1, .sum) }),
      ("Reduce_scatter", { _ = try persistent.reduceScatter(Int.self, counts: parts, .sum) }),
      ("Scan", { _ = try persistent.scan(Int.self, count: 1, .sum) }),
      ("Exscan", { _ = try persistent.exclusiveScan(Int.self, count: 1, .sum) }),
    ]
    for (name, call) in calls {
      let error = expectError(.unsupportedOperation, by: "MPI_\(name)_init", call)
      #expect(error?.message.contains("MPI 4.0") == true)
    }
  }
}

/// Each is started several times, with other elements, and compared with what the ranks have by definition.
@Suite(
  "Persistent collectives (MPI 4.0 §6.13)",
  .enabled(if: MPI.supports(.persistentCollectives), "needs MPI 4.0"))
struct PersistentCollectiveTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  private let rounds = 3
  private var ranks: Range<Int> { 0..<world.size }

  /// Element `index` of a rank in a round.
  private func element(_ rank: Int, _ index: Int, _ round: Int) -> Int {
    value(rank, index) + 1000 * round
  }

  /// Starts a collective with the elements of each round, and returns the results of all.
  private func results(_ collective: inout PersistentCollective<Int>, given: Int) throws -> [[Int]]
  {
    var all: [[Int]] = []
    for round in 0..<rounds {
      for index in 0..<given { collective[index] = element(world.rank, index, round) }
      let request = try collective.start()
      try request.wait()
      all.append((0..<collective.result.count).map { collective.result[$0] })
    }
    return all
  }

  @Test("Barrier") func barrier() throws {
    var barrier = try world.persistent.barrier()
    var early: [Bool] = []
    for round in 0..<rounds {
      let late = round % world.size
      if world.rank == late {
        // The others have looked before it starts.
        for _ in 1..<world.size { _ = try world.receive(Bool.self, from: .any) }
        try barrier.start().wait()
      } else {
        let request = try barrier.start()
        early.append(try request.isComplete())
        try world.send(true, to: late)
        try request.wait()
      }
    }
    #expect(!early.contains(true))
  }

  @Test("Broadcast, from every root", arguments: [0, 1, 5000]) func broadcast(count: Int) throws {
    for root in ranks {
      var operation = try world.persistent.broadcast(Int.self, count: count, from: root)
      var received: [[Int]] = []
      for round in 0..<rounds {
        if world.rank == root {
          for index in 0..<count { operation[index] = element(root, index, round) }
        }
        try operation.start().wait()
        received.append((0..<count).map { operation[$0] })
      }
      #expect(received == (0..<rounds).map { r in (0..<count).map { element(root, $0, r) } })
    }
  }

  @Test("Gather, to every root", arguments: [0, 1, 700]) func gather(count: Int) throws {
    for root in ranks {
      var operation = try world.persistent.gather(Int.self, count: count, to: root)
      let received = try results(&operation, given: count)
      for round in 0..<rounds {
        let all = ranks.flatMap { rank in (0..<count).map { element(rank, $0, round) } }
        #expect(received[round] == (world.rank == root ? all : []))
      }
    }
  }

  @Test("Gather and gather to all, known numbers with gaps", arguments: 0..<4)
  func gatherParts(seed: Int) throws {
    let counts = randomCounts(world.size, seed: seed)
    let parts = scattered(counts, seed: seed)
    var toAll = try world.persistent.allGather(Int.self, counts: parts)
    let receivedByAll = try results(&toAll, given: counts[world.rank])
    for root in ranks {
      var operation = try world.persistent.gather(Int.self, counts: parts, to: root)
      let received = try results(&operation, given: counts[world.rank])
      for round in 0..<rounds {
        var all = [Int](repeating: 0, count: parts.count)
        for rank in ranks {
          for (index, place) in parts[rank].enumerated() {
            all[place] = element(rank, index, round)
          }
        }
        #expect(received[round] == (world.rank == root ? all : []))
        #expect(receivedByAll[round] == all)
      }
    }
  }

  @Test("Scatter, from every root", arguments: [0, 1, 700]) func scatter(count: Int) throws {
    for root in ranks {
      var operation = try world.persistent.scatter(Int.self, count: count, from: root)
      let received = try results(&operation, given: world.rank == root ? count * world.size : 0)
      let expected = (0..<rounds).map { round in
        (0..<count).map { element(root, world.rank * count + $0, round) }
      }
      #expect(received == expected)
    }
  }

  @Test("Scatter, known numbers with gaps", arguments: 0..<4) func scatterParts(seed: Int) throws {
    let parts = scattered(randomCounts(world.size, seed: seed), seed: seed)
    for root in ranks {
      var operation = try world.persistent.scatter(Int.self, counts: parts, from: root)
      let received = try results(&operation, given: world.rank == root ? parts.count : 0)
      let expected = (0..<rounds).map { round in
        parts[world.rank].map { element(root, $0, round) }
      }
      #expect(received == expected)
    }
  }

  @Test("Gather to all", arguments: [0, 1, 700]) func allGather(count: Int) throws {
    var operation = try world.persistent.allGather(Int.self, count: count)
    let received = try results(&operation, given: count)
    let expected = (0..<rounds).map { round in
      ranks.flatMap { rank in (0..<count).map { element(rank, $0, round) } }
    }
    #expect(received == expected)
  }

  @Test("All to all", arguments: [0, 1, 700]) func allToAll(count: Int) throws {
    var operation = try world.persistent.allToAll(Int.self, count: count)
    let received = try results(&operation, given: count * world.size)
    let expected = (0..<rounds).map { round in
      ranks.flatMap { rank in
        (0..<count).map { element(rank, world.rank * count + $0, round) }
      }
    }
    #expect(received == expected)
  }

  @Test("All to all, known numbers with gaps") func allToAllParts() throws {
    // Rank r sends r + s elements to rank s.
    let counts = ranks.map { world.rank + $0 }
    let sending = scattered(counts, seed: 1)
    let receiving = scattered(counts, seed: 2)
    var operation = try world.persistent.allToAll(Int.self, sending: sending, receiving: receiving)
    let received = try results(&operation, given: sending.count)
    for round in 0..<rounds {
      for rank in ranks {
        let theirs = scattered(ranks.map { rank + $0 }, seed: 1)[world.rank]
        let expected = theirs.map { element(rank, $0, round) }
        #expect(Array(received[round][receiving[rank]]) == expected)
      }
    }
  }

  @Test("Sums: to all, to a root, scanned, scattered", arguments: [0, 1, 3000])
  func reductions(count: Int) throws {
    func sum(_ ranks: Range<Int>, _ index: Int, _ round: Int) -> Int {
      ranks.reduce(0) { $0 + element($1, index, round) }
    }
    let persistent = world.persistent
    var toAll = try persistent.allReduce(Int.self, count: count, .sum)
    let all = try results(&toAll, given: count)
    var toRoot = try persistent.reduce(Int.self, count: count, .sum, to: world.size - 1)
    let root = try results(&toRoot, given: count)
    var scan = try persistent.scan(Int.self, count: count, .sum)
    let scanned = try results(&scan, given: count)
    var exclusive = try persistent.exclusiveScan(Int.self, count: count, .sum)
    let before = try results(&exclusive, given: count)
    var block = try persistent.reduceScatter(Int.self, count: count, .sum)
    let share = try results(&block, given: count * world.size)
    let parts = Partition(counts: ranks.map { count / 3 + $0 })
    var uneven = try persistent.reduceScatter(Int.self, counts: parts, .sum)
    let part = try results(&uneven, given: parts.count)
    for round in 0..<rounds {
      let total = (0..<count).map { sum(ranks, $0, round) }
      #expect(all[round] == total)
      #expect(root[round] == (world.rank == world.size - 1 ? total : []))
      #expect(scanned[round] == (0..<count).map { sum(0..<world.rank + 1, $0, round) })
      if world.rank > 0 {
        #expect(before[round] == (0..<count).map { sum(0..<world.rank, $0, round) })
      }
      #expect(share[round] == (0..<count).map { sum(ranks, world.rank * count + $0, round) })
      #expect(part[round] == parts[world.rank].map { sum(ranks, $0, round) })
    }
  }

  @Test("A product of matrices, by a closure that the operation keeps") func closure() throws {
    var operation: PersistentCollective<Matrix> = try world.persistent.allReduce(
      Matrix.self, count: 5, Reduction(commutative: false) { $0 * $1 })
    var result: [Matrix] = []
    for _ in 0..<rounds {
      for index in 0..<5 { operation[index] = .sample(world.rank, index) }
      try operation.start().wait()
      result = (0..<5).map { operation.result[$0] }
    }
    #expect(result == (0..<5).map { Matrix.product(ranks, $0) })
  }

  @Test("Vectors, pairs and flags") func types() throws {
    var vectors = try world.persistent.allReduce(SIMD3<Double>.self, count: 2, .sum)
    var places = try world.persistent.allReduce(Located<Double>.self, count: 1, .maxLocation)
    var flags = try world.persistent.allGather(Bool.self, count: 2)
    for _ in 0..<rounds {
      vectors[1] = SIMD3(1, 2, Double(world.rank))
      places[0] = Located(Double(world.rank), at: world.rank)
      flags[1] = true
      try vectors.start().wait()
      try places.start().wait()
      try flags.start().wait()
    }
    let n = Double(world.size)
    let place = places.result[0]
    let vector = vectors.result[1]
    let flag = (0..<2 * world.size).map { flags.result[$0] }
    #expect(vector == SIMD3(n, 2 * n, n * (n - 1) / 2))
    #expect(place == Located(n - 1, at: world.size - 1))
    #expect(flag == (0..<2 * world.size).map { !$0.isMultiple(of: 2) })
  }

  @Test("With hints, several under way, waited for in another order") func several() throws {
    var a = try world.persistent.allReduce(Int.self, count: 1, .sum, info: ["mpi_assert": "x"])
    var b = try world.persistent.allGather(Int.self, count: 1)
    var c = try world.persistent.broadcast(Int.self, count: 1, from: 0)
    for round in 0..<rounds {
      a[0] = world.rank
      b[0] = world.rank
      if world.rank == 0 { c[0] = 40 + round }
      let first = try a.start()
      let second = try b.start()
      let third = try c.start()
      try third.wait()
      try first.wait()
      try second.wait()
    }
    let sum = a.result[0]
    let all = ranks.map { b.result[$0] }
    let given = c[0]
    #expect(sum == world.size * (world.size - 1) / 2)
    #expect(all == Array(ranks))
    #expect(given == 42)
  }

  @Test("A root outside the communicator") func invalidRoot() throws {
    for root in [-1, world.size] {
      expectError(.invalidRoot, by: "MPI_Bcast_init") {
        _ = try world.persistent.broadcast(Int.self, count: 1, from: root)
      }
      expectError(.invalidRoot, by: "MPI_Reduce_init") {
        _ = try world.persistent.reduce(Int.self, count: 1, .sum, to: root)
      }
      expectError(.invalidRoot) {
        _ = try world.persistent.gather(Int.self, count: 1, to: root)
      }
    }
  }
}
