/// Reads numbers from bytes: decimal integers exactly, other numbers correctly rounded.
///
/// A number may have a sign, digits with or without a point, and an exponent; `inf`, `infinity` and
/// `nan` are numbers in any case; spaces and tabs around a number are passed over.
///
/// Up to eight bytes from the first on are read, of shorter numbers too: the caller has them.
enum NumberParser {
  /// The integer that the bytes spell, or `nil` where they do not, or where it needs more than 64
  /// bits.
  @inline(__always)
  static func integer(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int64? {
    var i = 0
    var isNegative = false
    let first = unsafe bytes[0]
    if first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
      isNegative = first == UInt8(ascii: "-")
      i = 1
    }
    guard count > i, count - i <= 18 else { return unsafe longInteger(bytes, count) }
    if count - i <= 8 {
      let aligned = unsafe Self.aligned(bytes + i, count - i)
      guard let value = eightDigits(aligned) else { return unsafe paddedInteger(bytes, count) }
      return isNegative ? -Int64(value) : Int64(value)
    }
    var value: UInt64 = 0
    while i < count {
      let digit = unsafe bytes[i] &- UInt8(ascii: "0")
      guard digit < 10 else { return unsafe paddedInteger(bytes, count) }
      value = value &* 10 &+ UInt64(digit)
      i += 1
    }
    return isNegative ? -Int64(value) : Int64(value)
  }

  /// The last of up to eight bytes at the top of a word, with '0' taken off each; nothing below.
  ///
  /// Eight bytes are read, however many count.
  @inline(__always)
  private static func aligned(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
    let word = unsafe UnsafeRawPointer(bytes).loadUnaligned(as: UInt64.self)
    return (UInt64(littleEndian: word) ^ 0x3030_3030_3030_3030) &<< UInt64(64 &- 8 &* count)
  }

  /// The number of which the bytes are the digits, the first in the lowest byte.
  ///
  /// Neighbours are joined to numbers of two digits, then of four and of eight, each step by a
  /// multiplication for all pairs (W. Muła, *SIMD-ized conversion of ASCII digits*, 2014).
  @inline(__always)
  private static func eightDigits(_ digits: UInt64) -> UInt64? {
    // A byte above 9 reaches the top bit by this addition, or has it already.
    guard ((digits &+ 0x7676_7676_7676_7676) | digits) & 0x8080_8080_8080_8080 == 0 else {
      return nil
    }
    let pairs = digits &* 10 &+ digits &>> 8
    let low = (pairs & 0x0000_00ff_0000_00ff) &* (100 &+ 1_000_000 &<< 32)
    let high = (pairs &>> 16 & 0x0000_00ff_0000_00ff) &* (1 &+ 10_000 &<< 32)
    return (low &+ high) &>> 32
  }

  private static func paddedInteger(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int64? {
    let (start, end) = unsafe trimmed(bytes, count)
    guard start < end, start > 0 || end < count else { return nil }
    return unsafe integer(bytes + start, end - start)
  }

  @inline(never)
  private static func longInteger(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int64? {
    let (start, end) = unsafe trimmed(bytes, count)
    guard start < end else { return nil }
    var i = start
    let isNegative = unsafe bytes[i] == UInt8(ascii: "-")
    if unsafe isNegative || bytes[i] == UInt8(ascii: "+") { i += 1 }
    guard i < end else { return nil }
    var value: Int64 = 0
    while i < end {
      let digit = unsafe bytes[i] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      let (scaled, first) = value.multipliedReportingOverflow(by: 10)
      let (next, second) =
        isNegative
        ? scaled.subtractingReportingOverflow(Int64(digit))
        : scaled.addingReportingOverflow(Int64(digit))
      guard !first && !second else { return nil }
      value = next
      i += 1
    }
    return value
  }

  @inline(__always)
  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  private static func trimmed(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> (Int, Int) {
    var (start, end) = (0, count)
    while unsafe start < end && isSpace(bytes[start]) { start += 1 }
    while unsafe start < end && isSpace(bytes[end - 1]) { end -= 1 }
    return (start, end)
  }

  /// The number that the bytes spell, or `nil`.
  @inline(__always)
  static func number(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Double? {
    var i = 0
    let first = unsafe bytes[0]
    let isNegative = first == UInt8(ascii: "-")
    if isNegative || first == UInt8(ascii: "+") { i = 1 }
    if count > i, count - i <= 8 {
      // Up to eight bytes with one point among them: the bytes below it move over its place.
      let aligned = unsafe Self.aligned(bytes + i, count - i)
      let point = pointPlace(aligned)
      if point < 64 {
        let below = aligned & ((1 &<< point) &- 1)
        let above = aligned & ~((0x100 &<< point) &- 1)
        if count - i > 1, let digits = eightDigits(above | below &<< 8) {
          let value = Double(digits) / powersOfTen[7 &- Int(point &>> 3)]
          return isNegative ? -value : value
        }
      } else if let digits = eightDigits(aligned) {
        return isNegative ? -Double(digits) : Double(digits)
      }
    }
    let start = i
    var digits: UInt64 = 0
    while i < count {
      let digit = unsafe bytes[i] &- UInt8(ascii: "0")
      if digit > 9 { break }
      digits = digits &* 10 &+ UInt64(digit)
      i += 1
    }
    var digitCount = i - start
    var exponent = 0
    if unsafe i < count && bytes[i] == UInt8(ascii: ".") {
      i += 1
      let fraction = i
      while i < count {
        let digit = unsafe bytes[i] &- UInt8(ascii: "0")
        if digit > 9 { break }
        digits = digits &* 10 &+ UInt64(digit)
        i += 1
      }
      exponent = fraction - i
      digitCount += i - fraction
    }
    // Clinger's fast path: an integer and a power of ten that are both exact, and one rounding.
    guard i == count, digitCount > 0, digitCount <= 19, digits <= 1 << 53, exponent >= -22 else {
      return unsafe general(bytes, count)
    }
    let value = Double(digits) / powersOfTen[-exponent]
    return isNegative ? -value : value
  }

  /// The lowest bit of the first byte that is a point, or 64.
  @inline(__always)
  private static func pointPlace(_ aligned: UInt64) -> UInt64 {
    let difference = aligned ^ 0x1e1e_1e1e_1e1e_1e1e  // '.' without the bits of '0'
    let low: UInt64 = 0x7f7f_7f7f_7f7f_7f7f
    let equal = ~(((difference & low) &+ low) | difference | low)
    return equal == 0 ? 64 : UInt64(equal.trailingZeroBitCount &- 7)
  }

  /// 10⁰ … 10²², all of them exact.
  private static let powersOfTen: InlineArray<23, Double> = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
  ]

  /// Any number: up to 19 digits and an exponent by integer arithmetic, the rest by the C library.
  @inline(never)
  private static func general(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Double? {
    let (start, end) = unsafe trimmed(bytes, count)
    guard start < end else { return nil }
    var i = start
    let isNegative = unsafe bytes[i] == UInt8(ascii: "-")
    if unsafe isNegative || bytes[i] == UInt8(ascii: "+") { i += 1 }
    guard i < end else { return nil }

    var digits: UInt64 = 0
    var significant = 0
    var seen = 0
    var exponent = 0
    var afterPoint = false
    scan: while i < end {
      let byte = unsafe bytes[i]
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        seen += 1
        if significant < 19 {
          digits = digits * 10 + UInt64(byte - UInt8(ascii: "0"))
          if digits != 0 { significant += 1 }
        } else {
          significant += 1
        }
        if afterPoint { exponent -= 1 }
      case UInt8(ascii: "."):
        if afterPoint { return nil }
        afterPoint = true
      default: break scan
      }
      i += 1
    }
    guard seen > 0 else { return unsafe named(bytes + i, end - i, isNegative: isNegative) }
    if i < end {
      guard unsafe bytes[i] | 0x20 == UInt8(ascii: "e") else { return nil }
      guard let written = unsafe exponentValue(bytes + i + 1, end - i - 1) else { return nil }
      exponent += written
    }
    if digits == 0 { return isNegative ? -0.0 : 0 }
    if significant <= 19, let value = DecimalConversion.double(digits, exponent: exponent) {
      return isNegative ? -value : value
    }
    return unsafe DecimalConversion.libraryDouble(bytes + start, end - start)
  }

  private static func exponentValue(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int? {
    var i = 0
    guard count > 0 else { return nil }
    let isNegative = unsafe bytes[0] == UInt8(ascii: "-")
    if unsafe isNegative || bytes[0] == UInt8(ascii: "+") { i = 1 }
    guard i < count else { return nil }
    var value = 0
    while i < count {
      let digit = unsafe bytes[i] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      value = min(value * 10 + Int(digit), 1 << 40)
      i += 1
    }
    return isNegative ? -value : value
  }

  private static func named(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, isNegative: Bool
  ) -> Double? {
    func spells(_ word: StaticString) -> Bool {
      guard word.utf8CodeUnitCount == count else { return false }
      return (0..<count).allSatisfy { unsafe bytes[$0] | 0x20 == word.utf8Start[$0] }
    }
    if spells("nan") { return .nan }
    guard spells("inf") || spells("infinity") else { return nil }
    return isNegative ? -.infinity : .infinity
  }
}
