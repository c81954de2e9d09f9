internal import CMPI

extension Async {
  /// Sends a value of any type that is `Encodable` to one rank, as one message.
  ///
  ///     try await world.async.send(encoding: Task(name: "resize", data: [1, 2, 3]), to: 1)
  ///
  /// The value is encoded at once, but for arrays of numbers of 256 KiB and more, which are kept, and
  /// sent from where they are. If the task is cancelled while it waits, the message is sent all the
  /// same. The parameters are those of ``Communicator/send(encoding:to:tag:mode:)``.
  ///
  /// - Throws: ``MPIError/Code/conversion`` where the value cannot be encoded,
  ///   ``MPIError/Code/invalidRank``, ``MPIError/Code/cancelled``, and what else the library reports.
  /// - Complexity: One message, of any size.
  ///
  /// The corresponding C function is `MPI_Isend` (MPI 3.1 §3.7.2).
  public nonisolated(nonsending) func send<T: Encodable>(
    encoding value: T, to destination: Int?, tag: MessageTag = 0, mode: SendMode = .standard
  ) async throws {
    try await checkCancellation("MPI_Isend")
    switch try startSending(value, destination, tag, mode) {
    case .complete: return
    case .underWay(let operation): _ = try await wait(for: operation)
    }
  }

  /// Receives a value from one rank.
  ///
  ///     let task = try await world.async.receive(decoding: Task.self, from: 0)
  ///
  /// - Parameters:
  ///   - type: The type of the value.
  ///   - source: The sending rank, or ``Source/any``.
  ///   - tag: The label of the message, or ``MessageTag/any``.
  /// - Returns: The value.
  /// - Throws: ``MPIError/Code/conversion`` where the message holds no such value, which has been
  ///   received then, and where there is none, from no process (`nil`);
  ///   ``MPIError/Code/invalidRank``, ``MPIError/Code/cancelled``, and what else the library reports.
  /// - Complexity: One message of any size, which a matched probe measures first.
  ///
  /// The corresponding C functions are `MPI_Improbe` and `MPI_Imrecv` (MPI 3.1 §3.8.2, §3.8.3).
  public nonisolated(nonsending) func receive<T: Decodable>(
    decoding type: T.Type, from source: some Source, tag: MessageTag = 0
  ) async throws -> T {
    try await receiveWithStatus(decoding: type, from: source, tag: tag).value
  }

  /// Receives a value, and tells from which rank, with which tag, and how long the message was.
  ///
  ///     let (task, status) = try await world.async.receiveWithStatus(decoding: Task.self, from: .any)
  ///     try await world.async.send(encoding: perform(task), to: status.source)
  ///
  /// As ``receive(decoding:from:tag:)``.
  ///
  /// The corresponding C functions are `MPI_Improbe` and `MPI_Imrecv` (MPI 3.1 §3.8.2, §3.8.3).
  public nonisolated(nonsending) func receiveWithStatus<T: Decodable>(
    decoding type: T.Type, from source: some Source, tag: MessageTag = 0
  ) async throws -> (value: T, status: Status) {
    try await _receive(decoding: type, communicator._valueSource(source, "MPI_Improbe"), tag)
  }

  /// Sends a value to one rank, and receives one from another, or the same.
  ///
  ///     let theirs = try await world.async.sendReceive(
  ///       encoding: mine, to: right, decoding: Task.self, from: left)
  ///
  /// The parameters are those of
  /// ``Communicator/sendReceive(encoding:to:tag:decoding:from:receiving:)``.
  ///
  /// - Returns: What was received; `nil` from no process only.
  /// - Throws: As ``send(encoding:to:tag:mode:)`` and ``receive(decoding:from:tag:)``. A value that
  ///   cannot be encoded is not sent, and nothing is received.
  ///
  /// The corresponding C functions are `MPI_Isend`, `MPI_Improbe` and `MPI_Imrecv` (MPI 3.1 §3.7,
  /// §3.8).
  public nonisolated(nonsending) func sendReceive<S: Encodable, R: Decodable>(
    encoding value: S, to destination: Int?, tag sendTag: MessageTag = 0,
    decoding type: R.Type, from source: some Source, receiving receiveTag: MessageTag? = nil
  ) async throws -> R? {
    let source = try communicator.rawSource(source, "MPI_Improbe")
    if source == CMPI_PROC_NULL {
      try await send(encoding: value, to: destination, tag: sendTag)
      return nil
    }
    try await checkCancellation("MPI_Isend")
    let tag = receiveTag ?? sendTag
    guard case .underWay(let operation) = try startSending(value, destination, sendTag, .standard)
    else { return try await _receive(decoding: type, source, tag).value }
    // Under way while the task receives. Should that fail, the message is sent all the same.
    ProgressEngine.shared.submit(operation)
    let received = try await _receive(decoding: type, source, tag)
    _ = try await wait(for: operation, isSubmitted: true)
    return received.value
  }

  nonisolated(nonsending) func _receive<T: Decodable>(
    decoding type: T.Type, _ source: CInt, _ tag: MessageTag
  ) async throws -> (value: T, status: Status) {
    let (bytes, status) = try await receiveBytes(source, tag)
    return (
      try ObjectReader.decode(type, bytes, 0..<bytes.count, "MPI_Imrecv", on: communicator.raw),
      status
    )
  }

  /// Receives a message, however long it is.
  ///
  /// - Parameter cancellation: What becomes of it if the task is cancelled.
  nonisolated(nonsending) func receiveBytes(
    _ source: CInt, _ tag: MessageTag, _ cancellation: AsyncOperation.Cancellation = .request
  ) async throws -> (ByteBuffer, Status) {
    let raw = communicator.raw
    let bytes = ByteBuffer(capacity: 0)
    let status = try await search("MPI_Improbe", pattern(source, tag), cancellation) {
      message, status, pending throws in
      let count = status.byteCount
      unsafe try bytes.receive(count) { (address) throws in
        let narrowed = try unsafe Narrowed(
          RawBuffer(address: address, count: count, datatype: UInt8.mpiDatatype))
        defer { narrowed.release() }
        var message = message
        try unsafe check(
          MPI_Imrecv(
            address, narrowed.count, narrowed.datatype.raw, &message, &pending.request),
          "MPI_Imrecv", on: raw)
      }
    }
    return (bytes, status)
  }

  /// Encodes a value, and begins to send it.
  private func startSending<T: Encodable>(
    _ value: T, _ destination: Int?, _ tag: MessageTag, _ mode: SendMode
  ) throws -> Started {
    let peer = try communicator.rawPeer(destination, "MPI_Isend")
    let writer = ObjectWriter()
    try writer.encode(value, inPlace: true, "MPI_Isend", on: communicator.raw)
    return try startSending(writer, peer, tag, mode, .detach)
  }

  /// Begins to send what was written. The operation owns the writer, and with it the arrays that are
  /// sent from where they are.
  func startSending(
    _ writer: ObjectWriter, _ peer: CInt, _ tag: MessageTag, _ mode: SendMode,
    _ cancellation: AsyncOperation.Cancellation
  ) throws -> Started {
    let raw = communicator.raw
    return try start("MPI_Isend", cancellation, keeping: writer) {
      pending throws in
      pending.request = try writer.startSending(peer, tag, mode, on: raw)
    }
  }
}
