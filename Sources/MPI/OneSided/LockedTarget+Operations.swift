public import CMPI

extension LockedTarget where Element: Datatype {
  /// Writes elements to the target's part of the window.
  ///
  ///     try target.put(values, at: 3)
  ///     try target.put(matrix.span.laid(out: column), at: column.placed(at: 2))
  ///
  /// - Parameters:
  ///   - elements: What is written.
  ///   - place: Where it goes in the target's part: from a position on, or to a layout's places.
  /// - Throws: ``MPIError/Code/oneSidedRange`` for elements outside the target's part.
  /// - Precondition: A layout at the target is one of the window's elements, and names as many elements as are given.
  ///
  /// The corresponding C functions are `MPI_Put` and `MPI_Win_flush` (MPI 3.1 §11.3.1).
  @inlinable @inline(__always)
  public func put<S: Outgoing & ~Copyable & ~Escapable>(
    _ elements: borrowing S, at place: some TargetPlace = 0
  ) throws where S.Element == Element {
    try put(elements.operand, place)
  }

  /// Writes one element to the target's part of the window.
  ///
  /// As ``put(_:at:)-(S,TargetPlace)`` with an array of one element.
  ///
  /// The corresponding C functions are `MPI_Put` and `MPI_Win_flush` (MPI 3.1 §11.3.1).
  @inlinable @inline(__always) @_disfavoredOverload
  public func put(_ value: Element, at position: Int) throws {
    unsafe try withTemporary(value, count: 1) { (one) throws in
      try unsafe put(Operand(one), position)
    }
  }

  /// Reads elements of the target's part of the window.
  ///
  /// - Parameters:
  ///   - storage: Room for as many elements as are read.
  ///   - place: Where they come from in the target's part: from a position on, or from a layout's places.
  /// - Throws: As ``put(_:at:)-(S,TargetPlace)``.
  ///
  /// The corresponding C functions are `MPI_Get` and `MPI_Win_flush_local` (MPI 3.1 §11.3.2).
  @inlinable @inline(__always)
  public func get<R: Incoming & ~Copyable & ~Escapable>(
    into storage: inout R, at place: some TargetPlace = 0
  ) throws where R.Element == Element {
    try get(storage.incoming, place)
  }

  /// Reads elements of the target's part of the window into what a view shows.
  ///
  /// As ``get(into:at:)-(R,TargetPlace)``.
  ///
  /// The corresponding C functions are `MPI_Get` and `MPI_Win_flush_local` (MPI 3.1 §11.3.2).
  @inlinable @inline(__always)
  public func get<V: IncomingView & ~Copyable & ~Escapable>(
    into view: consuming V, at place: some TargetPlace = 0
  ) throws where V.Element == Element {
    try get(view.incoming, place)
  }

  /// Reads one element of the target's part of the window.
  ///
  /// - Throws: As ``put(_:at:)-(S,TargetPlace)``.
  ///
  /// The corresponding C functions are `MPI_Get` and `MPI_Win_flush_local` (MPI 3.1 §11.3.2).
  @inlinable @inline(__always)
  public func get(at position: Int) throws -> Element {
    try withOneElement { (buffer) throws in try get(Operand(buffer), position) }
  }

  /// Reads elements of the target's part of the window, to a new array.
  ///
  /// - Throws: As ``put(_:at:)-(S,TargetPlace)``.
  /// - Precondition: `count` is not negative.
  ///
  /// The corresponding C functions are `MPI_Get` and `MPI_Win_flush_local` (MPI 3.1 §11.3.2).
  @inlinable
  public func get(count: Int, at place: some TargetPlace = 0) throws -> [Element] {
    precondition(count >= 0, "\(count) elements of a window")
    return try Array(receiving: count) { (buffer) throws in try get(Operand(buffer), place) }
  }

  /// Combines elements with those of the target's part, which take the results: each in one atomic
  /// step.
  ///
  /// - Parameters:
  ///   - elements: The operands.
  ///   - reduction: A predefined one, or ``Reduction/replace``.
  ///   - place: Which elements of the target's part: those from a position on, or those that a layout names.
  /// - Throws: ``MPIError/Code/invalidReduction`` for a function of the program's,
  ///   ``MPIError/Code/oneSidedRange`` for elements outside the target's part.
  ///
  /// The corresponding C functions are `MPI_Accumulate` and `MPI_Win_flush` (MPI 3.1 §11.3.4).
  @inlinable @inline(__always)
  public func accumulate<S: Outgoing & ~Copyable & ~Escapable>(
    _ elements: borrowing S, _ reduction: Reduction<Element>, at place: some TargetPlace = 0
  ) throws where S.Element == Element {
    try accumulate(elements.operand, reduction, place)
  }

  /// Combines one element with one of the target's part, which takes the result.
  ///
  /// As ``accumulate(_:_:at:)-(S,_,TargetPlace)`` with an array of one element.
  ///
  /// The corresponding C functions are `MPI_Accumulate` and `MPI_Win_flush` (MPI 3.1 §11.3.4).
  @inlinable @inline(__always) @_disfavoredOverload
  public func accumulate(
    _ value: Element, _ reduction: Reduction<Element>, at position: Int
  ) throws {
    unsafe try withTemporary(value, count: 1) { (one) throws in
      try unsafe accumulate(Operand(one), reduction, position)
    }
  }

  /// Combines elements with those of the target's part, and reads what was there before: each in one
  /// atomic step.
  ///
  /// - Parameters:
  ///   - elements: The operands; with ``Reduction/noOp`` they do not matter.
  ///   - reduction: A predefined one, ``Reduction/replace`` or ``Reduction/noOp``.
  ///   - storage: Room for as many elements.
  ///   - place: Which elements of the target's part.
  /// - Throws: As ``accumulate(_:_:at:)-(S,_,TargetPlace)``.
  /// - Precondition: There is room for as many elements as are given; where that is laid out, for exactly as many.
  ///
  /// The corresponding C functions are `MPI_Get_accumulate` and `MPI_Win_flush` (MPI 3.1 §11.3.4).
  @inlinable
  public func getAccumulate<
    S: Outgoing & ~Copyable & ~Escapable, R: Incoming & ~Copyable & ~Escapable
  >(
    _ elements: borrowing S, _ reduction: Reduction<Element>, into storage: inout R,
    at place: some TargetPlace = 0
  ) throws where S.Element == Element, R.Element == Element {
    try getAccumulate(elements.operand, reduction, storage.incoming, place)
  }

  /// Combines elements with those of the target's part, and reads what was there before into what a view shows.
  ///
  /// As ``getAccumulate(_:_:into:at:)-(_,_,R,_)``.
  ///
  /// The corresponding C functions are `MPI_Get_accumulate` and `MPI_Win_flush` (MPI 3.1 §11.3.4).
  @inlinable
  public func getAccumulate<
    S: Outgoing & ~Copyable & ~Escapable, V: IncomingView & ~Copyable & ~Escapable
  >(
    _ elements: borrowing S, _ reduction: Reduction<Element>, into view: consuming V,
    at place: some TargetPlace = 0
  ) throws where S.Element == Element, V.Element == Element {
    try getAccumulate(elements.operand, reduction, view.incoming, place)
  }

  @inlinable @inline(__always)
  func put(_ elements: borrowing Operand, _ place: some TargetPlace) throws {
    let place = place._elements(of: Element.self)
    try run(window.access(.put, elements, rank, place, of: Element.self, "MPI_Put"))
    try flush()
    withExtendedLifetime(place) {}
  }

  @inlinable @inline(__always)
  func get(_ elements: borrowing Operand, _ place: some TargetPlace) throws {
    let place = place._elements(of: Element.self)
    try run(window.access(.get, elements, rank, place, of: Element.self, "MPI_Get"))
    try flushLocally()
    withExtendedLifetime(place) {}
  }

  @inlinable @inline(__always)
  func accumulate(
    _ elements: borrowing Operand, _ reduction: Reduction<Element>, _ place: some TargetPlace
  ) throws {
    let place = place._elements(of: Element.self)
    try run(window.access(accumulating: elements, reduction, rank, place, "MPI_Accumulate"))
    try flush()
    withExtendedLifetime(place) {}
  }

  @inlinable
  func getAccumulate(
    _ elements: borrowing Operand, _ reduction: Reduction<Element>, _ result: borrowing Operand,
    _ place: some TargetPlace
  ) throws {
    let place = place._elements(of: Element.self)
    try run(
      window.access(fetching: result, elements, reduction, rank, place, "MPI_Get_accumulate"))
    try flush()
    withExtendedLifetime(place) {}
  }
}

extension LockedTarget {
  /// Begins an operation that the caller completes.
  @inlinable @inline(__always)
  func run(_ access: Access) throws {
    if let completion = try window.start(access) {
      try flushNow(rank, window.raw, window.communicator, completion)
    }
  }
}

extension Operand {
  /// One element that stays at its place.
  @inlinable @inline(__always)
  init<T: Datatype>(_ one: UnsafeMutablePointer<T>) {
    unsafe self.init(RawBuffer(address: one, count: 1, datatype: T.mpiDatatype))
  }
}

/// Completes an operation that has a type of its own, for a large count, before that is freed.
@usableFromInline @inline(never)
func flushNow(
  _ rank: Int, _ window: RawWindow, _ communicator: RawCommunicator, _ completion: Completion
) throws {
  try check(MPI_Win_flush(CInt(rank), window), "MPI_Win_flush", of: window, on: communicator)
  completion.finish()
}

/// A value that `fill` writes, through a buffer of MPI's.
@inlinable @inline(__always)
func withOneElement<T: Datatype>(
  _ fill: (RawBuffer) throws -> Void
) throws -> T {
  try unsafe withUnsafeTemporaryAllocation(of: T.self, capacity: 1) {
    storage -> Result<T, any Error> in
    // Padding is not written by MPI.
    unsafe UnsafeMutableRawBufferPointer(storage).initializeMemory(as: UInt8.self, repeating: 0)
    do {
      let buffer = unsafe RawBuffer(
        address: UnsafeMutableRawPointer(storage.baseAddress), count: 1, datatype: T.mpiDatatype)
      try fill(buffer)
      buffer.normalize()
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
  /// - Throws: As ``accumulate(_:_:at:)-(S,_,TargetPlace)``.
  ///
  /// The corresponding C functions are `MPI_Fetch_and_op` and `MPI_Win_flush` (MPI 3.1 §11.3.4).
  @inlinable @inline(__always) @discardableResult
  public func fetchAndReduce(
    _ value: Element, _ reduction: Reduction<Element>, at position: Int = 0
  ) throws -> Element {
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
  ) throws -> Element {
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
  ) throws -> T {
    unsafe try withTemporary(value, count: 2) { (values) throws -> T in
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
  ) throws -> T {
    unsafe try withTemporary(expected, count: 3) { (values) throws -> T in
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
  _ value: T, count: Int, _ body: (UnsafeMutablePointer<T>) throws -> Result
) throws -> Result {
  try unsafe withUnsafeTemporaryAllocation(of: T.self, capacity: count) {
    storage -> Swift.Result<Result, any Error> in
    unsafe storage.initialize(repeating: value)
    guard let base = storage.baseAddress else { fatalError("no memory on the stack") }
    do {
      return .success(try unsafe body(base))
    } catch {
      return .failure(error)
    }
  }.get()
}
