internal import CMPI

extension Communicator {
  /// Combines the ranks' elements, the first with the first and so on, and gives each rank its part
  /// of the results.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements, the same
  /// reduction and counts.
  ///
  ///     let own = try world.reduceScatter([1, 2, 3, 4, 5], .sum)
  ///     // 2 ranks: [2, 4, 6] on rank 0, [8, 10] on rank 1
  ///
  /// Shape: `[n]` on each rank → `[counts[r]]` on rank *r*; without counts `[n / size]`, and one
  /// more on the first `n % size` ranks.
  ///
  /// - Parameters:
  ///   - elements: This rank's operands: an array, a slice, a span, …
  ///   - reduction: How elements are combined: `.sum`, `.max`, …, or a function as a ``Reduction``.
  ///   - counts: How many results each rank gets, one rank after the other; by default what
  ///     ``Partition/init(balancing:over:)`` gives it.
  /// - Returns: This rank's part of the results.
  /// - Throws: What the library reports.
  /// - Precondition: There are `counts.count` elements, and `counts` has no gaps.
  /// - Complexity: O(log `size`) messages, or O(`size`) where there are many elements.
  ///
  /// The corresponding C functions are `MPI_Reduce_scatter` and `MPI_Reduce_scatter_block` (MPI 3.1
  /// §5.10).
  public func reduceScatter<B: Outgoing & Reducible & ~Copyable & ~Escapable>(
    _ elements: borrowing B, _ reduction: Reduction<B.Element>, counts: Partition? = nil
  ) throws -> [B.Element] {
    try _reduceScatter(elements.operand, reduction, counts)
  }

  /// Combines the ranks' elements, the first with the first and so on, and gives each rank its part
  /// of the results, in storage of its own.
  ///
  /// The parameters are those of ``reduceScatter(_:_:counts:)-(B,_,_)``; without counts, each rank
  /// gets as many.
  ///
  /// - Precondition: Without counts, the number of elements is a multiple of the number of ranks.
  ///   With them, there are `counts.count` elements, and `counts` has no gaps. `storage` has room
  ///   for this rank's part.
  ///
  /// The corresponding C functions are `MPI_Reduce_scatter_block` and `MPI_Reduce_scatter` (MPI 3.1
  /// §5.10).
  public func reduceScatter<
    S: Outgoing & Reducible & ~Copyable & ~Escapable,
    R: Incoming & Reducible & ~Copyable & ~Escapable
  >(
    _ elements: borrowing S, into storage: inout R, _ reduction: Reduction<S.Element>,
    counts: Partition? = nil
  ) throws where S.Element == R.Element {
    try _reduceScatter(elements.operand, storage.incoming, reduction, counts, nil)
  }

  /// Combines the ranks' elements, the first with the first and so on, and gives each rank its part
  /// of the results, in what a view shows.
  ///
  /// As ``reduceScatter(_:into:_:counts:)-(_,R,_,_)``.
  ///
  /// The corresponding C functions are `MPI_Reduce_scatter_block` and `MPI_Reduce_scatter` (MPI 3.1
  /// §5.10).
  public func reduceScatter<S: Outgoing & Reducible & ~Copyable & ~Escapable>(
    _ elements: borrowing S, into view: consuming MutableSpan<S.Element>,
    _ reduction: Reduction<S.Element>, counts: Partition? = nil
  ) throws {
    try _reduceScatter(elements.operand, view.incoming, reduction, counts, nil)
  }

  /// Combines the ranks' elements, the first with the first and so on, and puts this rank's part of
  /// the results at the beginning of its elements. What is behind them has no meaning afterwards.
  ///
  /// The parameters and preconditions are those of
  /// ``reduceScatter(_:into:_:counts:)-(_,R,_,_)``.
  ///
  /// The corresponding C functions are `MPI_Reduce_scatter_block` and `MPI_Reduce_scatter` with
  /// `MPI_IN_PLACE` (MPI 3.1 §5.10).
  public func reduceScatter<R: Incoming & Reducible & ~Copyable & ~Escapable>(
    _ elements: inout R, _ reduction: Reduction<R.Element>, counts: Partition? = nil
  ) throws {
    try elements.incoming.inPlace { try _reduceScatter($0, $1, reduction, counts, nil) }
  }
}

extension Immediate where Context: Communicator {
  /// Begins to combine the ranks' elements, the first with the first and so on, with a part of the
  /// results for each rank, in storage of its own.
  ///
  /// **Collective**. The parameters are those of
  /// ``Communicator/reduceScatter(_:into:_:counts:)-(_,R,_,_)``.
  ///
  /// The corresponding C functions are `MPI_Ireduce_scatter_block` and `MPI_Ireduce_scatter` (MPI
  /// 3.1 §5.12.9, §5.12.10).
  @_lifetime(borrow elements, &storage)
  public func reduceScatter<S: OutgoingStorage & ~Copyable, R: IncomingStorage & ~Copyable>(
    _ elements: borrowing @_addressable S, into storage: inout R,
    _ reduction: Reduction<S.Element>, counts: Partition? = nil
  ) throws -> Request where S.Element == R.Element {
    try Request(elements.operand, storage.pinned, on: raw) {
      try communicator._reduceScatter($0, $1, reduction, counts, $2)
    }
  }

  /// Begins to combine the ranks' elements, the first with the first and so on, with a part of the
  /// results for each rank, in what a view shows.
  ///
  /// **Collective**. The parameters are those of
  /// ``Communicator/reduceScatter(_:into:_:counts:)-(_,R,_,_)``.
  ///
  /// The corresponding C functions are `MPI_Ireduce_scatter_block` and `MPI_Ireduce_scatter` (MPI
  /// 3.1 §5.12.9, §5.12.10).
  @_lifetime(copy elements, copy view)
  public func reduceScatter<T: Datatype>(
    _ elements: Span<T>, into view: consuming MutableSpan<T>, _ reduction: Reduction<T>,
    counts: Partition? = nil
  ) throws -> Request {
    try Request(elements.operand, view.pinned, on: raw) {
      try communicator._reduceScatter($0, $1, reduction, counts, $2)
    }
  }

  /// Begins to combine the ranks' elements, the first with the first and so on, with each rank's
  /// part of the results at the beginning of its elements.
  ///
  /// **Collective**. The parameters are those of
  /// ``Communicator/reduceScatter(_:_:counts:)-(R,_,_)``.
  ///
  /// The corresponding C functions are `MPI_Ireduce_scatter_block` and `MPI_Ireduce_scatter` with
  /// `MPI_IN_PLACE` (MPI 3.1 §5.12.9, §5.12.10).
  @_lifetime(&elements)
  public func reduceScatter<R: Pinned & Reducible & ~Copyable & ~Escapable>(
    _ elements: inout R, _ reduction: Reduction<R.Element>, counts: Partition? = nil
  ) throws -> Request {
    try Request(elements.pinned, on: raw) { elements, starting in
      try elements.inPlace {
        try communicator._reduceScatter($0, $1, reduction, counts, starting)
      }
    }
  }
}

extension Persistent {
  /// Sets up combining the ranks' elements, the first with the first and so on, with as many
  /// results for each rank.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same reduction and count.
  ///
  /// Shape: `[size · n]` on each rank → `[n]` on each rank.
  ///
  /// - Parameters:
  ///   - type: The type of the elements; they begin as zeros.
  ///   - count: The number n of results for each rank.
  ///   - reduction: How two elements are combined.
  ///   - info: Hints for the library.
  /// - Throws: ``MPIError/Code/unsupportedOperation`` where the library has no persistent
  ///   collectives, ``MPIError/Code/invalidCount`` where there are more elements than C's int can
  ///   count, and what else the library reports.
  ///
  /// The corresponding C function is `MPI_Reduce_scatter_block_init` (MPI 4.0 §6.13.9).
  public func reduceScatter<T: Datatype>(
    _ type: T.Type, count: Int, _ reduction: Reduction<T>, info: Info = Info()
  ) throws -> PersistentCollective<T> {
    let routine: StaticString = "MPI_Reduce_scatter_block_init"
    let parts = Partition(counts: [Int](repeating: count, count: communicator.size))
    return try collective(
      type, routine, given: parts.count, gotten: own(parts, routine)
    ) { (given, gotten, raw, pending) throws in
      pending.retain(reduction.function)
      let count = try countForC(reduction.operand(gotten), routine)
      return unsafe CMPI_Reduce_scatter_block_init(
        given.address, gotten.address, count, reduction.datatype.raw, reduction.raw, raw,
        info.raw, &pending.request)
    }
  }

  /// Sets up combining the ranks' elements, the first with the first and so on, with a part of the
  /// results for each rank.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same reduction and counts.
  ///
  /// The errors are those of ``reduceScatter(_:count:_:info:)``.
  ///
  /// - Precondition: `counts` has no gaps.
  ///
  /// The corresponding C function is `MPI_Reduce_scatter_init` (MPI 4.0 §6.13.10).
  public func reduceScatter<T: Datatype>(
    _ type: T.Type, counts: Partition, _ reduction: Reduction<T>, info: Info = Info()
  ) throws -> PersistentCollective<T> {
    let routine: StaticString = "MPI_Reduce_scatter_init"
    precondition(counts.isContiguous, "reduceScatter of parts with gaps")
    return try collective(
      type, routine, given: counts.count, gotten: own(counts, routine)
    ) { (given, gotten, raw, pending) throws in
      pending.retain(reduction.function)
      _ = try countForC(reduction.operand(given), routine)
      return unsafe CMPI_Reduce_scatter_init(
        given.address, gotten.address,
        pending.extras().hold(counts.rawCounts(times: reduction.width)),
        reduction.datatype.raw, reduction.raw, raw, info.raw, &pending.request)
    }
  }

  private func countForC(
    _ buffer: RawBuffer, _ routine: StaticString
  ) throws -> CInt {
    guard buffer.fitsC else {
      throw MPIError(
        .invalidCount, routine: routine.description,
        message: "\(buffer.count) elements are more than one operation can carry",
        on: communicator.raw)
    }
    return buffer.rawCount
  }
}

extension Async {
  /// Combines the ranks' elements, the first with the first and so on, and gives each rank its part
  /// of the results.
  ///
  /// **Collective**. The parameters are those of
  /// ``Communicator/reduceScatter(_:_:counts:)-(B,_,_)``.
  ///
  /// The corresponding C functions are `MPI_Ireduce_scatter_block` and `MPI_Ireduce_scatter` (MPI
  /// 3.1 §5.12.9, §5.12.10).
  public nonisolated(nonsending) func reduceScatter<B: OutgoingStorage & Collection>(
    _ elements: B, _ reduction: Reduction<B.Element>, counts: Partition? = nil
  ) async throws -> [B.Element] {
    let communicator = communicator
    let (count, parts) = communicator.dividing(elements.count, counts)
    return try await collect(
      parts == nil ? "MPI_Ireduce_scatter_block" : "MPI_Ireduce_scatter",
      AsyncStorage(Array(elements)), AsyncStorage<B.Element>(count: count)
    ) { sent, received, pending throws in
      try communicator._reduceScatter(sent, received, reduction, parts, pending)
    }
  }
}

extension Intercommunicator {
  /// Combines the elements of the other group's processes, the first with the first and so on, and
  /// divides the results among those of this one, as evenly as can be.
  ///
  /// **Collective**: every process of both groups calls it, with as many elements and the same
  /// reduction.
  ///
  /// Shape: `[n]` on each rank → `[n / size]` on each rank; the first `n % size` ranks of a group
  /// get one more.
  ///
  /// - Returns: This process's part of the other group's results.
  /// - Throws: ``MPIError/Code/invalidCount`` where there are more elements than C's int can count.
  ///
  /// The corresponding C function is `MPI_Reduce_scatter` (MPI 3.1 §5.10).
  public func reduceScatter<B: Outgoing & Reducible & ~Copyable & ~Escapable>(
    _ elements: borrowing B, _ reduction: Reduction<B.Element>
  ) throws -> [B.Element] {
    try _reduceScatter(elements.operand, reduction)
  }

  private func _reduceScatter<T>(
    _ operands: borrowing Operand, _ reduction: Reduction<T>
  ) throws -> [T] {
    let source = operands.whole("reduceScatter")
    guard source.count <= Int(CInt.max) / reduction.width else {
      throw MPIError(
        .invalidCount, routine: "MPI_Reduce_scatter",
        message: "\(source.count) elements are more than one operation can carry", on: raw)
    }
    let parts = Partition(balancing: source.count, over: size)
    let counts = parts.rawCounts(times: reduction.width)
    return try [T](receiving: parts.counts[rank]) { target throws in
      try unsafe check(
        MPI_Reduce_scatter(
          source.address, target.address, counts, reduction.datatype.raw, reduction.raw, raw),
        "MPI_Reduce_scatter", on: raw)
      withExtendedLifetime(reduction.function) {}
    }
  }
}

extension Communicator {
  /// How many results this rank gets of as many as can be for each, and the parts of all, where not
  /// all ranks get as many.
  fileprivate func dividing(_ count: Int, _ counts: Partition?) -> (Int, Partition?) {
    if counts == nil && count % size == 0 { return (count / size, nil) }
    let parts = counts ?? Partition(balancing: count, over: size)
    requireParts(parts)
    return (parts.counts[rank], parts)
  }

  private func _reduceScatter<T>(
    _ operands: borrowing Operand, _ reduction: Reduction<T>, _ counts: Partition?
  ) throws -> [T] {
    let source = operands.whole("reduceScatter")
    let (count, parts) = dividing(source.count, counts)
    return try [T](receiving: count) {
      try _reduceScatter(source, $0, reduction, parts, nil)
    }
  }

  fileprivate func _reduceScatter<T>(
    _ operands: borrowing Operand, _ results: borrowing Operand, _ reduction: Reduction<T>,
    _ counts: Partition?, _ starting: Starting?
  ) throws {
    try _reduceScatter(
      operands.whole("reduceScatter"), results.whole("reduceScatter"), reduction, counts, starting)
  }

  /// - Parameter parts: `nil` where each rank gets as many results.
  fileprivate func _reduceScatter<T>(
    _ source: RawBuffer, _ target: RawBuffer, _ reduction: Reduction<T>, _ parts: Partition?,
    _ starting: Starting?
  ) throws {
    if let parts {
      requireParts(parts)
      precondition(parts.isContiguous, "reduceScatter divides its results without gaps")
      precondition(
        source.count == parts.count,
        "reduceScatter: \(source.count) elements, where the counts ask for \(parts.count)")
    }
    let share = parts?.counts[rank] ?? sharedCount(source.count)
    requireCount(target.count, atLeast: share, "reduceScatter")
    let (total, overflows) = source.count.multipliedReportingOverflow(by: reduction.width)
    // The total, not the share, must fit: Open MPI 4.1 multiplies in C's int.
    guard !overflows, total <= Int(CInt.max) else {
      let parts = parts ?? Partition(counts: [Int](repeating: share, count: size))
      return try _reduceParts(source, target, parts, reduction, starting)
    }
    let (type, operation) = (reduction.datatype.raw, reduction.raw)
    let (from, to) = unsafe (source.address, target.address)
    let count = CInt(share * reduction.width)
    let counts = parts?.rawCounts(times: reduction.width)
    starting?.retain(reduction.function)
    switch (counts, starting) {
    case (nil, nil):
      try unsafe check(
        MPI_Reduce_scatter_block(from, to, count, type, operation, raw),
        "MPI_Reduce_scatter_block", on: raw)
    case (let counts?, nil):
      try unsafe check(
        MPI_Reduce_scatter(from, to, counts, type, operation, raw), "MPI_Reduce_scatter", on: raw)
    case (nil, let starting?):
      try unsafe check(
        MPI_Ireduce_scatter_block(from, to, count, type, operation, raw, &starting.request),
        "MPI_Ireduce_scatter_block", on: raw)
    case (let counts?, let starting?):
      let held = unsafe starting.extras().hold(counts)
      try unsafe check(
        MPI_Ireduce_scatter(from, to, held, type, operation, raw, &starting.request),
        "MPI_Ireduce_scatter", on: raw)
    }
    withExtendedLifetime(reduction.function) {}
  }

  /// A reduction to each rank in turn: what is left where the library cannot count the elements of
  /// one operation.
  private func _reduceParts<T>(
    _ source: RawBuffer, _ target: RawBuffer, _ parts: Partition, _ reduction: Reduction<T>,
    _ starting: Starting?
  ) throws {
    let stride = MemoryLayout<T>.stride
    let isInPlace = unsafe source.address == CMPI_IN_PLACE
    let operands = isInPlace ? target : source
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
      guard let starting = starting else {
        try _reduce(from, into, reduction, CInt(root), nil)
        continue
      }
      let one = try Pending.start { one in
        try _reduce(from, into, reduction, CInt(root), one)
      }
      starting.extras().add(one)
    }
    guard isInPlace else { return }
    let base = unsafe target.address
    let move = {
      guard let base = unsafe base else { return }
      unsafe base.copyMemory(
        from: base + own.lowerBound * stride, byteCount: own.count * stride)
    }
    if let starting = starting {
      starting.extras().afterwards(move)
    } else {
      move()
    }
  }
}
