internal import CMPI

/// A group of processes, and a context in which they send messages to each other.
///
/// ``run(threading:_:)->Result`` gives a program the communicator of all its processes, the world; others
/// are made from it with ``duplicated()``, ``split(color:key:)``, ``split(by:key:info:)`` and
/// ``subset(_:tag:)``. Each of them is freed when the last reference to it is gone.
///
/// A communicator may be used from several threads if MPI runs at the level
/// ``ThreadingLevel/multiple``, the default of ``run(threading:_:)->Result``.
@safe public class Communicator: AnyCommunicator, @unchecked Sendable {
  private init(predefined raw: RawCommunicator) {
    precondition(isRunning, "a communicator was used while MPI is not running: call MPI.run first")
    var rank: CInt = 0
    var size: CInt = 0
    _ = unsafe MPI_Comm_rank(raw, &rank)
    _ = unsafe MPI_Comm_size(raw, &size)
    super.init(raw, rank: Int(rank), size: Int(size))
  }

  /// Takes over a communicator that was made, and has its errors come back as codes.
  ///
  /// - Parameter isOwned: Whether it is freed with the last reference to this object.
  init(owning raw: RawCommunicator, isOwned: Bool = true) throws {
    try super.init(raw, peers: nil, isOwned: isOwned)
  }

  /// An intercommunicator as the cores of collectives see it: as many ranks as there are in the
  /// other group, of which none is this process.
  init(across raw: RawCommunicator, size: Int) {
    super.init(raw, rank: Int.min, size: size)
  }

  /// The communicator of all processes of the job.
  ///
  /// - Precondition: MPI is initialized.
  ///
  /// The corresponding C constant is `MPI_COMM_WORLD`.
  public static let world = Communicator(predefined: CMPI_COMM_WORLD)

  /// The communicator of this process alone.
  ///
  /// - Precondition: MPI is initialized.
  ///
  /// The corresponding C constant is `MPI_COMM_SELF`.
  public static let selfOnly = Communicator(predefined: CMPI_COMM_SELF)

  /// Makes a communicator of the same processes with a context of its own: its messages never mix
  /// with others'.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  /// A library that communicates behind its caller's back does so on a duplicate.
  ///
  /// - Throws: ``MPIError`` where the library has run out of contexts.
  /// - Complexity: O(log `size`) messages.
  ///
  /// The corresponding C function is `MPI_Comm_dup` (MPI 3.1 §6.4.2).
  public func duplicated() throws -> Communicator {
    try Communicator(owning: duplicate(raw))
  }
}

/// The same processes, and the same topology, in another context.
func duplicate(_ raw: RawCommunicator) throws -> RawCommunicator {
  var new = CMPI_COMM_NULL as RawCommunicator
  try unsafe check(MPI_Comm_dup(raw, &new), "MPI_Comm_dup", on: raw)
  return new
}

extension Communicator {
  /// A root as C has it.
  @inlinable @inline(__always)
  func rawRoot(_ rank: Int, _ routine: StaticString) throws -> CInt {
    if _fastPath(UInt(bitPattern: rank) < UInt(bitPattern: size)) {
      return CInt(truncatingIfNeeded: rank)
    }
    throw MPIError.invalidRoot(rank, of: size, routine, on: raw)
  }
}

func rawName(of communicator: RawCommunicator) -> String {
  unsafe text(capacity: CMPI_MAX_OBJECT_NAME) {
    unsafe MPI_Comm_get_name(communicator, $0, $1)
  }
}

/// How two communicators, or two groups, relate.
///
/// The corresponding C constants are `MPI_IDENT`, `MPI_CONGRUENT`, `MPI_SIMILAR` and `MPI_UNEQUAL`
/// (MPI 3.1 §6.3.1).
public enum Similarity: Sendable {
  /// The same context and the same processes; for groups, the same processes in the same order.
  case identical
  /// The same processes in the same order, in another context.
  case congruent
  /// The same processes in another order.
  case similar
  /// Other processes.
  case unequal

  init(raw: CInt) {
    switch raw {
    case CMPI_IDENT: self = .identical
    case CMPI_CONGRUENT: self = .congruent
    case CMPI_SIMILAR: self = .similar
    default: self = .unequal
    }
  }
}

extension Communicator: CustomStringConvertible {
  /// Name, rank and size.
  public var description: String {
    "\(name.isEmpty ? "communicator" : name) (rank \(rank) of \(size))"
  }
}
