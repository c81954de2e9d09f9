internal import CMPI

extension Epoch where Element: Datatype {
  /// Writes elements to a rank's part of the window. They may be read, but not changed, until the end
  /// of the epoch.
  ///
  ///     try epoch.put(edge.span, to: right, at: 0)
  ///
  /// - Parameters:
  ///   - elements: What is written.
  ///   - rank: The target, or `nil` for no process, where nothing is done.
  ///   - position: Where the first element goes, in elements of the target's part.
  /// - Throws: ``MPIError/Code/invalidRank`` for a rank outside the window,
  ///   ``MPIError/Code/oneSidedRange`` for elements outside the target's part.
  /// - Complexity: `elements.count` elements; no allocation.
  ///
  /// The corresponding C function is `MPI_Put` (MPI 3.1 §11.3.1).
  @inlinable @inline(__always) @_lifetime(self: copy self, copy elements)
  public mutating func put(
    _ elements: Span<Element>, to rank: Int?, at position: Int = 0
  ) throws(MPIError) {
    let buffer = unsafe elements.rawBuffer
    let target = try unsafe window.target(
      rank, at: position, of: Element.self, like: buffer, "MPI_Put")
    unsafe keep(try window.start(.put, buffer, target))
  }

  /// Writes elements that a layout names, to places that a layout names.
  ///
  ///     // A column here becomes a row there.
  ///     try epoch.put(matrix.span, layout: column, at: 2, to: 1, remoteAt: 5 * columns)
  ///
  /// - Parameters:
  ///   - elements: The buffer.
  ///   - layout: Which of its elements are written; `nil` for all from `first` on.
  ///   - first: Where the first instance of the layout begins in the buffer.
  ///   - instances: How many of them follow each other.
  ///   - rank: The target, or `nil` for no process.
  ///   - remote: Which elements of the target's part they become; `nil` for a run of them.
  ///   - position: Where the first instance of that layout, or the run, begins.
  ///   - remoteInstances: How many of them follow each other.
  /// - Throws: As ``put(_:to:at:)-(_,_,Int)``.
  /// - Precondition: The layouts name as many elements on both sides, and lie within the buffer.
  ///
  /// The corresponding C function is `MPI_Put` (MPI 3.1 §11.3.1).
  @_lifetime(self: copy self, copy elements)
  public mutating func put(
    _ elements: Span<Element>, layout: Layout<Element>? = nil, at first: Int = 0,
    instances: Int = 1, to rank: Int?, remote: Layout<Element>? = nil, remoteAt position: Int = 0,
    remoteInstances: Int = 1
  ) throws(MPIError) {
    let near = try unsafe elements.part(layout, at: first, instances: instances, "MPI_Put")
    let target = try unsafe window.target(
      rank, remote, at: position, instances: remoteInstances,
      elements: near.elements, "MPI_Put")
    unsafe keep(try window.start(.put, near.buffer, target))
    retain(layout, remote)
  }

  /// Reads elements of a rank's part of the window. The storage must not be touched until the end of
  /// the epoch.
  ///
  ///     try epoch.get(into: ghost.mutableSpan, from: left, at: 99)
  ///
  /// - Parameters:
  ///   - elements: Storage for as many elements as are read.
  ///   - rank: The target, or `nil` for no process, where nothing is done.
  ///   - position: Where the first element comes from, in elements of the target's part.
  /// - Throws: As ``put(_:to:at:)-(_,_,Int)``.
  ///
  /// The corresponding C function is `MPI_Get` (MPI 3.1 §11.3.2).
  @inlinable @inline(__always) @_lifetime(self: copy self, copy elements)
  public mutating func get(
    into elements: consuming MutableSpan<Element>, from rank: Int?, at position: Int = 0
  ) throws(MPIError) {
    let buffer = unsafe elements.rawBuffer()
    let target = try unsafe window.target(
      rank, at: position, of: Element.self, like: buffer, "MPI_Get")
    unsafe keep(try window.start(.get, buffer, target), normalizing: buffer)
  }

  /// Reads elements from places that a layout names, to places that a layout names.
  ///
  /// The parameters are those of ``put(_:layout:at:instances:to:remote:remoteAt:remoteInstances:)``.
  ///
  /// The corresponding C function is `MPI_Get` (MPI 3.1 §11.3.2).
  @_lifetime(self: copy self, copy elements)
  public mutating func get(
    into elements: consuming MutableSpan<Element>, layout: Layout<Element>? = nil,
    at first: Int = 0, instances: Int = 1, from rank: Int?, remote: Layout<Element>? = nil,
    remoteAt position: Int = 0, remoteInstances: Int = 1
  ) throws(MPIError) {
    let near = try unsafe elements.part(layout, at: first, instances: instances, "MPI_Get")
    let target = try unsafe window.target(
      rank, remote, at: position, instances: remoteInstances,
      elements: near.elements, "MPI_Get")
    unsafe keep(try window.start(.get, near.buffer, target), normalizing: near.buffer)
    retain(layout, remote)
  }

  /// Combines elements with those of a rank's part of the window, which takes the results.
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
  ///   - position: Where the first element goes, in elements of the target's part.
  /// - Throws: ``MPIError/Code/invalidReduction`` for a function of the program's, and what
  ///   ``put(_:to:at:)-(_,_,Int)`` throws.
  ///
  /// The corresponding C function is `MPI_Accumulate` (MPI 3.1 §11.3.4).
  @inlinable @inline(__always) @_lifetime(self: copy self, copy elements)
  public mutating func accumulate(
    _ elements: Span<Element>, _ reduction: Reduction<Element>, to rank: Int?,
    at position: Int = 0
  ) throws(MPIError) {
    try reduction.requirePredefined("MPI_Accumulate", on: window)
    let buffer = unsafe reduction.operand(elements.rawBuffer)
    let target = try unsafe window.target(
      rank, at: position, of: Element.self, like: buffer,
      width: reduction.width, "MPI_Accumulate")
    unsafe keep(try window.start(.accumulate(reduction.raw), buffer, target))
  }

  /// Combines elements that a layout names with those that a layout names at the target.
  ///
  /// The parameters are those of ``put(_:layout:at:instances:to:remote:remoteAt:remoteInstances:)``.
  ///
  /// The corresponding C function is `MPI_Accumulate` (MPI 3.1 §11.3.4).
  @_lifetime(self: copy self, copy elements)
  public mutating func accumulate(
    _ elements: Span<Element>, layout: Layout<Element>? = nil, at first: Int = 0,
    instances: Int = 1, _ reduction: Reduction<Element>, to rank: Int?,
    remote: Layout<Element>? = nil, remoteAt position: Int = 0, remoteInstances: Int = 1
  ) throws(MPIError) {
    try reduction.requirePredefined("MPI_Accumulate", on: window)
    let near = try unsafe elements.part(
      layout, at: first, instances: instances, "MPI_Accumulate")
    let target = try unsafe window.target(
      rank, remote, at: position,
      instances: remoteInstances, elements: near.elements, "MPI_Accumulate")
    unsafe keep(try window.start(.accumulate(reduction.raw), near.buffer, target))
    retain(layout, remote)
  }

  /// Combines elements with those of a rank's part of the window, and reads what was there before, in
  /// one atomic step for each element.
  ///
  ///     try epoch.getAccumulate(steps.span, .sum, into: before.mutableSpan, on: 0)
  ///
  /// - Parameters:
  ///   - elements: The operands; with ``Reduction/noOp`` they do not matter.
  ///   - reduction: A predefined one, ``Reduction/replace`` or ``Reduction/noOp``.
  ///   - result: Storage for as many elements.
  ///   - rank: The target, or `nil` for no process, where nothing is done.
  ///   - position: Where the first element is, in elements of the target's part.
  /// - Throws: As ``accumulate(_:_:to:at:)-(_,_,_,Int)``.
  /// - Precondition: `result` is not shorter than `elements`.
  ///
  /// The corresponding C function is `MPI_Get_accumulate` (MPI 3.1 §11.3.4).
  @inlinable @inline(__always) @_lifetime(self: copy self, copy elements, copy result)
  public mutating func getAccumulate(
    _ elements: Span<Element>, _ reduction: Reduction<Element>,
    into result: consuming MutableSpan<Element>, on rank: Int?, at position: Int = 0
  ) throws(MPIError) {
    try reduction.requirePredefined("MPI_Get_accumulate", on: window)
    let buffer = unsafe reduction.operand(elements.rawBuffer)
    let back = try unsafe reduction.results(of: elements.count, in: result.rawBuffer())
    let target = try unsafe window.target(
      rank, at: position, of: Element.self, like: buffer,
      width: reduction.width, "MPI_Get_accumulate")
    unsafe keep(
      try window.start(.getAccumulate(reduction.raw, into: back), buffer, target),
      normalizing: back)
  }

  /// Combines elements that a layout names with those that a layout names at the target, and reads
  /// what was there before to places that a layout names.
  ///
  /// The parameters are those of ``put(_:layout:at:instances:to:remote:remoteAt:remoteInstances:)``, for three
  /// buffers.
  ///
  /// The corresponding C function is `MPI_Get_accumulate` (MPI 3.1 §11.3.4).
  @_lifetime(self: copy self, copy elements, copy result)
  public mutating func getAccumulate(
    _ elements: Span<Element>, layout: Layout<Element>? = nil, at first: Int = 0,
    instances: Int = 1, _ reduction: Reduction<Element>,
    into result: consuming MutableSpan<Element>, layout resultLayout: Layout<Element>? = nil,
    at resultFirst: Int = 0, instances resultInstances: Int = 1, on rank: Int?,
    remote: Layout<Element>? = nil, remoteAt position: Int = 0, remoteInstances: Int = 1
  ) throws(MPIError) {
    let routine: StaticString = "MPI_Get_accumulate"
    try reduction.requirePredefined(routine, on: window)
    let near = try unsafe elements.part(layout, at: first, instances: instances, routine)
    let back = try unsafe result.part(
      resultLayout, at: resultFirst, instances: resultInstances, routine)
    precondition(
      unsafe near.elements == back.elements,
      unsafe "\(routine): \(near.elements) operands, storage for \(back.elements) results")
    let target = try unsafe window.target(
      rank, remote, at: position, instances: remoteInstances,
      elements: near.elements, routine)
    unsafe keep(
      try window.start(.getAccumulate(reduction.raw, into: back.buffer), near.buffer, target),
      normalizing: back.buffer)
    retain(layout, remote, resultLayout)
  }
}

extension Reduction {
  /// The first elements of storage, as this operation writes them.
  @inlinable @inline(__always)
  func results(of count: Int, in buffer: RawBuffer) throws(MPIError) -> RawBuffer {
    unsafe requireCount(buffer.count, atLeast: count, "MPI_Get_accumulate")
    return unsafe operand(
      RawBuffer(address: buffer.address, count: count, datatype: buffer.datatype))
  }
}

// MARK: - What is left to do at the end

extension Epoch {
  /// Keeps what an operation needs until the end: nothing, for most.
  @inlinable @inline(__always)
  mutating func keep(_ completion: Completion?, normalizing buffer: RawBuffer? = nil) {
    if let completion { keepSlowly(completion) }
    if let buffer = unsafe buffer, unsafe buffer.datatype.structure != nil {
      unsafe normalize(buffer)
    }
  }

  @usableFromInline @inline(never)
  mutating func keepSlowly(_ completion: Completion) { makeExtras().retain(completion) }

  @usableFromInline @inline(never)
  mutating func normalize(_ buffer: RawBuffer) { unsafe makeExtras().normalize(buffer) }

  /// Keeps the datatypes of layouts.
  mutating func retain<T: Datatype>(_ layouts: Layout<T>?...) {
    for case let layout? in layouts { makeExtras().retain(layout.storage) }
  }

  private mutating func makeExtras() -> Completion {
    if let extras = unsafe extras { return unsafe extras.takeUnretainedValue() }
    let new = Completion()
    unsafe extras = Unmanaged.passRetained(new)
    return new
  }
}
