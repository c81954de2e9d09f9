internal import CMPI

extension Communicator {
  /// Combines the elements of all ranks before this one, the first with the first and so on.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements and the same
  /// reduction.
  ///
  ///     let starts = try world.exclusiveScan([1, world.rank], .sum)
  ///     // 3 ranks: nil, [1, 0], [2, 1]
  ///
  /// Shape: `[n]` on each rank → `[n]` on each rank but rank 0.
  ///
  /// - Parameters:
  ///   - elements: This rank's operands: an array, a slice, a span, …
  ///   - reduction: How elements are combined: `.sum`, `.max`, …, or a function as a ``Reduction``.
  /// - Returns: The results, or `nil` on rank 0, which has none before it.
  /// - Throws: What the library reports.
  /// - Complexity: O(log `size`) messages, or O(`size`) where the library takes a chain.
  ///
  /// The corresponding C function is `MPI_Exscan` (MPI 3.1 §5.11.2).
  public func exclusiveScan<B: Outgoing & Reducible & ~Copyable & ~Escapable>(
    _ elements: borrowing B, _ reduction: Reduction<B.Element>
  ) throws -> [B.Element]? {
    try _exclusiveScan(elements.operand, reduction)
  }

  /// Combines the values of all ranks before this one.
  ///
  ///     let start = try world.exclusiveScan(count, .sum) ?? 0
  ///     // 1, 2, 3 elements on ranks 0, 1, 2: 0, 1, 3
  ///
  /// As ``exclusiveScan(_:_:)-(B,_)`` with an array of one element; no allocation.
  ///
  /// The corresponding C function is `MPI_Exscan` (MPI 3.1 §5.11.2).
  @_disfavoredOverload
  public func exclusiveScan<T: Datatype>(_ value: T, _ reduction: Reduction<T>) throws -> T? {
    var one: InlineArray<1, T> = [value]
    try exclusiveScan(&one, reduction)
    return rank == 0 ? nil : one[0]
  }

  /// Combines the elements of all ranks before this one, the first with the first and so on, in
  /// storage of its own. On rank 0 the results have no meaning.
  ///
  /// The parameters are those of ``exclusiveScan(_:_:)-(B,_)``.
  ///
  /// - Precondition: `storage` has room for as many elements.
  ///
  /// The corresponding C function is `MPI_Exscan` (MPI 3.1 §5.11.2).
  public func exclusiveScan<
    S: Outgoing & Reducible & ~Copyable & ~Escapable,
    R: Incoming & Reducible & ~Copyable & ~Escapable
  >(
    _ elements: borrowing S, into storage: inout R, _ reduction: Reduction<S.Element>
  ) throws where S.Element == R.Element {
    try _scan(elements.operand, storage.incoming, reduction, excludingOwn: true, nil)
  }

  /// Combines the elements of all ranks before this one, the first with the first and so on, in
  /// what a view shows.
  ///
  /// As ``exclusiveScan(_:into:_:)-(_,R,_)``.
  ///
  /// The corresponding C function is `MPI_Exscan` (MPI 3.1 §5.11.2).
  public func exclusiveScan<S: Outgoing & Reducible & ~Copyable & ~Escapable>(
    _ elements: borrowing S, into view: consuming MutableSpan<S.Element>,
    _ reduction: Reduction<S.Element>
  ) throws {
    try _scan(elements.operand, view.incoming, reduction, excludingOwn: true, nil)
  }

  /// Combines the elements of all ranks before this one, the first with the first and so on, in
  /// their place. On rank 0 the elements have no meaning afterwards.
  ///
  /// The parameters are those of ``exclusiveScan(_:_:)-(B,_)``.
  ///
  /// The corresponding C function is `MPI_Exscan` with `MPI_IN_PLACE` (MPI 3.1 §5.11.2).
  public func exclusiveScan<R: Incoming & Reducible & ~Copyable & ~Escapable>(
    _ elements: inout R, _ reduction: Reduction<R.Element>
  ) throws {
    try elements.incoming.inPlace { try _scan($0, $1, reduction, excludingOwn: true, nil) }
  }
}

extension Immediate where Context: Communicator {
  /// Begins to combine the elements of all ranks before this one, the first with the first and so
  /// on, in storage of its own.
  ///
  /// **Collective**. The parameters are those of
  /// ``Communicator/exclusiveScan(_:into:_:)-(_,R,_)``.
  ///
  /// The corresponding C function is `MPI_Iexscan` (MPI 3.1 §5.12.12).
  @_lifetime(borrow elements, &storage)
  public func exclusiveScan<S: OutgoingStorage & ~Copyable, R: IncomingStorage & ~Copyable>(
    _ elements: borrowing @_addressable S, into storage: inout R,
    _ reduction: Reduction<S.Element>
  ) throws -> Request where S.Element == R.Element {
    try Request(elements.operand, storage.pinned, on: raw) {
      try communicator._scan($0, $1, reduction, excludingOwn: true, $2)
    }
  }

  /// Begins to combine the elements of all ranks before this one, the first with the first and so
  /// on, in what a view shows.
  ///
  /// **Collective**. The parameters are those of
  /// ``Communicator/exclusiveScan(_:into:_:)-(_,R,_)``.
  ///
  /// The corresponding C function is `MPI_Iexscan` (MPI 3.1 §5.12.12).
  @_lifetime(copy elements, copy view)
  public func exclusiveScan<T: Datatype>(
    _ elements: Span<T>, into view: consuming MutableSpan<T>, _ reduction: Reduction<T>
  ) throws -> Request {
    try Request(elements.operand, view.pinned, on: raw) {
      try communicator._scan($0, $1, reduction, excludingOwn: true, $2)
    }
  }

  /// Begins to combine the elements of all ranks before this one, the first with the first and so
  /// on, in their place.
  ///
  /// **Collective**. The parameters are those of ``Communicator/exclusiveScan(_:_:)-(R,_)``.
  ///
  /// The corresponding C function is `MPI_Iexscan` with `MPI_IN_PLACE` (MPI 3.1 §5.12.12).
  @_lifetime(&elements)
  public func exclusiveScan<R: Pinned & Reducible & ~Copyable & ~Escapable>(
    _ elements: inout R, _ reduction: Reduction<R.Element>
  ) throws -> Request {
    try Request(elements.pinned, on: raw) { elements, starting in
      try elements.inPlace {
        try communicator._scan($0, $1, reduction, excludingOwn: true, starting)
      }
    }
  }
}

extension Persistent {
  /// Sets up combining the elements of all ranks before each one, the first with the first and so
  /// on.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same reduction and count. On
  /// rank 0 the results have no meaning.
  ///
  /// Shape: `[n]` on each rank → `[n]` on each rank.
  ///
  /// The parameters and errors are those of ``allReduce(_:count:_:info:)``.
  ///
  /// The corresponding C function is `MPI_Exscan_init` (MPI 4.0 §6.13.12).
  public func exclusiveScan<T: Datatype>(
    _ type: T.Type, count: Int, _ reduction: Reduction<T>, info: Info = Info()
  ) throws -> PersistentCollective<T> {
    try unsafe reducing(reduction, "MPI_Exscan_init", count, info) {
      unsafe CMPI_Exscan_init($0, $1, $2, $3, $4, $5, $6, $7)
    }
  }
}

extension Async {
  /// Combines the elements of all ranks before this one, the first with the first and so on.
  ///
  /// **Collective**. The parameters are those of ``Communicator/exclusiveScan(_:_:)-(B,_)``.
  ///
  /// - Returns: The results, or `nil` on rank 0, which has none before it.
  ///
  /// The corresponding C function is `MPI_Iexscan` (MPI 3.1 §5.12.12).
  public nonisolated(nonsending) func exclusiveScan<B: OutgoingStorage & Collection>(
    _ elements: B, _ reduction: Reduction<B.Element>
  ) async throws -> [B.Element]? {
    let result = try await scan("MPI_Iexscan", Array(elements), reduction, excludingOwn: true)
    return communicator.rank == 0 ? nil : result
  }

  /// Combines the values of all ranks before this one.
  ///
  /// **Collective**. The parameters are those of ``Communicator/exclusiveScan(_:_:)-(T,_)``.
  ///
  /// - Returns: The result, or `nil` on rank 0, which has none before it.
  ///
  /// The corresponding C function is `MPI_Iexscan` (MPI 3.1 §5.12.12).
  @_disfavoredOverload
  public nonisolated(nonsending) func exclusiveScan<T: Datatype>(
    _ value: T, _ reduction: Reduction<T>
  ) async throws -> T? {
    try await exclusiveScan([value], reduction)?[0]
  }
}

extension Communicator {
  func _exclusiveScan<T>(
    _ operands: borrowing Operand, _ reduction: Reduction<T>
  ) throws -> [T]? {
    let source = operands.whole("exclusiveScan")
    guard rank > 0 else {
      // As many places as operands on rank 0 as well, where the library writes nothing to them.
      try source.withCopy { try _scan(source, $0, reduction, excludingOwn: true, nil) }
      return nil
    }
    return try [T](receiving: source.count) {
      try _scan(source, $0, reduction, excludingOwn: true, nil)
    }
  }
}
