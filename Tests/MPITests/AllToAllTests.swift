import MPI
import Testing

@Suite("All to all (MPI 3.1 §5.8)") struct AllToAllTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  /// What `source` sends to `target`: the two are known by the elements.
  func message(_ source: Int, _ target: Int, _ count: Int) -> [Int] {
    (0..<count).map { value(source, $0) + target * 1_000_000_007 }
  }

  @Test("As many elements to each: a transposition", arguments: [0, 1, 3, 2000])
  func equal(count: Int) throws {
    let sent = (0..<world.size).flatMap { message(world.rank, $0, count) }
    let expected = (0..<world.size).flatMap { message($0, world.rank, count) }
    let array = try world.allToAll(sent.span)
    var blocking = [Int](repeating: -1, count: sent.count + 1)
    try world.allToAll(sent.span, into: blocking.mutableSpan)
    var immediate = [Int](repeating: -1, count: sent.count + 1)
    let request = try world.immediate.allToAll(sent.span, into: immediate.mutableSpan)
    try request.wait()
    var inPlace = sent
    try world.allToAll(&inPlace)
    var immediateInPlace = sent
    let second = try world.immediate.allToAll(&immediateInPlace)
    try second.wait()
    #expect(array == expected)
    #expect(blocking == expected + [-1])
    #expect(immediate == expected + [-1])
    #expect(inPlace == expected)
    #expect(immediateInPlace == expected)
  }

  /// How many elements each rank sends to each other, the same table on all ranks.
  func table(_ seed: Int) -> [[Int]] {
    (0..<world.size).map { randomCounts(world.size, seed: seed == 0 ? 0 : 100 * seed + $0) }
  }

  @Test("Varying numbers", arguments: 0..<8) func varying(seed: Int) throws {
    let table = table(seed)
    let sending = Partition(counts: table[world.rank])
    let sent = (0..<world.size).flatMap { message(world.rank, $0, table[world.rank][$0]) }
    let received = try world.allToAll(sent.span, sending: sending)
    let receiving = try world.receivingPartition(for: sending)
    #expect(receiving.counts == table.map { $0[world.rank] })
    #expect(
      received
        == (0..<world.size).flatMap { message($0, world.rank, table[$0][world.rank]) })
  }

  @Test("Varying numbers with gaps on both sides", arguments: 0..<8)
  func gaps(seed: Int) throws {
    let table = table(seed)
    let sending = scattered(table[world.rank], seed: seed)
    let receiving = scattered(table.map { $0[world.rank] }, seed: seed + 50 + world.rank)
    var sent = [Int](repeating: -2, count: sending.count)
    var expected = [Int](repeating: -1, count: receiving.count + 1)
    for other in 0..<world.size {
      sent.replaceSubrange(
        sending[other], with: message(world.rank, other, table[world.rank][other]))
      expected.replaceSubrange(
        receiving[other], with: message(other, world.rank, table[other][world.rank]))
    }
    var blocking = [Int](repeating: -1, count: receiving.count + 1)
    try world.allToAll(
      sent.span, into: blocking.mutableSpan, sending: sending, receiving: receiving)
    var immediate = [Int](repeating: -1, count: receiving.count + 1)
    let request = try world.immediate.allToAll(
      sent.span, into: immediate.mutableSpan, sending: sending, receiving: receiving)
    try request.wait()
    let array = try world.allToAll(sent.span, sending: sending)
    #expect(blocking == expected)
    #expect(immediate == expected)
    #expect(
      array == (0..<world.size).flatMap { message($0, world.rank, table[$0][world.rank]) })
  }

  @Test("Varying numbers in place", arguments: 0..<6) func exchanging(seed: Int) throws {
    // What two ranks swap is as long on both: a symmetric table.
    let half = table(seed)
    let counts = (0..<world.size).map { half[min($0, world.rank)][max($0, world.rank)] }
    let parts = scattered(counts, seed: seed + 7 * world.rank)
    var storage = [Int](repeating: -1, count: parts.count)
    var expected = storage
    for other in 0..<world.size {
      storage.replaceSubrange(parts[other], with: message(world.rank, other, counts[other]))
      expected.replaceSubrange(parts[other], with: message(other, world.rank, counts[other]))
    }
    try world.allToAll(&storage, exchanging: parts)
    #expect(storage == expected)
  }

  /// The example of the documentation: everyone sends r copies of its rank to rank r.
  @Test("r copies to rank r") func copies() throws {
    let sending = Partition(counts: Array(0..<world.size))
    let mine = [Int](repeating: world.rank, count: sending.count)
    let received = try world.allToAll(mine.span, sending: sending)
    #expect(
      received == (0..<world.size).flatMap { [Int](repeating: $0, count: world.rank) })
  }
}
