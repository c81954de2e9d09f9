/// All that is known of one column over some blocks, under one type.
struct ColumnState: Sendable {
  /// The type that values were read as.
  var type: ColumnType
  /// The least type of all values met; where it is not `type`, the rest is worth nothing.
  var observed: ColumnType
  var count = 0
  var missing = 0
  var distinct = HyperLogLog()
  var sums = SumPair()
  /// The least and greatest value by its ordered key.
  var least = UInt64.max
  var greatest = UInt64.min
  var extremes = TextExtremes()
  var forest = SketchForest()

  init(type: ColumnType) {
    self.type = type
    observed = type
  }

  /// Adds other blocks.
  mutating func merge(_ other: ColumnState) {
    if type == .empty { type = other.type }
    observed = observed.joined(with: other.observed)
    count += other.count
    missing += other.missing
    distinct.merge(other.distinct)
    sums.merge(other.sums)
    least = min(least, other.least)
    greatest = max(greatest, other.greatest)
    extremes.merge(other.extremes)
    forest.append(contentsOf: other.forest)
  }

  // MARK: As words

  var words: [UInt64] {
    var words = [
      UInt64(type.rawValue), UInt64(observed.rawValue), UInt64(count), UInt64(missing), least,
      greatest,
    ]
    words += extremes.words
    words += packed(distinct.registers)
    words += sums.words.map { UInt64(bitPattern: $0) }
    return words + forest.words
  }

  init(from reader: inout WordReader) {
    self.init(type: ColumnType(rawValue: UInt8(reader.next())) ?? .string)
    observed = ColumnType(rawValue: UInt8(reader.next())) ?? .string
    count = Int(reader.next())
    missing = Int(reader.next())
    least = reader.next()
    greatest = reader.next()
    extremes = TextExtremes(from: &reader)
    distinct = HyperLogLog(registers: reader.nextBytes())
    let sumWords = reader.next(2 * ExactSum.wordCount).map { Int64(bitPattern: $0) }
    sums = SumPair(words: sumWords.span)
    forest = SketchForest(from: &reader)
  }
}
