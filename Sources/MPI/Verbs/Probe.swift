internal import CMPI

extension AnyCommunicator {
  /// Waits until a message from a rank is there, without receiving it.
  ///
  /// Where several threads receive, another one may take the message: use
  /// ``matchedProbe(from:tag:)``.
  ///
  /// - Returns: Who sent how much.
  ///
  /// The corresponding C function is `MPI_Probe` (MPI 3.1 §3.8.1).
  public func probe(from source: some Source, tag: MessageTag = 0) throws -> Status {
    try _probe(rawSource(source, "MPI_Probe"), tag)
  }

  /// Waits until a message from a rank is there, and takes it out of the queue, to be received
  /// through the result only.
  ///
  ///     let message = try world.matchedProbe(from: .any)
  ///     let sender = message.status.source
  ///     let samples = try message.receive(Double.self)
  ///
  /// - Throws: ``MPIError/Code/invalidRank`` for a rank outside the communicator, and what else the
  ///   library reports.
  ///
  /// The corresponding C function is `MPI_Mprobe` (MPI 3.1 §3.8.2).
  public func matchedProbe(
    from source: some Source, tag: MessageTag = 0
  ) throws -> Message {
    try _matchedProbe(rawSource(source, "MPI_Mprobe"), tag)
  }

  private func _probe(_ source: CInt, _ tag: MessageTag) throws -> Status {
    var status = MPI_Status()
    try unsafe check(MPI_Probe(source, tag.rawValue, raw, &status), "MPI_Probe", on: raw)
    return Status(status)
  }

  func _matchedProbe(_ source: CInt, _ tag: MessageTag) throws -> Message {
    var status = MPI_Status()
    var message = CMPI_MESSAGE_NULL as RawMessage
    try unsafe check(
      MPI_Mprobe(source, tag.rawValue, raw, &message, &status), "MPI_Mprobe", on: raw)
    return Message(message, Status(status))
  }
}

/// A message that a matched probe has found: only this value can receive it.
///
/// One that is not received is discarded, when the value goes out of scope.
@safe public struct Message: ~Copyable {
  var raw: RawMessage

  /// Who sent how much.
  public let status: Status

  init(_ raw: RawMessage, _ status: Status) {
    self.raw = raw
    self.status = status
  }

  deinit {
    guard raw != CMPI_MESSAGE_NULL, isRunning else { return }
    // Into memory that holds all of it: truncating is not safe in all libraries (docs/KnownIssues.md).
    let count = status.byteCount
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
    defer { unsafe scratch.deallocate() }
    let buffer = unsafe RawBuffer(
      address: scratch.baseAddress, count: count, datatype: UInt8.mpiDatatype)
    guard let narrowed = try? Narrowed(buffer) else { return }
    defer { narrowed.release() }
    var raw = raw
    _ = unsafe MPI_Mrecv(
      buffer.address, narrowed.count, narrowed.datatype.raw, &raw, CMPI_STATUS_IGNORE)
  }
}

extension Immediate {
  /// Looks whether a message from a rank is there.
  ///
  /// - Returns: Who sent how much, or `nil` where there is no such message yet.
  /// - Throws: ``MPIError/Code/invalidRank`` for a rank outside the communicator, and what else the
  ///   library reports.
  ///
  /// The corresponding C function is `MPI_Iprobe` (MPI 3.1 §3.8.1).
  public func probe(from source: some Source, tag: MessageTag = 0) throws -> Status? {
    try _probe(communicator.rawSource(source, "MPI_Iprobe"), tag)
  }

  /// Looks whether a message from a rank is there, and if so takes it out of the queue.
  ///
  /// - Returns: The message, to be received through this value only; `nil` where there is no such
  ///   message yet.
  /// - Throws: ``MPIError/Code/invalidRank`` for a rank outside the communicator, and what else the
  ///   library reports.
  ///
  /// The corresponding C function is `MPI_Improbe` (MPI 3.1 §3.8.2).
  public func matchedProbe(from source: some Source, tag: MessageTag = 0) throws -> Message? {
    try _matchedProbe(communicator.rawSource(source, "MPI_Improbe"), tag)
  }

  private func _probe(_ source: CInt, _ tag: MessageTag) throws -> Status? {
    var flag: CInt = 0
    var status = MPI_Status()
    try unsafe check(
      MPI_Iprobe(source, tag.rawValue, raw, &flag, &status), "MPI_Iprobe", on: raw)
    return flag == 0 ? nil : Status(status)
  }

  private func _matchedProbe(_ source: CInt, _ tag: MessageTag) throws -> Message? {
    var flag: CInt = 0
    var status = MPI_Status()
    var message = CMPI_MESSAGE_NULL as RawMessage
    try unsafe check(
      MPI_Improbe(source, tag.rawValue, raw, &flag, &message, &status), "MPI_Improbe", on: raw)
    return flag == 0 ? nil : Message(message, Status(status))
  }
}

extension Async {
  /// Waits until a message from a rank is there, without receiving it.
  ///
  /// - Returns: Who sent how much.
  /// - Throws: ``MPIError/Code/invalidRank``, ``MPIError/Code/cancelled``, and what else the
  ///   library reports.
  ///
  /// The corresponding C function is `MPI_Iprobe` (MPI 3.1 §3.8.1).
  public nonisolated(nonsending) func probe(
    from source: some Source, tag: MessageTag = 0
  ) async throws -> Status {
    try await _probe(communicator.rawSource(source, "MPI_Iprobe"), tag)
  }

  /// Waits until a message from a rank is there, and takes it out of the queue, to be received
  /// through the result only.
  ///
  /// - Throws: ``MPIError/Code/invalidRank``, ``MPIError/Code/cancelled``, and what else the
  ///   library reports.
  ///
  /// The corresponding C function is `MPI_Improbe` (MPI 3.1 §3.8.2).
  public nonisolated(nonsending) func matchedProbe(
    from source: some Source, tag: MessageTag = 0
  ) async throws -> Message {
    try await _matchedProbe(communicator.rawSource(source, "MPI_Improbe"), tag)
  }

  nonisolated(nonsending) private func _probe(
    _ source: CInt, _ tag: MessageTag
  ) async throws -> Status {
    try await search("MPI_Iprobe", pattern(source, tag, isPeek: true)) { _, _, _ in }
  }

  nonisolated(nonsending) private func _matchedProbe(
    _ source: CInt, _ tag: MessageTag
  ) async throws -> Message {
    let found = Box<RawMessage>(CMPI_MESSAGE_NULL)
    let status = try await search("MPI_Improbe", pattern(source, tag)) { message, _, _ in
      found.value = message
    }
    return Message(found.value, status)
  }

  func pattern(_ source: CInt, _ tag: MessageTag, isPeek: Bool = false) -> Pattern {
    Pattern(communicator: communicator.raw, source: source, tag: tag.rawValue, isPeek: isPeek)
  }
}
