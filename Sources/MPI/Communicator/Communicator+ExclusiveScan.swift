internal import CMPI

extension Communicator {
  /// Combines the values of all ranks before this one.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same reduction.
  ///
  ///     let start = try world.exclusiveScan(count, .sum) ?? 0
  ///     // 1, 2, 3 elements on ranks 0, 1, 2: 0, 1, 3
  ///
  /// - Returns: The result, or `nil` on rank 0, which has none before it.
  /// - Complexity: O(log `size`) messages, or O(`size`) where the library takes a chain.
  ///
  /// The corresponding C function is `MPI_Exscan` (MPI 3.1 §5.11.2).
  public func exclusiveScan<T: Datatype>(
    _ value: T, _ reduction: Reduction<T>
  ) throws(MPIError) -> T? {
    var one: InlineArray<1, T> = [value]
    try exclusiveScan(one.mutableSpan, reduction)
    return rank == 0 ? nil : one[0]
  }

  /// Combines the elements of all ranks before this one, the first with the first and so on.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements and the same
  /// reduction.
  ///
  /// Shape: `[n]` on each rank → `[n]` on each rank but rank 0.
  ///
  /// - Returns: The results, or `nil` on rank 0, which has none before it.
  ///
  /// The corresponding C function is `MPI_Exscan` (MPI 3.1 §5.11.2).
  public func exclusiveScan<T: Datatype>(
    _ elements: Span<T>, _ reduction: Reduction<T>
  ) throws(MPIError) -> [T]? {
    // As many places as operands on rank 0 as well, where the library writes nothing to them.
    var result = unsafe elements.withUnsafeBufferPointer { unsafe Array($0) }
    try exclusiveScan(elements, into: result.mutableSpan, reduction)
    return rank == 0 ? nil : result
  }

  /// Combines the elements of all ranks before this one, the first with the first and so on, into
  /// storage of its own.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements and the same
  /// reduction. On rank 0 the result has no meaning.
  /// - Precondition: `result` has room for as many elements.
  ///
  /// The corresponding C function is `MPI_Exscan` (MPI 3.1 §5.11.2).
  public func exclusiveScan<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>, _ reduction: Reduction<T>
  ) throws(MPIError) {
    let target = unsafe result.rawBuffer()
    try unsafe _scan(elements.rawBuffer, target, reduction, excludingOwn: true, nil)
    unsafe target.normalize()
  }

  /// Combines the elements of all ranks before this one, the first with the first and so on, in
  /// their place.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements and the same
  /// reduction. On rank 0 the elements have no meaning afterwards. The corresponding C function is
  /// `MPI_Exscan` with `MPI_IN_PLACE` (MPI 3.1 §5.11.2).
  public func exclusiveScan<T: Datatype>(
    _ elements: consuming MutableSpan<T>, _ reduction: Reduction<T>
  ) throws(MPIError) {
    let buffer = unsafe elements.rawBuffer()
    try unsafe _scan(buffer.inPlaceOperand, buffer, reduction, excludingOwn: true, nil)
    unsafe buffer.normalize()
  }
}

extension Immediate {
  /// Begins to combine the elements of all ranks before this one, the first with the first and so
  /// on.
  ///
  /// **Collective**. The parameters are those of ``Communicator/exclusiveScan(_:into:_:)``.
  ///
  /// The corresponding C function is `MPI_Iexscan` (MPI 3.1 §5.12.12).
  @_lifetime(copy elements, copy result)
  public func exclusiveScan<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>, _ reduction: Reduction<T>
  ) throws(MPIError) -> Request {
    let target = unsafe result.rawBuffer()
    var pending = unsafe Pending()
    try unsafe communicator._scan(
      elements.rawBuffer, target, reduction, excludingOwn: true, &pending)
    return unsafe Request(pending, into: target, on: raw)
  }

  /// Begins to combine the elements of all ranks before this one, the first with the first and so
  /// on, in their place.
  ///
  /// **Collective**. The parameters are those of
  /// ``Communicator/exclusiveScan(_:_:)-(MutableSpan<T>,_)``.
  ///
  /// The corresponding C function is `MPI_Iexscan` with `MPI_IN_PLACE` (MPI 3.1 §5.12.12).
  @_lifetime(copy elements)
  public func exclusiveScan<T: Datatype>(
    _ elements: consuming MutableSpan<T>, _ reduction: Reduction<T>
  ) throws(MPIError) -> Request {
    let buffer = unsafe elements.rawBuffer()
    var pending = unsafe Pending()
    try unsafe communicator._scan(
      buffer.inPlaceOperand, buffer, reduction, excludingOwn: true, &pending)
    return unsafe Request(pending, into: buffer, on: raw)
  }
}
