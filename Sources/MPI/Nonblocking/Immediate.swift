public import CMPI

/// The nonblocking forms of a communicator's operations: each returns at once, with a ``Request``.
///
/// A view, as the standard library's `lazy`: `world.immediate.send(…)`.
@safe public struct Immediate: ~Escapable {
  // What the hot paths need stands here by value, so that no call counts references. The lifetime
  // says that the communicator outlives the view.
  @usableFromInline let raw: RawCommunicator
  @usableFromInline let size: Int
  @usableFromInline let reference: Unmanaged<AnyCommunicator>

  @inlinable @inline(__always) @_lifetime(borrow communicator)
  init(_ communicator: borrowing AnyCommunicator) {
    raw = communicator.raw
    size = communicator.peerCount
    unsafe reference = unsafe Unmanaged.passUnretained(copy communicator)
  }

  /// The communicator that this is a view of. Views between groups, which show no collectives, never
  /// ask for it.
  var communicator: Communicator {
    unsafe unsafeDowncast(reference.takeUnretainedValue(), to: Communicator.self)
  }
}

extension Communicator {
  /// The nonblocking forms of the communicator's operations.
  @inlinable
  public var immediate: Immediate {
    @inline(__always) @_lifetime(borrow self) get { Immediate(self) }
  }
}

extension Immediate {
  /// Begins to send elements to one rank. They may be read, but not changed, until the request is
  /// complete.
  ///
  /// The parameters and errors are those of ``AnyCommunicator/send(_:to:tag:mode:)-(Span<T>,_,_,_)``.
  ///
  /// The corresponding C functions are `MPI_Isend`, `MPI_Issend`, `MPI_Ibsend` and `MPI_Irsend`
  /// (MPI 3.1 §3.7.2).
  @inlinable @inline(__always) @_lifetime(copy elements)
  public func send<T: Datatype>(
    _ elements: Span<T>, to destination: Int?, tag: MessageTag = 0, mode: SendMode = .standard
  ) throws(MPIError) -> Request {
    unsafe Request(
      try startSend(
        elements.rawBuffer, checkedPeer(destination, of: size, "MPI_Isend", on: raw), tag, mode,
        on: raw), on: raw)
  }

  /// Begins to receive a message from one rank. The storage must not be touched until the request
  /// is complete.
  ///
  /// The parameters are those of ``AnyCommunicator/receive(into:from:tag:)-(_,Int?,_)``. That a
  /// message is longer than its storage is told by ``Request/wait()``.
  ///
  /// The corresponding C function is `MPI_Irecv` (MPI 3.1 §3.7.2).
  @inlinable @inline(__always) @_lifetime(copy elements)
  public func receive<T: Datatype>(
    into elements: consuming MutableSpan<T>, from source: Int?, tag: MessageTag = 0
  ) throws(MPIError) -> Request {
    let buffer = unsafe elements.rawBuffer()
    return unsafe Request(
      try startReceive(
        buffer, checkedPeer(source, of: size, "MPI_Irecv", on: raw), tag, on: raw),
      buffer.normalizing, on: raw)
  }

  /// Begins to receive a message from any rank. The storage must not be touched until the request
  /// is complete.
  ///
  /// The corresponding C function is `MPI_Irecv` (MPI 3.1 §3.7.2).
  @inlinable @inline(__always) @_lifetime(copy elements)
  public func receive<T: Datatype>(
    into elements: consuming MutableSpan<T>, from source: AnySource, tag: MessageTag = 0
  ) throws(MPIError) -> Request {
    let buffer = unsafe elements.rawBuffer()
    return unsafe Request(
      try startReceive(buffer, CMPI_ANY_SOURCE, tag, on: raw), buffer.normalizing, on: raw)
  }

  /// Looks whether a message from a rank is there.
  ///
  /// - Returns: Who sent how much, or `nil` where there is no such message yet.
  ///
  /// The corresponding C function is `MPI_Iprobe` (MPI 3.1 §3.8.1).
  public func probe(from source: Int?, tag: MessageTag = 0) throws(MPIError) -> Status? {
    try _probe(checkedPeer(source, of: size, "MPI_Iprobe", on: raw), tag)
  }

  /// Looks whether a message from any rank is there.
  ///
  /// The corresponding C function is `MPI_Iprobe` (MPI 3.1 §3.8.1).
  public func probe(from source: AnySource, tag: MessageTag = 0) throws(MPIError) -> Status? {
    try _probe(CMPI_ANY_SOURCE, tag)
  }

  /// Looks whether a message from a rank is there, and if so takes it out of the queue.
  ///
  /// - Returns: The message, to be received through this value only; `nil` where there is no such
  ///   message yet.
  ///
  /// The corresponding C function is `MPI_Improbe` (MPI 3.1 §3.8.2).
  public func matchedProbe(from source: Int?, tag: MessageTag = 0) throws(MPIError) -> Message? {
    try _matchedProbe(checkedPeer(source, of: size, "MPI_Improbe", on: raw), tag)
  }

  /// Looks whether a message from any rank is there, and if so takes it out of the queue.
  ///
  /// The corresponding C function is `MPI_Improbe` (MPI 3.1 §3.8.2).
  public func matchedProbe(
    from source: AnySource, tag: MessageTag = 0
  ) throws(MPIError) -> Message? {
    try _matchedProbe(CMPI_ANY_SOURCE, tag)
  }

  private func _probe(_ source: CInt, _ tag: MessageTag) throws(MPIError) -> Status? {
    var flag: CInt = 0
    var status = MPI_Status()
    try unsafe check(
      MPI_Iprobe(source, tag.rawValue, raw, &flag, &status), "MPI_Iprobe", on: raw)
    return flag == 0 ? nil : Status(status)
  }

  private func _matchedProbe(_ source: CInt, _ tag: MessageTag) throws(MPIError) -> Message? {
    var flag: CInt = 0
    var status = MPI_Status()
    var message = CMPI_MESSAGE_NULL as RawMessage
    try unsafe check(
      MPI_Improbe(source, tag.rawValue, raw, &flag, &message, &status), "MPI_Improbe", on: raw)
    return flag == 0 ? nil : Message(message, Status(status))
  }
}

extension RawBuffer {
  /// What has to happen when this buffer has been received into: nothing, for most types.
  @inlinable
  var normalizing: Completion? {
    @inline(__always) get {
      guard unsafe datatype.structure != nil else { return nil }
      let completion = Completion()
      unsafe completion.normalize(self)
      return completion
    }
  }
}

@inlinable @inline(__always)
func startSend(
  _ buffer: RawBuffer, _ peer: CInt, _ tag: MessageTag, _ mode: SendMode,
  on raw: RawCommunicator
) throws(MPIError) -> RawRequest {
  guard unsafe _fastPath(mode == .standard && buffer.fitsC) else {
    return try unsafe startOtherSend(buffer, peer, tag, mode, on: raw)
  }
  var request = CMPI_REQUEST_NULL as RawRequest
  try unsafe check(
    MPI_Isend(
      buffer.address, buffer.rawCount, buffer.datatype.raw, peer, tag.rawValue, raw, &request),
    "MPI_Isend", on: raw)
  return request
}

/// All that is not a standard send of fewer than 2³¹ elements.
@usableFromInline @inline(never)
func startOtherSend(
  _ buffer: RawBuffer, _ peer: CInt, _ tag: MessageTag, _ mode: SendMode,
  on raw: RawCommunicator
) throws(MPIError) -> RawRequest {
  let narrowed = try unsafe Narrowed(buffer)
  defer { unsafe narrowed.release() }
  let (address, count, type) = unsafe (buffer.address, narrowed.count, narrowed.datatype.raw)
  var request = CMPI_REQUEST_NULL as RawRequest
  switch mode {
  case .standard:
    try unsafe check(
      MPI_Isend(address, count, type, peer, tag.rawValue, raw, &request), "MPI_Isend", on: raw)
  case .synchronous:
    try unsafe check(
      MPI_Issend(address, count, type, peer, tag.rawValue, raw, &request), "MPI_Issend",
      on: raw)
  case .buffered:
    try unsafe check(
      MPI_Ibsend(address, count, type, peer, tag.rawValue, raw, &request), "MPI_Ibsend",
      on: raw)
  case .ready:
    try unsafe check(
      MPI_Irsend(address, count, type, peer, tag.rawValue, raw, &request), "MPI_Irsend",
      on: raw)
  }
  return request
}

@inlinable @inline(__always)
func startReceive(
  _ buffer: RawBuffer, _ source: CInt, _ tag: MessageTag, on raw: RawCommunicator
) throws(MPIError) -> RawRequest {
  guard unsafe _fastPath(buffer.fitsC) else {
    return try unsafe startLargeReceive(buffer, source, tag, on: raw)
  }
  var request = CMPI_REQUEST_NULL as RawRequest
  #if MPI_INTEGER_HANDLES
    // MPICH 4.0 says in the status that rank 0 had sent it. No request has no source either.
    if source == CMPI_PROC_NULL { return request }
  #endif
  try unsafe check(
    MPI_Irecv(
      buffer.address, buffer.rawCount, buffer.datatype.raw, source, tag.rawValue, raw,
      &request),
    "MPI_Irecv", on: raw)
  return request
}

@usableFromInline @inline(never)
func startLargeReceive(
  _ buffer: RawBuffer, _ source: CInt, _ tag: MessageTag, on raw: RawCommunicator
) throws(MPIError) -> RawRequest {
  let narrowed = try unsafe Narrowed(buffer)
  defer { unsafe narrowed.release() }
  var request = CMPI_REQUEST_NULL as RawRequest
  try unsafe check(
    MPI_Irecv(
      buffer.address, narrowed.count, narrowed.datatype.raw, source, tag.rawValue, raw,
      &request),
    "MPI_Irecv", on: raw)
  return request
}
