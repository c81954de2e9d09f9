/// A type whose values MPI can carry.
///
/// The integers, `Float16`, `Float`, `Double`, `Bool`, SIMD vectors, `Complex`, ``Located`` and
/// `InlineArray`s of these conform. A structure of your own conforms by saying so:
///
///     struct Particle: Datatype {
///       var position: SIMD3<Double>
///       var mass: Double
///       var species: Int32
///     }
///
/// The default implementation asks the type for its stored properties, each of which must be a
/// `Datatype`, an enumeration without associated values, or an optional or a tuple of such; a property
/// that is none of these traps at the first use, with its name. Padding between properties is never
/// sent. What comes back as a `Bool` is `true` or `false`, whatever the bits were; bits that are no case
/// of an enumeration, and no optional, throw ``MPIError/Code/conversion``.
///
/// Only a structure that is `BitwiseCopyable` gets this implementation; one that holds a string,
/// say, does not compile. (A public structure must name both protocols.) `BitwiseCopyable` alone
/// would also admit pointers, whose bits mean nothing to another process. A structure with a `Complex`
/// property says `static let mpiDatatype = DatatypeHandle(structure: Self.self)`.
///
/// An enumeration without associated values conforms by saying so, too: `enum Command: UInt8, Datatype`.
///
/// - Note: The layout of a structure is looked up in a table at each call (some nanoseconds, no
///   lock). A type that is sent in the innermost loop can keep its own:
///   `static let mpiDatatype = DatatypeHandle(structure: Self.self)`.
public protocol Datatype: Sendable {
  /// What describes this type to MPI.
  static var mpiDatatype: DatatypeHandle { get }
}

extension Datatype where Self: BitwiseCopyable {
  /// The description of this structure by its stored properties.
  ///
  /// - Precondition: `Self` is a structure, and all its stored properties are of types that conform
  ///   to ``Datatype``.
  public static var mpiDatatype: DatatypeHandle { StructureCache.shared.handle(for: Self.self) }
}

extension Datatype {
  /// What the compiler finds where a type is not `BitwiseCopyable`.
  @available(
    *, unavailable,
    message:
      "a Datatype holds only numbers, Bools, SIMD vectors, InlineArrays and such structures: one with an array or a string is sent by send(encoding:to:); one with a Complex says: static let mpiDatatype = DatatypeHandle(structure: Self.self); a public one is also BitwiseCopyable by saying so"
  )
  @_disfavoredOverload
  public static var mpiDatatype: DatatypeHandle { fatalError("unavailable") }
}
