/// A natural number of any size: the few operations that rounding an exact sum once asks for.
struct BigNatural: Equatable {
  /// Limbs of 64 bits, the least first, without zeros at the top.
  private(set) var limbs: [UInt64]

  /// Makes a number of limbs of 32 bits that are stored in 64, the least first.
  init(halves: [Int64]) {
    limbs = stride(from: 0, to: halves.count, by: 2).map { i in
      let high = i + 1 < halves.count ? UInt64(halves[i + 1]) : 0
      return UInt64(halves[i]) | high << 32
    }
    trim()
  }

  private init(limbs: [UInt64]) {
    self.limbs = limbs
    trim()
  }

  private mutating func trim() {
    while limbs.last == 0 { limbs.removeLast() }
  }

  var isZero: Bool { limbs.isEmpty }

  var bitWidth: Int {
    guard let top = limbs.last else { return 0 }
    return limbs.count * 64 - top.leadingZeroBitCount
  }

  static func * (a: BigNatural, b: UInt64) -> BigNatural {
    var result: [UInt64] = []
    var carry: UInt64 = 0
    for limb in a.limbs {
      let wide = UInt128(limb) * UInt128(b) + UInt128(carry)
      result.append(UInt64(truncatingIfNeeded: wide))
      carry = UInt64(truncatingIfNeeded: wide >> 64)
    }
    return BigNatural(limbs: result + [carry])
  }

  static func * (a: BigNatural, b: BigNatural) -> BigNatural {
    var result = [UInt64](repeating: 0, count: a.limbs.count + b.limbs.count)
    for i in a.limbs.indices where a.limbs[i] != 0 {
      var carry: UInt64 = 0
      for j in b.limbs.indices {
        let wide =
          UInt128(a.limbs[i]) * UInt128(b.limbs[j]) + UInt128(result[i + j]) + UInt128(carry)
        result[i + j] = UInt64(truncatingIfNeeded: wide)
        carry = UInt64(truncatingIfNeeded: wide >> 64)
      }
      result[i + b.limbs.count] = carry
    }
    return BigNatural(limbs: result)
  }

  /// The difference, which must not be negative.
  static func - (a: BigNatural, b: BigNatural) -> BigNatural {
    var result = a.limbs
    var borrow = false
    for i in result.indices {
      let subtrahend = i < b.limbs.count ? b.limbs[i] : 0
      let (partial, first) = result[i].subtractingReportingOverflow(subtrahend)
      let (full, second) = partial.subtractingReportingOverflow(borrow ? 1 : 0)
      result[i] = full
      borrow = first || second
    }
    precondition(!borrow && b.limbs.count <= a.limbs.count, "a difference below zero")
    return BigNatural(limbs: result)
  }

  /// The number times two to the power of `shift`; the bits below one are dropped and told of.
  func shifted(by shift: Int) -> (value: BigNatural, isExact: Bool) {
    if shift >= 0 {
      let (words, bits) = (shift / 64, UInt64(shift % 64))
      var result = [UInt64](repeating: 0, count: words)
      var carry: UInt64 = 0
      for limb in limbs {
        result.append(limb << bits | carry)
        carry = bits == 0 ? 0 : limb >> (64 - bits)
      }
      return (BigNatural(limbs: result + [carry]), true)
    }
    let (words, bits) = (-shift / 64, UInt64(-shift % 64))
    guard words < limbs.count else { return (BigNatural(limbs: []), isZero) }
    var result: [UInt64] = []
    var isExact = limbs[..<words].allSatisfy { $0 == 0 }
    if limbs[words] & ((1 << bits) - 1) != 0 { isExact = false }
    for i in words..<limbs.count {
      let above = i + 1 < limbs.count && bits != 0 ? limbs[i + 1] << (64 - bits) : 0
      result.append(limbs[i] >> bits | above)
    }
    return (BigNatural(limbs: result), isExact)
  }

  /// The quotient by a small number, and whether nothing remains.
  func divided(by divisor: UInt64) -> (quotient: BigNatural, isExact: Bool) {
    var result = limbs
    var remainder: UInt64 = 0
    for i in result.indices.reversed() {
      (result[i], remainder) = divisor.dividingFullWidth((remainder, result[i]))
    }
    return (BigNatural(limbs: result), remainder == 0)
  }

  /// The value, where it is known to fit.
  var asUInt128: UInt128 {
    var result: UInt128 = 0
    for limb in limbs.reversed() { result = result << 64 | UInt128(limb) }
    return result
  }
}
