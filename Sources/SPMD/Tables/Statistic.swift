/// What can be told of a column; the raw values are the names in options and in JSON.
public enum Statistic: String, CaseIterable, Hashable, Sendable {
  /// The number of values that are not missing.
  case count
  /// The number of missing values.
  case missing
  /// The sum of numbers, rounded once.
  case sum
  /// The mean of numbers, rounded once.
  case mean
  /// The sample standard deviation of numbers, rounded once.
  case standardDeviation
  /// The least value.
  case min
  /// The greatest value.
  case max
  /// The number of distinct values.
  case distinct
  /// The values at some fractions of the sorted column.
  case quantiles
  /// The most frequent values.
  case top

  /// Those that need no sketch: cheap, and exact.
  public static let plain: Set<Statistic> = [
    .count, .missing, .sum, .mean, .standardDeviation, .min, .max,
  ]
}

/// What a reader has to keep for the statistics that are wanted.
struct StatisticNeeds: Sendable {
  var sum: Bool
  var squares: Bool
  var extremes: Bool
  var quantiles: Bool
  /// Counters of frequent values, which count the distinct ones, too.
  var counters: Bool

  var sketches: Bool { quantiles || counters }

  init(_ wanted: Set<Statistic>) {
    squares = wanted.contains(.standardDeviation)
    sum = squares || wanted.contains(.sum) || wanted.contains(.mean)
    quantiles = wanted.contains(.quantiles)
    // The outermost quantiles are the extremes.
    extremes = quantiles || wanted.contains(.min) || wanted.contains(.max)
    counters = wanted.contains(.distinct) || wanted.contains(.top)
  }

  /// What options need: a histogram has its ends at the extremes.
  init(_ options: TableStatistics.Options) {
    self.init(options.statistics)
    if options.histogramColumn != nil { extremes = true }
  }

  /// What finding the types needs.
  static let nothing = StatisticNeeds([])
}
