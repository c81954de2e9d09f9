#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

// The most frequent elementary functions, for eight numbers at once, within 1.5 units in the last
// place. The argument is reduced as W. Cody and W. Waite describe (*Software Manual for the
// Elementary Functions*, 1980, ch. 5, 6 and 8); the rest are Taylor's series, as long as the last
// term counts.

extension SIMD8<Double> {
  /// Adding 1.5 · 2⁵² rounds to an integer, which is then in the low bits.
  private static var roundingConstant: Double { 0x1.8p52 }

  /// e to these powers.
  @inline(__always)
  var exponential: Pack {
    // Beyond these the result is 0 or infinite.
    let x = replacing(with: -746, where: self .< -746).replacing(with: 710, where: self .> 710)
    let shifted = x * 1.4426950408889634 + Self.roundingConstant
    let n = shifted - Self.roundingConstant
    // ln 2 in two parts, of which the first has 32 bits: its products with n are exact.
    let r = (x - n * 0x1.62e42feep-1) - n * 0x1.a39ef35793c76p-33
    let sum = Self.polynomial(
      r,
      [
        1 / 6_227_020_800, 1 / 479_001_600, 1 / 39_916_800, 1 / 3_628_800, 1 / 362_880, 1 / 40_320,
        1 / 5040, 1 / 720, 1 / 120, 1 / 24, 1 / 6, 1 / 2, 1, 1,
      ])
    // 2ⁿ in two factors, since n may be beyond the range of exponents.
    let integer = SIMD8<Int64>(
      truncatingIfNeeded: shifted.bits &- SIMD8<UInt64>(repeating: Self.roundingConstant.bitPattern)
    )
    let half = integer &>> 1
    let scaled = sum * Self.powerOfTwo(half) * Self.powerOfTwo(integer &- half)
    return scaled.replacing(with: self, where: self .!= self)
  }

  @inline(__always)
  private static func powerOfTwo(_ exponent: SIMD8<Int64>) -> Pack {
    Pack(bits: SIMD8<UInt64>(truncatingIfNeeded: (exponent &+ 1023) &<< 52))
  }

  /// The natural logarithms.
  @inline(__always)
  var logarithm: Pack {
    let isSubnormal = self .< 0x1p-1022
    let x = replacing(with: self * 0x1p54, where: isSubnormal)
    // x = 2ᵏ · m, with m from √½ to √2.
    let offset = x.bits &- SIMD8<UInt64>(repeating: 0x3fe6_a09e_667f_3bcd)
    let k = SIMD8<Int64>(truncatingIfNeeded: offset) &>> 52
    let m = Pack(bits: x.bits &- (SIMD8<UInt64>(truncatingIfNeeded: k) &<< 52))
    let exponent =
      Pack(bits: SIMD8<UInt64>(truncatingIfNeeded: k &+ 0x4338_0000_0000_0000))
      - Self.roundingConstant
    let shift = exponent.replacing(with: exponent - 54, where: isSubnormal)
    // log(1 + f) = 2 artanh(s) with s = f / (2 + f) = f − s·f/2 − …, arranged so that the leading
    // terms, f and f²/2, are added last.
    let f = m - 1
    let s = f / (f + 2)
    let z = s * s
    let series = Self.polynomial(
      z, [2 / 23, 2 / 21, 2 / 19, 2 / 17, 2 / 15, 2 / 13, 2 / 11, 2 / 9, 2 / 7, 2 / 5, 2 / 3])
    let square = f * f * 0.5
    let rest = s * (square + series * z) + shift * 0x1.a39ef35793c76p-33
    var result = shift * 0x1.62e42feep-1 - ((square - rest) - f)
    result.replace(with: -.infinity, where: self .== 0)
    result.replace(with: .nan, where: self .< 0)
    result.replace(with: self, where: self .== .infinity)
    return result.replacing(with: self, where: self .!= self)
  }

  /// The sines.
  @inline(__always)
  var sine: Pack { circular(quarters: 0) { sin($0) } }

  /// The cosines.
  @inline(__always)
  var cosine: Pack { circular(quarters: 1) { cos($0) } }

  /// The sine of x + quarters · π/2; `exact` serves those x for which the reduction would not do.
  @inline(__always)
  private func circular(quarters: UInt64, _ exact: (Double) -> Double) -> Pack {
    let shifted = self * 0.6366197723675814 + Self.roundingConstant
    let n = shifted - Self.roundingConstant
    // π/2 in three parts, the first two of 33 bits: products with n are exact.
    let r =
      ((self - n * 0x1.921fb544p0) - n * 0x1.0b4611a6p-34) - n * 0x1.3198a2e037073p-69
    let z = r * r
    let sine =
      r + r * z
      * Self.polynomial(
        z,
        [
          1 / 355_687_428_096_000, -1 / 1_307_674_368_000, 1 / 6_227_020_800, -1 / 39_916_800,
          1 / 362_880, -1 / 5040, 1 / 120, -1 / 6,
        ])
    let fourth = Self.polynomial(
      z,
      [
        1 / 20_922_789_888_000, -1 / 87_178_291_200, 1 / 479_001_600, -1 / 3_628_800, 1 / 40_320,
        -1 / 720, 1 / 24,
      ])
    let cosine = 1 - (z * 0.5 - z * z * fourth)
    let quadrant = shifted.bits &+ SIMD8<UInt64>(repeating: quarters)
    let swapped = sine.replacing(
      with: cosine, where: (quadrant & 1) .== SIMD8<UInt64>(repeating: 1))
    var result = Pack(bits: swapped.bits ^ ((quadrant & 2) &<< 62))
    let isFar = magnitudes .> 0x1p19
    if any(isFar .| (self .!= self)) {
      for lane in 0..<8 where !(Swift.abs(self[lane]) <= 0x1p19) {
        result[lane] = exact(self[lane])
      }
    }
    return result
  }

  /// A polynomial by Horner's rule, with the coefficient of the highest power first.
  @inline(__always)
  private static func polynomial<let count: Int>(
    _ x: Pack, _ coefficients: InlineArray<count, Double>
  ) -> Pack {
    var sum = Pack(repeating: coefficients[0])
    for k in 1..<count { sum = sum * x + coefficients[k] }
    return sum
  }
}
