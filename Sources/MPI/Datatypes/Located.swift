public import CMPI

/// A value, and where it was found: a rank, or an index.
///
/// With ``Reduction/minLocation`` and ``Reduction/maxLocation``, ranks agree on who has the least
/// or greatest value.
///
///     let slowest = try world.allReduce(Located(seconds, at: world.rank), .maxLocation)
///     print("rank \(slowest.location) took \(slowest.value) s")
///
/// Its memory is that of MPI's pairs, such as `MPI_DOUBLE_INT` (MPI 3.1 §5.9.4).
public struct Located<Value: LocatableDatatype>: Datatype, BitwiseCopyable, Hashable {
  /// The value.
  public var value: Value

  /// C's int, as MPI's pairs have it.
  private var rawLocation: CInt

  /// Where the value was found.
  public var location: Int { Int(rawLocation) }

  /// Notes where a value was found.
  ///
  /// - Precondition: The location is representable in 32 bits.
  public init(_ value: Value, at location: Int) {
    self.value = value
    guard let rawLocation = CInt(exactly: location) else {
      preconditionFailure("the location \(location) has more than 32 bits")
    }
    self.rawLocation = rawLocation
  }

  /// MPI's pair of the value's type.
  @inlinable public static var mpiDatatype: DatatypeHandle { Value.locatedDatatype }
}

extension Located: CustomStringConvertible {
  /// Value and location.
  public var description: String { "\(value) at \(location)" }
}

/// A type whose least and greatest value MPI can locate: `Int16`, `Int32`, `Int`, `Int64`, `Float`,
/// `Double`.
public protocol LocatableDatatype: Datatype, BitwiseCopyable, Hashable {
  /// MPI's pair of this type and an int.
  static var locatedDatatype: DatatypeHandle { get }
}

extension Int16: LocatableDatatype {
  /// `MPI_SHORT_INT`.
  @inlinable public static var locatedDatatype: DatatypeHandle {
    DatatypeHandle(CMPI_SHORT_INT)
  }
}

extension Int32: LocatableDatatype {
  /// `MPI_2INT`.
  @inlinable public static var locatedDatatype: DatatypeHandle { DatatypeHandle(CMPI_2INT) }
}

extension Int64: LocatableDatatype {
  /// `MPI_LONG_INT`.
  @inlinable public static var locatedDatatype: DatatypeHandle {
    DatatypeHandle(CMPI_LONG_INT)
  }
}

extension Int: LocatableDatatype {
  /// `MPI_LONG_INT`.
  @inlinable public static var locatedDatatype: DatatypeHandle {
    DatatypeHandle(CMPI_LONG_INT)
  }
}

extension Float: LocatableDatatype {
  /// `MPI_FLOAT_INT`.
  @inlinable public static var locatedDatatype: DatatypeHandle {
    DatatypeHandle(CMPI_FLOAT_INT)
  }
}

extension Double: LocatableDatatype {
  /// `MPI_DOUBLE_INT`.
  @inlinable public static var locatedDatatype: DatatypeHandle {
    DatatypeHandle(CMPI_DOUBLE_INT)
  }
}

/// What ``Reduction/minLocation`` is defined for: every ``Located``.
///
/// Swift has no constraint "some `Located`" on an extension, so the type says it through a
/// protocol.
public protocol LocatedDatatype: Datatype {}

extension Located: LocatedDatatype {}

extension Reduction where Element: LocatedDatatype {
  /// The least value, and where it is; of equal values, the lowest location.
  ///
  /// The corresponding C constant is `MPI_MINLOC`.
  @inlinable public static var minLocation: Reduction { Reduction(predefined: CMPI_MINLOC) }

  /// The greatest value, and where it is; of equal values, the lowest location.
  ///
  /// The corresponding C constant is `MPI_MAXLOC`.
  @inlinable public static var maxLocation: Reduction { Reduction(predefined: CMPI_MAXLOC) }
}
