public import CMPI

/// An operation under way, bound to the arrays and spans it reads or writes.
///
/// Until ``wait()`` has returned, the compiler refuses to touch an array that is being received
/// into, and to change one that is being sent:
///
///     let receiving = try world.immediate.receive(into: &ghost, from: left)
///     let sending = try world.immediate.send(edge, to: right)
///     relaxInterior()
///     // print(ghost[0])   error: overlapping accesses to 'ghost'
///     try sending.wait()
///     try receiving.wait()
///
/// It refuses a second wait, too, and a request that would outlive its buffer. A request that goes
/// out of scope without a wait waits then. Where that lasts long, because an error is on its way
/// past a receive that no one will answer, say, it ends the job, with a message, rather than hang.
///
/// Several operations that complete together are an ``Exchange``.
@frozen @safe public struct Request: ~Copyable, ~Escapable {
  @usableFromInline var raw: RawRequest
  @usableFromInline let completion: Unmanaged<Completion>?
  /// Where a persistent operation keeps this request, which a library may free when it has failed.
  @usableFromInline let origin: UnsafeMutablePointer<RawRequest>?

  @inlinable @inline(__always) @_lifetime(immortal)
  init(_ raw: RawRequest, _ completion: Completion? = nil, on communicator: RawCommunicator) {
    unsafe self.init(raw, completion, origin: nil, on: communicator)
  }

  @inlinable @inline(__always) @_lifetime(immortal)
  init(
    _ raw: RawRequest, _ completion: Completion? = nil,
    origin: UnsafeMutablePointer<RawRequest>?, on communicator: RawCommunicator
  ) {
    var completion = completion
    if CMPI_MAY_FORGET_HANDLED_ERRORS { completion = telling(communicator, completion) }
    self.raw = raw
    unsafe self.completion = unsafe completion.map { unsafe Unmanaged.passRetained($0) }
    unsafe self.origin = unsafe origin
  }

  /// Waits until the operation is complete; its buffers may be used again then.
  ///
  /// - Returns: Who sent how much, for a receive.
  /// - Throws: ``MPIError/Code/truncated`` where a message was longer than its storage, and what
  ///   else the library reports of the operation.
  ///
  /// The corresponding C function is `MPI_Wait` (MPI 3.1 §3.7.3).
  @inlinable @inline(__always) @discardableResult
  public consuming func wait() throws -> Status {
    var request = raw
    let (completion, origin) = unsafe (completion, origin)
    discard self
    var status = MPI_Status()
    let code = unsafe MPI_Wait(&request, &status)
    if _slowPath(code != CMPI_SUCCESS) { unsafe origin?.pointee = request }
    if unsafe _slowPath(completion != nil) {
      try unsafe finish(completion, code, &status)
    } else {
      try check(code, "MPI_Wait")
    }
    return Status(status)
  }

  deinit { unsafe drop(raw, completion, origin) }

  /// Whether the operation is complete, so that ``wait()`` will return at once.
  ///
  /// Asking gives the library the opportunity to make progress.
  ///
  /// The corresponding C function is `MPI_Request_get_status` (MPI 3.1 §3.8).
  public func isComplete() throws -> Bool {
    if let completion = unsafe completion?.takeUnretainedValue() {
      return try completion.isComplete(with: raw)
    }
    var flag: CInt = 0
    try unsafe check(
      MPI_Request_get_status(raw, &flag, CMPI_STATUS_IGNORE), "MPI_Request_get_status")
    return flag != 0
  }

  /// Asks the library to cancel the operation. It must still be waited for; ``Status/isCancelled``
  /// tells the outcome.
  ///
  /// A receive that no message has matched is cancelled. Most libraries do not cancel sends.
  ///
  /// The corresponding C function is `MPI_Cancel` (MPI 3.1 §3.8.4).
  public func cancel() throws {
    guard raw != CMPI_REQUEST_NULL else { return }
    var request = raw
    try unsafe check(MPI_Cancel(&request), "MPI_Cancel")
  }
}

/// A nonblocking operation that is being started: its first request, and what else it needs.
@safe @usableFromInline
struct Pending {
  @usableFromInline var request: RawRequest = CMPI_REQUEST_NULL
  @usableFromInline var completion: Completion?

  @usableFromInline init() {}

  /// What the operation needs besides its request, made when it is first asked for.
  mutating func extras() -> Completion {
    let extras = completion ?? Completion()
    completion = extras
    return extras
  }
}

extension Pending {
  /// Starts an operation that returns at once.
  ///
  /// - Parameter body: Starts it; where it puts the request is valid until it returns.
  @usableFromInline
  static func start(_ body: (Starting) throws -> Void) rethrows -> Pending {
    try start(body).0
  }

  /// Starts an operation that returns at once, and hands on what `body` returns.
  static func start<R>(_ body: (Starting) throws -> R) rethrows -> (Pending, R) {
    var pending = Pending()
    let result = try unsafe withUnsafeMutablePointer(to: &pending) {
      try unsafe body(Starting($0))
    }
    return (pending, result)
  }
}

/// Where a core puts the request of an operation that is to return at once, and what that needs until it is complete.
/// A core that gets none waits for the end.
@safe @usableFromInline
struct Starting {
  private let pending: UnsafeMutablePointer<Pending>

  init(_ pending: UnsafeMutablePointer<Pending>) { unsafe self.pending = pending }

  var request: RawRequest {
    get { unsafe pending.pointee.request }
    nonmutating _modify { yield unsafe &pending.pointee.request }
  }

  /// What the operation needs besides its request, made when it is first asked for.
  func extras() -> Completion { unsafe pending.pointee.extras() }

  /// Keeps a function until the operation that calls it is complete.
  func retain(_ function: ReductionFunction?) {
    if let function { extras().retain(function) }
  }
}

extension Request {
  /// The request of an operation that has been started, and that writes to `buffer`, if to any.
  @usableFromInline @_lifetime(immortal)
  init(
    _ pending: consuming Pending, into buffer: RawBuffer? = nil, on communicator: RawCommunicator
  ) {
    if let buffer = buffer, unsafe buffer.datatype.structure != nil {
      pending.extras().normalize(buffer)
    }
    self.init(pending.request, pending.completion, on: communicator)
  }

  /// Starts an operation on two operands.
  ///
  /// - Parameters:
  ///   - sent: What it reads.
  ///   - received: What it writes to.
  ///   - start: Starts it.
  @_lifetime(immortal)
  init(
    _ sent: borrowing Operand, _ received: borrowing Operand, on communicator: RawCommunicator,
    _ start: (borrowing Operand, borrowing Operand, Starting) throws -> Void
  ) throws {
    let pending = try Pending.start { try start(sent, received, $0) }
    self.init(pending, into: received.elements, on: communicator)
  }

  /// Starts an operation on one operand, to which it writes.
  @_lifetime(immortal)
  init(
    _ received: borrowing Operand, on communicator: RawCommunicator,
    _ start: (borrowing Operand, Starting) throws -> Void
  ) throws {
    let pending = try Pending.start { try start(received, $0) }
    self.init(pending, into: received.elements, on: communicator)
  }
}

/// What an operation needs at its end, so that a closure is told of its errors where the library does
/// not do that: see ``ErrorSource/tell(_:)``.
@usableFromInline @inline(never)
func telling(_ communicator: RawCommunicator, _ completion: Completion?) -> Completion? {
  guard unsafe ErrorSource.communicator(communicator).isToldOfErrors else { return completion }
  let completion = completion ?? Completion()
  completion.communicator = communicator
  return completion
}

/// Ends an operation that is more than one request.
///
/// - Parameters:
///   - code: What the library has said of the operation's own request.
///   - status: The same; it is put right where the library was wrong.
@usableFromInline @inline(never)
func finish(
  _ completion: Unmanaged<Completion>?, _ code: CInt, _ status: inout MPI_Status
) throws {
  guard let completion = unsafe completion?.takeRetainedValue() else { return }
  var code = code
  completion.correct(&code, &status)
  let others = completion.waitForRequests()
  let validation = Result { try completion.finish("MPI_Wait") }
  try completion.check(code, "MPI_Wait")
  try completion.check(others, "MPI_Wait")
  try validation.get()
}

/// How long an operation that nobody waits for may take.
private let patience = 5.0

/// Waits for an operation whose request is going out of scope, since the library may write to its
/// buffer until the end.
@usableFromInline @inline(never)
func drop(
  _ request: RawRequest, _ completion: Unmanaged<Completion>?,
  _ origin: UnsafeMutablePointer<RawRequest>? = nil
) {
  guard isRunning else { return }
  var request = request
  let start = MPI_Wtime()
  var flag: CInt = 0
  while flag == 0 {
    guard unsafe MPI_Test(&request, &flag, CMPI_STATUS_IGNORE) == CMPI_SUCCESS else {
      unsafe origin?.pointee = request
      break
    }
    if flag == 0 && MPI_Wtime() - start > patience {
      endJob(because: Abandoned())
    }
  }
  guard let completion = unsafe completion?.takeRetainedValue() else { return }
  while !completion.isComplete() {
    if MPI_Wtime() - start > patience { endJob(because: Abandoned()) }
  }
  _ = completion.waitForRequests()
  completion.finish()
}

/// Why a job ends that would otherwise hang.
private struct Abandoned: Error, CustomStringConvertible {
  var description: String {
    """
    a request went out of scope without wait(), and was still under way \(patience) s later; \
    was an error thrown past it?
    """
  }
}
