/// The number that a text begins with, as `sort -n` of POSIX reads it: blanks, a minus sign, digits,
/// a point, digits. What has none of these is zero.
///
/// Of any length: its digits stay where they are.
@safe
struct DecimalNumber {
  private let digits: Line
  private let isNegative: Bool
  /// The digits before the point, from the first that is not zero.
  private let integer: Range<Int>
  /// The digits behind the point, to the last that is not zero.
  private let fraction: Range<Int>

  init(_ text: Line) {
    var place = 0
    while unsafe place < text.count && LineOrder.isBlank(text.base[place]) { place += 1 }
    var isNegative = false
    if unsafe place < text.count && text.base[place] == UInt8(ascii: "-") {
      isNegative = true
      place += 1
    }
    while unsafe place < text.count && text.base[place] == UInt8(ascii: "0") { place += 1 }
    let first = place
    while unsafe place < text.count && Self.isDigit(text.base[place]) { place += 1 }
    integer = first..<place
    var end = place
    if unsafe place < text.count && text.base[place] == UInt8(ascii: ".") {
      place += 1
      end = place
      let start = place
      while unsafe place < text.count && Self.isDigit(text.base[place]) {
        if unsafe text.base[place] != UInt8(ascii: "0") { end = place + 1 }
        place += 1
      }
      fraction = start..<end
    } else {
      fraction = end..<end
    }
    self.isNegative = isNegative && !(integer.isEmpty && fraction.isEmpty)
    unsafe digits = text
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

  // A word is the sign, 55 bits of content, and a byte that says whether there are more. The first
  // one's content is the number of digits before the point and the first 13 digits; the others' are
  // 16 digits each. Both parts of a number with more digits before the point than the first word can
  // say come one word later, behind their number.
  private static let longest = 1023
  private static let contentMask: UInt64 = 1 << 55 - 1

  /// The word at a depth, for ``LineOrder``.
  func word(_ depth: Int) -> UInt64 {
    let isLong = integer.count >= Self.longest
    var content: UInt64
    var end: Int
    switch (depth, isLong) {
    case (0, false): (content, end) = (UInt64(integer.count) << 44 | value(0, 13), 13)
    case (0, true): (content, end) = (UInt64(Self.longest) << 44, 0)
    case (1, true): (content, end) = (UInt64(integer.count) & Self.contentMask, 0)
    case (_, false):
      end = 13 + 16 * depth
      content = value(end - 16, 16)
    case (_, true):
      end = 16 * (depth - 1)
      content = value(end - 16, 16)
    }
    let hasMore = end < integer.count + fraction.count
    if isNegative {
      // A longer one is less here, and must still have the bit set that says so.
      content = ~content & Self.contentMask
      return content << 8 | (hasMore ? LineOrder.continues : 2 * LineOrder.continues)
    }
    return 1 << 63 | content << 8 | (hasMore ? LineOrder.continues : 0)
  }

  /// Some digits as a number, with zeros behind the last.
  private func value(_ start: Int, _ count: Int) -> UInt64 {
    var value: UInt64 = 0
    for i in start..<(start + count) {
      value *= 10
      if i < integer.count {
        value += unsafe UInt64(digits.base[integer.lowerBound + i] - UInt8(ascii: "0"))
      } else if i - integer.count < fraction.count {
        let place = fraction.lowerBound + i - integer.count
        value += unsafe UInt64(digits.base[place] - UInt8(ascii: "0"))
      }
    }
    return value
  }
}
