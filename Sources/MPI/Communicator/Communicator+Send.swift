public import CMPI

/// When a send may return.
///
/// The corresponding C functions are `MPI_Send`, `MPI_Ssend`, `MPI_Bsend` and `MPI_Rsend` (MPI 3.1
/// §3.4).
public enum SendMode: Sendable {
  /// When the elements may be changed again: the library buffers the message, or waits for the
  /// receive.
  case standard
  /// When the receive has begun, too.
  case synchronous
  /// At once: the message is copied to the buffer that was attached with
  /// ``withSendBuffer(byteCount:_:)``.
  case buffered
  /// As `standard`; the receive must have been posted already, or the program is in error.
  case ready
}

extension AnyCommunicator {
  /// Sends elements to one rank.
  ///
  ///     try world.send(samples.span, to: 1, tag: .samples)
  ///
  /// - Parameters:
  ///   - elements: What is sent.
  ///   - destination: The receiving rank, or `nil` for no process, where the message vanishes.
  ///   - tag: The label that the receive asks for.
  ///   - mode: When the send may return.
  /// - Throws: ``MPIError/Code/invalidRank`` for a rank outside the communicator,
  ///   ``MPIError/Code/invalidTag``, and what else the library reports.
  /// - Complexity: One message of `elements.count` elements; no allocation.
  ///
  /// The corresponding C function is `MPI_Send` (MPI 3.1 §3.2.1).
  @inlinable @inline(__always)
  public func send<T: Datatype>(
    _ elements: Span<T>, to destination: Int?, tag: MessageTag = 0, mode: SendMode = .standard
  ) throws(MPIError) {
    let peer = try rawPeer(destination, "MPI_Send")
    let buffer = unsafe elements.rawBuffer
    if unsafe _fastPath(mode == .standard && buffer.fitsC) {
      try unsafe check(
        MPI_Send(buffer.address, buffer.rawCount, buffer.datatype.raw, peer, tag.rawValue, raw),
        "MPI_Send", on: raw)
    } else {
      try unsafe _send(buffer, peer, tag, mode)
    }
  }

  /// Sends one value to one rank.
  ///
  /// As ``send(_:to:tag:mode:)`` with a span of one element.
  @inlinable
  public func send<T: Datatype>(
    _ value: T, to destination: Int?, tag: MessageTag = 0, mode: SendMode = .standard
  ) throws(MPIError) {
    let one: InlineArray<1, T> = [value]
    try send(one.span, to: destination, tag: tag, mode: mode)
  }

  /// All that is not a standard send of fewer than 2³¹ elements.
  @usableFromInline @inline(never)
  func _send(
    _ buffer: RawBuffer, _ peer: CInt, _ tag: MessageTag, _ mode: SendMode
  ) throws(MPIError) {
    let narrowed = try unsafe Narrowed(buffer)
    defer { unsafe narrowed.release() }
    let (address, count, type) = unsafe (buffer.address, narrowed.count, narrowed.datatype.raw)
    switch mode {
    case .standard:
      try unsafe check(
        MPI_Send(address, count, type, peer, tag.rawValue, raw), "MPI_Send", on: raw)
    case .synchronous:
      try unsafe check(
        MPI_Ssend(address, count, type, peer, tag.rawValue, raw), "MPI_Ssend", on: raw)
    case .buffered:
      try unsafe check(
        MPI_Bsend(address, count, type, peer, tag.rawValue, raw), "MPI_Bsend", on: raw)
    case .ready:
      try unsafe check(
        MPI_Rsend(address, count, type, peer, tag.rawValue, raw), "MPI_Rsend", on: raw)
    }
  }
}

/// Runs a piece of a program with a buffer for sends of the mode ``SendMode/buffered``.
///
/// At the end it waits until all messages in the buffer have gone out.
///
///     try MPI.withSendBuffer(byteCount: MPI.bufferedByteCount(of: Double.self, count: 100)) {
///       try world.send(samples.span, to: 1, mode: .buffered)
///     }
///
/// A process has one such buffer at a time.
///
/// - Parameters:
///   - byteCount: The sum of ``bufferedByteCount(of:count:)`` over the messages that may be under way
///     at once.
///   - body: What sends them.
///
/// The corresponding C functions are `MPI_Buffer_attach` and `MPI_Buffer_detach` (MPI 3.1 §3.6).
public func withSendBuffer<Result>(
  byteCount: Int, _ body: () throws -> Result
) throws -> Result {
  guard let size = CInt(exactly: byteCount), size >= 0 else {
    throw MPIError(
      .invalidBuffer, routine: "MPI_Buffer_attach",
      message: "a buffer has 0 to \(CInt.max) bytes, not \(byteCount)")
  }
  let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 16)
  defer { unsafe buffer.deallocate() }
  try unsafe check(MPI_Buffer_attach(buffer.baseAddress, size), "MPI_Buffer_attach")
  let result = Swift.Result { try body() }
  var address: UnsafeMutableRawPointer?
  var detachedSize: CInt = 0
  try unsafe check(MPI_Buffer_detach(&address, &detachedSize), "MPI_Buffer_detach")
  return try result.get()
}

/// The space that a message takes in the buffer of ``withSendBuffer(byteCount:_:)``.
///
/// The corresponding C function is `MPI_Pack_size`, and the constant `MPI_BSEND_OVERHEAD` (MPI 3.1
/// §3.6).
public func bufferedByteCount<T: Datatype>(of type: T.Type, count: Int) -> Int {
  count * Status.size(of: T.mpiDatatype) + Int(CMPI_BSEND_OVERHEAD)
}
