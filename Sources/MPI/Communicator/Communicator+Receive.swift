public import CMPI

extension AnyCommunicator {
  /// Receives a message from one rank into storage that is at least as long.
  ///
  ///     var samples = [Double](repeating: 0, count: 100)
  ///     try world.receive(into: samples.mutableSpan, from: 0, tag: .samples)
  ///
  /// - Parameters:
  ///   - elements: Where the elements go, from the first on; those beyond the message stay as they
  ///     were.
  ///   - source: The sending rank; `nil` for no process, which leaves the elements as they were; or
  ///     ``AnySource/any``.
  ///   - tag: The label of the message, or ``MessageTag/any``.
  /// - Returns: Who sent how much.
  /// - Throws: ``MPIError/Code/truncated`` where the message is longer,
  ///   ``MPIError/Code/invalidRank``, and what else the library reports.
  /// - Complexity: One message; no allocation.
  ///
  /// The corresponding C function is `MPI_Recv` (MPI 3.1 §3.2.4).
  @inlinable @inline(__always) @discardableResult
  public func receive<T: Datatype>(
    into elements: consuming MutableSpan<T>, from source: Int?, tag: MessageTag = 0
  ) throws(MPIError) -> Status {
    try unsafe _receive(elements.rawBuffer(), rawPeer(source, "MPI_Recv"), tag)
  }

  /// Receives a message from any rank into storage that is at least as long.
  ///
  /// The corresponding C function is `MPI_Recv` (MPI 3.1 §3.2.4).
  @inlinable @inline(__always) @discardableResult
  public func receive<T: Datatype>(
    into elements: consuming MutableSpan<T>, from source: AnySource, tag: MessageTag = 0
  ) throws(MPIError) -> Status {
    try unsafe _receive(elements.rawBuffer(), CMPI_ANY_SOURCE, tag)
  }

  /// Receives a message of any length from one rank.
  ///
  ///     let samples = try world.receive(Double.self, from: 0)
  ///
  /// - Returns: As many elements as were sent; none from no process (`nil`).
  /// - Complexity: One message, which a matched probe measures first, so that no other thread can
  ///   take it away.
  ///
  /// The corresponding C functions are `MPI_Mprobe` and `MPI_Mrecv` (MPI 3.1 §3.8.2).
  public func receive<T: Datatype>(
    _ type: T.Type, from source: Int?, tag: MessageTag = 0
  ) throws(MPIError) -> [T] {
    try matchedProbe(from: source, tag: tag).receive(type)
  }

  /// Receives a message of any length from any rank; to know from which, use
  /// ``matchedProbe(from:tag:)-(AnySource,_)``.
  ///
  /// The corresponding C functions are `MPI_Mprobe` and `MPI_Mrecv` (MPI 3.1 §3.8.2).
  public func receive<T: Datatype>(
    _ type: T.Type, from source: AnySource, tag: MessageTag = 0
  ) throws(MPIError) -> [T] {
    try matchedProbe(from: source, tag: tag).receive(type)
  }

  @inlinable @inline(__always)
  func _receive(
    _ buffer: RawBuffer, _ source: CInt, _ tag: MessageTag
  ) throws(MPIError) -> Status {
    guard unsafe _fastPath(buffer.fitsC) else {
      return try unsafe _receiveLarge(buffer, source, tag)
    }
    var status = MPI_Status()
    try unsafe check(
      MPI_Recv(
        buffer.address, buffer.rawCount, buffer.datatype.raw, source, tag.rawValue, raw, &status),
      "MPI_Recv", on: raw)
    unsafe buffer.normalize()
    return Status(status)
  }

  @usableFromInline @inline(never)
  func _receiveLarge(
    _ buffer: RawBuffer, _ source: CInt, _ tag: MessageTag
  ) throws(MPIError) -> Status {
    let narrowed = try unsafe Narrowed(buffer)
    defer { unsafe narrowed.release() }
    var status = MPI_Status()
    try unsafe check(
      MPI_Recv(
        buffer.address, narrowed.count, narrowed.datatype.raw, source, tag.rawValue, raw,
        &status),
      "MPI_Recv", on: raw)
    unsafe buffer.normalize()
    return Status(status)
  }
}
