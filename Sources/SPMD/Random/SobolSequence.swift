/// Sobol's points in the unit cube, plain or scrambled: any point by its index, so that every rank
/// can begin anywhere.
///
///     let points = SobolSequence(dimensions: 3, seed: 1)
///     let x = points.coordinate(1000, of: 12_345)
///
/// The order is that of the Gray code (I. Antonov and V. Saleev, 1979), in which the first 2^m
/// points are the same set as in Sobol's own order. Coordinates are multiples of 2⁻³².
///
/// A seed scrambles each dimension in the way of Owen, by a hash: which bits above are the same
/// decides whether a bit is flipped, so that each dimension is a random permutation of nested
/// intervals, the points keep their uniformity, and each one is uniform in the cube. Sources:
/// A. Owen, *Randomly permuted (t,m,s)-nets and (t,s)-sequences*, 1995; B. Burley, *Practical
/// hash-based Owen scrambling*, J. Computer Graphics Techniques 9(4), 2020, §3; the hash is of the
/// kind of S. Laine and T. Karras, *Stratified sampling for stochastic transparency*, 2011, §4, with
/// the steps of N. Vegdahl, *Building a better LK hash*, 2021.
public struct SobolSequence: Sendable {
  /// How many dimensions the points may have.
  public static var maximumDimensions: Int { SobolDirections.dimensionCount }

  /// The coordinates of a point.
  public let dimensions: Int

  /// 32 words for each dimension, with their bits reversed: the hash works from the lowest bit up.
  private let reversed: [UInt32]
  private let scrambles: [Scramble]?

  /// Creates the sequence.
  ///
  /// - Parameters:
  ///   - dimensions: From 1 to ``maximumDimensions``.
  ///   - seed: Which scrambling, or `nil` for the plain points.
  ///   - replica: Which one of the seed's independent scramblings.
  public init(dimensions: Int, seed: UInt64? = nil, replica: UInt64 = 0) {
    precondition(
      (1...Self.maximumDimensions).contains(dimensions),
      "\(dimensions) dimensions where 1 to \(Self.maximumDimensions) are known")
    self.dimensions = dimensions
    reversed = (0..<dimensions).flatMap { dimension in
      SobolDirections.directions(dimension: dimension).map(Self.bitsReversed)
    }
    scrambles = seed.map { seed in
      var random = RandomStream(seed: seed, stream: replica)
      return (0..<dimensions).map { _ in Scramble(seed: UInt32(truncatingIfNeeded: random.next())) }
    }
  }

  /// A coordinate of a point, as a number of 32 bits: the coordinate in the unit cube is 2⁻³²
  /// times this.
  ///
  /// - Complexity: O(number of bits of `index`).
  public func bits(dimension: Int, of index: UInt32) -> UInt32 {
    let bits = reversedBits(dimension, index)
    return Self.bitsReversed(scrambles?[dimension].apply(to: SIMD8(repeating: bits))[0] ?? bits)
  }

  /// A coordinate of a point, in [0, 1).
  public func coordinate(dimension: Int, of index: UInt32) -> Double {
    Double(bits(dimension: dimension, of: index)) * 0x1p-32
  }

  /// Writes one coordinate of consecutive points, each in the middle of its interval of 2⁻³²: never
  /// 0 and never 1.
  ///
  /// - Precondition: `first` and the number of values are multiples of 8.
  public func fill(_ values: inout MutableSpan<Double>, dimension: Int, from first: UInt32) {
    precondition(first % 8 == 0 && values.count % 8 == 0, "points come in blocks of eight")
    // The Gray code of a sum of disjoint bits is the exclusive or of their Gray codes.
    var offsets = SIMD8<UInt32>.zero
    for lane in 0..<8 { offsets[lane] = reversedBits(dimension, UInt32(lane)) }
    let scramble = scrambles?[dimension]
    for start in stride(from: 0, to: values.count, by: 8) {
      let base = reversedBits(dimension, first + UInt32(start))
      var bits = offsets ^ SIMD8(repeating: base)
      if let scramble { bits = scramble.apply(to: bits) }
      let units = Self.units(Self.bitsReversed(bits))
      for lane in 0..<8 { unsafe values[unchecked: start + lane] = units[lane] }
    }
  }

  private func reversedBits(_ dimension: Int, _ index: UInt32) -> UInt32 {
    var gray = index ^ (index >> 1)
    var bits: UInt32 = 0
    while gray != 0 {
      bits ^= reversed[32 * dimension + gray.trailingZeroBitCount]
      gray &= gray - 1
    }
    return bits
  }

  private static func bitsReversed(_ word: UInt32) -> UInt32 {
    bitsReversed(SIMD8(repeating: word))[0]
  }

  @inline(__always)
  private static func bitsReversed(_ words: SIMD8<UInt32>) -> SIMD8<UInt32> {
    var x = words
    for (shift, mask) in [(1, 0x5555_5555), (2, 0x3333_3333), (4, 0x0f0f_0f0f), (8, 0x00ff_00ff)]
      as [(UInt32, UInt32)]
    {
      let mask = SIMD8(repeating: mask)
      x = ((x &>> SIMD8(repeating: shift)) & mask) | ((x & mask) &<< SIMD8(repeating: shift))
    }
    return (x &>> 16) | (x &<< 16)
  }

  /// (x + ½) · 2⁻³², by way of the significand of 2⁵² + x.
  @inline(__always)
  private static func units(_ bits: SIMD8<UInt32>) -> SIMD8<Double> {
    let wide = SIMD8<UInt64>(truncatingIfNeeded: bits) | SIMD8(repeating: (0x1p52).bitPattern)
    return (unsafe unsafeBitCast(wide, to: SIMD8<Double>.self) - (0x1p52 - 0.5)) * 0x1p-32
  }
}

/// The scrambling of one dimension, on reversed bits: each step changes a bit by the bits below it
/// alone.
private struct Scramble: Sendable {
  let seed: UInt32

  @inline(__always)
  func apply(to words: SIMD8<UInt32>) -> SIMD8<UInt32> {
    var x = words
    x ^= x &* SIMD8(repeating: 0x3d20_adea)
    x &+= SIMD8(repeating: seed)
    x &*= SIMD8(repeating: seed >> 16 | 1)
    x ^= x &* SIMD8(repeating: 0x0552_6c56)
    x ^= x &* SIMD8(repeating: 0x53a2_2864)
    return x
  }
}
