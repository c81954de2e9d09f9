extension RandomStream {
  /// Fills storage with random numbers in [0, 1), equally spaced by 2⁻⁵³.
  ///
  /// Element `i` is what the word at `position + i` makes: its upper 53 bits, times 2⁻⁵³. The
  /// position moves on by as many words as there are elements.
  ///
  /// - Complexity: O(n); several blocks are computed at once.
  public mutating func fill(_ values: inout MutableSpan<Double>) {
    var index = 0
    if position & 1 == 1 && index < values.count {
      values[index] = nextUnit()
      index += 1
    }
    let lanes = Self.blocksAtOnce
    while index + 2 * lanes <= values.count {
      let (even, odd) = units(ofBlocksFrom: position >> 1)
      for lane in 0..<lanes {
        // Below the count, by the loop's condition.
        unsafe values[unchecked: index + 2 * lane] = even[lane]
        unsafe values[unchecked: index + 2 * lane + 1] = odd[lane]
      }
      index += 2 * lanes
      position &+= UInt64(2 * lanes)
    }
    while index < values.count {
      values[index] = nextUnit()
      index += 1
    }
  }

  /// The next random number in [0, 1).
  public mutating func nextUnit() -> Double { Double(next() >> 11) * 0x1p-53 }

  private static var blocksAtOnce: Int { 8 }

  /// The numbers that eight blocks make, two each.
  ///
  /// Each lane holds 32 bits in a word of 64, which is how processors multiply vectors of them.
  @inline(__always)
  private func units(ofBlocksFrom first: UInt64) -> (SIMD8<Double>, SIMD8<Double>) {
    typealias Words = SIMD8<UInt64>
    let low = Words(repeating: 0xffff_ffff)
    let blocks = Words(0, 1, 2, 3, 4, 5, 6, 7) &+ Words(repeating: first)
    var (a, b) = (blocks & low, blocks &>> 32)
    var c = Words(repeating: stream & 0xffff_ffff)
    var d = Words(repeating: stream >> 32)
    let first = Words(repeating: UInt64(Philox.multipliers.0))
    let second = Words(repeating: UInt64(Philox.multipliers.1))
    var key = key
    for _ in 0..<Philox.rounds {
      let p = (a & low) &* first
      let q = (c & low) &* second
      a = (q &>> 32) ^ b ^ Words(repeating: UInt64(key.x))
      b = q & low
      c = (p &>> 32) ^ d ^ Words(repeating: UInt64(key.y))
      d = p & low
      key = SIMD2(key.x &+ Philox.keySteps.0, key.y &+ Philox.keySteps.1)
    }
    return (Self.unit(low: a, high: b), Self.unit(low: c, high: d))
  }

  /// (high·2³² + low) >> 11, times 2⁻⁵³, by way of integers in the significands of 2⁵² + x, since
  /// few processors convert 64-bit integers in vectors. Nothing is rounded.
  @inline(__always)
  private static func unit(low: SIMD8<UInt64>, high: SIMD8<UInt64>) -> SIMD8<Double> {
    let magic = SIMD8<UInt64>(repeating: (0x1p52).bitPattern)
    let upper = unsafe unsafeBitCast(high | magic, to: SIMD8<Double>.self) - 0x1p52
    let lower = unsafe unsafeBitCast((low &>> 11) | magic, to: SIMD8<Double>.self) - 0x1p52
    return upper * 0x1p-32 + lower * 0x1p-53
  }
}
