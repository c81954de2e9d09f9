import MPI
import Testing

@Suite("Broadcast (MPI 3.1 §5.4)") struct BroadcastTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  /// Example 5.1: 100 ints from process 0 to every process; here from every root.
  @Test("Elements of every root (Example 5.1)", arguments: [0, 1, 100, 30_000])
  func elements(count: Int) throws {
    for root in 0..<world.size {
      let given = values(of: root, count)
      let before = world.rank == root ? given : [Int](repeating: -1, count: count)
      var blocking = before
      try world.broadcast(blocking.mutableSpan, from: root)
      var immediate = before
      let request = try world.immediate.broadcast(immediate.mutableSpan, from: root)
      try request.wait()
      #expect(blocking == given)
      #expect(immediate == given)
    }
  }

  @Test("One value") func scalar() throws {
    for root in 0..<world.size {
      var number = world.rank == root ? 0.1 * Double(root + 1) : .nan
      try world.broadcast(&number, from: root)
      #expect(number == 0.1 * Double(root + 1))
    }
  }

  @Test("An array takes the root's length") func array() throws {
    for root in 0..<world.size {
      var array = values(of: world.rank, 3 * world.rank)
      try world.broadcast(&array, from: root)
      #expect(array == values(of: root, 3 * root))
    }
  }

  @Test("A root outside the communicator") func invalidRoot() throws {
    for root in [-1, world.size, Int.max] {
      var one = [1]
      expectError(.invalidRoot, by: "MPI_Bcast") {
        try world.broadcast(one.mutableSpan, from: root)
      }
      expectError(.invalidRoot) { try world.broadcast(&one, from: root) }
      expectError(.invalidRoot, by: "MPI_Ibcast") {
        _ = try world.immediate.broadcast(one.mutableSpan, from: root)
      }
      #expect(one == [1])
    }
  }
}

@Suite("Barrier (MPI 3.1 §5.3)") struct BarrierTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  /// No rank may leave before the last has entered.
  @Test("Waits for the last rank") func waits() throws {
    let clock = ContinuousClock()
    let late = world.size - 1
    try world.barrier()
    let start = clock.now
    if world.rank == late { while clock.now - start < .milliseconds(60) {} }
    try world.barrier()
    #expect(clock.now - start >= .milliseconds(world.rank == late ? 60 : 20))
  }

  /// A message that is sent before a barrier can be probed for after it; a nonblocking barrier is not complete before
  /// the last rank has begun it.
  @Test("Nonblocking: complete when all have begun") func immediate() throws {
    if world.rank != 0 {
      let request = try world.immediate.barrier()
      #expect(try !request.isComplete())
      try world.send(1, to: 0)
      _ = try request.wait()
    } else {
      for source in 1..<world.size { _ = try world.receive(Int.self, from: source) }
      let request = try world.immediate.barrier()
      _ = try request.wait()
    }
  }
}

@Suite("Scatter (MPI 3.1 §5.6)") struct ScatterTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  /// Example 5.11: 100 ints from the root to each process.
  @Test("100 elements to each rank (Example 5.11)") func hundred() throws {
    for root in 0..<world.size {
      let all = world.rank == root ? (0..<world.size).flatMap { values(of: $0, 100) } : []
      let mine = try world.scatter(all.span, from: root)
      #expect(mine == values(of: world.rank, 100))
    }
  }

  @Test("As evenly as can be", arguments: [0, 1, 2, 5, 6, 13, 700])
  func balanced(count: Int) throws {
    let size = world.size
    for root in 0..<size {
      // What others than the root give is not looked at.
      let all = world.rank == root ? Array(0..<count) : [-1]
      let mine = try world.scatter(all.span, from: root)
      // The first `count % size` ranks get one more.
      let start = world.rank * (count / size) + min(world.rank, count % size)
      let length = count / size + (world.rank < count % size ? 1 : 0)
      #expect(mine == Array(start..<start + length))
    }
  }

  @Test("One element each") func each() throws {
    for root in 0..<world.size {
      let all = world.rank == root ? (0..<world.size).map { value($0, root) } : []
      let mine = try world.scatterEach(all.span, from: root)
      #expect(mine == value(world.rank, root))
    }
  }

  @Test("Into storage", arguments: [0, 1, 6, 4000]) func into(count: Int) throws {
    for root in 0..<world.size {
      let all = world.rank == root ? (0..<world.size).flatMap { values(of: $0, count) } : []
      var blocking = [Int](repeating: -1, count: count)
      try world.scatter(all.span, into: blocking.mutableSpan, from: root)
      var immediate = [Int](repeating: -1, count: count)
      let request = try world.immediate.scatter(
        all.span, into: immediate.mutableSpan, from: root)
      try request.wait()
      #expect(blocking == values(of: world.rank, count))
      #expect(immediate == values(of: world.rank, count))
    }
  }

  @Test("Known numbers, with and without gaps", arguments: 0..<6)
  func partition(seed: Int) throws {
    let counts = randomCounts(world.size, seed: seed)
    let own = values(of: world.rank, counts[world.rank])
    for parts in [Partition(counts: counts), scattered(counts, seed: seed)] {
      for root in 0..<world.size {
        let all = world.rank == root ? gathered(parts, filler: -9) : []
        let mine = try world.scatter(all.span, from: root, counts: parts)
        var blocking = [Int](repeating: -1, count: own.count + 1)
        try world.scatter(all.span, into: blocking.mutableSpan, from: root, counts: parts)
        var immediate = [Int](repeating: -1, count: own.count + 1)
        let request = try world.immediate.scatter(
          all.span, into: immediate.mutableSpan, from: root, counts: parts)
        try request.wait()
        #expect(mine == own)
        #expect(blocking == own + [-1])
        #expect(immediate == own + [-1])
      }
    }
  }

  @Test("In place: the root's own elements stay", arguments: [0, 1, 5])
  func inPlace(count: Int) throws {
    for root in 0..<world.size {
      let all = (0..<world.size).flatMap { values(of: $0, count) }
      var storage = world.rank == root ? all : [Int](repeating: -1, count: count)
      var immediate = storage
      try world.scatter(&storage, from: root)
      let request = try world.immediate.scatter(&immediate, from: root)
      try request.wait()
      let expected = world.rank == root ? all : values(of: world.rank, count)
      #expect(storage == expected)
      #expect(immediate == expected)
    }
  }

  @Test("A root outside the communicator") func invalidRoot() throws {
    for root in [-1, world.size, Int.max] {
      let one = [Int](repeating: 1, count: world.size)
      expectError(.invalidRoot) { _ = try world.scatter(one.span, from: root) }
      expectError(.invalidRoot) { _ = try world.scatterEach(one.span, from: root) }
    }
  }
}
