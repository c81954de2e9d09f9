internal import CMPI

/// The number of processes that the job might have in all, with those it could spawn, or `nil` where
/// the library does not know.
///
/// - Precondition: MPI is initialized.
///
/// The corresponding C attribute is `MPI_UNIVERSE_SIZE` (MPI 3.1 §10.5.1).
public var universeSize: Int? { predefinedAttribute(CMPI_UNIVERSE_SIZE) }

/// Which of the programs of the job this is, where it was started as several: `mpirun a : b`. `nil`
/// where the library does not know.
///
/// - Precondition: MPI is initialized.
///
/// The corresponding C attribute is `MPI_APPNUM` (MPI 3.1 §10.5.3).
public var applicationNumber: Int? { predefinedAttribute(CMPI_APPNUM) }

/// The rank that is the host process, or `nil` where there is none, as in all libraries of today.
///
/// - Precondition: MPI is initialized.
///
/// The corresponding C attribute is `MPI_HOST` (MPI 3.1 §8.1.2).
public var hostRank: Int? {
  predefinedAttribute(CMPI_HOST).flatMap { $0 == Int(CMPI_PROC_NULL) ? nil : $0 }
}

/// A rank that can read and write files, `nil` where none can. Where all can, as in all libraries of
/// today, it is this process's own, or unknown.
///
/// - Precondition: MPI is initialized.
///
/// The corresponding C attribute is `MPI_IO` (MPI 3.1 §8.1.2).
public var fileRank: Int? {
  guard let rank = predefinedAttribute(CMPI_IO), rank != Int(CMPI_PROC_NULL) else { return nil }
  return rank == Int(CMPI_ANY_SOURCE) ? Communicator.world.rank : rank
}

/// Whether this thread is the one that initialized MPI: the only one that may call it at the level
/// ``ThreadingLevel/funneled``.
///
/// - Precondition: MPI is initialized.
///
/// The corresponding C function is `MPI_Is_thread_main` (MPI 3.1 §12.4.3).
public var isMainThread: Bool {
  var flag: CInt = 0
  return unsafe MPI_Is_thread_main(&flag) == CMPI_SUCCESS && flag != 0
}

extension WallClock {
  /// Whether the clocks of all processes agree, so that instants of two of them can be compared.
  ///
  /// The corresponding C attribute is `MPI_WTIME_IS_GLOBAL` (MPI 3.1 §8.1.2).
  public static var isGlobal: Bool { predefinedAttribute(CMPI_WTIME_IS_GLOBAL) == 1 }
}

/// A number that the library keeps with the world.
func predefinedAttribute(_ key: CInt) -> Int? {
  var value: UnsafeMutableRawPointer?
  var found: CInt = 0
  guard
    unsafe MPI_Comm_get_attr(CMPI_COMM_WORLD, key, &value, &found) == CMPI_SUCCESS, found != 0,
    let value = unsafe value
  else { return nil }
  return unsafe Int(value.load(as: CInt.self))
}
