/// Where a byte value occurs among 64 bytes, as bits.
///
/// Plain arithmetic on words of eight bytes, which becomes vector instructions on every target; the
/// test for a zero byte is exact, without false hits above a true one.
struct ByteMasks {
  /// Bits of the delimiter, of newlines, and of quotes.
  var delimiters: UInt64
  var newlines: UInt64
  var quotes: UInt64

  /// 0x80 in each byte that equals that of the pattern.
  @inline(__always)
  private static func matches(_ words: SIMD8<UInt64>, _ pattern: UInt64) -> SIMD8<UInt64> {
    let difference = words ^ SIMD8(repeating: pattern)
    let low = SIMD8<UInt64>(repeating: 0x7f7f_7f7f_7f7f_7f7f)
    return ~(((difference & low) &+ low) | difference | low)
  }

  /// The top bits of all bytes; where there are few, it pays to look first whether there are any.
  @inline(__always)
  private static func bits(_ matches: SIMD8<UInt64>, rare: Bool) -> UInt64 {
    if rare {
      let four = matches.lowHalf | matches.highHalf
      let two = four.lowHalf | four.highHalf
      if two[0] | two[1] == 0 { return 0 }
    }
    var bits: UInt64 = 0
    for i in 0..<8 {
      bits |= ((matches[i] &* 0x0002_0408_1020_4081) &>> 56) &<< UInt64(i &* 8)
    }
    return bits
  }

  /// Repeats a byte eight times.
  static func pattern(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }

  /// Classifies the 64 bytes at `bytes`, all of which must be readable.
  @inline(__always)
  init(_ bytes: UnsafeRawPointer, delimiter: UInt64) {
    let words = unsafe bytes.loadUnaligned(as: SIMD8<UInt64>.self)
    delimiters = Self.bits(Self.matches(words, delimiter), rare: false)
    newlines = Self.bits(Self.matches(words, Self.pattern(UInt8(ascii: "\n"))), rare: true)
    quotes = Self.bits(Self.matches(words, Self.pattern(UInt8(ascii: "\""))), rare: true)
  }
}
