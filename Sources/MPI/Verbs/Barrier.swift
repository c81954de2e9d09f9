internal import CMPI

extension AnyCommunicator {
  /// Waits until all ranks have called it: between two groups, those of the other one.
  ///
  /// **Collective**: every rank of the communicator calls it, of both groups if there are two.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  /// - Complexity: O(log `size`) messages.
  ///
  /// The corresponding C function is `MPI_Barrier` (MPI 3.1 §5.3).
  public final func barrier() throws {
    try check(MPI_Barrier(raw), "MPI_Barrier", on: raw)
  }
}

extension Immediate {
  /// Begins a barrier: the request is complete when all ranks have begun it.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_Ibarrier` (MPI 3.1 §5.12.1).
  @_lifetime(immortal)
  public func barrier() throws -> Request {
    let pending = try Pending.start { pending in
      try unsafe check(MPI_Ibarrier(raw, &pending.request), "MPI_Ibarrier", on: raw)
    }
    return Request(pending, on: raw)
  }
}

extension Persistent {
  /// Sets up a barrier.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  /// - Parameter info: Hints for the library.
  /// - Throws: ``MPIError/Code/unsupportedOperation`` where the library has no persistent
  ///   collectives, which ``supports(_:)`` tells beforehand, and what else it reports.
  ///
  /// The corresponding C function is `MPI_Barrier_init` (MPI 4.0 §6.13.1).
  public func barrier(info: Info = Info()) throws -> PersistentBarrier {
    let raw = communicator.raw
    try require(.persistentCollectives, "MPI_Barrier_init", on: raw)
    return PersistentBarrier(
      core: try PersistentCore(
        on: communicator, owning: PersistentMemory(0, of: UInt8.self), received: nil
      ) { pending throws in
        try unsafe check(
          CMPI_Barrier_init(raw, info.raw, &pending.request), "MPI_Barrier_init", on: raw)
      })
  }
}

extension Async {
  /// Waits until all ranks have called it.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  /// - Throws: ``MPIError/Code/cancelled``, and what else the library reports.
  ///
  /// The corresponding C function is `MPI_Ibarrier` (MPI 3.1 §5.12.1).
  public nonisolated(nonsending) func barrier() async throws {
    let raw = communicator.raw
    try await perform("MPI_Ibarrier", .detach) { pending throws in
      try unsafe check(MPI_Ibarrier(raw, &pending.request), "MPI_Ibarrier", on: raw)
    }
  }
}
