internal import CMPI

extension Persistent {
  /// Sets up a send to one rank.
  ///
  /// - Parameters:
  ///   - type: The type of the elements; they begin as zeros.
  ///   - count: How many are sent each time.
  ///   - destination: The receiving rank, or `nil` for no process.
  ///   - tag: The label that the receive asks for. The receive need not be persistent.
  ///   - mode: When a request of the send may be complete.
  /// - Throws: ``MPIError/Code/invalidRank`` for a rank outside the communicator, and what else the
  ///   library reports.
  /// - Precondition: `count` is not negative.
  ///
  /// The corresponding C functions are `MPI_Send_init`, `MPI_Ssend_init`, `MPI_Bsend_init` and
  /// `MPI_Rsend_init`, and `MPI_Request_free` at the end (MPI 3.1 §3.9).
  public func send<T: Datatype>(
    _ type: T.Type, count: Int, to destination: Int?, tag: MessageTag = 0,
    mode: SendMode = .standard
  ) throws(MPIError) -> PersistentOperation<T> {
    let peer = try communicator.rawPeer(destination, "MPI_Send_init")
    let raw = communicator.raw
    return try unsafe PersistentOperation(
      on: communicator, count: count, receives: false,
      isRenewed: mode == .buffered && renewsBufferedSends, isMessage: true
    ) { (buffer, pending) throws(MPIError) in
      try unsafe prepareSend(buffer, peer, tag, mode, on: raw, pending)
    }
  }

  /// Sets up a send to one rank, with the elements to begin with.
  ///
  /// As ``send(_:count:to:tag:mode:)``; the elements are copied.
  ///
  /// The corresponding C function is `MPI_Send_init` (MPI 3.1 §3.9).
  public func send<T: Datatype>(
    _ elements: Span<T>, to destination: Int?, tag: MessageTag = 0, mode: SendMode = .standard
  ) throws(MPIError) -> PersistentOperation<T> {
    let result = try send(T.self, count: elements.count, to: destination, tag: tag, mode: mode)
    unsafe elements.withUnsafeBufferPointer { elements in
      guard let first = elements.baseAddress else { return }
      unsafe result.address.update(from: first, count: elements.count)
    }
    return result
  }

  /// Sets up a receive of messages from one rank.
  ///
  /// - Parameters:
  ///   - type: The type of the elements; they begin as zeros.
  ///   - count: How many there is room for: a message may be shorter.
  ///   - source: The sending rank; `nil` for no process, which leaves the elements as they were; or
  ///     ``AnySource/any``.
  ///   - tag: The label of the messages, or ``MessageTag/any``.
  /// - Throws: ``MPIError/Code/invalidRank`` for a rank outside the communicator, and what else the
  ///   library reports. That a message is too long is told by ``Request/wait()``; the operation may
  ///   be started again then.
  /// - Precondition: `count` is not negative.
  ///
  /// The corresponding C function is `MPI_Recv_init` (MPI 3.1 §3.9).
  public func receive<T: Datatype>(
    _ type: T.Type, count: Int, from source: Int?, tag: MessageTag = 0
  ) throws(MPIError) -> PersistentOperation<T> {
    try receive(type, count, communicator.rawPeer(source, "MPI_Recv_init"), tag)
  }

  /// Sets up a receive of messages from any rank.
  ///
  /// The corresponding C function is `MPI_Recv_init` (MPI 3.1 §3.9).
  public func receive<T: Datatype>(
    _ type: T.Type, count: Int, from source: AnySource, tag: MessageTag = 0
  ) throws(MPIError) -> PersistentOperation<T> {
    try receive(type, count, CMPI_ANY_SOURCE, tag)
  }

  private func receive<T: Datatype>(
    _ type: T.Type, _ count: Int, _ peer: CInt, _ tag: MessageTag
  ) throws(MPIError) -> PersistentOperation<T> {
    let raw = communicator.raw
    return try unsafe PersistentOperation(
      on: communicator, count: count, receives: true, isMessage: true
    ) { (buffer, pending) throws(MPIError) in
      try unsafe prepareReceive(buffer, peer, tag, on: raw, pending)
    }
  }
}

/// Whether a persistent buffered send needs a new request at each start: see
/// ``PersistentCore/renew()``.
var renewsBufferedSends: Bool { CMPI_RENEWS_BUFFERED_SENDS != 0 }

/// Makes the request of a persistent send.
func prepareSend(
  _ buffer: RawBuffer, _ peer: CInt, _ tag: MessageTag, _ mode: SendMode, on raw: RawCommunicator,
  _ pending: UnsafeMutablePointer<Pending>
) throws(MPIError) {
  let narrowed = try unsafe Narrowed(buffer)
  defer { unsafe narrowed.release(after: pending) }
  let (address, count, type) = unsafe (buffer.address, narrowed.count, narrowed.datatype.raw)
  let tag = tag.rawValue
  switch mode {
  case .standard:
    try unsafe check(
      MPI_Send_init(address, count, type, peer, tag, raw, &pending.pointee.request),
      "MPI_Send_init", on: raw)
  case .synchronous:
    try unsafe check(
      MPI_Ssend_init(address, count, type, peer, tag, raw, &pending.pointee.request),
      "MPI_Ssend_init", on: raw)
  case .buffered:
    try unsafe check(
      MPI_Bsend_init(address, count, type, peer, tag, raw, &pending.pointee.request),
      "MPI_Bsend_init", on: raw)
  case .ready:
    try unsafe check(
      MPI_Rsend_init(address, count, type, peer, tag, raw, &pending.pointee.request),
      "MPI_Rsend_init", on: raw)
  }
}

/// Makes the request of a persistent receive.
func prepareReceive(
  _ buffer: RawBuffer, _ peer: CInt, _ tag: MessageTag, on raw: RawCommunicator,
  _ pending: UnsafeMutablePointer<Pending>
) throws(MPIError) {
  let narrowed = try unsafe Narrowed(buffer)
  defer { unsafe narrowed.release(after: pending) }
  try unsafe check(
    MPI_Recv_init(
      buffer.address, narrowed.count, narrowed.datatype.raw, peer, tag.rawValue, raw,
      &pending.pointee.request),
    "MPI_Recv_init", on: raw)
}
