import MPI
import Support
import Testing

@Suite("More than 2³¹ elements, collectives", .enabled(if: Large.isPossible(), Large.comment))
struct LargeCollectiveTests {
  let world: Communicator
  init() throws { world = try TestWorld.world.duplicated() }

  /// As many elements of each rank: more than C's int holds on each, or only in all.
  static let counts = [Large.count, Large.half]

  func part(_ rank: Int, _ count: Int) -> Range<Int> { rank * count..<(rank + 1) * count }

  func holdsAll(_ storage: [UInt8], _ count: Int) -> Bool {
    (0..<world.size).allSatisfy { Large.holds(storage, $0, part($0, count)) }
  }

  @Test("Broadcast", arguments: [false, true]) func broadcast(immediate: Bool) throws {
    for root in 0..<world.size {
      var storage =
        world.rank == root ? Large.elements(of: root) : Large.storage(UInt8.self, Large.count)
      if immediate {
        let request = try world.immediate.broadcast(storage.mutableSpan, from: root)
        try request.wait()
      } else {
        try world.broadcast(storage.mutableSpan, from: root)
      }
      #expect(Large.holds(storage, root))
    }
  }

  @Test("Gather", arguments: counts, [false, true]) func gather(count: Int, immediate: Bool) throws
  {
    let root = world.size - 1
    let mine = Large.elements(of: world.rank, count)
    var all = Large.storage(UInt8.self, world.rank == root ? count * world.size : 0)
    if immediate {
      let request = try world.immediate.gather(mine.span, into: all.mutableSpan, to: root)
      try request.wait()
    } else {
      try world.gather(mine.span, into: all.mutableSpan, to: root)
    }
    if world.rank == root { #expect(holdsAll(all, count)) }
  }

  @Test("Gather varying numbers", arguments: counts) func gatherVarying(count: Int) throws {
    let root = 0
    let count = count - world.rank
    let mine = Large.elements(of: world.rank, count)
    let all = try world.gather(mine.span, to: root)
    let parts = Partition(counts: try world.allGather(count))
    if let all {
      #expect((0..<world.size).allSatisfy { Large.holds(all, $0, parts[$0]) })
    }
    var again = Large.storage(UInt8.self, world.rank == root ? parts.count : 0)
    let request = try world.immediate.gather(
      mine.span, into: again.mutableSpan, to: root, counts: parts)
    try request.wait()
    if world.rank == root {
      #expect((0..<world.size).allSatisfy { Large.holds(again, $0, parts[$0]) })
    }
  }

  @Test("Gather to all, in place", arguments: counts, [false, true])
  func allGather(count: Int, immediate: Bool) throws {
    var all = Large.storage(UInt8.self, count * world.size)
    Large.write(world.rank, into: &all, part(world.rank, count))
    if immediate {
      let request = try world.immediate.allGather(&all)
      try request.wait()
    } else {
      try world.allGather(&all)
    }
    #expect(holdsAll(all, count))
  }

  @Test("Gather to all, into storage", arguments: counts) func allGatherInto(count: Int) throws {
    let mine = Large.elements(of: world.rank, count)
    var all = Large.storage(UInt8.self, count * world.size)
    try world.allGather(mine.span, into: all.mutableSpan)
    #expect(holdsAll(all, count))
  }

  @Test("Gather varying numbers to all", arguments: [false, true])
  func allGatherVarying(immediate: Bool) throws {
    let parts = Partition(counts: (0..<world.size).map { $0 == 0 ? Large.count : 100 })
    let mine = Large.elements(of: world.rank, parts.counts[world.rank])
    var all = Large.storage(UInt8.self, parts.count)
    if immediate {
      let request = try world.immediate.allGather(
        mine.span, into: all.mutableSpan, counts: parts)
      try request.wait()
    } else {
      try world.allGather(mine.span, into: all.mutableSpan, counts: parts)
    }
    #expect((0..<world.size).allSatisfy { Large.holds(all, $0, parts[$0]) })
    var inPlace = Large.storage(UInt8.self, parts.count)
    Large.write(world.rank, into: &inPlace, parts[world.rank])
    try world.allGather(&inPlace, counts: parts)
    #expect((0..<world.size).allSatisfy { Large.holds(inPlace, $0, parts[$0]) })
  }

  @Test("Scatter", arguments: counts, [false, true])
  func scatter(count: Int, immediate: Bool) throws {
    let root = world.size - 1
    var all = Large.storage(UInt8.self, world.rank == root ? count * world.size : 0)
    if world.rank == root {
      for rank in 0..<world.size { Large.write(rank, into: &all, part(rank, count)) }
    }
    var mine = Large.storage(UInt8.self, count)
    if immediate {
      let request = try world.immediate.scatter(all.span, into: mine.mutableSpan, from: root)
      try request.wait()
    } else {
      try world.scatter(all.span, into: mine.mutableSpan, from: root)
    }
    #expect(Large.holds(mine, world.rank))
  }

  @Test("Scatter varying numbers") func scatterVarying() throws {
    let parts = Partition(counts: (0..<world.size).map { $0 == 0 ? 100 : Large.count })
    var all = Large.storage(UInt8.self, world.rank == 0 ? parts.count : 0)
    if world.rank == 0 {
      for rank in 0..<world.size { Large.write(rank, into: &all, parts[rank]) }
    }
    let mine = try world.scatter(all.span, from: 0, counts: parts)
    var again = Large.storage(UInt8.self, mine.count)
    let request = try world.immediate.scatter(
      all.span, into: again.mutableSpan, from: 0, counts: parts)
    try request.wait()
    #expect(mine.count == parts.counts[world.rank])
    #expect(Large.holds(mine, world.rank))
    #expect(Large.holds(again, world.rank))
  }

  @Test("All to all", arguments: counts, [false, true])
  func allToAll(count: Int, immediate: Bool) throws {
    var sent = Large.storage(UInt8.self, count * world.size)
    for other in 0..<world.size {
      Large.write(10 * world.rank + other, into: &sent, part(other, count))
    }
    var received = Large.storage(UInt8.self, count * world.size)
    if immediate {
      let request = try world.immediate.allToAll(sent.span, into: received.mutableSpan)
      try request.wait()
    } else {
      try world.allToAll(sent.span, into: received.mutableSpan)
    }
    for other in 0..<world.size {
      #expect(Large.holds(received, 10 * other + world.rank, part(other, count)))
    }
  }

  @Test("All to all, in place", arguments: [false, true])
  func allToAllInPlace(immediate: Bool) throws {
    let count = Large.count / world.size + 1000
    var storage = Large.storage(UInt8.self, count * world.size)
    for other in 0..<world.size {
      Large.write(10 * world.rank + other, into: &storage, part(other, count))
    }
    if immediate {
      let request = try world.immediate.allToAll(&storage)
      try request.wait()
    } else {
      try world.allToAll(&storage)
    }
    for other in 0..<world.size {
      #expect(Large.holds(storage, 10 * other + world.rank, part(other, count)))
    }
  }

  @Test("All to all, varying numbers") func allToAllVarying() throws {
    // The first rank sends much to the last, all others little.
    let counts = { (from: Int, to: Int) in
      from == 0 && to == world.size - 1 ? Large.count : 100
    }
    let sending = Partition(counts: (0..<world.size).map { counts(world.rank, $0) })
    let receiving = Partition(counts: (0..<world.size).map { counts($0, world.rank) })
    var sent = Large.storage(UInt8.self, sending.count)
    for other in 0..<world.size {
      Large.write(10 * world.rank + other, into: &sent, sending[other])
    }
    let received = try world.allToAll(sent.span, sending: sending)
    var again = Large.storage(UInt8.self, receiving.count)
    let request = try world.immediate.allToAll(
      sent.span, into: again.mutableSpan, sending: sending, receiving: receiving)
    try request.wait()
    for other in 0..<world.size {
      #expect(Large.holds(received, 10 * other + world.rank, receiving[other]))
      #expect(Large.holds(again, 10 * other + world.rank, receiving[other]))
    }
  }
}
