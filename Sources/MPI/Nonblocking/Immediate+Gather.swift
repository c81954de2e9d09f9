internal import CMPI

extension Immediate {
  /// Begins to gather as many elements of every rank on the root, in rank order.
  ///
  /// **Collective**. The parameters are those of ``Communicator/gather(_:into:to:)``.
  ///
  /// The corresponding C function is `MPI_Igather` (MPI 3.1 §5.12.3).
  @_lifetime(copy elements, copy result)
  public func gather<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>, to root: Int
  ) throws(MPIError) -> Request {
    let target = unsafe result.rawBuffer()
    var pending = unsafe Pending()
    try unsafe communicator._gather(
      elements.rawBuffer, target, elements.count, communicator.rawRoot(root, "MPI_Igather"),
      &pending)
    return unsafe Request(pending, into: target, on: raw)
  }

  /// Begins to gather every rank's elements on the root, in numbers that are known.
  ///
  /// **Collective**. The parameters are those of ``Communicator/gather(_:into:to:counts:)``.
  ///
  /// The corresponding C function is `MPI_Igatherv` (MPI 3.1 §5.12.3).
  @_lifetime(copy elements, copy result)
  public func gather<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>, to root: Int, counts: Partition
  ) throws(MPIError) -> Request {
    communicator.requirePart(elements.count, of: counts)
    let target = unsafe result.rawBuffer()
    var pending = unsafe Pending()
    try unsafe communicator._gather(
      elements.rawBuffer, target, counts, isLarge: !counts.fitsC,
      communicator.rawRoot(root, "MPI_Igatherv"), &pending)
    return unsafe Request(pending, into: target, on: raw)
  }

  /// Begins to gather as many elements of every rank on the root, where the root's own are in place
  /// already.
  ///
  /// **Collective**. The parameters are those of ``Communicator/gather(_:to:)-(MutableSpan<T>,_)``.
  ///
  /// The corresponding C function is `MPI_Igather` with `MPI_IN_PLACE` (MPI 3.1 §5.12.3).
  @_lifetime(copy elements)
  public func gather<T: Datatype>(
    _ elements: consuming MutableSpan<T>, to root: Int
  ) throws(MPIError) -> Request {
    let buffer = unsafe elements.rawBuffer()
    var pending = unsafe Pending()
    try unsafe communicator._gather(
      inPlace: buffer, communicator.rawRoot(root, "MPI_Igather"), &pending)
    return unsafe Request(pending, into: buffer, on: raw)
  }

  /// Begins to gather every rank's elements on the root, in numbers that are known, where the root's
  /// own are in place already.
  ///
  /// **Collective**. The parameters are those of
  /// ``Communicator/gather(_:to:counts:)-(MutableSpan<T>,_,_)``.
  ///
  /// The corresponding C function is `MPI_Igatherv` with `MPI_IN_PLACE` (MPI 3.1 §5.12.3).
  @_lifetime(copy elements)
  public func gather<T: Datatype>(
    _ elements: consuming MutableSpan<T>, to root: Int, counts: Partition
  ) throws(MPIError) -> Request {
    let buffer = unsafe elements.rawBuffer()
    var pending = unsafe Pending()
    try unsafe communicator._gather(
      inPlace: buffer, counts, communicator.rawRoot(root, "MPI_Igatherv"), &pending)
    return unsafe Request(pending, into: buffer, on: raw)
  }
}
