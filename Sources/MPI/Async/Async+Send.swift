internal import CMPI

extension Async {
  /// Sends elements to one rank.
  ///
  ///     try await world.async.send(samples, to: 1, tag: .samples)
  ///
  /// The parameters and errors are those of ``AnyCommunicator/send(_:to:tag:mode:)-(Span<T>,_,_,_)``. If the task is
  /// cancelled while it waits, the message is sent all the same.
  ///
  /// - Throws: ``MPIError/Code/cancelled`` besides.
  ///
  /// The corresponding C functions are `MPI_Isend` and `MPI_Testsome` (MPI 3.1 §3.7).
  public nonisolated(nonsending) func send<T: Datatype>(
    _ elements: [T], to destination: Int?, tag: MessageTag = 0, mode: SendMode = .standard
  ) async throws(MPIError) {
    try await checkCancellation("MPI_Isend")
    let peer = try communicator.rawPeer(destination, "MPI_Isend")
    let raw = communicator.raw
    let storage = AsyncStorage(elements)
    unsafe try await perform("MPI_Isend", .detach, keeping: storage) { pending throws(MPIError) in
      unsafe pending.pointee.request = try unsafe startSend(
        storage.buffer, peer, tag, mode, on: raw)
    }
  }

  /// Sends one value to one rank.
  ///
  /// As ``send(_:to:tag:mode:)-([T],_,_,_)`` with one element.
  public nonisolated(nonsending) func send<T: Datatype>(
    _ value: T, to destination: Int?, tag: MessageTag = 0, mode: SendMode = .standard
  ) async throws(MPIError) {
    try await send([value], to: destination, tag: tag, mode: mode)
  }
}
