public import CMPI

// The only place where a return code is looked at.

/// Throws what a routine of MPI reported, with the routine's name and the communicator it was
/// called on.
@inlinable @inline(__always)
func check(
  _ code: CInt, _ routine: StaticString, on communicator: RawCommunicator
) throws {
  if _slowPath(code != CMPI_SUCCESS) {
    throw MPIError.reported(code, by: routine, on: communicator)
  }
}

/// Throws what a routine of MPI reported that concerns no communicator.
@inlinable @inline(__always)
func check(_ code: CInt, _ routine: StaticString) throws {
  if _slowPath(code != CMPI_SUCCESS) {
    throw MPIError.reported(code, by: routine, on: CMPI_COMM_NULL)
  }
}

/// Throws what a routine of MPI reported of a window.
@inlinable @inline(__always)
func check(
  _ code: CInt, _ routine: StaticString, of window: RawWindow, on communicator: RawCommunicator
) throws {
  if _slowPath(code != CMPI_SUCCESS) {
    throw MPIError.reported(code, by: routine, of: window, on: communicator)
  }
}

extension WindowReference {
  /// Throws what a routine of MPI reported of the window.
  @inlinable @inline(__always)
  func check(_ code: CInt, _ routine: StaticString) throws {
    try MPI.check(code, routine, of: raw, on: communicator)
  }
}

// Out of line: they are no part of any hot path.
extension MPIError {
  /// The error for a code that a routine returned, once the communicator's handler has been told.
  @usableFromInline @inline(never)
  static func reported(
    _ code: CInt, by routine: StaticString, on communicator: RawCommunicator
  ) -> MPIError {
    let error = MPIError(untold: code, by: routine, on: communicator)
    unsafe ErrorSource.communicator(communicator).tell(error)
    return error
  }

  /// The error for a code that a routine returned, once the window's handler has been told.
  @usableFromInline @inline(never)
  static func reported(
    _ code: CInt, by routine: StaticString, of window: RawWindow,
    on communicator: RawCommunicator
  ) -> MPIError {
    let error = MPIError(untold: code, by: routine, on: communicator)
    unsafe ErrorSource.window(window).tell(error)
    return error
  }

  /// The error for a code that a routine returned, of which the caller tells the handler, if any.
  init(untold code: CInt, by routine: StaticString, on communicator: RawCommunicator) {
    self.init(
      Code(ofNativeCode: code), nativeCode: code, routine: routine.description,
      message: errorString(code), on: communicator)
  }

  /// The error for a peer that is not in the communicator: found before the library is asked, which
  /// may check nothing.
  @usableFromInline @inline(never)
  static func invalidRank(
    _ rank: Int, of size: Int, _ routine: StaticString, on communicator: RawCommunicator
  ) -> MPIError {
    MPIError(
      .invalidRank, routine: routine.description,
      message: "rank \(rank) is not in 0..<\(size)", on: communicator)
  }

  /// The error for a root that is not in the communicator.
  @usableFromInline @inline(never)
  static func invalidRoot(
    _ rank: Int, of size: Int, _ routine: StaticString, on communicator: RawCommunicator
  ) -> MPIError {
    MPIError(
      .invalidRoot, routine: routine.description,
      message: "root \(rank) is not in 0..<\(size)", on: communicator)
  }
}

/// What the library says of an error.
func errorString(_ code: CInt) -> String {
  let text = unsafe text(capacity: CMPI_MAX_ERROR_STRING) {
    unsafe MPI_Error_string(code, $0, $1)
  }
  // MPICH tells the whole stack of an error, a line for each call.
  let lines = text.split(whereSeparator: \.isNewline)
  return lines.isEmpty ? "error \(code)" : lines.joined(separator: "; ")
}
