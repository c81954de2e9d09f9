internal import CMPI

extension Communicator {
  /// Combines the elements of all ranks up to this one, the first with the first and so on.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements and the same
  /// reduction.
  ///
  ///     let ends = try world.scan([1, world.rank], .sum)
  ///     // 3 ranks: [1, 0], [2, 1], [3, 3]
  ///
  /// Shape: `[n]` on each rank → `[n]` on each rank.
  ///
  /// - Parameters:
  ///   - elements: This rank's operands: an array, a slice, a span, …
  ///   - reduction: How elements are combined: `.sum`, `.max`, …, or a function as a ``Reduction``.
  /// - Returns: The results.
  /// - Throws: What the library reports.
  /// - Complexity: O(log `size`) messages, or O(`size`) where the library takes a chain.
  ///
  /// The corresponding C function is `MPI_Scan` (MPI 3.1 §5.11.1).
  public func scan<B: Outgoing & Reducible & ~Copyable & ~Escapable>(
    _ elements: borrowing B, _ reduction: Reduction<B.Element>
  ) throws -> [B.Element] {
    try _scan(elements.operand, reduction)
  }

  /// Combines the values of all ranks up to this one.
  ///
  ///     let end = try world.scan(count, .sum)
  ///     // 1, 2, 3 elements on ranks 0, 1, 2: 1, 3, 6
  ///
  /// As ``scan(_:_:)-(B,_)`` with an array of one element; no allocation.
  ///
  /// The corresponding C function is `MPI_Scan` (MPI 3.1 §5.11.1).
  @_disfavoredOverload
  public func scan<T: Datatype>(_ value: T, _ reduction: Reduction<T>) throws -> T {
    var one: InlineArray<1, T> = [value]
    try scan(&one, reduction)
    return one[0]
  }

  /// Combines the elements of all ranks up to this one, the first with the first and so on, in
  /// storage of its own.
  ///
  /// The parameters are those of ``scan(_:_:)-(B,_)``.
  ///
  /// - Precondition: `storage` has room for as many elements.
  ///
  /// The corresponding C function is `MPI_Scan` (MPI 3.1 §5.11.1).
  public func scan<
    S: Outgoing & Reducible & ~Copyable & ~Escapable,
    R: Incoming & Reducible & ~Copyable & ~Escapable
  >(
    _ elements: borrowing S, into storage: inout R, _ reduction: Reduction<S.Element>
  ) throws where S.Element == R.Element {
    try _scan(elements.operand, storage.incoming, reduction, nil)
  }

  /// Combines the elements of all ranks up to this one, the first with the first and so on, in what
  /// a view shows.
  ///
  /// As ``scan(_:into:_:)-(_,R,_)``.
  ///
  /// The corresponding C function is `MPI_Scan` (MPI 3.1 §5.11.1).
  public func scan<S: Outgoing & Reducible & ~Copyable & ~Escapable>(
    _ elements: borrowing S, into view: consuming MutableSpan<S.Element>,
    _ reduction: Reduction<S.Element>
  ) throws {
    try _scan(elements.operand, view.incoming, reduction, nil)
  }

  /// Combines the elements of all ranks up to this one, the first with the first and so on, in
  /// their place.
  ///
  /// The parameters are those of ``scan(_:_:)-(B,_)``.
  ///
  /// The corresponding C function is `MPI_Scan` with `MPI_IN_PLACE` (MPI 3.1 §5.11.1).
  public func scan<R: Incoming & Reducible & ~Copyable & ~Escapable>(
    _ elements: inout R, _ reduction: Reduction<R.Element>
  ) throws {
    try elements.incoming.inPlace { try _scan($0, $1, reduction, nil) }
  }
}

extension Immediate where Context: Communicator {
  /// Begins to combine the elements of all ranks up to this one, the first with the first and so
  /// on, in storage of its own.
  ///
  /// **Collective**. The parameters are those of ``Communicator/scan(_:into:_:)-(_,R,_)``.
  ///
  /// The corresponding C function is `MPI_Iscan` (MPI 3.1 §5.12.11).
  @_lifetime(borrow elements, &storage)
  public func scan<S: OutgoingStorage & ~Copyable, R: IncomingStorage & ~Copyable>(
    _ elements: borrowing @_addressable S, into storage: inout R,
    _ reduction: Reduction<S.Element>
  ) throws -> Request where S.Element == R.Element {
    try Request(elements.operand, storage.pinned, on: raw) {
      try communicator._scan($0, $1, reduction, $2)
    }
  }

  /// Begins to combine the elements of all ranks up to this one, the first with the first and so
  /// on, in what a view shows.
  ///
  /// **Collective**. The parameters are those of ``Communicator/scan(_:into:_:)-(_,R,_)``.
  ///
  /// The corresponding C function is `MPI_Iscan` (MPI 3.1 §5.12.11).
  @_lifetime(copy elements, copy view)
  public func scan<T: Datatype>(
    _ elements: Span<T>, into view: consuming MutableSpan<T>, _ reduction: Reduction<T>
  ) throws -> Request {
    try Request(elements.operand, view.pinned, on: raw) {
      try communicator._scan($0, $1, reduction, $2)
    }
  }

  /// Begins to combine the elements of all ranks up to this one, the first with the first and so
  /// on, in their place.
  ///
  /// **Collective**. The parameters are those of ``Communicator/scan(_:_:)-(R,_)``.
  ///
  /// The corresponding C function is `MPI_Iscan` with `MPI_IN_PLACE` (MPI 3.1 §5.12.11).
  @_lifetime(&elements)
  public func scan<R: Pinned & Reducible & ~Copyable & ~Escapable>(
    _ elements: inout R, _ reduction: Reduction<R.Element>
  ) throws -> Request {
    try Request(elements.pinned, on: raw) { elements, starting in
      try elements.inPlace { try communicator._scan($0, $1, reduction, starting) }
    }
  }
}

extension Persistent {
  /// Sets up combining the elements of all ranks up to each one, the first with the first and so
  /// on.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same reduction and count.
  ///
  /// Shape: `[n]` on each rank → `[n]` on each rank.
  ///
  /// The parameters and errors are those of ``allReduce(_:count:_:info:)``.
  ///
  /// The corresponding C function is `MPI_Scan_init` (MPI 4.0 §6.13.11).
  public func scan<T: Datatype>(
    _ type: T.Type, count: Int, _ reduction: Reduction<T>, info: Info = Info()
  ) throws -> PersistentCollective<T> {
    try unsafe reducing(reduction, "MPI_Scan_init", count, info) {
      unsafe CMPI_Scan_init($0, $1, $2, $3, $4, $5, $6, $7)
    }
  }
}

extension Async {
  /// Combines the elements of all ranks up to this one, the first with the first and so on.
  ///
  /// **Collective**. The parameters are those of ``Communicator/scan(_:_:)-(B,_)``.
  ///
  /// The corresponding C function is `MPI_Iscan` (MPI 3.1 §5.12.11).
  public nonisolated(nonsending) func scan<B: OutgoingStorage & Collection>(
    _ elements: B, _ reduction: Reduction<B.Element>
  ) async throws -> [B.Element] {
    try await scan("MPI_Iscan", Array(elements), reduction, excludingOwn: false)
  }

  /// Combines the values of all ranks up to this one.
  ///
  /// **Collective**. The parameters are those of ``Communicator/scan(_:_:)-(T,_)``.
  ///
  /// The corresponding C function is `MPI_Iscan` (MPI 3.1 §5.12.11).
  @_disfavoredOverload
  public nonisolated(nonsending) func scan<T: Datatype>(
    _ value: T, _ reduction: Reduction<T>
  ) async throws -> T {
    try await scan([value], reduction)[0]
  }

  nonisolated(nonsending) func scan<T: Datatype>(
    _ routine: StaticString, _ elements: [T], _ reduction: Reduction<T>, excludingOwn: Bool
  ) async throws -> [T] {
    let communicator = communicator
    return try await collect(
      routine, AsyncStorage(elements), AsyncStorage<T>(count: elements.count)
    ) { sent, received, pending throws in
      try communicator._scan(
        sent, received, reduction, excludingOwn: excludingOwn, pending)
    }
  }
}

extension Communicator {
  func _scan<T>(_ operands: borrowing Operand, _ reduction: Reduction<T>) throws -> [T] {
    let source = operands.whole("scan")
    return try [T](receiving: source.count) { try _scan(source, $0, reduction, nil) }
  }

  /// - Parameter excludingOwn: Whether a rank's own elements do not count: an exclusive scan.
  func _scan<T>(
    _ operands: borrowing Operand, _ results: borrowing Operand, _ reduction: Reduction<T>,
    excludingOwn: Bool = false, _ starting: Starting?
  ) throws {
    try _scan(
      operands.whole("scan"), results.whole("scan"), reduction, excludingOwn: excludingOwn,
      starting)
  }

  func _scan<T>(
    _ source: RawBuffer, _ target: RawBuffer, _ reduction: Reduction<T>,
    excludingOwn: Bool = false, _ starting: Starting?
  ) throws {
    requireCount(target.count, atLeast: source.count, "scan")
    let source = reduction.operand(source)
    let (type, operation) = (source.datatype.raw, reduction.raw)
    starting?.retain(reduction.function)
    try unsafe forEachChunk(source, target, source.count, starting) {
      (count, from, to, request) throws in
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
