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

extension ErrorHandler {
  init(_ storage: Storage) { kind = .other(storage) }

  func rawHandler(for source: ErrorSource) -> (RawErrorHandler, Storage?) {
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
    let body: (@Sendable (MPIError) -> Void)?
    // Guarded by the registry.
    private var raws: [RawErrorHandler?] = [nil, nil, nil]

    /// What the library's handlers lead to: by the handler, and by the object that has it.
    private static let registry = Mutex<[[UInt]: Entry]>([:])

    /// Whether there has been a handler yet: most programs set none, and need not lock the registry.
    static let isUsed = Atomic(false)

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

    init(_ body: @escaping @Sendable (MPIError) -> Void) { self.body = body }

    init(foreign raw: RawErrorHandler, _ index: Int) {
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

    static func registered(_ raw: RawErrorHandler) -> Storage? {
      let key = unsafe [handleNumber(raw)]
      return registry.withLock { $0[key]?.storage }
    }

    /// What handles the errors of an object, and where it was when that was set.
    static func installed(
      on object: [UInt]
    ) -> (storage: Storage, place: (name: String, rank: Int)?)? {
      registry.withLock { entries in
        guard let entry = entries[object], let storage = entry.storage else { return nil }
        return (storage, entry.place)
      }
    }

    static func install(
      _ storage: Storage?, on object: [UInt], _ place: (name: String, rank: Int)?
    ) {
      if storage != nil { isUsed.store(true, ordering: .releasing) }
      registry.withLock { entries in
        entries[object] = storage.map { Entry($0, place) }
        if let storage, !storage.keys.contains(object) { storage.keys.append(object) }
      }
    }

    func rawHandler(for source: ErrorSource) -> RawErrorHandler {
      let index = unsafe source.index
      return Self.registry.withLock { entries in
        if let raw = raws[index] { return raw }
        precondition(body != nil, "an error handler of another kind of object")
        var raw = CMPI_ERRHANDLER_NULL as RawErrorHandler
        let code = unsafe source.create(&raw)
        precondition(code == CMPI_SUCCESS, "MPI could not make an error handler")
        raws[index] = raw
        let key = unsafe [handleNumber(raw)]
        entries[key] = Entry(self)
        keys.append(key)
        return raw
      }
    }
  }
}
