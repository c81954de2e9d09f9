/// What one pass over a table tells of its columns.
///
/// Every member is a function of the files alone: the number of ranks cannot change a bit of it.
public struct TableStatistics: Sendable {
  /// The number of records, without headers and empty lines.
  public internal(set) var rows = 0
  /// The size of all files.
  public internal(set) var byteCount = 0
  /// The columns that were asked for, in the order of the file.
  public internal(set) var columns: [ColumnStatistics] = []
  /// The first lines that did not fit, in the order of the files.
  public internal(set) var problems: [CSVProblem] = []
  /// How many lines did not fit.
  public internal(set) var problemCount = 0

  /// What to compute.
  public struct Options: Sendable {
    /// How the files are written.
    public var format = CSVFormat()
    /// The names of the columns to look at, each by itself or several with commas between them;
    /// `nil` for all.
    public var columns: [String]?
    /// The fractions to give quantiles at, from 0 to 1.
    public var quantiles: [Double] = [0.25, 0.5, 0.75]
    /// How many of the most frequent values to give.
    public var top = 5
    /// How many problems to describe.
    public var problemLimit = 10
    /// The size of a block, where it is not to follow from the size of the files.
    public var blockSize: Int?

    /// Makes the default options.
    public init() {}
  }
}

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
  /// The number of distinct values.
  public let distinct: Int
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

    let sketch = state.forest.whole
    let frequent = sketch?.frequent ?? FrequentItems(capacity: 2)
    let isExact = frequent.isExact
    distinct =
      isExact ? frequent.distinctCount : min(count, Int(state.distinct.estimate.rounded()))
    distinctError = isExact ? 0 : HyperLogLog.standardError

    let isNumeric = type == .integer || type == .number
    mean = isNumeric ? state.sums.sum.mean(of: count) : nil
    standardDeviation =
      isNumeric
      ? state.sums.sum.standardDeviation(squares: state.sums.squares, count: count) : nil

    let decode = Self.decoder(of: type)
    if type == .string {
      minimum = state.leastText.map { .text(String(decoding: $0, as: UTF8.self)) }
      maximum = state.greatestText.map { .text(String(decoding: $0, as: UTF8.self)) }
    } else {
      minimum = type == .empty ? nil : decode(state.least)
      maximum = type == .empty ? nil : decode(state.greatest)
    }

    quantiles = Self.quantiles(of: sketch?.quantiles, type: type, state, options.quantiles)
    quantileError = sketch?.quantiles?.rankError ?? 0
    topError = Int(frequent.maximumError)
    if type == .string {
      top = frequent.topEntries(options.top) { a, b in
        frequent.bytes(of: a).lexicographicallyPrecedes(frequent.bytes(of: b))
      }.map { (.text(Self.text(frequent.bytes(of: $0))), Int($0.count)) }
    } else {
      top = frequent.topEntries(options.top) { $0.payload < $1.payload }
        .map { (decode($0.payload), Int($0.count)) }
    }
  }

  private static func decoder(of type: ColumnType) -> (UInt64) -> ColumnValue {
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
