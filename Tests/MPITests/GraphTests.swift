import MPI
import Support
import Testing

@Suite("Graphs that all know (MPI 3.1 §7.5.3)") struct GraphTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  /// A star: 0 is everyone's neighbor.
  func star(_ count: Int) -> [[Int]] {
    (0..<count).map { $0 == 0 ? Array(1..<count) : [0] }
  }

  @Test("The standard's example of four processes") func example() throws {
    guard world.size >= 4 else { return }
    let neighbors = [[1, 3], [0], [3], [0, 2]]
    let graph = try world.graph(neighbors)
    #expect((graph != nil) == (world.rank < 4))
    guard let graph else { return }
    #expect(graph.neighbors == neighbors)
    #expect(graph.edgeCount == 6)
    #expect(graph.isSymmetric)
    #expect(graph.inNeighbors == neighbors[graph.rank])
    #expect(try graph.topology == .graph)
  }

  @Test("Stars, with and without ranks that are left over") func stars() throws {
    for count in 1...world.size {
      let neighbors = star(count)
      let graph = try world.graph(neighbors)
      let best = try world.recommendedRank(in: neighbors)
      let bests = try world.allGather(best ?? -1)
      #expect((graph != nil) == (world.rank < count))
      #expect(bests.filter { $0 >= 0 }.sorted() == Array(0..<count))
      guard let graph else { continue }
      #expect(graph.neighbors == neighbors && graph.size == count)
      for rank in 0..<count { #expect(try graph.neighbors(of: rank) == neighbors[rank]) }
      let copy = try graph.duplicated()
      #expect(copy.neighbors == neighbors)
      #expect(try graph.topology == .graph)
    }
  }

  @Test("Nodes without neighbors, loops, and edges that are there twice") func odd() throws {
    let size = world.size
    let lonely = try world.graph([[Int]](repeating: [], count: size))
    let loops = try world.graph((0..<size).map { [$0, $0, ($0 + 1) % size] })
    #expect(lonely?.neighbors == [[Int]](repeating: [], count: size))
    #expect(lonely?.edgeCount == 0 && lonely?.isSymmetric == true)
    #expect(loops?.neighbors[world.rank] == [world.rank, world.rank, (world.rank + 1) % size])
    // Of two processes both are the other's next.
    #expect(loops?.isSymmetric == (size <= 2))
    #expect(try world.graph([]) == nil)
    #expect(try world.recommendedRank(in: []) == nil)
  }

  @Test("Reordered, every process is one of the nodes") func reordering() throws {
    let graph = try #require(try world.graph(star(world.size), reordering: true))
    let ranks = try graph.allGather(graph.rank)
    #expect(ranks == Array(0..<world.size))
    #expect(graph.inNeighbors == star(world.size)[graph.rank])
  }

  @Test("Graphs that are none") func errors() throws {
    expectError(.invalidTopology, by: "MPI_Graph_create") {
      _ = try world.graph(star(world.size + 1))
    }
    for node in [-1, world.size, Int.max] {
      expectError(.invalidRank, by: "MPI_Graph_create") {
        _ = try world.graph([[node]] + [[Int]](repeating: [], count: world.size - 1))
      }
      expectError(.invalidRank, by: "MPI_Graph_map") {
        _ = try world.recommendedRank(in: [[node]])
      }
      let graph = try #require(try world.graph(star(world.size)))
      expectError(.invalidRank, by: "MPI_Graph_neighbors") { _ = try graph.neighbors(of: node) }
    }
  }

  @Test("A graph that is not symmetric has no neighborhood collectives", .ranks(2...))
  func asymmetric() throws {
    let graph = try #require(
      try world.graph([[1]] + [[Int]](repeating: [], count: world.size - 1)))
    #expect(!graph.isSymmetric)
    let mine = [1, 2]
    var into = [0, 0]
    expectError(.invalidTopology, by: "MPI_Neighbor_allgather") {
      _ = try graph.neighborAllGather(1)
    }
    expectError(.invalidTopology) { _ = try graph.neighborAllToAll(mine) }
    expectError(.invalidTopology) {
      let request = try graph.immediate.neighborAllToAll(mine, into: &into)
      try request.wait()
    }
  }
}

/// A directed graph that all tests' ranks can compute: which edges there are from one rank to another, with their weights.
struct RandomGraph {
  let size: Int
  /// For each rank, where its edges go, in order.
  var destinations: [[Int]]
  /// For each rank, where its edges come from, in order.
  var sources: [[Int]]
  var weights: [SIMD2<Int>: Int] = [:]

  init(_ size: Int, seed: Int, repeating: Bool = false) {
    var random = SplitMix(seed)
    self.size = size
    destinations = [[Int]](repeating: [], count: size)
    sources = destinations
    for from in 0..<size {
      for to in 0..<size {
        weights[SIMD2(from, to)] = Int.random(in: 0...1000, using: &random)
        for _ in 0..<(repeating ? 3 : 1) where Int.random(in: 0..<5, using: &random) < 2 {
          destinations[from].append(to)
          sources[to].append(from)
        }
      }
    }
    for rank in 0..<size {
      destinations[rank].shuffle(using: &random)
      sources[rank].shuffle(using: &random)
    }
  }

  /// Everyone sends to the next rank, and to the one after that, where those are two.
  init(circulant size: Int, seed: Int) {
    var random = SplitMix(seed)
    self.size = size
    let steps = size > 2 ? [1, 2] : [1]
    destinations = (0..<size).map { rank in
      steps.map { (rank + $0) % size }.shuffled(using: &random)
    }
    sources = (0..<size).map { rank in
      steps.map { (rank + size - $0) % size }.shuffled(using: &random)
    }
  }

  func weights(to rank: Int) -> [Int] { sources[rank].map { weights[SIMD2($0, rank)] ?? 0 } }
  func weights(from rank: Int) -> [Int] { destinations[rank].map { weights[SIMD2(rank, $0)] ?? 0 } }

  /// Which of the sender's edges is that from which `rank` receives as its `slot`-th: the first of several equal ones is
  /// the first.
  func sender(_ rank: Int, _ slot: Int) -> (rank: Int, slot: Int) {
    let source = sources[rank][slot]
    let earlier = sources[rank][..<slot].count { $0 == source }
    let slots = destinations[source].indices.filter { destinations[source][$0] == rank }
    return (source, slots[earlier])
  }
}

@Suite("Distributed graphs (MPI 3.1 §7.5.4)") struct DistributedGraphTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  @Test("Adjacent, in the order in which neighbors were named", arguments: 0..<6)
  func adjacent(seed: Int) throws {
    let random = RandomGraph(world.size, seed: seed, repeating: seed >= 3)
    let rank = world.rank
    let plain = try world.distributedGraph(
      sources: random.sources[rank], destinations: random.destinations[rank])
    let weighted = try world.distributedGraph(
      sources: random.sources[rank], destinations: random.destinations[rank],
      weights: (random.weights(to: rank), random.weights(from: rank)))
    let copy = try weighted.duplicated()
    #expect(plain.sources == random.sources[rank])
    #expect(plain.destinations == random.destinations[rank])
    #expect(plain.inNeighbors == random.sources[rank])
    #expect(plain.outNeighbors == random.destinations[rank])
    #expect(plain.weights == nil)
    #expect(try plain.topology == .distributedGraph)
    let isEmpty = random.destinations.allSatisfy { $0.isEmpty }
    for graph in [weighted, copy] where !isEmpty {
      #expect(graph.sources == random.sources[rank])
      #expect(graph.destinations == random.destinations[rank])
      #expect(graph.weights?.sources == random.weights(to: rank))
      #expect(graph.weights?.destinations == random.weights(from: rank))
    }
  }

  @Test("Edges that any rank names", arguments: 0..<6) func edges(seed: Int) throws {
    let random = RandomGraph(world.size, seed: seed + 20, repeating: seed >= 3)
    let (rank, size) = (world.rank, world.size)
    // Every rank names those that fall to it, whosever they are.
    var edges: [Edge] = []
    var number = 0
    for from in 0..<size {
      for to in random.destinations[from] {
        let weight = random.weights[SIMD2(from, to)]
        if (number + seed) % size == rank { edges.append(Edge(from: from, to: to, weight: weight)) }
        number += 1
      }
    }
    let weighted = try world.distributedGraph(edges: edges)
    let plain = try world.distributedGraph(
      edges: edges.map { Edge(from: $0.source, to: $0.destination) })
    #expect(plain.weights == nil)
    #expect(weighted.sources.sorted() == random.sources[rank].sorted())
    #expect(weighted.destinations.sorted() == random.destinations[rank].sorted())
    #expect(plain.sources.sorted() == random.sources[rank].sorted())
    #expect(plain.destinations.sorted() == random.destinations[rank].sorted())
    if number > 0 {
      let weights = try #require(weighted.weights)
      #expect(weights.sources == weighted.sources.map { random.weights[SIMD2($0, rank)] })
      #expect(weights.destinations == weighted.destinations.map { random.weights[SIMD2(rank, $0)] })
    }
  }

  @Test("One rank knows the graph, and some edges have no weight") func oneKnows() throws {
    let size = world.size
    let ring = (0..<size).map {
      Edge(from: $0, to: ($0 + 1) % size, weight: $0 == 0 ? 7 : nil)
    }
    let graph = try world.distributedGraph(edges: world.rank == 0 ? ring : [])
    #expect(graph.sources == [(world.rank + size - 1) % size])
    #expect(graph.destinations == [(world.rank + 1) % size])
    #expect(graph.weights?.destinations == [world.rank == 0 ? 7 : 1])
    #expect(graph.weights?.sources == [world.rank == 1 % size ? 7 : 1])
  }

  @Test("No edge at all") func none() throws {
    let adjacent = try world.distributedGraph(sources: [], destinations: [])
    let edges = try world.distributedGraph(edges: [])
    let weighted = try world.distributedGraph(sources: [], destinations: [], weights: ([], []))
    for graph in [adjacent, edges, weighted] {
      #expect(graph.sources == [] && graph.destinations == [])
      #expect(try graph.topology == .distributedGraph)
    }
  }

  @Test("Hints and reordering") func hints() throws {
    let (rank, size) = (world.rank, world.size)
    let graph = try world.distributedGraph(
      sources: [(rank + size - 1) % size], destinations: [(rank + 1) % size],
      info: ["reorder_method": "none"], reordering: true)
    let ranks = try graph.allGather(graph.rank)
    #expect(ranks == Array(0..<size))
    // Whoever has which number, the ring is one.
    #expect(graph.sources == [(graph.rank + size - 1) % size])
    #expect(graph.destinations == [(graph.rank + 1) % size])
  }

  @Test("Graphs that are none") func errors() throws {
    for rank in [-1, world.size, Int.max] {
      expectError(.invalidRank, by: "MPI_Dist_graph_create_adjacent") {
        _ = try world.distributedGraph(sources: [rank], destinations: [])
      }
      expectError(.invalidRank, by: "MPI_Dist_graph_create_adjacent") {
        _ = try world.distributedGraph(sources: [], destinations: [0, rank])
      }
      expectError(.invalidRank, by: "MPI_Dist_graph_create") {
        _ = try world.distributedGraph(edges: [Edge(from: 0, to: rank)])
      }
      expectError(.invalidRank, by: "MPI_Dist_graph_create") {
        _ = try world.distributedGraph(edges: [Edge(from: rank, to: 0)])
      }
    }
    expectError(.invalidArgument, by: "MPI_Dist_graph_create") {
      _ = try world.distributedGraph(edges: [Edge(from: 0, to: 0, weight: 1 << 31)])
    }
    expectError(.invalidArgument, by: "MPI_Dist_graph_create_adjacent") {
      _ = try world.distributedGraph(sources: [0], destinations: [], weights: ([1 << 31], []))
    }
  }

  @Test("Weights on some ranks only", .ranks(2...)) func someWeights() throws {
    let (rank, size) = (world.rank, world.size)
    let neighbor = [(rank + 1) % size, (rank + size - 1) % size]
    expectError(.invalidArgument, by: "MPI_Dist_graph_create_adjacent") {
      _ = try world.distributedGraph(
        sources: neighbor, destinations: neighbor, weights: rank == 0 ? ([1, 1], [1, 1]) : nil)
    }
    // One without neighbors gives none, and needs none.
    let first = rank == 0 ? [0] : []
    let graph = try world.distributedGraph(
      sources: first, destinations: first, weights: rank == 0 ? ([5], [5]) : nil)
    #expect(graph.weights?.sources == (rank == 0 ? [5] : []))
  }
}
