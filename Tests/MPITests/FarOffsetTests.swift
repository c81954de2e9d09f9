import MPI
import Testing

/// Few elements, more than 2³¹ apart: what takes the way of large counts, without large messages. The storage between
/// them is never touched, and so takes no memory.
@Suite("Offsets over 2³¹") struct FarOffsetTests {
  let world: Communicator
  let parts: Partition

  init() throws {
    world = try Job.communicator()
    let size = world.size
    // Two elements of each rank; that of the last lies behind what C's int can count.
    parts = Partition(
      counts: [Int](repeating: 2, count: size),
      offsets: (0..<size).map { $0 == size - 1 ? 1 << 31 + 3 : 2 * $0 })
  }

  func storage() -> [UInt8] { untouched(parts.count) }
  func own(_ rank: Int) -> [UInt8] { [UInt8(rank + 1), UInt8(100 + rank)] }

  func holdsAll(_ all: [UInt8]) -> Bool {
    (0..<world.size).allSatisfy { Array(all[parts[$0]]) == own($0) }
  }

  @Test("Gather") func gather() throws {
    let mine = own(world.rank)
    for root in [0, world.size - 1] {
      var all = world.rank == root ? storage() : []
      try world.gather(mine.span, into: all.mutableSpan, to: root, counts: parts)
      var immediate = world.rank == root ? storage() : []
      let request = try world.immediate.gather(
        mine.span, into: immediate.mutableSpan, to: root, counts: parts)
      try request.wait()
      if world.rank == root { #expect(holdsAll(all) && holdsAll(immediate)) }
    }
  }

  @Test("Gather to all") func allGather() throws {
    let mine = own(world.rank)
    var all = storage()
    try world.allGather(mine.span, into: all.mutableSpan, counts: parts)
    var immediate = storage()
    let request = try world.immediate.allGather(
      mine.span, into: immediate.mutableSpan, counts: parts)
    try request.wait()
    var inPlace = storage()
    inPlace.replaceSubrange(parts[world.rank], with: mine)
    try world.allGather(&inPlace, counts: parts)
    #expect(holdsAll(all))
    #expect(holdsAll(immediate))
    #expect(holdsAll(inPlace))
  }

  @Test("Scatter") func scatter() throws {
    var all = world.rank == 0 ? storage() : []
    if world.rank == 0 {
      for rank in 0..<world.size { all.replaceSubrange(parts[rank], with: own(rank)) }
    }
    let mine = try world.scatter(all.span, from: 0, counts: parts)
    var immediate: [UInt8] = [0, 0]
    let request = try world.immediate.scatter(
      all.span, into: immediate.mutableSpan, from: 0, counts: parts)
    try request.wait()
    #expect(mine == own(world.rank))
    #expect(immediate == own(world.rank))
  }

  /// One rank's parts are too far from each other for `MPI_Alltoallv`: all ranks must know.
  @Test("All to all, where the counts are exchanged first") func allToAllFinding() throws {
    let isFar = world.rank == world.size - 1
    let near = Partition(counts: [Int](repeating: 2, count: world.size))
    let sending = isFar ? parts : near
    var sent = isFar ? storage() : [UInt8](repeating: 0, count: near.count)
    for rank in 0..<world.size {
      sent.replaceSubrange(sending[rank], with: [UInt8(world.rank), UInt8(rank)])
    }
    let received = try world.allToAll(sent.span, sending: sending)
    #expect(received == (0..<world.size).flatMap { [UInt8($0), UInt8(world.rank)] })
  }

  @Test("All to all") func allToAll() throws {
    var sent = storage()
    for rank in 0..<world.size {
      sent.replaceSubrange(parts[rank], with: [UInt8(world.rank), UInt8(rank)])
    }
    var received = storage()
    try world.allToAll(
      sent.span, into: received.mutableSpan, sending: parts, receiving: parts)
    var immediate = storage()
    let request = try world.immediate.allToAll(
      sent.span, into: immediate.mutableSpan, sending: parts, receiving: parts)
    try request.wait()
    for rank in 0..<world.size {
      #expect(Array(received[parts[rank]]) == [UInt8(rank), UInt8(world.rank)])
      #expect(Array(immediate[parts[rank]]) == [UInt8(rank), UInt8(world.rank)])
    }
    try world.allToAll(&sent, exchanging: parts)
    for rank in 0..<world.size {
      #expect(Array(sent[parts[rank]]) == [UInt8(rank), UInt8(world.rank)])
    }
  }
}
