internal import CMPI

extension AnyCommunicator {
  /// Waits until a message from a rank is there, without receiving it.
  ///
  /// Where several threads receive, another one may take the message: use
  /// ``matchedProbe(from:tag:)-(Int?,_)``.
  ///
  /// - Returns: Who sent how much.
  ///
  /// The corresponding C function is `MPI_Probe` (MPI 3.1 §3.8.1).
  public func probe(from source: Int?, tag: MessageTag = 0) throws(MPIError) -> Status {
    try _probe(rawPeer(source, "MPI_Probe"), tag)
  }

  /// Waits until a message from any rank is there, without receiving it.
  ///
  /// The corresponding C function is `MPI_Probe` (MPI 3.1 §3.8.1).
  public func probe(from source: AnySource, tag: MessageTag = 0) throws(MPIError) -> Status {
    try _probe(CMPI_ANY_SOURCE, tag)
  }

  /// Waits until a message from a rank is there, and takes it out of the queue, to be received
  /// through the result only.
  ///
  ///     let message = try world.matchedProbe(from: .any)
  ///     let sender = message.status.source
  ///     let samples = try message.receive(Double.self)
  ///
  /// The corresponding C function is `MPI_Mprobe` (MPI 3.1 §3.8.2).
  public func matchedProbe(
    from source: Int?, tag: MessageTag = 0
  ) throws(MPIError) -> Message {
    try _matchedProbe(rawPeer(source, "MPI_Mprobe"), tag)
  }

  /// Waits until a message from any rank is there, and takes it out of the queue, to be received
  /// through the result only.
  ///
  /// The corresponding C function is `MPI_Mprobe` (MPI 3.1 §3.8.2).
  public func matchedProbe(
    from source: AnySource, tag: MessageTag = 0
  ) throws(MPIError) -> Message {
    try _matchedProbe(CMPI_ANY_SOURCE, tag)
  }

  private func _probe(_ source: CInt, _ tag: MessageTag) throws(MPIError) -> Status {
    var status = MPI_Status()
    try unsafe check(MPI_Probe(source, tag.rawValue, raw, &status), "MPI_Probe", on: raw)
    return Status(status)
  }

  func _matchedProbe(_ source: CInt, _ tag: MessageTag) throws(MPIError) -> Message {
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
    guard let narrowed = try? unsafe Narrowed(buffer) else { return }
    defer { unsafe narrowed.release() }
    var raw = raw
    _ = unsafe MPI_Mrecv(
      buffer.address, narrowed.count, narrowed.datatype.raw, &raw, CMPI_STATUS_IGNORE)
  }

  /// Receives the message into storage that is at least as long.
  ///
  /// - Throws: ``MPIError/Code/truncated`` where the message is longer.
  ///
  /// The corresponding C function is `MPI_Mrecv` (MPI 3.1 §3.8.3).
  @discardableResult
  public consuming func receive<T: Datatype>(
    into elements: consuming MutableSpan<T>
  ) throws(MPIError) -> Status {
    try unsafe receive(elements.rawBuffer())
  }

  /// Receives the message.
  ///
  /// - Returns: As many elements as were sent.
  /// - Precondition: The message holds a whole number of such elements.
  ///
  /// The corresponding C function is `MPI_Mrecv` (MPI 3.1 §3.8.3).
  public consuming func receive<T: Datatype>(_ type: T.Type) throws(MPIError) -> [T] {
    let count = status.count(of: type)
    var received: [T] = []
    var failure: MPIError?
    received = unsafe [T](unsafeUninitializedCapacity: count) { storage, initializedCount in
      let buffer = unsafe RawBuffer(
        address: UnsafeMutableRawPointer(storage.baseAddress), count: count,
        datatype: T.mpiDatatype)
      do throws(MPIError) {
        _ = try unsafe receive(buffer)
        initializedCount = count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return received
  }

  mutating func receive(_ buffer: RawBuffer) throws(MPIError) -> Status {
    // The length is known here, so that the library need not be asked to truncate the message.
    let room = unsafe buffer.count * Status.size(of: buffer.datatype)
    guard status.byteCount <= room else {
      throw MPIError(
        .truncated, routine: "MPI_Mrecv",
        message: "a message of \(status.byteCount) bytes, with room for \(room)")
    }
    try unsafe receiveAll(buffer)
    return status
  }

  /// Receives the message into a buffer that is known to hold all of it: ``status`` says what came.
  mutating func receiveAll(_ buffer: RawBuffer) throws(MPIError) {
    let narrowed = try unsafe Narrowed(buffer)
    defer { unsafe narrowed.release() }
    try unsafe check(
      MPI_Mrecv(buffer.address, narrowed.count, narrowed.datatype.raw, &raw, CMPI_STATUS_IGNORE),
      "MPI_Mrecv")
    unsafe buffer.normalize()
  }
}
