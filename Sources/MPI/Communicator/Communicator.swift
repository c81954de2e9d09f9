public import CMPI

/// A group of processes, and a context in which they send messages to each other.
///
/// ``run(threading:_:)`` gives a program the communicator of all its processes, the world; others
/// are made from it with ``duplicated()``, ``split(color:key:)``, ``split(by:key:)`` and
/// ``subset(_:tag:)``. Each of them is freed when the last reference to it is gone.
///
/// A communicator may be used from several threads if MPI runs at the level
/// ``ThreadingLevel/multiple``, the default of ``run(threading:_:)``.
@safe public class Communicator: @unchecked Sendable {
  @usableFromInline final let raw: RawCommunicator

  /// The number of this process among those of the communicator: 0 to ``size`` − 1.
  ///
  /// The corresponding C function is `MPI_Comm_rank` (MPI 3.1 §6.4.1).
  public final let rank: Int

  /// The number of processes.
  ///
  /// The corresponding C function is `MPI_Comm_size` (MPI 3.1 §6.4.1).
  public final let size: Int

  private final let isOwned: Bool

  private init(predefined raw: RawCommunicator) {
    precondition(isRunning, "a communicator was used while MPI is not running: call MPI.run first")
    var rank: CInt = 0
    var size: CInt = 0
    _ = unsafe MPI_Comm_rank(raw, &rank)
    _ = unsafe MPI_Comm_size(raw, &size)
    self.raw = raw
    self.rank = Int(rank)
    self.size = Int(size)
    isOwned = false
  }

  /// Takes over a communicator that was made, and has its errors come back as codes.
  init(owning raw: RawCommunicator) throws(MPIError) {
    var rank: CInt = 0
    var size: CInt = 0
    try unsafe check(MPI_Comm_rank(raw, &rank), "MPI_Comm_rank", on: raw)
    try unsafe check(MPI_Comm_size(raw, &size), "MPI_Comm_size", on: raw)
    try check(
      MPI_Comm_set_errhandler(raw, CMPI_ERRORS_RETURN), "MPI_Comm_set_errhandler", on: raw)
    self.raw = raw
    self.rank = Int(rank)
    self.size = Int(size)
    isOwned = true
  }

  deinit {
    guard isOwned, isRunning else { return }
    // The standard calls this collective, to let a library synchronize; the ones that exist do not,
    // and work that is still under way keeps what it needs.
    var raw = raw
    _ = unsafe MPI_Comm_free(&raw)
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

  /// The name that errors and debuggers show.
  ///
  /// A name is local: other ranks do not see it. One that is longer than the library allows is cut.
  ///
  /// The corresponding C functions are `MPI_Comm_get_name` and `MPI_Comm_set_name` (MPI 3.1 §6.8).
  public final var name: String {
    get { rawName(of: raw) }
    set {
      var name = newValue
      while name.utf8.count >= Int(CMPI_MAX_OBJECT_NAME) { name.removeLast() }
      _ = unsafe MPI_Comm_set_name(raw, name)
    }
  }

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
  public func duplicated() throws(MPIError) -> Communicator {
    try Communicator(owning: duplicate(raw))
  }
}

/// The same processes, and the same topology, in another context.
func duplicate(_ raw: RawCommunicator) throws(MPIError) -> RawCommunicator {
  var new = CMPI_COMM_NULL as RawCommunicator
  try unsafe check(MPI_Comm_dup(raw, &new), "MPI_Comm_dup", on: raw)
  return new
}

/// A peer as C has it: checked here, since some libraries are built without checks, and a negative
/// rank would mean something else to all of them.
@inlinable @inline(__always)
func checkedPeer(
  _ rank: Int?, of size: Int, _ routine: StaticString, on raw: RawCommunicator
) throws(MPIError) -> CInt {
  guard let rank else { return CMPI_PROC_NULL }
  if _fastPath(UInt(bitPattern: rank) < UInt(bitPattern: size)) {
    return CInt(truncatingIfNeeded: rank)
  }
  throw MPIError.invalidRank(rank, of: size, routine, on: raw)
}

extension Communicator {
  /// A peer as C has it.
  @inlinable @inline(__always)
  func rawPeer(_ rank: Int?, _ routine: StaticString) throws(MPIError) -> CInt {
    try checkedPeer(rank, of: size, routine, on: raw)
  }

  /// A root as C has it.
  @inlinable @inline(__always)
  func rawRoot(_ rank: Int, _ routine: StaticString) throws(MPIError) -> CInt {
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

extension Communicator: Equatable, CustomStringConvertible {
  /// Compares the processes and the contexts of two communicators.
  ///
  /// The corresponding C function is `MPI_Comm_compare` (MPI 3.1 §6.4.1).
  public func similarity(to other: Communicator) throws(MPIError) -> Similarity {
    var result: CInt = 0
    try unsafe check(MPI_Comm_compare(raw, other.raw, &result), "MPI_Comm_compare", on: raw)
    return Similarity(raw: result)
  }

  /// Whether both have the same processes in the same order, be it in different contexts.
  public func isCongruent(to other: Communicator) -> Bool {
    guard let similarity = try? similarity(to: other) else { return false }
    return similarity == .congruent || similarity == .identical
  }

  /// Whether both are the same communicator.
  public static func == (left: Communicator, right: Communicator) -> Bool {
    left === right || (try? left.similarity(to: right)) == .identical
  }

  /// Name, rank and size.
  public var description: String {
    "\(name.isEmpty ? "communicator" : name) (rank \(rank) of \(size))"
  }
}
