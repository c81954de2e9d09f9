internal import CMPI
internal import Synchronization

/// What operations on a file need to know of it. Copies do not keep it: the file does.
@safe struct FileHandle {
  let raw: RawFile
  let storage: Unmanaged<FileStorage>
  /// The type of the elements that the file is seen as; none where it is seen as bytes of any types.
  var element: (any Datatype.Type)?

  init(raw: RawFile, storage: Unmanaged<FileStorage>) {
    self.raw = raw
    unsafe self.storage = unsafe storage
  }

  var file: FileStorage { unsafe storage.takeUnretainedValue() }
}

/// The name of a file, and the processes that have it open.
final class FileStorage: @unchecked Sendable {
  let path: String

  /// A duplicate, so that what is agreed on here mixes with nothing else.
  let communicator: Communicator

  /// Whether the file has only the shared pointer.
  let isSequential: Bool

  /// The file as C has it, once it is open.
  var raw: RawFile = CMPI_FILE_NULL

  /// The layout of the view, which the library may use for as long as the view is in force.
  var layout: LayoutStorage?

  /// What threads that use the file at the same time remember of it.
  struct Notes {
    /// How many bytes the file has at least, by what this process has written collectively.
    var writtenEnd = 0

    /// What was last reported of the file: likely why it is dropped, if it is.
    var lastError: (any Error)?
  }

  let notes = Mutex(Notes())

  /// The number of nonblocking operations under way.
  let pending = Atomic<Int>(0)

  /// What the library's error handler leads to.
  var errorHandlerStorage: ErrorHandler.Storage?

  /// Whether the file has been closed.
  var isClosed = false

  /// Traps while operations are under way.
  func requireIdle(_ what: StaticString) {
    let count = pending.load(ordering: .relaxed)
    precondition(
      count == 0, "\(path): \(what) while \(count) operations are under way: wait for them first")
  }

  init(
    _ path: String, _ mode: File.Mode, _ communicator: Communicator
  ) throws {
    self.path = path
    isSequential = mode.contains(.sequential)
    if communicator.size == 1 {
      self.communicator = communicator
    } else {
      self.communicator = try communicator.duplicated()
      self.communicator.name = communicator.name
    }
  }

  /// Throws, on all processes, what speaks against opening the file before the library is asked.
  func prepare(_ mode: File.Mode) throws {
    var refusal: (any Error)?
    do {
      try requirePath(path, "MPI_File_open", on: communicator.raw)
      // Libraries open a directory for reading, and fail at the first read.
      if isDirectory(path) {
        refusal = MPIError.ofFile(
          path, CMPI_ERR_BAD_FILE, "MPI_File_open", directoryErrno, on: communicator.raw)
      }
    } catch {
      refusal = error
    }
    // The greatest of a number and of its opposite are opposite where it is the same everywhere.
    let bits = mode.rawValue
    let agreed = try communicator.allReduce([refusal == nil ? 0 : 1, bits, -bits].span, .max)
    if let refusal { throw refusal }
    if agreed[1] != -agreed[2] {
      throw MPIError(
        .notSame, routine: "MPI_File_open",
        message: "\(path): the ranks open it in different modes", on: communicator.raw)
    }
    if agreed[0] != 0 { throw othersFailed() }
  }

  /// Throws on all processes if one of them could not open the file.
  func confirm(_ code: CInt, _ mode: File.Mode) throws {
    let failure =
      code == CMPI_SUCCESS
      ? nil
      : MPIError.ofFile(
        path, code, "MPI_File_open", errnoOfOpening(path, mode), on: communicator.raw)
    let failures = try communicator.allReduce(failure == nil ? 0 : 1, .sum)
    if let failure { throw failure }
    // What this process has opened cannot be closed: that is collective.
    if failures > 0 { throw othersFailed() }
  }

  private func othersFailed() -> MPIError {
    MPIError(
      .other, routine: "MPI_File_open", message: "\(path): another rank could not open it",
      on: communicator.raw)
  }

  /// Throws what a routine has reported of this file.
  func check(_ code: CInt, _ routine: StaticString) throws {
    if code == CMPI_SUCCESS { return }
    throw error(code, routine)
  }

  func error(_ code: CInt, _ routine: StaticString) -> MPIError {
    let error = noted(.ofFile(path, code, routine, currentErrno, on: communicator.raw))
    unsafe ErrorSource.file(raw).tell(error)
    return error
  }

  private func noted(_ error: MPIError) -> MPIError {
    notes.withLock { $0.lastError = error }
    return error
  }

  /// The error for data that the library did not write, or not read, though it reports none.
  func shortfall(_ done: Int, of asked: Int, _ routine: StaticString) -> MPIError {
    let reason = currentErrno
    return noted(
      MPIError(
        code(of: reason) ?? .inputOutput, routine: routine.description,
        message: "\(path): \(done) of \(asked) bytes were written"
          + (reason == 0 ? "" : ": \(text(of: reason))"),
        on: communicator.raw))
  }

  /// The error for a file that ends within an element.
  func fragment(_ bytes: Int, _ size: Int, _ routine: StaticString) -> MPIError {
    MPIError(
      .truncated, routine: routine.description,
      message: "\(path) ends within an element: \(bytes) bytes were read, elements have \(size)",
      on: communicator.raw)
  }

  /// Closes the file, when all processes have come to that.
  ///
  /// - Parameter end: How long it must be.
  func closeRaw(_ raw: RawFile, end: Int) throws {
    requireIdle("closing a file")
    isClosed = true
    var raw = raw
    var failure: (any Error)?
    do { try checkEnd(end, raw, "MPI_File_close") } catch { failure = error }
    currentErrno = 0
    try unsafe check(MPI_File_close(&raw), "MPI_File_close")
    layout = nil
    if let failure { throw failure }
  }

  /// Waits until all processes are about to close the file.
  ///
  /// - Parameter patience: How many seconds that may take; `nil` for any time.
  /// - Returns: How long the file must be, by what all have written.
  func meet(patience: Double?) throws -> Int {
    let writtenEnd = notes.withLock { $0.writtenEnd }
    if communicator.size == 1 { return writtenEnd }
    let communicator = communicator
    let mine = [writtenEnd]
    var greatest = [0]
    let request = try communicator.immediate.allReduce(
      mine.span, into: greatest.mutableSpan, .max)
    if let patience {
      let start = MPI_Wtime()
      while try !request.isComplete() {
        // Ended here: the request would wait as well.
        if MPI_Wtime() - start > patience {
          endJob(because: AbandonedFile(path: path, lastError: notes.withLock { $0.lastError }))
        }
      }
    }
    try request.wait()
    return greatest[0]
  }
}

/// How long a process that drops a file waits for the others.
let filePatience = 5.0

/// Why a job ends that would otherwise hang.
private struct AbandonedFile: Error, CustomStringConvertible {
  let path: String
  let lastError: (any Error)?

  var description: String {
    """
    \(path) went out of scope without close(), and other ranks had not closed it \(filePatience) s \
    later; was an error thrown past it? \(lastError.map { "\($0)" } ?? "")
    """
  }
}
