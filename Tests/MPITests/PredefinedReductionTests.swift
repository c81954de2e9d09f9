import ComplexModule
import MPI
import RealModule
import Testing

protocol WholeNumber: ArithmeticDatatype, OrderedDatatype, FixedWidthInteger, Sample {}
protocol BitwiseNumber: WholeNumber, BitwiseDatatype {}
protocol FloatingPointSample: ArithmeticDatatype, OrderedDatatype, BinaryFloatingPoint, Sample {}
protocol LocatableSample: LocatableDatatype, Sample, Comparable {}

extension Int8: BitwiseNumber {}
extension Int16: BitwiseNumber, LocatableSample {}
extension Int32: BitwiseNumber, LocatableSample {}
extension Int64: BitwiseNumber, LocatableSample {}
extension Int: BitwiseNumber, LocatableSample {}
extension UInt8: BitwiseNumber {}
extension UInt16: BitwiseNumber {}
extension UInt32: BitwiseNumber {}
extension UInt64: BitwiseNumber {}
extension UInt: BitwiseNumber {}
extension Int128: WholeNumber {}
extension UInt128: WholeNumber {}
extension Float16: FloatingPointSample {}
extension Float: FloatingPointSample, LocatableSample {}
extension Double: FloatingPointSample, LocatableSample {}

@Suite("Predefined reductions (MPI 3.1 §5.9.2)") struct PredefinedReductionTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  static let integers: [any BitwiseNumber.Type] = [
    Int8.self, Int16.self, Int32.self, Int64.self, Int.self,
    UInt8.self, UInt16.self, UInt32.self, UInt64.self, UInt.self,
  ]
  static let wide: [any WholeNumber.Type] = [Int128.self, UInt128.self]
  static let fractions: [any FloatingPointSample.Type] = [Float16.self, Float.self, Double.self]

  /// Every rank's operands, and what combining them one rank after the other gives.
  func check<T: Sample>(
    _ reduction: Reduction<T>, _ name: String, count: Int = 33,
    sample: (Int, Int) -> T = { T.sample(13 * $0 + $1 + 1) }, _ serial: (T, T) -> T
  ) throws {
    let mine = (0..<count).map { sample(world.rank, $0) }
    let combined = try world.allReduce(mine.span, reduction)
    let one = try world.scan(mine[0], reduction)
    let expected = (0..<count).map { index in
      (1..<world.size).reduce(sample(0, index)) { serial($0, sample($1, index)) }
    }
    let first = (0..<world.rank + 1).dropFirst().reduce(sample(0, 0)) { serial($0, sample($1, 0)) }
    #expect(combined == expected, "\(name) of \(T.self)")
    #expect(one == first, "\(name) of \(T.self)")
  }

  private func checkArithmetic<T: WholeNumber>(_ type: T.Type) throws {
    // Sums and products of up to seven that no type is too small for.
    try check(Reduction<T>.sum, "sum", sample: { T($0 + $1 % 5) }) { $0 + $1 }
    try check(Reduction<T>.product, "product", sample: { T(($0 + $1) % 2 + 1) }) { $0 * $1 }
    try check(Reduction<T>.min, "min") { min($0, $1) }
    try check(Reduction<T>.max, "max") { max($0, $1) }
  }

  /// Sums of 8 and 16 bits that overflow are the library's choice: Open MPI 4.1 saturates some of them.
  @Test("Products, and sums from 32 bits on, wrap around", arguments: integers)
  func overflow(_ type: any BitwiseNumber.Type) throws { try checkOverflow(type) }

  private func checkOverflow<T: WholeNumber>(_ type: T.Type) throws {
    if T.bitWidth >= 32 { try check(Reduction<T>.sum, "sum") { $0 &+ $1 } }
    try check(Reduction<T>.product, "product") { $0 &* $1 }
  }

  private func checkBits<T: BitwiseNumber>(_ type: T.Type) throws {
    try check(Reduction<T>.bitwiseAnd, "bitwiseAnd") { $0 & $1 }
    try check(Reduction<T>.bitwiseOr, "bitwiseOr") { $0 | $1 }
    try check(Reduction<T>.bitwiseXor, "bitwiseXor") { $0 ^ $1 }
  }

  @Test("Integers", arguments: integers)
  func integer(_ type: any BitwiseNumber.Type) throws {
    try checkArithmetic(type)
    try checkBits(type)
  }

  @Test("Integers of 128 bits, which MPI does not know", arguments: wide)
  func wideInteger(_ type: any WholeNumber.Type) throws {
    try checkArithmetic(type)
    try checkOverflow(type)
  }

  @Test("Floating-point numbers, in values that are exact", arguments: fractions)
  func floatingPoint(_ type: any FloatingPointSample.Type) throws { try checkFraction(type) }

  private func checkFraction<T: FloatingPointSample>(_ type: T.Type) throws {
    try check(Reduction<T>.sum, "sum", sample: { T($0 + 1) * 0.5 + T($1) }) { $0 + $1 }
    // Powers of two: a product is exact.
    try check(
      Reduction<T>.product, "product", sample: { $1.isMultiple(of: 2) ? -2 : T($0 % 2) + 1 }
    ) {
      $0 * $1
    }
    try check(Reduction<T>.min, "min", sample: { T(($0 * 7 + $1) % 5) - 2 }) { min($0, $1) }
    try check(Reduction<T>.max, "max", sample: { T(($0 * 7 + $1) % 5) - 2 }) { max($0, $1) }
  }

  @Test("Complex numbers, in Gaussian integers") func complex() throws {
    try checkComplex(Float.self)
    try checkComplex(Double.self)
    // Computed in Swift, since MPI has no complex type of this width.
    try checkComplex(Float16.self)
  }

  private func checkComplex<T: Real & BinaryFloatingPoint & Sample>(_ type: T.Type) throws {
    let sample = { (rank: Int, index: Int) in
      Complex<T>(T(rank % 2 + 1), T(index % 3 - 1))
    }
    try check(Reduction<Complex<T>>.sum, "sum", sample: sample) { $0 + $1 }
    try check(Reduction<Complex<T>>.product, "product", sample: sample) { $0 * $1 }
  }

  @Test("Vectors, scalar by scalar") func vectors() throws {
    try checkVector(SIMD2<Int32>.self)
    try checkVector(SIMD3<UInt8>.self)
    try checkVector(SIMD4<Int64>.self)
    try checkVector(SIMD8<Int16>.self)
    try checkVector(SIMD16<UInt32>.self)
    try checkVector(SIMD32<Int8>.self)
    try checkVector(SIMD64<UInt16>.self)

    let half = SIMD3<Float>(0.5, -1, Float(world.rank))
    let sum = try world.allReduce(half, .sum)
    let n = Float(world.size)
    #expect(sum == SIMD3(n / 2, -n, n * (n - 1) / 2))
    // Scalars that MPI does not know.
    let small = try world.allReduce(SIMD3<Float16>(1, 2, 3), .sum)
    #expect(small == SIMD3<Float16>(1, 2, 3) * Float16(world.size))
    // Shares of vectors.
    let vectors = (0..<2 * world.size).map { SIMD3<Double>(Double($0), 1, 2) }
    let share = try world.reduceScatter(vectors.span, .sum)
    #expect(
      share
        == (2 * world.rank..<2 * world.rank + 2).map {
          SIMD3<Double>(Double($0), 1, 2) * Double(world.size)
        })
    let parts = Partition(counts: (0..<world.size).map { $0 + 1 })
    let many = [SIMD3<Double>](repeating: SIMD3(1, 2, 3), count: parts.count)
    let varying = try world.reduceScatter(many.span, .sum, counts: parts)
    #expect(
      varying
        == [SIMD3<Double>](
          repeating: SIMD3(1, 2, 3) * Double(world.size), count: world.rank + 1))
  }

  private func checkVector<V: SampleVector & ArithmeticDatatype>(_ type: V.Type) throws
  where V.Scalar: FixedWidthInteger {
    let small = { (rank: Int, index: Int) in
      var result = V()
      for lane in result.indices { result[lane] = V.Scalar(rank + (index + lane) % 5) }
      return result
    }
    try check(Reduction<V>.sum, "sum", count: 5, sample: small) { $0 &+ $1 }
    try check(Reduction<V>.product, "product", count: 5) { $0 &* $1 }
  }

  @Test("Logical operations") func logical() throws {
    for pattern in 0..<8 {
      let sample = { (rank: Int, index: Int) in (rank + index) & pattern == pattern }
      try check(Reduction<Bool>.logicalAnd, "logicalAnd", sample: sample) { $0 && $1 }
      try check(Reduction<Bool>.logicalOr, "logicalOr", sample: sample) { $0 || $1 }
      try check(Reduction<Bool>.logicalXor, "logicalXor", sample: sample) { $0 != $1 }
    }
  }
}

@Suite("The least and the greatest, and where (MPI 3.1 §5.9.4)") struct LocatedTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  static let types: [any LocatableSample.Type] = [
    Int16.self, Int32.self, Int64.self, Int.self, Float.self, Double.self,
  ]

  @Test("Every type of values, with ties", arguments: types)
  func every(_ type: any LocatableSample.Type) throws {
    try locate(type)
  }

  private func locate<T: LocatableSample>(_ type: T.Type) throws {
    // Among 30 columns each rank has one of three values, so that there are ties.
    let number = { (rank: Int, index: Int) in (rank * (index + 1) + index) % 3 + 1 }
    let mine = (0..<30).map { Located<T>(.sample(number(world.rank, $0)), at: world.rank) }
    let least = try world.allReduce(mine.span, .minLocation)
    let greatest = try world.allReduce(mine.span, .maxLocation)
    for index in 0..<30 {
      let column = (0..<world.size).map { T.sample(number($0, index)) }
      // Of equal values, the lowest location: the first one.
      let low = column.indices.min { (column[$0], $0) < (column[$1], $1) }
      let high = column.indices.max { (column[$0], -$0) < (column[$1], -$1) }
      #expect(least[index].location == low)
      #expect(least[index].value == column.min())
      #expect(greatest[index].location == high)
      #expect(greatest[index].value == column.max())
    }
  }

  /// Example 5.17: each process has an array of 30 doubles; for each of them, compute the greatest value over all
  /// processes, and the rank that has it.
  @Test("30 doubles (Example 5.17)") func example() throws {
    let values = { (rank: Int) in (0..<30).map { Double((rank * 31 + $0 * 17) % 101) } }
    let mine = values(world.rank).map { Located($0, at: world.rank) }
    for root in 0..<world.size {
      let found = try world.reduce(mine.span, .maxLocation, to: root)
      #expect((found != nil) == (world.rank == root))
      for (index, element) in (found ?? []).enumerated() {
        let column = (0..<world.size).map { values($0)[index] }
        #expect(element.value == column.max())
        #expect(element.location == column.firstIndex(of: element.value))
      }
    }
  }

  @Test("A pair is a value") func pair() {
    let pair = Located(2.5, at: 7)
    #expect(pair.description == "2.5 at 7")
    #expect(pair == Located(2.5, at: 7))
    #expect(pair != Located(2.5, at: 8))
    #expect(Set([pair, Located(2.5, at: 7)]).count == 1)
    #expect(Located(1, at: -1).location == -1)
  }
}
