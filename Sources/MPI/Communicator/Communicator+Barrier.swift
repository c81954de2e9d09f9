internal import CMPI

extension Communicator {
  /// Waits until all ranks have called it.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  /// - Complexity: O(log `size`) messages.
  ///
  /// The corresponding C function is `MPI_Barrier` (MPI 3.1 §5.3).
  public func barrier() throws(MPIError) {
    try check(MPI_Barrier(raw), "MPI_Barrier", on: raw)
  }
}

extension Immediate {
  /// Begins a barrier: the request is complete when all ranks have begun it.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  /// The corresponding C function is `MPI_Ibarrier` (MPI 3.1 §5.12.1).
  @_lifetime(immortal)
  public func barrier() throws(MPIError) -> Request {
    var pending = unsafe Pending()
    try unsafe check(MPI_Ibarrier(raw, &pending.request), "MPI_Ibarrier", on: raw)
    return unsafe Request(pending, on: raw)
  }
}
