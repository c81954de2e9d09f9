extension ExactSum {
  /// The sum, rounded once, to the nearest number (ties to even).
  ///
  /// Not-a-number and infinities count as in ordinary addition: infinities of both signs make
  /// not-a-number.
  public var value: Double { mean(of: 1) }

  /// The sum, rounded once, to the nearest `Float` (ties to even): not the `Float` nearest to ``value``,
  /// which has been rounded before.
  public var floatValue: Float {
    if let nonFinite { return Float(nonFinite) }
    let (negative, magnitude) = signAndMagnitude
    let ratio = Ratio(magnitude, over: [1], exponent: -Self.bias)
    let rounded = Float(ratio.rounded(to: Float.significandBitCount + 1, leastExponent: -149))
    return negative ? -rounded : rounded
  }

  /// The sum, where it is an integer of 64 bits.
  var integer: Int64? {
    guard nonFinite == nil else { return nil }
    var copy = self
    copy.passCarries()
    let unit = Self.bias / 32
    guard copy.limbs[..<unit].allSatisfy({ $0 == 0 }) else { return nil }
    let low = UInt64(copy.limbs[unit]) | UInt64(copy.limbs[unit + 1]) << 32
    let value = Int64(bitPattern: low)
    var same = ExactSum()
    same.add(Int128(value))
    return same == self ? value : nil
  }

  /// The sum divided by `count`, rounded once.
  ///
  /// - Precondition: `count` is positive.
  public func mean(of count: Int) -> Double {
    if let nonFinite { return nonFinite }
    let (negative, magnitude) = signAndMagnitude
    let rounded = Ratio(magnitude, over: [UInt64(count)], exponent: -Self.bias).rounded
    return negative ? -rounded : rounded
  }

  /// The sample variance (over `count` − 1) of the summands, given the exact sum of their squares,
  /// rounded once.
  ///
  /// - Returns: The variance, or `nil` for fewer than two summands; not-a-number where a summand
  ///   was not finite.
  public func variance(squares: ExactSum, count: Int) -> Double? {
    guard count > 1 else { return nil }
    guard nonFinite == nil else { return .nan }
    return varianceRatio(squares: squares, count: count).rounded
  }

  /// The sample standard deviation, rounded once: the square root is taken of the exact variance.
  ///
  /// - Returns: As ``variance(squares:count:)``.
  public func standardDeviation(squares: ExactSum, count: Int) -> Double? {
    guard count > 1 else { return nil }
    guard nonFinite == nil else { return .nan }
    return varianceRatio(squares: squares, count: count).roundedSquareRoot
  }

  /// (n·Σx² − (Σx)²) / (n·(n − 1)), with nothing rounded.
  private func varianceRatio(squares: ExactSum, count: Int) -> Ratio {
    let sum = signAndMagnitude.magnitude
    // Both sides in units of 2^(−2·bias).
    let scaled = (squares.signAndMagnitude.magnitude * UInt64(count)).shifted(by: Self.bias).value
    return Ratio(
      scaled - sum * sum, over: [UInt64(count), UInt64(count - 1)], exponent: -2 * Self.bias)
  }
}

/// A quotient of natural numbers times a power of two, to be rounded once.
private struct Ratio {
  /// The leading bits of the quotient: at least 120 of them, unless the quotient is zero.
  private let leading: UInt128
  private var exponent: Int
  /// Whether anything nonzero lies below the leading bits.
  private let isInexact: Bool

  init(_ numerator: BigNatural, over divisors: [UInt64], exponent: Int) {
    let width = divisors.reduce(0) { $0 + 64 - $1.leadingZeroBitCount }
    // Long enough that the quotient has 122 to 126 bits; the exponent is made even for the root.
    var shift = 124 + width - numerator.bitWidth
    if (exponent - shift) % 2 != 0 { shift -= 1 }
    var (value, isExact) = numerator.shifted(by: shift)
    for divisor in divisors {
      let (quotient, divides) = value.divided(by: divisor)
      value = quotient
      isExact = isExact && divides
    }
    leading = value.asUInt128
    self.exponent = exponent - shift
    isInexact = !isExact
  }

  var rounded: Double { Self.round(leading, exponent: exponent, isInexact: isInexact) }

  /// The nearest number of a narrower type.
  ///
  /// - Parameters:
  ///   - bits: Those of its significand.
  ///   - leastExponent: The power of two of its least number.
  func rounded(to bits: Int, leastExponent: Int) -> Double {
    Self.round(
      leading, exponent: exponent, isInexact: isInexact, bits: bits, leastExponent: leastExponent)
  }

  var roundedSquareRoot: Double {
    var root: UInt128 = 0
    var rest = leading
    var bit: UInt128 = 1 << 126
    while bit != 0 {
      if rest >= root + bit {
        rest -= root + bit
        root = root >> 1 + bit
      } else {
        root >>= 1
      }
      bit >>= 2
    }
    return Self.round(root, exponent: exponent / 2, isInexact: isInexact || rest != 0)
  }

  /// The double nearest to `integer · 2^exponent`, or to a little more than it where that is
  /// inexact.
  private static func round(
    _ integer: UInt128, exponent: Int, isInexact: Bool, bits: Int = 53, leastExponent: Int = -1074
  ) -> Double {
    guard integer != 0 else { return 0 }
    let width = 128 - integer.leadingZeroBitCount
    // Subnormal numbers have fewer bits: none below the least one.
    let dropped = max(width - bits, leastExponent - exponent)
    guard dropped > 0 else {
      return Double(sign: .plus, exponent: exponent, significand: Double(integer))
    }
    guard dropped <= 127 else { return 0 }
    var kept = UInt64(truncatingIfNeeded: integer >> UInt128(dropped))
    let half: UInt128 = 1 << UInt128(dropped - 1)
    let rest = integer & (half * 2 - 1)
    if rest > half || rest == half && (isInexact || kept & 1 == 1) { kept += 1 }
    return Double(sign: .plus, exponent: exponent + dropped, significand: Double(kept))
  }
}
