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
/// `Datatype`; a property that is not one traps at the first use, with its name. Padding between
/// properties is never sent, and what comes back as a `Bool` is `true` or `false`, whatever the
/// bits were.
///
/// Only a structure that is `BitwiseCopyable` gets this implementation; one that holds a string,
/// say, does not compile. (A public structure must name both protocols.) `BitwiseCopyable` alone
/// would also admit pointers and optionals, whose bits mean nothing to another process.
/// Enumerations are not datatypes, since not all bits are a case: send their raw values.
///
/// - Note: The layout of a structure is looked up in a table at each call (some nanoseconds, no
///   lock). A type that is sent in the innermost loop can keep its own:
///   `static let mpiDatatype = DatatypeHandle(structure: Particle.self)`.
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
