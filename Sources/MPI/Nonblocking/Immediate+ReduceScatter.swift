internal import CMPI

extension Immediate {
  /// Begins to combine the ranks' elements, the first with the first and so on, with as many
  /// results for each rank.
  ///
  /// **Collective**. The parameters are those of ``Communicator/reduceScatter(_:into:_:)``.
  ///
  /// The corresponding C function is `MPI_Ireduce_scatter_block` (MPI 3.1 §5.12.9).
  @_lifetime(copy elements, copy result)
  public func reduceScatter<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>, _ reduction: Reduction<T>
  ) throws(MPIError) -> Request {
    let target = unsafe result.rawBuffer()
    var pending = unsafe Pending()
    try unsafe communicator._reduceScatter(elements.rawBuffer, target, reduction, &pending)
    return unsafe Request(pending, into: target, on: raw)
  }

  /// Begins to combine the ranks' elements, the first with the first and so on, with a part of the
  /// results for each rank.
  ///
  /// **Collective**. The parameters are those of ``Communicator/reduceScatter(_:into:_:counts:)``.
  ///
  /// The corresponding C function is `MPI_Ireduce_scatter` (MPI 3.1 §5.12.10).
  @_lifetime(copy elements, copy result)
  public func reduceScatter<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>, _ reduction: Reduction<T>,
    counts: Partition
  ) throws(MPIError) -> Request {
    communicator.requireParts(counts)
    let target = unsafe result.rawBuffer()
    var pending = unsafe Pending()
    try unsafe communicator._reduceScatter(
      elements.rawBuffer, target, counts, reduction, &pending)
    return unsafe Request(pending, into: target, on: raw)
  }

  /// Begins to combine the ranks' elements, the first with the first and so on, with each rank's
  /// share of the results at the beginning of its elements.
  ///
  /// **Collective**. The parameters are those of
  /// ``Communicator/reduceScatter(_:_:)-(MutableSpan<T>,_)``.
  ///
  /// The corresponding C function is `MPI_Ireduce_scatter_block` with `MPI_IN_PLACE` (MPI 3.1
  /// §5.12.9).
  @_lifetime(copy elements)
  public func reduceScatter<T: Datatype>(
    _ elements: consuming MutableSpan<T>, _ reduction: Reduction<T>
  ) throws(MPIError) -> Request {
    let buffer = unsafe elements.rawBuffer()
    var pending = unsafe Pending()
    try unsafe communicator._reduceScatter(inPlace: buffer, reduction, &pending)
    return unsafe Request(pending, into: buffer, on: raw)
  }

  /// Begins to combine the ranks' elements, the first with the first and so on, with each rank's
  /// part of the results at the beginning of its elements.
  ///
  /// **Collective**. The parameters are those of
  /// ``Communicator/reduceScatter(_:_:counts:)-(MutableSpan<T>,_,_)``.
  ///
  /// The corresponding C function is `MPI_Ireduce_scatter` with `MPI_IN_PLACE` (MPI 3.1 §5.12.10).
  @_lifetime(copy elements)
  public func reduceScatter<T: Datatype>(
    _ elements: consuming MutableSpan<T>, _ reduction: Reduction<T>, counts: Partition
  ) throws(MPIError) -> Request {
    communicator.requireParts(counts)
    let buffer = unsafe elements.rawBuffer()
    var pending = unsafe Pending()
    try unsafe communicator._reduceScatter(
      buffer.inPlaceOperand, buffer, counts, reduction, &pending)
    return unsafe Request(pending, into: buffer, on: raw)
  }
}
