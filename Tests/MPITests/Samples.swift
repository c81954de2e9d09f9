import ComplexModule
import MPI
import Testing

/// A type that tests carry: every number stands for a value, and neighboring numbers for different ones.
protocol Sample: Datatype, Equatable {
  static func sample(_ number: Int) -> Self
  /// The bytes that travel for one value: without padding.
  static var byteCount: Int { get }
}

extension Sample {
  static var byteCount: Int { MemoryLayout<Self>.size }
}

extension Sample where Self: FixedWidthInteger {
  // Odd, so that the lowest bits differ, and large, so that the highest are in use.
  static func sample(_ number: Int) -> Self {
    Self(truncatingIfNeeded: number) &* Self(truncatingIfNeeded: 0x5BD1_E995_97C4_A7C5 as UInt64)
  }
}

extension Sample where Self: BinaryFloatingPoint {
  static func sample(_ number: Int) -> Self { Self(number % 1000) + 0.5 }
}

extension Int8: Sample {}
extension Int16: Sample {}
extension Int32: Sample {}
extension Int64: Sample {}
extension Int: Sample {}
extension UInt8: Sample {}
extension UInt16: Sample {}
extension UInt32: Sample {}
extension UInt64: Sample {}
extension UInt: Sample {}
extension Float16: Sample {}
extension Float: Sample {}
extension Double: Sample {}

extension Int128: Sample {
  static func sample(_ number: Int) -> Self { Int128(number) << 70 - Int128(number) }
}

extension UInt128: Sample {
  static func sample(_ number: Int) -> Self {
    UInt128(truncatingIfNeeded: number) << 90 + UInt128(truncatingIfNeeded: number)
  }
}

extension Bool: Sample {
  static func sample(_ number: Int) -> Self { !number.isMultiple(of: 3) }
}

extension Complex: Sample where RealType: Sample {
  static func sample(_ number: Int) -> Self { Complex(.sample(number), .sample(number + 1)) }
}

extension Located: Sample where Value: Sample {
  static func sample(_ number: Int) -> Self { Located(.sample(number), at: number) }
  static var byteCount: Int { MemoryLayout<Value>.size + 4 }
}

/// A vector whose scalars are samples.
protocol SampleVector: Sample, SIMD where Scalar: Sample {}

extension SampleVector {
  static func sample(_ number: Int) -> Self {
    var result = Self()
    for index in result.indices { result[index] = .sample(number + index) }
    return result
  }
  static var byteCount: Int { scalarCount * MemoryLayout<Scalar>.size }
}

extension SIMD2: Sample, SampleVector where Scalar: Sample {}
extension SIMD3: Sample, SampleVector where Scalar: Sample {}
extension SIMD4: Sample, SampleVector where Scalar: Sample {}
extension SIMD8: Sample, SampleVector where Scalar: Sample {}
extension SIMD16: Sample, SampleVector where Scalar: Sample {}
extension SIMD32: Sample, SampleVector where Scalar: Sample {}
extension SIMD64: Sample, SampleVector where Scalar: Sample {}

/// Padding inside, and at the end: 1 + 7, 8, 2 + 6 bytes.
struct Padded: Sample {
  var kind: UInt8
  var mass: Double
  var charge: Int16

  static func sample(_ number: Int) -> Padded {
    Padded(kind: .sample(number), mass: .sample(number), charge: .sample(number))
  }
  static var byteCount: Int { 11 }
}

/// A property lies in the space behind the end of the one before it, which Swift makes use of.
struct Nested: Sample {
  struct Inner: Sample {
    var number: Int32
    var flag: Bool
    static func sample(_ number: Int) -> Inner {
      Inner(number: .sample(number), flag: .sample(number))
    }
    static var byteCount: Int { 5 }
  }

  var inner: Inner
  var small: UInt8
  var vector: SIMD3<Float>
  var pair: InlineArray<2, Inner>
  var last: Bool

  static func sample(_ number: Int) -> Nested {
    Nested(
      inner: .sample(number), small: .sample(number), vector: .sample(number),
      pair: [.sample(number + 1), .sample(number + 2)], last: .sample(number + 3))
  }
  static var byteCount: Int { 5 + 1 + 12 + 10 + 1 }

  static func == (x: Nested, y: Nested) -> Bool {
    x.inner == y.inner && x.small == y.small && x.vector == y.vector && x.last == y.last
      && (0..<2).allSatisfy { x.pair[$0] == y.pair[$0] }
  }
}

/// A type that keeps its own description.
struct Kept: Sample {
  var position: SIMD3<Double>
  var phase: InlineArray<2, Float>
  var species: Int32
  static let mpiDatatype = DatatypeHandle(structure: Kept.self)

  static func sample(_ number: Int) -> Kept {
    Kept(position: .sample(number), phase: [.sample(number), 1], species: .sample(number))
  }
  static var byteCount: Int { 24 + 8 + 4 }

  static func == (x: Kept, y: Kept) -> Bool {
    x.position == y.position && x.species == y.species
      && x.phase[0] == y.phase[0] && x.phase[1] == y.phase[1]
  }
}

/// A generic structure: one description for each of its arguments.
struct Pair<First: Sample & BitwiseCopyable, Second: Sample & BitwiseCopyable>: Sample,
  BitwiseCopyable
{
  var first: First
  var second: Second

  static func sample(_ number: Int) -> Pair {
    Pair(first: .sample(number), second: .sample(number))
  }
  static var byteCount: Int { First.byteCount + Second.byteCount }
}

/// An array of fixed length as a property.
struct Row: Sample {
  var cells: InlineArray<5, UInt16>
  var extremes: InlineArray<3, Located<Double>>

  static func sample(_ number: Int) -> Row {
    Row(
      cells: [.sample(number), .sample(number + 1), .sample(2), .sample(3), .sample(4)],
      extremes: [.sample(number), .sample(1), .sample(2)])
  }
  static var byteCount: Int { 10 + 36 }

  static func == (x: Row, y: Row) -> Bool {
    (0..<5).allSatisfy { x.cells[$0] == y.cells[$0] }
      && (0..<3).allSatisfy { x.extremes[$0] == y.extremes[$0] }
  }
}

/// One property only.
struct Wrapper: Sample {
  var value: Double
  static func sample(_ number: Int) -> Wrapper { Wrapper(value: .sample(number)) }
}
