internal import CMPI

extension Communicator {
  /// Combines the ranks' elements, the first with the first and so on, and divides the results
  /// among the ranks as evenly as can be.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements and the same
  /// reduction.
  ///
  /// Shape: `[n]` on each rank → `[n / size]` on each rank; the first `n % size` ranks get one
  /// more.
  ///
  /// - Returns: This rank's part of the results: ``Partition/init(balancing:over:)`` says which.
  ///
  /// The corresponding C function is `MPI_Reduce_scatter` (MPI 3.1 §5.10).
  public func reduceScatter<T: Datatype>(
    _ elements: Span<T>, _ reduction: Reduction<T>
  ) throws(MPIError) -> [T] {
    let parts = Partition(balancing: elements.count, over: size)
    return try unsafe [T](receiving: parts.counts[rank]) { buffer throws(MPIError) in
      if elements.count % size == 0 {
        try unsafe _reduceScatter(elements.rawBuffer, buffer, reduction, nil)
      } else {
        try unsafe _reduceScatter(elements.rawBuffer, buffer, parts, reduction, nil)
      }
    }
  }

  /// Combines the ranks' elements, the first with the first and so on, and gives each rank its part
  /// of the results.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements, the same
  /// reduction and counts.
  ///
  /// - Parameters:
  ///   - elements: This rank's operands.
  ///   - reduction: How elements are combined.
  ///   - counts: How many results each rank gets, one rank after the other.
  /// - Precondition: There are `counts.count` elements, and `counts` has no gaps.
  ///
  /// The corresponding C function is `MPI_Reduce_scatter` (MPI 3.1 §5.10).
  public func reduceScatter<T: Datatype>(
    _ elements: Span<T>, _ reduction: Reduction<T>, counts: Partition
  ) throws(MPIError) -> [T] {
    requireParts(counts)
    return try unsafe [T](receiving: counts.counts[rank]) { buffer throws(MPIError) in
      try unsafe _reduceScatter(elements.rawBuffer, buffer, counts, reduction, nil)
    }
  }

  /// Combines the ranks' elements, the first with the first and so on, and gives each rank as many
  /// results.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements and the same
  /// reduction.
  ///
  /// Shape: `[size · n]` on each rank → `[n]` on each rank.
  ///
  /// - Precondition: The number of elements is a multiple of the number of ranks, and `result` has
  ///   room for its share.
  ///
  /// The corresponding C function is `MPI_Reduce_scatter_block` (MPI 3.1 §5.10.1).
  public func reduceScatter<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>, _ reduction: Reduction<T>
  ) throws(MPIError) {
    let target = unsafe result.rawBuffer()
    try unsafe _reduceScatter(elements.rawBuffer, target, reduction, nil)
    unsafe target.normalize()
  }

  /// Combines the ranks' elements, the first with the first and so on, and gives each rank its part
  /// of the results.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements, the same
  /// reduction and counts.
  ///
  /// - Precondition: There are `counts.count` elements, `counts` has no gaps, and `result` has room
  ///   for this rank's.
  ///
  /// The corresponding C function is `MPI_Reduce_scatter` (MPI 3.1 §5.10).
  public func reduceScatter<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>, _ reduction: Reduction<T>,
    counts: Partition
  ) throws(MPIError) {
    requireParts(counts)
    let target = unsafe result.rawBuffer()
    try unsafe _reduceScatter(elements.rawBuffer, target, counts, reduction, nil)
    unsafe target.normalize()
  }

  /// Combines the ranks' elements, the first with the first and so on, and puts this rank's share
  /// of the results at the beginning of its elements.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements and the same
  /// reduction. What is behind the results has no meaning afterwards.
  ///
  /// - Precondition: The number of elements is a multiple of the number of ranks.
  ///
  /// The corresponding C function is `MPI_Reduce_scatter_block` with `MPI_IN_PLACE` (MPI 3.1
  /// §5.10.1).
  public func reduceScatter<T: Datatype>(
    _ elements: consuming MutableSpan<T>, _ reduction: Reduction<T>
  ) throws(MPIError) {
    let buffer = unsafe elements.rawBuffer()
    try unsafe _reduceScatter(inPlace: buffer, reduction, nil)
    unsafe buffer.normalize()
  }

  /// Combines the ranks' elements, the first with the first and so on, and puts this rank's part of
  /// the results at the beginning of its elements.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements, the same
  /// reduction and counts. What is behind the results has no meaning afterwards.
  ///
  /// - Precondition: There are `counts.count` elements, and `counts` has no gaps.
  ///
  /// The corresponding C function is `MPI_Reduce_scatter` with `MPI_IN_PLACE` (MPI 3.1 §5.10).
  public func reduceScatter<T: Datatype>(
    _ elements: consuming MutableSpan<T>, _ reduction: Reduction<T>, counts: Partition
  ) throws(MPIError) {
    requireParts(counts)
    let buffer = unsafe elements.rawBuffer()
    try unsafe _reduceScatter(buffer.inPlaceOperand, buffer, counts, reduction, nil)
    unsafe buffer.normalize()
  }

  func _reduceScatter<T>(
    inPlace buffer: RawBuffer, _ reduction: Reduction<T>,
    _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) {
    let source = unsafe buffer.inPlaceOperand
    try unsafe _reduceScatter(source, buffer, reduction, pending)
  }

  func _reduceScatter<T>(
    _ source: RawBuffer, _ target: RawBuffer, _ reduction: Reduction<T>,
    _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) {
    let share = unsafe sharedCount(source.count)
    unsafe requireCount(target.count, atLeast: share, "reduceScatter")
    let (total, overflows) = unsafe source.count.multipliedReportingOverflow(by: reduction.width)
    // The total, not the share, must fit: Open MPI 4.1 multiplies in C's int.
    guard !overflows, total <= Int(CInt.max) else {
      let parts = Partition(counts: [Int](repeating: share, count: size))
      try unsafe _reduceParts(source, target, parts, reduction, pending)
      return
    }
    let (type, operation) = (reduction.datatype.raw, reduction.raw)
    let count = CInt(share * reduction.width)
    unsafe pending?.pointee.retain(reduction.function)
    if let pending = unsafe pending {
      try unsafe check(
        MPI_Ireduce_scatter_block(
          source.address, target.address, count, type, operation, raw,
          &pending.pointee.request),
        "MPI_Ireduce_scatter_block", on: raw)
    } else {
      try unsafe check(
        MPI_Reduce_scatter_block(
          source.address, target.address, count, type, operation, raw),
        "MPI_Reduce_scatter_block", on: raw)
    }
    withExtendedLifetime(reduction.function) {}
  }

  func _reduceScatter<T>(
    _ source: RawBuffer, _ target: RawBuffer, _ parts: Partition, _ reduction: Reduction<T>,
    _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) {
    precondition(parts.isContiguous, "reduceScatter divides its results without gaps")
    unsafe precondition(
      source.count == parts.count,
      "reduceScatter: \(source.count) elements, where the counts ask for \(parts.count)")
    unsafe requireCount(target.count, atLeast: parts.counts[rank], "reduceScatter")
    let (total, overflows) = parts.count.multipliedReportingOverflow(by: reduction.width)
    guard !overflows, total <= Int(CInt.max) else {
      try unsafe _reduceParts(source, target, parts, reduction, pending)
      return
    }
    let (type, operation) = (reduction.datatype.raw, reduction.raw)
    let counts = parts.rawCounts(times: reduction.width)
    unsafe pending?.pointee.retain(reduction.function)
    if let pending = unsafe pending {
      let held = unsafe pending.pointee.extras().hold(counts)
      try unsafe check(
        MPI_Ireduce_scatter(
          source.address, target.address, held, type, operation, raw, &pending.pointee.request),
        "MPI_Ireduce_scatter", on: raw)
    } else {
      try unsafe check(
        MPI_Reduce_scatter(source.address, target.address, counts, type, operation, raw),
        "MPI_Reduce_scatter", on: raw)
    }
    withExtendedLifetime(reduction.function) {}
  }

  /// A reduction to each rank in turn: what is left where the library cannot count the elements of
  /// one operation.
  private func _reduceParts<T>(
    _ source: RawBuffer, _ target: RawBuffer, _ parts: Partition, _ reduction: Reduction<T>,
    _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) {
    let stride = MemoryLayout<T>.stride
    let isInPlace = unsafe source.address == CMPI_IN_PLACE
    let operands = unsafe isInPlace ? target : source
    let own = parts[rank]
    for root in 0..<size {
      let part = parts[root]
      let address = unsafe operands.address.map { unsafe $0 + part.lowerBound * stride }
      let from = unsafe RawBuffer(
        address: isInPlace && root == rank ? CMPI_IN_PLACE : address, count: part.count,
        datatype: operands.datatype)
      // In place, a rank's result is computed where its operands are, and moved to the front at the
      // end, when the operands for others are no longer needed.
      let into = unsafe RawBuffer(
        address: root == rank ? (isInPlace ? address : target.address) : nil, count: part.count,
        datatype: target.datatype)
      guard let pending = unsafe pending else {
        try unsafe _reduce(from, into, reduction, CInt(root), nil)
        continue
      }
      var one = unsafe Pending()
      try unsafe _reduce(from, into, reduction, CInt(root), &one)
      unsafe pending.pointee.extras().add(one)
    }
    guard isInPlace else { return }
    let base = unsafe target.address
    let move = {
      guard let base = unsafe base else { return }
      unsafe base.copyMemory(
        from: base + own.lowerBound * stride, byteCount: own.count * stride)
    }
    if let pending = unsafe pending {
      unsafe pending.pointee.extras().afterwards(move)
    } else {
      move()
    }
  }
}
