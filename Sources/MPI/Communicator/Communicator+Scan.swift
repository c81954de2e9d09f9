internal import CMPI

extension Communicator {
  /// Combines the values of all ranks up to this one.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same reduction.
  ///
  ///     let end = try world.scan(count, .sum)
  ///     // 1, 2, 3 elements on ranks 0, 1, 2: 1, 3, 6
  ///
  /// - Complexity: O(log `size`) messages, or O(`size`) where the library takes a chain.
  ///
  /// The corresponding C function is `MPI_Scan` (MPI 3.1 §5.11.1).
  public func scan<T: Datatype>(_ value: T, _ reduction: Reduction<T>) throws(MPIError) -> T {
    var one: InlineArray<1, T> = [value]
    try scan(one.mutableSpan, reduction)
    return one[0]
  }

  /// Combines the elements of all ranks up to this one, the first with the first and so on.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements and the same
  /// reduction.
  ///
  /// Shape: `[n]` on each rank → `[n]` on each rank.
  ///
  /// The corresponding C function is `MPI_Scan` (MPI 3.1 §5.11.1).
  public func scan<T: Datatype>(
    _ elements: Span<T>, _ reduction: Reduction<T>
  ) throws(MPIError) -> [T] {
    try unsafe [T](receiving: elements.count) { buffer throws(MPIError) in
      try unsafe _scan(elements.rawBuffer, buffer, reduction, nil)
    }
  }

  /// Combines the elements of all ranks up to this one, the first with the first and so on, into
  /// storage of its own.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements and the same
  /// reduction.
  ///
  /// - Precondition: `result` has room for as many elements.
  ///
  /// The corresponding C function is `MPI_Scan` (MPI 3.1 §5.11.1).
  public func scan<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>, _ reduction: Reduction<T>
  ) throws(MPIError) {
    let target = unsafe result.rawBuffer()
    try unsafe _scan(elements.rawBuffer, target, reduction, nil)
    unsafe target.normalize()
  }

  /// Combines the elements of all ranks up to this one, the first with the first and so on, in
  /// their place.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements and the same
  /// reduction.
  ///
  /// The corresponding C function is `MPI_Scan` with `MPI_IN_PLACE` (MPI 3.1 §5.11.1).
  public func scan<T: Datatype>(
    _ elements: consuming MutableSpan<T>, _ reduction: Reduction<T>
  ) throws(MPIError) {
    let buffer = unsafe elements.rawBuffer()
    try unsafe _scan(buffer.inPlaceOperand, buffer, reduction, nil)
    unsafe buffer.normalize()
  }

  /// - Parameter excludingOwn: Whether a rank's own elements do not count: an exclusive scan.
  func _scan<T>(
    _ source: RawBuffer, _ target: RawBuffer, _ reduction: Reduction<T>,
    excludingOwn: Bool = false, _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) {
    unsafe requireCount(target.count, atLeast: source.count, "scan")
    let source = unsafe reduction.operand(source)
    let (type, operation) = unsafe (source.datatype.raw, reduction.raw)
    unsafe pending?.pointee.retain(reduction.function)
    try unsafe forEachChunk(source, target, source.count, pending) {
      (count, from, to, request) throws(MPIError) in
      switch (excludingOwn, unsafe request) {
      case (false, nil):
        try unsafe check(
          MPI_Scan(from, to, count, type, operation, raw), "MPI_Scan", on: raw)
      case (true, nil):
        try unsafe check(
          MPI_Exscan(from, to, count, type, operation, raw), "MPI_Exscan", on: raw)
      case (false, let request):
        try unsafe check(
          MPI_Iscan(from, to, count, type, operation, raw, request), "MPI_Iscan", on: raw)
      case (true, let request):
        try unsafe check(
          MPI_Iexscan(from, to, count, type, operation, raw, request), "MPI_Iexscan", on: raw)
      }
    }
    withExtendedLifetime(reduction.function) {}
  }
}

extension Immediate {
  /// Begins to combine the elements of all ranks up to this one, the first with the first and so
  /// on.
  ///
  /// **Collective**. The parameters are those of ``Communicator/scan(_:into:_:)``.
  ///
  /// The corresponding C function is `MPI_Iscan` (MPI 3.1 §5.12.11).
  @_lifetime(copy elements, copy result)
  public func scan<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>, _ reduction: Reduction<T>
  ) throws(MPIError) -> Request {
    let target = unsafe result.rawBuffer()
    var pending = unsafe Pending()
    try unsafe communicator._scan(elements.rawBuffer, target, reduction, &pending)
    return unsafe Request(pending, into: target, on: raw)
  }

  /// Begins to combine the elements of all ranks up to this one, the first with the first and so
  /// on, in their place.
  ///
  /// **Collective**. The parameters are those of ``Communicator/scan(_:_:)-(MutableSpan<T>,_)``.
  ///
  /// The corresponding C function is `MPI_Iscan` with `MPI_IN_PLACE` (MPI 3.1 §5.12.11).
  @_lifetime(copy elements)
  public func scan<T: Datatype>(
    _ elements: consuming MutableSpan<T>, _ reduction: Reduction<T>
  ) throws(MPIError) -> Request {
    let buffer = unsafe elements.rawBuffer()
    var pending = unsafe Pending()
    try unsafe communicator._scan(buffer.inPlaceOperand, buffer, reduction, &pending)
    return unsafe Request(pending, into: buffer, on: raw)
  }
}
