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
  ///     try world.send(samples, to: 1, tag: .samples)
  ///     try world.send(matrix.span.laid(out: column, at: 2), to: 1)
  ///
  /// - Parameters:
  ///   - elements: What is sent: an array, a slice, a span, …
  ///   - destination: The receiving rank, or `nil` for no process, where the message vanishes.
  ///   - tag: The label that the receive asks for.
  ///   - mode: When the send may return.
  /// - Throws: ``MPIError/Code/invalidRank`` for a rank outside the communicator,
  ///   ``MPIError/Code/invalidTag``, and what else the library reports.
  /// - Complexity: One message of as many elements; no allocation.
  ///
  /// The corresponding C function is `MPI_Send` (MPI 3.1 §3.2.1).
  @inlinable @inline(__always)
  public func send<B: Outgoing & ~Copyable & ~Escapable>(
    _ elements: borrowing B, to destination: Int?, tag: MessageTag = 0, mode: SendMode = .standard
  ) throws {
    try _send(elements.operand, rawPeer(destination, "MPI_Send"), tag, mode)
  }

  /// Sends one value to one rank.
  ///
  /// As ``send(_:to:tag:mode:)-(B,_,_,_)`` with an array of one element.
  @inlinable @_disfavoredOverload
  public func send<T: Datatype>(
    _ value: T, to destination: Int?, tag: MessageTag = 0, mode: SendMode = .standard
  ) throws {
    let one: InlineArray<1, T> = [value]
    try send(one.span, to: destination, tag: tag, mode: mode)
  }

  @inlinable @inline(__always)
  func _send(
    _ elements: borrowing Operand, _ peer: CInt, _ tag: MessageTag, _ mode: SendMode
  ) throws {
    let buffer = elements.part("send")
    if _fastPath(mode == .standard && buffer.fitsC) {
      try unsafe check(
        MPI_Send(buffer.address, buffer.rawCount, buffer.datatype.raw, peer, tag.rawValue, raw),
        "MPI_Send", on: raw)
    } else {
      try _send(buffer, peer, tag, mode)
    }
  }

  /// All that is not a standard send of fewer than 2³¹ elements.
  @usableFromInline @inline(never)
  func _send(
    _ buffer: RawBuffer, _ peer: CInt, _ tag: MessageTag, _ mode: SendMode
  ) throws {
    let narrowed = try Narrowed(buffer)
    defer { narrowed.release() }
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

extension Immediate {
  /// Begins to send what a view shows to one rank. The elements may be read, but not changed, until the request is
  /// complete.
  ///
  /// The parameters and errors are those of ``AnyCommunicator/send(_:to:tag:mode:)-(B,_,_,_)``.
  ///
  /// The corresponding C functions are `MPI_Isend`, `MPI_Issend`, `MPI_Ibsend` and `MPI_Irsend`
  /// (MPI 3.1 §3.7.2).
  @inlinable @inline(__always) @_lifetime(copy elements)
  public func send<V: OutgoingView & ~Escapable>(
    _ elements: V, to destination: Int?, tag: MessageTag = 0, mode: SendMode = .standard
  ) throws -> Request {
    Request(try communicator.startSend(elements.operand, to: destination, tag, mode), on: raw)
  }

  /// Begins to send an array to one rank. It may be read, but not changed, until the request is complete.
  ///
  /// As ``send(_:to:tag:mode:)-(V,_,_,_)``.
  ///
  /// The corresponding C functions are `MPI_Isend`, `MPI_Issend`, `MPI_Ibsend` and `MPI_Irsend`
  /// (MPI 3.1 §3.7.2).
  @inlinable @inline(__always) @_lifetime(borrow elements)
  public func send<B: OutgoingStorage & ~Copyable>(
    _ elements: borrowing @_addressable B, to destination: Int?, tag: MessageTag = 0,
    mode: SendMode = .standard
  ) throws -> Request {
    Request(try communicator.startSend(elements.operand, to: destination, tag, mode), on: raw)
  }
}

extension Exchange {
  /// Begins to send what a view shows to one rank. The elements may be read, but not changed, until the exchange is
  /// complete.
  ///
  /// The parameters and errors are those of ``AnyCommunicator/send(_:to:tag:mode:)-(B,_,_,_)``.
  ///
  /// The corresponding C function is `MPI_Isend` (MPI 3.1 §3.7.2).
  @inlinable @inline(__always) @_lifetime(self: copy elements, copy self)
  public mutating func send<V: OutgoingView & ~Escapable>(
    _ elements: V, to destination: Int?, tag: MessageTag = 0, mode: SendMode = .standard
  ) throws {
    try add(sending: elements.operand, to: destination, tag, mode)
  }

  /// Begins to send an array to one rank. It may be read, but not changed, until the exchange is complete.
  ///
  /// - Throws: ``MPIError/Code/invalidRank`` for a rank outside the communicator, and what else the
  ///   library reports.
  ///
  /// The corresponding C function is `MPI_Isend` (MPI 3.1 §3.7.2).
  @inlinable @inline(__always) @_lifetime(self: borrow elements, copy self)
  public mutating func send<B: OutgoingStorage & ~Copyable>(
    _ elements: borrowing @_addressable B, to destination: Int?, tag: MessageTag = 0,
    mode: SendMode = .standard
  ) throws {
    try add(sending: elements.operand, to: destination, tag, mode)
  }

  @inlinable @inline(__always)
  mutating func add(
    sending elements: borrowing Operand, to destination: Int?, _ tag: MessageTag, _ mode: SendMode
  ) throws {
    let peer = try checkedPeer(destination, of: size, "MPI_Isend", on: raw)
    add(try MPI.startSend(elements.part("send"), peer, tag, mode, on: raw))
  }
}

extension AnyCommunicator {
  @inlinable @inline(__always)
  func startSend(
    _ elements: borrowing Operand, to destination: Int?, _ tag: MessageTag, _ mode: SendMode
  ) throws -> RawRequest {
    try MPI.startSend(
      elements.part("send"), rawPeer(destination, "MPI_Isend"), tag, mode, on: raw)
  }
}

@inlinable @inline(__always)
func startSend(
  _ buffer: RawBuffer, _ peer: CInt, _ tag: MessageTag, _ mode: SendMode,
  on raw: RawCommunicator
) throws -> RawRequest {
  guard _fastPath(mode == .standard && buffer.fitsC) else {
    return try startOtherSend(buffer, peer, tag, mode, on: raw)
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
) throws -> RawRequest {
  let narrowed = try Narrowed(buffer)
  defer { narrowed.release() }
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
  ) throws -> PersistentOperation<T> {
    let peer = try communicator.rawPeer(destination, "MPI_Send_init")
    let raw = communicator.raw
    return try PersistentOperation(
      on: communicator, count: count, receives: false,
      isRenewed: mode == .buffered && renewsBufferedSends, isMessage: true
    ) { (buffer, pending) throws in
      try prepareSend(buffer, peer, tag, mode, on: raw, pending)
    }
  }

  /// Sets up a send to one rank, with the elements to begin with.
  ///
  /// As ``send(_:count:to:tag:mode:)``; the elements are copied.
  ///
  /// The corresponding C function is `MPI_Send_init` (MPI 3.1 §3.9).
  public func send<B: Outgoing & ~Copyable & ~Escapable>(
    _ elements: borrowing B, to destination: Int?, tag: MessageTag = 0, mode: SendMode = .standard
  ) throws -> PersistentOperation<B.Element> {
    func setUp(_ operand: borrowing Operand) throws -> PersistentOperation<B.Element> {
      let result = try send(
        B.Element.self, count: operand.count, to: destination, tag: tag, mode: mode)
      try unsafe operand.copy(to: result.address)
      return result
    }
    return try setUp(elements.operand)
  }
}

/// Whether a persistent buffered send needs a new request at each start: see
/// ``PersistentCore/renew()``.
var renewsBufferedSends: Bool { CMPI_RENEWS_BUFFERED_SENDS != 0 }

/// Makes the request of a persistent send.
func prepareSend(
  _ buffer: RawBuffer, _ peer: CInt, _ tag: MessageTag, _ mode: SendMode, on raw: RawCommunicator,
  _ pending: Starting
) throws {
  let narrowed = try Narrowed(buffer)
  defer { narrowed.release(after: pending) }
  let (address, count, type) = unsafe (buffer.address, narrowed.count, narrowed.datatype.raw)
  let tag = tag.rawValue
  switch mode {
  case .standard:
    try unsafe check(
      MPI_Send_init(address, count, type, peer, tag, raw, &pending.request),
      "MPI_Send_init", on: raw)
  case .synchronous:
    try unsafe check(
      MPI_Ssend_init(address, count, type, peer, tag, raw, &pending.request),
      "MPI_Ssend_init", on: raw)
  case .buffered:
    try unsafe check(
      MPI_Bsend_init(address, count, type, peer, tag, raw, &pending.request),
      "MPI_Bsend_init", on: raw)
  case .ready:
    try unsafe check(
      MPI_Rsend_init(address, count, type, peer, tag, raw, &pending.request),
      "MPI_Rsend_init", on: raw)
  }
}

extension Async {
  /// Sends elements to one rank.
  ///
  ///     try await world.async.send(samples, to: 1, tag: .samples)
  ///
  /// The parameters and errors are those of ``AnyCommunicator/send(_:to:tag:mode:)-(B,_,_,_)``. If the task is
  /// cancelled while it waits, the message is sent all the same.
  ///
  /// - Throws: ``MPIError/Code/cancelled`` besides.
  ///
  /// The corresponding C functions are `MPI_Isend` and `MPI_Testsome` (MPI 3.1 §3.7).
  public nonisolated(nonsending) func send<B: OutgoingStorage & Collection>(
    _ elements: B, to destination: Int?, tag: MessageTag = 0, mode: SendMode = .standard
  ) async throws {
    try await checkCancellation("MPI_Isend")
    let peer = try communicator.rawPeer(destination, "MPI_Isend")
    let raw = communicator.raw
    let storage = AsyncStorage(Array(elements))
    try await perform("MPI_Isend", .detach, keeping: storage) { pending throws in
      pending.request = try startSend(
        storage.buffer, peer, tag, mode, on: raw)
    }
  }

  /// Sends one value to one rank.
  ///
  /// As ``send(_:to:tag:mode:)-(B,_,_,_)`` with one element.
  public nonisolated(nonsending) func send<T: Datatype>(
    _ value: T, to destination: Int?, tag: MessageTag = 0, mode: SendMode = .standard
  ) async throws {
    try await send([value], to: destination, tag: tag, mode: mode)
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

/// The space that a message with a layout takes in the buffer of ``withSendBuffer(byteCount:_:)``.
///
/// The corresponding C function is `MPI_Pack_size`, and the constant `MPI_BSEND_OVERHEAD` (MPI 3.1
/// §3.6).
public func bufferedByteCount<T: Datatype>(of layout: Layout<T>, instances: Int = 1) -> Int {
  instances * layout.byteCount + Int(CMPI_BSEND_OVERHEAD)
}
