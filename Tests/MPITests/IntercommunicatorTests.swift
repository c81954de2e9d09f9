import MPI
import Support
import Testing

@Suite("Intercommunicators (MPI 3.1 §6.6)", .ranks(2...)) struct IntercommunicatorTests {
  let world: Communicator
  let half: Communicator
  let between: Intercommunicator
  /// Whether this rank is in the group of the lower ranks: the first third, at least one.
  let isLow: Bool
  /// The ranks in the world of this group, and of the other.
  let mine: [Int]
  let theirs: [Int]

  init() throws {
    world = try Job.communicator()
    let low = Array(0..<max(1, world.size / 3))
    let high = Array(low.count..<world.size)
    isLow = world.rank < low.count
    (mine, theirs) = isLow ? (low, high) : (high, low)
    half = try #require(try world.split(color: isLow ? 0 : 1))
    between = try Intercommunicator(
      half, leader: half.size - 1, peer: world, remoteLeader: theirs[theirs.count - 1], tag: 5)
  }

  @Test("Sizes and groups (§6.6.1)") func groups() throws {
    let group = try world.group
    let (local, remote) = (try between.group, try between.remoteGroup)
    #expect(between.rank == half.rank)
    #expect(between.size == mine.count)
    #expect(between.remoteSize == theirs.count)
    #expect(try local.translate(Array(0..<local.size), to: group) == mine)
    #expect(try remote.translate(Array(0..<remote.size), to: group) == theirs)
    #expect(
      between.description
        == "intercommunicator (rank \(half.rank) of \(mine.count), with \(theirs.count))")
  }

  @Test("Messages to ranks of the other group") func messages() throws {
    // Every rank to every rank of the other group.
    for peer in 0..<theirs.count {
      let request = try between.immediate.send(values(of: world.rank, 3).span, to: peer, tag: 2)
      try request.wait()
    }
    var received: [[Int]] = []
    for peer in 0..<theirs.count {
      let status = try between.probe(from: peer, tag: 2)
      #expect(status.count(of: Int.self) == 3)
      received.append(try between.receive(Int.self, from: peer, tag: 2))
    }
    #expect(received == theirs.map { values(of: $0, 3) })
    // From anyone, and nonblocking.
    try between.send(world.rank, to: 0, tag: 3)
    if between.rank == 0 {
      var sources: [Int] = []
      for _ in theirs {
        var one = [0]
        let request = try between.immediate.receive(into: one.mutableSpan, from: .any, tag: 3)
        let status = try request.wait()
        #expect(status.source.map { theirs[$0] } == one[0])
        sources.append(one[0])
      }
      #expect(sources.sorted() == theirs)
    }
    try world.barrier()
    #expect(try between.immediate.probe(from: .any) == nil)
    #expect(try between.immediate.matchedProbe(from: 0) == nil)
  }

  @Test("An exchange between the first of both groups") func exchange() throws {
    let peer = between.rank == 0 ? 0 : nil
    let sent = [world.rank]
    var received = [-1]
    var both = [-1]
    var exchange = between.exchange()
    try exchange.receive(into: received.mutableSpan, from: peer)
    try exchange.send(sent.span, to: peer)
    try exchange.wait()
    try between.sendReceive(sent.span, to: peer, into: both.mutableSpan, from: peer)
    #expect(received == (between.rank == 0 ? [theirs[0]] : [-1]))
    #expect(both == received)
  }

  @Test("Ranks are those of the other group") func ranks() throws {
    for rank in [-1, theirs.count, 1 << 40] {
      expectError(.invalidRank, by: "MPI_Send") { try between.send(1, to: rank) }
      expectError(.invalidRank, by: "MPI_Isend") {
        try between.immediate.send([1].span, to: rank).wait()
      }
      expectError(.invalidRank, by: "MPI_Iprobe") { _ = try between.immediate.probe(from: rank) }
    }
    for root in [-1, theirs.count] {
      expectError(.invalidRoot, by: "MPI_Bcast") {
        var value = 0
        try between.broadcast(&value, from: .rank(root))
      }
    }
    // To no process.
    try between.send(1, to: nil)
  }

  /// Whom the ranks name where rank `root` of the lower or upper group is the root.
  func root(_ root: Int, inLow: Bool) -> Intercommunicator.Root {
    guard isLow == inLow else { return .rank(root) }
    return between.rank == root ? .me : .another
  }

  @Test("Broadcast (§5.4)", arguments: [true, false]) func broadcast(fromLow: Bool) throws {
    let givers = fromLow == isLow ? mine : theirs
    let last = givers.count - 1
    let root = root(last, inLow: fromLow)
    var value = world.rank
    try between.broadcast(&value, from: root)
    var elements = values(of: world.rank, 5)
    try between.broadcast(elements.mutableSpan, from: root)
    var array = [Int](repeating: world.rank, count: world.rank)
    try between.broadcast(&array, from: root)
    let isReceiver = fromLow != isLow
    let giver = givers[last]
    #expect(value == (isReceiver ? giver : world.rank))
    #expect(elements == values(of: isReceiver ? giver : world.rank, 5))
    let expected = isReceiver ? giver : world.rank
    #expect(array == [Int](repeating: expected, count: expected))
  }

  @Test("Gather (§5.5)", arguments: [true, false]) func gather(toLow: Bool) throws {
    let root = root(0, inLow: toLow)
    let value = try between.gather([world.rank], to: root)
    // As many elements as the rank says.
    let varying = try between.gather(values(of: world.rank, world.rank + 1).span, to: root)
    var room = [Int](repeating: -1, count: root == .me ? 2 * theirs.count : 0)
    try between.gather(values(of: world.rank, 2).span, into: room.mutableSpan, to: root)
    #expect(value == (root == .me ? theirs : nil))
    #expect(varying == (root == .me ? theirs.flatMap { values(of: $0, $0 + 1) } : nil))
    #expect(room == (root == .me ? theirs.flatMap { values(of: $0, 2) } : []))
  }

  @Test("Scatter (§5.6)", arguments: [true, false]) func scatter(fromLow: Bool) throws {
    let root = root(0, inLow: fromLow)
    let isReceiver = fromLow != isLow
    let count = 2 * (isReceiver ? mine : theirs).count + 1
    let divided = try between.scatter(values(of: 7, count).span, from: root)
    var room = [Int](repeating: -1, count: isReceiver ? 2 : 0)
    try between.scatter(values(of: 8, count - 1).span, into: room.mutableSpan, from: root)
    // The first of them gets the one that is left over.
    let start = between.rank == 0 ? 0 : 2 * between.rank + 1
    let part = values(of: 7, count)[..<min(count, 2 * between.rank + 3)].dropFirst(start)
    #expect(divided == (isReceiver ? Array(part) : []))
    let own = values(of: 8, count - 1).dropFirst(2 * between.rank).prefix(2)
    #expect(room == (isReceiver ? Array(own) : []))
  }

  @Test("Gather to all (§5.7)") func allGather() throws {
    #expect(try between.allGather([world.rank]) == theirs)
    let varying = try between.allGather(values(of: world.rank, world.rank).span)
    #expect(varying == theirs.flatMap { values(of: $0, $0) })
    var room = [Int](repeating: -1, count: 3 * theirs.count + 1)
    try between.allGather(values(of: world.rank, 3).span, into: room.mutableSpan)
    #expect(room == theirs.flatMap { values(of: $0, 3) } + [-1])
  }

  @Test("All to all (§5.8)") func allToAll() throws {
    // Two for each: which of them, and from whom.
    let sent = theirs.flatMap { [world.rank * 100 + $0, -$0] }
    #expect(
      try between.allToAll(sent.span) == theirs.flatMap { [$0 * 100 + world.rank, -world.rank] })
    // Rank r of the other group gets r + (this one's rank) elements.
    let sending = Partition(counts: theirs.indices.map { $0 + between.rank })
    let elements = values(of: world.rank, sending.count)
    let received = try between.allToAll(elements.span, sending: sending)
    let expected = theirs.indices.flatMap { peer in
      let parts = Partition(counts: mine.indices.map { $0 + peer })
      return Array(values(of: theirs[peer], parts.count)[parts[between.rank]])
    }
    #expect(received == expected)
  }

  @Test("Reductions (§5.9)") func reductions() throws {
    #expect(try between.allReduce(world.rank, .sum) == theirs.reduce(0, +))
    let largest = try between.allReduce([world.rank, -world.rank].span, .max)
    #expect(largest == [theirs[theirs.count - 1], -theirs[0]])
    for toLow in [true, false] {
      let root = root(0, inLow: toLow)
      let product = try between.reduce(world.rank + 1, .product, to: root)
      let closure = try between.reduce(
        [world.rank, 1].span, Reduction { $0 &+ $1 }, to: root)
      #expect(product == (root == .me ? theirs.reduce(1) { $0 * ($1 + 1) } : nil))
      #expect(closure == (root == .me ? [theirs.reduce(0, +), theirs.count] : nil))
    }
  }

  @Test("Reduction and division (§5.10)") func reduceScatter() throws {
    let count = world.size * 2
    let mineOfAll = (0..<count).map { world.rank + 10 * $0 }
    let part = try between.reduceScatter(mineOfAll.span, .sum)
    let sums = (0..<count).map { theirs.reduce(0, +) + 10 * $0 * theirs.count }
    #expect(part == Array(sums[Partition(balancing: count, over: mine.count)[between.rank]]))
  }

  @Test("Barrier, blocking and nonblocking") func barrier() throws {
    try between.barrier()
    let request = try between.immediate.barrier()
    try request.wait()
    #expect(try between.allReduce(1, .sum) == theirs.count)
  }

  @Test("Merging both groups (§6.6.2)") func merging() throws {
    let merged = try between.merged(isHigh: isLow)
    let order = try merged.allGather(world.rank)
    let (low, high) = isLow ? (mine, theirs) : (theirs, mine)
    #expect(order == high + low)
  }

  @Test("Duplicates, parts, comparison") func creation() throws {
    let other = try between.duplicated()
    #expect(other != between)
    #expect(other.isCongruent(to: between))
    #expect(try other.similarity(to: world) == .unequal)
    #expect(try other.allReduce(1, .sum) == theirs.count)
    // Only the first of each group.
    let first = try between.split(color: between.rank == 0 ? 4 : nil)
    #expect((first == nil) == (between.rank != 0))
    #expect(first?.remoteSize == (between.rank == 0 ? 1 : nil))
    #expect(try first?.allGather([world.rank]) == (between.rank == 0 ? [theirs[0]] : nil))
    // Colors of which each is in one group only.
    #expect(try between.split(color: isLow ? 1 : 2) == nil)
    expectError(.invalidArgument, by: "MPI_Comm_split") { _ = try between.split(color: -1) }
  }

  @Test("Disconnecting (§10.5.4)") func disconnecting() throws {
    let other = try between.duplicated()
    try other.barrier()
    try other.disconnect()
    // Nothing happens the second time.
    try other.disconnect()
    expectError(.invalidCommunicator) { try other.send(1, to: 0) }
    expectError(.invalidCommunicator) { try other.barrier() }
    let copy = try world.duplicated()
    try copy.disconnect()
    expectError(.invalidCommunicator) { _ = try copy.allReduce(1, .sum) }
  }

  @Test("Leaders outside their communicators") func leaders() throws {
    expectError(.invalidRank, by: "MPI_Intercomm_create") {
      _ = try Intercommunicator(half, leader: half.size, peer: world, remoteLeader: 0)
    }
    if half.rank == 0 {
      expectError(.invalidRank, by: "MPI_Intercomm_create") {
        _ = try Intercommunicator(half, leader: 0, peer: world, remoteLeader: world.size)
      }
    }
  }
}
