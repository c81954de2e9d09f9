internal import CMPI

extension LockedTarget where Element: Datatype {
  /// Writes elements to the target's part of the window.
  ///
  /// - Parameters:
  ///   - elements: What is written.
  ///   - position: Where the first element goes, in elements of the target's part.
  /// - Throws: ``MPIError/Code/oneSidedRange`` for elements outside the target's part.
  ///
  /// The corresponding C functions are `MPI_Put` and `MPI_Win_flush` (MPI 3.1 §11.3.1).
  @inlinable @inline(__always)
  public func put(_ elements: Span<Element>, at position: Int = 0) throws(MPIError) {
    let buffer = unsafe elements.rawBuffer
    let target = try unsafe window.target(
      rank, at: position, of: Element.self, like: buffer, "MPI_Put")
    try unsafe run(.put, buffer, target)
    try flush()
  }

  /// Writes one element to the target's part of the window.
  ///
  /// As ``put(_:at:)-(Span<Element>,_)`` with a span of one element.
  @inlinable @inline(__always)
  public func put(_ value: Element, at position: Int) throws(MPIError) {
    unsafe try withTemporary(value, count: 1) { (one) throws(MPIError) in
      try unsafe put(Span(_unsafeStart: one, count: 1), at: position)
    }
  }

  /// Reads elements of the target's part of the window.
  ///
  /// - Parameters:
  ///   - elements: Storage for as many elements as are read.
  ///   - position: Where the first element comes from, in elements of the target's part.
  /// - Throws: ``MPIError/Code/oneSidedRange`` for elements outside the target's part.
  ///
  /// The corresponding C functions are `MPI_Get` and `MPI_Win_flush_local` (MPI 3.1 §11.3.2).
  @inlinable @inline(__always)
  public func get(
    into elements: consuming MutableSpan<Element>, at position: Int = 0
  ) throws(MPIError) {
    unsafe try get(elements.rawBuffer(), position)
  }

  /// Reads one element of the target's part of the window.
  ///
  /// The corresponding C functions are `MPI_Get` and `MPI_Win_flush_local` (MPI 3.1 §11.3.2).
  @inlinable @inline(__always)
  public func get(at position: Int) throws(MPIError) -> Element {
    unsafe try withOneElement { (buffer) throws(MPIError) in try unsafe get(buffer, position) }
  }

  /// Reads elements of the target's part of the window, to a new array.
  ///
  /// - Precondition: `count` is not negative.
  ///
  /// The corresponding C functions are `MPI_Get` and `MPI_Win_flush_local` (MPI 3.1 §11.3.2).
  @inlinable
  public func get(count: Int, at position: Int = 0) throws(MPIError) -> [Element] {
    precondition(count >= 0, "\(count) elements of a window")
    return try unsafe Array(receiving: count) { (buffer) throws(MPIError) in
      try unsafe get(buffer, position)
    }
  }

  /// Combines elements with those of the target's part, which takes the results: each in one atomic
  /// step.
  ///
  /// - Parameters:
  ///   - elements: The operands.
  ///   - reduction: A predefined one, or ``Reduction/replace``.
  ///   - position: Where the first element is, in elements of the target's part.
  /// - Throws: ``MPIError/Code/invalidReduction`` for a function of the program's,
  ///   ``MPIError/Code/oneSidedRange`` for elements outside the target's part.
  ///
  /// The corresponding C functions are `MPI_Accumulate` and `MPI_Win_flush` (MPI 3.1 §11.3.4).
  @inlinable @inline(__always)
  public func accumulate(
    _ elements: Span<Element>, _ reduction: Reduction<Element>, at position: Int = 0
  ) throws(MPIError) {
    try reduction.requirePredefined("MPI_Accumulate", on: window)
    let buffer = unsafe reduction.operand(elements.rawBuffer)
    let target = try unsafe window.target(
      rank, at: position, of: Element.self, like: buffer, width: reduction.width, "MPI_Accumulate")
    try unsafe run(.accumulate(reduction.raw), buffer, target)
    try flush()
  }

  /// Combines one element with one of the target's part, which takes the result.
  ///
  /// As ``accumulate(_:_:at:)-(Span<Element>,_,_)`` with a span of one element.
  @inlinable @inline(__always)
  public func accumulate(
    _ value: Element, _ reduction: Reduction<Element>, at position: Int
  ) throws(MPIError) {
    unsafe try withTemporary(value, count: 1) { (one) throws(MPIError) in
      try unsafe accumulate(Span(_unsafeStart: one, count: 1), reduction, at: position)
    }
  }

  /// Combines elements with those of the target's part, and reads what was there before: each in one
  /// atomic step.
  ///
  /// - Parameters:
  ///   - elements: The operands; with ``Reduction/noOp`` they do not matter.
  ///   - reduction: A predefined one, ``Reduction/replace`` or ``Reduction/noOp``.
  ///   - result: Storage for as many elements.
  ///   - position: Where the first element is, in elements of the target's part.
  /// - Throws: As ``accumulate(_:_:at:)-(Span<Element>,_,_)``.
  /// - Precondition: `result` is not shorter than `elements`.
  ///
  /// The corresponding C functions are `MPI_Get_accumulate` and `MPI_Win_flush` (MPI 3.1 §11.3.4).
  @inlinable
  public func getAccumulate(
    _ elements: Span<Element>, _ reduction: Reduction<Element>,
    into result: consuming MutableSpan<Element>, at position: Int = 0
  ) throws(MPIError) {
    try reduction.requirePredefined("MPI_Get_accumulate", on: window)
    let buffer = unsafe reduction.operand(elements.rawBuffer)
    let back = try unsafe reduction.results(of: elements.count, in: result.rawBuffer())
    let target = try unsafe window.target(
      rank, at: position, of: Element.self, like: buffer, width: reduction.width,
      "MPI_Get_accumulate")
    try unsafe run(.getAccumulate(reduction.raw, into: back), buffer, target)
    try flush()
    unsafe back.normalize()
  }

  @inlinable @inline(__always)
  func get(_ buffer: RawBuffer, _ position: Int) throws(MPIError) {
    let target = try unsafe window.target(
      rank, at: position, of: Element.self, like: buffer, "MPI_Get")
    try unsafe run(.get, buffer, target)
    try flushLocally()
    unsafe buffer.normalize()
  }
}

extension LockedTarget {
  /// Begins an operation that the caller completes.
  @inlinable @inline(__always)
  func run(
    _ transfer: Transfer, _ origin: RawBuffer, _ target: RemoteBuffer
  ) throws(MPIError) {
    if let completion = try unsafe window.start(transfer, origin, target) {
      try flushNow(rank, window.raw, window.communicator, completion)
    }
  }
}

/// Completes an operation that has a type of its own, for a large count, before that is freed.
@usableFromInline @inline(never)
func flushNow(
  _ rank: Int, _ window: RawWindow, _ communicator: RawCommunicator, _ completion: Completion
) throws(MPIError) {
  try check(MPI_Win_flush(CInt(rank), window), "MPI_Win_flush", of: window, on: communicator)
  completion.finish()
}

/// A value that `fill` writes, through a buffer of MPI's.
@inlinable @inline(__always)
func withOneElement<T: Datatype>(
  _ fill: (RawBuffer) throws(MPIError) -> Void
) throws(MPIError) -> T {
  try unsafe withUnsafeTemporaryAllocation(of: T.self, capacity: 1) {
    storage -> Result<T, MPIError> in
    // Padding is not written by MPI.
    unsafe UnsafeMutableRawBufferPointer(storage).initializeMemory(as: UInt8.self, repeating: 0)
    do throws(MPIError) {
      try unsafe fill(
        RawBuffer(
          address: UnsafeMutableRawPointer(storage.baseAddress), count: 1, datatype: T.mpiDatatype))
      return unsafe .success(storage[0])
    } catch {
      return .failure(error)
    }
  }.get()
}
