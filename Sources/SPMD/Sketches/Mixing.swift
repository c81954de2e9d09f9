/// The hash that the sketches share: the same on every rank and in every run, unlike `Hasher`.
///
/// Each step multiplies two words into 128 bits and folds the halves together, as the wyhash family
/// of hashes does; one such step mixes every input bit into every output bit.
enum Mixing {
  private static let first: UInt64 = 0x9e37_79b9_7f4a_7c15
  private static let second: UInt64 = 0xd1b5_4a32_d192_ed03
  private static let third: UInt64 = 0x8cb9_2ba7_2f3d_8dd7

  @inline(__always)
  private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let wide = a.multipliedFullWidth(by: b)
    return wide.high ^ wide.low
  }

  /// The hash of a number.
  @inline(__always)
  static func hash(_ key: UInt64) -> UInt64 {
    fold(fold(key ^ first, second) ^ key, third)
  }

  /// The hash of bytes.
  @inline(__always)
  static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    let count = bytes.count
    var state = UInt64(truncatingIfNeeded: count) ^ second
    var low: UInt64 = 0
    var high: UInt64 = 0
    if count >= 8 {
      var position = 0
      while position + 16 < count {
        low = unsafe bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
        high = unsafe bytes.loadUnaligned(fromByteOffset: position + 8, as: UInt64.self)
        state = fold(low ^ first, high ^ state)
        position += 16
      }
      // The last 8 to 16 bytes, read from both of their ends.
      low = unsafe bytes.loadUnaligned(
        fromByteOffset: position + 8 <= count ? position : count - 8, as: UInt64.self)
      high = unsafe bytes.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
    } else if count >= 4 {
      low = unsafe UInt64(bytes.loadUnaligned(fromByteOffset: 0, as: UInt32.self))
      high = unsafe UInt64(bytes.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
    } else if count > 0 {
      low = unsafe UInt64(bytes[0]) | UInt64(bytes[count >> 1]) << 8
      high = unsafe UInt64(bytes[count - 1])
    }
    return fold(fold(low ^ first, high ^ state) ^ state, third)
  }
}

/// A small generator of random words, for the coins of a sketch.
struct CoinStream: Equatable, Sendable {
  var state: UInt64

  /// SplitMix64: G. Steele, D. Lea and C. Flood, *Fast splittable pseudorandom number
  /// generators*, OOPSLA 2014.
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
