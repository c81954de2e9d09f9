import MPI
import Testing

@Suite("Layouts: constructors (MPI 3.1 §4.1)") struct LayoutTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  @Test("A run", arguments: [0, 1, 7]) func contiguous(count: Int) throws {
    let known = KnownLayout(layout: try .contiguous(count: count), positions: Array(0..<count))
    try world.expect(known)
    try world.expect(known, at: 3, instances: 2)
    #expect(known.layout.extent == count)
  }

  @Test(
    "Blocks at equal distances",
    arguments: [(0, 1, 5), (3, 0, 4), (3, 1, 10), (4, 2, 2), (2, 3, 7)])
  func strided(count: Int, length: Int, stride: Int) throws {
    let known = KnownLayout(
      layout: try .strided(count: count, blockLength: length, stride: stride),
      positions: (0..<count).flatMap { block in (0..<length).map { block * stride + $0 } })
    try world.expect(known)
    try world.expect(known, at: 2, instances: 3)
    #expect(known.layout.extent == known.layout.span)
  }

  @Test("Blocks of any lengths, in their order") func blocks() throws {
    let known = KnownLayout(
      layout: try .blocks([5..<8, 0..<0, 1..<2, 10..<12]), positions: [5, 6, 7, 1, 10, 11])
    try world.expect(known)
    try world.expect(known, at: 1, instances: 3)
    // From the lowest to the highest, as in C.
    #expect(known.layout.extent == 11)
    try world.expect(KnownLayout(layout: try .blocks([]), positions: []), at: 1, instances: 4)
  }

  @Test("Blocks of one length, in their order") func indexedBlocks() throws {
    try world.expect(
      KnownLayout(layout: try .blocks(at: [7, 3, 5]), positions: [7, 3, 5]), instances: 2)
    try world.expect(
      KnownLayout(layout: try .blocks(length: 2, at: [6, 0]), positions: [6, 7, 0, 1]), at: 5)
    try world.expect(KnownLayout(layout: try .blocks(length: 0, at: [6, 0]), positions: []))
  }

  /// The parameters of a few distributions that divide unevenly.
  static let distributions: [[Distribution]] = [
    [.block, .block], [.cyclic(), .cyclic()], [.cyclic(blockLength: 2), .block],
    [.blocks(of: 5), .cyclic(blockLength: 3)],
  ]

  @Test(
    "Parts of a distributed array", arguments: distributions, [ArrayOrder.rowMajor, .columnMajor])
  func distributed(kinds: [Distribution], order: ArrayOrder) throws {
    let (shape, grid) = ([9, 7], [2, 3])
    for part in 0..<6 {
      // The grid is always by rows.
      let place = [part / 3, part % 3]
      let layout = try Layout<Int>.distributedArray(
        of: shape, kinds, over: grid, part: part, order: order)
      let positions = positions(in: shape, order) { index in
        (0..<2).allSatisfy { axis in
          switch kinds[axis] {
          case .block: index[axis] / ((shape[axis] + grid[axis] - 1) / grid[axis]) == place[axis]
          case .blocks(let length): index[axis] / length == place[axis]
          case .cyclic(let length): index[axis] / length % grid[axis] == place[axis]
          case .whole: true
          }
        }
      }
      try world.expect(KnownLayout(layout: layout, positions: positions))
      #expect(layout.extent == 63)
    }
  }

  @Test("A distributed array of three axes, one of them whole, and one with empty parts")
  func distributedWhole() throws {
    let shape = [2, 3, 4]
    for part in 0..<8 {
      let layout = try Layout<Int>.distributedArray(
        of: shape, [.block, .whole, .cyclic(blockLength: 3)], over: [4, 1, 2], part: part)
      let positions = positions(in: shape, .rowMajor) { index in
        index[0] == part / 2 && index[2] / 3 == part % 2
      }
      try world.expect(KnownLayout(layout: layout, positions: positions))
      #expect(layout.extent == 24)
    }
  }

  @Test("Subarrays", arguments: [ArrayOrder.rowMajor, .columnMajor])
  func subarray(order: ArrayOrder) throws {
    let shape = [4, 5, 3]
    for ranges in [
      [1..<3, 0..<5, 1..<2], [0..<4, 0..<5, 0..<3], [3..<4, 2..<4, 0..<3], [1..<1, 0..<5, 0..<3],
    ] {
      let layout = try Layout<Int>.subarray(ranges, of: shape, order: order)
      let known = KnownLayout(
        layout: layout,
        positions: positions(in: shape, order) { zip($0, ranges).allSatisfy { $1.contains($0) } })
      try world.expect(known)
      try world.expect(known, at: 2, instances: 2)
      #expect(layout.extent == 60)
    }
    let element = KnownLayout(layout: try .subarray([], of: [], order: order), positions: [0])
    try world.expect(element, instances: 3)
  }

  @Test("Layouts of layouts") func nested() throws {
    let pair = KnownLayout(layout: try .strided(count: 2, stride: 3), positions: [0, 3])
    #expect(pair.layout.extent == 4)
    try world.expect(
      KnownLayout(layout: try pair.layout.repeated(3), positions: [0, 3, 4, 7, 8, 11]), instances: 2
    )
    try world.expect(
      KnownLayout(
        layout: try .strided(count: 2, blockLength: 2, stride: 20, of: pair.layout),
        positions: [0, 3, 4, 7, 20, 23, 24, 27]))
    try world.expect(
      KnownLayout(
        layout: try .blocks(length: 2, at: [30, 1], of: pair.layout),
        positions: [30, 33, 34, 37, 1, 4, 5, 8]))
    // Closer to each other than they are long.
    let comb = KnownLayout(layout: try pair.layout.resized(extent: 1), positions: [0, 3])
    try world.expect(comb, at: 1, instances: 3)
    #expect(comb.positions(at: 1, instances: 3) == [1, 4, 2, 5, 3, 6])
    let wide = KnownLayout(layout: try pair.layout.resized(extent: 9), positions: [0, 3])
    try world.expect(wide, instances: 3)
    #expect(wide.positions(at: 0, instances: 3) == [0, 3, 9, 12, 18, 21])
  }

  @Test("Several layouts at their places: the border of a matrix") func structure() throws {
    let n = 5
    let row = try Layout<Int>.contiguous(count: n)
    let column = try Layout<Int>.strided(count: n - 2, stride: n)
    let border = try Layout.structure(of: [
      row.placed(at: 0), column.placed(at: n), column.placed(at: 2 * n - 1),
      row.placed(at: n * (n - 1)),
    ])
    try world.expect(
      KnownLayout(
        layout: border,
        positions: [0, 1, 2, 3, 4, 5, 10, 15, 9, 14, 19, 20, 21, 22, 23, 24]), instances: 2)
    #expect(border.extent == 25)
    try world.expect(KnownLayout(layout: try .structure(of: []), positions: []), instances: 2)
  }

  @Test("Layouts of any kind", arguments: 1...60) func random(seed: Int) throws {
    var random = SplitMix(seed)
    let known = try randomLayout(&random, depth: 3)
    try world.expect(known, at: seed % 4, instances: seed % 3)
  }

  @Test("A layout at each end", arguments: 1...60) func bothEnds(seed: Int) throws {
    var random = SplitMix(1000 + seed)
    let sent = try randomLayout(&random)
    var received = try randomLayout(&random)
    while received.positions.isEmpty || !received.isInjective {
      received = try randomLayout(&random)
    }
    // As many instances as take all, far enough from each other.
    received.layout = try received.layout.resized(extent: received.layout.span)
    let instances = (sent.positions.count + received.positions.count - 1) / received.positions.count
    let places = received.positions(at: 2, instances: instances)
    let mine = values(of: world.rank, sent.layout.span + 1)
    var buffer = [Int](repeating: -1, count: (places.max() ?? 0) + 1 + 2)
    let status = try world.sendReceive(
      mine.span.laid(out: sent.layout), to: world.right,
      into: buffer.mutableSpan.laid(out: received.layout, at: 2, instances: instances),
      from: world.left)
    var expected = [Int](repeating: -1, count: buffer.count)
    for (place, origin) in zip(places, sent.positions) {
      expected[place] = value(world.left, origin)
    }
    #expect(buffer == expected, "\(sent.layout) to \(received.layout)")
    #expect(status.count(of: Int.self) == sent.positions.count)
  }

  @Test("Names") func names() throws {
    let column = try Layout<Double>.strided(count: 3, stride: 10)
    #expect(column.name.isEmpty)
    let named = try column.named("column")
    #expect(named.name == "column")
    #expect(column.name.isEmpty)
    #expect((named.count, named.span, named.extent) == (3, 21, 21))
    let long = try column.named(String(repeating: "é", count: 500))
    #expect(long.name.count > 20 && long.name.allSatisfy { $0 == "é" })
  }

  @Test("What they were made of") func descriptions() throws {
    let column = try Layout<Double>.strided(count: 3, stride: 10)
    #expect("\(column)" == "vector(count: 3, blockLength: 1, stride: 10, of: MPI_DOUBLE)")
    let named = try column.named("column")
    #expect("\(named)" == "column: duplicate(of: \(column))")
    let structures = try [
      column.structure, Layout<Double>.contiguous(count: 4).structure,
      Layout<Double>.blocks([1..<3, 7..<8]).structure,
      Layout<Double>.blocks(length: 2, at: [9, 4]).structure,
      Layout<Double>.strided(count: 2, stride: 5, of: column).structure,
      Layout<Double>.blocks(at: [3], of: column).structure,
      column.resized(extent: 1).structure,
      Layout<Double>.subarray([1..<3, 0..<2], of: [5, 6]).structure,
      Layout<Double>.structure(of: [column.placed(at: 2, instances: 4)]).structure,
      Layout<Double>.distributedArray(
        of: [8, 9], [.cyclic(blockLength: 2), .block], over: [2, 3], part: 4, order: .columnMajor
      ).structure,
    ]
    let vector = DatatypeStructure.vector(
      count: 3, blockLength: 1, stride: 10, of: .named("MPI_DOUBLE"))
    let double = DatatypeStructure.named("MPI_DOUBLE")
    let expected: [DatatypeStructure] = [
      vector, .contiguous(count: 4, of: double),
      .indexed(lengths: [2, 1], positions: [1, 7], of: double),
      .indexedBlock(length: 2, positions: [9, 4], of: double),
      .byteVector(count: 2, blockLength: 1, strideInBytes: 40, of: vector),
      .byteIndexedBlock(length: 1, bytes: [24], of: vector),
      .resized(lowerByte: 0, bytes: 8, of: vector),
      .subarray(shape: [5, 6], lengths: [2, 2], starts: [1, 0], order: .rowMajor, of: double),
      .structure(lengths: [4], bytes: [16], of: [vector]),
      .distributedArray(
        shape: [8, 9], distributions: [.cyclic(blockLength: 2), .block], grid: [2, 3], part: 4,
        order: .columnMajor, of: double),
    ]
    for (structure, expected) in zip(structures, expected) { #expect(structure == expected) }
    let texts = Set(structures.map(\.description))
    #expect(texts.count == structures.count)
    #expect(texts.allSatisfy { $0.contains("MPI_DOUBLE") })
  }

  /// Counts and places that C's int does not hold, of which nothing is sent.
  @Test("Counts over 2³¹") func largeCounts() throws {
    let far = 1 << 33
    func expect(_ layout: Layout<Int8>, _ count: Int, _ span: Int, _ extent: Int) {
      #expect(
        (layout.count, layout.span, layout.extent, layout.byteCount, layout.byteBounds.count)
          == (count, span, extent, count, extent), "\(layout)")
    }
    expect(try .contiguous(count: far + 5), far + 5, far + 5, far + 5)
    expect(try .strided(count: 3, stride: far), 3, 2 * far + 1, 2 * far + 1)
    expect(
      try .strided(count: 2, blockLength: far, stride: far + 7), 2 * far, 2 * far + 7, 2 * far + 7)
    expect(try .strided(count: far, stride: 3), far, 3 * far - 2, 3 * far - 2)
    expect(try .blocks([far..<far + 2, 0..<1]), 3, far + 2, far + 2)
    expect(try .blocks([5..<far]), far - 5, far, far - 5)
    expect(try .blocks(length: 2, at: [far, 1]), 4, far + 2, far + 1)
    expect(try .blocks(length: far, at: [far, 0]), 2 * far, 2 * far, 2 * far)
    expect(try .subarray([2..<3, far - 1..<far], of: [5, far]), 1, 3 * far, 5 * far)
    expect(try .subarray([1..<3, 1..<2], of: [1 << 20, 1 << 20]), 2, (2 << 20) + 2, 1 << 40)
    let cyclic = try Layout<Int8>.distributedArray(
      of: [far, 3], [.block, .cyclic()], over: [2, 2], part: 2)
    expect(cyclic, far, 3 * far, 3 * far)
    let byte = try Layout<Int8>.contiguous(count: 1)
    expect(try byte.repeated(far), far, far, far)
    expect(try .strided(count: far, stride: 2, of: byte), far, 2 * far - 1, 2 * far - 1)
    expect(
      try .structure(of: [byte.placed(at: far, instances: far)]), far, 2 * far, far)
  }
}

@Suite("Layouts: the standard's examples (MPI 3.1 §4.1.14)") struct LayoutExampleTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  @Test("A section of an array of three axes") func section() throws {
    // a(1:17:2, 3:11, 2:10) of a(100, 100, 100), into e(9, 9, 9), in the order of Fortran.
    let n = 100
    let first = try Layout<Float>.strided(count: 9, stride: 2)
    let second = try Layout.strided(count: 9, stride: n, of: first)
    let third = try Layout.strided(count: 9, stride: n * n, of: second)
    let a = (0..<n * n * n).map { Float($0 + world.rank) }
    var e = [Float](repeating: -1, count: 9 * 9 * 9)
    try world.sendReceive(
      a.span.laid(out: third, at: 2 * n + n * n), to: world.rank, into: e.mutableSpan,
      from: world.rank)
    var expected: [Float] = []
    for k in 1..<10 {
      for j in 2..<11 { for i in 0..<9 { expected.append(a[2 * i + n * j + n * n * k]) } }
    }
    #expect(e == expected)
  }

  @Test("The lower triangle of a matrix") func triangle() throws {
    let n = 100
    // Strictly, in the order of Fortran: column i from the element below the diagonal on.
    let lower = try Layout<Float>.blocks((0..<n).map { n * $0 + $0 + 1..<n * ($0 + 1) })
    let a = (0..<n * n).map { Float($0) }
    var b = [Float](repeating: -1, count: n * n)
    try world.sendReceive(
      a.span.laid(out: lower), to: world.right, into: b.mutableSpan.laid(out: lower),
      from: world.left)
    #expect(b.indices.allSatisfy { b[$0] == ($0 % n > $0 / n ? a[$0] : -1) })
    #expect(lower.count == n * (n - 1) / 2)
  }

  @Test("Transposing a matrix", arguments: [false, true]) func transpose(byExtent: Bool) throws {
    let (rows, columns) = (100, 70)
    let column = try Layout<Float>.strided(count: rows, stride: columns)
    let a = (0..<rows * columns).map { Float($0 + world.rank) }
    var b = [Float](repeating: -1, count: rows * columns)
    if byExtent {
      try world.sendReceive(
        a.span.laid(out: column.resized(extent: 1), instances: columns), to: world.rank,
        into: b.mutableSpan, from: world.rank)
    } else {
      let transposed = try Layout.strided(count: columns, stride: 1, of: column)
      try world.sendReceive(
        a.span.laid(out: transposed), to: world.rank, into: b.mutableSpan,
        from: world.rank)
    }
    #expect(
      b.indices.allSatisfy { b[$0] == a[$0 % rows * columns + $0 / rows] })
  }
}

@Suite("Layouts: properties of structures") struct PropertyLayoutTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  struct Particle: Datatype, Equatable {
    var species: Int8
    var position: SIMD3<Double>
    var isAlive: Bool
    var mass: Double
    var charge: Int16
    var neighbor: Neighbor

    struct Neighbor: Datatype, Equatable {
      var index: Int32
      var isNear: Bool
    }

    static func of(_ rank: Int, _ index: Int) -> Particle {
      let number = value(rank, index)
      return Particle(
        species: Int8(truncatingIfNeeded: number), position: [Double(number), 1, -2],
        isAlive: number.isMultiple(of: 2), mass: Double(number) / 2,
        charge: Int16(truncatingIfNeeded: number),
        neighbor: Neighbor(index: Int32(index), isNear: !number.isMultiple(of: 3)))
    }

    static let none = Particle(
      species: 0, position: .zero, isAlive: false, mass: 0, charge: 0,
      neighbor: Neighbor(index: -1, isNear: false))
  }

  @Test("Only these properties arrive") func some() throws {
    let seen = try Layout<Particle>.properties(\.mass, \.position, \.neighbor.isNear, \.isAlive)
    let mine = (0..<5).map { Particle.of(world.rank, $0) }
    var received = [Particle](repeating: .none, count: 5)
    try world.sendReceive(
      mine.span.laid(out: seen, at: 1, instances: 3), to: world.right,
      into: received.mutableSpan.laid(out: seen, at: 2, instances: 3),
      from: world.left)
    for index in 0..<5 {
      var expected = Particle.none
      if (2..<5).contains(index) {
        let theirs = Particle.of(world.left, index - 1)
        expected.mass = theirs.mass
        expected.position = theirs.position
        expected.neighbor.isNear = theirs.neighbor.isNear
        expected.isAlive = theirs.isAlive
      }
      #expect(received[index] == expected)
    }
    #expect((seen.count, seen.span, seen.extent, seen.byteCount) == (1, 1, 1, 8 + 24 + 1 + 1))
    #expect(seen.byteBounds == 0..<MemoryLayout<Particle>.stride)
  }

  @Test("Of every second element, into an array of the values") func values() throws {
    let mass = try Layout<Particle>.properties(\.mass)
    let every = try Layout.strided(count: 4, stride: 2, of: mass)
    let mine = (0..<7).map { Particle.of(world.rank, $0) }
    var masses = [Double](repeating: -1, count: 4)
    let status = try world.sendReceive(
      mine.span.laid(out: every), to: world.right, into: masses.mutableSpan,
      from: world.left)
    #expect(masses == [0, 2, 4, 6].map { Particle.of(world.left, $0).mass })
    #expect(status.count(of: Double.self) == 4)
    var back = mine
    try world.sendReceive(
      [1.0, 2, 3, 4].span, to: world.left, into: back.mutableSpan.laid(out: every),
      from: world.right)
    for index in back.indices {
      var expected = mine[index]
      if index.isMultiple(of: 2) { expected.mass = Double(index / 2 + 1) }
      #expect(back[index] == expected)
    }
  }

  @Test("Whole structures with padding, by blocks") func whole() throws {
    let some = try Layout<Particle>.blocks([4..<6, 1..<2])
    let mine = (0..<7).map { Particle.of(world.rank, $0) }
    let (run, received) = try world.shift(
      mine, some, into: [Particle](repeating: .none, count: 7))
    #expect(run == [4, 5, 1].map { Particle.of(world.left, $0) })
    #expect(received == (0..<7).map { [1, 4, 5].contains($0) ? mine[$0] : .none })
    #expect(some.byteCount == 3 * (1 + 24 + 1 + 8 + 2 + 4 + 1))
  }

  @Test("No properties") func nothing() throws {
    let none = try Layout<Particle>.properties()
    #expect((none.byteCount, none.extent) == (0, 1))
  }

  func bytes<T: BitwiseCopyable>(_ elements: [T]) -> [UInt8] {
    unsafe elements.withUnsafeBytes { unsafe Array($0) }
  }

  @Test("Bool in layouts becomes valid, also when the layout is gone") func bools() throws {
    let sent: [UInt8] = [7, 0, 255, 2]
    let positions = [1, 4, 5, 8]
    var expected = [UInt8](repeating: 0, count: 10)
    for (position, byte) in zip(positions, sent) { expected[position] = min(byte, 1) }
    func layout() throws -> Layout<Bool> { try Layout<Bool>.blocks(at: positions) }
    let clear = [Bool](repeating: false, count: 10)

    var (blocking, immediate, dropped, exchanged, matched, given) = (
      clear, clear, clear, clear, clear, clear
    )
    try world.sendReceive(
      sent.span, to: world.right, into: blocking.mutableSpan.laid(out: layout()),
      from: world.left)
    do {
      let receiving = try world.immediate.receive(
        into: immediate.mutableSpan.laid(out: layout()), from: world.left)
      try world.send(sent.span, to: world.right)
      try receiving.wait()
    }
    do {
      let receiving = try world.immediate.receive(
        into: dropped.mutableSpan.laid(out: layout()), from: .any)
      try world.send(sent.span, to: world.right)
      _ = try receiving.isComplete()
    }
    do {
      var exchange = world.exchange()
      try exchange.receive(into: exchanged.mutableSpan.laid(out: layout()), from: world.left)
      try exchange.send(sent.span, to: world.right)
      try exchange.wait()
    }
    let sending = try world.immediate.send(sent.span, to: world.right)
    try world.matchedProbe(from: world.left).receive(into: matched.mutableSpan.laid(out: layout()))
    try sending.wait()
    let parts = invalidFlags((0..<world.size).flatMap { _ in sent })
    let request = try world.immediate.allToAll(
      parts.span, into: given.mutableSpan.laid(out: layout().resized(extent: 0)))
    try request.wait()

    for buffer in [blocking, immediate, dropped, exchanged, matched, given] {
      #expect(bytes(buffer) == expected)
    }
  }
}
