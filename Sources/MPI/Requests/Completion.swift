internal import CMPI

/// What an operation under way needs besides its request: arrays that the library reads until the
/// end, types to free, other requests that belong to it. Most operations need none, and allocate
/// nothing.
@safe @usableFromInline
final class Completion {
  /// Further requests: an operation too large for one is several.
  private(set) var requests: [RawRequest] = []
  private var datatypes: [DatatypeHandle] = []
  private var counts: [UnsafeMutableBufferPointer<CInt>] = unsafe []
  private var handles: [UnsafeMutableBufferPointer<RawDatatype>] = unsafe []
  private var retained: [AnyObject] = []
  private var received: [RawBuffer] = []
  private var actions: [() -> Void] = []
  /// Whose handler is told of errors, where that is known: the window's, if it is one's operation.
  var communicator: RawCommunicator = CMPI_COMM_NULL
  var window: RawWindow = CMPI_WIN_NULL
  /// How the operation's own request has ended, and the first error of the further ones.
  private var end: EarlyEnd?
  private var earlyError = CMPI_SUCCESS

  @usableFromInline init() {}

  deinit {
    for datatype in datatypes where isRunning { releaseDatatype(datatype) }
    unsafe counts.forEach { unsafe $0.deallocate() }
    unsafe handles.forEach { unsafe $0.deallocate() }
  }

  func add(_ request: RawRequest) { requests.append(request) }

  /// Makes an operation that was begun on its own a part of this one.
  func add(_ operation: Pending) {
    add(operation.request)
    guard let others = operation.completion else { return }
    requests += others.requests
    others.requests = []
    retain(others)
  }

  func free(_ datatype: DatatypeHandle) { datatypes.append(datatype) }

  func retain(_ object: AnyObject) { retained.append(object) }

  /// Holds an array for C, at an address that does not change.
  func hold(_ values: [CInt]) -> UnsafeMutablePointer<CInt>? {
    let copy = UnsafeMutableBufferPointer<CInt>.allocate(capacity: values.count)
    _ = unsafe copy.initialize(from: values)
    unsafe counts.append(copy)
    return copy.baseAddress
  }

  /// Holds an array for C, at an address that does not change.
  func hold(_ values: [RawDatatype]) -> UnsafeMutablePointer<RawDatatype>? {
    let copy = UnsafeMutableBufferPointer<RawDatatype>.allocate(capacity: values.count)
    _ = unsafe copy.initialize(from: values)
    unsafe handles.append(copy)
    return copy.baseAddress
  }

  /// Has something done once the operation is complete.
  func afterwards(_ action: @escaping () -> Void) { actions.append(action) }

  /// Has `buffer` made valid once it has been received.
  @usableFromInline
  func normalize(_ buffer: RawBuffer) { received.append(buffer) }

  /// Waits for the further requests. All are waited for, even after an error: until then the
  /// library may write.
  func waitForRequests() -> CInt {
    var first = earlyError
    for index in requests.indices {
      let code = unsafe MPI_Wait(&requests[index], CMPI_STATUS_IGNORE)
      if first == CMPI_SUCCESS { first = code }
    }
    return first
  }

  /// Whether the further requests are complete.
  func isComplete() -> Bool {
    requests.allSatisfy { request in
      var end: EarlyEnd?
      let (code, isComplete) = EarlyEnd.look(at: request, keeping: &end)
      if let end, earlyError == CMPI_SUCCESS { earlyError = end.code }
      return isComplete || code != CMPI_SUCCESS
    }
  }

  /// Whether the operation's own request is complete, and the further ones.
  func isComplete(with request: RawRequest) throws -> Bool {
    let (code, isOwnComplete) = EarlyEnd.look(at: request, keeping: &end)
    try check(code, "MPI_Request_get_status")
    return isOwnComplete && isComplete()
  }

  /// Puts right what the operation's own request has said at its end.
  func correct(_ code: inout CInt, _ status: inout MPI_Status) { end.replace(&code, &status) }

  /// Throws an error of the operation.
  func check(_ code: CInt, _ routine: StaticString) throws {
    if window == CMPI_WIN_NULL {
      try MPI.check(code, routine, on: communicator)
    } else {
      try MPI.check(code, routine, of: window, on: communicator)
    }
  }

  /// Does what is left to do: received bytes are made valid.
  func finish() {
    for action in actions { action() }
    actions = []
    received.forEach { $0.normalize() }
    received = []
  }

  /// Does what is left to do, and throws where received bytes are no value of their type.
  func finish(_ routine: StaticString) throws {
    defer { finish() }
    for buffer in received { try buffer.validate(routine) }
  }
}
