internal import CMPI
internal import Synchronization

/// What happens when the library finds an error: it becomes a Swift error, ends the job, or is told to
/// a closure first.
///
///     communicator.errorHandler = .calling { error in log(error) }
///
/// Errors that this module finds before the library is asked, a rank that is not in the communicator
/// say, are thrown whatever the handler is.
///
/// The corresponding C type is `MPI_Errhandler` (MPI 3.1 §8.3).
public struct ErrorHandler: Sendable {
  private let kind: Kind

  private enum Kind: Sendable {
    case `throws`
    case aborts
    case other(Storage)
  }

  /// Every error is thrown: what every communicator, window and file starts with.
  ///
  /// The corresponding C constant is `MPI_ERRORS_RETURN` (MPI 3.1 §8.3).
  public static var `throws`: ErrorHandler { ErrorHandler(kind: .throws) }

  /// An error ends the job at once, with a message of the library's.
  ///
  /// The corresponding C constant is `MPI_ERRORS_ARE_FATAL` (MPI 3.1 §8.3).
  public static var aborts: ErrorHandler { ErrorHandler(kind: .aborts) }

  /// A closure is told of an error, which is thrown when the closure returns.
  ///
  /// It is called on the thread that met the error, inside the operation that failed: it may log, or
  /// end the job, and should not communicate. The same handler may serve any number of objects, and
  /// is freed with the last of them.
  ///
  /// - Precondition: MPI is initialized when the handler is set.
  ///
  /// The corresponding C functions are `MPI_Comm_create_errhandler`, `MPI_Win_create_errhandler`,
  /// `MPI_File_create_errhandler` and `MPI_Errhandler_free` (MPI 3.1 §8.3).
  public static func calling(_ body: @escaping @Sendable (MPIError) -> Void) -> ErrorHandler {
    ErrorHandler(kind: .other(Storage(body)))
  }
}

extension ErrorHandler: Equatable {
  /// Whether both do the same: two closures are the same only if one handler is a copy of the other.
  public static func == (left: ErrorHandler, right: ErrorHandler) -> Bool {
    switch (left.kind, right.kind) {
    case (.throws, .throws), (.aborts, .aborts): true
    case (.other(let left), .other(let right)): left === right
    default: false
    }
  }
}

/// An object of MPI's that has an error handler.
@unsafe enum ErrorSource {
  case communicator(RawCommunicator)
  case window(RawWindow)
  case file(RawFile)

  /// The place in an array with one entry for each kind.
  fileprivate var index: Int {
    switch unsafe self {
    case .communicator: 0
    case .window: 1
    case .file: 2
    }
  }

  fileprivate func get(_ handler: inout RawErrorHandler) -> CInt {
    switch unsafe self {
    case .communicator(let raw): unsafe MPI_Comm_get_errhandler(raw, &handler)
    case .window(let raw): unsafe MPI_Win_get_errhandler(raw, &handler)
    case .file(let raw): unsafe MPI_File_get_errhandler(raw, &handler)
    }
  }

  fileprivate func set(_ handler: RawErrorHandler) -> CInt {
    switch unsafe self {
    case .communicator(let raw): MPI_Comm_set_errhandler(raw, handler)
    case .window(let raw): MPI_Win_set_errhandler(raw, handler)
    case .file(let raw): MPI_File_set_errhandler(raw, handler)
    }
  }

  fileprivate func call(_ code: CInt) -> CInt {
    switch unsafe self {
    case .communicator(let raw): MPI_Comm_call_errhandler(raw, code)
    case .window(let raw): MPI_Win_call_errhandler(raw, code)
    case .file(let raw): MPI_File_call_errhandler(raw, code)
    }
  }

  /// Makes a handler that finds its closure by the object it is called for.
  fileprivate func create(_ handler: inout RawErrorHandler) -> CInt {
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
  fileprivate var key: [UInt] {
    let number =
      switch unsafe self {
      case .communicator(let raw): unsafe bits(raw)
      case .window(let raw): unsafe bits(raw)
      case .file(let raw): unsafe bits(raw)
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
  func callErrorHandler(_ error: MPIError) throws(MPIError) {
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

extension ErrorHandler {
  fileprivate init(_ storage: Storage) { kind = .other(storage) }

  fileprivate func rawHandler(for source: ErrorSource) -> (RawErrorHandler, Storage?) {
    switch kind {
    case .throws: (CMPI_ERRORS_RETURN, nil)
    case .aborts: (CMPI_ERRORS_ARE_FATAL, nil)
    case .other(let storage) where storage.body != nil && Quirk.forgetsHandledErrors:
      (CMPI_ERRORS_RETURN, storage)
    case .other(let storage): (unsafe storage.rawHandler(for: source), storage)
    }
  }

  /// A closure, and the handlers of the library's that call it: one for each kind of object.
  @safe final class Storage: @unchecked Sendable {
    fileprivate let body: (@Sendable (MPIError) -> Void)?
    // Guarded by the registry.
    private var raws: [RawErrorHandler?] = [nil, nil, nil]

    /// What the library's handlers lead to: by the handler, and by the object that has it.
    private static let registry = Mutex<[[UInt]: Entry]>([:])

    /// Whether there has been a handler yet: most programs set none, and need not lock the registry.
    fileprivate static let isUsed = Atomic(false)

    private struct Entry: Sendable {
      weak let storage: Storage?
      let owner: ObjectIdentifier
      var place: (name: String, rank: Int)?

      init(_ storage: Storage, _ place: (name: String, rank: Int)? = nil) {
        self.storage = storage
        owner = ObjectIdentifier(storage)
        self.place = place
      }
    }

    /// The entries that lead here. Guarded by the registry.
    private var keys: [[UInt]] = []

    fileprivate init(_ body: @escaping @Sendable (MPIError) -> Void) { self.body = body }

    fileprivate init(foreign raw: RawErrorHandler, _ index: Int) {
      body = nil
      raws[index] = raw
    }

    deinit {
      let (made, keys, owner) = (raws, keys, ObjectIdentifier(self))
      Self.registry.withLock { entries in
        for key in keys where entries[key]?.owner == owner { entries[key] = nil }
      }
      for case .some(var raw) in made where isRunning { _ = unsafe MPI_Errhandler_free(&raw) }
    }

    fileprivate static func registered(_ raw: RawErrorHandler) -> Storage? {
      let key = unsafe [bits(raw)]
      return registry.withLock { $0[key]?.storage }
    }

    /// What handles the errors of an object, and where it was when that was set.
    fileprivate static func installed(
      on object: [UInt]
    ) -> (storage: Storage, place: (name: String, rank: Int)?)? {
      registry.withLock { entries in
        guard let entry = entries[object], let storage = entry.storage else { return nil }
        return (storage, entry.place)
      }
    }

    fileprivate static func install(
      _ storage: Storage?, on object: [UInt], _ place: (name: String, rank: Int)?
    ) {
      if storage != nil { isUsed.store(true, ordering: .releasing) }
      registry.withLock { entries in
        entries[object] = storage.map { Entry($0, place) }
        if let storage, !storage.keys.contains(object) { storage.keys.append(object) }
      }
    }

    fileprivate func rawHandler(for source: ErrorSource) -> RawErrorHandler {
      let index = unsafe source.index
      return Self.registry.withLock { entries in
        if let raw = raws[index] { return raw }
        precondition(body != nil, "an error handler of another kind of object")
        var raw = CMPI_ERRHANDLER_NULL as RawErrorHandler
        let code = unsafe source.create(&raw)
        precondition(code == CMPI_SUCCESS, "MPI could not make an error handler")
        raws[index] = raw
        let key = unsafe [bits(raw)]
        entries[key] = Entry(self)
        keys.append(key)
        return raw
      }
    }
  }
}

/// A handle as a number.
@unsafe private func bits<Handle: BitwiseCopyable>(_ handle: Handle) -> UInt {
  var result: UInt = 0
  unsafe withUnsafeBytes(of: handle) { source in
    unsafe withUnsafeMutableBytes(of: &result) { unsafe $0.copyMemory(from: source) }
  }
  return result
}
