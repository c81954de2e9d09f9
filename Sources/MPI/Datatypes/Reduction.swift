internal import CMPI

/// How elements of different ranks are combined into one: a sum, a maximum, or a function of yours.
///
///     let total = try world.allReduce(mass, .sum)
///     let worst = try world.allReduce(Located(error, at: world.rank), .maxLocation)
///     let merged = try world.allReduce(box, Reduction { a, b in a.union(b) })
///
/// The predefined ones exist for the types they are defined for, and only for those: `.bitwiseOr` of `Double` does not
/// compile.
///
/// The corresponding C type is `MPI_Op` (MPI 3.1 §5.9).
@safe public struct Reduction<Element: Datatype> {
  @usableFromInline let raw: RawOperation
  /// The type that the operation is applied to, which is not always that of the elements.
  @usableFromInline let datatype: DatatypeHandle
  /// How many of that type an element is.
  @usableFromInline let width: Int
  @usableFromInline let function: ReductionFunction?

  /// An operation of the library's.
  @inlinable @inline(__always)
  init(predefined raw: RawOperation) {
    self.raw = raw
    datatype = Element.mpiDatatype
    width = 1
    function = nil
  }

  /// An operation on the scalars that an element consists of.
  @inlinable @inline(__always)
  init<Scalar: Datatype>(onScalars scalar: Reduction<Scalar>) {
    raw = scalar.raw
    datatype = scalar.datatype
    // As many as the element has room for: `SIMD3` has the space of four, whose last is computed in vain.
    width = MemoryLayout<Element>.stride / MemoryLayout<Scalar>.stride * scalar.width
    function = scalar.function
  }

  /// Combines elements with a function.
  ///
  /// The function must be associative. It may capture what it likes, and there may be any number of such reductions. To
  /// be called again and again, keep the reduction rather than the function: it is described to MPI once, when it is
  /// made.
  ///
  /// - Parameters:
  ///   - commutative: Whether the order of the two elements does not matter, which lets the library combine what comes
  ///     first. If not, the first element is always that of the lower ranks.
  ///   - combine: Combines two elements.
  /// - Precondition: MPI is initialized.
  ///
  /// The corresponding C function is `MPI_Op_create` (MPI 3.1 §5.9.5).
  public init(
    commutative: Bool = true, _ combine: @escaping @Sendable (Element, Element) -> Element
  ) {
    let function = ReductionFunction(Element.self, combine)
    raw = commutative ? ReductionFunction.commutative.raw : ReductionFunction.ordered.raw
    datatype = DatatypeHandle(function.datatype, structure: Element.mpiDatatype.structure)
    width = 1
    self.function = function
  }

  /// Elements as this operation takes them.
  @inlinable @inline(__always)
  func operand(_ buffer: RawBuffer) -> RawBuffer {
    unsafe RawBuffer(address: buffer.address, count: buffer.count * width, datatype: datatype)
  }
}

/// A function of Swift's as an operation of MPI's.
///
/// C calls a plain function with two buffers, a count and a datatype, and no room for a context; a closure needs one.
/// The datatype carries it: each function has a duplicate of its elements' type, with an attribute that leads back
/// here. So there are only two operations, and no limit on the number of closures.
@safe @usableFromInline
final class ReductionFunction: @unchecked Sendable {
  private let combine: (UnsafeMutableRawPointer, UnsafeMutableRawPointer, Int) -> Void
  let datatype: RawDatatype

  init<T: Datatype>(_ type: T.Type, _ combine: @escaping @Sendable (T, T) -> T) {
    precondition(isRunning, "a Reduction was made while MPI is not running")
    unsafe self.combine = { left, right, count in
      // The standard's order: the first buffer holds the lower ranks' elements, the second takes the results.
      let left = unsafe left.assumingMemoryBound(to: T.self)
      let right = unsafe right.assumingMemoryBound(to: T.self)
      for index in 0..<count { unsafe right[index] = unsafe combine(left[index], right[index]) }
    }
    var copy = CMPI_DATATYPE_NULL as RawDatatype
    let code = unsafe MPI_Type_dup(T.mpiDatatype.raw, &copy)
    precondition(code == MPI_SUCCESS, "MPI could not duplicate the datatype of \(type)")
    datatype = copy
    let code2 = unsafe MPI_Type_set_attr(
      copy, ReductionFunction.key, Unmanaged.passUnretained(self).toOpaque())
    precondition(code2 == MPI_SUCCESS, "MPI could not attach a function to a datatype")
  }

  deinit {
    if isRunning { releaseDatatype(datatype) }
  }

  /// The operation for functions whose operands may change places, and that for others.
  @usableFromInline static let commutative = Operation(commutes: true)
  @usableFromInline static let ordered = Operation(commutes: false)

  @usableFromInline
  struct Operation: @unchecked Sendable {
    @usableFromInline let raw: RawOperation

    init(commutes: Bool) {
      var raw = CMPI_OP_NULL as RawOperation
      let code = unsafe MPI_Op_create(
        { left, right, count, datatype in
          unsafe ReductionFunction.call(left, right, count, datatype)
        }, commutes ? 1 : 0, &raw)
      precondition(code == MPI_SUCCESS, "MPI could not make an operation")
      self.raw = raw
    }
  }

  private static let key: CInt = {
    var key: CInt = 0
    let code = unsafe MPI_Type_create_keyval(
      CMPI_TYPE_NULL_COPY_FN, CMPI_TYPE_NULL_DELETE_FN, &key, nil)
    precondition(code == MPI_SUCCESS, "MPI could not make an attribute")
    return key
  }()

  private static func call(
    _ left: UnsafeMutableRawPointer?, _ right: UnsafeMutableRawPointer?,
    _ count: UnsafeMutablePointer<CInt>?, _ datatype: UnsafeMutablePointer<RawDatatype>?
  ) {
    var context: UnsafeMutableRawPointer?
    var found: CInt = 0
    guard let left = unsafe left, let right = unsafe right, let count = unsafe count,
      let datatype = unsafe datatype,
      unsafe MPI_Type_get_attr(datatype.pointee, key, &context, &found) == MPI_SUCCESS,
      found != 0, let context = unsafe context
    else {
      preconditionFailure("MPI called a reduction with a datatype that is not its own")
    }
    // The caller of the collective, or its request, holds the function until the operation is complete.
    unsafe Unmanaged<ReductionFunction>.fromOpaque(context)._withUnsafeGuaranteedRef {
      unsafe $0.combine(left, right, Int(count.pointee))
    }
  }
}
