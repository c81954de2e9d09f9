/// Words that sort as the values do that they stand for.
enum OrderedKey {
  /// The key of a number; both zeros have the same.
  @inline(__always)
  static func encode(_ value: Double) -> UInt64 {
    let bits = (value + 0).bitPattern
    return bits ^ (UInt64(bitPattern: Int64(bitPattern: bits) >> 63) | 1 << 63)
  }

  @inline(__always)
  static func decodeDouble(_ key: UInt64) -> Double {
    Double(bitPattern: key >> 63 == 1 ? key ^ 1 << 63 : ~key)
  }

  @inline(__always)
  static func encode(_ value: Int64) -> UInt64 { UInt64(bitPattern: value) ^ 1 << 63 }

  @inline(__always)
  static func decodeInteger(_ key: UInt64) -> Int64 { Int64(bitPattern: key ^ 1 << 63) }
}

extension QuantileSketch {
  /// Whether every value seen is still held, so that quantiles are exact.
  public var isExact: Bool { levels.allSatisfy(\.isEmpty) }

  /// How far the rank of an answer may be from the one asked for, as a fraction of the count, with
  /// 99 % confidence.
  ///
  /// The error is a sum of independent ones, one for each coin, whose ranges are known; Hoeffding's
  /// inequality (1963, theorem 2) bounds it. Zero for an exact sketch.
  public var rankError: Double {
    guard count > 0 else { return 0 }
    // P(|error| ≥ t) ≤ 2 exp(−2t² / Σ range²) = 1 %.
    let deviation = (squaredErrors * Self.log200 / 2).squareRoot()
    return min(1, deviation / Double(count))
  }

  private static let log200 = 5.298_317_366_548_036

  /// The value at a fraction of the sorted stream.
  ///
  /// With *n* values the fraction *q* stands for the rank (*n* − 1)·*q*, counted from 0; between
  /// two ranks the values are interpolated linearly (type 7 of R. Hyndman and Y. Fan, 1996, the
  /// default of R and NumPy).
  ///
  /// - Parameter fraction: From 0 to 1.
  /// - Returns: The quantile, or `nil` of an empty stream.
  public func quantile(_ fraction: Double) -> Double? {
    guard let (low, high, weight) = neighbors(of: [fraction]).first else { return nil }
    return interpolate(
      OrderedKey.decodeDouble(low), OrderedKey.decodeDouble(high), weight)
  }

  /// For each fraction, the two keys to interpolate between, and how far from the first to the
  /// second.
  func neighbors(of fractions: [Double]) -> [(low: UInt64, high: UInt64, weight: Double)] {
    guard count > 0 else { return [] }
    var weighted = buffer.map { (key: $0, weight: 1) }
    for (i, level) in levels.enumerated() {
      weighted += level.map { (key: $0, weight: 1 << (i + Self.entryLevel)) }
    }
    weighted.sort { $0.key < $1.key }
    var reached: [Int] = []
    var total = 0
    for item in weighted {
      total += item.weight
      reached.append(total)
    }
    return fractions.map { fraction in
      let position = fraction * Double(total - 1)
      let rank = min(Int(position), total - 1)
      let low = weighted[Self.firstIndex(above: rank, in: reached)].key
      let high = weighted[Self.firstIndex(above: min(rank + 1, total - 1), in: reached)].key
      return (low, high, position - Double(rank))
    }
  }

  private static func firstIndex(above rank: Int, in reached: [Int]) -> Int {
    var (low, high) = (0, reached.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if reached[middle] > rank { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

/// The number at `weight` of the way from `a` to `b`, exact at both ends.
func interpolate(_ a: Double, _ b: Double, _ weight: Double) -> Double {
  if a == b || weight == 0 { return a }
  // Between numbers so far apart that their difference is none.
  guard (b - a).isFinite else { return a * (1 - weight) + b * weight }
  return weight < 0.5 ? a + (b - a) * weight : b - (b - a) * (1 - weight)
}

extension QuantileSketch {
  /// The sketch as words, to be stored or sent.
  public var words: [UInt64] {
    var words = [
      UInt64(capacity), UInt64(count), coins.state, squaredErrors.bitPattern, UInt64(buffer.count),
      UInt64(levels.count),
    ]
    words += levels.map { UInt64($0.count) }
    words += buffer
    for level in levels { words += level }
    return words
  }

  /// Makes a sketch of the words at the reader's place.
  init(from reader: inout WordReader) {
    self.init(capacity: Int(reader.next()), seed: 0)
    let count = Int(reader.next())
    coins = CoinStream(state: reader.next())
    squaredErrors = Double(bitPattern: reader.next())
    let buffered = Int(reader.next())
    let levelCount = Int(reader.next())
    let sizes = reader.next(levelCount).map { Int($0) }
    buffer = reader.next(buffered)
    levels = sizes.map { reader.next($0) }
    self.count = count
  }

  /// Makes a sketch of the ``words`` of one.
  public init(words: [UInt64]) {
    var reader = WordReader(words)
    self.init(from: &reader)
  }
}
