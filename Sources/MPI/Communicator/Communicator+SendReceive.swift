public import CMPI

extension AnyCommunicator {
  /// Sends to one rank and receives from another, or the same, without a deadlock.
  ///
  ///     // Shift to the right, around a ring.
  ///     try world.sendReceive(
  ///       mine.span, to: (world.rank + 1) % world.size,
  ///       into: theirs.mutableSpan, from: (world.rank + world.size - 1) % world.size)
  ///
  /// - Parameters:
  ///   - elements: What is sent.
  ///   - destination: The receiving rank, or `nil` for no process.
  ///   - sendTag: The label of what is sent.
  ///   - received: Where the received elements go.
  ///   - source: The sending rank, or `nil` for no process.
  ///   - receiveTag: The label of what is received; by default, that of what is sent.
  /// - Returns: Who sent how much.
  /// - Throws: ``MPIError/Code/truncated`` where the message is longer than `received`,
  ///   ``MPIError/Code/invalidRank``.
  ///
  /// The corresponding C function is `MPI_Sendrecv` (MPI 3.1 §3.10).
  @inlinable @discardableResult
  public func sendReceive<S: Datatype, R: Datatype>(
    _ elements: Span<S>, to destination: Int?, tag sendTag: MessageTag = 0,
    into received: consuming MutableSpan<R>, from source: Int?,
    receiving receiveTag: MessageTag? = nil
  ) throws(MPIError) -> Status {
    try unsafe _sendReceive(
      elements.rawBuffer, rawPeer(destination, "MPI_Sendrecv"), sendTag,
      received.rawBuffer(), rawPeer(source, "MPI_Sendrecv"), receiveTag ?? sendTag)
  }

  /// Sends to one rank and receives from any, without a deadlock.
  ///
  /// The corresponding C function is `MPI_Sendrecv` (MPI 3.1 §3.10).
  @inlinable @discardableResult
  public func sendReceive<S: Datatype, R: Datatype>(
    _ elements: Span<S>, to destination: Int?, tag sendTag: MessageTag = 0,
    into received: consuming MutableSpan<R>, from source: AnySource,
    receiving receiveTag: MessageTag? = nil
  ) throws(MPIError) -> Status {
    try unsafe _sendReceive(
      elements.rawBuffer, rawPeer(destination, "MPI_Sendrecv"), sendTag,
      received.rawBuffer(), CMPI_ANY_SOURCE, receiveTag ?? sendTag)
  }

  /// Sends one value to one rank, and receives one from another, or the same.
  ///
  /// - Returns: What was received, or `nil` from no process.
  /// - Throws: ``MPIError/Code/truncated`` where more than one element was sent,
  ///   ``MPIError/Code/invalidRank``.
  ///
  /// The corresponding C function is `MPI_Sendrecv` (MPI 3.1 §3.10).
  @inlinable
  public func sendReceive<T: Datatype>(
    _ value: T, to destination: Int?, from source: Int?, tag: MessageTag = 0
  ) throws(MPIError) -> T? {
    let sent: InlineArray<1, T> = [value]
    var received: InlineArray<1, T> = [value]
    try sendReceive(
      sent.span, to: destination, tag: tag, into: received.mutableSpan, from: source)
    return source == nil ? nil : received[0]
  }

  /// Sends elements to one rank, and receives as many from another, or the same, in their place.
  ///
  /// - Throws: ``MPIError/Code/truncated`` where more elements are received than were sent.
  ///
  /// The corresponding C function is `MPI_Sendrecv_replace` (MPI 3.1 §3.10).
  @inlinable @discardableResult
  public func sendReceive<T: Datatype>(
    replacing elements: consuming MutableSpan<T>, to destination: Int?, from source: Int?,
    tag: MessageTag = 0, receiving receiveTag: MessageTag? = nil
  ) throws(MPIError) -> Status {
    try unsafe _sendReceive(
      replacing: elements.rawBuffer(), rawPeer(destination, "MPI_Sendrecv_replace"), tag,
      rawPeer(source, "MPI_Sendrecv_replace"), receiveTag ?? tag)
  }

  /// Sends elements to one rank, and receives as many from any in their place.
  ///
  /// The corresponding C function is `MPI_Sendrecv_replace` (MPI 3.1 §3.10).
  @inlinable @discardableResult
  public func sendReceive<T: Datatype>(
    replacing elements: consuming MutableSpan<T>, to destination: Int?, from source: AnySource,
    tag: MessageTag = 0, receiving receiveTag: MessageTag? = nil
  ) throws(MPIError) -> Status {
    try unsafe _sendReceive(
      replacing: elements.rawBuffer(), rawPeer(destination, "MPI_Sendrecv_replace"), tag,
      CMPI_ANY_SOURCE, receiveTag ?? tag)
  }

  @inlinable @inline(__always)
  func _sendReceive(
    _ sent: RawBuffer, _ destination: CInt, _ sendTag: MessageTag,
    _ received: RawBuffer, _ source: CInt, _ receiveTag: MessageTag
  ) throws(MPIError) -> Status {
    guard unsafe _fastPath(sent.fitsC && received.fitsC) else {
      return try unsafe _sendReceiveLarge(
        sent, destination, sendTag, received, source, receiveTag)
    }
    var status = MPI_Status()
    try unsafe check(
      MPI_Sendrecv(
        sent.address, sent.rawCount, sent.datatype.raw, destination, sendTag.rawValue,
        received.address, received.rawCount, received.datatype.raw, source,
        receiveTag.rawValue, raw, &status),
      "MPI_Sendrecv", on: raw)
    unsafe received.normalize()
    return Status(status)
  }

  @usableFromInline @inline(never)
  func _sendReceiveLarge(
    _ sent: RawBuffer, _ destination: CInt, _ sendTag: MessageTag,
    _ received: RawBuffer, _ source: CInt, _ receiveTag: MessageTag
  ) throws(MPIError) -> Status {
    let outgoing = try unsafe Narrowed(sent)
    defer { unsafe outgoing.release() }
    let incoming = try unsafe Narrowed(received)
    defer { unsafe incoming.release() }
    var status = MPI_Status()
    try unsafe check(
      MPI_Sendrecv(
        sent.address, outgoing.count, outgoing.datatype.raw, destination, sendTag.rawValue,
        received.address, incoming.count, incoming.datatype.raw, source, receiveTag.rawValue,
        raw, &status),
      "MPI_Sendrecv", on: raw)
    unsafe received.normalize()
    return Status(status)
  }

  @usableFromInline
  func _sendReceive(
    replacing buffer: RawBuffer, _ destination: CInt, _ sendTag: MessageTag,
    _ source: CInt, _ receiveTag: MessageTag
  ) throws(MPIError) -> Status {
    let narrowed = try unsafe Narrowed(buffer)
    defer { unsafe narrowed.release() }
    var status = MPI_Status()
    try unsafe check(
      MPI_Sendrecv_replace(
        buffer.address, narrowed.count, narrowed.datatype.raw, destination, sendTag.rawValue,
        source, receiveTag.rawValue, raw, &status),
      "MPI_Sendrecv_replace", on: raw)
    unsafe buffer.normalize()
    return Status(status)
  }
}
