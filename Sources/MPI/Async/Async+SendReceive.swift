internal import CMPI

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
  public nonisolated(nonsending) func sendReceive<T: Datatype>(
    _ elements: [T], to destination: Int?, from source: Int?, tag: MessageTag = 0,
    receiving receiveTag: MessageTag? = nil
  ) async throws(MPIError) -> [T] {
    let peer = try communicator.rawPeer(source, "MPI_Sendrecv")
    return try await _sendReceive(elements, to: destination, peer, tag, receiveTag)
  }

  /// Sends to one rank and receives from any.
  ///
  /// This is what `MPI_Sendrecv` does in C (MPI 3.1 §3.10).
  public nonisolated(nonsending) func sendReceive<T: Datatype>(
    _ elements: [T], to destination: Int?, from source: AnySource, tag: MessageTag = 0,
    receiving receiveTag: MessageTag? = nil
  ) async throws(MPIError) -> [T] {
    try await _sendReceive(elements, to: destination, CMPI_ANY_SOURCE, tag, receiveTag)
  }

  nonisolated(nonsending) private func _sendReceive<T: Datatype>(
    _ elements: [T], to destination: Int?, _ source: CInt, _ tag: MessageTag,
    _ receiveTag: MessageTag?
  ) async throws(MPIError) -> [T] {
    try await checkCancellation("MPI_Sendrecv")
    let peer = try communicator.rawPeer(destination, "MPI_Sendrecv")
    let raw = communicator.raw
    let storage = AsyncStorage(elements)
    let sending = try unsafe start("MPI_Sendrecv", .detach, keeping: storage) {
      pending throws(MPIError) in
      unsafe pending.pointee.request = try unsafe startSend(
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
