public import CMPI

extension AnyCommunicator {
  /// Receives a message into storage that is at least as long.
  ///
  ///     var samples = [Double](repeating: 0, count: 100)
  ///     try world.receive(into: &samples, from: 0, tag: .samples)
  ///     try world.receive(into: &samples[50...], from: .any)
  ///
  /// - Parameters:
  ///   - storage: Where the elements go, from the first on; those beyond the message stay as they
  ///     were.
  ///   - source: The sending rank; `nil` for no process, which leaves the elements as they were; or
  ///     ``Source/any``.
  ///   - tag: The label of the message, or ``MessageTag/any``.
  /// - Returns: Who sent how much.
  /// - Throws: ``MPIError/Code/truncated`` where the message is longer,
  ///   ``MPIError/Code/invalidRank``, and what else the library reports.
  /// - Complexity: One message; no allocation.
  ///
  /// The corresponding C function is `MPI_Recv` (MPI 3.1 §3.2.4).
  @inlinable @inline(__always) @discardableResult
  public func receive<B: Incoming & ~Copyable & ~Escapable>(
    into storage: inout B, from source: some Source, tag: MessageTag = 0
  ) throws -> Status {
    try _receive(storage.incoming, rawSource(source, "MPI_Recv"), tag)
  }

  /// Receives a message into storage that is at least as long, for a literal `nil`, which has no type
  /// of its own.
  ///
  /// As ``receive(into:from:tag:)-(B,_,_)``.
  ///
  /// The corresponding C function is `MPI_Recv` (MPI 3.1 §3.2.4).
  @inlinable @inline(__always) @discardableResult @_disfavoredOverload
  public func receive<N: Incoming & ~Copyable & ~Escapable>(
    into storage: inout N, from source: Int?, tag: MessageTag = 0
  ) throws -> Status {
    try _receive(storage.incoming, rawPeer(source, "MPI_Recv"), tag)
  }

  /// Receives a message into what a view shows, which is at least as long.
  ///
  ///     try world.receive(into: matrix.mutableSpan.laid(out: column, at: 2), from: 0)
  ///
  /// As ``receive(into:from:tag:)-(B,_,_)``.
  ///
  /// The corresponding C function is `MPI_Recv` (MPI 3.1 §3.2.4).
  @inlinable @inline(__always) @discardableResult
  public func receive<V: IncomingView & ~Copyable & ~Escapable>(
    into view: consuming V, from source: some Source, tag: MessageTag = 0
  ) throws -> Status {
    try _receive(view.incoming, rawSource(source, "MPI_Recv"), tag)
  }

  /// Receives one value.
  ///
  ///     var step = 0
  ///     try world.receive(into: &step, from: 0)
  ///
  /// As ``receive(into:from:tag:)-(B,_,_)`` with an array of one element.
  @inlinable @discardableResult @_disfavoredOverload
  public func receive<T: Datatype>(
    into value: inout T, from source: some Source, tag: MessageTag = 0
  ) throws -> Status {
    var one: InlineArray<1, T> = [value]
    let status = try receive(into: one.mutableSpan, from: source, tag: tag)
    value = one[0]
    return status
  }

  /// Receives a message of any length.
  ///
  ///     let samples = try world.receive(Double.self, from: 0)
  ///
  /// To know who has sent it, use ``matchedProbe(from:tag:)``.
  ///
  /// - Returns: As many elements as were sent; none from no process (`nil`).
  /// - Complexity: One message, which a matched probe measures first, so that no other thread can
  ///   take it away.
  ///
  /// The corresponding C functions are `MPI_Mprobe` and `MPI_Mrecv` (MPI 3.1 §3.8.2).
  public func receive<T: Datatype>(
    _ type: T.Type, from source: some Source, tag: MessageTag = 0
  ) throws -> [T] {
    try matchedProbe(from: source, tag: tag).receive(type)
  }

  /// Receives a message of one value.
  ///
  ///     let step = try world.receive(one: Int.self, from: 0)
  ///
  /// - Throws: ``MPIError/Code/truncated`` where the message has another number of elements, as has that from no process
  ///   (`nil`).
  ///
  /// The corresponding C functions are `MPI_Mprobe` and `MPI_Mrecv` (MPI 3.1 §3.8.2).
  public func receive<T: Datatype>(
    one type: T.Type, from source: some Source, tag: MessageTag = 0
  ) throws -> T {
    let elements = try receive(type, from: source, tag: tag)
    guard elements.count == 1 else {
      throw MPIError(
        .truncated, routine: "MPI_Mrecv",
        message: "a message of \(elements.count) elements, where one is expected", on: raw)
    }
    return elements[0]
  }

  @inlinable @inline(__always)
  func _receive(
    _ elements: borrowing Operand, _ source: CInt, _ tag: MessageTag
  ) throws -> Status {
    let buffer = elements.part("receive")
    guard _fastPath(buffer.fitsC) else { return try _receiveLarge(buffer, source, tag) }
    var status = CMPI_Status_unset()
    try unsafe check(
      MPI_Recv(
        buffer.address, buffer.rawCount, buffer.datatype.raw, source, tag.rawValue, raw, &status),
      "MPI_Recv", on: raw)
    try buffer.validate("MPI_Recv")
    return Status(status)
  }

  @usableFromInline @inline(never)
  func _receiveLarge(
    _ buffer: RawBuffer, _ source: CInt, _ tag: MessageTag
  ) throws -> Status {
    let narrowed = try Narrowed(buffer)
    defer { narrowed.release() }
    var status = MPI_Status()
    try unsafe check(
      MPI_Recv(
        buffer.address, narrowed.count, narrowed.datatype.raw, source, tag.rawValue, raw,
        &status),
      "MPI_Recv", on: raw)
    try buffer.validate("MPI_Recv")
    return Status(status)
  }

  /// A source as C has it.
  @inlinable @inline(__always)
  func rawSource(_ source: some Source, _ routine: StaticString) throws -> CInt {
    try source.checked(of: peerCount, routine, on: raw)
  }
}

extension Message {
  /// Receives the message into storage that is at least as long.
  ///
  /// - Throws: ``MPIError/Code/truncated`` where the message is longer.
  ///
  /// The corresponding C function is `MPI_Mrecv` (MPI 3.1 §3.8.3).
  @discardableResult
  public consuming func receive<B: Incoming & ~Copyable & ~Escapable>(
    into storage: inout B
  ) throws -> Status {
    try receive(storage.incoming.part("receive"))
  }

  /// Receives the message into what a view shows, which is at least as long.
  ///
  /// As ``receive(into:)-(B)``.
  ///
  /// The corresponding C function is `MPI_Mrecv` (MPI 3.1 §3.8.3).
  @discardableResult
  public consuming func receive<V: IncomingView & ~Copyable & ~Escapable>(
    into view: consuming V
  ) throws -> Status {
    try receive(view.incoming.part("receive"))
  }

  /// Receives the message.
  ///
  /// - Returns: As many elements as were sent.
  /// - Throws: ``MPIError`` as the library reports it.
  /// - Precondition: The message holds a whole number of such elements.
  ///
  /// The corresponding C function is `MPI_Mrecv` (MPI 3.1 §3.8.3).
  public consuming func receive<T: Datatype>(_ type: T.Type) throws -> [T] {
    let count = status.count(of: type)
    return try [T](receiving: count) { _ = try receive($0) }
  }

  mutating func receive(_ buffer: RawBuffer) throws -> Status {
    // The length is known here, so that the library need not be asked to truncate the message.
    let room = buffer.count * Status.size(of: buffer.datatype)
    guard status.byteCount <= room else {
      throw MPIError(
        .truncated, routine: "MPI_Mrecv",
        message: "a message of \(status.byteCount) bytes, with room for \(room)")
    }
    try receiveAll(buffer)
    return status
  }

  /// Receives the message into a buffer that is known to hold all of it: ``status`` says what came.
  mutating func receiveAll(_ buffer: RawBuffer) throws {
    let narrowed = try Narrowed(buffer)
    defer { narrowed.release() }
    try unsafe check(
      MPI_Mrecv(buffer.address, narrowed.count, narrowed.datatype.raw, &raw, CMPI_STATUS_IGNORE),
      "MPI_Mrecv")
    try buffer.validate("MPI_Mrecv")
  }
}

extension Immediate {
  /// Begins to receive a message into an array. It must not be touched until the request is complete.
  ///
  ///     var ghost = [Double](repeating: 0, count: n)
  ///     let receiving = try world.immediate.receive(into: &ghost, from: left)
  ///     relaxInterior()
  ///     try receiving.wait()
  ///
  /// The parameters are those of ``AnyCommunicator/receive(into:from:tag:)-(B,_,_)``. That a
  /// message is longer than its storage is told by ``Request/wait()``.
  ///
  /// The corresponding C function is `MPI_Irecv` (MPI 3.1 §3.7.2).
  @inlinable @inline(__always) @_lifetime(&storage)
  public func receive<B: IncomingStorage & ~Copyable>(
    into storage: inout B, from source: some Source, tag: MessageTag = 0
  ) throws -> Request {
    try Request(
      receiving: storage.pinned, communicator.rawSource(source, "MPI_Irecv"), tag, on: raw)
  }

  /// Begins to receive a message into what a view shows. The elements must not be touched until the request is complete.
  ///
  /// As ``receive(into:from:tag:)-(B,_,_)``.
  ///
  /// The corresponding C function is `MPI_Irecv` (MPI 3.1 §3.7.2).
  @inlinable @inline(__always) @_lifetime(copy view)
  public func receive<V: IncomingView & ~Copyable & ~Escapable>(
    into view: consuming V, from source: some Source, tag: MessageTag = 0
  ) throws -> Request {
    try Request(receiving: view.pinned, communicator.rawSource(source, "MPI_Irecv"), tag, on: raw)
  }

  /// Begins to receive a message that a matched probe has found into an array, which must not be touched
  /// until the request is complete.
  ///
  ///     if let message = try world.immediate.matchedProbe(from: .any) {
  ///       let receiving = try world.immediate.receive(message, into: &large)
  ///       …
  ///
  /// - Throws: ``MPIError/Code/truncated`` where the message is longer than its storage; it is lost
  ///   then.
  ///
  /// The corresponding C function is `MPI_Imrecv` (MPI 3.1 §3.8.3).
  @_lifetime(&storage)
  public func receive<B: IncomingStorage & ~Copyable>(
    _ message: consuming Message, into storage: inout B
  ) throws -> Request {
    try Request(receiving: &message, storage.pinned, on: raw)
  }

  /// Begins to receive a message that a matched probe has found into what a view shows.
  ///
  /// As ``receive(_:into:)-(_,B)``.
  ///
  /// The corresponding C function is `MPI_Imrecv` (MPI 3.1 §3.8.3).
  @_lifetime(copy view)
  public func receive<V: IncomingView & ~Copyable & ~Escapable>(
    _ message: consuming Message, into view: consuming V
  ) throws -> Request {
    try Request(receiving: &message, view.pinned, on: raw)
  }
}

extension Request {
  @inlinable @inline(__always) @_lifetime(immortal)
  init(
    receiving elements: borrowing Operand, _ source: CInt, _ tag: MessageTag,
    on raw: RawCommunicator
  ) throws {
    self.init(
      try startReceive(elements.part("receive"), source, tag, on: raw), elements.normalizing,
      on: raw)
  }

  @_lifetime(immortal)
  init(
    receiving message: inout Message, _ elements: borrowing Operand, on raw: RawCommunicator
  ) throws {
    let buffer = elements.part("receive")
    // The length is known here, so that the library need not be asked to truncate the message.
    let room = buffer.count * Status.size(of: buffer.datatype)
    guard message.status.byteCount <= room else {
      throw MPIError(
        .truncated, routine: "MPI_Imrecv",
        message: "a message of \(message.status.byteCount) bytes, with room for \(room)", on: raw)
    }
    let narrowed = try Narrowed(buffer)
    defer { narrowed.release() }
    var request = CMPI_REQUEST_NULL as RawRequest
    try unsafe check(
      MPI_Imrecv(
        buffer.address, narrowed.count, narrowed.datatype.raw, &message.raw, &request),
      "MPI_Imrecv", on: raw)
    self.init(request, elements.normalizing, on: raw)
  }
}

extension Exchange {
  /// Begins to receive a message into an array. It must not be touched until the exchange is complete.
  ///
  /// The parameters are those of ``AnyCommunicator/receive(into:from:tag:)-(B,_,_)``.
  ///
  /// The corresponding C function is `MPI_Irecv` (MPI 3.1 §3.7.2).
  @inlinable @inline(__always) @_lifetime(self: copy self, &storage)
  public mutating func receive<B: IncomingStorage & ~Copyable>(
    into storage: inout B, from source: some Source, tag: MessageTag = 0
  ) throws {
    try add(receiving: storage.pinned, source.checked(of: size, "MPI_Irecv", on: raw), tag)
  }

  /// Begins to receive a message into what a view shows. The elements must not be touched until the exchange is complete.
  ///
  /// - Throws: ``MPIError/Code/invalidRank`` for a rank outside the communicator, and what else the
  ///   library reports.
  ///
  /// The corresponding C function is `MPI_Irecv` (MPI 3.1 §3.7.2).
  @inlinable @inline(__always) @_lifetime(self: copy view, copy self)
  public mutating func receive<V: IncomingView & ~Copyable & ~Escapable>(
    into view: consuming V, from source: some Source, tag: MessageTag = 0
  ) throws {
    try add(receiving: view.pinned, source.checked(of: size, "MPI_Irecv", on: raw), tag)
  }

  @inlinable @inline(__always)
  mutating func add(
    receiving elements: borrowing Operand, _ source: CInt, _ tag: MessageTag
  ) throws {
    add(try startReceive(elements.part("receive"), source, tag, on: raw))
    if let completion = elements.normalizing { keep(completion) }
  }
}

@inlinable @inline(__always)
func startReceive(
  _ buffer: RawBuffer, _ source: CInt, _ tag: MessageTag, on raw: RawCommunicator
) throws -> RawRequest {
  guard _fastPath(buffer.fitsC) else {
    return try startLargeReceive(buffer, source, tag, on: raw)
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
) throws -> RawRequest {
  let narrowed = try Narrowed(buffer)
  defer { narrowed.release() }
  var request = CMPI_REQUEST_NULL as RawRequest
  try unsafe check(
    MPI_Irecv(
      buffer.address, narrowed.count, narrowed.datatype.raw, source, tag.rawValue, raw,
      &request),
    "MPI_Irecv", on: raw)
  return request
}

extension Persistent {
  /// Sets up a receive of messages from one rank.
  ///
  /// - Parameters:
  ///   - type: The type of the elements; they begin as zeros.
  ///   - count: How many there is room for: a message may be shorter.
  ///   - source: The sending rank; `nil` for no process, which leaves the elements as they were; or
  ///     ``Source/any``.
  ///   - tag: The label of the messages, or ``MessageTag/any``.
  /// - Throws: ``MPIError/Code/invalidRank`` for a rank outside the communicator, and what else the
  ///   library reports. That a message is too long is told by ``Request/wait()``; the operation may
  ///   be started again then.
  /// - Precondition: `count` is not negative.
  ///
  /// The corresponding C function is `MPI_Recv_init` (MPI 3.1 §3.9).
  public func receive<T: Datatype>(
    _ type: T.Type, count: Int, from source: some Source, tag: MessageTag = 0
  ) throws -> PersistentOperation<T> {
    let peer = try communicator.rawSource(source, "MPI_Recv_init")
    let raw = communicator.raw
    return try PersistentOperation(
      on: communicator, count: count, receives: true, isMessage: true
    ) { buffer, pending in
      try prepareReceive(buffer, peer, tag, on: raw, pending)
    }
  }
}

/// Makes the request of a persistent receive.
func prepareReceive(
  _ buffer: RawBuffer, _ peer: CInt, _ tag: MessageTag, on raw: RawCommunicator,
  _ pending: Starting
) throws {
  let narrowed = try Narrowed(buffer)
  defer { narrowed.release(after: pending) }
  try unsafe check(
    MPI_Recv_init(
      buffer.address, narrowed.count, narrowed.datatype.raw, peer, tag.rawValue, raw,
      &pending.request),
    "MPI_Recv_init", on: raw)
}

/// A message that was received, and where it came from.
@safe public struct ReceivedMessage<Element: Datatype>: Sendable {
  /// What was sent.
  public let elements: [Element]

  /// Who sent how much.
  public let status: Status

  /// The rank that sent the message, or `nil` where there was no process to send one.
  public var source: Int? { status.source }

  /// The message's tag.
  public var tag: MessageTag { status.tag }
}

extension Async {
  /// Receives a message of any length from one rank.
  ///
  ///     let samples = try await world.async.receive(Double.self, from: 0)
  ///
  /// Where it must be told who has sent, use ``receiveMessage(of:from:tag:)``; where a
  /// bound of the length is known, ``receive(_:count:from:tag:)`` spares the library a
  /// search.
  ///
  /// - Returns: As many elements as were sent; none from no process (`nil`).
  /// - Throws: ``MPIError/Code/invalidRank``, ``MPIError/Code/cancelled``.
  ///
  /// The corresponding C functions are `MPI_Improbe` and `MPI_Imrecv` (MPI 3.1 §3.8.2).
  public nonisolated(nonsending) func receive<T: Datatype>(
    _ type: T.Type, from source: some Source, tag: MessageTag = 0
  ) async throws -> [T] {
    try await receiveMessage(of: type, from: source, tag: tag).elements
  }

  /// Receives a message of any length from one rank, with its tag and source.
  ///
  /// - Throws: ``MPIError/Code/invalidRank``, ``MPIError/Code/cancelled``, and what else the
  ///   library reports.
  ///
  /// The corresponding C functions are `MPI_Improbe` and `MPI_Imrecv` (MPI 3.1 §3.8.2).
  public nonisolated(nonsending) func receiveMessage<T: Datatype>(
    of type: T.Type, from source: some Source, tag: MessageTag = 0
  ) async throws -> ReceivedMessage<T> {
    try await _receive(of: type, communicator.rawSource(source, "MPI_Improbe"), tag)
  }

  /// Receives a message of a bounded length from one rank.
  ///
  /// Such receives are in the library's own queue, which matches them in the order in which they
  /// are begun, before all that search for a message.
  ///
  /// - Parameters:
  ///   - type: The type of the elements.
  ///   - count: The largest number of elements that the message may have.
  ///   - source: The sending rank; `nil` for no process.
  ///   - tag: The label of the message, or ``MessageTag/any``.
  /// - Returns: As many elements as were sent.
  /// - Throws: ``MPIError/Code/truncated`` where the message is longer,
  ///   ``MPIError/Code/invalidRank``, ``MPIError/Code/cancelled``.
  ///
  /// The corresponding C functions are `MPI_Irecv`, `MPI_Testsome` and `MPI_Cancel` (MPI 3.1 §3.7,
  /// §3.8.4).
  public nonisolated(nonsending) func receive<T: Datatype>(
    _ type: T.Type, count: Int, from source: some Source, tag: MessageTag = 0
  ) async throws -> [T] {
    try await _receive(of: type, count: count, communicator.rawSource(source, "MPI_Irecv"), tag)
  }

  /// Receives a message from one rank into an array that is at least as long.
  ///
  /// The array is empty while the task waits.
  ///
  /// - Returns: Who sent how much; elements beyond the message stay as they were.
  /// - Throws: As ``receive(_:count:from:tag:)``. The array has its elements back then.
  ///
  /// The corresponding C function is `MPI_Irecv` (MPI 3.1 §3.7).
  @discardableResult
  public nonisolated(nonsending) func receive<T: Datatype>(
    into elements: inout [T], from source: some Source, tag: MessageTag = 0
  ) async throws -> Status {
    try await _receive(into: &elements, communicator.rawSource(source, "MPI_Irecv"), tag)
  }

  nonisolated(nonsending) func _receive<T: Datatype>(
    of type: T.Type, _ source: CInt, _ tag: MessageTag
  ) async throws -> ReceivedMessage<T> {
    let raw = communicator.raw
    let box = Box<AsyncStorage<T>?>(nil)
    let status = try await search("MPI_Improbe", pattern(source, tag)) {
      message, status, pending throws in
      let storage = AsyncStorage<T>(count: status.count(of: T.self))
      box.value = storage
      let narrowed = try Narrowed(storage.buffer)
      defer { narrowed.release() }
      var message = message
      try unsafe check(
        MPI_Imrecv(
          storage.buffer.address, narrowed.count, narrowed.datatype.raw, &message,
          &pending.request),
        "MPI_Imrecv", on: raw)
    }
    return ReceivedMessage(elements: box.value?.take() ?? [], status: status)
  }

  nonisolated(nonsending) private func _receive<T: Datatype>(
    of type: T.Type, count: Int, _ source: CInt, _ tag: MessageTag
  ) async throws -> [T] {
    precondition(count >= 0, "a message of at most \(count) elements")
    let storage = AsyncStorage<T>(count: count)
    let status = try await receive(storage, source, tag)
    return storage.take(status.count(of: T.self))
  }

  nonisolated(nonsending) private func _receive<T: Datatype>(
    into elements: inout [T], _ source: CInt, _ tag: MessageTag
  ) async throws -> Status {
    let storage = AsyncStorage(taking: &elements)
    do {
      let status = try await receive(storage, source, tag)
      elements = storage.take()
      return status
    } catch {
      elements = storage.take()
      throw error
    }
  }

  nonisolated(nonsending) private func receive<T: Datatype>(
    _ storage: AsyncStorage<T>, _ source: CInt, _ tag: MessageTag
  ) async throws -> Status {
    try await checkCancellation("MPI_Irecv")
    let raw = communicator.raw
    return try await perform("MPI_Irecv", .request, keeping: storage) {
      pending throws in
      pending.request = try startReceive(storage.buffer, source, tag, on: raw)
    }
  }
}

/// A variable that closures share.
final class Box<Value>: @unchecked Sendable {
  var value: Value
  init(_ value: Value) { self.value = value }
}
