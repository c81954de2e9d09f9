public import CMPI

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

// MARK: - Atomic operations on one element

extension LockedTarget where Element: AtomicDatatype {
  /// Combines a value with an element of the target's part, and returns what was there before, in one
  /// atomic step.
  ///
  ///     let ticket = try target.fetchAndReduce(1, .sum, at: 0)
  ///
  /// - Parameters:
  ///   - value: The operand; with ``Reduction/noOp`` it does not matter.
  ///   - reduction: A predefined one, ``Reduction/replace`` or ``Reduction/noOp``.
  ///   - position: Which element.
  /// - Returns: The element as it was before.
  /// - Throws: As ``accumulate(_:_:at:)-(Span<Element>,_,_)``.
  ///
  /// The corresponding C functions are `MPI_Fetch_and_op` and `MPI_Win_flush` (MPI 3.1 §11.3.4).
  @inlinable @inline(__always) @discardableResult
  public func fetchAndReduce(
    _ value: Element, _ reduction: Reduction<Element>, at position: Int = 0
  ) throws(MPIError) -> Element {
    try reduction.requirePredefined("MPI_Fetch_and_op", on: window)
    let target = try window.rawTarget(rank, "MPI_Fetch_and_op")
    try window.checkRange(position, 1, on: target, "MPI_Fetch_and_op")
    return try window.fetchAndReduce(
      value, reduction.raw, target,
      window.displacement(of: position, Element.self))
  }
}

extension LockedTarget where Element: AtomicDatatype & BitwiseDatatype {
  /// Puts a new value in the place of an element of the target's part if that equals another one, in
  /// one atomic step.
  ///
  ///     let owner = try target.compareAndSwap(expected: -1, desired: world.rank, at: 0)
  ///     if owner == -1 { … }     // it is ours now
  ///
  /// - Parameters:
  ///   - expected: What the element must be.
  ///   - desired: What it becomes then.
  ///   - position: Which element.
  /// - Returns: The element as it was before: `expected`, where it was exchanged.
  /// - Throws: ``MPIError/Code/oneSidedRange`` for an element outside the target's part.
  ///
  /// The corresponding C functions are `MPI_Compare_and_swap` and `MPI_Win_flush` (MPI 3.1 §11.3.4).
  @inlinable @inline(__always) @discardableResult
  public func compareAndSwap(
    expected: Element, desired: Element, at position: Int = 0
  ) throws(MPIError) -> Element {
    let target = try window.rawTarget(rank, "MPI_Compare_and_swap")
    try window.checkRange(position, 1, on: target, "MPI_Compare_and_swap")
    return try window.compareAndSwap(
      expected, desired, target, window.displacement(of: position, Element.self))
  }
}

extension WindowReference {
  /// Combines a value with the target's element, and waits until that is done.
  ///
  /// - Parameter displacement: In the units of the window.
  @inlinable @inline(__always)
  func fetchAndReduce<T: AtomicDatatype>(
    _ value: T, _ operation: RawOperation, _ rank: CInt, _ displacement: MPI_Aint
  ) throws(MPIError) -> T {
    unsafe try withTemporary(value, count: 2) { (values) throws(MPIError) -> T in
      try unsafe check(
        MPI_Fetch_and_op(
          values, values + 1, T.mpiDatatype.raw, rank, displacement, operation, raw),
        "MPI_Fetch_and_op")
      try check(MPI_Win_flush(rank, raw), "MPI_Win_flush")
      return unsafe valid(values + 1)
    }
  }

  /// Exchanges the target's element if it has the expected value, and waits until that is done.
  @inlinable @inline(__always)
  func compareAndSwap<T: AtomicDatatype>(
    _ expected: T, _ desired: T, _ rank: CInt, _ displacement: MPI_Aint
  ) throws(MPIError) -> T {
    unsafe try withTemporary(expected, count: 3) { (values) throws(MPIError) -> T in
      unsafe values[2] = desired
      try unsafe check(
        MPI_Compare_and_swap(
          values + 2, values, values + 1, T.mpiDatatype.raw, rank, displacement, raw),
        "MPI_Compare_and_swap")
      try check(MPI_Win_flush(rank, raw), "MPI_Win_flush")
      return unsafe valid(values + 1)
    }
  }
}

/// A value that has come from elsewhere.
@inlinable @inline(__always)
func valid<T: Datatype>(_ pointer: UnsafeMutablePointer<T>) -> T {
  unsafe RawBuffer(address: pointer, count: 1, datatype: T.mpiDatatype).normalize()
  return unsafe pointer.pointee
}

/// Copies of a value that stay at their place until `body` is done: an operation and its flush.
@inlinable @inline(__always)
func withTemporary<T: Datatype, Result>(
  _ value: T, count: Int, _ body: (UnsafeMutablePointer<T>) throws(MPIError) -> Result
) throws(MPIError) -> Result {
  try unsafe withUnsafeTemporaryAllocation(of: T.self, capacity: count) {
    storage -> Swift.Result<Result, MPIError> in
    unsafe storage.initialize(repeating: value)
    guard let base = storage.baseAddress else { fatalError("no memory on the stack") }
    do throws(MPIError) {
      return .success(try unsafe body(base))
    } catch {
      return .failure(error)
    }
  }.get()
}
