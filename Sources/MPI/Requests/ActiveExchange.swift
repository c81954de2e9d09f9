public import CMPI

/// All operations of a ``PersistentExchange``, under way.
///
/// As with a ``Request``, the compiler guards the buffers until ``wait()``, and one that goes out of
/// scope waits.
@frozen @safe public struct ActiveExchange: ~Copyable, ~Escapable {
  @usableFromInline let requests: UnsafeMutablePointer<RawRequest>
  @usableFromInline let count: Int
  /// Where something may be left to do at the end.
  @usableFromInline let operations: UnsafeMutablePointer<PersistentExchange.Operation>?
  @usableFromInline let raw: RawCommunicator

  @inlinable @inline(__always) @_lifetime(immortal)
  init(
    _ requests: UnsafeMutablePointer<RawRequest>, _ count: Int,
    _ operations: UnsafeMutablePointer<PersistentExchange.Operation>?, on raw: RawCommunicator
  ) {
    unsafe self.requests = unsafe requests
    self.count = count
    unsafe self.operations = unsafe operations
    self.raw = raw
  }

  deinit {
    for index in 0..<count { unsafe drop(requests[index], nil, requests + index) }
    _ = unsafe finishAll(operations, count)
  }

  /// Waits until all operations are complete; their buffers may be used again then.
  ///
  /// - Throws: The first error of an operation, when all of them have ended.
  ///
  /// This is what `MPI_Waitall` does in C (MPI 3.1 §3.7.5).
  @inlinable @inline(__always)
  public consuming func wait() throws {
    let (requests, count, raw) = unsafe (requests, count, raw)
    let operations = unsafe operations
    discard self
    // One by one, as Exchange does, and for the same reason.
    var first = CMPI_SUCCESS
    for index in 0..<count {
      let code = unsafe MPI_Wait(requests + index, CMPI_STATUS_IGNORE)
      if _slowPath(code != CMPI_SUCCESS) && first == CMPI_SUCCESS { first = code }
    }
    if unsafe _slowPath(operations != nil) {
      let early = unsafe finishAll(operations, count)
      if first == CMPI_SUCCESS { first = early }
    }
    try check(first, "MPI_Wait", on: raw)
  }

  /// Waits until all operations are complete, and tells who sent how much.
  ///
  /// - Returns: A status for each operation, in the order in which they were set up.
  /// - Throws: The first error of an operation, when all of them have ended.
  ///
  /// This is what `MPI_Waitall` does in C (MPI 3.1 §3.7.5).
  public consuming func statuses() throws -> [Status] {
    let (requests, count, raw) = unsafe (requests, count, raw)
    let operations = unsafe operations
    discard self
    var statuses: [Status] = []
    var first = CMPI_SUCCESS
    for index in 0..<count {
      var status = MPI_Status()
      var code = unsafe MPI_Wait(requests + index, &status)
      unsafe operations?[index].end.replace(&code, &status)
      if first == CMPI_SUCCESS { first = code }
      statuses.append(Status(status))
    }
    _ = unsafe finishAll(operations, count)
    try check(first, "MPI_Wait", on: raw)
    return statuses
  }

  /// Whether all operations are complete, so that ``wait()`` will return at once.
  ///
  /// The corresponding C function is `MPI_Request_get_status` (MPI 3.1 §3.8).
  public func isComplete() throws -> Bool {
    try unsafe areComplete(requests, count, operations, on: raw)
  }
}

/// Makes valid what operations that have ended together have received.
///
/// - Returns: The first error that the library has told of before.
@usableFromInline @inline(never)
func finishAll(
  _ operations: UnsafeMutablePointer<PersistentExchange.Operation>?, _ count: Int
) -> CInt {
  var first = CMPI_SUCCESS
  guard let operations = unsafe operations else { return first }
  for index in 0..<count {
    if let end = unsafe operations[index].end.take(), first == CMPI_SUCCESS { first = end.code }
    if unsafe operations[index].isReceive { unsafe operations[index].buffer.normalize() }
  }
  return first
}

/// Whether operations are complete; none of them is ended.
///
/// - Parameter operations: Where to keep how persistent ones have ended.
func areComplete(
  _ requests: UnsafeMutablePointer<RawRequest>, _ count: Int,
  _ operations: UnsafeMutablePointer<PersistentExchange.Operation>?, on raw: RawCommunicator
) throws -> Bool {
  for index in 0..<count {
    var end = unsafe operations?[index].end
    let (code, isComplete) = unsafe EarlyEnd.look(at: requests[index], keeping: &end)
    unsafe operations?[index].end = end
    try check(code, "MPI_Request_get_status", on: raw)
    if !isComplete { return false }
  }
  return true
}
