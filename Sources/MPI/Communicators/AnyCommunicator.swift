public import CMPI

/// What communicators within one group and those between two have in common: messages from one
/// process to another, a name, hints, attributes, and an error handler.
///
/// One is either a ``Communicator`` or an ``Intercommunicator``. It is freed with the last reference
/// to it.
///
/// The corresponding C type is `MPI_Comm`; `MPI_Comm_free` frees it (MPI 3.1 §6.4.3).
@safe public class AnyCommunicator: @unchecked Sendable {
  // Hot paths read it, and must not pay for a check of exclusivity: it changes once, when nothing
  // else may be under way.
  @exclusivity(unchecked) @usableFromInline final var storedRaw: RawCommunicator

  /// The communicator as C has it; the null one once it has been disconnected.
  @inlinable final var raw: RawCommunicator {
    @inline(__always) get { unsafe storedRaw }
  }

  /// The number of this process among those of its group: 0 to ``size`` − 1.
  ///
  /// The corresponding C function is `MPI_Comm_rank` (MPI 3.1 §6.4.1).
  public final let rank: Int

  /// The number of processes in this process's group.
  ///
  /// The corresponding C function is `MPI_Comm_size` (MPI 3.1 §6.4.1).
  public final let size: Int

  /// The number of processes that messages can go to: between groups, those of the other one.
  @usableFromInline final let peerCount: Int

  /// Whether it is freed with the last reference to this object.
  @usableFromInline final let isOwned: Bool

  /// Keeps a closure that handles errors as long as the library may call it.
  final var errorHandlerStorage: ErrorHandler.Storage?

  /// Describes a communicator of the library's.
  ///
  /// - Parameters:
  ///   - peers: The number of processes in the other group, or `nil` where there is none.
  ///   - isOwned: Whether the communicator is freed with the last reference to this object.
  init(_ raw: RawCommunicator, peers: Int?, isOwned: Bool) throws {
    var rank: CInt = 0
    var size: CInt = 0
    try unsafe check(MPI_Comm_rank(raw, &rank), "MPI_Comm_rank", on: raw)
    try unsafe check(MPI_Comm_size(raw, &size), "MPI_Comm_size", on: raw)
    // Errors come back as codes, which become exceptions.
    try unsafe check(
      ErrorSource.communicator(raw).startThrowing(), "MPI_Comm_set_errhandler", on: raw)
    unsafe storedRaw = raw
    self.rank = Int(rank)
    self.size = Int(size)
    peerCount = peers ?? Int(size)
    self.isOwned = isOwned
  }

  /// Describes a communicator that is known already.
  init(_ raw: RawCommunicator, rank: Int, size: Int) {
    unsafe storedRaw = raw
    self.rank = rank
    self.size = size
    peerCount = size
    isOwned = false
  }

  deinit {
    guard isOwned, isRunning, raw != CMPI_COMM_NULL else { return }
    // The standard calls this collective, to let a library synchronize; the ones that exist do not,
    // and work that is still under way keeps what it needs.
    var raw = raw
    _ = unsafe MPI_Comm_free(&raw)
  }

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

  /// Waits for all communication to end, and gives the communicator up, with its connection to
  /// processes that were spawned, or that were connected through a port.
  ///
  /// **Collective**: every process of the communicator calls it, of both groups if there are two.
  /// Jobs that are connected no more end independently of each other. No operation may use the
  /// communicator afterwards: each throws ``MPIError/Code/invalidCommunicator``.
  ///
  /// - Precondition: It is neither the world nor ``Communicator/selfOnly``.
  ///
  /// The corresponding C function is `MPI_Comm_disconnect` (MPI 3.1 §10.5.4).
  public final func disconnect() throws {
    precondition(
      raw != CMPI_COMM_WORLD && raw != CMPI_COMM_SELF, "\(name) cannot be disconnected")
    if raw == CMPI_COMM_NULL { return }
    try unsafe check(MPI_Comm_disconnect(&storedRaw), "MPI_Comm_disconnect")
    unsafe storedRaw = CMPI_COMM_NULL
  }
}

/// A peer as C has it: checked here, since some libraries are built without checks, and a negative
/// rank would mean something else to all of them.
@inlinable @inline(__always)
func checkedPeer(
  _ rank: Int?, of size: Int, _ routine: StaticString, on raw: RawCommunicator
) throws -> CInt {
  guard let rank else { return CMPI_PROC_NULL }
  if _fastPath(UInt(bitPattern: rank) < UInt(bitPattern: size)) {
    return CInt(truncatingIfNeeded: rank)
  }
  throw MPIError.invalidRank(rank, of: size, routine, on: raw)
}

extension AnyCommunicator {
  /// A peer as C has it.
  @inlinable @inline(__always)
  func rawPeer(_ rank: Int?, _ routine: StaticString) throws -> CInt {
    try checkedPeer(rank, of: peerCount, routine, on: raw)
  }
}

extension AnyCommunicator: Equatable {
  /// Compares the processes and the contexts of two communicators.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_Comm_compare` (MPI 3.1 §6.4.1).
  public final func similarity(to other: AnyCommunicator) throws -> Similarity {
    var result: CInt = 0
    try unsafe check(MPI_Comm_compare(raw, other.raw, &result), "MPI_Comm_compare", on: raw)
    return Similarity(raw: result)
  }

  /// Whether both have the same processes in the same order, be it in different contexts.
  public final func isCongruent(to other: AnyCommunicator) -> Bool {
    guard let similarity = try? similarity(to: other) else { return false }
    return similarity == .congruent || similarity == .identical
  }

  /// Whether both are the same communicator.
  public static func == (left: AnyCommunicator, right: AnyCommunicator) -> Bool {
    left === right || (try? left.similarity(to: right)) == .identical
  }
}

/// Hints, which communicators, windows and files have.
extension AnyCommunicator {
  /// The hints that the library takes notice of; setting them tells the library new ones.
  ///
  ///     try communicator.setInfo(["mpi_assert_no_any_tag": "true"])
  ///
  /// The corresponding C function is `MPI_Comm_get_info` (MPI 3.1 §6.4.4).
  public final var info: Info {
    get throws {
      var info = CMPI_INFO_NULL as RawInfo
      try unsafe check(MPI_Comm_get_info(raw, &info), "MPI_Comm_get_info", on: raw)
      return Info(owning: info)
    }
  }

  /// Gives the library hints; those it does not know it ignores.
  ///
  /// **Collective**: every process of the communicator calls it. Which hints must be the same
  /// everywhere is up to each of them.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_Comm_set_info` (MPI 3.1 §6.4.4).
  public final func setInfo(_ info: Info) throws {
    try check(MPI_Comm_set_info(raw, info.raw), "MPI_Comm_set_info", on: raw)
  }
}
