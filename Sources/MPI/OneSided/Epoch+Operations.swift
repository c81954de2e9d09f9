extension Epoch where Element: Datatype {
  /// Writes what a view shows to a rank's part of the window. The elements may be read, but not changed, until the end of
  /// the epoch.
  ///
  ///     try epoch.put(edge.span, to: right, at: 0)
  ///     // A column here becomes a row there.
  ///     try epoch.put(matrix.span.laid(out: column, at: 2), to: 1, at: 5 * columns)
  ///
  /// - Parameters:
  ///   - elements: What is written.
  ///   - rank: The target, or `nil` for no process, where nothing is done.
  ///   - place: Where it goes in the target's part: from a position on, or to a layout's places.
  /// - Throws: ``MPIError/Code/invalidRank`` for a rank outside the window,
  ///   ``MPIError/Code/oneSidedRange`` for elements outside the target's part.
  /// - Precondition: A layout at the target is one of the window's elements, and names as many elements as are given.
  /// - Complexity: As many elements; no allocation, except with layouts.
  ///
  /// The corresponding C function is `MPI_Put` (MPI 3.1 §11.3.1).
  @inlinable @inline(__always) @_lifetime(self: copy elements, copy self)
  public mutating func put<V: OutgoingView & ~Escapable>(
    _ elements: V, to rank: Int?, at place: some TargetPlace = 0
  ) throws where V.Element == Element {
    try begin(.put, elements.operand, rank, place, "MPI_Put")
  }

  /// Writes an array to a rank's part of the window. It may be read, but not changed, until the end of the epoch.
  ///
  ///     try epoch.put(edge, to: right, at: 0)
  ///
  /// As ``put(_:to:at:)-(V,_,TargetPlace)``.
  ///
  /// The corresponding C function is `MPI_Put` (MPI 3.1 §11.3.1).
  @inlinable @inline(__always) @_lifetime(self: borrow elements, copy self)
  public mutating func put<S: OutgoingStorage & ~Copyable>(
    _ elements: borrowing @_addressable S, to rank: Int?, at place: some TargetPlace = 0
  ) throws where S.Element == Element {
    try begin(.put, elements.operand, rank, place, "MPI_Put")
  }

  /// Reads elements of a rank's part of the window into an array. It must not be touched until the end of the epoch.
  ///
  ///     try epoch.get(into: &ghost, from: left, at: 99)
  ///
  /// - Parameters:
  ///   - storage: Room for as many elements as are read.
  ///   - rank: The target, or `nil` for no process, where nothing is done.
  ///   - place: Where they come from in the target's part: from a position on, or from a layout's places.
  /// - Throws: As ``put(_:to:at:)-(V,_,TargetPlace)``.
  ///
  /// The corresponding C function is `MPI_Get` (MPI 3.1 §11.3.2).
  @inlinable @inline(__always) @_lifetime(self: copy self, &storage)
  public mutating func get<R: IncomingStorage>(
    into storage: inout R, from rank: Int?, at place: some TargetPlace = 0
  ) throws where R.Element == Element {
    try begin(.get, storage.pinned, rank, place, "MPI_Get")
  }

  /// Reads elements of a rank's part of the window into what a view shows, which must not be touched until the end of the
  /// epoch.
  ///
  ///     try epoch.get(into: ghost.mutableSpan.laid(out: column), from: left, at: column.placed(at: 2))
  ///
  /// As ``get(into:from:at:)-(R,_,TargetPlace)``.
  ///
  /// The corresponding C function is `MPI_Get` (MPI 3.1 §11.3.2).
  @inlinable @inline(__always) @_lifetime(self: copy view, copy self)
  public mutating func get<V: IncomingView & ~Copyable & ~Escapable>(
    into view: consuming V, from rank: Int?, at place: some TargetPlace = 0
  ) throws where V.Element == Element {
    try begin(.get, view.pinned, rank, place, "MPI_Get")
  }

  /// Combines what a view shows with elements of a rank's part of the window, which take the results.
  ///
  /// Each element is updated atomically: several ranks may do so in one epoch, with the same reduction,
  /// or with ``Reduction/noOp``.
  ///
  ///     try epoch.accumulate(counts.span, .sum, to: 0)
  ///
  /// - Parameters:
  ///   - elements: The operands.
  ///   - reduction: A predefined one, or ``Reduction/replace``.
  ///   - rank: The target, or `nil` for no process, where nothing is done.
  ///   - place: Which elements of the target's part: those from a position on, or those that a layout names.
  /// - Throws: ``MPIError/Code/invalidReduction`` for a function of the program's, and what
  ///   ``put(_:to:at:)-(V,_,TargetPlace)`` throws.
  ///
  /// The corresponding C function is `MPI_Accumulate` (MPI 3.1 §11.3.4).
  @inlinable @inline(__always) @_lifetime(self: copy elements, copy self)
  public mutating func accumulate<V: OutgoingView & ~Escapable>(
    _ elements: V, _ reduction: Reduction<Element>, to rank: Int?, at place: some TargetPlace = 0
  ) throws where V.Element == Element {
    try begin(elements.operand, reduction, rank, place)
  }

  /// Combines an array with elements of a rank's part of the window, which take the results.
  ///
  /// As ``accumulate(_:_:to:at:)-(V,_,_,TargetPlace)``.
  ///
  /// The corresponding C function is `MPI_Accumulate` (MPI 3.1 §11.3.4).
  @inlinable @inline(__always) @_lifetime(self: borrow elements, copy self)
  public mutating func accumulate<S: OutgoingStorage & ~Copyable>(
    _ elements: borrowing @_addressable S, _ reduction: Reduction<Element>, to rank: Int?,
    at place: some TargetPlace = 0
  ) throws where S.Element == Element {
    try begin(elements.operand, reduction, rank, place)
  }

  /// Combines an array with elements of a rank's part of the window, and reads what was there before, in one atomic step for
  /// each element.
  ///
  ///     try epoch.getAccumulate(steps, .sum, into: &before, on: 0)
  ///
  /// - Parameters:
  ///   - elements: The operands; with ``Reduction/noOp`` they do not matter.
  ///   - reduction: A predefined one, ``Reduction/replace`` or ``Reduction/noOp``.
  ///   - storage: Room for as many elements.
  ///   - rank: The target, or `nil` for no process, where nothing is done.
  ///   - place: Which elements of the target's part.
  /// - Throws: As ``accumulate(_:_:to:at:)-(V,_,_,TargetPlace)``.
  /// - Precondition: There is room for as many elements as are given; where that is laid out, for exactly as many.
  ///
  /// The corresponding C function is `MPI_Get_accumulate` (MPI 3.1 §11.3.4).
  @inlinable @inline(__always) @_lifetime(self: borrow elements, copy self, &storage)
  public mutating func getAccumulate<S: OutgoingStorage & ~Copyable, R: IncomingStorage>(
    _ elements: borrowing @_addressable S, _ reduction: Reduction<Element>, into storage: inout R,
    on rank: Int?, at place: some TargetPlace = 0
  ) throws where S.Element == Element, R.Element == Element {
    try begin(elements.operand, reduction, into: storage.pinned, rank, place)
  }

  /// Combines what a view shows with elements of a rank's part of the window, and reads what was there before into what
  /// another view shows.
  ///
  /// As ``getAccumulate(_:_:into:on:at:)-(S,_,_,_,_)``.
  ///
  /// The corresponding C function is `MPI_Get_accumulate` (MPI 3.1 §11.3.4).
  @inlinable @inline(__always) @_lifetime(self: copy elements, copy view, copy self)
  public mutating func getAccumulate<
    V: OutgoingView & ~Escapable, W: IncomingView & ~Copyable & ~Escapable
  >(
    _ elements: V, _ reduction: Reduction<Element>, into view: consuming W, on rank: Int?,
    at place: some TargetPlace = 0
  ) throws where V.Element == Element, W.Element == Element {
    try begin(elements.operand, reduction, into: view.pinned, rank, place)
  }

  @inlinable @inline(__always)
  mutating func begin(
    _ transfer: Transfer, _ elements: borrowing Operand, _ rank: Int?, _ place: some TargetPlace,
    _ routine: StaticString
  ) throws {
    let place = place._elements(of: Element.self)
    try start(window.access(transfer, elements, rank, place, of: Element.self, routine))
    keep(elements.layout)
    keep(place.layout)
  }

  @inlinable @inline(__always)
  mutating func begin(
    _ elements: borrowing Operand, _ reduction: Reduction<Element>, _ rank: Int?,
    _ place: some TargetPlace
  ) throws {
    let place = place._elements(of: Element.self)
    try start(window.access(accumulating: elements, reduction, rank, place, "MPI_Accumulate"))
    keep(elements.layout)
    keep(place.layout)
  }

  @inlinable @inline(__always)
  mutating func begin(
    _ elements: borrowing Operand, _ reduction: Reduction<Element>,
    into result: borrowing Operand, _ rank: Int?, _ place: some TargetPlace
  ) throws {
    let place = place._elements(of: Element.self)
    try start(
      window.access(
        fetching: result, elements, reduction, rank, place, "MPI_Get_accumulate"))
    keep(elements.layout)
    keep(result.layout)
    keep(place.layout)
  }
}

// MARK: - What is left to do at the end

extension Epoch {
  /// Begins an operation, and keeps what it needs until the end: nothing, for most.
  @inlinable @inline(__always)
  mutating func start(_ access: Access) throws {
    keep(try window.start(access))
    if let buffer = access.received, unsafe buffer.datatype.structure != nil {
      normalize(buffer)
    }
  }

  @inlinable @inline(__always)
  mutating func keep(_ object: AnyObject?) {
    if let object { retain(object) }
  }

  @usableFromInline @inline(never)
  mutating func retain(_ object: AnyObject) { makeExtras().retain(object) }

  @usableFromInline @inline(never)
  mutating func normalize(_ buffer: RawBuffer) { makeExtras().normalize(buffer) }

  private mutating func makeExtras() -> Completion {
    if let extras = unsafe extras { return unsafe extras.takeUnretainedValue() }
    let new = Completion()
    unsafe extras = Unmanaged.passRetained(new)
    return new
  }
}
