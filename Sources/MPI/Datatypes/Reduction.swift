public import CMPI

/// How elements of different ranks are combined into one: a sum, a maximum, or a function of yours.
///
///     let total = try world.allReduce(mass, .sum)
///     let worst = try world.allReduce(Located(error, at: world.rank), .maxLocation)
///     let merged = try world.allReduce(box, Reduction { a, b in a.union(b) })
///
/// The predefined ones exist for the types they are defined for, and only for those: `.bitwiseOr`
/// of `Double` does not compile.
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
    // As many as the element has room for: `SIMD3` has the space of four, whose last is computed in
    // vain.
    width = MemoryLayout<Element>.stride / MemoryLayout<Scalar>.stride * scalar.width
    function = scalar.function
  }

  /// Combines elements with a function.
  ///
  /// The function must be associative. It may capture what it likes, and there may be any number of
  /// such reductions. To be called again and again, keep the reduction rather than the function: it
  /// is described to MPI once, when it is made.
  ///
  /// - Parameters:
  ///   - commutative: Whether the order of the two elements does not matter, which lets the library
  ///     combine what comes first. If not, the first element is always that of the lower ranks.
  ///   - combine: Combines two elements.
  /// - Precondition: MPI is initialized.
  ///
  /// The corresponding C functions are `MPI_Op_create` and `MPI_Op_free` (MPI 3.1 §5.9.5).
  public init(
    commutative: Bool = true, _ combine: @escaping @Sendable (Element, Element) -> Element
  ) {
    let function = ReductionFunction(Element.self, combine)
    raw = commutative ? ReductionFunction.commutative.raw : ReductionFunction.ordered.raw
    datatype = unsafe DatatypeHandle(
      function.datatype.raw, structure: Element.mpiDatatype.structure)
    width = 1
    self.function = function
  }

  /// Elements as this operation takes them.
  @inlinable @inline(__always)
  func operand(_ buffer: RawBuffer) -> RawBuffer {
    unsafe RawBuffer(address: buffer.address, count: buffer.count * width, datatype: datatype)
  }
}

// It is a few handles, and a function that is sendable.
extension Reduction: @unchecked Sendable {}

extension Reduction where Element == Bool {
  /// Whether all are true.
  ///
  /// The corresponding C constant is `MPI_LAND`.
  @inlinable public static var logicalAnd: Reduction { Reduction(predefined: CMPI_LAND) }

  /// Whether any is true.
  ///
  /// The corresponding C constant is `MPI_LOR`.
  @inlinable public static var logicalOr: Reduction { Reduction(predefined: CMPI_LOR) }

  /// Whether an odd number is true.
  ///
  /// The corresponding C constant is `MPI_LXOR`.
  @inlinable public static var logicalXor: Reduction { Reduction(predefined: CMPI_LXOR) }
}
