import MPI
import Testing

@Suite("Reduce (MPI 3.1 §5.9)") struct ReduceTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  /// The sums of the first `count` elements over the ranks `ranks`.
  func sums(_ ranks: Range<Int>, _ count: Int) -> [Int] {
    (0..<count).map { index in ranks.reduce(0) { $0 + value($1, index) } }
  }

  @Test("One value") func scalar() throws {
    let size = world.size
    // 0 + 1 + … + (n − 1) = n(n − 1)/2.
    #expect(try world.allReduce(world.rank, .sum) == size * (size - 1) / 2)
    for root in 0..<size {
      let sum = try world.reduce(world.rank, .sum, to: root)
      let greatest = try world.reduce(world.rank, .max, to: root)
      #expect(sum == (world.rank == root ? size * (size - 1) / 2 : nil))
      #expect(greatest == (world.rank == root ? size - 1 : nil))
    }
  }

  @Test("To all", arguments: [0, 1, 5, 1000, 30_000]) func toAll(count: Int) throws {
    let mine = values(of: world.rank, count)
    let expected = sums(0..<world.size, count)
    let array = try world.allReduce(mine.span, .sum)
    var blocking = [Int](repeating: -1, count: count + 1)
    try world.allReduce(mine.span, into: blocking.mutableSpan, .sum)
    var immediate = [Int](repeating: -1, count: count + 1)
    let first = try world.immediate.allReduce(mine.span, into: immediate.mutableSpan, .sum)
    try first.wait()
    var inPlace = mine
    try world.allReduce(&inPlace, .sum)
    var immediateInPlace = mine
    let second = try world.immediate.allReduce(&immediateInPlace, .sum)
    try second.wait()
    #expect(array == expected)
    #expect(blocking == expected + [-1])
    #expect(immediate == expected + [-1])
    #expect(inPlace == expected)
    #expect(immediateInPlace == expected)
  }

  @Test("To every root", arguments: [0, 1, 5, 3000]) func toRoot(count: Int) throws {
    let mine = values(of: world.rank, count)
    for root in 0..<world.size {
      let isRoot = world.rank == root
      let expected = sums(0..<world.size, count)
      let array = try world.reduce(mine.span, .sum, to: root)
      let room = isRoot ? count + 1 : 0
      var blocking = [Int](repeating: -1, count: room)
      try world.reduce(mine.span, into: blocking.mutableSpan, .sum, to: root)
      var immediate = [Int](repeating: -1, count: room)
      let first = try world.immediate.reduce(
        mine.span, into: immediate.mutableSpan, .sum, to: root)
      try first.wait()
      var inPlace = mine
      try world.reduce(&inPlace, .sum, to: root)
      var immediateInPlace = mine
      let second = try world.immediate.reduce(&immediateInPlace, .sum, to: root)
      try second.wait()
      #expect(array == (isRoot ? expected : nil))
      #expect(blocking == (isRoot ? expected + [-1] : []))
      #expect(immediate == (isRoot ? expected + [-1] : []))
      // Elsewhere than on the root the elements stay as they are.
      #expect(inPlace == (isRoot ? expected : mine))
      #expect(immediateInPlace == (isRoot ? expected : mine))
    }
  }

  /// Example 5.15: the inner product of two vectors that are distributed over the processes.
  @Test("An inner product (Example 5.15)") func innerProduct() throws {
    let a = (0..<10).map { Double(world.rank * 10 + $0) }
    let partial = a.reduce(0) { $0 + $1 * $1 }
    let n = Double(10 * world.size - 1)
    // 1² + 2² + … + n² = n(n + 1)(2n + 1)/6, exact in Double.
    #expect(try world.allReduce(partial, .sum) == n * (n + 1) * (2 * n + 1) / 6)
  }

  @Test("A root outside the communicator") func invalidRoot() throws {
    for root in [-1, world.size, Int.max] {
      expectError(.invalidRoot, by: "MPI_Reduce") { _ = try world.reduce(1, .sum, to: root) }
    }
  }
}

@Suite("Reduce and scatter (MPI 3.1 §5.10)") struct ReduceScatterTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  func sums(_ range: Range<Int>) -> [Int] {
    range.map { index in (0..<world.size).reduce(0) { $0 + value($1, index) } }
  }

  @Test("As evenly as can be", arguments: [0, 1, 6, 11, 5000]) func balanced(count: Int) throws {
    let mine = values(of: world.rank, count)
    let part = Partition(balancing: count, over: world.size)[world.rank]
    #expect(try world.reduceScatter(mine.span, .sum) == sums(part))
  }

  @Test("Equal shares (§5.10.1)", arguments: [0, 1, 4, 3000]) func equal(share: Int) throws {
    let count = share * world.size
    let mine = values(of: world.rank, count)
    let expected = sums(world.rank * share..<(world.rank + 1) * share)
    var blocking = [Int](repeating: -1, count: share + 1)
    try world.reduceScatter(mine.span, into: blocking.mutableSpan, .sum)
    var immediate = [Int](repeating: -1, count: share + 1)
    let first = try world.immediate.reduceScatter(
      mine.span, into: immediate.mutableSpan, .sum)
    try first.wait()
    var inPlace = mine
    try world.reduceScatter(&inPlace, .sum)
    var immediateInPlace = mine
    let second = try world.immediate.reduceScatter(&immediateInPlace, .sum)
    try second.wait()
    #expect(blocking == expected + [-1])
    #expect(immediate == expected + [-1])
    #expect(Array(inPlace.prefix(share)) == expected)
    #expect(Array(immediateInPlace.prefix(share)) == expected)
  }

  @Test("Varying shares (§5.10.2)", arguments: 0..<8) func varying(seed: Int) throws {
    let parts = Partition(counts: randomCounts(world.size, seed: seed))
    let mine = values(of: world.rank, parts.count)
    let expected = sums(parts[world.rank])
    let array = try world.reduceScatter(mine.span, .sum, counts: parts)
    var blocking = [Int](repeating: -1, count: expected.count + 1)
    try world.reduceScatter(mine.span, into: blocking.mutableSpan, .sum, counts: parts)
    var immediate = [Int](repeating: -1, count: expected.count + 1)
    let request = try world.immediate.reduceScatter(
      mine.span, into: immediate.mutableSpan, .sum, counts: parts)
    try request.wait()
    #expect(array == expected)
    #expect(blocking == expected + [-1])
    #expect(immediate == expected + [-1])
  }
}

@Suite("Scan (MPI 3.1 §5.11)") struct ScanTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  func sums(_ ranks: Range<Int>, _ count: Int) -> [Int] {
    (0..<count).map { index in ranks.reduce(0) { $0 + value($1, index) } }
  }

  @Test("One value") func scalar() throws {
    // 1 + 2 + … + (r + 1), and the same without the last.
    let rank = world.rank
    #expect(try world.scan(rank + 1, .sum) == (rank + 1) * (rank + 2) / 2)
    let before = try world.exclusiveScan(rank + 1, .sum)
    #expect(before == (rank == 0 ? nil : rank * (rank + 1) / 2))
  }

  @Test("Up to this rank (§5.11.1)", arguments: [0, 1, 9, 3000])
  func inclusive(count: Int) throws {
    let mine = values(of: world.rank, count)
    let expected = sums(0..<world.rank + 1, count)
    let array = try world.scan(mine.span, .sum)
    var blocking = [Int](repeating: -1, count: count + 1)
    try world.scan(mine.span, into: blocking.mutableSpan, .sum)
    var immediate = [Int](repeating: -1, count: count + 1)
    let first = try world.immediate.scan(mine.span, into: immediate.mutableSpan, .sum)
    try first.wait()
    var inPlace = mine
    try world.scan(&inPlace, .sum)
    var immediateInPlace = mine
    let second = try world.immediate.scan(&immediateInPlace, .sum)
    try second.wait()
    #expect(array == expected)
    #expect(blocking == expected + [-1])
    #expect(immediate == expected + [-1])
    #expect(inPlace == expected)
    #expect(immediateInPlace == expected)
  }

  /// On rank 0 the result has no meaning, and is not looked at.
  @Test("Before this rank (§5.11.2)", arguments: [0, 1, 9, 3000])
  func exclusive(count: Int) throws {
    let mine = values(of: world.rank, count)
    let expected = sums(0..<world.rank, count)
    let array = try world.exclusiveScan(mine.span, .sum)
    var blocking = [Int](repeating: -1, count: count + 1)
    try world.exclusiveScan(mine.span, into: blocking.mutableSpan, .sum)
    var immediate = [Int](repeating: -1, count: count + 1)
    let first = try world.immediate.exclusiveScan(
      mine.span, into: immediate.mutableSpan, .sum)
    try first.wait()
    var inPlace = mine
    try world.exclusiveScan(&inPlace, .sum)
    var immediateInPlace = mine
    let second = try world.immediate.exclusiveScan(&immediateInPlace, .sum)
    try second.wait()
    #expect(array == (world.rank == 0 ? nil : expected))
    if world.rank > 0 {
      #expect(blocking == expected + [-1])
      #expect(immediate == expected + [-1])
      #expect(inPlace == expected)
      #expect(immediateInPlace == expected)
    }
  }
}
