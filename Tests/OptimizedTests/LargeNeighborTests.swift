import MPI
import Support
import Testing

@Suite("More than 2³¹ elements to neighbors", .enabled(if: Large.isPossible(), Large.comment))
struct LargeNeighborTests {
  let world: Communicator
  init() throws { world = try TestWorld.world.duplicated() }

  /// A graph, since a ring of so few processes would have double edges, and go by messages.
  @Test("Equal and varying counts") func large() throws {
    let graph = try world.distributedGraph(sources: [world.left], destinations: [world.right])
    let mine = Large.elements(of: world.rank)
    var received = Large.storage(UInt8.self, Large.count)
    try graph.neighborAllToAll(mine.span, into: received.mutableSpan)
    #expect(Large.holds(received, world.left))
    received = Large.storage(UInt8.self, Large.count)
    try graph.neighborAllGather(mine.span, into: received.mutableSpan)
    #expect(Large.holds(received, world.left))
    let parts = Partition(counts: [Large.count])
    received = Large.storage(UInt8.self, Large.count)
    let request = try graph.immediate.neighborAllToAll(
      mine.span, into: received.mutableSpan, sending: parts, receiving: parts)
    try request.wait()
    #expect(Large.holds(received, world.left))
  }

  @Test("Messages to a neighbor that is there twice") func double() throws {
    let graph = try world.distributedGraph(
      sources: [world.left, world.left], destinations: [world.right, world.right])
    let parts = Partition(counts: [Large.count, 1])
    let mine = Large.elements(of: world.rank) + [5]
    var received = Large.storage(UInt8.self, parts.count)
    try graph.neighborAllToAll(
      mine.span, into: received.mutableSpan, sending: parts, receiving: parts)
    #expect(Large.holds(received, world.left, 0..<Large.count))
    #expect(received[Large.count] == 5)
  }
}
