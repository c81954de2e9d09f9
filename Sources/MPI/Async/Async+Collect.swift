internal import CMPI

extension Async {
  /// Begins a collective, and waits for its result.
  ///
  /// - Parameters:
  ///   - cancellation: Whether the task may leave it to itself.
  ///   - begin: Begins it, with what is sent, what is received, and where to put the request.
  nonisolated(nonsending) func collect<S: Datatype, R: Datatype>(
    _ routine: StaticString, _ sent: AsyncStorage<S>, _ received: AsyncStorage<R>,
    _ cancellation: AsyncOperation.Cancellation = .detach,
    _ begin:
      @escaping (RawBuffer, RawBuffer, Starting) throws -> Void
  ) async throws -> [R] {
    try await perform(routine, cancellation, keeping: Box((sent, received))) {
      pending throws in
      try begin(sent.buffer, received.buffer, pending)
    }
    return received.take()
  }
}
