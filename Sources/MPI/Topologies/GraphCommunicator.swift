internal import CMPI

/// A communicator whose processes are the nodes of a graph that all of them know.
///
///     // A ring of three with a tail: 0, 1, 2 and 3.
///     let graph = try world.graph([[1, 2], [0, 2], [0, 1, 3], [2]])
///
/// Every process stores the whole graph; for many of them see ``DistributedGraphCommunicator``.
/// The neighborhood collectives need a symmetric graph: the neighbors are both those that are sent
/// to and those that are received from.
@safe public final class GraphCommunicator: TopologyCommunicator, @unchecked Sendable {
  /// The neighbors of each rank.
  ///
  /// The corresponding C functions are `MPI_Graphdims_get` and `MPI_Graph_get` (MPI 3.1 §7.5.5).
  public let neighbors: [[Int]]

  /// The number of edges, each in one direction.
  ///
  /// The corresponding C function is `MPI_Graphdims_get` (MPI 3.1 §7.5.5).
  public let edgeCount: Int

  /// Whether each edge is there in the other direction, too, and as often.
  public let isSymmetric: Bool

  /// Takes over a communicator that has a graph topology.
  init(owning raw: RawCommunicator) throws {
    var nodeCount: CInt = 0
    var edgeCount: CInt = 0
    var rank: CInt = 0
    try unsafe check(
      MPI_Graphdims_get(raw, &nodeCount, &edgeCount), "MPI_Graphdims_get", on: raw)
    try unsafe check(MPI_Comm_rank(raw, &rank), "MPI_Comm_rank", on: raw)
    var index = [CInt](repeating: 0, count: Int(nodeCount))
    var edges = [CInt](repeating: 0, count: max(1, Int(edgeCount)))
    try unsafe check(
      MPI_Graph_get(raw, nodeCount, edgeCount, &index, &edges), "MPI_Graph_get", on: raw)
    var neighbors: [[Int]] = []
    var start = 0
    for end in index {
      neighbors.append(edges[start..<Int(end)].map { Int($0) })
      start = Int(end)
    }
    self.neighbors = neighbors
    self.edgeCount = Int(edgeCount)
    isSymmetric = isSymmetricGraph(neighbors)
    let own = neighbors[Int(rank)]
    try super.init(
      owning: raw, in: own, out: own, isConfusing: neighbors.contains(where: hasRepeats))
  }

  /// Makes a graph of the same processes with a context of its own.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_Comm_dup` (MPI 3.1 §6.4.2).
  public override func duplicated() throws -> GraphCommunicator {
    try GraphCommunicator(owning: duplicate(raw))
  }

  override func requireNeighborhood(_ routine: StaticString) throws {
    if isSymmetric { return }
    throw MPIError(
      .invalidTopology, routine: routine.description,
      message: "the graph is not symmetric: a process would send what none receives", on: raw)
  }
}

extension GraphCommunicator {
  /// The neighbors of a rank.
  ///
  /// - Throws: ``MPIError/Code/invalidRank`` where there is no such rank.
  ///
  /// The corresponding C functions are `MPI_Graph_neighbors_count` and `MPI_Graph_neighbors` (MPI
  /// 3.1 §7.5.5).
  public func neighbors(of rank: Int) throws -> [Int] {
    let rawRank = try rawPeer(rank, "MPI_Graph_neighbors")
    var count: CInt = 0
    try unsafe check(
      MPI_Graph_neighbors_count(raw, rawRank, &count), "MPI_Graph_neighbors_count", on: raw)
    if count == 0 { return [] }
    var found = [CInt](repeating: 0, count: Int(count))
    try unsafe check(
      MPI_Graph_neighbors(raw, rawRank, count, &found), "MPI_Graph_neighbors", on: raw)
    return found.map { Int($0) }
  }
}

extension Communicator {
  /// Makes a graph of processes.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same arguments.
  ///
  /// - Parameters:
  ///   - neighbors: The neighbors of each node. A node may be its own neighbor, and a neighbor may be
  ///     there several times.
  ///   - reordering: Whether the library may give ranks new numbers, so that neighbors are close to
  ///     each other in the machine.
  /// - Returns: The graph, or `nil` on ranks that are left over.
  /// - Throws: ``MPIError/Code/invalidTopology`` where the graph has more nodes than there are
  ///   ranks, ``MPIError/Code/invalidRank`` where a neighbor is none of the nodes.
  /// - Complexity: O(nodes + edges) of memory on each rank.
  ///
  /// The corresponding C function is `MPI_Graph_create` (MPI 3.1 §7.5.3).
  public func graph(
    _ neighbors: [[Int]], reordering: Bool = false
  ) throws -> GraphCommunicator? {
    let (index, edges) = try rawGraph(neighbors, "MPI_Graph_create")
    // Without nodes there is no graph: the library would say so by an error or by MPI_COMM_NULL.
    if neighbors.isEmpty { return nil }
    let make = { (new: inout RawCommunicator) in
      unsafe MPI_Graph_create(
        self.raw, CInt(neighbors.count), index, edges, reordering ? 1 : 0, &new)
    }
    return try self.make("MPI_Graph_create", make, GraphCommunicator.init(owning:))
  }

  /// The rank that this process would best have in a graph, as far as the library knows the
  /// machine.
  ///
  /// - Returns: `nil` where the process would be left over.
  /// - Throws: As ``graph(_:reordering:)``.
  ///
  /// The corresponding C function is `MPI_Graph_map` (MPI 3.1 §7.5.8).
  public func recommendedRank(in neighbors: [[Int]]) throws -> Int? {
    let (index, edges) = try rawGraph(neighbors, "MPI_Graph_map")
    if neighbors.isEmpty { return nil }
    var best: CInt = 0
    try unsafe check(
      MPI_Graph_map(raw, CInt(neighbors.count), index, edges, &best), "MPI_Graph_map", on: raw)
    // Open MPI gives ranks that are left over their own number (seen in 4.1.4).
    return best == CMPI_UNDEFINED || best >= neighbors.count ? nil : Int(best)
  }

  /// Where the neighbors of each node end in the list of all, and that list.
  private func rawGraph(
    _ neighbors: [[Int]], _ routine: StaticString
  ) throws -> (index: [CInt], edges: [CInt]) {
    guard neighbors.count <= size else {
      throw MPIError(
        .invalidTopology, routine: routine.description,
        message: "a graph of \(neighbors.count) nodes on \(size) ranks", on: raw)
    }
    var index: [CInt] = []
    var edges: [CInt] = []
    for list in neighbors {
      for node in list {
        edges.append(try checkedPeer(node, of: neighbors.count, routine, on: raw))
      }
      index.append(CInt(edges.count))
    }
    // Never the address of an empty array, which may be none.
    return (index, edges.isEmpty ? [0] : edges)
  }
}

/// Whether each edge is there in the other direction, too, and as often.
private func isSymmetricGraph(_ neighbors: [[Int]]) -> Bool {
  var surplus: [SIMD2<Int>: Int] = [:]
  for (node, list) in neighbors.enumerated() {
    for other in list where other != node {
      surplus[SIMD2(min(node, other), max(node, other)), default: 0] += node < other ? 1 : -1
    }
  }
  return surplus.values.allSatisfy { $0 == 0 }
}
