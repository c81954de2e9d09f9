#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Decimal numbers of up to 19 digits to the nearest `Double`.
///
/// The product of the digits with the leading 128 bits of a power of five nearly always decides the
/// rounding: D. Lemire, *Number parsing at a gigabyte per second*, 2021 (arXiv:2101.11408), after
/// M. Eisel. Here the product is kept to 192 bits, and where the unknown tail of the power could
/// matter, the answer is `nil`.
enum DecimalConversion {
  private static let leastPower = -342
  private static let greatestPower = 308

  /// The leading 128 bits of 5^q, rounded down, for each power q; the top bit is always set.
  private static let powersOfFive: [UInt128] = (leastPower...greatestPower).map(leadingBits)

  private static func leadingBits(ofFiveTo power: Int) -> UInt128 {
    var value = BigNatural(halves: [1])
    if power >= 0 {
      for _ in 0..<power { value = value * 5 }
      return value.shifted(by: 128 - value.bitWidth).value.asUInt128
    }
    // 2^n / 5^(−q), with n large enough for far more than 128 bits.
    value = value.shifted(by: 1200).value
    for _ in 0..<(-power) { value = value.divided(by: 5).quotient }
    return value.shifted(by: 128 - value.bitWidth).value.asUInt128
  }

  /// The number nearest to `digits · 10^exponent`, or `nil` where the method cannot tell.
  static func double(_ digits: UInt64, exponent: Int) -> Double? {
    if digits == 0 || exponent < leastPower { return 0 }
    if exponent > greatestPower { return .infinity }
    let leading = digits.leadingZeroBitCount
    let scaled = digits << UInt64(leading)
    let power = powersOfFive[exponent - leastPower]

    // The product of 64 and 128 bits: 192 bits, the top two words of which are kept.
    let low = scaled.multipliedFullWidth(by: UInt64(truncatingIfNeeded: power))
    let high = scaled.multipliedFullWidth(by: UInt64(truncatingIfNeeded: power >> 64))
    let product = UInt128(high.high) << 64 + UInt128(high.low) + UInt128(low.high)
    let tail = low.low

    // The true power lies less than one above the one used, unless that is exact (0 ... 55 fit in
    // 128 bits): the true product then lies less than `scaled` above in the last place.
    let isExact = (0...55).contains(exponent)

    // value = product · 2^binary, with product of 127 or 128 bits.
    let log2OfFive = (exponent * 152_170) >> 16
    let binary = log2OfFive + exponent - leading - 63
    return round(product, exponent: binary, tail: tail, slack: isExact ? 0 : scaled)
  }

  private static func round(
    _ product: UInt128, exponent: Int, tail: UInt64, slack: UInt64
  ) -> Double? {
    let width = 128 - product.leadingZeroBitCount
    let dropped = max(width - 53, -1074 - exponent)
    guard dropped <= 127 else { return dropped > 130 ? 0 : nil }
    var kept = UInt64(truncatingIfNeeded: product >> UInt128(dropped))
    let half: UInt128 = 1 << UInt128(dropped - 1)
    let rest = product & (half * 2 - 1)
    // What the slack could add to the kept part of the product: at most one, in its last place.
    let (_, mayCarry) = tail.addingReportingOverflow(slack)
    if mayCarry && rest == half - 1 { return nil }
    if rest > half {
      kept += 1
    } else if rest == half {
      if tail != 0 {
        kept += 1
      } else if slack != 0 {
        return nil
      } else if kept & 1 == 1 {
        kept += 1
      }
    }
    return Double(sign: .plus, exponent: exponent + dropped, significand: Double(kept))
  }

  /// What the C library, which rounds correctly, makes of a number of any length.
  static func libraryDouble(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Double {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: count + 1) { text in
      for i in 0..<count { unsafe text[i] = CChar(bitPattern: bytes[i]) }
      unsafe text[count] = 0
      return unsafe text.baseAddress.map { unsafe strtod($0, nil) } ?? .nan
    }
  }
}
