/// A sum of floating-point numbers, integers and squares that is exact: no rounding happens until
/// it is read.
///
/// The sum is one long fixed-point number, wide enough for every `Double` and for the square of
/// every `Double`, in limbs of 32 bits that are kept in 64, so that carries can wait. Addition of
/// such numbers is associative: the order of the summands, and how they were shared among
/// ranks, cannot change the result, not by one bit.
///
///     var sum = ExactSum()
///     sum.add(1e100)
///     sum.add(1)
///     sum.add(-1e100)
///     sum.value  // 1.0
///
/// The state travels as ``words``, which add up element by element: a reduction with `+` over the
/// words of all ranks is the exact sum of all their summands.
///
/// The method is the small superaccumulator of R. M. Neal, *Fast exact summation using small and
/// large superaccumulators*, 2015 (arXiv:1505.05571), which goes back to U. Kulisch's long
/// accumulator; here it is twice as wide, for squares.
public struct ExactSum: Sendable, Equatable {
  /// The number of limbs: 4352 bits, for 2⁻²¹⁴⁸ (the least square) to 2²⁰⁴⁸ and 2⁶⁴ summands.
  static let limbCount = 136

  /// The weight of limb 0 is 2 to the power of minus this.
  static let bias = 2176

  /// The number of words of a serialized sum.
  public static let wordCount = limbCount + 3

  /// Limb `i` counts 2^(32·i − bias); its sign and its upper half are carries not yet passed on.
  var limbs: [Int64]

  /// Summands that no fixed-point number holds.
  var nans: Int64 = 0
  var positiveInfinities: Int64 = 0
  var negativeInfinities: Int64 = 0

  /// How many additions of less than 2³³ in magnitude a limb may have seen since carries were
  /// passed.
  private var pending = 0

  /// Makes a sum of nothing, whose value is zero.
  public init() {
    limbs = [Int64](repeating: 0, count: Self.limbCount)
  }

  /// Adds a number.
  ///
  /// - Complexity: O(1).
  public mutating func add(_ value: Double) {
    guard value.isFinite else { return addNonFinite(value) }
    let (magnitude, exponent) = Self.decomposed(value)
    accumulate(UInt128(magnitude), exponent: exponent, negative: value.sign == .minus)
  }

  /// Adds a number, as it is: a `Float` has an exact counterpart.
  public mutating func add(_ value: Float) { add(Double(value)) }

  /// Adds an integer.
  public mutating func add(_ value: Int128) {
    accumulate(value.magnitude, exponent: 0, negative: value < 0)
  }

  /// Adds the exact square of a number, all 106 bits of it.
  public mutating func add(squareOf value: Double) {
    guard value.isFinite else { return addNonFinite(value * value) }
    let (magnitude, exponent) = Self.decomposed(value)
    accumulate(
      UInt128(magnitude) * UInt128(magnitude), exponent: 2 * exponent, negative: false)
  }

  /// Adds the exact product of two numbers, all 106 bits of it: a sum of these is a dot product that
  /// is rounded once.
  ///
  /// - Complexity: O(1).
  public mutating func add(product a: Double, _ b: Double) {
    guard a.isFinite, b.isFinite else { return addNonFinite(a * b) }
    let (x, y) = (Self.decomposed(a), Self.decomposed(b))
    accumulate(
      UInt128(x.magnitude) * UInt128(y.magnitude), exponent: x.exponent + y.exponent,
      negative: a.sign != b.sign)
  }

  /// Adds the exact products of the numbers at the same places of two spans.
  ///
  /// - Precondition: The spans are of the same length.
  public mutating func add(productsOf a: Span<Double>, _ b: Span<Double>) {
    precondition(a.count == b.count, "\(a.count) numbers times \(b.count)")
    for index in a.indices { add(product: a[index], b[index]) }
  }

  /// Adds another sum, as if its summands had been added here.
  public mutating func add(_ other: ExactSum) {
    passCarries()
    var other = other
    other.passCarries()
    for i in limbs.indices { limbs[i] += other.limbs[i] }
    nans += other.nans
    positiveInfinities += other.positiveInfinities
    negativeInfinities += other.negativeInfinities
    passCarries()
  }

  /// The state as words that may be added element by element with those of up to 2³⁰ other sums.
  public var words: [Int64] {
    var copy = self
    copy.passCarries()
    return copy.limbs + [nans, positiveInfinities, negativeInfinities]
  }

  /// Makes a sum of its words, or of an element-by-element sum of the words of several.
  ///
  /// - Precondition: There are ``wordCount`` words.
  public init(words: Span<Int64>) {
    precondition(
      words.count == Self.wordCount, "\(words.count) words where an exact sum has \(Self.wordCount)"
    )
    limbs = (0..<Self.limbCount).map { words[$0] }
    nans = words[Self.limbCount]
    positiveInfinities = words[Self.limbCount + 1]
    negativeInfinities = words[Self.limbCount + 2]
    passCarries()
  }

  /// Whether two sums stand for the same number.
  public static func == (a: ExactSum, b: ExactSum) -> Bool { a.words == b.words }

  /// The value of a finite number as an integer of 53 bits times a power of two.
  @inline(__always)
  static func decomposed(_ value: Double) -> (magnitude: UInt64, exponent: Int) {
    let field = Int(value.exponentBitPattern)
    let fraction = value.significandBitPattern
    return field == 0 ? (fraction, -1074) : (fraction | 1 << 52, field - 1075)
  }

  /// Adds `magnitude · 2^exponent`, the one way in for finite numbers.
  mutating func accumulate(_ magnitude: UInt128, exponent: Int, negative: Bool) {
    let position = exponent + Self.bias
    var limb = position >> 5
    let shift = UInt64(position & 31)
    var rest = magnitude
    while rest != 0 {
      let piece = UInt64(truncatingIfNeeded: rest & 0xffff_ffff) &<< shift
      let low = Int64(piece & 0xffff_ffff)
      let high = Int64(piece &>> 32)
      limbs[limb] += negative ? -low : low
      limbs[limb + 1] += negative ? -high : high
      rest >>= 32
      limb += 1
    }
    pending += 1
    // Two pieces of less than 2³² fall on a limb each time: 2²⁹ times is far from overflow.
    if pending >= 1 << 29 { passCarries() }
  }

  private mutating func addNonFinite(_ value: Double) {
    if value.isNaN {
      nans += 1
    } else if value > 0 {
      positiveInfinities += 1
    } else {
      negativeInfinities += 1
    }
  }

  /// Brings every limb but the last into 0 ..< 2³², which makes the representation unique.
  mutating func passCarries() {
    var carry: Int64 = 0
    for i in 0..<(Self.limbCount - 1) {
      let limb = limbs[i] + carry
      carry = limb >> 32
      limbs[i] = limb & 0xffff_ffff
    }
    limbs[Self.limbCount - 1] += carry
    pending = 0
  }

  /// What the summands that are not finite make of the sum, or `nil` where all are finite.
  var nonFinite: Double? {
    if nans > 0 || positiveInfinities > 0 && negativeInfinities > 0 { return .nan }
    if positiveInfinities > 0 { return .infinity }
    if negativeInfinities > 0 { return -.infinity }
    return nil
  }

  /// The sign and the magnitude, in units of 2^(−bias).
  var signAndMagnitude: (negative: Bool, magnitude: BigNatural) {
    var copy = self
    copy.passCarries()
    let negative = copy.limbs[Self.limbCount - 1] < 0
    if negative {
      for i in copy.limbs.indices { copy.limbs[i] = -copy.limbs[i] }
      copy.passCarries()
    }
    return (negative, BigNatural(halves: copy.limbs))
  }
}
