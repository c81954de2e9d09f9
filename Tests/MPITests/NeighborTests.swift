import MPI
import Support
import Testing

/// Who sends what to whom, computed without the library: for each rank and slot where it comes from.
protocol Neighborhood {
  /// The number of neighbors that a rank sends to.
  func outCount(_ rank: Int) -> Int
  /// From which rank, and from which of its slots, a rank receives in each of its slots.
  func senders(_ rank: Int) -> [(rank: Int, slot: Int)?]
}

extension Grid: Neighborhood {
  func outCount(_ rank: Int) -> Int { 2 * extents.count }

  /// What comes from the lower neighbor is what that one has for its upper neighbor.
  func senders(_ rank: Int) -> [(rank: Int, slot: Int)?] {
    neighbors(rank).enumerated().map { slot, neighbor in neighbor.map { ($0, slot ^ 1) } }
  }
}

extension RandomGraph: Neighborhood {
  func outCount(_ rank: Int) -> Int { destinations[rank].count }

  func senders(_ rank: Int) -> [(rank: Int, slot: Int)?] {
    sources[rank].indices.map { sender(rank, $0) }
  }
}

@Suite("Neighborhood collectives (MPI 3.1 §7.6, §7.7)") struct NeighborTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  /// What a rank has for its neighbor `slot`.
  func message(_ rank: Int, _ slot: Int, _ count: Int) -> [Int] {
    (0..<count).map { value(rank, $0) + slot * 1_000_000_007 }
  }

  /// Calls `body` with every topology there is a table of.
  func forEachTopology(
    _ body: (TopologyCommunicator, any Neighborhood, _ name: String) throws -> Void
  ) throws {
    for grid in Grid.some(world.size) {
      if let made = try world.cartesian(Dimensions(grid.extents), periodic: grid.periodic) {
        try body(made, grid, "\(grid.testDescription)")
      }
    }
    // Directed, with and without edges that are there several times; and one in which all have as
    // many neighbors on both sides.
    for (number, random) in [
      RandomGraph(world.size, seed: 50), RandomGraph(world.size, seed: 51),
      RandomGraph(world.size, seed: 52, repeating: true),
      RandomGraph(world.size, seed: 53, repeating: true),
      RandomGraph(circulant: world.size, seed: 54),
    ].enumerated() {
      let made = try world.distributedGraph(
        sources: random.sources[world.rank], destinations: random.destinations[world.rank])
      try body(made, random, "graph \(number)")
    }
  }

  @Test("As many elements to each neighbor", arguments: [0, 1, 3, 1500])
  func equal(count: Int) throws {
    try forEachTopology { topology, table, name in
      let rank = topology.rank
      let sent = (0..<table.outCount(rank)).flatMap { message(rank, $0, count) }
      let senders = table.senders(rank)
      // On a rank that sends nothing, the size of the storage tells how much it receives.
      let spare = table.outCount(rank) == 0 ? 0 : 1
      var filled = senders.flatMap { sender in
        sender.map { message($0.rank, $0.slot, count) } ?? [Int](repeating: -1, count: count)
      }
      let array = try topology.neighborAllToAll(sent)
      var blocking = [Int](repeating: -1, count: filled.count + spare)
      try topology.neighborAllToAll(sent, into: &blocking)
      var immediate = [Int](repeating: -1, count: filled.count + spare)
      let request = try topology.immediate.neighborAllToAll(sent, into: &immediate)
      try request.wait()
      #expect(array == filled.map { $0 == -1 ? 0 : $0 }, "\(name)")
      filled += [Int](repeating: -1, count: spare)
      #expect(blocking == filled, "\(name)")
      #expect(immediate == filled, "\(name)")
    }
  }

  @Test("As many elements of each neighbor", arguments: [0, 1, 3, 1500])
  func gatheringEqual(count: Int) throws {
    try forEachTopology { topology, table, name in
      let mine = values(of: topology.rank, count)
      let senders = table.senders(topology.rank)
      let filled = senders.flatMap { sender in
        sender.map { values(of: $0.rank, count) } ?? [Int](repeating: -1, count: count)
      }
      let array = try topology.neighborAllGather(mine)
      let ranks = try topology.neighborAllGather(topology.rank)
      var blocking = [Int](repeating: -1, count: filled.count + 1)
      try topology.neighborAllGather(mine, into: &blocking)
      var immediate = [Int](repeating: -1, count: filled.count + 1)
      let request = try topology.immediate.neighborAllGather(mine, into: &immediate)
      try request.wait()
      #expect(array == filled.filter { $0 != -1 }, "\(name)")
      #expect(ranks == senders.map { $0?.rank }, "\(name)")
      #expect(blocking == filled + [-1], "\(name)")
      #expect(immediate == filled + [-1], "\(name)")
    }
  }

  /// How many elements a rank has for its neighbor `slot`.
  func count(_ rank: Int, _ slot: Int, seed: Int) -> Int {
    var random = SplitMix(seed * 1_000_000 + rank * 1000 + slot)
    return Int.random(in: 0...9, using: &random) * Int.random(in: 0...1, using: &random)
  }

  @Test("Varying numbers to each neighbor, with gaps on both sides", arguments: 0..<3)
  func varying(seed: Int) throws {
    try forEachTopology { topology, table, name in
      let rank = topology.rank
      let counts = (0..<table.outCount(rank)).map { count(rank, $0, seed: seed) }
      let sending = scattered(counts, seed: seed)
      var sent = [Int](repeating: -2, count: sending.count)
      for slot in counts.indices {
        sent.replaceSubrange(sending[slot], with: message(rank, slot, counts[slot]))
      }
      let senders = table.senders(rank)
      let receiving = scattered(
        senders.map { $0.map { count($0.rank, $0.slot, seed: seed) } ?? 3 }, seed: seed + 9 + rank)
      var expected = [Int](repeating: -1, count: receiving.count + 1)
      var all: [Int] = []
      for (slot, sender) in senders.enumerated() {
        guard let sender else { continue }
        let message = message(sender.rank, sender.slot, receiving.counts[slot])
        expected.replaceSubrange(receiving[slot], with: message)
        all += message
      }
      let array = try topology.neighborAllToAll(sent, sending: sending)
      let found = try topology.neighborPartition(for: sending)
      var blocking = [Int](repeating: -1, count: expected.count)
      try topology.neighborAllToAll(
        sent, into: &blocking, sending: sending, receiving: receiving)
      var immediate = [Int](repeating: -1, count: expected.count)
      let request = try topology.immediate.neighborAllToAll(
        sent, into: &immediate, sending: sending, receiving: receiving)
      try request.wait()
      #expect(array == all, "\(name)")
      #expect(
        found.counts == zip(senders, receiving.counts).map { $0 == nil ? 0 : $1 }, "\(name)")
      #expect(blocking == expected, "\(name)")
      #expect(immediate == expected, "\(name)")
    }
  }

  @Test("Varying numbers of each neighbor", arguments: 0..<3) func gathering(seed: Int) throws {
    try forEachTopology { topology, table, name in
      let mine = values(of: topology.rank, count(topology.rank, 99, seed: seed))
      let senders = table.senders(topology.rank)
      let parts = scattered(
        senders.map { $0.map { count($0.rank, 99, seed: seed) } ?? 2 }, seed: seed + topology.rank)
      var expected = [Int](repeating: -1, count: parts.count + 1)
      for (slot, sender) in senders.enumerated() {
        guard let sender else { continue }
        expected.replaceSubrange(parts[slot], with: values(of: sender.rank, parts.counts[slot]))
      }
      let array = try topology.neighborAllGather(mine)
      let placed = try topology.neighborAllGather(mine, counts: parts)
      let found = try topology.neighborPartition(for: mine.count)
      var blocking = [Int](repeating: -1, count: expected.count)
      try topology.neighborAllGather(mine, into: &blocking, counts: parts)
      var immediate = [Int](repeating: -1, count: expected.count)
      let request = try topology.immediate.neighborAllGather(
        mine, into: &immediate, counts: parts)
      try request.wait()
      let known = zip(senders, parts.counts).map { $0 == nil ? 0 : $1 }
      #expect(found.counts == known, "\(name)")
      let whole = zip(senders, known).flatMap { sender, count -> [Int] in
        sender.map { values(of: $0.rank, count) } ?? []
      }
      #expect(array == whole, "\(name)")
      #expect(placed == expected.dropLast().map { $0 == -1 ? 0 : $0 }, "\(name)")
      #expect(blocking == expected, "\(name)")
      #expect(immediate == expected, "\(name)")
    }
  }

  @Test("A layout for each neighbor, in storage of its own and in the same") func layouts() throws {
    // Every third element from one side, as every second, or a run, on the other.
    let length = 4
    let thirds = try Layout<Int>.strided(count: length, stride: 3)
    let pairs = try Layout<Int>.strided(count: 2, blockLength: 2, stride: 3)
    let run = try Layout<Int>.contiguous(count: 2)
    try forEachTopology { topology, table, name in
      let rank = topology.rank
      let outCount = table.outCount(rank)
      let sending = (0..<outCount).map { thirds.placed(at: $0 * 12 + $0 % 2) }
      let senders = table.senders(rank)
      let start = outCount * 12
      let receiving = senders.indices.map { slot in
        slot.isMultiple(of: 2)
          ? pairs.placed(at: slot * 6 + 1) : run.placed(at: slot * 6, instances: 2)
      }
      let moved = receiving.map {
        $0.layout.placed(at: start + $0.position, instances: $0.instances)
      }
      var storage = [Int](repeating: -2, count: start + senders.count * 6 + 1)
      for slot in 0..<outCount {
        for (index, element) in message(rank, slot, length).enumerated() {
          storage[slot * 12 + slot % 2 + 3 * index] = element
        }
      }
      let sent = Array(storage[..<start])
      var expected = [Int](repeating: -2, count: storage.count - start)
      for (slot, sender) in senders.enumerated() {
        guard let sender else { continue }
        let places = slot.isMultiple(of: 2) ? [1, 2, 4, 5] : [0, 1, 2, 3]
        for (place, element) in zip(places, message(sender.rank, sender.slot, length)) {
          expected[slot * 6 + place] = element
        }
      }
      var blocking = [Int](repeating: -2, count: expected.count)
      try topology.neighborAllToAll(
        sent, into: &blocking, sending: sending, receiving: receiving)
      var immediate = [Int](repeating: -2, count: expected.count)
      let first = try topology.immediate.neighborAllToAll(
        sent, into: &immediate, sending: sending, receiving: receiving)
      try first.wait()
      var inPlace = storage
      try topology.neighborAllToAll(&inPlace, sending: sending, receiving: moved)
      var immediateInPlace = storage
      let second = try topology.immediate.neighborAllToAll(
        &immediateInPlace, sending: sending, receiving: moved)
      try second.wait()
      #expect(blocking == expected, "\(name)")
      #expect(immediate == expected, "\(name)")
      #expect(inPlace == sent + expected, "\(name)")
      #expect(immediateInPlace == sent + expected, "\(name)")
    }
  }

  @Test("A layout that is gone when the operation completes") func dyingLayouts() throws {
    let ring = try #require(try world.cartesian([world.size], periodic: true))
    var field = (0..<8).map { value(world.rank, $0) }
    let request = try ring.immediate.neighborAllToAll(
      &field, sending: ones(1, 6), receiving: ones(0, 7))
    try request.wait()
    #expect(field[0] == value(world.left, 6) && field[7] == value(world.right, 1))
    #expect(Array(field[1...6]) == (1...6).map { value(world.rank, $0) })
  }

  /// Layouts of an element each that no one else holds.
  func ones(_ positions: Int...) throws -> [Layout<Int>.Placed] {
    try positions.map { try Layout<Int>.contiguous(count: 1).placed(at: $0) }
  }

  static let types: [any Sample.Type] = [
    Int8.self, UInt16.self, Int32.self, Float.self, Double.self, Bool.self, Int128.self,
    SIMD3<Double>.self, Located<Double>.self, Padded.self, Nested.self, Kept.self, Row.self,
    Pair<Padded, Bool>.self, Wrapper.self,
  ]

  @Test("All kinds of elements", arguments: types) func kinds(_ type: any Sample.Type) throws {
    try check(type)
  }

  private func check<T: Sample>(_ type: T.Type) throws {
    // Walls on one axis, and a ring of one process on the other.
    let grid = try #require(try world.cartesian([world.size, 1], periodic: [false, true]))
    let rank = grid.rank
    func block(_ rank: Int, _ slot: Int) -> [T] {
      (0..<2).map { .sample(rank * 8 + slot * 2 + $0) }
    }
    let sent = (0..<4).flatMap { block(rank, $0) }
    let filler = [T](repeating: .sample(1), count: 2)
    let lower = rank > 0 ? block(rank - 1, 1) : filler
    let upper = rank + 1 < world.size ? block(rank + 1, 0) : filler
    let expected = lower + upper + block(rank, 3) + block(rank, 2)

    var blocking = [T](repeating: .sample(1), count: 8)
    try grid.neighborAllToAll(sent, into: &blocking)
    let parts = Partition(counts: [2, 2, 2, 2])
    var varying = [T](repeating: .sample(1), count: 8)
    try grid.neighborAllToAll(
      sent, into: &varying, sending: parts, receiving: parts)
    var immediate = [T](repeating: .sample(1), count: 8)
    let first = try grid.immediate.neighborAllToAll(
      sent, into: &immediate, sending: parts, receiving: parts)
    try first.wait()
    let pair = try Layout<T>.contiguous(count: 2)
    let places = (0..<4).map { pair.placed(at: 2 * $0) }
    var laidOut = [T](repeating: .sample(1), count: 8)
    let second = try grid.immediate.neighborAllToAll(
      sent, into: &laidOut, sending: places, receiving: places)
    try second.wait()
    let line = try #require(try world.cartesian([world.size]))
    let mine = block(rank, 0)
    let gathered = try line.neighborAllGather(mine)
    var all = filler + filler
    try line.neighborAllGather(mine, into: &all)
    let single = try line.neighborAllGather(T.sample(rank))
    #expect(blocking == expected)
    #expect(varying == expected)
    #expect(immediate == expected)
    #expect(laidOut == expected)
    #expect(
      gathered == (rank > 0 ? block(rank - 1, 0) : [])
        + (rank + 1 < world.size ? block(rank + 1, 0) : []))
    #expect(
      all == (rank > 0 ? block(rank - 1, 0) : filler)
        + (rank + 1 < world.size ? block(rank + 1, 0) : filler))
    #expect(
      single == [
        rank > 0 ? T.sample(rank - 1) : nil, rank + 1 < world.size ? T.sample(rank + 1) : nil,
      ])
  }

  @Test("Graphs that all know: stars, loops and double edges") func graphs() throws {
    let size = world.size
    let star = try #require(
      try world.graph((0..<size).map { $0 == 0 ? Array(1..<size) : [0] }))
    let ranks = try star.neighborAllGather(world.rank)
    let mine = star.outNeighbors.map { 100 * world.rank + ($0 ?? 0) }
    let received = try star.neighborAllToAll(mine)
    // Each is its own neighbor twice, and that of the two others of a ring.
    let rings = try #require(
      try world.graph((0..<size).map { [$0, ($0 + 1) % size, $0, ($0 + size - 1) % size] }))
    let sent = [0, 1, 2, 3].map { 10 * world.rank + $0 }
    let ring = try rings.neighborAllToAll(sent)
    #expect(ranks == star.inNeighbors)
    #expect(received == star.inNeighbors.map { 100 * ($0 ?? 0) + world.rank })
    let (left, right) = (world.left, world.right)
    let expected =
      switch size {
      // All four edges are the same one: each comes as it went.
      case 1: [0, 1, 2, 3]
      // The two edges between both of the two.
      case 2: [10 * world.rank, 10 * right + 1, 10 * world.rank + 2, 10 * right + 3]
      default: [10 * world.rank, 10 * right + 3, 10 * world.rank + 2, 10 * left + 1]
      }
    #expect(ring == expected)
  }

  @Test("Many at once, and messages of the program's between them") func overlapping() throws {
    let grid = try #require(try world.cartesian([1, world.size], periodic: true))
    var (first, second, third) = ([0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0])
    let (a, b, c) = ([1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12])
    // The tags of the program are its own, also where the grid sends messages itself.
    var (fromSelf, fromAny) = ([0], [0])
    let mine = [world.rank + 1000]
    let early = try grid.immediate.receive(into: fromAny.mutableSpan, from: .any, tag: .any)
    let one = try grid.immediate.neighborAllToAll(a, into: &first)
    let two = try grid.immediate.neighborAllToAll(b, into: &second)
    try grid.neighborAllToAll(c, into: &third)
    try two.wait()
    try one.wait()
    let sending = try grid.immediate.send(mine.span, to: grid.rank, tag: 1)
    try early.wait()
    try sending.wait()
    try grid.sendReceive(
      mine.span, to: grid.rank, tag: 3, into: fromSelf.mutableSpan, from: grid.rank)
    #expect(first == [2, 1, 4, 3])
    #expect(second == [6, 5, 8, 7])
    #expect(third == [10, 9, 12, 11])
    #expect(fromAny == mine && fromSelf == mine)
  }

  @Test("A request that is not waited for") func dropped() throws {
    let ring = try #require(try world.cartesian([world.size], periodic: true))
    let mine = [world.rank, world.rank + 100]
    var received = [-1, -1]
    do { _ = try ring.immediate.neighborAllToAll(mine, into: &received) }
    #expect(received == [world.left + 100, world.right])
  }

  @Test("A grid without an axis, and a graph without edges") func empty() throws {
    let nothing: [Int] = []
    var storage = [7]
    if let point = try world.cartesian([]) {
      #expect(try point.neighborAllToAll(nothing) == [])
      #expect(try point.neighborAllGather(storage) == [])
      try point.neighborAllToAll(nothing, into: &storage)
      let request = try point.immediate.neighborAllToAll(nothing, into: &storage)
      try request.wait()
    }
    let graph = try world.distributedGraph(sources: [], destinations: [])
    let all = try graph.neighborAllToAll(nothing)
    let gathered = try graph.neighborAllGather(storage)
    #expect(all == [] && gathered == [] && storage == [7])
  }

  @Test("Nobody's neighbors: a communicator without a topology") func noTopology() throws {
    let mine = [1, 2]
    var into = [0, 0]
    let parts = Partition(counts: [1, 1])
    let one = try Layout<Int>.contiguous(count: 1)
    expectError(.invalidTopology, by: "MPI_Ineighbor_alltoall") {
      let request = try world.immediate.neighborAllToAll(mine, into: &into)
      try request.wait()
    }
    expectError(.invalidTopology, by: "MPI_Ineighbor_allgather") {
      let request = try world.immediate.neighborAllGather(mine, into: &into)
      try request.wait()
    }
    expectError(.invalidTopology, by: "MPI_Ineighbor_alltoallv") {
      let request = try world.immediate.neighborAllToAll(
        mine, into: &into, sending: parts, receiving: parts)
      try request.wait()
    }
    expectError(.invalidTopology, by: "MPI_Ineighbor_allgatherv") {
      let request = try world.immediate.neighborAllGather(
        mine, into: &into, counts: parts)
      try request.wait()
    }
    expectError(.invalidTopology, by: "MPI_Ineighbor_alltoallw") {
      let request = try world.immediate.neighborAllToAll(
        &into, sending: [one.placed(at: 0)], receiving: [one.placed(at: 1)])
      try request.wait()
    }
  }

  /// Few elements, more than 2³¹ apart.
  @Test("Offsets over 2³¹") func farOffsets() throws {
    for periodic in [true, false] {
      let line = try #require(try world.cartesian([world.size], periodic: periodic))
      let parts = Partition(counts: [2, 3], offsets: [1 << 31 + 3, 0])
      let mirrored = Partition(counts: [3, 2], offsets: [1 << 31 + 3, 0])
      func block(_ rank: Int, _ slot: Int) -> [UInt8] {
        (0..<parts.counts[slot]).map { UInt8(10 * rank + 5 * slot + $0) }
      }
      var sent = untouched(parts.count)
      for slot in 0..<2 { sent.replaceSubrange(parts[slot], with: block(world.rank, slot)) }
      var received = untouched(mirrored.count)
      try line.neighborAllToAll(
        sent, into: &received, sending: parts, receiving: mirrored)
      var immediate = untouched(mirrored.count)
      let request = try line.immediate.neighborAllToAll(
        sent, into: &immediate, sending: parts, receiving: mirrored)
      try request.wait()
      let (lower, upper) = (line.inNeighbors[0], line.inNeighbors[1])
      if let lower {
        #expect(Array(received[mirrored[0]]) == block(lower, 1))
        #expect(Array(immediate[mirrored[0]]) == block(lower, 1))
      }
      if let upper {
        #expect(Array(received[mirrored[1]]) == block(upper, 0))
        #expect(Array(immediate[mirrored[1]]) == block(upper, 0))
      }
    }
  }
}

@Suite("Exchange of halos") struct HaloTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  /// What a step makes of a cell: different for each neighbor, so that none can be taken for another, and exact.
  func step(_ center: Int, _ up: Int, _ down: Int, _ left: Int, _ right: Int) -> Int {
    (center &* 31 &+ up &* 7 &+ down &* 5 &+ left &* 3 &+ right &* 2) & 0xFFFF_FFFF
  }

  @Test(
    "Rows and columns of a field, against the same on one process",
    arguments: [[true, true], [false, false], [true, false], [false, true]])
  func field(periodic: [Bool]) throws {
    let shape = try Dimensions.balanced(world.size, axes: 2)
    for shape in [shape, Dimensions(shape.extents.reversed())] {
      let grid = try #require(try world.cartesian(shape, periodic: periodic))
      // As many rows and columns on each process, and a border of ghosts around them.
      let (rows, columns) = (4, 3)
      let width = columns + 2
      let (allRows, allColumns) = (rows * shape[0], columns * shape[1])
      var serial = (0..<allRows * allColumns).map { value($0, 0) & 0xFFFF }
      let (top, left) = (grid.coordinates[0] * rows, grid.coordinates[1] * columns)

      // Ghosts behind walls stay -1.
      var mine = [Int](repeating: -1, count: (rows + 2) * width)
      for row in 0..<rows {
        for column in 0..<columns {
          mine[(row + 1) * width + column + 1] = serial[(top + row) * allColumns + left + column]
        }
      }
      let line = try Layout<Int>.contiguous(count: columns)
      let stack = try Layout<Int>.strided(count: rows, stride: width)
      let sending = [
        line.placed(at: width + 1), line.placed(at: rows * width + 1), stack.placed(at: width + 1),
        stack.placed(at: width + columns),
      ]
      let receiving = [
        line.placed(at: 1), line.placed(at: (rows + 1) * width + 1), stack.placed(at: width),
        stack.placed(at: 2 * width - 1),
      ]
      for round in 0..<6 {
        if round.isMultiple(of: 2) {
          try grid.neighborAllToAll(&mine, sending: sending, receiving: receiving)
        } else {
          let request = try grid.immediate.neighborAllToAll(
            &mine, sending: sending, receiving: receiving)
          try request.wait()
        }
        let old = mine
        for place in (1...rows).flatMap({ row in (1...columns).map { row * width + $0 } }) {
          mine[place] = step(
            old[place], old[place - width], old[place + width], old[place - 1], old[place + 1])
        }
        serial = next(serial, allRows, allColumns, periodic)
      }
      for row in 0..<rows {
        for column in 0..<columns {
          #expect(
            mine[(row + 1) * width + column + 1]
              == serial[(top + row) * allColumns + left + column])
        }
      }
    }
  }

  /// A step of the whole field.
  func next(_ field: [Int], _ rows: Int, _ columns: Int, _ periodic: [Bool]) -> [Int] {
    func at(_ row: Int, _ column: Int) -> Int {
      let (inRow, inColumn) = ((row + rows) % rows, (column + columns) % columns)
      if inRow != row && !periodic[0] || inColumn != column && !periodic[1] { return -1 }
      return field[inRow * columns + inColumn]
    }
    return (0..<rows * columns).map { place in
      let (row, column) = place.quotientAndRemainder(dividingBy: columns)
      return step(
        field[place], at(row - 1, column), at(row + 1, column), at(row, column - 1),
        at(row, column + 1))
    }
  }
}
