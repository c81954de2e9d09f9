internal import CMPI
internal import Synchronization

/// An object of MPI's that has an error handler.
@unsafe enum ErrorSource {
  case communicator(RawCommunicator)
  case window(RawWindow)
  case file(RawFile)

  /// The place in an array with one entry for each kind.
  var index: Int {
    switch unsafe self {
    case .communicator: 0
    case .window: 1
    case .file: 2
    }
  }

  func get(_ handler: inout RawErrorHandler) -> CInt {
    switch unsafe self {
    case .communicator(let raw): unsafe MPI_Comm_get_errhandler(raw, &handler)
    case .window(let raw): unsafe MPI_Win_get_errhandler(raw, &handler)
    case .file(let raw): unsafe MPI_File_get_errhandler(raw, &handler)
    }
  }

  func set(_ handler: RawErrorHandler) -> CInt {
    switch unsafe self {
    case .communicator(let raw): MPI_Comm_set_errhandler(raw, handler)
    case .window(let raw): MPI_Win_set_errhandler(raw, handler)
    case .file(let raw): MPI_File_set_errhandler(raw, handler)
    }
  }

  func call(_ code: CInt) -> CInt {
    switch unsafe self {
    case .communicator(let raw): MPI_Comm_call_errhandler(raw, code)
    case .window(let raw): MPI_Win_call_errhandler(raw, code)
    case .file(let raw): MPI_File_call_errhandler(raw, code)
    }
  }

  /// Makes a handler that finds its closure by the object it is called for.
  func create(_ handler: inout RawErrorHandler) -> CInt {
    switch unsafe self {
    case .communicator:
      unsafe CMPI_Comm_create_errhandler(
        { unsafe ErrorSource.communicator($0.pointee).handle($1.pointee) }, &handler)
    case .window:
      unsafe CMPI_Win_create_errhandler(
        { unsafe ErrorSource.window($0.pointee).handle($1.pointee) }, &handler)
    case .file:
      unsafe CMPI_File_create_errhandler(
        { unsafe ErrorSource.file($0.pointee).handle($1.pointee) }, &handler)
    }
  }

  /// Tells the closure of this object's handler of an error that the library has found.
  private func handle(_ code: CInt) {
    // The library is asked for no more than the text: MPICH calls the handler with its lock held (seen
    // in 4.0.2), and would ask for the handler or for a name in vain.
    guard let (storage, place) = unsafe ErrorHandler.Storage.installed(on: key) else { return }
    storage.body?(
      MPIError(
        MPIError.Code(ofNativeCode: code), nativeCode: code, routine: "MPI",
        message: errorString(code), at: place))
  }

  /// Tells the closure of this object's handler of an error that is about to be thrown, where the
  /// library knows of no closure.
  ///
  /// MPICH 5.0 (seen in 5.0.2) reports success once it has called a handler of the program's, so that
  /// nobody could throw. There it only ever returns codes, and closures are called from here.
  func tell(_ error: MPIError) {
    unsafe closureToTell?(error)
  }

  /// Whether ``tell(_:)`` has a closure to tell.
  var isToldOfErrors: Bool { unsafe closureToTell != nil }

  private var closureToTell: (@Sendable (MPIError) -> Void)? {
    guard Quirk.forgetsHandledErrors, ErrorHandler.Storage.isUsed.load(ordering: .acquiring)
    else { return nil }
    return unsafe ErrorHandler.Storage.installed(on: key)?.storage.body
  }

  /// Has the errors of a new object come back as codes, which are thrown.
  func startThrowing() -> CInt {
    // An object that is gone may have had the same handle, and a closure.
    if Quirk.forgetsHandledErrors { unsafe ErrorHandler.Storage.install(nil, on: key, nil) }
    return unsafe set(CMPI_ERRORS_RETURN)
  }

  /// The communicator's name, and the rank in it.
  private var place: (name: String, rank: Int)? {
    guard case .communicator(let raw) = unsafe self else { return nil }
    return communicatorNameAndRank(raw)
  }

  /// What tells this object from all others.
  var key: [UInt] {
    let number =
      switch unsafe self {
      case .communicator(let raw): unsafe handleNumber(raw)
      case .window(let raw): unsafe handleNumber(raw)
      case .file(let raw): unsafe handleNumber(raw)
      }
    return unsafe [UInt(index), number]
  }

  private func release(_ handler: RawErrorHandler) {
    // What the library lends out counts as a reference; the predefined ones are not counted by all.
    guard handler != CMPI_ERRORS_RETURN, handler != CMPI_ERRORS_ARE_FATAL else { return }
    var handler = handler
    _ = unsafe MPI_Errhandler_free(&handler)
  }

  /// The handler that is set.
  var errorHandler: ErrorHandler {
    var raw = CMPI_ERRHANDLER_NULL as RawErrorHandler
    guard unsafe get(&raw) == CMPI_SUCCESS else { return .throws }
    if raw == CMPI_ERRORS_RETURN {
      guard Quirk.forgetsHandledErrors else { return .throws }
      return unsafe ErrorHandler.Storage.installed(on: key).map { ErrorHandler($0.storage) }
        ?? .throws
    }
    if raw == CMPI_ERRORS_ARE_FATAL { return .aborts }
    if let storage = ErrorHandler.Storage.registered(raw) {
      unsafe release(raw)
      return ErrorHandler(storage)
    }
    // One that a C library has made: it keeps the reference.
    return ErrorHandler(unsafe ErrorHandler.Storage(foreign: raw, index))
  }

  /// Sets a handler.
  ///
  /// - Returns: What has to live as long as the object does.
  func setErrorHandler(_ handler: ErrorHandler) -> ErrorHandler.Storage? {
    let (raw, storage) = unsafe handler.rawHandler(for: self)
    let code = unsafe set(raw)
    precondition(
      code == CMPI_SUCCESS, "an error handler was set for what is closed or disconnected")
    unsafe ErrorHandler.Storage.install(storage, on: key, place)
    return storage
  }

  /// Calls the handler that is set, as the library would.
  func callErrorHandler(_ error: MPIError) throws {
    let routine: StaticString =
      switch unsafe self {
      case .communicator: "MPI_Comm_call_errhandler"
      case .window: "MPI_Win_call_errhandler"
      case .file: "MPI_File_call_errhandler"
      }
    if Quirk.forgetsHandledErrors { unsafe handle(error.nativeCode) }
    try unsafe check(call(error.nativeCode), routine)
  }
}

/// A handle as a number.
@unsafe func handleNumber<Handle: BitwiseCopyable>(_ handle: Handle) -> UInt {
  var result: UInt = 0
  unsafe withUnsafeBytes(of: handle) { source in
    unsafe withUnsafeMutableBytes(of: &result) { unsafe $0.copyMemory(from: source) }
  }
  return result
}
