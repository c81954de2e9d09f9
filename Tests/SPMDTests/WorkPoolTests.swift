import MPI
import Support
import Testing

@testable import SPMD

/// A node of a tree that grows while it is walked.
private struct Node: Datatype, BitwiseCopyable {
  var depth: Int32
  var kind: Int32
  var seed: UInt64

  /// Steele, Lea and Flood's SplitMix64, as a source of shapes.
  func child(_ index: UInt64) -> Node {
    var coins = CoinStream(state: seed &+ index)
    return Node(depth: depth + 1, kind: kind, seed: coins.next())
  }
}

@Suite struct WorkPoolTests {
  /// The children of a node, for trees of several kinds.
  private func children(_ node: Node) -> [Node] {
    switch node.kind {
    case 0:  // A full binary tree.
      return node.depth < 12 ? [node.child(0), node.child(1)] : []
    case 1:  // A chain, one node at a time.
      return node.depth < 2000 ? [node.child(0)] : []
    case 2:  // Nothing for long, and then everything.
      if node.depth < 1000 { return [node.child(0)] }
      if node.depth == 1000 { return (0..<3000).map { node.child($0) } }
      return []
    case 3:  // A comb: at every node of a deep chain a small tree.
      let isSpine = node.seed & 1 == 0
      guard isSpine else { return node.seed & 6 == 0 && node.depth < 800 ? [leaf(node)] : [] }
      return node.depth < 600 ? [spine(node), leaf(node), leaf(node)] : []
    default:  // A random tree, nearly critical: no one can tell how large a branch is.
      return node.depth < 400 && node.seed % 1000 < 495 ? [node.child(0), node.child(1)] : []
    }
  }

  private func spine(_ node: Node) -> Node {
    var next = node.child(0)
    next.seed &= ~1
    return next
  }

  private func leaf(_ node: Node) -> Node {
    var next = node.child(1)
    next.seed |= 1
    return next
  }

  /// The number of nodes, and the exclusive or of their seeds.
  private func walk(_ roots: [Node]) -> [UInt64] {
    var stack = roots
    var (count, sum) = (UInt64(0), UInt64(0))
    while let node = stack.popLast() {
      count += 1
      sum &+= node.seed
      stack += children(node)
    }
    return [count, sum]
  }

  private func roots(kind: Int, of rank: Int) -> [Node] {
    (0..<UInt64(kind == 4 ? 200 : 1)).map {
      Node(depth: 0, kind: Int32(kind), seed: (UInt64(rank) << 20) + 2 * $0)
    }
  }

  @Test(arguments: 0...4, [1, 7]) func everyNodeOnce(kind: Int, batch: Int) throws {
    try withWorld { world in
      let pool = try WorkPool<Node>(on: world)
      // All on the first rank, all on the last, some everywhere, nothing at all.
      let starts: [(Int) -> Bool] = [
        { $0 == 0 }, { $0 == world.size - 1 }, { _ in true }, { _ in false },
      ]
      for start in starts {
        let initial = start(world.rank) ? roots(kind: kind, of: world.rank) : []
        var found: [UInt64] = [0, 0]
        let summary = try pool.run(initial, batch: batch) { nodes, created in
          #expect((1...batch).contains(nodes.count))
          for i in nodes.indices {
            found[0] += 1
            found[1] &+= nodes[i].seed
            created += children(nodes[i])
          }
        }
        let total = try world.allReduce(found.span, .sum)
        let expected = walk(
          (0..<world.size).filter(start).flatMap { roots(kind: kind, of: $0) })
        #expect(total == expected)
        #expect(summary.processed == Int(found[0]))
        if world.size == 1 { #expect(summary == .init(processed: Int(found[0]))) }
      }
    }
  }

  /// One rank has everything; each item takes a while. All others get a part.
  @Test func noRankIsIdle() throws {
    try withWorld { world in
      let pool = try WorkPool<Node>(on: world)
      let clock = ContinuousClock()
      let initial = world.rank == 0 ? roots(kind: 0, of: 0) : []
      let summary = try pool.run(initial) { nodes, created in
        for i in nodes.indices {
          let end = clock.now + .microseconds(50)
          created += children(nodes[i])
          while clock.now < end {}
        }
      }
      let least = try world.allReduce(summary.processed, .min)
      let total = try world.allReduce(summary.processed, .sum)
      #expect(total == 8191)
      // With more ranks than cores, time is not divided evenly.
      #expect(least > total / world.size / 10)
    }
  }

  /// A rank is still in one run when another begins the next.
  @Test func runsDoNotMix() throws {
    try withWorld { world in
      let pool = try WorkPool<Node>(on: world)
      for round in 0..<200 {
        let owner = round % world.size
        let initial =
          world.rank == owner ? [Node(depth: 8, kind: 0, seed: UInt64(round) << 32)] : []
        var wrong = 0
        let summary = try pool.run(initial) { nodes, created in
          for i in nodes.indices {
            if nodes[i].depth < 8 { wrong += 1 }
            created += children(nodes[i])
          }
        }
        let totals = try world.allReduce([summary.processed, wrong].span, .sum)
        #expect(totals == [31, 0])
      }
    }
  }
}
