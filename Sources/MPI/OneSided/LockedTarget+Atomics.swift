public import CMPI

/// A type that the library updates atomically in one call: the integers of 8 to 64 bits, `Float`,
/// `Double` and `Bool`.
public protocol AtomicDatatype: Datatype, BitwiseCopyable {}

extension Int8: AtomicDatatype {}
extension Int16: AtomicDatatype {}
extension Int32: AtomicDatatype {}
extension Int64: AtomicDatatype {}
extension Int: AtomicDatatype {}
extension UInt8: AtomicDatatype {}
extension UInt16: AtomicDatatype {}
extension UInt32: AtomicDatatype {}
extension UInt64: AtomicDatatype {}
extension UInt: AtomicDatatype {}
extension Float: AtomicDatatype {}
extension Double: AtomicDatatype {}
extension Bool: AtomicDatatype {}

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
