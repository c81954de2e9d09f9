internal import CMPI

extension Communicator {
  /// Combines the ranks' elements, the first with the first and so on, and gives the results to the
  /// root.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements, the same
  /// reduction and root.
  ///
  ///     let sums = try world.reduce([world.rank, 1], .sum, to: 0)
  ///     // 4 ranks: [6, 4] on rank 0, nil elsewhere
  ///
  /// Shape: `[n]` on each rank → `[n]` on the root.
  ///
  /// - Parameters:
  ///   - elements: This rank's operands: an array, a slice, a span, …
  ///   - reduction: How elements are combined: `.sum`, `.max`, …, or a function as a ``Reduction``.
  ///   - root: The rank that gets the results.
  /// - Returns: The results on the root, `nil` elsewhere.
  /// - Throws: ``MPIError/Code/invalidRoot``, and what else the library reports.
  /// - Complexity: O(log `size`) messages.
  ///
  /// The corresponding C function is `MPI_Reduce` (MPI 3.1 §5.9.1).
  public func reduce<B: Outgoing & Reducible & ~Copyable & ~Escapable>(
    _ elements: borrowing B, _ reduction: Reduction<B.Element>, to root: Int
  ) throws -> [B.Element]? {
    try _reduce(elements.operand, reduction, rawRoot(root, "MPI_Reduce"), isRoot: rank == root)
  }

  /// Combines one value of every rank, and gives the result to the root.
  ///
  /// As ``reduce(_:_:to:)-(B,_,_)`` with an array of one element.
  ///
  /// The corresponding C function is `MPI_Reduce` (MPI 3.1 §5.9.1).
  @_disfavoredOverload
  public func reduce<T: Datatype>(
    _ value: T, _ reduction: Reduction<T>, to root: Int
  ) throws -> T? {
    let one: InlineArray<1, T> = [value]
    return try reduce(one, reduction, to: root)?[0]
  }

  /// Combines the ranks' elements, the first with the first and so on, and gives the results to the
  /// root, in storage of its own.
  ///
  /// The parameters and errors are those of ``reduce(_:_:to:)-(B,_,_)``. Elsewhere than on the root
  /// `storage` may be empty.
  ///
  /// - Precondition: `storage` has room for as many elements on the root.
  ///
  /// The corresponding C function is `MPI_Reduce` (MPI 3.1 §5.9.1).
  public func reduce<
    S: Outgoing & Reducible & ~Copyable & ~Escapable,
    R: Incoming & Reducible & ~Copyable & ~Escapable
  >(
    _ elements: borrowing S, into storage: inout R, _ reduction: Reduction<S.Element>,
    to root: Int
  ) throws where S.Element == R.Element {
    try _reduce(elements.operand, storage.incoming, reduction, to: root, nil)
  }

  /// Combines the ranks' elements, the first with the first and so on, and gives the results to the
  /// root, in what a view shows.
  ///
  /// As ``reduce(_:into:_:to:)-(_,R,_,_)``.
  ///
  /// The corresponding C function is `MPI_Reduce` (MPI 3.1 §5.9.1).
  public func reduce<S: Outgoing & Reducible & ~Copyable & ~Escapable>(
    _ elements: borrowing S, into view: consuming MutableSpan<S.Element>,
    _ reduction: Reduction<S.Element>, to root: Int
  ) throws {
    try _reduce(elements.operand, view.incoming, reduction, to: root, nil)
  }

  /// Combines the ranks' elements, the first with the first and so on, and puts the results in
  /// their place on the root. Elsewhere the elements stay as they are.
  ///
  /// The parameters and errors are those of ``reduce(_:_:to:)-(B,_,_)``.
  ///
  /// The corresponding C function is `MPI_Reduce` with `MPI_IN_PLACE` (MPI 3.1 §5.9.1).
  public func reduce<R: Incoming & Reducible & ~Copyable & ~Escapable>(
    _ elements: inout R, _ reduction: Reduction<R.Element>, to root: Int
  ) throws {
    try elements.incoming.inPlace { try _reduce($0, $1, reduction, to: root, nil) }
  }
}

extension Immediate where Context: Communicator {
  /// Begins to combine the ranks' elements, the first with the first and so on, with the results on
  /// the root, in storage of its own.
  ///
  /// **Collective**. The parameters are those of
  /// ``Communicator/reduce(_:into:_:to:)-(_,R,_,_)``.
  ///
  /// The corresponding C function is `MPI_Ireduce` (MPI 3.1 §5.12.7).
  @_lifetime(borrow elements, &storage)
  public func reduce<S: OutgoingStorage & ~Copyable, R: IncomingStorage & ~Copyable>(
    _ elements: borrowing @_addressable S, into storage: inout R,
    _ reduction: Reduction<S.Element>, to root: Int
  ) throws -> Request where S.Element == R.Element {
    try Request(elements.operand, storage.pinned, on: raw) {
      try communicator._reduce($0, $1, reduction, to: root, $2)
    }
  }

  /// Begins to combine the ranks' elements, the first with the first and so on, with the results on
  /// the root, in what a view shows.
  ///
  /// **Collective**. The parameters are those of
  /// ``Communicator/reduce(_:into:_:to:)-(_,R,_,_)``.
  ///
  /// The corresponding C function is `MPI_Ireduce` (MPI 3.1 §5.12.7).
  @_lifetime(copy elements, copy view)
  public func reduce<T: Datatype>(
    _ elements: Span<T>, into view: consuming MutableSpan<T>, _ reduction: Reduction<T>,
    to root: Int
  ) throws -> Request {
    try Request(elements.operand, view.pinned, on: raw) {
      try communicator._reduce($0, $1, reduction, to: root, $2)
    }
  }

  /// Begins to combine the ranks' elements, the first with the first and so on, with the results in
  /// their place on the root.
  ///
  /// **Collective**. The parameters are those of ``Communicator/reduce(_:_:to:)-(R,_,_)``.
  ///
  /// The corresponding C function is `MPI_Ireduce` with `MPI_IN_PLACE` (MPI 3.1 §5.12.7).
  @_lifetime(&elements)
  public func reduce<R: Pinned & Reducible & ~Copyable & ~Escapable>(
    _ elements: inout R, _ reduction: Reduction<R.Element>, to root: Int
  ) throws -> Request {
    try Request(elements.pinned, on: raw) { elements, starting in
      try elements.inPlace { try communicator._reduce($0, $1, reduction, to: root, starting) }
    }
  }
}

extension Persistent {
  /// Sets up combining the ranks' elements, the first with the first and so on, with the results on
  /// the root.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same reduction, count and
  /// root.
  ///
  /// Shape: `[n]` on each rank → `[n]` on the root, nothing elsewhere.
  ///
  /// The parameters are those of ``allReduce(_:count:_:info:)``, and the root.
  ///
  /// - Throws: ``MPIError/Code/unsupportedOperation``, ``MPIError/Code/invalidRoot``, and what else
  ///   the library reports.
  ///
  /// The corresponding C function is `MPI_Reduce_init` (MPI 4.0 §6.13.7).
  public func reduce<T: Datatype>(
    _ type: T.Type, count: Int, _ reduction: Reduction<T>, to root: Int, info: Info = Info()
  ) throws -> PersistentCollective<T> {
    let isRoot = communicator.rank == root
    let root = try communicator.rawRoot(root, "MPI_Reduce_init")
    return try unsafe reducing(
      reduction, "MPI_Reduce_init", count, info, results: isRoot ? count : 0
    ) {
      unsafe CMPI_Reduce_init($0, $1, $2, $3, $4, root, $5, $6, $7)
    }
  }

  /// Sets up a reduction with as many results as operands, in chunks where C cannot count them.
  func reducing<T: Datatype>(
    _ reduction: Reduction<T>, _ routine: StaticString, _ count: Int, _ info: Info,
    results: Int? = nil,
    _ begin:
      @escaping (
        UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, CInt, RawDatatype, RawOperation,
        RawCommunicator, RawInfo, UnsafeMutablePointer<RawRequest>?
      ) -> CInt
  ) throws -> PersistentCollective<T> {
    try collective(T.self, routine, given: count, gotten: results ?? count) {
      (given, gotten, raw, pending) throws in
      pending.retain(reduction.function)
      let source = reduction.operand(given)
      let type = source.datatype.raw
      try unsafe forEachChunk(source, gotten, source.count, pending) {
        (count, from, to, request) throws in
        try unsafe check(
          begin(from, to, count, type, reduction.raw, raw, info.raw, request), routine, on: raw)
      }
      return CMPI_SUCCESS
    }
  }
}

extension Async {
  /// Combines the ranks' elements, the first with the first and so on, and gives the results to the
  /// root.
  ///
  /// **Collective**. The parameters are those of ``Communicator/reduce(_:_:to:)-(B,_,_)``.
  ///
  /// - Returns: The results on the root, `nil` elsewhere.
  ///
  /// The corresponding C function is `MPI_Ireduce` (MPI 3.1 §5.12.7).
  public nonisolated(nonsending) func reduce<B: OutgoingStorage & Collection>(
    _ elements: B, _ reduction: Reduction<B.Element>, to root: Int
  ) async throws -> [B.Element]? {
    let communicator = communicator
    let rawRoot = try communicator.rawRoot(root, "MPI_Ireduce")
    let isRoot = communicator.rank == root
    let result = try await collect(
      "MPI_Ireduce", AsyncStorage(Array(elements)),
      AsyncStorage<B.Element>(count: isRoot ? elements.count : 0)
    ) { sent, received, pending throws in
      try communicator._reduce(sent, received, reduction, rawRoot, pending)
    }
    return isRoot ? result : nil
  }

  /// Combines one value of every rank, and gives the result to the root.
  ///
  /// **Collective**. The parameters are those of ``Communicator/reduce(_:_:to:)-(T,_,_)``.
  ///
  /// - Returns: The result on the root, `nil` elsewhere.
  ///
  /// The corresponding C function is `MPI_Ireduce` (MPI 3.1 §5.12.7).
  @_disfavoredOverload
  public nonisolated(nonsending) func reduce<T: Datatype>(
    _ value: T, _ reduction: Reduction<T>, to root: Int
  ) async throws -> T? {
    try await reduce([value], reduction, to: root)?[0]
  }
}

extension Intercommunicator {
  /// Combines the elements of the other group's processes, the first with the first and so on, and
  /// gives the results to the root.
  ///
  /// **Collective**: every process of both groups calls it, with as many elements and the same
  /// reduction. Of what the root gives only the number counts; what others of its group give is not
  /// looked at.
  ///
  /// Shape: `[n]` on each rank of the other group → `[n]` on the root.
  ///
  /// - Returns: The results on the root, `nil` elsewhere.
  /// - Throws: ``MPIError/Code/invalidRoot``, and what else the library reports.
  ///
  /// The corresponding C function is `MPI_Reduce` (MPI 3.1 §5.9.1).
  public func reduce<B: Outgoing & Reducible & ~Copyable & ~Escapable>(
    _ elements: borrowing B, _ reduction: Reduction<B.Element>, to root: Root
  ) throws -> [B.Element]? {
    try across._reduce(
      elements.operand, reduction, rawRoot(root, "MPI_Reduce"), isRoot: root == .me)
  }

  /// Combines one value of every process of the other group, and gives the result to the root.
  ///
  /// As ``reduce(_:_:to:)-(B,_,_)`` with an array of one element.
  ///
  /// The corresponding C function is `MPI_Reduce` (MPI 3.1 §5.9.1).
  @_disfavoredOverload
  public func reduce<T: Datatype>(
    _ value: T, _ reduction: Reduction<T>, to root: Root
  ) throws -> T? {
    let one: InlineArray<1, T> = [value]
    return try reduce(one, reduction, to: root)?[0]
  }
}

extension Communicator {
  func _reduce<T>(
    _ operands: borrowing Operand, _ reduction: Reduction<T>, _ root: CInt, isRoot: Bool
  ) throws -> [T]? {
    let source = operands.whole("reduce")
    guard isRoot else {
      try _reduce(source, .none, reduction, root, nil)
      return nil
    }
    return try [T](receiving: source.count) { try _reduce(source, $0, reduction, root, nil) }
  }

  func _reduce<T>(
    _ operands: borrowing Operand, _ results: borrowing Operand, _ reduction: Reduction<T>,
    to root: Int, _ starting: Starting?
  ) throws {
    let rawRoot = try rawRoot(root, starting == nil ? "MPI_Reduce" : "MPI_Ireduce")
    let (source, target) = (operands.whole("reduce"), results.whole("reduce"))
    let isInPlace = unsafe source.address == CMPI_IN_PLACE
    if isInPlace && rank != root {
      try _reduce(target, .none, reduction, rawRoot, starting)
    } else if isInPlace && starting == nil && Quirk.reducesInPlaceWrongly {
      try target.withCopy { try _reduce($0, target, reduction, rawRoot, nil) }
    } else {
      try _reduce(source, target, reduction, rawRoot, starting)
    }
  }

  func _reduce<T>(
    _ source: RawBuffer, _ target: RawBuffer, _ reduction: Reduction<T>, _ root: CInt,
    _ starting: Starting?
  ) throws {
    if rank == Int(root) { requireCount(target.count, atLeast: source.count, "reduce") }
    let source = reduction.operand(source)
    let (type, operation) = (source.datatype.raw, reduction.raw)
    starting?.retain(reduction.function)
    try unsafe forEachChunk(source, target, source.count, starting) {
      (count, from, to, request) throws in
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
