public import CMPI

/// Several sends and receives under way that complete together.
///
///     var exchange = world.exchange()
///     try exchange.receive(into: ghost.mutableSpan, from: left)
///     try exchange.send(edge.span, to: right)
///     try exchange.wait()
///
/// As with a ``Request``, the compiler guards all buffers until ``wait()``. Up to eight operations
/// need no allocation.
@safe public struct Exchange: ~Copyable, ~Escapable {
  @usableFromInline let raw: RawCommunicator
  @usableFromInline let size: Int
  @usableFromInline var few: InlineArray<8, RawRequest>
  @usableFromInline var fewCount = 0
  /// All requests, once there are more than eight.
  @usableFromInline var many: [RawRequest] = []
  @usableFromInline var completion: Completion?

  @inlinable @_lifetime(borrow communicator)
  init(_ communicator: borrowing Communicator) {
    raw = communicator.raw
    size = communicator.size
    few = InlineArray(repeating: CMPI_REQUEST_NULL)
  }

  deinit {
    for index in 0..<fewCount { drop(few[index], nil) }
    for request in many { drop(request, nil) }
    completion?.finish()
  }
}

extension Communicator {
  /// Begins a set of sends and receives that complete together.
  @inlinable @_lifetime(borrow self)
  public func exchange() -> Exchange { Exchange(self) }
}

extension Exchange {
  /// The number of operations under way.
  public var count: Int { fewCount + many.count }

  /// Begins to send elements to one rank. They may be read, but not changed, until the exchange is
  /// complete.
  ///
  /// The parameters and errors are those of ``Communicator/send(_:to:tag:mode:)``.
  ///
  /// The corresponding C function is `MPI_Isend` (MPI 3.1 §3.7.2).
  @inlinable @_lifetime(self: copy elements, copy self)
  public mutating func send<T: Datatype>(
    _ elements: Span<T>, to destination: Int?, tag: MessageTag = 0, mode: SendMode = .standard
  ) throws(MPIError) {
    unsafe add(
      try startSend(
        elements.rawBuffer, checkedPeer(destination, of: size, "MPI_Isend", on: raw), tag, mode,
        on: raw))
  }

  /// Begins to receive a message from one rank. The storage must not be touched until the exchange
  /// is complete.
  ///
  /// The corresponding C function is `MPI_Irecv` (MPI 3.1 §3.7.2).
  @inlinable @_lifetime(self: copy elements, copy self)
  public mutating func receive<T: Datatype>(
    into elements: consuming MutableSpan<T>, from source: Int?, tag: MessageTag = 0
  ) throws(MPIError) {
    let buffer = unsafe elements.rawBuffer()
    let request = try unsafe startReceive(
      buffer, checkedPeer(source, of: size, "MPI_Irecv", on: raw), tag, on: raw)
    unsafe add(request, receiving: buffer)
  }

  /// Begins to receive a message from any rank. The storage must not be touched until the exchange
  /// is complete.
  ///
  /// The corresponding C function is `MPI_Irecv` (MPI 3.1 §3.7.2).
  @inlinable @_lifetime(self: copy elements, copy self)
  public mutating func receive<T: Datatype>(
    into elements: consuming MutableSpan<T>, from source: AnySource, tag: MessageTag = 0
  ) throws(MPIError) {
    let buffer = unsafe elements.rawBuffer()
    let request = try unsafe startReceive(buffer, MPI_ANY_SOURCE, tag, on: raw)
    unsafe add(request, receiving: buffer)
  }

  /// Waits until all operations are complete; their buffers may be used again then.
  ///
  /// - Throws: The first error of an operation, when all of them have ended.
  ///
  /// This is what `MPI_Waitall` does in C (MPI 3.1 §3.7.5).
  @inlinable
  public consuming func wait() throws(MPIError) {
    try unsafe waitForAll { _ in }
  }

  /// Waits until all operations are complete, and tells who sent how much.
  ///
  /// - Returns: A status for each operation, in the order in which they were begun.
  /// - Throws: The first error of an operation, when all of them have ended.
  ///
  /// This is what `MPI_Waitall` does in C (MPI 3.1 §3.7.5).
  public consuming func statuses() throws(MPIError) -> [Status] {
    var result: [Status] = []
    try unsafe waitForAll { statuses in
      result = unsafe statuses.map { Status($0) }
    }
    return result
  }

  @inlinable
  mutating func add(_ request: RawRequest) {
    if _fastPath(many.isEmpty && fewCount < few.count) {
      few[fewCount] = request
      fewCount += 1
      return
    }
    if many.isEmpty {
      for index in 0..<fewCount { many.append(few[index]) }
      fewCount = 0
    }
    many.append(request)
  }

  @inlinable
  mutating func add(_ request: RawRequest, receiving buffer: RawBuffer) {
    add(request)
    if unsafe buffer.datatype.structure != nil {
      let completion = completion ?? Completion()
      unsafe completion.normalize(buffer)
      self.completion = completion
    }
  }

  @usableFromInline
  mutating func waitForAll(
    _ body: (UnsafeMutableBufferPointer<MPI_Status>) -> Void
  ) throws(MPIError) {
    let code = unsafe withRequests { requests in
      unsafe withUnsafeTemporaryAllocation(of: MPI_Status.self, capacity: requests.count) {
        statuses in
        // One by one, not MPI_Waitall: Open MPI's never returns where one of the operations had
        // failed before the call (seen in 4.1.4). All make progress while one is waited for.
        var first = MPI_SUCCESS
        for index in requests.indices {
          let code = unsafe MPI_Wait(&requests[index], &statuses[index])
          if first == MPI_SUCCESS { first = code }
        }
        unsafe body(statuses)
        return first
      }
    }
    fewCount = 0
    many = []
    completion?.finish()
    try check(code, "MPI_Wait", on: raw)
  }

  fileprivate mutating func withRequests<R>(
    _ body: (UnsafeMutableBufferPointer<RawRequest>) -> R
  ) -> R {
    if many.isEmpty {
      let count = fewCount
      var span = few.mutableSpan
      return unsafe span.withUnsafeMutableBufferPointer {
        unsafe body(UnsafeMutableBufferPointer(rebasing: $0[..<count]))
      }
    }
    return unsafe many.withUnsafeMutableBufferPointer { unsafe body($0) }
  }
}
