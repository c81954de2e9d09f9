public import CMPI

/// Several sends and receives under way that complete together.
///
///     var exchange = world.exchange()
///     try exchange.receive(into: &ghost, from: left)
///     try exchange.send(edge, to: right)
///     try exchange.wait()
///
/// As with a ``Request``, the compiler guards all arrays until ``wait()``. Up to eight operations
/// need no allocation.
@frozen @safe public struct Exchange: ~Copyable, ~Escapable {
  @usableFromInline let raw: RawCommunicator
  @usableFromInline let size: Int
  @usableFromInline var few: InlineArray<8, RawRequest>
  @usableFromInline var fewCount = 0
  /// What most exchanges do without, unmanaged so that they count no reference to it.
  @usableFromInline var overflow: Unmanaged<Overflow>?
  /// The communicator, if it could be freed meanwhile: the world and its like stay, and cost nothing.
  @usableFromInline let kept: Unmanaged<AnyCommunicator>?

  /// The requests beyond eight, and the buffers to make valid.
  @usableFromInline
  final class Overflow {
    var requests: [RawRequest] = []
    let completion = Completion()
  }

  @inlinable @inline(__always) @_lifetime(immortal)
  init(_ communicator: AnyCommunicator) {
    unsafe kept = communicator.isOwned ? Unmanaged.passRetained(communicator) : nil
    raw = communicator.raw
    size = communicator.peerCount
    few = InlineArray(repeating: CMPI_REQUEST_NULL)
    unsafe overflow = nil
  }

  deinit {
    for index in 0..<fewCount { drop(few[index], nil) }
    if let overflow = unsafe overflow?.takeRetainedValue() {
      for request in overflow.requests { drop(request, nil) }
      overflow.completion.finish()
    }
    unsafe kept?.release()
  }
}

extension AnyCommunicator {
  /// Begins a set of sends and receives that complete together.
  @inlinable @inline(__always) @_lifetime(immortal)
  public final func exchange() -> Exchange { Exchange(self) }
}

extension Exchange {
  /// The number of operations under way.
  public var count: Int {
    fewCount + (unsafe overflow?._withUnsafeGuaranteedRef { $0.requests.count } ?? 0)
  }

  /// Waits until all operations are complete; their buffers may be used again then.
  ///
  /// - Throws: The first error of an operation, when all of them have ended.
  ///
  /// This is what `MPI_Waitall` does in C (MPI 3.1 §3.7.5).
  @inlinable @inline(__always)
  public consuming func wait() throws {
    var requests = few
    let (count, raw) = (fewCount, raw)
    let (overflow, kept) = unsafe (overflow, kept)
    discard self
    defer { unsafe kept?.release() }
    if unsafe _slowPath(overflow != nil) {
      try unsafe waitForAll(requests, count, overflow, on: raw) { _ in }
      return
    }
    // One by one, not MPI_Waitall: Open MPI's never returns where one of the operations had failed
    // before the call (seen in 4.1.4). All make progress while one is waited for.
    var first = CMPI_SUCCESS
    for index in 0..<count {
      let code = unsafe MPI_Wait(&requests[index], CMPI_STATUS_IGNORE)
      if _slowPath(code != CMPI_SUCCESS) && first == CMPI_SUCCESS { first = code }
    }
    try check(first, "MPI_Wait", on: raw)
  }

  /// Waits until all operations are complete, and tells who sent how much.
  ///
  /// - Returns: A status for each operation, in the order in which they were begun.
  /// - Throws: The first error of an operation, when all of them have ended.
  ///
  /// This is what `MPI_Waitall` does in C (MPI 3.1 §3.7.5).
  public consuming func statuses() throws -> [Status] {
    let (requests, count, raw) = (few, fewCount, raw)
    let (overflow, kept) = unsafe (overflow, kept)
    discard self
    defer { unsafe kept?.release() }
    var statuses: [Status] = []
    try unsafe waitForAll(requests, count, overflow, on: raw) { statuses.append($0) }
    return statuses
  }

  @inlinable @inline(__always)
  mutating func add(_ request: RawRequest) {
    if _fastPath(fewCount < 8) {
      few[fewCount] = request
      fewCount += 1
    } else {
      addToOverflow(request)
    }
  }

  @usableFromInline @inline(never)
  mutating func addToOverflow(_ request: RawRequest) { extras().requests.append(request) }

  /// Has what `completion` holds done once all operations are complete.
  @usableFromInline @inline(never)
  mutating func keep(_ completion: Completion) {
    extras().completion.afterwards { completion.finish() }
  }

  mutating func extras() -> Overflow {
    if let overflow = unsafe overflow { return unsafe overflow.takeUnretainedValue() }
    let new = Overflow()
    unsafe overflow = Unmanaged.passRetained(new)
    return new
  }
}

/// Waits for the requests of an exchange that is not a simple one, or whose statuses are wanted.
///
/// All are waited for, even after an error: the library may write to their buffers until they end.
@usableFromInline @inline(never)
func waitForAll(
  _ few: InlineArray<8, RawRequest>, _ count: Int, _ overflow: Unmanaged<Exchange.Overflow>?,
  on communicator: RawCommunicator, _ body: (Status) -> Void
) throws {
  let overflow = unsafe overflow?.takeRetainedValue()
  var requests = (0..<count).map { few[$0] }
  if let overflow { requests += overflow.requests }
  var first = CMPI_SUCCESS
  for index in requests.indices {
    var status = MPI_Status()
    let code = unsafe MPI_Wait(&requests[index], &status)
    if first == CMPI_SUCCESS { first = code }
    body(Status(status))
  }
  overflow?.completion.finish()
  try check(first, "MPI_Wait", on: communicator)
}
