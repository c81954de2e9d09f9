internal import CMPI

/// What a communicator knows of how its processes are connected.
///
/// The corresponding C constants are `MPI_CART`, `MPI_GRAPH` and `MPI_DIST_GRAPH` (MPI 3.1 §7.5.5).
public enum Topology: Sendable {
  /// A grid: ``CartesianCommunicator``.
  case cartesian
  /// A graph that every process knows as a whole: ``GraphCommunicator``.
  case graph
  /// A graph of which a process knows its own edges: ``DistributedGraphCommunicator``.
  case distributedGraph
}

extension Communicator {
  /// What the communicator knows of how its processes are connected, or `nil` where that is
  /// nothing.
  ///
  /// A communicator that was made in this module and has a topology is a ``TopologyCommunicator``;
  /// `as?` gives that. For one that came from elsewhere there is
  /// ``CartesianCommunicator/init(duplicating:)``.
  ///
  /// The corresponding C function is `MPI_Topo_test` (MPI 3.1 §7.5.5).
  public var topology: Topology? {
    get throws {
      var status: CInt = 0
      try unsafe check(MPI_Topo_test(raw, &status), "MPI_Topo_test", on: raw)
      switch status {
      case CMPI_CART: return .cartesian
      case CMPI_GRAPH: return .graph
      case CMPI_DIST_GRAPH: return .distributedGraph
      default: return nil
      }
    }
  }

  /// Makes the communicator of a routine that gives none to ranks that are left over.
  func make<New: TopologyCommunicator>(
    _ routine: StaticString, _ body: (inout RawCommunicator) -> CInt,
    _ wrap: (RawCommunicator) throws -> New
  ) throws -> New? {
    var new = CMPI_COMM_NULL as RawCommunicator
    try check(body(&new), routine, on: raw)
    return try new == CMPI_COMM_NULL ? nil : wrap(new)
  }

  /// The error of a routine that leaves no rank out, and did.
  func noCommunicator(_ routine: StaticString) -> MPIError {
    MPIError(
      .internalError, routine: routine.description, message: "the library gave no communicator",
      on: raw)
  }
}

/// A communicator whose processes have neighbors: a ``CartesianCommunicator``, a
/// ``GraphCommunicator`` or a ``DistributedGraphCommunicator``.
///
/// What those have in common are the neighborhood collectives, in which a process exchanges data
/// with its neighbors only: ``neighborAllGather(_:counts:)``, ``neighborAllToAll(_:sending:)``, and
/// their other forms; those that do not wait are in ``Communicator/immediate``.
///
/// ## The order of neighbors
///
/// All buffers, counts and layouts of these operations follow ``outNeighbors`` where data are sent,
/// and ``inNeighbors`` where they are received. On a grid both lists are the same: for each axis the
/// process at the lower coordinate, then the one at the upper.
///
///                  0: lower of axis 0
///                          │
///     2: lower of axis 1 ──┼── 3: upper of axis 1          → axis 1
///                          │                              ↓ axis 0
///                  1: upper of axis 0
///
/// What a process sends to its lower neighbor arrives there as what comes from the upper one. At a
/// wall, where a grid is not periodic, there is no process: a neighbor is `nil`. Its part of a buffer
/// is there all the same, so that the others have the same places everywhere; nothing is sent from
/// it, and what is received into is left untouched there (an array that is returned has zero bytes).
///
/// ## A neighbor twice
///
/// Along a periodic axis of two processes, the lower and the upper neighbor are the same process;
/// along one of a single process, both are the process itself. In a graph, an edge may be there
/// several times. Libraries confuse the parts of such neighbors in different ways. Here each is
/// right: what is sent to the lower neighbor arrives as that of the upper one (MPI 4.1 §8.6), and in
/// graphs the first of several equal edges of the sender is the first of the receiver.
///
/// There is no persistent form of these operations: those are of MPI 4.
@safe public class TopologyCommunicator: Communicator, @unchecked Sendable {
  /// The ranks that send to this one, in the order of what is received; `nil` is no process.
  public final let inNeighbors: [Int?]

  /// The ranks that this one sends to, in the order of what is sent; `nil` is no process.
  public final let outNeighbors: [Int?]

  /// For the messages of exchanges that the library would confuse, where there are such.
  final let messages: Communicator?

  /// Whether a rank may receive that sends nothing, and so cannot tell by what it sends how many
  /// elements it receives.
  final let hasSinks: Bool

  /// Takes over a communicator that has a topology.
  ///
  /// - Parameters:
  ///   - isConfusing: Whether the library would confuse the parts of neighbors: the same on all
  ///     ranks.
  ///   - hasSinks: Whether any process receives and does not send: the same on all ranks.
  init(
    owning raw: RawCommunicator, in inNeighbors: [Int?], out outNeighbors: [Int?],
    isConfusing: Bool,
    hasSinks: Bool = false
  ) throws {
    self.hasSinks = hasSinks
    self.inNeighbors = inNeighbors
    self.outNeighbors = outNeighbors
    messages = isConfusing ? try Communicator(owning: duplicate(raw)) : nil
    try super.init(owning: raw)
  }

  /// The tags of the messages to neighbor `slot`, and from it, among those of one exchange.
  func messageTags(_ slot: Int) -> (sending: CInt, receiving: CInt) { (0, 0) }

  /// Throws where this topology is none that neighborhood collectives work on.
  func requireNeighborhood(_ routine: StaticString) throws {}
}

/// Whether a process is several times in a list of neighbors.
func hasRepeats(_ neighbors: [Int?]) -> Bool {
  let present = neighbors.compactMap { $0 }
  return Set(present).count < present.count
}
