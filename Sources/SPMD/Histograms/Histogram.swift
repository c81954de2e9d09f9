/// How often the values of a column fall into each of some bins, counted exactly.
///
/// The bins are equally wide, and hold all values: their edges are round numbers, or round parts of
/// days, around the least and the greatest one.
public struct Histogram: Sendable {
  /// The name of the column.
  public let column: String
  /// The type of the column.
  public let type: ColumnType
  /// The edges of the bins, one more than there are bins. A bin has its left edge, not its right
  /// one; the last bin has both where the values are numbers.
  public let edges: [ColumnValue]
  /// The number of values in each bin.
  public let counts: [Int]
  /// The number of missing values.
  public let missing: Int
}

extension TableScan {
  /// The bins of the histogram, whose ends are those of the values.
  ///
  /// - Throws: ``CSVError`` where the column's values have no such order.
  func histogramBins(_ states: [ColumnState]) throws(CSVError) -> HistogramBins? {
    guard let (name, state) = histogramState(states) else { return nil }
    let type = state.count == 0 ? .empty : state.type
    let least = OrderedKey.decodeInteger(state.least)
    let greatest = OrderedKey.decodeInteger(state.greatest)
    switch type {
    case .integer, .date:
      return .integers(from: least, to: greatest, count: options.binCount)
    case .timestamp:
      return .integers(
        from: least, to: greatest, count: options.binCount, widths: HistogramBins.timeWidths)
    case .number:
      let (least, greatest) = (
        OrderedKey.decodeDouble(state.least), OrderedKey.decodeDouble(state.greatest)
      )
      guard least.isFinite && greatest.isFinite else {
        throw CSVError("no histogram of \"\(name)\": it has infinite values")
      }
      return .numbers(from: least, to: greatest, count: options.binCount)
    case .empty: throw CSVError("no histogram of \"\(name)\": it has no values")
    case .boolean, .string:
      throw CSVError("no histogram of \"\(name)\": its values are not numbers, dates or times")
    }
  }

  private func histogramState(_ states: [ColumnState]) -> (name: String, state: ColumnState)? {
    guard let histogramColumn, let position = columns.firstIndex(of: histogramColumn) else {
      return nil
    }
    return (plan.columnNames[histogramColumn], states[position])
  }

  /// The type that the column of the histogram was found to have.
  func histogramType(_ states: [ColumnState]) -> ColumnType {
    histogramState(states)?.state.type ?? .empty
  }

  func histogramReader(_ bins: HistogramBins, type: ColumnType) -> HistogramReader {
    HistogramReader(
      column: histogramColumn ?? 0, type: type, bins: bins,
      missingValues: options.format.missingBytes)
  }

  func histogram(_ bins: HistogramBins, _ counts: [Int], _ states: [ColumnState]) -> Histogram? {
    guard let (name, state) = histogramState(states) else { return nil }
    let edges: [ColumnValue]
    switch bins {
    case .numbers(let numbers): edges = numbers.map { .number($0) }
    case .integers(let first, let width, let count):
      edges = (0...count).map {
        let edge = first + Int128($0) * width
        guard let value = Int64(exactly: edge) else { return .number(Double(edge)) }
        return ColumnStatistics.decoder(of: state.type)(OrderedKey.encode(value))
      }
    }
    return Histogram(
      column: name, type: state.type, edges: edges, counts: counts, missing: state.missing)
  }
}
