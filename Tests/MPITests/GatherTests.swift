import MPI
import Testing

@Suite("Gather (MPI 3.1 §5.5)") struct GatherTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  @Test("One value of each rank, to every root") func scalar() throws {
    for root in 0..<world.size {
      let squares = try world.gather(world.rank * world.rank, to: root)
      #expect(squares == (world.rank == root ? (0..<world.size).map { $0 * $0 } : nil))
    }
  }

  /// Example 5.2: 100 ints from every process of the group to the root.
  @Test("100 elements of each rank (Example 5.2)") func hundred() throws {
    let mine = values(of: world.rank, 100)
    for root in 0..<world.size {
      let all = try world.gather(mine.span, to: root)
      let expected = (0..<world.size).flatMap { values(of: $0, 100) }
      #expect(all == (world.rank == root ? expected : nil))
    }
  }

  @Test("Numbers of elements that only their rank knows", arguments: 0..<6)
  func varying(seed: Int) throws {
    let counts = randomCounts(world.size, seed: seed)
    let mine = values(of: world.rank, counts[world.rank])
    for root in 0..<world.size {
      let all = try world.gather(mine.span, to: root)
      #expect(all == (world.rank == root ? gathered(Partition(counts: counts)) : nil))
    }
  }

  @Test("Known numbers of elements, with and without gaps", arguments: 0..<6)
  func partition(seed: Int) throws {
    let counts = randomCounts(world.size, seed: seed)
    let mine = values(of: world.rank, counts[world.rank])
    for parts in [Partition(counts: counts), scattered(counts, seed: seed)] {
      for root in 0..<world.size {
        let all = try world.gather(mine.span, to: root, counts: parts)
        // What lies between the parts is zero.
        #expect(all == (world.rank == root ? gathered(parts) : nil))
      }
    }
  }

  @Test("Into storage, which may be longer", arguments: [0, 1, 5, 3000])
  func into(count: Int) throws {
    let mine = values(of: world.rank, count)
    let parts = Partition(counts: [Int](repeating: count, count: world.size))
    for root in 0..<world.size {
      let room = world.rank == root ? parts.count + 2 : 0
      var blocking = [Int](repeating: -1, count: room)
      try world.gather(mine.span, into: blocking.mutableSpan, to: root)
      var immediate = [Int](repeating: -1, count: room)
      let request = try world.immediate.gather(mine.span, into: immediate.mutableSpan, to: root)
      try request.wait()
      let expected = world.rank == root ? gathered(parts, count: room, filler: -1) : []
      #expect(blocking == expected)
      #expect(immediate == expected)
    }
  }

  @Test("Into storage, known numbers with gaps", arguments: 0..<6)
  func intoPartition(seed: Int) throws {
    let counts = randomCounts(world.size, seed: seed)
    let parts = scattered(counts, seed: seed)
    let mine = values(of: world.rank, counts[world.rank])
    for root in 0..<world.size {
      let room = world.rank == root ? parts.count + 1 : 0
      var blocking = [Int](repeating: -1, count: room)
      try world.gather(mine.span, into: blocking.mutableSpan, to: root, counts: parts)
      var immediate = [Int](repeating: -1, count: room)
      let request = try world.immediate.gather(
        mine.span, into: immediate.mutableSpan, to: root, counts: parts)
      try request.wait()
      // The gaps stay as they were.
      let expected = world.rank == root ? gathered(parts, count: room, filler: -1) : []
      #expect(blocking == expected)
      #expect(immediate == expected)
    }
  }

  @Test("In place: the root's own elements are there already", arguments: [0, 1, 4])
  func inPlace(count: Int) throws {
    let parts = Partition(counts: [Int](repeating: count, count: world.size))
    for root in 0..<world.size {
      var storage = values(of: world.rank, count)
      if world.rank == root {
        storage = [Int](repeating: -1, count: parts.count)
        storage.replaceSubrange(parts[root], with: values(of: root, count))
      }
      var immediate = storage
      try world.gather(&storage, to: root)
      let request = try world.immediate.gather(&immediate, to: root)
      try request.wait()
      let expected = world.rank == root ? gathered(parts) : values(of: world.rank, count)
      #expect(storage == expected)
      #expect(immediate == expected)
    }
  }

  @Test("A root outside the communicator") func invalidRoot() throws {
    for root in [-1, world.size, Int.max, Int.min] {
      let one = [1]
      expectError(.invalidRoot) { _ = try world.gather(1, to: root) }
      expectError(.invalidRoot) { _ = try world.gather(one.span, to: root) }
      expectError(.invalidRoot) {
        var room = [0]
        try world.gather(one.span, into: room.mutableSpan, to: root)
      }
    }
  }
}

@Suite("Gather to all (MPI 3.1 §5.7)") struct AllGatherTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  @Test("One value of each rank") func scalar() throws {
    #expect(try world.allGather(3 * world.rank + 1) == (0..<world.size).map { 3 * $0 + 1 })
  }

  @Test("Numbers of elements that only their rank knows", arguments: 0..<8)
  func varying(seed: Int) throws {
    let counts = randomCounts(world.size, seed: seed)
    let mine = values(of: world.rank, counts[world.rank])
    #expect(try world.allGather(mine.span) == gathered(Partition(counts: counts)))
  }

  @Test("As many elements of each rank", arguments: [0, 1, 100, 5000])
  func equal(count: Int) throws {
    let mine = values(of: world.rank, count)
    let parts = Partition(counts: [Int](repeating: count, count: world.size))
    #expect(try world.allGather(mine.span) == gathered(parts))

    var blocking = [Int](repeating: -1, count: parts.count + 3)
    try world.allGather(mine.span, into: blocking.mutableSpan)
    var immediate = [Int](repeating: -1, count: parts.count + 3)
    let request = try world.immediate.allGather(mine.span, into: immediate.mutableSpan)
    try request.wait()
    let expected = gathered(parts, count: parts.count + 3, filler: -1)
    #expect(blocking == expected)
    #expect(immediate == expected)
  }

  @Test("Known numbers of elements, with and without gaps", arguments: 0..<8)
  func partition(seed: Int) throws {
    let counts = randomCounts(world.size, seed: seed)
    let mine = values(of: world.rank, counts[world.rank])
    for parts in [Partition(counts: counts), scattered(counts, seed: seed)] {
      let all = try world.allGather(mine.span, counts: parts)
      #expect(all == gathered(parts))

      let room = parts.count + 1
      var blocking = [Int](repeating: -1, count: room)
      try world.allGather(mine.span, into: blocking.mutableSpan, counts: parts)
      var immediate = [Int](repeating: -1, count: room)
      let request = try world.immediate.allGather(
        mine.span, into: immediate.mutableSpan, counts: parts)
      try request.wait()
      #expect(blocking == gathered(parts, count: room, filler: -1))
      #expect(immediate == gathered(parts, count: room, filler: -1))

      var inPlace = [Int](repeating: -1, count: room)
      inPlace.replaceSubrange(parts[world.rank], with: mine)
      try world.allGather(&inPlace, counts: parts)
      #expect(inPlace == gathered(parts, count: room, filler: -1))
    }
  }

  @Test("In place", arguments: [0, 1, 7]) func inPlace(count: Int) throws {
    let parts = Partition(counts: [Int](repeating: count, count: world.size))
    var storage = [Int](repeating: -1, count: parts.count)
    storage.replaceSubrange(parts[world.rank], with: values(of: world.rank, count))
    var immediate = storage
    try world.allGather(&storage)
    let request = try world.immediate.allGather(&immediate)
    try request.wait()
    #expect(storage == gathered(parts))
    #expect(immediate == gathered(parts))
  }
}
