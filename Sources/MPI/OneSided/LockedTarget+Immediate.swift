internal import CMPI

/// The forms of a locked target's operations that return at once, with a ``Request``.
///
/// When a request is complete, its buffers are free again, and what was read has come. What was
/// written is at the target after ``LockedTarget/flush()``, or when the lock is released.
///
///     let reading = try target.immediate.get(into: &block, at: 100)
///     compute()
///     try reading.wait()
@safe public struct ImmediateTarget<Element>: ~Escapable {
  let window: WindowReference
  let rank: Int

  @_lifetime(immortal)
  init(_ window: WindowReference, _ rank: Int) {
    self.window = window
    self.rank = rank
  }
}

extension LockedTarget where Element: Datatype {
  /// The forms of the operations that return at once.
  public var immediate: ImmediateTarget<Element> {
    @_lifetime(copy self) get { ImmediateTarget(window, rank) }
  }
}

extension ImmediateTarget where Element: Datatype {
  /// Begins to write what a view shows. The elements may be read, but not changed, until the request is complete.
  ///
  /// - Parameters:
  ///   - elements: What is written.
  ///   - place: Where it goes in the target's part: from a position on, or to a layout's places.
  /// - Throws: ``MPIError/Code/oneSidedRange`` for elements outside the target's part.
  /// - Precondition: A layout at the target is one of the window's elements, and names as many elements as are given.
  ///
  /// The corresponding C function is `MPI_Rput` (MPI 3.1 §11.3.5).
  @_lifetime(copy self, copy elements)
  public func put<V: OutgoingView & ~Escapable>(
    _ elements: V, at place: some TargetPlace = 0
  ) throws -> Request where V.Element == Element {
    try start(.put, elements.operand, place, "MPI_Rput")
  }

  /// Begins to write an array. It may be read, but not changed, until the request is complete.
  ///
  /// As ``put(_:at:)-(V,_)``.
  ///
  /// The corresponding C function is `MPI_Rput` (MPI 3.1 §11.3.5).
  @_lifetime(copy self, borrow elements)
  public func put<S: OutgoingStorage & ~Copyable>(
    _ elements: borrowing @_addressable S, at place: some TargetPlace = 0
  ) throws -> Request where S.Element == Element {
    try start(.put, elements.operand, place, "MPI_Rput")
  }

  /// Begins to read elements into an array. It must not be touched until the request is complete.
  ///
  /// - Parameters:
  ///   - storage: Room for as many elements as are read.
  ///   - place: Where they come from in the target's part: from a position on, or from a layout's places.
  /// - Throws: As ``put(_:at:)-(V,_)``.
  ///
  /// The corresponding C function is `MPI_Rget` (MPI 3.1 §11.3.5).
  @_lifetime(copy self, &storage)
  public func get<R: IncomingStorage>(
    into storage: inout R, at place: some TargetPlace = 0
  ) throws -> Request where R.Element == Element {
    try start(.get, storage.pinned, place, "MPI_Rget")
  }

  /// Begins to read elements into what a view shows, which must not be touched until the request is complete.
  ///
  /// As ``get(into:at:)-(R,_)``.
  ///
  /// The corresponding C function is `MPI_Rget` (MPI 3.1 §11.3.5).
  @_lifetime(copy self, copy view)
  public func get<V: IncomingView & ~Copyable & ~Escapable>(
    into view: consuming V, at place: some TargetPlace = 0
  ) throws -> Request where V.Element == Element {
    try start(.get, view.pinned, place, "MPI_Rget")
  }

  /// Begins to combine what a view shows with elements of the target's part: each in one atomic step.
  ///
  /// The parameters and errors are those of ``LockedTarget/accumulate(_:_:at:)-(S,_,TargetPlace)``.
  ///
  /// The corresponding C function is `MPI_Raccumulate` (MPI 3.1 §11.3.5).
  @_lifetime(copy self, copy elements)
  public func accumulate<V: OutgoingView & ~Escapable>(
    _ elements: V, _ reduction: Reduction<Element>, at place: some TargetPlace = 0
  ) throws -> Request where V.Element == Element {
    try start(elements.operand, reduction, place)
  }

  /// Begins to combine an array with elements of the target's part: each in one atomic step.
  ///
  /// As ``accumulate(_:_:at:)-(V,_,_)``.
  ///
  /// The corresponding C function is `MPI_Raccumulate` (MPI 3.1 §11.3.5).
  @_lifetime(copy self, borrow elements)
  public func accumulate<S: OutgoingStorage & ~Copyable>(
    _ elements: borrowing @_addressable S, _ reduction: Reduction<Element>,
    at place: some TargetPlace = 0
  ) throws -> Request where S.Element == Element {
    try start(elements.operand, reduction, place)
  }

  /// Begins to combine an array with elements of the target's part, and to read what was there before: each in one atomic
  /// step. The storage must not be touched until the request is complete.
  ///
  /// The parameters and errors are those of ``LockedTarget/getAccumulate(_:_:into:at:)-(_,_,R,_)``.
  ///
  /// The corresponding C function is `MPI_Rget_accumulate` (MPI 3.1 §11.3.5).
  @_lifetime(copy self, borrow elements, &storage)
  public func getAccumulate<S: OutgoingStorage & ~Copyable, R: IncomingStorage>(
    _ elements: borrowing @_addressable S, _ reduction: Reduction<Element>, into storage: inout R,
    at place: some TargetPlace = 0
  ) throws -> Request where S.Element == Element, R.Element == Element {
    try start(elements.operand, reduction, into: storage.pinned, place)
  }

  /// Begins to combine what a view shows with elements of the target's part, and to read what was there before into what
  /// another view shows.
  ///
  /// As ``getAccumulate(_:_:into:at:)-(S,_,_,_)``.
  ///
  /// The corresponding C function is `MPI_Rget_accumulate` (MPI 3.1 §11.3.5).
  @_lifetime(copy self, copy elements, copy view)
  public func getAccumulate<
    V: OutgoingView & ~Escapable, W: IncomingView & ~Copyable & ~Escapable
  >(
    _ elements: V, _ reduction: Reduction<Element>, into view: consuming W,
    at place: some TargetPlace = 0
  ) throws -> Request where V.Element == Element, W.Element == Element {
    try start(elements.operand, reduction, into: view.pinned, place)
  }

  @_lifetime(immortal)
  private func start(
    _ transfer: Transfer, _ elements: borrowing Operand, _ place: some TargetPlace,
    _ routine: StaticString
  ) throws -> Request {
    let place = place._elements(of: Element.self)
    return try start(
      window.access(transfer, elements, rank, place, of: Element.self, routine),
      [elements.layout, place.layout])
  }

  @_lifetime(immortal)
  private func start(
    _ elements: borrowing Operand, _ reduction: Reduction<Element>, _ place: some TargetPlace
  ) throws -> Request {
    let place = place._elements(of: Element.self)
    return try start(
      window.access(accumulating: elements, reduction, rank, place, "MPI_Raccumulate"),
      [elements.layout, place.layout])
  }

  @_lifetime(immortal)
  private func start(
    _ elements: borrowing Operand, _ reduction: Reduction<Element>,
    into result: borrowing Operand, _ place: some TargetPlace
  ) throws -> Request {
    let place = place._elements(of: Element.self)
    return try start(
      window.access(
        fetching: result, elements, reduction, rank, place, "MPI_Rget_accumulate"),
      [elements.layout, result.layout, place.layout])
  }

  @_lifetime(immortal)
  private func start(_ access: Access, _ layouts: [LayoutStorage?]) throws -> Request {
    var pending = try Pending.start { pending in
      try startAny(access, window.raw, window.communicator, pending, isRequest: true)
    }
    for case let layout? in layouts { pending.extras().retain(layout) }
    // The request is none of the communicator's, whose handler is another one.
    if unsafe ErrorSource.window(window.raw).isToldOfErrors {
      (pending.extras().window, pending.extras().communicator) =
        (window.raw, window.communicator)
    }
    return Request(pending, into: access.received, on: CMPI_COMM_NULL)
  }
}
