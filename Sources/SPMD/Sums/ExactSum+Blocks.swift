// Long runs of numbers, in blocks: most of the work is done by ordinary vector arithmetic, in which
// nothing is rounded either.
//
// A number x is split at a power of two σ that is no smaller than the sum of all magnitudes of its
// block: q = (σ + x) − σ is the part of x above the last bit of σ, and x − q is what is left, both
// without a rounding error; all q of a block are multiples of the same power of two, and small enough
// that their ordinary sum is exact. What is left is split again, at a smaller power of two. This is the
// splitting of S. M. Rump, T. Ogita and S. Oishi, *Accurate floating-point summation, part I: faithful
// rounding*, SIAM J. Sci. Comput. 31 (2008), 189–224, algorithm 3.2 and lemma 3.3.

extension ExactSum {
  private typealias Lanes = SIMD8<Double>

  /// The numbers that are split at the same two powers of two.
  private static let blockLength = 1024
  /// 2 to the power of this is more than the numbers of a lane, and two.
  private static let headroom = 8

  /// Adds every number of a span.
  ///
  /// - Complexity: O(`values.count`), a few vector operations each where the numbers of a block of
  ///   1024 lie within some 2³⁰ of each other; those that do not are added one by one.
  public mutating func add(contentsOf values: Span<Double>) {
    var start = 0
    while start + Self.blockLength <= values.count {
      add(block: values.extracting(start..<start + Self.blockLength))
      start += Self.blockLength
    }
    for index in start..<values.count { add(values[index]) }
  }

  /// Adds every number of a span, as it is: a `Float` has an exact counterpart.
  public mutating func add(contentsOf values: Span<Float>) {
    var block = [Double](repeating: 0, count: min(Self.blockLength, values.count))
    var start = 0
    while start < values.count {
      let count = min(block.count, values.count - start)
      for index in 0..<count { block[index] = Double(values[start + index]) }
      add(contentsOf: block.span.extracting(0..<count))
      start += count
    }
  }

  private mutating func add(block: Span<Double>) {
    guard let split = Self.split(of: block) else {
      for index in block.indices { add(block[index]) }
      return
    }
    let (first, second) = (Lanes(repeating: split.first), Lanes(repeating: split.second))
    var (high, low) = (Lanes.zero, Lanes.zero)
    var left = SIMD8<UInt64>.zero
    for index in stride(from: 0, to: Self.blockLength, by: Lanes.scalarCount) {
      let number = Self.lanes(block, index)
      let top = (first + number) - first
      let rest = number - top
      let bottom = (second + rest) - second
      high += top
      low += bottom
      left |= Self.bits(rest - bottom)
    }
    for lane in 0..<Lanes.scalarCount {
      add(high[lane])
      add(low[lane])
    }
    // The sign of a zero is no rest.
    if left & 0x7FFF_FFFF_FFFF_FFFF != .zero { addRests(of: block, split) }
  }

  /// Adds what two splits leave of numbers that are far smaller than others of their block.
  private mutating func addRests(of block: Span<Double>, _ split: (first: Double, second: Double)) {
    for index in block.indices {
      let rest = block[index] - ((split.first + block[index]) - split.first)
      let left = rest - ((split.second + rest) - split.second)
      if left != 0 { add(left) }
    }
  }

  /// The powers of two at which the numbers of a block are split, or `nil` where one is not finite, or
  /// they are so large or so small that arithmetic with these would not be exact.
  private static func split(of block: Span<Double>) -> (first: Double, second: Double)? {
    var magnitudes = Lanes.zero
    for index in stride(from: 0, to: blockLength, by: Lanes.scalarCount) {
      magnitudes += magnitude(lanes(block, index))
    }
    // Not a number, or infinite, where one of them is.
    let sum = magnitudes.sum()
    guard sum > 0x1p-800, sum < 0x1p1000 else { return nil }
    // Rounding errors make the sum of a lane less than it is by 2⁻⁴⁵ of it at most: the first power of
    // two is more than twice as large. What is left is at most 2⁻⁵³ of it for each number.
    let first = Double(sign: .plus, exponent: sum.exponent + 2, significand: 1)
    return (first, first * Double(sign: .plus, exponent: headroom - 53, significand: 1))
  }

  @inline(__always)
  private static func lanes(_ block: Span<Double>, _ index: Int) -> Lanes {
    unsafe block.bytes.unsafeLoadUnaligned(
      fromByteOffset: index * MemoryLayout<Double>.stride, as: Lanes.self)
  }

  @inline(__always)
  private static func bits(_ lanes: Lanes) -> SIMD8<UInt64> {
    unsafe unsafeBitCast(lanes, to: SIMD8<UInt64>.self)
  }

  @inline(__always)
  private static func magnitude(_ lanes: Lanes) -> Lanes {
    unsafe unsafeBitCast(bits(lanes) & 0x7FFF_FFFF_FFFF_FFFF, to: Lanes.self)
  }
}
