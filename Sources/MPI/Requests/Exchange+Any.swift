internal import CMPI

// One operation of an exchange after the other, as they are complete.

extension Exchange {
  /// Adds an operation that was begun on its own: a collective, say, or a ``GeneralizedRequest``.
  ///
  ///     var exchange = world.exchange()
  ///     try exchange.receive(into: &ghost, from: left)
  ///     exchange.add(try world.immediate.barrier())
  ///     try exchange.wait()
  ///
  /// - Precondition: It is not one of a ``PersistentOperation``: those have a ``PersistentExchange``.
  @_lifetime(self: copy self, copy request)
  public mutating func add(_ request: consuming Request) {
    let (raw, completion) = unsafe request.parts()
    add(raw)
    guard let others = unsafe completion?.takeRetainedValue() else { return }
    extras().completion.afterwards {
      _ = others.waitForRequests()
      others.finish()
    }
  }

  /// Waits until one of the operations is complete that have not been told of before.
  ///
  /// The compiler still guards its buffers until ``wait()``, as those of all.
  ///
  /// - Returns: Which one it was, in the order in which they were begun, or `nil` where all have
  ///   been told of.
  /// - Throws: The error of the operation that has ended; the others go on.
  ///
  /// The corresponding C function is `MPI_Waitany` (MPI 3.1 §3.7.5).
  @_lifetime(self: copy self)
  public mutating func waitAny() throws -> CompletedOperation? {
    try endAny("MPI_Waitany", waits: true)
  }

  /// Tells of one of the operations that are complete, and have not been told of before.
  ///
  /// - Returns: Which one it was, or `nil` where there is none.
  /// - Throws: The error of the operation that has ended; the others go on.
  ///
  /// The corresponding C function is `MPI_Testany` (MPI 3.1 §3.7.5).
  @_lifetime(self: copy self)
  public mutating func testAny() throws -> CompletedOperation? {
    try endAny("MPI_Testany", waits: false)
  }

  /// Waits until one or more of the operations are complete that have not been told of before.
  ///
  /// - Returns: Which ones they were, in any order; none where all have been told of.
  /// - Throws: The first error of an operation that has ended; the others go on.
  ///
  /// The corresponding C function is `MPI_Waitsome` (MPI 3.1 §3.7.5).
  @_lifetime(self: copy self)
  public mutating func waitSome() throws -> [CompletedOperation] {
    try endSome("MPI_Waitsome", waits: true)
  }

  /// Tells of the operations that are complete, and have not been told of before.
  ///
  /// - Throws: The first error of an operation that has ended; the others go on.
  ///
  /// The corresponding C function is `MPI_Testsome` (MPI 3.1 §3.7.5).
  @_lifetime(self: copy self)
  public mutating func testSome() throws -> [CompletedOperation] {
    try endSome("MPI_Testsome", waits: false)
  }

  /// Whether all operations are complete, so that ``wait()`` will return at once.
  ///
  /// Asking gives the library the opportunity to make progress. What ``statuses()`` says is not lost
  /// by it.
  ///
  /// The corresponding C function is `MPI_Request_get_status` (MPI 3.1 §3.8).
  @_lifetime(self: copy self)
  public mutating func isComplete() throws -> Bool {
    let raw = raw
    var result = Result<Bool, any Error>.success(true)
    unsafe withRequests { requests, count in
      do {
        result = .success(try unsafe areComplete(requests, count, nil, on: raw))
      } catch {
        result = .failure(error)
      }
    }
    return try result.get()
  }

  @_lifetime(self: copy self)
  private mutating func endAny(
    _ routine: StaticString, waits: Bool
  ) throws -> CompletedOperation? {
    var status = MPI_Status()
    var result: (code: CInt, index: Int?) = (CMPI_SUCCESS, nil)
    unsafe withRequests { requests, count in
      result = unsafe MPI.endAny(
        requests, count, arePersistent: false, waits: waits, &status)
    }
    try check(result.code, routine, on: raw)
    return result.index.map { CompletedOperation(index: $0, status: Status(status)) }
  }

  @_lifetime(self: copy self)
  private mutating func endSome(
    _ routine: StaticString, waits: Bool
  ) throws -> [CompletedOperation] {
    let count = count
    var indices = [CInt](repeating: 0, count: count)
    var statuses = [MPI_Status](repeating: MPI_Status(), count: count)
    var result: (code: CInt, ended: Int) = (CMPI_SUCCESS, 0)
    unsafe withRequests { requests, count in
      result = unsafe MPI.endSome(
        requests, count, arePersistent: false, waits: waits, &indices, &statuses)
    }
    try unsafe check(firstError(&statuses, result.ended, after: result.code), routine, on: raw)
    return (0..<result.ended).map {
      CompletedOperation(index: Int(indices[$0]), status: Status(statuses[$0]))
    }
  }

  /// Hands all requests to `body` as one array, and takes them back: those that have ended are null
  /// then.
  @_lifetime(self: copy self)
  private mutating func withRequests(
    _ body: (UnsafeMutablePointer<RawRequest>, Int) -> Void
  ) {
    let (count, inlineCount) = (count, fewCount)
    guard count > 0 else { return }
    let overflow = unsafe overflow?.takeUnretainedValue()
    var few = few
    unsafe withUnsafeTemporaryAllocation(of: RawRequest.self, capacity: count) { all in
      guard let first = all.baseAddress else { return }
      for index in 0..<count {
        unsafe (first + index).initialize(
          to: index < inlineCount
            ? few[index] : overflow?.requests[index - inlineCount] ?? CMPI_REQUEST_NULL)
      }
      unsafe body(first, count)
      for index in 0..<count {
        if index < inlineCount {
          few[index] = unsafe first[index]
        } else {
          overflow?.requests[index - inlineCount] = unsafe first[index]
        }
      }
    }
    self.few = few
  }
}

extension Request {
  /// What the request consists of, for those who wait for it from here on.
  consuming func parts() -> (RawRequest, Unmanaged<Completion>?) {
    precondition(
      unsafe origin == nil,
      "a persistent operation was added to an exchange: set up a persistent exchange")
    let parts = unsafe (raw, completion)
    discard self
    return unsafe parts
  }
}
