internal import CMPI

extension Async {
  /// Waits until a message from a rank is there, without receiving it.
  ///
  /// - Returns: Who sent how much.
  ///
  /// The corresponding C function is `MPI_Iprobe` (MPI 3.1 §3.8.1).
  public nonisolated(nonsending) func probe(
    from source: Int?, tag: MessageTag = 0
  ) async throws(MPIError) -> Status {
    try await _probe(communicator.rawPeer(source, "MPI_Iprobe"), tag)
  }

  /// Waits until a message from any rank is there, without receiving it.
  ///
  /// The corresponding C function is `MPI_Iprobe` (MPI 3.1 §3.8.1).
  public nonisolated(nonsending) func probe(
    from source: AnySource, tag: MessageTag = 0
  ) async throws(MPIError) -> Status {
    try await _probe(CMPI_ANY_SOURCE, tag)
  }

  /// Waits until a message from a rank is there, and takes it out of the queue, to be received
  /// through the result only.
  ///
  /// The corresponding C function is `MPI_Improbe` (MPI 3.1 §3.8.2).
  public nonisolated(nonsending) func matchedProbe(
    from source: Int?, tag: MessageTag = 0
  ) async throws(MPIError) -> Message {
    try await _matchedProbe(communicator.rawPeer(source, "MPI_Improbe"), tag)
  }

  /// Waits until a message from any rank is there, and takes it out of the queue, to be received
  /// through the result only.
  ///
  /// The corresponding C function is `MPI_Improbe` (MPI 3.1 §3.8.2).
  public nonisolated(nonsending) func matchedProbe(
    from source: AnySource, tag: MessageTag = 0
  ) async throws(MPIError) -> Message {
    try await _matchedProbe(CMPI_ANY_SOURCE, tag)
  }

  nonisolated(nonsending) private func _probe(
    _ source: CInt, _ tag: MessageTag
  ) async throws(MPIError) -> Status {
    unsafe try await search("MPI_Iprobe", pattern(source, tag, isPeek: true)) { _, _, _ in }
  }

  nonisolated(nonsending) private func _matchedProbe(
    _ source: CInt, _ tag: MessageTag
  ) async throws(MPIError) -> Message {
    let found = Box<RawMessage>(CMPI_MESSAGE_NULL)
    let status = unsafe try await search("MPI_Improbe", pattern(source, tag)) { message, _, _ in
      found.value = message
    }
    return Message(found.value, status)
  }

  func pattern(_ source: CInt, _ tag: MessageTag, isPeek: Bool = false) -> Pattern {
    Pattern(communicator: communicator.raw, source: source, tag: tag.rawValue, isPeek: isPeek)
  }
}
