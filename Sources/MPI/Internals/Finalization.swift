internal import CMPI
internal import Synchronization

/// What this module keeps for as long as MPI runs, and frees when it is finalized: the datatypes of
/// Swift's types, what closure reductions need, and the keys of attributes.
///
/// Nothing of it is large. But a library that is asked for what was not freed (Open MPI's
/// `mpi_show_handle_leaks`, a debugging build of MPICH's) shall tell of mistakes only.
struct Finalization: ~Copyable, Sendable {
  // The handles are pointers to all threads alike.
  private struct State: @unchecked Sendable {
    var types: [Int: DatatypeHandle] = [:]
    var operations: [RawOperation] = []
    var typeKeys: [CInt] = []
    var actions: [Int: @Sendable () -> Void] = [:]
    var last = 0
  }

  private let state = Mutex(State())

  /// Orders what threads do with the state. So does the lock, but not in a way that the thread
  /// sanitizer sees on Linux (Swift 6.3.1).
  private let ordered = Atomic(false)

  /// Made when there is something to free; of sessions alone there is no moment at which all is over.
  private static let shared = Finalization()

  private init() {
    let code = unsafe cmpi_at_finalize { _, _, _, _ in
      Finalization.shared.freeAll()
      return CMPI_SUCCESS
    }
    precondition(code == CMPI_SUCCESS, "MPI could not keep an attribute of MPI_COMM_SELF")
  }

  private func withState(_ change: (inout State) -> Void) {
    state.withLock { state in
      _ = ordered.load(ordering: .acquiring)
      change(&state)
      ordered.store(true, ordering: .releasing)
    }
  }

  private static func note(_ change: (inout State) -> Void) {
    if isInitialized && !isFinalized { shared.withState(change) }
  }

  private static func register(_ add: (inout State, Int) -> Void) -> Int? {
    var number: Int?
    note { state in
      state.last += 1
      add(&state, state.last)
      number = state.last
    }
    return number
  }

  /// Frees a datatype in the end.
  ///
  /// - Returns: What it is forgotten by.
  @discardableResult
  static func free(_ type: DatatypeHandle) -> Int? {
    register { $0.types[$1] = type }
  }

  /// Does something in the end.
  ///
  /// - Returns: What it is forgotten by.
  static func run(_ action: @escaping @Sendable () -> Void) -> Int? {
    register { $0.actions[$1] = action }
  }

  /// Forgets what its owner has freed.
  static func forget(_ number: Int) {
    note { state in
      state.types[number] = nil
      state.actions[number] = nil
    }
  }

  /// Frees an operation in the end.
  static func free(_ operation: RawOperation) {
    note { $0.operations.append(operation) }
  }

  /// Frees a key of datatypes' attributes in the end.
  static func free(typeKey: CInt) {
    note { $0.typeKeys.append(typeKey) }
  }

  private func freeAll() {
    var all = State()
    withState { swap(&$0, &all) }
    for action in all.actions.values { action() }
    for type in all.types.values { releaseDatatype(type) }
    for var operation in all.operations { _ = unsafe MPI_Op_free(&operation) }
    for var key in all.typeKeys { _ = unsafe MPI_Type_free_keyval(&key) }
  }
}
