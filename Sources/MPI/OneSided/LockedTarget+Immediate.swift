internal import CMPI

/// The forms of a locked target's operations that return at once, with a ``Request``.
///
/// When a request is complete, its buffers are free again, and what was read has come. What was
/// written is at the target after ``LockedTarget/flush()``, or when the lock is released.
///
///     let reading = try target.immediate.get(into: block.mutableSpan, at: 100)
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
  /// Begins to write elements. They may be read, but not changed, until the request is complete.
  ///
  /// - Parameters:
  ///   - elements: What is written.
  ///   - position: Where the first element goes, in elements of the target's part.
  /// - Throws: ``MPIError/Code/oneSidedRange`` for elements outside the target's part.
  ///
  /// The corresponding C function is `MPI_Rput` (MPI 3.1 §11.3.5).
  @_lifetime(copy self, copy elements)
  public func put(_ elements: Span<Element>, at position: Int = 0) throws(MPIError) -> Request {
    try put(elements, layout: nil, remoteAt: position)
  }

  /// Begins to write elements that a layout names, to places that a layout names.
  ///
  /// The parameters are those of ``Epoch/put(_:layout:at:instances:to:remote:remoteAt:remoteInstances:)``.
  ///
  /// The corresponding C function is `MPI_Rput` (MPI 3.1 §11.3.5).
  @_lifetime(copy self, copy elements)
  public func put(
    _ elements: Span<Element>, layout: Layout<Element>?, at first: Int = 0, instances: Int = 1,
    remote: Layout<Element>? = nil, remoteAt position: Int = 0, remoteInstances: Int = 1
  ) throws(MPIError) -> Request {
    let near = try unsafe elements.part(layout, at: first, instances: instances, "MPI_Rput")
    let far = try unsafe window.target(
      rank, remote, at: position, instances: remoteInstances, elements: near.elements, "MPI_Rput")
    return unsafe Request(
      try unsafe start(.put, near.buffer, far, [layout, remote]), on: CMPI_COMM_NULL)
  }

  /// Begins to read elements. The storage must not be touched until the request is complete.
  ///
  /// - Parameters:
  ///   - elements: Storage for as many elements as are read.
  ///   - position: Where the first element comes from, in elements of the target's part.
  /// - Throws: ``MPIError/Code/oneSidedRange`` for elements outside the target's part.
  ///
  /// The corresponding C function is `MPI_Rget` (MPI 3.1 §11.3.5).
  @_lifetime(copy self, copy elements)
  public func get(
    into elements: consuming MutableSpan<Element>, at position: Int = 0
  ) throws(MPIError) -> Request {
    try get(into: elements, layout: nil, remoteAt: position)
  }

  /// Begins to read elements from places that a layout names, to places that a layout names.
  ///
  /// The parameters are those of ``Epoch/put(_:layout:at:instances:to:remote:remoteAt:remoteInstances:)``.
  ///
  /// The corresponding C function is `MPI_Rget` (MPI 3.1 §11.3.5).
  @_lifetime(copy self, copy elements)
  public func get(
    into elements: consuming MutableSpan<Element>, layout: Layout<Element>?, at first: Int = 0,
    instances: Int = 1, remote: Layout<Element>? = nil, remoteAt position: Int = 0,
    remoteInstances: Int = 1
  ) throws(MPIError) -> Request {
    let near = try unsafe elements.part(layout, at: first, instances: instances, "MPI_Rget")
    let far = try unsafe window.target(
      rank, remote, at: position, instances: remoteInstances, elements: near.elements, "MPI_Rget")
    return unsafe Request(
      try unsafe start(.get, near.buffer, far, [layout, remote]), into: near.buffer,
      on: CMPI_COMM_NULL)
  }

  /// Begins to combine elements with those of the target's part: each in one atomic step.
  ///
  /// The parameters and errors are those of
  /// ``LockedTarget/accumulate(_:_:at:)-(Span<Element>,_,_)``.
  ///
  /// The corresponding C function is `MPI_Raccumulate` (MPI 3.1 §11.3.5).
  @_lifetime(copy self, copy elements)
  public func accumulate(
    _ elements: Span<Element>, _ reduction: Reduction<Element>, at position: Int = 0
  ) throws(MPIError) -> Request {
    let routine: StaticString = "MPI_Raccumulate"
    try reduction.requirePredefined(routine, on: window)
    let buffer = unsafe reduction.operand(elements.rawBuffer)
    let far = try unsafe window.target(
      rank, at: position, of: Element.self, like: buffer, width: reduction.width, routine)
    return unsafe Request(
      try unsafe start(.accumulate(reduction.raw), buffer, far, []), on: CMPI_COMM_NULL)
  }

  /// Begins to combine elements that a layout names with those that a layout names at the target.
  ///
  /// The parameters are those of ``Epoch/put(_:layout:at:instances:to:remote:remoteAt:remoteInstances:)``.
  ///
  /// The corresponding C function is `MPI_Raccumulate` (MPI 3.1 §11.3.5).
  @_lifetime(copy self, copy elements)
  public func accumulate(
    _ elements: Span<Element>, layout: Layout<Element>?, at first: Int = 0, instances: Int = 1,
    _ reduction: Reduction<Element>, remote: Layout<Element>? = nil, remoteAt position: Int = 0,
    remoteInstances: Int = 1
  ) throws(MPIError) -> Request {
    let routine: StaticString = "MPI_Raccumulate"
    try reduction.requirePredefined(routine, on: window)
    let near = try unsafe elements.part(layout, at: first, instances: instances, routine)
    let far = try unsafe window.target(
      rank, remote, at: position, instances: remoteInstances, elements: near.elements, routine)
    return unsafe Request(
      try unsafe start(.accumulate(reduction.raw), near.buffer, far, [layout, remote]),
      on: CMPI_COMM_NULL)
  }

  /// Begins to combine elements with those of the target's part, and to read what was there before:
  /// each in one atomic step. The storage must not be touched until the request is complete.
  ///
  /// The parameters and errors are those of ``LockedTarget/getAccumulate(_:_:into:at:)``.
  ///
  /// The corresponding C function is `MPI_Rget_accumulate` (MPI 3.1 §11.3.5).
  @_lifetime(copy self, copy elements, copy result)
  public func getAccumulate(
    _ elements: Span<Element>, _ reduction: Reduction<Element>,
    into result: consuming MutableSpan<Element>, at position: Int = 0
  ) throws(MPIError) -> Request {
    let routine: StaticString = "MPI_Rget_accumulate"
    try reduction.requirePredefined(routine, on: window)
    let buffer = unsafe reduction.operand(elements.rawBuffer)
    let back = try unsafe reduction.results(of: elements.count, in: result.rawBuffer())
    let far = try unsafe window.target(
      rank, at: position, of: Element.self, like: buffer, width: reduction.width, routine)
    return unsafe Request(
      try unsafe start(.getAccumulate(reduction.raw, into: back), buffer, far, []), into: back,
      on: CMPI_COMM_NULL)
  }

  private func start(
    _ transfer: Transfer, _ origin: RawBuffer, _ target: RemoteBuffer,
    _ layouts: [Layout<Element>?]
  ) throws(MPIError) -> Pending {
    var pending = unsafe Pending()
    try unsafe startAny(
      transfer, origin, target, window.raw, window.communicator, &pending, isRequest: true)
    for case let layout? in layouts { unsafe pending.extras().retain(layout.storage) }
    // The requests above are none of the communicator's, whose handler is another one.
    if unsafe ErrorSource.window(window.raw).isToldOfErrors {
      unsafe (pending.extras().window, pending.extras().communicator) =
        (window.raw, window.communicator)
    }
    return unsafe pending
  }
}

extension LockedTarget where Element: Datatype {
  /// Writes elements that a layout names, to places that a layout names.
  ///
  /// The parameters are those of ``Epoch/put(_:layout:at:instances:to:remote:remoteAt:remoteInstances:)``.
  ///
  /// The corresponding C functions are `MPI_Rput` and `MPI_Win_flush` (MPI 3.1 §11.3.5).
  public func put(
    _ elements: Span<Element>, layout: Layout<Element>?, at first: Int = 0, instances: Int = 1,
    remote: Layout<Element>? = nil, remoteAt position: Int = 0, remoteInstances: Int = 1
  ) throws(MPIError) {
    let writing = try immediate.put(
      elements, layout: layout, at: first, instances: instances, remote: remote, remoteAt: position,
      remoteInstances: remoteInstances)
    try writing.wait()
    try flush()
  }

  /// Reads elements from places that a layout names, to places that a layout names.
  ///
  /// The parameters are those of ``Epoch/put(_:layout:at:instances:to:remote:remoteAt:remoteInstances:)``.
  ///
  /// The corresponding C function is `MPI_Rget` (MPI 3.1 §11.3.5).
  public func get(
    into elements: consuming MutableSpan<Element>, layout: Layout<Element>?, at first: Int = 0,
    instances: Int = 1, remote: Layout<Element>? = nil, remoteAt position: Int = 0,
    remoteInstances: Int = 1
  ) throws(MPIError) {
    let reading = try immediate.get(
      into: elements, layout: layout, at: first, instances: instances, remote: remote,
      remoteAt: position, remoteInstances: remoteInstances)
    try reading.wait()
  }

  /// Combines elements that a layout names with those that a layout names at the target.
  ///
  /// The parameters are those of ``Epoch/put(_:layout:at:instances:to:remote:remoteAt:remoteInstances:)``.
  ///
  /// The corresponding C functions are `MPI_Raccumulate` and `MPI_Win_flush` (MPI 3.1 §11.3.5).
  public func accumulate(
    _ elements: Span<Element>, layout: Layout<Element>?, at first: Int = 0, instances: Int = 1,
    _ reduction: Reduction<Element>, remote: Layout<Element>? = nil, remoteAt position: Int = 0,
    remoteInstances: Int = 1
  ) throws(MPIError) {
    let writing = try immediate.accumulate(
      elements, layout: layout, at: first, instances: instances, reduction, remote: remote,
      remoteAt: position, remoteInstances: remoteInstances)
    try writing.wait()
    try flush()
  }
}
