internal import CMPI
internal import Synchronization

/// How many threads of a process may call MPI, and when.
///
/// The corresponding C constants are `MPI_THREAD_SINGLE` to `MPI_THREAD_MULTIPLE` (MPI 3.1
/// §12.4.3).
public enum ThreadingLevel: Int, Comparable, CaseIterable, Sendable {
  /// The process has one thread.
  case single
  /// Only the thread that initialized MPI calls it.
  case funneled
  /// One thread at a time calls MPI.
  case serialized
  /// Any thread calls MPI at any time.
  case multiple

  /// Whether one level allows less than the other.
  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

  var rawLevel: CInt {
    switch self {
    case .single: CMPI_THREAD_SINGLE
    case .funneled: CMPI_THREAD_FUNNELED
    case .serialized: CMPI_THREAD_SERIALIZED
    case .multiple: CMPI_THREAD_MULTIPLE
    }
  }

  init(rawLevel: CInt) {
    self = Self.allCases.last { $0.rawLevel <= rawLevel } ?? .single
  }
}

/// Runs a program between initializing and finalizing MPI.
///
///     import MPI
///
///     @main struct Hello {
///       static func main() {
///         MPI.run { world in
///           print("rank \(world.rank) of \(world.size)")
///         }
///       }
///     }
///
/// An error that leaves `program` ends the whole job: it is printed on standard error with its
/// rank, and all processes end within seconds with a nonzero status. One rank that failed never
/// leaves the others waiting for it.
///
/// Where MPI is initialized already, by another library or an outer program, the program runs on
/// it, and MPI is left as it was.
///
/// - Parameters:
///   - threading: What the program needs. With ``ThreadingLevel/multiple`` a ``Communicator`` may
///     be used from any thread.
///   - program: The program, which is given the communicator of all processes.
/// - Returns: What `program` returns, after MPI has been finalized.
///
/// The corresponding C functions are `MPI_Init_thread` and `MPI_Finalize` (MPI 3.1 §8.7, §12.4.3).
@discardableResult
public func run<Result>(
  threading: ThreadingLevel = .multiple, _ program: (Communicator) throws -> Result
) -> Result {
  do {
    let attached = isInitialized
    let world = try initialize(threading: threading)
    if !attached, let warning = launcherMismatch { warnOnce(warning) }
    let result = try program(world)
    if !attached { try finalize() }
    return result
  } catch {
    endJob(because: error)
  }
}

/// Initializes MPI, for those who cannot give their program as a closure; most programs call
/// ``run(threading:_:)->Result``.
///
/// Where MPI is initialized already, this attaches to it.
///
/// - Returns: The communicator of all processes.
/// - Throws: ``MPIError`` where the library cannot start, or provides a lower threading level than
///   asked.
///
/// The corresponding C function is `MPI_Init_thread` (MPI 3.1 §12.4.3).
@discardableResult
public func initialize(threading: ThreadingLevel = .multiple) throws -> Communicator {
  if isFinalized {
    throw MPIError(
      .other, routine: "MPI_Init_thread",
      message: "MPI has been finalized, and cannot be initialized again in the same process")
  }
  if !isInitialized {
    preferSafeTransfers()
    preferSharedMemoryWindows()
    var provided: CInt = 0
    try unsafe check(
      MPI_Init_thread(nil, nil, threading.rawLevel, &provided), "MPI_Init_thread")
  }
  // Errors come back as codes, which become exceptions; the default would be to end the job without
  // a word of ours.
  for raw in [CMPI_COMM_WORLD as RawCommunicator, CMPI_COMM_SELF] {
    try unsafe check(ErrorSource.communicator(raw).startThrowing(), "MPI_Comm_set_errhandler")
  }
  let level = MPI.threading
  if level < threading {
    throw MPIError(
      .other, routine: "MPI_Init_thread",
      message: "the program needs the threading level .\(threading), MPI provides .\(level)")
  }
  return Communicator.world
}

/// Finalizes MPI. No communicator, request or reduction may be used afterwards.
///
/// **Collective**: waits for every process of the job.
///
/// - Throws: ``MPIError`` as the library reports it.
///
/// The corresponding C function is `MPI_Finalize` (MPI 3.1 §8.7).
public func finalize() throws {
  ProgressEngine.shared.shutDown()
  try check(MPI_Finalize(), "MPI_Finalize")
}

/// Whether MPI has been initialized; still `true` after it has been finalized.
///
/// The corresponding C function is `MPI_Initialized` (MPI 3.1 §8.7).
public var isInitialized: Bool {
  var flag: CInt = 0
  return unsafe MPI_Initialized(&flag) == CMPI_SUCCESS && flag != 0
}

/// Whether MPI has been finalized.
///
/// The corresponding C function is `MPI_Finalized` (MPI 3.1 §8.7).
public var isFinalized: Bool {
  var flag: CInt = 0
  return unsafe MPI_Finalized(&flag) == CMPI_SUCCESS && flag != 0
}

/// Whether MPI can be called: what every `deinit` asks first.
var isRunning: Bool { (isInitialized && !isFinalized) || Session.isAnyOpen }

/// The threading level that the library provides.
///
/// - Precondition: MPI is initialized.
///
/// The corresponding C function is `MPI_Query_thread` (MPI 3.1 §12.4.3).
public var threading: ThreadingLevel {
  var level: CInt = 0
  _ = unsafe MPI_Query_thread(&level)
  return ThreadingLevel(rawLevel: level)
}

/// The name of the machine that this process runs on.
///
/// - Precondition: MPI is initialized.
///
/// The corresponding C function is `MPI_Get_processor_name` (MPI 3.1 §8.1).
public var processorName: String {
  unsafe text(capacity: CMPI_MAX_PROCESSOR_NAME) { unsafe MPI_Get_processor_name($0, $1) }
}

/// The name and version of the MPI library.
///
/// The corresponding C function is `MPI_Get_library_version` (MPI 3.1 §8.1.1).
public var libraryVersion: String {
  // MPICH fills the whole of its buffer's line with build options; what follows the first line says
  // nothing to users.
  unsafe text(capacity: CMPI_MAX_LIBRARY_VERSION_STRING) {
    unsafe MPI_Get_library_version($0, $1)
  }
}

/// The version of the MPI standard that the library keeps, such as 3.1.
///
/// The corresponding C function is `MPI_Get_version` (MPI 3.1 §8.1.1).
public var standardVersion: (major: Int, minor: Int) {
  var major: CInt = 0
  var minor: CInt = 0
  _ = unsafe MPI_Get_version(&major, &minor)
  return (Int(major), Int(minor))
}

/// A string that a routine of C writes into a buffer of its maximal length.
func text(
  capacity: CInt, _ write: (UnsafeMutablePointer<CChar>?, UnsafeMutablePointer<CInt>) -> CInt
) -> String {
  // Not by the length that the routine reports: Open MPI counts the closing zero for some.
  var length: CInt = 0
  return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(capacity) + 1) {
    buffer in
    unsafe buffer.initialize(repeating: 0)
    guard unsafe write(buffer.baseAddress, &length) == CMPI_SUCCESS else { return "" }
    return unsafe buffer.baseAddress.map { unsafe String(cString: $0) } ?? ""
  }
}
