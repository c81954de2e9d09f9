import MPI
import Support
import Testing

@Suite("More than 2³¹ elements, reductions", .enabled(if: Large.isPossible(), Large.comment))
struct LargeReductionTests {
  let world: Communicator
  init() throws { world = try TestWorld.world.duplicated() }

  @Test("To all", arguments: [false, true]) func allReduce(immediate: Bool) throws {
    let mine = Large.elements(of: world.rank)
    var result = Large.storage(UInt8.self, Large.count)
    if immediate {
      let request = try world.immediate.allReduce(mine.span, into: result.mutableSpan, .max)
      try request.wait()
    } else {
      try world.allReduce(mine.span, into: result.mutableSpan, .max)
    }
    #expect(Large.holdsMaximum(result, of: 0..<world.size))
  }

  @Test("To all, in place, with a function") func allReduceInPlace() throws {
    var storage = Large.elements(of: world.rank)
    try world.allReduce(&storage, Reduction { max($0, $1) })
    #expect(Large.holdsMaximum(storage, of: 0..<world.size))
  }

  @Test("To the root", arguments: [false, true]) func reduce(immediate: Bool) throws {
    let root = world.size - 1
    let mine = Large.elements(of: world.rank)
    var result = Large.storage(UInt8.self, world.rank == root ? Large.count : 0)
    if immediate {
      let request = try world.immediate.reduce(
        mine.span, into: result.mutableSpan, .max, to: root)
      try request.wait()
    } else {
      try world.reduce(mine.span, into: result.mutableSpan, .max, to: root)
    }
    if world.rank == root { #expect(Large.holdsMaximum(result, of: 0..<world.size)) }
  }

  @Test("Scan", arguments: [false, true]) func scan(immediate: Bool) throws {
    let mine = Large.elements(of: world.rank)
    var result = Large.storage(UInt8.self, Large.count)
    if immediate {
      let request = try world.immediate.scan(mine.span, into: result.mutableSpan, .max)
      try request.wait()
    } else {
      try world.scan(mine.span, into: result.mutableSpan, .max)
    }
    #expect(Large.holdsMaximum(result, of: 0..<world.rank + 1))
  }

  @Test("Exclusive scan, in place") func exclusiveScan() throws {
    var storage = Large.elements(of: world.rank)
    try world.exclusiveScan(&storage, .max)
    if world.rank > 0 { #expect(Large.holdsMaximum(storage, of: 0..<world.rank)) }
  }

  /// The whole is too large for C's int; the shares are, too, on one rank.
  @Test("Reduce and scatter", arguments: [false, true]) func reduceScatter(immediate: Bool) throws {
    let share = Large.count / world.size
    let mine = Large.elements(of: world.rank)
    var result = Large.storage(UInt8.self, share)
    if immediate {
      let request = try world.immediate.reduceScatter(mine.span, into: result.mutableSpan, .max)
      try request.wait()
    } else {
      try world.reduceScatter(mine.span, into: result.mutableSpan, .max)
    }
    #expect(Large.holdsMaximum(result, of: 0..<world.size, from: world.rank * share))
  }

  @Test("Reduce and scatter, in place", arguments: [false, true])
  func reduceScatterInPlace(immediate: Bool) throws {
    let share = Large.count / world.size
    var storage = Large.elements(of: world.rank)
    if immediate {
      let request = try world.immediate.reduceScatter(&storage, .max)
      try request.wait()
    } else {
      try world.reduceScatter(&storage, .max)
    }
    let own = Array(storage[..<share])
    #expect(Large.holdsMaximum(own, of: 0..<world.size, from: world.rank * share))
  }

  @Test("Reduce and scatter varying numbers") func reduceScatterVarying() throws {
    let parts = Partition(
      counts: (0..<world.size).map { $0 == 0 ? Large.count - 50 * (world.size - 1) : 50 })
    let mine = Large.elements(of: world.rank)
    let own = try world.reduceScatter(mine.span, .max, counts: parts)
    #expect(own.count == parts.counts[world.rank])
    #expect(Large.holdsMaximum(own, of: 0..<world.size, from: parts.offsets[world.rank]))
  }

  @Test("Of a local pair") func local() throws {
    let a = Large.elements(of: 0)
    var b = Large.elements(of: 1)
    try Reduction.max.combine(a.span, into: b.mutableSpan)
    #expect(Large.holdsMaximum(b, of: 0..<2))
  }
}
