/// The exact sum of numbers and the exact sum of their squares, fed a batch at a time.
///
/// A batch goes through the large superaccumulator of Neal 2015 (§3): one slot for each exponent,
/// into which significands are added as integers, so that one number costs three additions and no
/// carries. A batch is short enough that no slot can overflow, and is then emptied into the long
/// accumulators.
struct SumPair {
  private(set) var sum = ExactSum()
  private(set) var squares = ExactSum()

  /// The most numbers between two emptyings: 53-bit integers, 1024 of them, fit in 63 bits.
  private static let batch = 1024

  /// For each exponent: the sum of significands, and of the low and high 53 bits of their squares.
  private var slots: [Int64]

  init() {
    slots = [Int64](repeating: 0, count: 3 * 2048)
  }

  /// Adds numbers and, unless they are not wanted, their squares.
  mutating func add(_ values: Span<Double>, withSquares: Bool = true) {
    guard withSquares else { return sum.add(contentsOf: values) }
    var start = 0
    while start < values.count {
      let end = min(start + Self.batch, values.count)
      addBatch(values.extracting(start..<end))
      start = end
    }
  }

  private mutating func addBatch(_ values: Span<Double>) {
    var least = 2047
    var greatest = 0
    var held: [Int64] = []
    swap(&held, &slots)
    defer { swap(&held, &slots) }
    var table = held.mutableSpan
    for i in values.indices {
      let bits = unsafe values[unchecked: i].bitPattern
      let field = Int(bits >> 52 & 0x7ff)
      guard field != 0x7ff else {
        sum.add(values[i])
        squares.add(squareOf: values[i])
        continue
      }
      let magnitude = bits & (1 << 52 - 1) | (field == 0 ? 0 : 1 << 52)
      let square = magnitude.multipliedFullWidth(by: magnitude)
      let sign = Int64(bitPattern: bits) >> 63
      let low = square.low & (1 << 53 - 1)
      let high = square.high << 11 | square.low >> 53
      // Three slots for 2047 exponents: the index cannot leave the table.
      unsafe table[unchecked: 3 * field] &+= (Int64(magnitude) ^ sign) &- sign
      unsafe table[unchecked: 3 * field + 1] &+= Int64(low)
      unsafe table[unchecked: 3 * field + 2] &+= Int64(high)
      least = min(least, field)
      greatest = max(greatest, field)
    }
    guard least <= greatest else { return }
    for field in least...greatest {
      guard table[3 * field + 1] != 0 || table[3 * field + 2] != 0 else { continue }
      let exponent = max(field, 1) - 1075
      let significands = table[3 * field]
      sum.accumulate(
        UInt128(significands.magnitude), exponent: exponent, negative: significands < 0)
      let wide = UInt128(table[3 * field + 2]) << 53 + UInt128(table[3 * field + 1])
      squares.accumulate(wide, exponent: 2 * exponent, negative: false)
      for i in 0..<3 { table[3 * field + i] = 0 }
    }
  }

  /// Adds integers and their squares.
  ///
  /// - Parameters:
  ///   - bound: No integer is greater than this in magnitude.
  ///   - withSquares: Whether the squares are wanted.
  mutating func add(_ values: Span<Int64>, bound: UInt64, withSquares: Bool = true) {
    if !withSquares && bound < 1 << 52 {
      var start = 0
      while start < values.count {
        let end = min(start + Self.batch, values.count)
        var total: Int64 = 0
        for i in start..<end { unsafe total &+= values[unchecked: i] }
        sum.add(Int128(total))
        start = end
      }
      return
    }
    if bound < 1 << 26 {
      var start = 0
      while start < values.count {
        let end = min(start + Self.batch, values.count)
        var total: Int64 = 0
        var totalOfSquares: Int64 = 0
        for i in start..<end {
          let value = unsafe values[unchecked: i]
          total &+= value
          totalOfSquares &+= value &* value
        }
        sum.add(Int128(total))
        squares.add(Int128(totalOfSquares))
        start = end
      }
      return
    }
    var total: Int128 = 0
    var low: UInt128 = 0
    var high: UInt128 = 0
    for i in values.indices {
      let value = unsafe values[unchecked: i]
      total += Int128(value)
      let square = value.magnitude.multipliedFullWidth(by: value.magnitude)
      low += UInt128(square.low)
      high += UInt128(square.high)
    }
    sum.add(total)
    squares.accumulate(low, exponent: 0, negative: false)
    squares.accumulate(high, exponent: 64, negative: false)
  }

  /// Adds the sums of another part of the data.
  mutating func merge(_ other: SumPair) {
    sum.add(other.sum)
    squares.add(other.squares)
  }

  /// The words of both sums, which add up element by element.
  var words: [Int64] { sum.words + squares.words }

  init(words: Span<Int64>) {
    self.init()
    sum = ExactSum(words: words.extracting(first: ExactSum.wordCount))
    squares = ExactSum(words: words.extracting(droppingFirst: ExactSum.wordCount))
  }
}
