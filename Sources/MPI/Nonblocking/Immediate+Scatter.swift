internal import CMPI

extension Immediate {
  /// Begins to give each rank as many of the root's elements, in rank order.
  ///
  /// **Collective**. The parameters are those of ``Communicator/scatter(_:into:from:)``.
  ///
  /// The corresponding C function is `MPI_Iscatter` (MPI 3.1 §5.12.4).
  @_lifetime(copy elements, copy result)
  public func scatter<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>, from root: Int
  ) throws(MPIError) -> Request {
    let target = unsafe result.rawBuffer()
    var pending = unsafe Pending()
    try unsafe communicator._scatter(
      elements.rawBuffer, target, target.count, communicator.rawRoot(root, "MPI_Iscatter"),
      &pending)
    return unsafe Request(pending, into: target, on: raw)
  }

  /// Begins to give each rank its part of the root's elements.
  ///
  /// **Collective**. The parameters are those of ``Communicator/scatter(_:into:from:counts:)``.
  ///
  /// The corresponding C function is `MPI_Iscatterv` (MPI 3.1 §5.12.4).
  @_lifetime(copy elements, copy result)
  public func scatter<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>, from root: Int, counts: Partition
  ) throws(MPIError) -> Request {
    communicator.requireParts(counts)
    let target = unsafe result.rawBuffer()
    var pending = unsafe Pending()
    try unsafe communicator._scatter(
      elements.rawBuffer, target, counts, communicator.rawRoot(root, "MPI_Iscatterv"), &pending)
    return unsafe Request(pending, into: target, on: raw)
  }

  /// Begins to give each rank as many of the root's elements, of which the root's own stay where
  /// they are.
  ///
  /// **Collective**. The parameters are those of
  /// ``Communicator/scatter(_:from:)-(MutableSpan<T>,_)``.
  ///
  /// The corresponding C function is `MPI_Iscatter` with `MPI_IN_PLACE` (MPI 3.1 §5.12.4).
  @_lifetime(copy elements)
  public func scatter<T: Datatype>(
    _ elements: consuming MutableSpan<T>, from root: Int
  ) throws(MPIError) -> Request {
    let buffer = unsafe elements.rawBuffer()
    var pending = unsafe Pending()
    try unsafe communicator._scatter(
      inPlace: buffer, communicator.rawRoot(root, "MPI_Iscatter"), &pending)
    return unsafe Request(pending, into: buffer, on: raw)
  }

  /// Begins to give each rank its part of the root's elements, of which the root's own stay where
  /// they are.
  ///
  /// **Collective**. The parameters are those of
  /// ``Communicator/scatter(_:from:counts:)-(MutableSpan<T>,_,_)``.
  ///
  /// The corresponding C function is `MPI_Iscatterv` with `MPI_IN_PLACE` (MPI 3.1 §5.12.4).
  @_lifetime(copy elements)
  public func scatter<T: Datatype>(
    _ elements: consuming MutableSpan<T>, from root: Int, counts: Partition
  ) throws(MPIError) -> Request {
    let buffer = unsafe elements.rawBuffer()
    var pending = unsafe Pending()
    try unsafe communicator._scatter(
      inPlace: buffer, counts, communicator.rawRoot(root, "MPI_Iscatterv"), &pending)
    return unsafe Request(pending, into: buffer, on: raw)
  }
}
