/// A value of a column.
public enum ColumnValue: Hashable, Sendable, CustomStringConvertible {
  /// A truth value.
  case boolean(Bool)
  /// An integer.
  case integer(Int64)
  /// Another number.
  case number(Double)
  /// A text, a date or a time.
  case text(String)

  /// The value as text, as short as it can be read back.
  public var description: String {
    switch self {
    case .boolean(let value): return value ? "true" : "false"
    case .integer(let value): return String(value)
    case .number(let value): return value.description
    case .text(let value): return value
    }
  }
}

/// What is known of one column.
public struct ColumnStatistics: Sendable {
  /// The name in the header, or `column1`, `column2`, … where there is none.
  public let name: String
  /// What all values are.
  public let type: ColumnType
  /// The number of values that are not missing.
  public let count: Int
  /// The number of missing values.
  public let missing: Int
  /// The sum of numbers, rounded once; an integer where it is one of 64 bits.
  public let sum: ColumnValue?
  /// The number of distinct values.
  public let distinct: Int?
  /// The standard error of ``distinct``, relative to it; 0 where it is exact.
  public let distinctError: Double
  /// The mean of numbers, rounded once.
  public let mean: Double?
  /// The sample standard deviation of numbers, rounded once; `nil` for fewer than two.
  public let standardDeviation: Double?
  /// The least value; texts are ordered by their bytes.
  public let minimum: ColumnValue?
  /// The greatest value.
  public let maximum: ColumnValue?
  /// The values at the fractions asked for, in their order; none for texts and truth values.
  public let quantiles: [(fraction: Double, value: ColumnValue)]
  /// How far a quantile's rank may be off, as a fraction of the count, with 99 % confidence; 0
  /// where quantiles are exact.
  public let quantileError: Double
  /// The most frequent values and their counts, the most frequent first.
  public let top: [(value: ColumnValue, count: Int)]
  /// By how much the counts in ``top`` may be too small; 0 where they are exact.
  public let topError: Int

  init(name: String, state: ColumnState, options: TableStatistics.Options) {
    self.name = name
    let type = state.count == 0 ? .empty : state.type
    self.type = type
    count = state.count
    missing = state.missing

    let wanted = options.statistics
    let sketch = state.forest.whole
    let frequent = sketch?.frequent ?? FrequentItems(capacity: 2)
    let isExact = frequent.isExact
    if wanted.contains(.distinct) {
      distinct =
        isExact ? frequent.distinctCount : min(count, Int(state.distinct.estimate.rounded()))
      distinctError = isExact ? 0 : HyperLogLog.standardError
    } else {
      (distinct, distinctError) = (nil, 0)
    }

    let isNumeric = type.isNumeric
    let sums = state.sums
    sum = isNumeric && wanted.contains(.sum) ? Self.value(of: sums.sum, type) : nil
    mean = isNumeric && wanted.contains(.mean) ? sums.sum.mean(of: count) : nil
    standardDeviation =
      isNumeric && wanted.contains(.standardDeviation)
      ? sums.sum.standardDeviation(squares: sums.squares, count: count) : nil

    let decode = Self.decoder(of: type)
    let extremes = Self.extremes(state, type, decode)
    minimum = wanted.contains(.min) ? extremes.least : nil
    maximum = wanted.contains(.max) ? extremes.greatest : nil

    quantiles = Self.quantiles(of: sketch?.quantiles, type: type, state, options.quantiles)
    quantileError = sketch?.quantiles?.rankError ?? 0
    topError = wanted.contains(.top) ? Int(frequent.maximumError) : 0
    if !wanted.contains(.top) {
      top = []
    } else if type == .string {
      top = frequent.topEntries(options.top) { a, b in
        frequent.bytes(of: a).lexicographicallyPrecedes(frequent.bytes(of: b))
      }.map { (.text(Self.text(frequent.bytes(of: $0))), Int($0.count)) }
    } else {
      top = frequent.topEntries(options.top) { $0.payload < $1.payload }
        .map { (decode($0.payload), Int($0.count)) }
    }
  }

  private static func extremes(
    _ state: ColumnState, _ type: ColumnType, _ decode: (UInt64) -> ColumnValue
  ) -> (least: ColumnValue?, greatest: ColumnValue?) {
    switch type {
    case .empty: return (nil, nil)
    case .string:
      let texts = state.extremes
      return (
        texts.least.map { .text(String(decoding: $0, as: UTF8.self)) },
        texts.greatest.map { .text(String(decoding: $0, as: UTF8.self)) }
      )
    default: return (decode(state.least), decode(state.greatest))
    }
  }

  /// A sum as a value of its column.
  static func value(of sum: ExactSum, _ type: ColumnType) -> ColumnValue {
    if type == .integer, let integer = sum.integer { return .integer(integer) }
    return .number(sum.value)
  }

  static func decoder(of type: ColumnType) -> (UInt64) -> ColumnValue {
    switch type {
    case .number: return { .number(OrderedKey.decodeDouble($0)) }
    case .boolean: return { .boolean(OrderedKey.decodeInteger($0) != 0) }
    case .date: return { .text(DateParser.text(days: OrderedKey.decodeInteger($0))) }
    case .timestamp:
      return { .text(DateParser.text(microseconds: OrderedKey.decodeInteger($0))) }
    case .integer, .string, .empty: return { .integer(OrderedKey.decodeInteger($0)) }
    }
  }

  /// Numbers are interpolated; of dates and times the earlier neighbour is taken, which is one of
  /// the column.
  private static func quantiles(
    of sketch: QuantileSketch?, type: ColumnType, _ state: ColumnState, _ fractions: [Double]
  ) -> [(fraction: Double, value: ColumnValue)] {
    guard let sketch, sketch.count > 0 else { return [] }
    let decode = decoder(of: type)
    return zip(fractions, sketch.neighbors(of: fractions)).map { fraction, neighbors in
      var (low, high, weight) = neighbors
      // The ends are known exactly, whatever the sketch still holds.
      if fraction == 0 { (low, high, weight) = (state.least, state.least, 0) }
      if fraction == 1 { (low, high, weight) = (state.greatest, state.greatest, 0) }
      switch (decode(low), decode(high)) {
      case (.integer(let a), .integer(let b)):
        if a == b || weight == 0 { return (fraction, .integer(a)) }
        return (fraction, .number(interpolate(Double(a), Double(b), weight)))
      case (.number(let a), .number(let b)):
        return (fraction, .number(interpolate(a, b, weight)))
      case (let a, _):
        return (fraction, a)
      }
    }
  }

  /// A text, or the beginning of one that is too long to be kept.
  private static func text(_ bytes: ArraySlice<UInt8>) -> String {
    guard bytes.count > SketchLimits.longestText else {
      return String(decoding: bytes, as: UTF8.self)
    }
    // Not in the middle of a character: its later bytes begin with the bits 10.
    var prefix = bytes.prefix(SketchLimits.shownPrefix)
    while let last = prefix.last, last & 0xC0 == 0x80 { prefix.removeLast() }
    if let last = prefix.last, last >= 0xC0 { prefix.removeLast() }
    return String(decoding: prefix, as: UTF8.self) + "…"
  }
}
