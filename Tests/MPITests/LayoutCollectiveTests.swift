import MPI
import Testing

/// Each collective, blocking and nonblocking; layouts are dropped before the operation is complete.
@Suite("Layouts: collectives") struct LayoutCollectiveTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  /// Three positions, of which those of the next instance lie in between.
  func comb() throws -> Layout<Int> { try .strided(count: 3, stride: 4).resized(extent: 1) }

  /// The positions of instance `index` of the comb.
  func teeth(_ index: Int) -> [Int] { [0, 4, 8].map { $0 + index } }

  /// Three positions in another order, far from those of the next instance.
  func triple() throws -> Layout<Int> { try .blocks(at: [5, 0, 2]) }

  func places(_ index: Int) -> [Int] { [5, 0, 2].map { $0 + 6 * index } }

  @Test("Broadcast") func broadcast() throws {
    for root in 0..<world.size {
      let isRoot = world.rank == root
      let storage = isRoot ? values(of: root, 20) : [Int](repeating: -1, count: 20)
      var (blocking, immediate) = (storage, storage)
      // The root gives two combs, the others take two triples.
      let layout = try isRoot ? comb() : triple()
      try world.broadcast(blocking.mutableSpan.laid(out: layout, at: 1, instances: 2), from: root)
      let request = try world.immediate.broadcast(
        immediate.mutableSpan.laid(out: isRoot ? comb() : triple(), at: 1, instances: 2), from: root
      )
      try request.wait()
      var expected = storage
      if !isRoot {
        for (place, origin) in zip(places(0) + places(1), teeth(0) + teeth(1)) {
          expected[place + 1] = value(root, origin + 1)
        }
      }
      #expect(blocking == expected)
      #expect(immediate == expected)
    }
  }

  /// Each rank sends teeth 2 and 3, and fills two triples on the receiver.
  @Test("Gather") func gather() throws {
    let mine = values(of: world.rank, 14)
    for root in 0..<world.size {
      let storage = [Int](repeating: -1, count: world.rank == root ? 12 * world.size + 2 : 0)
      var (blocking, immediate) = (storage, storage)
      try world.gather(
        mine.span.laid(out: comb(), at: 2, instances: 2),
        into: blocking.mutableSpan.laid(out: triple(), at: 1, instances: 2), to: root)
      let request = try world.immediate.gather(
        mine.span.laid(out: comb(), at: 2, instances: 2),
        into: immediate.mutableSpan.laid(out: triple(), at: 1, instances: 2), to: root)
      try request.wait()
      let expected = gathered(in: storage)
      #expect(blocking == expected)
      #expect(immediate == expected)
    }
  }

  @Test("Gather to all") func allGather() throws {
    let mine = values(of: world.rank, 14)
    let storage = [Int](repeating: -1, count: 12 * world.size + 2)
    var (blocking, immediate) = (storage, storage)
    try world.allGather(
      mine.span.laid(out: comb(), at: 2, instances: 2),
      into: blocking.mutableSpan.laid(out: triple(), at: 1, instances: 2))
    let request = try world.immediate.allGather(
      mine.span.laid(out: comb(), at: 2, instances: 2),
      into: immediate.mutableSpan.laid(out: triple(), at: 1, instances: 2))
    try request.wait()
    #expect(blocking == gathered(in: storage))
    #expect(immediate == gathered(in: storage))
  }

  func gathered(in storage: [Int]) -> [Int] {
    var result = storage
    if result.isEmpty { return [] }
    for rank in 0..<world.size {
      for (place, origin) in zip(places(2 * rank) + places(2 * rank + 1), teeth(2) + teeth(3)) {
        result[place + 1] = value(rank, origin)
      }
    }
    return result
  }

  @Test("Scatter") func scatter() throws {
    for root in 0..<world.size {
      let all = world.rank == root ? values(of: root, 2 * 6 * world.size + 1) : []
      let storage = [Int](repeating: -1, count: 12)
      var (blocking, immediate) = (storage, storage)
      try world.scatter(
        all.span.laid(out: triple(), at: 1, instances: 2),
        into: blocking.mutableSpan.laid(out: comb(), at: 1, instances: 2), from: root)
      let request = try world.immediate.scatter(
        all.span.laid(out: triple(), at: 1, instances: 2),
        into: immediate.mutableSpan.laid(out: comb(), at: 1, instances: 2), from: root)
      try request.wait()
      var expected = storage
      let origins = places(2 * world.rank) + places(2 * world.rank + 1)
      for (place, origin) in zip(teeth(1) + teeth(2), origins) {
        expected[place] = value(root, origin + 1)
      }
      #expect(blocking == expected)
      #expect(immediate == expected)
    }
  }

  /// Rank r has r % 3 triples, which begin behind those of the ranks before it, with a gap of one.
  var parts: Partition {
    let counts = (0..<world.size).map { $0 % 3 }
    var offsets: [Int] = []
    for rank in 0..<world.size { offsets.append(rank + counts[..<rank].reduce(0, +)) }
    return Partition(counts: counts, offsets: offsets)
  }

  /// What a rank sends of its teeth, instance by instance, and where it arrives.
  func gatheredParts(in storage: [Int]) -> [Int] {
    var result = storage
    if result.isEmpty { return [] }
    for rank in 0..<world.size {
      for (index, instance) in parts[rank].enumerated() {
        for (place, origin) in zip(places(instance), teeth(index + 1)) {
          result[place + 1] = value(rank, origin)
        }
      }
    }
    return result
  }

  @Test("Gather, with counts") func gatherParts() throws {
    let (mine, own) = (values(of: world.rank, 14), parts.counts[world.rank])
    for root in 0..<world.size {
      let storage = [Int](repeating: -1, count: world.rank == root ? 6 * parts.count + 2 : 0)
      var (blocking, immediate) = (storage, storage)
      try world.gather(
        mine.span.laid(out: comb(), at: 1, instances: own),
        into: blocking.mutableSpan.laid(out: triple(), at: 1), to: root, counts: parts)
      let request = try world.immediate.gather(
        mine.span.laid(out: comb(), at: 1, instances: own),
        into: immediate.mutableSpan.laid(out: triple(), at: 1), to: root, counts: parts)
      try request.wait()
      #expect(blocking == gatheredParts(in: storage))
      #expect(immediate == gatheredParts(in: storage))
    }
  }

  @Test("Gather to all, with counts") func allGatherParts() throws {
    let (mine, own) = (values(of: world.rank, 14), parts.counts[world.rank])
    let storage = [Int](repeating: -1, count: 6 * parts.count + 2)
    var (blocking, immediate) = (storage, storage)
    try world.allGather(
      mine.span.laid(out: comb(), at: 1, instances: own),
      into: blocking.mutableSpan.laid(out: triple(), at: 1), counts: parts)
    let request = try world.immediate.allGather(
      mine.span.laid(out: comb(), at: 1, instances: own),
      into: immediate.mutableSpan.laid(out: triple(), at: 1), counts: parts)
    try request.wait()
    #expect(blocking == gatheredParts(in: storage))
    #expect(immediate == gatheredParts(in: storage))
  }

  @Test("Scatter, with counts") func scatterParts() throws {
    let own = parts.counts[world.rank]
    for root in 0..<world.size {
      let all = world.rank == root ? values(of: root, 6 * parts.count + 2) : []
      let storage = [Int](repeating: -1, count: 14)
      var (blocking, immediate) = (storage, storage)
      try world.scatter(
        all.span.laid(out: triple(), at: 1),
        into: blocking.mutableSpan.laid(out: comb(), at: 2, instances: own), from: root,
        counts: parts)
      let request = try world.immediate.scatter(
        all.span.laid(out: triple(), at: 1),
        into: immediate.mutableSpan.laid(out: comb(), at: 2, instances: own), from: root,
        counts: parts)
      try request.wait()
      var expected = storage
      for (index, instance) in parts[world.rank].enumerated() {
        for (place, origin) in zip(teeth(index + 2), places(instance)) {
          expected[place] = value(root, origin + 1)
        }
      }
      #expect(blocking == expected)
      #expect(immediate == expected)
    }
  }

  /// One of the two sides lies in a run, and the columns of a matrix are divided unevenly.
  @Test("Columns of a matrix, with counts") func columns() throws {
    let (rows, columns) = (3, 2 * world.size + 1)
    let column = try Layout<Int>.strided(count: rows, stride: columns).resized(extent: 1)
    let share = Partition(balancing: columns, over: world.size)
    let matrix = (0..<rows * columns).map { 100 * ($0 / columns) + $0 % columns }
    // Column after column, as they travel.
    let mine = share[world.rank].flatMap { column in (0..<rows).map { 100 * $0 + column } }
    let elements = Partition(counts: share.counts.map { rows * $0 })
    var (whole, part) = ([Int](repeating: -1, count: matrix.count), mine.map { _ in -1 })
    try world.allGather(mine.span, into: whole.mutableSpan.laid(out: column), counts: share)
    #expect(whole == matrix)
    try world.scatter(matrix.span.laid(out: column), into: part.mutableSpan, from: 0, counts: share)
    #expect(part == mine)
    var run = [Int](repeating: -1, count: matrix.count)
    try world.gather(
      matrix.span.laid(
        out: column, at: share[world.rank].lowerBound, instances: share.counts[world.rank]),
      into: run.mutableSpan, to: 0, counts: elements)
    if world.rank == 0 {
      #expect(run == (0..<columns).flatMap { column in (0..<rows).map { 100 * $0 + column } })
    }
  }

  @Test("All to all") func allToAll() throws {
    let mine = values(of: world.rank, 6 * world.size + 1)
    // The others' teeth lie side by side.
    let comb = try Layout<Int>.strided(count: 3, stride: world.size).resized(extent: 1)
    let storage = [Int](repeating: -1, count: 3 * world.size + 2)
    var (blocking, immediate) = (storage, storage)
    try world.allToAll(
      mine.span.laid(out: triple(), at: 1), into: blocking.mutableSpan.laid(out: comb, at: 2))
    let request = try world.immediate.allToAll(
      mine.span.laid(out: triple(), at: 1),
      into: immediate.mutableSpan.laid(
        out: Layout<Int>.strided(count: 3, stride: world.size).resized(extent: 1), at: 2))
    try request.wait()
    var expected = storage
    for rank in 0..<world.size {
      for (index, origin) in places(world.rank).enumerated() {
        expected[2 + rank + index * world.size] = value(rank, origin + 1)
      }
    }
    #expect(blocking == expected)
    #expect(immediate == expected)
  }

  @Test("A layout on one side only: columns of a matrix") func oneSide() throws {
    let (rows, size) = (5, world.size)
    let column = try Layout<Int>.strided(count: rows, stride: size).resized(extent: 1)
    let matrix = values(of: 0, rows * size)
    let own = (0..<rows).map { value(0, $0 * size + world.rank) }
    var scattered = [Int](repeating: -1, count: rows)
    try world.scatter(matrix.span.laid(out: column), into: scattered.mutableSpan, from: 0)
    var gathered = [Int](repeating: -1, count: world.rank == 0 ? rows * size : 0)
    try world.gather(own.span, into: gathered.mutableSpan.laid(out: column), to: 0)
    var all = [Int](repeating: -1, count: rows * size)
    try world.allGather(own.span, into: all.mutableSpan.laid(out: column))
    // By columns on all: row r of the matrix is what each column has at r.
    var byColumns = [Int](repeating: -1, count: rows * size)
    try world.allGather(matrix.span.laid(out: column, at: world.rank), into: byColumns.mutableSpan)
    #expect(scattered == own)
    #expect(gathered == (world.rank == 0 ? matrix : []))
    #expect(all == matrix)
    #expect(byColumns == matrix.indices.map { matrix[$0 % rows * size + $0 / rows] })
  }

  /// What is sent may name elements twice: here each rank gets those of its neighbors, too.
  @Test("Overlapping windows") func windows() throws {
    let (size, rank) = (world.size, world.rank)
    let window = try Layout<Int>.contiguous(count: 6).resized(extent: 2)
    for root in 0..<size {
      let all = rank == root ? values(of: root, 2 * size + 4) : []
      var (blocking, immediate) = ([Int](repeating: -1, count: 6), [Int](repeating: -1, count: 6))
      try world.scatter(all.span.laid(out: window), into: blocking.mutableSpan, from: root)
      let request = try world.immediate.scatter(
        all.span.laid(out: window), into: immediate.mutableSpan, from: root)
      try request.wait()
      let expected = (0..<6).map { value(root, 2 * rank + $0) }
      #expect(blocking == expected)
      #expect(immediate == expected)
    }
    let all = values(of: rank, 2 * size + 4)
    let empty = [Int](repeating: -1, count: 6 * size)
    var (blocking, immediate) = (empty, empty)
    try world.allToAll(all.span.laid(out: window), into: blocking.mutableSpan)
    let request = try world.immediate.allToAll(
      all.span.laid(out: window), into: immediate.mutableSpan)
    try request.wait()
    let expected = (0..<6 * size).map { value($0 / 6, 2 * rank + $0 % 6) }
    #expect(blocking == expected)
    #expect(immediate == expected)
  }

  /// A square matrix of blocks, each rank with a row of them: afterwards, with a column of them.
  @Test("Layouts of their own for each rank: a matrix of blocks is transposed")
  func transpose() throws {
    let (n, size, rank) = (3, world.size, world.rank)
    let width = n * size
    let element = { (row: Int, column: Int) in row * 1000 + column }
    let rows = (0..<n * width).map { element(rank * n + $0 / width, $0 % width) }
    func block() throws -> Layout<Int> { try .strided(count: n, blockLength: n, stride: width) }
    let whole = try Layout<Int>.contiguous(count: n * n)
    var (blocking, immediate) = (
      [Int](repeating: -1, count: n * width), [Int](repeating: -1, count: n * width)
    )
    let inner = try block()
    try world.allToAll(
      rows.span, layouts: (0..<size).map { inner.placed(at: $0 * n) },
      into: blocking.mutableSpan, layouts: (0..<size).map { whole.placed(at: $0 * n * n) })
    let request = try world.immediate.allToAll(
      rows.span, layouts: (0..<size).map { try block().placed(at: $0 * n) },
      into: immediate.mutableSpan,
      layouts: (0..<size).map {
        try Layout<Int>.contiguous(count: n).placed(at: $0 * n * n, instances: n)
      })
    try request.wait()
    // Rows of this rank's columns, from the top of the matrix to its bottom.
    let expected = (0..<n * width).map { element($0 / n, rank * n + $0 % n) }
    #expect(blocking == expected)
    #expect(immediate == expected)
  }

  @Test("Layouts of their own: nothing for some, other types, gaps", arguments: 0..<6)
  func sparse(seed: Int) throws {
    let (size, rank) = (world.size, world.rank)
    var random = SplitMix(seed)
    // How many pairs go from one rank to another; known to all.
    let counts = (0..<size).map { _ in (0..<size).map { _ in Int.random(in: 0...2, using: &random) }
    }
    let pair = try Layout<Int>.strided(count: 2, stride: 3)
    let run = try Layout<Int>.contiguous(count: 2)
    let mine = values(of: rank, 8 * size + 9)
    let outgoing = (0..<size).map { to -> Layout<Int>.Placed? in
      counts[rank][to] == 0 ? nil : pair.placed(at: 8 * to + 1, instances: counts[rank][to])
    }
    let incoming = (0..<size).map { from -> Layout<Int>.Placed? in
      counts[from][rank] == 0 ? nil : run.placed(at: 5 * from, instances: counts[from][rank])
    }
    let storage = [Int](repeating: -1, count: 5 * size)
    var (blocking, immediate) = (storage, storage)
    try world.allToAll(
      mine.span, layouts: outgoing, into: blocking.mutableSpan, layouts: incoming)
    let request = try world.immediate.allToAll(
      mine.span, layouts: outgoing, into: immediate.mutableSpan, layouts: incoming)
    try request.wait()
    var expected = storage
    for from in 0..<size {
      for instance in 0..<counts[from][rank] {
        let start = 8 * rank + 1 + 4 * instance
        expected[5 * from + 2 * instance] = value(from, start)
        expected[5 * from + 2 * instance + 1] = value(from, start + 3)
      }
    }
    #expect(blocking == expected)
    #expect(immediate == expected)
  }

  @Test("Layouts of their own, in place") func swapping() throws {
    let (size, rank) = (world.size, world.rank)
    let pair = try Layout<Int>.strided(count: 2, stride: 2)
    let storage = values(of: rank, 4 * size + 1)
    var swapped = storage
    // As many as there are between the two ranks; nothing between this rank and itself.
    let layouts = (0..<size).map { $0 == rank ? nil : pair.placed(at: 4 * $0 + 1) }
    try world.allToAll(&swapped, exchanging: layouts)
    var expected = storage
    for other in 0..<size where other != rank {
      for offset in [1, 3] { expected[4 * other + offset] = value(other, 4 * rank + offset) }
    }
    #expect(swapped == expected)
  }

  /// Places that C's int does not hold in bytes. The storage in between is never touched.
  @Test("Layouts of their own, more than 2³¹ elements apart") func far() throws {
    let (size, rank) = (world.size, world.rank)
    let start = 1 << 31
    let pair = try Layout<UInt8>.strided(count: 2, stride: 2)
    var sent = untouched(start + 4 * size)
    var (blocking, immediate) = (
      untouched(start + 4 * size), untouched(start + 4 * size)
    )
    for other in 0..<size {
      sent[start + 4 * other] = UInt8(10 * rank + other)
      sent[start + 4 * other + 2] = UInt8(100 + other)
    }
    let layouts = (0..<size).map { pair.placed(at: start + 4 * $0) }
    try world.allToAll(
      sent.span, layouts: layouts, into: blocking.mutableSpan, layouts: layouts)
    let request = try world.immediate.allToAll(
      sent.span, layouts: layouts, into: immediate.mutableSpan, layouts: layouts)
    try request.wait()
    for other in 0..<size {
      for result in [blocking[(start + 4 * other)...], immediate[(start + 4 * other)...]] {
        #expect(result.first == UInt8(10 * other + rank))
        #expect(result.dropFirst(2).first == UInt8(100 + rank))
      }
    }
  }

  @Test("Bool in collectives is always true or false") func bools() throws {
    let (size, rank) = (world.size, world.rank)
    func bytes(_ flags: [Bool]) -> [UInt8] { unsafe flags.withUnsafeBytes { unsafe Array($0) } }
    let raw = invalidFlags([UInt8](repeating: 7, count: size))
    func pair() throws -> Layout<Bool> { try .strided(count: 1, stride: 1).resized(extent: 2) }
    let clear = [Bool](repeating: false, count: 2 * size)
    var (blocking, immediate, each, eachImmediate) = (clear, clear, clear, clear)
    try world.allToAll(raw.span, into: blocking.mutableSpan.laid(out: pair()))
    let request = try world.immediate.allToAll(
      raw.span, into: immediate.mutableSpan.laid(out: pair()))
    try request.wait()
    let one = try Layout<Bool>.contiguous(count: 1)
    let sending = (0..<size).map { one.placed(at: $0) }
    try world.allToAll(
      raw.span, layouts: sending, into: each.mutableSpan,
      layouts: (0..<size).map { try pair().placed(at: 2 * $0) })
    let last = try world.immediate.allToAll(
      raw.span, layouts: sending, into: eachImmediate.mutableSpan,
      layouts: (0..<size).map { try pair().placed(at: 2 * $0) })
    try last.wait()
    let expected = (0..<2 * size).map { UInt8($0 % 2 == 0 ? 1 : 0) }
    for flags in [blocking, immediate, each, eachImmediate] { #expect(bytes(flags) == expected) }
    #expect(rank < size)
  }

  @Test("A root outside the communicator") func invalidRoot() throws {
    var storage = [Int](repeating: 0, count: 20)
    let mine = values(of: 0, 20)
    let layout = try comb()
    for root in [-1, world.size] {
      expectError(.invalidRoot) {
        try world.broadcast(storage.mutableSpan.laid(out: layout), from: root)
      }
      expectError(.invalidRoot) {
        try world.gather(
          mine.span.laid(out: layout), into: storage.mutableSpan.laid(out: layout), to: root)
      }
      expectError(.invalidRoot) {
        try world.scatter(
          mine.span.laid(out: layout), into: storage.mutableSpan.laid(out: layout), from: root)
      }
    }
  }
}
