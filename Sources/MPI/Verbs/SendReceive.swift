public import CMPI

extension AnyCommunicator {
  /// Sends to one rank and receives from another, or the same, without a deadlock.
  ///
  ///     // Shift to the right, around a ring.
  ///     try world.sendReceive(
  ///       mine, to: (world.rank + 1) % world.size,
  ///       into: &theirs, from: (world.rank + world.size - 1) % world.size)
  ///
  /// - Parameters:
  ///   - elements: What is sent.
  ///   - destination: The receiving rank, or `nil` for no process.
  ///   - sendTag: The label of what is sent.
  ///   - storage: Where the received elements go.
  ///   - source: The sending rank; `nil` for no process; or ``Source/any``.
  ///   - receiveTag: The label of what is received; by default, that of what is sent.
  /// - Returns: Who sent how much.
  /// - Throws: ``MPIError/Code/truncated`` where the message is longer than `storage`,
  ///   ``MPIError/Code/invalidRank``.
  ///
  /// The corresponding C function is `MPI_Sendrecv` (MPI 3.1 §3.10).
  @inlinable @inline(__always) @discardableResult
  public func sendReceive<
    S: Outgoing & ~Copyable & ~Escapable, R: Incoming & ~Copyable & ~Escapable
  >(
    _ elements: borrowing S, to destination: Int?, tag sendTag: MessageTag = 0,
    into storage: inout R, from source: some Source, receiving receiveTag: MessageTag? = nil
  ) throws -> Status {
    try _sendReceive(
      elements.operand, rawPeer(destination, "MPI_Sendrecv"), sendTag,
      storage.incoming, rawSource(source, "MPI_Sendrecv"), receiveTag ?? sendTag)
  }

  /// Sends to one rank and receives from another, for a literal `nil`, which has no type of its own.
  ///
  /// As ``sendReceive(_:to:tag:into:from:receiving:)-(_,_,_,R,_,_)``.
  ///
  /// The corresponding C function is `MPI_Sendrecv` (MPI 3.1 §3.10).
  @inlinable @inline(__always) @discardableResult @_disfavoredOverload
  public func sendReceive<
    S: Outgoing & ~Copyable & ~Escapable, N: Incoming & ~Copyable & ~Escapable
  >(
    _ elements: borrowing S, to destination: Int?, tag sendTag: MessageTag = 0,
    into storage: inout N, from source: Int?, receiving receiveTag: MessageTag? = nil
  ) throws -> Status {
    try _sendReceive(
      elements.operand, rawPeer(destination, "MPI_Sendrecv"), sendTag,
      storage.incoming, rawPeer(source, "MPI_Sendrecv"), receiveTag ?? sendTag)
  }

  /// Sends to one rank and receives from another, or the same, into what a view shows.
  ///
  ///     // A column goes out, and comes in as a row.
  ///     try world.sendReceive(
  ///       matrix.span.laid(out: column, at: 2), to: right, into: row.mutableSpan, from: left)
  ///
  /// As ``sendReceive(_:to:tag:into:from:receiving:)-(_,_,_,R,_,_)``.
  ///
  /// The corresponding C function is `MPI_Sendrecv` (MPI 3.1 §3.10).
  @inlinable @inline(__always) @discardableResult
  public func sendReceive<
    S: Outgoing & ~Copyable & ~Escapable, V: IncomingView & ~Copyable & ~Escapable
  >(
    _ elements: borrowing S, to destination: Int?, tag sendTag: MessageTag = 0,
    into view: consuming V, from source: some Source, receiving receiveTag: MessageTag? = nil
  ) throws -> Status {
    try _sendReceive(
      elements.operand, rawPeer(destination, "MPI_Sendrecv"), sendTag,
      view.incoming, rawSource(source, "MPI_Sendrecv"), receiveTag ?? sendTag)
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
  ) throws -> T? {
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
  @inlinable @inline(__always) @discardableResult
  public func sendReceive<B: Incoming & ~Copyable & ~Escapable>(
    replacing storage: inout B, to destination: Int?, from source: some Source,
    tag: MessageTag = 0, receiving receiveTag: MessageTag? = nil
  ) throws -> Status {
    try _sendReceive(
      replacing: storage.incoming, rawPeer(destination, "MPI_Sendrecv_replace"), tag,
      rawSource(source, "MPI_Sendrecv_replace"), receiveTag ?? tag)
  }

  @inlinable @inline(__always)
  func _sendReceive(
    _ outgoing: borrowing Operand, _ destination: CInt, _ sendTag: MessageTag,
    _ incoming: borrowing Operand, _ source: CInt, _ receiveTag: MessageTag
  ) throws -> Status {
    let (sent, received) = (outgoing.part("sendReceive"), incoming.part("sendReceive"))
    guard _fastPath(sent.fitsC && received.fitsC) else {
      return try _sendReceiveLarge(
        sent, destination, sendTag, received, source, receiveTag)
    }
    var status = CMPI_Status_unset()
    try unsafe check(
      MPI_Sendrecv(
        sent.address, sent.rawCount, sent.datatype.raw, destination, sendTag.rawValue,
        received.address, received.rawCount, received.datatype.raw, source,
        receiveTag.rawValue, raw, &status),
      "MPI_Sendrecv", on: raw)
    try received.validate("MPI_Sendrecv")
    return Status(status)
  }

  @usableFromInline @inline(never)
  func _sendReceiveLarge(
    _ sent: RawBuffer, _ destination: CInt, _ sendTag: MessageTag,
    _ received: RawBuffer, _ source: CInt, _ receiveTag: MessageTag
  ) throws -> Status {
    let outgoing = try Narrowed(sent)
    defer { outgoing.release() }
    let incoming = try Narrowed(received)
    defer { incoming.release() }
    var status = MPI_Status()
    try unsafe check(
      MPI_Sendrecv(
        sent.address, outgoing.count, outgoing.datatype.raw, destination, sendTag.rawValue,
        received.address, incoming.count, incoming.datatype.raw, source, receiveTag.rawValue,
        raw, &status),
      "MPI_Sendrecv", on: raw)
    try received.validate("MPI_Sendrecv")
    return Status(status)
  }

  @usableFromInline
  func _sendReceive(
    replacing elements: borrowing Operand, _ destination: CInt, _ sendTag: MessageTag,
    _ source: CInt, _ receiveTag: MessageTag
  ) throws -> Status {
    let buffer = elements.part("sendReceive")
    let narrowed = try Narrowed(buffer)
    defer { narrowed.release() }
    var status = MPI_Status()
    try unsafe check(
      MPI_Sendrecv_replace(
        buffer.address, narrowed.count, narrowed.datatype.raw, destination, sendTag.rawValue,
        source, receiveTag.rawValue, raw, &status),
      "MPI_Sendrecv_replace", on: raw)
    return Status(status)
  }
}

extension Async {
  /// Sends to one rank and receives from another, or the same.
  ///
  ///     // Shift to the right, around a ring.
  ///     let theirs = try await world.async.sendReceive(mine, to: right, from: left)
  ///
  /// - Parameters:
  ///   - elements: What is sent.
  ///   - destination: The receiving rank, or `nil` for no process.
  ///   - source: The sending rank, or `nil` for no process.
  ///   - tag: The label of what is sent.
  ///   - receiveTag: The label of what is received; by default, that of what is sent.
  /// - Returns: What was received, of any length.
  /// - Throws: ``MPIError/Code/invalidRank``, ``MPIError/Code/cancelled``.
  ///
  /// This is what `MPI_Sendrecv` does in C (MPI 3.1 §3.10).
  public nonisolated(nonsending) func sendReceive<B: OutgoingStorage & Collection>(
    _ elements: B, to destination: Int?, from source: some Source, tag: MessageTag = 0,
    receiving receiveTag: MessageTag? = nil
  ) async throws -> [B.Element] {
    let peer = try communicator.rawSource(source, "MPI_Sendrecv")
    return try await _sendReceive(Array(elements), to: destination, peer, tag, receiveTag)
  }

  nonisolated(nonsending) private func _sendReceive<T: Datatype>(
    _ elements: [T], to destination: Int?, _ source: CInt, _ tag: MessageTag,
    _ receiveTag: MessageTag?
  ) async throws -> [T] {
    try await checkCancellation("MPI_Sendrecv")
    let peer = try communicator.rawPeer(destination, "MPI_Sendrecv")
    let raw = communicator.raw
    let storage = AsyncStorage(elements)
    let sending = try start("MPI_Sendrecv", .detach, keeping: storage) {
      pending throws in
      pending.request = try startSend(
        storage.buffer, peer, tag, .standard, on: raw)
    }
    guard case .underWay(let operation) = sending else {
      return try await _receive(of: T.self, source, receiveTag ?? tag).elements
    }
    // Under way while the task receives. Should that fail, the message is sent all the same.
    ProgressEngine.shared.submit(operation)
    let received = try await _receive(of: T.self, source, receiveTag ?? tag)
    _ = try await wait(for: operation, isSubmitted: true)
    return received.elements
  }
}
