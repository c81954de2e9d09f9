public import CMPI

extension Communicator {
  /// Combines one value of every rank, and gives the result to all.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same reduction.
  ///
  ///     let total = try world.allReduce(mine, .sum)
  ///
  /// - Complexity: O(log `size`) messages; no allocation.
  ///
  /// The corresponding C function is `MPI_Allreduce` (MPI 3.1 §5.9.6).
  @inlinable @inline(__always)
  public func allReduce<T: Datatype>(
    _ value: T, _ reduction: Reduction<T>
  ) throws(MPIError) -> T {
    let one: InlineArray<1, T> = [value]
    var result: InlineArray<1, T> = [value]
    try allReduce(one.span, into: result.mutableSpan, reduction)
    return result[0]
  }

  /// Combines the ranks' elements, the first with the first and so on, and gives the results to
  /// all.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements and the same
  /// reduction.
  ///
  /// Shape: `[n]` on each rank → `[n]` on each rank.
  ///
  /// - Returns: The results.
  ///
  /// The corresponding C function is `MPI_Allreduce` (MPI 3.1 §5.9.6).
  @inlinable
  public func allReduce<T: Datatype>(
    _ elements: Span<T>, _ reduction: Reduction<T>
  ) throws(MPIError) -> [T] {
    try unsafe [T](receiving: elements.count) { buffer throws(MPIError) in
      try unsafe _allReduce(elements.rawBuffer, buffer, reduction)
    }
  }

  /// Combines the ranks' elements, the first with the first and so on, and gives the results to
  /// all, in storage of theirs.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements and the same
  /// reduction.
  ///
  /// Shape: `[n]` on each rank → `[n]` on each rank.
  ///
  /// - Parameters:
  ///   - elements: This rank's operands.
  ///   - result: Where the results go.
  ///   - reduction: How elements are combined.
  /// - Precondition: `result` has room for as many elements.
  /// - Complexity: O(log `size`) messages; no allocation.
  ///
  /// The corresponding C function is `MPI_Allreduce` (MPI 3.1 §5.9.6).
  @inlinable @inline(__always)
  public func allReduce<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>, _ reduction: Reduction<T>
  ) throws(MPIError) {
    requireCount(result.count, atLeast: elements.count, "allReduce")
    let target = unsafe result.rawBuffer()
    try unsafe _allReduce(elements.rawBuffer, target, reduction)
    unsafe target.normalize()
  }

  /// Combines the ranks' elements, the first with the first and so on, and puts the results in
  /// their place on all.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements and the same
  /// reduction.
  ///
  /// The corresponding C function is `MPI_Allreduce` with `MPI_IN_PLACE` (MPI 3.1 §5.9.6).
  @inlinable
  public func allReduce<T: Datatype>(
    _ elements: consuming MutableSpan<T>, _ reduction: Reduction<T>
  ) throws(MPIError) {
    let target = unsafe elements.rawBuffer()
    let source = unsafe target.inPlaceOperand
    try unsafe _allReduce(source, target, reduction)
    unsafe target.normalize()
  }

  /// Combines one value of every rank, and gives the result to the root.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same reduction and root.
  ///
  /// - Returns: The result on the root, `nil` elsewhere.
  /// - Complexity: O(log `size`) messages.
  ///
  /// The corresponding C function is `MPI_Reduce` (MPI 3.1 §5.9.1).
  public func reduce<T: Datatype>(
    _ value: T, _ reduction: Reduction<T>, to root: Int
  ) throws(MPIError) -> T? {
    let one: InlineArray<1, T> = [value]
    return try reduce(one.span, reduction, to: root)?[0]
  }

  /// Combines the ranks' elements, the first with the first and so on, and gives the results to the
  /// root.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements, the same
  /// reduction and root.
  ///
  /// Shape: `[n]` on each rank → `[n]` on the root.
  ///
  /// - Returns: The results on the root, `nil` elsewhere.
  ///
  /// The corresponding C function is `MPI_Reduce` (MPI 3.1 §5.9.1).
  public func reduce<T: Datatype>(
    _ elements: Span<T>, _ reduction: Reduction<T>, to root: Int
  ) throws(MPIError) -> [T]? {
    let rawRoot = try rawRoot(root, "MPI_Reduce")
    guard rank == root else {
      try unsafe _reduce(elements.rawBuffer, .none, reduction, rawRoot, nil)
      return nil
    }
    return try unsafe [T](receiving: elements.count) { buffer throws(MPIError) in
      try unsafe _reduce(elements.rawBuffer, buffer, reduction, rawRoot, nil)
    }
  }

  /// Combines the ranks' elements, the first with the first and so on, and gives the results to the
  /// root, in storage of its own.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements, the same
  /// reduction and root.
  ///
  /// - Parameters:
  ///   - elements: This rank's operands.
  ///   - result: Where the results go on the root; elsewhere it may be empty.
  ///   - reduction: How elements are combined.
  ///   - root: The rank that gets the results.
  /// - Precondition: `result` has room for as many elements on the root.
  ///
  /// The corresponding C function is `MPI_Reduce` (MPI 3.1 §5.9.1).
  public func reduce<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>, _ reduction: Reduction<T>,
    to root: Int
  ) throws(MPIError) {
    let target = unsafe result.rawBuffer()
    try unsafe _reduce(
      elements.rawBuffer, target, reduction, rawRoot(root, "MPI_Reduce"), nil)
    if rank == root { unsafe target.normalize() }
  }

  /// Combines the ranks' elements, the first with the first and so on, and puts the results in
  /// their place on the root.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements, the same
  /// reduction and root. Elsewhere than on the root the elements stay as they are.
  ///
  /// The corresponding C function is `MPI_Reduce` with `MPI_IN_PLACE` (MPI 3.1 §5.9.1).
  public func reduce<T: Datatype>(
    _ elements: consuming MutableSpan<T>, _ reduction: Reduction<T>, to root: Int
  ) throws(MPIError) {
    let buffer = unsafe elements.rawBuffer()
    try unsafe _reduce(inPlace: buffer, reduction, rawRoot(root, "MPI_Reduce"), nil)
    if rank == root { unsafe buffer.normalize() }
  }

  @inlinable @inline(__always)
  func _allReduce<T>(
    _ source: RawBuffer, _ target: RawBuffer, _ reduction: Reduction<T>
  ) throws(MPIError) {
    // As many as the library is to combine: more than elements, for vectors.
    let count = unsafe source.count * reduction.width
    if _fastPath(count <= Int(CInt.max)) {
      let code = unsafe MPI_Allreduce(
        source.address, target.address, CInt(truncatingIfNeeded: count), reduction.datatype.raw,
        reduction.raw, raw)
      withExtendedLifetime(reduction.function) {}
      try check(code, "MPI_Allreduce", on: raw)
    } else {
      try unsafe _allReduce(reduction.operand(source), target, reduction.raw, nil)
      withExtendedLifetime(reduction.function) {}
    }
  }

  @usableFromInline
  func _allReduce(
    _ source: RawBuffer, _ target: RawBuffer, _ operation: RawOperation,
    _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) {
    let type = unsafe source.datatype.raw
    try unsafe forEachChunk(source, target, source.count, pending) {
      (count, from, to, request) throws(MPIError) in
      if let request = unsafe request {
        try unsafe check(
          MPI_Iallreduce(from, to, count, type, operation, raw, request), "MPI_Iallreduce",
          on: raw)
      } else {
        try unsafe check(
          MPI_Allreduce(from, to, count, type, operation, raw), "MPI_Allreduce", on: raw)
      }
    }
  }

  func _reduce<T>(
    inPlace buffer: RawBuffer, _ reduction: Reduction<T>, _ root: CInt,
    _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) {
    if rank == Int(root) {
      let source = unsafe buffer.inPlaceOperand
      if unsafe pending == nil && Quirk.reducesInPlaceWrongly {
        try unsafe buffer.withCopy { (copy) throws(MPIError) in
          try unsafe _reduce(copy, buffer, reduction, root, nil)
        }
        return
      }
      try unsafe _reduce(source, buffer, reduction, root, pending)
    } else {
      try unsafe _reduce(buffer, .none, reduction, root, pending)
    }
  }

  func _reduce<T>(
    _ source: RawBuffer, _ target: RawBuffer, _ reduction: Reduction<T>, _ root: CInt,
    _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) {
    if rank == Int(root) { unsafe requireCount(target.count, atLeast: source.count, "reduce") }
    let source = unsafe reduction.operand(source)
    let type = unsafe source.datatype.raw
    let operation = reduction.raw
    unsafe pending?.pointee.retain(reduction.function)
    try unsafe forEachChunk(source, target, source.count, pending) {
      (count, from, to, request) throws(MPIError) in
      if let request = unsafe request {
        try unsafe check(
          MPI_Ireduce(from, to, count, type, operation, root, raw, request), "MPI_Ireduce",
          on: raw)
      } else {
        try unsafe check(
          MPI_Reduce(from, to, count, type, operation, root, raw), "MPI_Reduce", on: raw)
      }
    }
    withExtendedLifetime(reduction.function) {}
  }
}

extension Pending {
  /// Keeps a function until the operation that calls it is complete.
  mutating func retain(_ function: ReductionFunction?) {
    if let function { unsafe extras().retain(function) }
  }
}
