public import CMPI

extension Communicator {
  /// Combines the ranks' elements, the first with the first and so on, and gives the results to
  /// all.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements and the same
  /// reduction.
  ///
  ///     let sums = try world.allReduce([world.rank, 1], .sum)
  ///     // 4 ranks: [6, 4] on each
  ///
  /// Shape: `[n]` on each rank → `[n]` on each rank.
  ///
  /// - Parameters:
  ///   - elements: This rank's operands: an array, a slice, a span, …
  ///   - reduction: How elements are combined: `.sum`, `.max`, …, or a function as a ``Reduction``.
  /// - Returns: The results.
  /// - Throws: What the library reports.
  /// - Complexity: O(log `size`) messages.
  ///
  /// The corresponding C function is `MPI_Allreduce` (MPI 3.1 §5.9.6).
  @inlinable @inline(__always)
  public func allReduce<B: Outgoing & Reducible & ~Copyable & ~Escapable>(
    _ elements: borrowing B, _ reduction: Reduction<B.Element>
  ) throws -> [B.Element] {
    try _allReduce(elements.operand, reduction)
  }

  /// Combines one value of every rank, and gives the result to all.
  ///
  ///     let total = try world.allReduce(mine, .sum)
  ///
  /// As ``allReduce(_:_:)-(B,_)`` with an array of one element; no allocation.
  ///
  /// The corresponding C function is `MPI_Allreduce` (MPI 3.1 §5.9.6).
  @inlinable @inline(__always) @_disfavoredOverload
  public func allReduce<T: Datatype>(_ value: T, _ reduction: Reduction<T>) throws -> T {
    let one: InlineArray<1, T> = [value]
    var result: InlineArray<1, T> = [value]
    try allReduce(one.span, into: result.mutableSpan, reduction)
    return result[0]
  }

  /// Combines the ranks' elements, the first with the first and so on, and gives the results to
  /// all, in storage of theirs.
  ///
  /// The parameters are those of ``allReduce(_:_:)-(B,_)``. No allocation.
  ///
  /// - Precondition: `storage` has room for as many elements.
  ///
  /// The corresponding C function is `MPI_Allreduce` (MPI 3.1 §5.9.6).
  @inlinable @inline(__always)
  public func allReduce<
    S: Outgoing & Reducible & ~Copyable & ~Escapable,
    R: Incoming & Reducible & ~Copyable & ~Escapable
  >(
    _ elements: borrowing S, into storage: inout R, _ reduction: Reduction<S.Element>
  ) throws where S.Element == R.Element {
    try _allReduce(elements.operand, storage.incoming, reduction)
  }

  /// Combines the ranks' elements, the first with the first and so on, and gives the results to
  /// all, in what a view shows.
  ///
  /// As ``allReduce(_:into:_:)-(_,R,_)``.
  ///
  /// The corresponding C function is `MPI_Allreduce` (MPI 3.1 §5.9.6).
  @inlinable @inline(__always)
  public func allReduce<S: Outgoing & Reducible & ~Copyable & ~Escapable>(
    _ elements: borrowing S, into view: consuming MutableSpan<S.Element>,
    _ reduction: Reduction<S.Element>
  ) throws {
    try _allReduce(elements.operand, view.incoming, reduction)
  }

  /// Combines the ranks' elements, the first with the first and so on, and puts the results in
  /// their place on all.
  ///
  /// The parameters are those of ``allReduce(_:_:)-(B,_)``. No allocation.
  ///
  /// The corresponding C function is `MPI_Allreduce` with `MPI_IN_PLACE` (MPI 3.1 §5.9.6).
  @inlinable @inline(__always)
  public func allReduce<R: Incoming & Reducible & ~Copyable & ~Escapable>(
    _ elements: inout R, _ reduction: Reduction<R.Element>
  ) throws {
    try elements.incoming.inPlace { try _allReduce($0, $1, reduction) }
  }
}

extension Immediate where Context: Communicator {
  /// Begins to combine the ranks' elements, the first with the first and so on, with the results on
  /// all, in storage of theirs.
  ///
  /// **Collective**. The parameters are those of
  /// ``Communicator/allReduce(_:into:_:)-(_,R,_)``.
  ///
  /// The corresponding C function is `MPI_Iallreduce` (MPI 3.1 §5.12.8).
  @_lifetime(borrow elements, &storage)
  public func allReduce<S: OutgoingStorage & ~Copyable, R: IncomingStorage & ~Copyable>(
    _ elements: borrowing @_addressable S, into storage: inout R,
    _ reduction: Reduction<S.Element>
  ) throws -> Request where S.Element == R.Element {
    try Request(elements.operand, storage.pinned, on: raw) {
      try communicator._allReduce($0, $1, reduction, $2)
    }
  }

  /// Begins to combine the ranks' elements, the first with the first and so on, with the results on
  /// all, in what a view shows.
  ///
  /// **Collective**. The parameters are those of
  /// ``Communicator/allReduce(_:into:_:)-(_,R,_)``.
  ///
  /// The corresponding C function is `MPI_Iallreduce` (MPI 3.1 §5.12.8).
  @_lifetime(copy elements, copy view)
  public func allReduce<T: Datatype>(
    _ elements: Span<T>, into view: consuming MutableSpan<T>, _ reduction: Reduction<T>
  ) throws -> Request {
    try Request(elements.operand, view.pinned, on: raw) {
      try communicator._allReduce($0, $1, reduction, $2)
    }
  }

  /// Begins to combine the ranks' elements, the first with the first and so on, with the results in
  /// their place on all.
  ///
  /// **Collective**. The parameters are those of ``Communicator/allReduce(_:_:)-(R,_)``.
  ///
  /// The corresponding C function is `MPI_Iallreduce` with `MPI_IN_PLACE` (MPI 3.1 §5.12.8).
  @_lifetime(&elements)
  public func allReduce<R: Pinned & Reducible & ~Copyable & ~Escapable>(
    _ elements: inout R, _ reduction: Reduction<R.Element>
  ) throws -> Request {
    try Request(elements.pinned, on: raw) { elements, starting in
      try elements.inPlace { try communicator._allReduce($0, $1, reduction, starting) }
    }
  }
}

extension Persistent {
  /// Sets up combining the ranks' elements, the first with the first and so on, with the results on
  /// all.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same reduction and count.
  ///
  ///     var residual = try world.persistent.allReduce(Double.self, count: 2, .max)
  ///     repeat {
  ///       relax()
  ///       residual[0] = localResidual()
  ///       try residual.start().wait()
  ///     } while residual.result[0] > tolerance
  ///
  /// Shape: `[n]` on each rank → `[n]` on each rank.
  ///
  /// - Parameters:
  ///   - type: The type of the elements; they begin as zeros.
  ///   - count: How many there are each time.
  ///   - reduction: How elements are combined.
  ///   - info: Hints for the library.
  /// - Throws: ``MPIError/Code/unsupportedOperation`` where the library has no persistent
  ///   collectives, and what else the library reports.
  ///
  /// The corresponding C function is `MPI_Allreduce_init` (MPI 4.0 §6.13.8).
  public func allReduce<T: Datatype>(
    _ type: T.Type, count: Int, _ reduction: Reduction<T>, info: Info = Info()
  ) throws -> PersistentCollective<T> {
    try unsafe reducing(reduction, "MPI_Allreduce_init", count, info) {
      unsafe CMPI_Allreduce_init($0, $1, $2, $3, $4, $5, $6, $7)
    }
  }
}

extension Async {
  /// Combines the ranks' elements, the first with the first and so on, and gives the results to
  /// all.
  ///
  /// **Collective**. The parameters are those of ``Communicator/allReduce(_:_:)-(B,_)``.
  ///
  /// The corresponding C function is `MPI_Iallreduce` (MPI 3.1 §5.12.8).
  public nonisolated(nonsending) func allReduce<B: OutgoingStorage & Collection>(
    _ elements: B, _ reduction: Reduction<B.Element>
  ) async throws -> [B.Element] {
    let communicator = communicator
    return try await collect(
      "MPI_Iallreduce", AsyncStorage(Array(elements)),
      AsyncStorage<B.Element>(count: elements.count)
    ) { sent, received, pending throws in
      try communicator._allReduceLarge(sent, received, reduction, pending)
    }
  }

  /// Combines one value of every rank, and gives the result to all.
  ///
  /// **Collective**. The parameters are those of ``Communicator/allReduce(_:_:)-(T,_)``.
  ///
  /// The corresponding C function is `MPI_Iallreduce` (MPI 3.1 §5.12.8).
  @_disfavoredOverload
  public nonisolated(nonsending) func allReduce<T: Datatype>(
    _ value: T, _ reduction: Reduction<T>
  ) async throws -> T {
    try await allReduce([value], reduction)[0]
  }
}

extension Intercommunicator {
  /// Combines the elements of the other group's processes, the first with the first and so on, and
  /// gives the results to all of this one.
  ///
  /// **Collective**: every process of both groups calls it, with as many elements and the same
  /// reduction.
  ///
  /// Shape: `[n]` on each rank → `[n]` on each rank, of what the other group gave.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_Allreduce` (MPI 3.1 §5.9.6).
  public func allReduce<B: Outgoing & Reducible & ~Copyable & ~Escapable>(
    _ elements: borrowing B, _ reduction: Reduction<B.Element>
  ) throws -> [B.Element] {
    try across._allReduce(elements.operand, reduction)
  }

  /// Combines one value of every process of the other group, and gives the result to all of this
  /// one.
  ///
  ///     let theirs = try between.allReduce(mine, .sum)
  ///
  /// As ``allReduce(_:_:)-(B,_)`` with an array of one element.
  ///
  /// The corresponding C function is `MPI_Allreduce` (MPI 3.1 §5.9.6).
  @_disfavoredOverload
  public func allReduce<T: Datatype>(_ value: T, _ reduction: Reduction<T>) throws -> T {
    let one: InlineArray<1, T> = [value]
    return try allReduce(one, reduction)[0]
  }
}

extension Communicator {
  @inlinable
  func _allReduce<T>(
    _ operands: borrowing Operand, _ reduction: Reduction<T>
  ) throws -> [T] {
    let source = operands.whole("allReduce")
    return try [T](receiving: source.count) { try _allReduce(source, $0, reduction) }
  }

  @inlinable @inline(__always)
  func _allReduce<T>(
    _ operands: borrowing Operand, _ results: borrowing Operand, _ reduction: Reduction<T>
  ) throws {
    let (source, target) = (operands.whole("allReduce"), results.whole("allReduce"))
    requireCount(target.count, atLeast: source.count, "allReduce")
    try _allReduce(source, target, reduction)
  }

  @inlinable @inline(__always)
  func _allReduce<T>(
    _ source: RawBuffer, _ target: RawBuffer, _ reduction: Reduction<T>
  ) throws {
    // As many as the library is to combine: more than elements, for vectors.
    let count = source.count * reduction.width
    guard _fastPath(count <= Int(CInt.max)) else {
      return try _allReduceLarge(source, target, reduction, nil)
    }
    let code = unsafe MPI_Allreduce(
      source.address, target.address, CInt(truncatingIfNeeded: count), reduction.datatype.raw,
      reduction.raw, raw)
    withExtendedLifetime(reduction.function) {}
    try check(code, "MPI_Allreduce", on: raw)
  }

  func _allReduce<T>(
    _ operands: borrowing Operand, _ results: borrowing Operand, _ reduction: Reduction<T>,
    _ starting: Starting
  ) throws {
    let (source, target) = (operands.whole("allReduce"), results.whole("allReduce"))
    requireCount(target.count, atLeast: source.count, "allReduce")
    try _allReduceLarge(source, target, reduction, starting)
  }

  /// All that is not a blocking reduction of fewer than 2³¹ elements.
  @usableFromInline @inline(never)
  func _allReduceLarge<T>(
    _ source: RawBuffer, _ target: RawBuffer, _ reduction: Reduction<T>, _ starting: Starting?
  ) throws {
    let source = reduction.operand(source)
    let (type, operation) = (source.datatype.raw, reduction.raw)
    starting?.retain(reduction.function)
    try unsafe forEachChunk(source, target, source.count, starting) {
      (count, from, to, request) throws in
      if let request = unsafe request {
        try unsafe check(
          MPI_Iallreduce(from, to, count, type, operation, raw, request), "MPI_Iallreduce",
          on: raw)
      } else {
        try unsafe check(
          MPI_Allreduce(from, to, count, type, operation, raw), "MPI_Allreduce", on: raw)
      }
    }
    withExtendedLifetime(reduction.function) {}
  }
}
