internal import CMPI
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// An operation on a file that is under way, and what it needs until its end.
@safe final class FileOperation {
  let transfer: FileTransfer
  let file: FileStorage
  var request: RawRequest = CMPI_REQUEST_NULL
  var routine: StaticString = ""

  /// What this process does in a collective operation that this one stands for.
  var companion: FileOperation?

  /// What is read at the end of an operation in two steps.
  var leftOver: FileTransfer?

  /// Does the same once more, and waits for it.
  ///
  /// MPICH (seen in 4.0.2) never completes a nonblocking write that has failed. A blocking one tells
  /// why; it puts the same bytes into the same place, so that doing it twice does no harm.
  var retry: (() throws -> Void)?

  private let narrowed: Narrowed
  private var outcome: (code: CInt, status: Status)?

  init(_ transfer: FileTransfer, _ file: FileStorage, _ narrowed: Narrowed) {
    self.transfer = transfer
    self.file = file
    self.narrowed = narrowed
    file.pending.add(1, ordering: .relaxed)
  }

  deinit {
    file.pending.subtract(1, ordering: .relaxed)
    if isRunning { narrowed.release() }
  }

  /// An operation that is complete from the beginning.
  convenience init(
    _ transfer: FileTransfer, _ file: FileStorage, completed status: Status
  ) throws {
    let none = unsafe RawBuffer(address: nil, count: 0, datatype: transfer.buffer.datatype)
    self.init(transfer, file, try Narrowed(none))
    outcome = (CMPI_SUCCESS, status)
  }

  /// Whether the operation has come to its end, be it a good one.
  func isComplete() -> Bool {
    if let companion, !companion.isComplete() { return false }
    if outcome != nil { return true }
    var flag: CInt = 0
    var status = MPI_Status()
    var code: CInt
    if CMPI_FAILED_FILE_REQUESTS_CRASH {
      // Open MPI (seen in 4.1.4) crashes in MPI_Wait and MPI_Test of an operation that has failed.
      // This one only looks, and what has not moved all its bytes has failed: reads that may reach
      // behind the end of the file do not come here.
      code = unsafe MPI_Request_get_status(request, &flag, &status)
      if flag != 0 && code == CMPI_SUCCESS {
        let isWhole = Status(status).byteCount == transfer.byteCount
        code = unsafe isWhole ? MPI_Wait(&request, &status) : MPI_Request_free(&request)
      }
    } else {
      code = unsafe MPI_Test(&request, &flag, &status)
    }
    if flag == 0 && code == CMPI_SUCCESS { return false }
    outcome = (code, Status(status))
    return true
  }

  /// Waits for the end.
  func wait() throws -> Status {
    try waitForEnd(patience: nil)
    guard let outcome else { return Status(MPI_Status()) }
    if let other = companion?.outcome { try file.check(other.code, routine) }
    return try finish(outcome.code, outcome.status)
  }

  /// Waits for an operation whose request goes out of scope.
  func drop() {
    try? waitForEnd(patience: abandonedPatience)
    transfer.makeValid()
  }

  private func waitForEnd(patience: Double?) throws {
    let start = MPI_Wtime()
    var isWarned = false
    while !isComplete() {
      sched_yield()
      let elapsed = MPI_Wtime() - start
      if elapsed > retryPatience, let retry {
        self.retry = nil
        try retry()
      }
      if let patience, elapsed > patience { endJob(because: StuckFile(operation: describe())) }
      if !isWarned && elapsed > warningPatience {
        isWarned = true
        writeLine("warning: \(StuckFile(operation: describe()))")
      }
    }
  }

  private func describe() -> String { "\(routine) on \(file.path)" }

  /// What follows from the end of the operation.
  func finish(_ code: CInt, _ status: Status) throws -> Status {
    transfer.makeValid()
    try file.check(code, routine)
    try transfer.verify(status, file, routine)
    return status
  }
}

/// After how many seconds it is tried whether an operation can succeed.
private let retryPatience = 5.0
/// How long an operation that nobody waits for may take.
private let abandonedPatience = 60.0
/// After how long the user is told what may be wrong.
private let warningPatience = 30.0

/// An operation that does not end.
private struct StuckFile: Error, CustomStringConvertible {
  let operation: String

  var description: String {
    """
    \(operation) has not come to its end for a long time; some libraries never complete one that \
    has failed: is the disk full, or did another rank not take part?
    """
  }
}
