internal import CMPI

extension Immediate {
  /// Begins to combine the ranks' elements, the first with the first and so on, with the results on
  /// all.
  ///
  /// **Collective**. The parameters are those of ``Communicator/allReduce(_:into:_:)``.
  ///
  /// The corresponding C function is `MPI_Iallreduce` (MPI 3.1 §5.12.8).
  @_lifetime(copy elements, copy result)
  public func allReduce<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>, _ reduction: Reduction<T>
  ) throws(MPIError) -> Request {
    requireCount(result.count, atLeast: elements.count, "allReduce")
    let target = unsafe result.rawBuffer()
    var pending = unsafe Pending()
    unsafe pending.retain(reduction.function)
    try unsafe communicator._allReduce(
      reduction.operand(elements.rawBuffer), target, reduction.raw, &pending)
    return unsafe Request(pending, into: target, on: raw)
  }

  /// Begins to combine the ranks' elements, the first with the first and so on, with the results in
  /// their place on all.
  ///
  /// **Collective**. The parameters are those of
  /// ``Communicator/allReduce(_:_:)-(MutableSpan<T>,_)``.
  ///
  /// The corresponding C function is `MPI_Iallreduce` with `MPI_IN_PLACE` (MPI 3.1 §5.12.8).
  @_lifetime(copy elements)
  public func allReduce<T: Datatype>(
    _ elements: consuming MutableSpan<T>, _ reduction: Reduction<T>
  ) throws(MPIError) -> Request {
    let target = unsafe elements.rawBuffer()
    let source = unsafe target.inPlaceOperand
    var pending = unsafe Pending()
    unsafe pending.retain(reduction.function)
    try unsafe communicator._allReduce(
      reduction.operand(source), target, reduction.raw, &pending)
    return unsafe Request(pending, into: target, on: raw)
  }

  /// Begins to combine the ranks' elements, the first with the first and so on, with the results on
  /// the root.
  ///
  /// **Collective**. The parameters are those of ``Communicator/reduce(_:into:_:to:)``.
  ///
  /// The corresponding C function is `MPI_Ireduce` (MPI 3.1 §5.12.7).
  @_lifetime(copy elements, copy result)
  public func reduce<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>, _ reduction: Reduction<T>,
    to root: Int
  ) throws(MPIError) -> Request {
    let target = unsafe result.rawBuffer()
    var pending = unsafe Pending()
    try unsafe communicator._reduce(
      elements.rawBuffer, target, reduction, communicator.rawRoot(root, "MPI_Ireduce"),
      &pending)
    return unsafe Request(pending, into: target, on: raw)
  }

  /// Begins to combine the ranks' elements, the first with the first and so on, with the results in
  /// their place on the root.
  ///
  /// **Collective**. The parameters are those of
  /// ``Communicator/reduce(_:_:to:)-(MutableSpan<T>,_,_)``.
  ///
  /// The corresponding C function is `MPI_Ireduce` with `MPI_IN_PLACE` (MPI 3.1 §5.12.7).
  @_lifetime(copy elements)
  public func reduce<T: Datatype>(
    _ elements: consuming MutableSpan<T>, _ reduction: Reduction<T>, to root: Int
  ) throws(MPIError) -> Request {
    let buffer = unsafe elements.rawBuffer()
    var pending = unsafe Pending()
    try unsafe communicator._reduce(
      inPlace: buffer, reduction, communicator.rawRoot(root, "MPI_Ireduce"), &pending)
    return unsafe Request(pending, into: buffer, on: raw)
  }
}
