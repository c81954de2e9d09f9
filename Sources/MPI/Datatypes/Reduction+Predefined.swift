public import CMPI
public import ComplexModule

/// A type with a sum and a product: the numbers, and vectors of them element by element.
///
/// A type of your own conforms by giving the two reductions, and has `.sum` and `.product` then:
///
///     extension Fraction: ArithmeticDatatype {
///       static var sumReduction: Reduction<Fraction> { .init { $0 + $1 } }
///       static var productReduction: Reduction<Fraction> { .init { $0 * $1 } }
///     }
public protocol ArithmeticDatatype: Datatype {
  /// What ``Reduction/sum`` is for this type.
  static var sumReduction: Reduction<Self> { get }
  /// What ``Reduction/product`` is for this type.
  static var productReduction: Reduction<Self> { get }
}

/// A type with a minimum and a maximum: the integers and floating-point numbers.
public protocol OrderedDatatype: Datatype {
  /// What ``Reduction/min`` is for this type.
  static var minReduction: Reduction<Self> { get }
  /// What ``Reduction/max`` is for this type.
  static var maxReduction: Reduction<Self> { get }
}

/// A type whose bits can be combined: the integers.
public protocol BitwiseDatatype: Datatype {
  /// What ``Reduction/bitwiseAnd`` is for this type.
  static var bitwiseAndReduction: Reduction<Self> { get }
  /// What ``Reduction/bitwiseOr`` is for this type.
  static var bitwiseOrReduction: Reduction<Self> { get }
  /// What ``Reduction/bitwiseXor`` is for this type.
  static var bitwiseXorReduction: Reduction<Self> { get }
}

extension Reduction where Element: ArithmeticDatatype {
  /// The sum. Where it overflows, integers of 32 and 64 bits wrap around, as in C; those of 8 and 16
  /// bits become what the library makes of them (Open MPI 4.1 saturates some of them).
  ///
  /// Floating-point sums depend on the order in which the library adds, and so on the number of
  /// ranks.
  ///
  /// The corresponding C constant is `MPI_SUM`.
  @inlinable public static var sum: Reduction { Element.sumReduction }

  /// The product. Integers wrap around where it overflows, as in C.
  ///
  /// The corresponding C constant is `MPI_PROD`.
  @inlinable public static var product: Reduction { Element.productReduction }
}

extension Reduction where Element: OrderedDatatype {
  /// The least element. What it is where one is NaN, is the library's choice.
  ///
  /// The corresponding C constant is `MPI_MIN`.
  @inlinable public static var min: Reduction { Element.minReduction }

  /// The greatest element. What it is where one is NaN, is the library's choice.
  ///
  /// The corresponding C constant is `MPI_MAX`.
  @inlinable public static var max: Reduction { Element.maxReduction }
}

extension Reduction where Element: BitwiseDatatype {
  /// The bits that are set in all elements.
  ///
  /// The corresponding C constant is `MPI_BAND`.
  @inlinable public static var bitwiseAnd: Reduction { Element.bitwiseAndReduction }

  /// The bits that are set in any element.
  ///
  /// The corresponding C constant is `MPI_BOR`.
  @inlinable public static var bitwiseOr: Reduction { Element.bitwiseOrReduction }

  /// The bits that are set in an odd number of elements.
  ///
  /// The corresponding C constant is `MPI_BXOR`.
  @inlinable public static var bitwiseXor: Reduction { Element.bitwiseXorReduction }
}

// MARK: - The types that the library computes with

extension ArithmeticDatatype where Self: FixedWidthInteger {
  /// `MPI_SUM`.
  @inlinable public static var sumReduction: Reduction<Self> { Reduction(predefined: CMPI_SUM) }
  /// `MPI_PROD`.
  @inlinable public static var productReduction: Reduction<Self> {
    Reduction(predefined: CMPI_PROD)
  }
}

extension ArithmeticDatatype where Self: BinaryFloatingPoint {
  /// `MPI_SUM`.
  @inlinable public static var sumReduction: Reduction<Self> { Reduction(predefined: CMPI_SUM) }
  /// `MPI_PROD`.
  @inlinable public static var productReduction: Reduction<Self> {
    Reduction(predefined: CMPI_PROD)
  }
}

extension OrderedDatatype where Self: Comparable {
  /// `MPI_MIN`.
  @inlinable public static var minReduction: Reduction<Self> { Reduction(predefined: CMPI_MIN) }
  /// `MPI_MAX`.
  @inlinable public static var maxReduction: Reduction<Self> { Reduction(predefined: CMPI_MAX) }
}

extension BitwiseDatatype where Self: FixedWidthInteger {
  /// `MPI_BAND`.
  @inlinable public static var bitwiseAndReduction: Reduction<Self> {
    Reduction(predefined: CMPI_BAND)
  }
  /// `MPI_BOR`.
  @inlinable public static var bitwiseOrReduction: Reduction<Self> {
    Reduction(predefined: CMPI_BOR)
  }
  /// `MPI_BXOR`.
  @inlinable public static var bitwiseXorReduction: Reduction<Self> {
    Reduction(predefined: CMPI_BXOR)
  }
}

extension Int8: ArithmeticDatatype, OrderedDatatype, BitwiseDatatype {}
extension Int16: ArithmeticDatatype, OrderedDatatype, BitwiseDatatype {}
extension Int32: ArithmeticDatatype, OrderedDatatype, BitwiseDatatype {}
extension Int64: ArithmeticDatatype, OrderedDatatype, BitwiseDatatype {}
extension Int: ArithmeticDatatype, OrderedDatatype, BitwiseDatatype {}
extension UInt8: ArithmeticDatatype, OrderedDatatype, BitwiseDatatype {}
extension UInt16: ArithmeticDatatype, OrderedDatatype, BitwiseDatatype {}
extension UInt32: ArithmeticDatatype, OrderedDatatype, BitwiseDatatype {}
extension UInt64: ArithmeticDatatype, OrderedDatatype, BitwiseDatatype {}
extension UInt: ArithmeticDatatype, OrderedDatatype, BitwiseDatatype {}
extension Float: ArithmeticDatatype, OrderedDatatype {}
extension Double: ArithmeticDatatype, OrderedDatatype {}

extension Complex: ArithmeticDatatype where RealType: Datatype {
  /// `MPI_SUM`, for `Float` and `Double`.
  @inlinable public static var sumReduction: Reduction<Self> {
    RealType.self == Double.self || RealType.self == Float.self
      ? Reduction(predefined: CMPI_SUM) : Reduction { $0 + $1 }
  }
  /// `MPI_PROD`, for `Float` and `Double`.
  @inlinable public static var productReduction: Reduction<Self> {
    RealType.self == Double.self || RealType.self == Float.self
      ? Reduction(predefined: CMPI_PROD) : Reduction { $0 * $1 }
  }
}

// MARK: - The types that the standard does not know, which are computed here

/// A reduction that is described to MPI once.
private struct Kept<T: Datatype>: @unchecked Sendable {
  let reduction: Reduction<T>
  init(_ combine: @escaping @Sendable (T, T) -> T) { reduction = Reduction(combine) }
}

#if !((os(macOS) || targetEnvironment(macCatalyst)) && arch(x86_64))
  private let float16Sum = Kept<Float16> { $0 + $1 }
  private let float16Product = Kept<Float16> { $0 * $1 }
  private let float16Min = Kept<Float16> { Swift.min($0, $1) }
  private let float16Max = Kept<Float16> { Swift.max($0, $1) }

  extension Float16: ArithmeticDatatype, OrderedDatatype {
    /// The sum, rounded to half precision at each step.
    public static var sumReduction: Reduction<Self> { float16Sum.reduction }
    /// The product, rounded to half precision at each step.
    public static var productReduction: Reduction<Self> { float16Product.reduction }
    /// The least element.
    public static var minReduction: Reduction<Self> { float16Min.reduction }
    /// The greatest element.
    public static var maxReduction: Reduction<Self> { float16Max.reduction }
  }
#endif

private let int128Sum = Kept<Int128> { $0 &+ $1 }
private let int128Product = Kept<Int128> { $0 &* $1 }
private let int128Min = Kept<Int128> { Swift.min($0, $1) }
private let int128Max = Kept<Int128> { Swift.max($0, $1) }
private let uint128Sum = Kept<UInt128> { $0 &+ $1 }
private let uint128Product = Kept<UInt128> { $0 &* $1 }
private let uint128Min = Kept<UInt128> { Swift.min($0, $1) }
private let uint128Max = Kept<UInt128> { Swift.max($0, $1) }

extension Int128: ArithmeticDatatype, OrderedDatatype {
  /// The sum.
  public static var sumReduction: Reduction<Self> { int128Sum.reduction }
  /// The product.
  public static var productReduction: Reduction<Self> { int128Product.reduction }
  /// The least element.
  public static var minReduction: Reduction<Self> { int128Min.reduction }
  /// The greatest element.
  public static var maxReduction: Reduction<Self> { int128Max.reduction }
}

extension UInt128: ArithmeticDatatype, OrderedDatatype {
  /// The sum.
  public static var sumReduction: Reduction<Self> { uint128Sum.reduction }
  /// The product.
  public static var productReduction: Reduction<Self> { uint128Product.reduction }
  /// The least element.
  public static var minReduction: Reduction<Self> { uint128Min.reduction }
  /// The greatest element.
  public static var maxReduction: Reduction<Self> { uint128Max.reduction }
}
