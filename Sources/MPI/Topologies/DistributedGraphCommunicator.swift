internal import CMPI

/// A communicator whose processes are the nodes of a directed graph of which each knows its own
/// edges.
///
///     // Everyone sends to the next two ranks of the ring.
///     let (rank, size) = (world.rank, world.size)
///     let graph = try world.distributedGraph(
///       sources: [(rank + size - 1) % size, (rank + size - 2) % size],
///       destinations: [(rank + 1) % size, (rank + 2) % size])
///
/// No process needs memory for more than its own neighbors.
@safe public final class DistributedGraphCommunicator: TopologyCommunicator, @unchecked Sendable {
  /// The ranks of which edges come here.
  ///
  /// The corresponding C functions are `MPI_Dist_graph_neighbors_count` and
  /// `MPI_Dist_graph_neighbors` (MPI 3.1 §7.5.5).
  public let sources: [Int]

  /// The ranks to which edges go from here.
  ///
  /// The corresponding C function is `MPI_Dist_graph_neighbors` (MPI 3.1 §7.5.5).
  public let destinations: [Int]

  /// The weights of the edges from the ``sources`` and to the ``destinations``, or `nil` where the
  /// graph was made without weights.
  ///
  /// The corresponding C function is `MPI_Dist_graph_neighbors` (MPI 3.1 §7.5.5).
  public let weights: (sources: [Int], destinations: [Int])?

  /// Takes over a communicator that has a distributed graph topology.
  init(owning raw: RawCommunicator, _ agreement: Communicator) throws {
    var (incoming, outgoing, isWeighted) = (0 as CInt, 0 as CInt, 0 as CInt)
    try unsafe check(
      MPI_Dist_graph_neighbors_count(raw, &incoming, &outgoing, &isWeighted),
      "MPI_Dist_graph_neighbors_count", on: raw)
    // Never the address of an empty array, which may be none.
    var sources = [CInt](repeating: 0, count: max(1, Int(incoming)))
    var destinations = [CInt](repeating: 0, count: max(1, Int(outgoing)))
    if isWeighted != 0 {
      var (sourceWeights, destinationWeights) = (sources, destinations)
      try unsafe check(
        MPI_Dist_graph_neighbors(
          raw, incoming, &sources, &sourceWeights, outgoing, &destinations, &destinationWeights),
        "MPI_Dist_graph_neighbors", on: raw)
      weights = (
        sourceWeights.prefix(Int(incoming)).map { Int($0) },
        destinationWeights.prefix(Int(outgoing)).map { Int($0) }
      )
    } else {
      try unsafe check(
        MPI_Dist_graph_neighbors(
          raw, incoming, &sources, CMPI_UNWEIGHTED, outgoing, &destinations, CMPI_UNWEIGHTED),
        "MPI_Dist_graph_neighbors", on: raw)
      weights = nil
    }
    self.sources = sources.prefix(Int(incoming)).map { Int($0) }
    self.destinations = destinations.prefix(Int(outgoing)).map { Int($0) }
    // Each rank sees its own edges only, and all must take the same way.
    let isUneven = incoming != outgoing
    let isConfusing = isUneven || hasRepeats(self.sources) || hasRepeats(self.destinations)
    let isSink = incoming > 0 && outgoing == 0
    let found = try agreement.allReduce(
      (isConfusing ? 1 : 0) | (isSink ? 2 : 0) as UInt8, .bitwiseOr)
    try super.init(
      owning: raw, in: self.sources, out: self.destinations, isConfusing: found & 1 != 0,
      hasSinks: found & 2 != 0)
  }

  /// Makes a graph of the same processes with a context of its own.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_Comm_dup` (MPI 3.1 §6.4.2).
  public override func duplicated() throws -> DistributedGraphCommunicator {
    try DistributedGraphCommunicator(owning: duplicate(raw), self)
  }
}

/// An edge of a graph of processes.
public struct Edge: Hashable, Sendable {
  /// The rank that sends along the edge.
  public var source: Int

  /// The rank that receives.
  public var destination: Int

  /// What the edge carries, or how dear it is: a hint for the library that reorders ranks.
  public var weight: Int?

  /// An edge from one rank to another, or the same.
  public init(from source: Int, to destination: Int, weight: Int? = nil) {
    self.source = source
    self.destination = destination
    self.weight = weight
  }
}

extension Communicator {
  /// Makes a graph of processes, each of which names its own neighbors.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  /// - Parameters:
  ///   - sources: The ranks of which edges come here: each names this one as a destination, as often.
  ///   - destinations: The ranks to which edges go from here: each names this one as a source.
  ///   - weights: How dear each edge is, the same at both ends; on all ranks or on none.
  ///   - info: Hints for the reordering.
  ///   - reordering: Whether the library may give ranks new numbers, so that neighbors are close to
  ///     each other in the machine.
  /// - Returns: The graph; its neighbors are in the order in which they were named.
  /// - Throws: ``MPIError/Code/invalidRank`` where a neighbor is none of the ranks,
  ///   ``MPIError/Code/invalidArgument`` for a weight that C's int does not hold, or where some ranks
  ///   give weights and others do not.
  /// - Precondition: As many weights as neighbors, none of them negative.
  /// - Complexity: O(neighbors) of memory on each rank, O(log `size`) messages.
  ///
  /// The corresponding C function is `MPI_Dist_graph_create_adjacent` (MPI 3.1 §7.5.4).
  public func distributedGraph(
    sources: [Int], destinations: [Int], weights: (sources: [Int], destinations: [Int])? = nil,
    info: Info = [:], reordering: Bool = false
  ) throws -> DistributedGraphCommunicator {
    let routine: StaticString = "MPI_Dist_graph_create_adjacent"
    let rawSources = try rawRanks(sources, routine)
    let rawDestinations = try rawRanks(destinations, routine)
    let sourceLoads = try rawWeights(weights?.sources, sources.count, routine)
    let destinationLoads = try rawWeights(weights?.destinations, destinations.count, routine)
    // A rank without neighbors goes with the others.
    let isAlone = sources.isEmpty && destinations.isEmpty
    let answers = try allReduce(isAlone ? 0 : weights == nil ? 1 : 2 as UInt8, .bitwiseOr)
    if answers == 3 {
      throw MPIError(
        .invalidArgument, routine: routine.description,
        message: "some ranks give weights, and others do not", on: raw)
    }
    let isWeighted = answers == 2
    return try makeGraph(routine) { new in
      unsafe withWeights(isWeighted ? sourceLoads : nil) { sourceWeights in
        unsafe withWeights(isWeighted ? destinationLoads : nil) { destinationWeights in
          // The address of an empty array may be none, which not all libraries take.
          unsafe MPI_Dist_graph_create_adjacent(
            raw, CInt(sources.count), rawSources + [0], sourceWeights,
            CInt(destinations.count), rawDestinations + [0], destinationWeights, info.raw,
            reordering ? 1 : 0, &new)
        }
      }
    }
  }

  /// Makes a graph of processes out of edges of which each rank names any.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  ///     // Rank 0 has read the graph, and the others know nothing of it.
  ///     let graph = try world.distributedGraph(edges: world.rank == 0 ? readEdges() : [])
  ///
  /// - Parameters:
  ///   - edges: Some edges, each of which one rank names. Where any of the graph has a weight, those
  ///     without one have the weight 1.
  ///   - info: Hints for the reordering.
  ///   - reordering: Whether the library may give ranks new numbers, so that neighbors are close to
  ///     each other in the machine.
  /// - Returns: The graph; its neighbors are in no particular order.
  /// - Throws: ``MPIError/Code/invalidRank`` where an end is none of the ranks,
  ///   ``MPIError/Code/invalidArgument`` for a weight that C's int does not hold.
  /// - Precondition: No weight is negative.
  ///
  /// The corresponding C function is `MPI_Dist_graph_create` (MPI 3.1 §7.5.4).
  public func distributedGraph(
    edges: [Edge], info: Info = [:], reordering: Bool = false
  ) throws -> DistributedGraphCommunicator {
    let routine: StaticString = "MPI_Dist_graph_create"
    let sources = try rawRanks(edges.map { $0.source }, routine)
    let destinations = try rawRanks(edges.map { $0.destination }, routine)
    let loads = try rawWeights(edges.map { $0.weight ?? 1 }, edges.count, routine)
    let isWeighted = try allReduce(edges.contains { $0.weight != nil }, .logicalOr)
    let degrees = [CInt](repeating: 1, count: edges.count)
    return try makeGraph(routine) { new in
      unsafe withWeights(isWeighted ? loads : nil) { weights in
        unsafe MPI_Dist_graph_create(
          raw, CInt(edges.count), sources + [0], degrees + [0], destinations + [0], weights,
          info.raw, reordering ? 1 : 0, &new)
      }
    }
  }

  /// Makes a graph that no rank is left out of.
  private func makeGraph(
    _ routine: StaticString, _ body: (inout RawCommunicator) -> CInt
  ) throws -> DistributedGraphCommunicator {
    let new = try make(routine, body) { (raw) throws in
      try DistributedGraphCommunicator(owning: raw, self)
    }
    guard let new else { throw noCommunicator(routine) }
    return new
  }

  private func rawRanks(_ ranks: [Int], _ routine: StaticString) throws -> [CInt] {
    try ranks.map { (rank) throws in try rawPeer(rank, routine) }
  }

  private func rawWeights(
    _ weights: [Int]?, _ count: Int, _ routine: StaticString
  ) throws -> [CInt] {
    guard let weights else { return [] }
    precondition(weights.count == count, "\(weights.count) weights of \(count) edges")
    return try weights.map { (weight) throws in
      precondition(weight >= 0, "an edge of the weight \(weight)")
      guard let raw = CInt(exactly: weight) else {
        throw MPIError(
          .invalidArgument, routine: routine.description,
          message: "the weight \(weight) has more than 31 bits", on: self.raw)
      }
      return raw
    }
  }
}

/// Weights as C has them: there is a constant for none at all, and another one for those of no edge.
private func withWeights(
  _ weights: [CInt]?, _ body: (UnsafePointer<CInt>) -> CInt
) -> CInt {
  guard let weights else { return unsafe body(CMPI_UNWEIGHTED) }
  return unsafe weights.withUnsafeBufferPointer { buffer in
    guard buffer.count > 0, let address = buffer.baseAddress else {
      return unsafe body(CMPI_WEIGHTS_EMPTY)
    }
    return unsafe body(address)
  }
}
