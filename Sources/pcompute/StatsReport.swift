internal import SPMD

/// The result of `stats`, to be written as JSON: all keys are always there, `null` where they do
/// not apply.
struct StatsReport: Encodable {
  let statistics: TableStatistics
  let options: TableStatistics.Options
  let ranks: Int
  let seconds: Double

  private enum Key: String, CodingKey {
    case rows, selectedRows, ranks, seconds, columns, groups, histogram, problems, problemCount
  }

  func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: Key.self)
    try object.encode(statistics.rows, forKey: .rows)
    try object.encode(statistics.selectedRows, forKey: .selectedRows)
    try object.encode(ranks, forKey: .ranks)
    try object.encode(seconds, forKey: .seconds)
    try object.encode(statistics.columns.map { Column(column: $0) }, forKey: .columns)
    try object.encode(statistics.groups.map { Groups(groups: $0) }, forKey: .groups)
    try object.encode(statistics.histogram.map { Bins(histogram: $0) }, forKey: .histogram)
    try object.encode(statistics.problems.map(\.description), forKey: .problems)
    try object.encode(statistics.problemCount, forKey: .problemCount)
  }

  private struct Column: Encodable {
    let column: ColumnStatistics

    private enum Key: String, CodingKey {
      case name, type, count, missing, distinct, distinctError, sum, mean
      case standardDeviation, min, max
      case quantiles, quantileError, top, topError
    }

    func encode(to encoder: any Encoder) throws {
      var object = encoder.container(keyedBy: Key.self)
      try object.encode(column.name, forKey: .name)
      try object.encode(column.type.description, forKey: .type)
      try object.encode(column.count, forKey: .count)
      try object.encode(column.missing, forKey: .missing)
      try object.encode(column.distinct, forKey: .distinct)
      try object.encode(column.distinctError, forKey: .distinctError)
      try object.encode(column.sum.map { JSONValue($0) }, forKey: .sum)
      // Not `encodeIfPresent`: a key whose value is missing says `null`.
      try object.encode(column.mean.map { JSONValue.number($0) }, forKey: .mean)
      try object.encode(
        column.standardDeviation.map { JSONValue.number($0) }, forKey: .standardDeviation)
      try object.encode(column.minimum.map { JSONValue($0) }, forKey: .min)
      try object.encode(column.maximum.map { JSONValue($0) }, forKey: .max)
      let pairs = column.quantiles.map { ("\($0.fraction)", JSONValue($0.value)) }
      let quantiles = pairs.isEmpty ? nil : Dictionary(pairs) { first, _ in first }
      try object.encode(quantiles, forKey: .quantiles)
      try object.encode(pairs.isEmpty ? nil : column.quantileError, forKey: .quantileError)
      try object.encode(
        column.top.map { Frequent(value: JSONValue($0.value), count: $0.count) }, forKey: .top)
      try object.encode(column.topError, forKey: .topError)
    }
  }

  private struct Frequent: Encodable {
    let value: JSONValue
    let count: Int
  }
}

extension StatsReport {
  fileprivate struct Groups: Encodable {
    let groups: TableGroups

    private enum Key: String, CodingKey { case column, count, largest }

    func encode(to encoder: any Encoder) throws {
      var object = encoder.container(keyedBy: Key.self)
      try object.encode(groups.column, forKey: .column)
      try object.encode(groups.count, forKey: .count)
      try object.encode(groups.largest.map { Group(group: $0) }, forKey: .largest)
    }
  }

  fileprivate struct Group: Encodable {
    let group: TableGroups.Group

    private enum Key: String, CodingKey { case value, count, columns }

    func encode(to encoder: any Encoder) throws {
      var object = encoder.container(keyedBy: Key.self)
      try object.encode(group.value, forKey: .value)
      try object.encode(group.count, forKey: .count)
      try object.encode(group.columns.map { GroupColumn(column: $0) }, forKey: .columns)
    }
  }

  fileprivate struct GroupColumn: Encodable {
    let column: TableGroups.Column

    private enum Key: String, CodingKey { case name, count, sum, mean, min, max }

    func encode(to encoder: any Encoder) throws {
      var object = encoder.container(keyedBy: Key.self)
      try object.encode(column.name, forKey: .name)
      try object.encode(column.count, forKey: .count)
      try object.encode(column.sum.map { JSONValue($0) }, forKey: .sum)
      try object.encode(column.mean.map { JSONValue.number($0) }, forKey: .mean)
      try object.encode(column.minimum.map { JSONValue($0) }, forKey: .min)
      try object.encode(column.maximum.map { JSONValue($0) }, forKey: .max)
    }
  }

  fileprivate struct Bins: Encodable {
    let histogram: Histogram

    private enum Key: String, CodingKey { case column, edges, counts, missing }

    func encode(to encoder: any Encoder) throws {
      var object = encoder.container(keyedBy: Key.self)
      try object.encode(histogram.column, forKey: .column)
      try object.encode(histogram.edges.map { JSONValue($0) }, forKey: .edges)
      try object.encode(histogram.counts, forKey: .counts)
      try object.encode(histogram.missing, forKey: .missing)
    }
  }
}

/// A value of a column as JSON has it; numbers that JSON lacks are spelled out.
private enum JSONValue: Encodable {
  case boolean(Bool)
  case integer(Int64)
  case number(Double)
  case text(String)

  init(_ value: ColumnValue) {
    switch value {
    case .boolean(let value): self = .boolean(value)
    case .integer(let value): self = .integer(value)
    case .number(let value): self = .number(value)
    case .text(let value): self = .text(value)
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .boolean(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .number(let value) where value.isNaN: try container.encode("NaN")
    case .number(let value) where value.isInfinite:
      try container.encode(value < 0 ? "-Infinity" : "Infinity")
    case .number(let value): try container.encode(value)
    case .text(let value): try container.encode(value)
    }
  }
}
