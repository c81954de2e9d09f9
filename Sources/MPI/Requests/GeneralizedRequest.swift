internal import CMPI
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// An operation of the program's own, which is waited for as those of the library are.
///
/// A thread that reads a file, say, and a request that stands for it beside those of messages:
///
///     let reading = GeneralizedRequest()
///     let request = try reading.start()
///     Thread.detachNewThread {
///       let count = readBlock()
///       var status = GeneralizedRequest.Outcome()
///       status.setCount(count, of: Double.self)
///       try? reading.complete(status)
///     }
///     let count = try request.wait().count(of: Double.self)
///
/// An ``Exchange`` takes the request, too: see ``Exchange/add(_:)``. When the operation has ended and
/// its request has been waited for, it may be started again.
///
/// - Note: What completes it on another thread needs the level ``ThreadingLevel/multiple``, the
///   default of ``run(threading:_:)->Result``.
@safe public final class GeneralizedRequest: Sendable {
  /// What the ``Status`` of a request of the program's own says.
  public struct Outcome: Sendable {
    /// The rank that is named as the sender.
    public var source: Int? = nil
    /// The tag of the operation.
    public var tag: MessageTag = 0
    /// Whether the operation was cancelled before it happened.
    ///
    /// The corresponding C function is `MPI_Status_set_cancelled` (MPI 3.1 §12.3).
    public var isCancelled = false
    fileprivate var count = 0
    fileprivate var datatype = UInt8.mpiDatatype

    /// No elements from no process.
    public init() {}

    /// Says how many elements the operation was about.
    ///
    /// The corresponding C functions are `MPI_Status_set_elements`, and `MPI_Status_set_elements_x`
    /// where C's int does not count them (MPI 3.1 §12.3).
    public mutating func setCount<T: Datatype>(_ count: Int, of type: T.Type) {
      precondition(count >= 0, "\(count) elements")
      self.count = count
      datatype = T.mpiDatatype
    }
  }

  private enum Phase {
    case idle
    case active
    case complete
  }

  private struct State: @unchecked Sendable {
    var phase = Phase.idle
    var request = CMPI_REQUEST_NULL as RawRequest
    var outcome = Outcome()
  }

  private let state = Mutex(State())
  private let query: (@Sendable (inout Outcome) -> Void)?
  private let cancel: (@Sendable (_ isComplete: Bool) -> Void)?
  private let free: (@Sendable () -> Void)?

  /// Describes an operation of the program's own.
  ///
  /// - Parameters:
  ///   - query: Called when the library makes a status, after the operation is complete; changes
  ///     what ``complete(_:)`` has said. It may be called more than once.
  ///   - cancel: Called by ``Request/cancel()``, with whether the operation is complete already. If
  ///     it can be cancelled, it must still be completed, with ``Outcome/isCancelled`` set.
  ///   - free: Called when the request has ended and was waited for.
  ///
  /// The three may be called by any thread that waits for a request, and must not wait themselves.
  public init(
    query: (@Sendable (inout Outcome) -> Void)? = nil,
    cancel: (@Sendable (_ isComplete: Bool) -> Void)? = nil,
    free: (@Sendable () -> Void)? = nil
  ) {
    self.query = query
    self.cancel = cancel
    self.free = free
  }

  /// Begins the operation.
  ///
  /// - Returns: The request that is complete once ``complete(_:)`` has been called.
  /// - Precondition: It is not under way.
  ///
  /// The corresponding C function is `MPI_Grequest_start` (MPI 3.1 §12.2).
  @_lifetime(immortal)
  public func start() throws -> Request {
    waitForRelease()
    let context = unsafe Unmanaged.passRetained(self)
    var raw = CMPI_REQUEST_NULL as RawRequest
    let code = state.withLock { state in
      precondition(state.phase == .idle, "a generalized request that is under way was started")
      let code = unsafe MPI_Grequest_start(
        { context, status in
          unsafe GeneralizedRequest.at(context)?.describe(status)
          return CMPI_SUCCESS
        },
        { context in
          guard let context = unsafe context else { return CMPI_SUCCESS }
          unsafe Unmanaged<GeneralizedRequest>.fromOpaque(context).takeRetainedValue().end()
          return CMPI_SUCCESS
        },
        { context, isComplete in
          unsafe GeneralizedRequest.at(context)?.cancel?(isComplete != 0)
          return CMPI_SUCCESS
        }, context.toOpaque(), &state.request)
      if code == CMPI_SUCCESS { state.phase = .active }
      raw = state.request
      return code
    }
    if code != CMPI_SUCCESS { unsafe context.release() }
    try check(code, "MPI_Grequest_start")
    return Request(raw, on: CMPI_COMM_NULL)
  }

  /// Waits until the library has let go of an operation that has ended.
  ///
  /// MPICH (seen in 5.0.2) may do that in the thread that completes the operation, when another one has
  /// returned from its wait already.
  private func waitForRelease() {
    let start = MPI_Wtime()
    while state.withLock({ $0.phase == .complete }) && MPI_Wtime() - start < 1 { sched_yield() }
  }

  /// Says that the operation is complete. Any thread may call it.
  ///
  /// - Parameter outcome: What the ``Status`` is to say.
  /// - Precondition: The operation is under way, and has not been completed.
  ///
  /// The corresponding C function is `MPI_Grequest_complete` (MPI 3.1 §12.2).
  public func complete(_ outcome: Outcome = Outcome()) throws {
    let request = state.withLock { state in
      precondition(state.phase != .idle, "a generalized request was completed, and not started")
      precondition(state.phase != .complete, "a generalized request was completed twice")
      state.phase = .complete
      state.outcome = outcome
      return Handle(raw: state.request)
    }
    // Not under the lock: the library may ask for the status at once.
    try check(MPI_Grequest_complete(request.raw), "MPI_Grequest_complete")
  }

  private struct Handle: @unchecked Sendable {
    let raw: RawRequest
  }

  private static func at(_ context: UnsafeMutableRawPointer?) -> GeneralizedRequest? {
    guard let context = unsafe context else { return nil }
    return unsafe Unmanaged.fromOpaque(context).takeUnretainedValue()
  }

  /// Writes a status, as the library asks for it.
  private func describe(_ status: UnsafeMutablePointer<MPI_Status>?) {
    guard let status = unsafe status else { return }
    var outcome = state.withLock { $0.outcome }
    query?(&outcome)
    unsafe status.pointee.MPI_SOURCE =
      outcome.source.map { CInt(truncatingIfNeeded: $0) } ?? CMPI_PROC_NULL
    unsafe status.pointee.MPI_TAG = outcome.tag.rawValue
    // The one for large counts is deprecated since MPI 4.1, and so for large counts only.
    if let count = CInt(exactly: outcome.count) {
      _ = unsafe MPI_Status_set_elements(status, outcome.datatype.raw, count)
    } else {
      _ = unsafe MPI_Status_set_elements_x(
        status, outcome.datatype.raw, MPI_Count(outcome.count))
    }
    _ = unsafe MPI_Status_set_cancelled(status, outcome.isCancelled ? 1 : 0)
  }

  /// Makes ready for the next start.
  private func end() {
    state.withLock { $0 = State() }
    free?()
  }
}
