internal import SPMD

extension StatsReport {
  /// The result as tables: a line for each statistic, as many columns side by side as fit.
  var text: String {
    let labels = self.labels
    let columns = statistics.columns.map(cells)
    let labelWidth = labels.map(\.count).max() ?? 0
    var tables: [String] = []
    var start = 0
    while start < columns.count {
      var end = start
      var width = labelWidth
      while end < columns.count {
        let own = 2 + (columns[end].map(\.count).max() ?? 0)
        if end > start && width + own > Self.width { break }
        width += own
        end += 1
      }
      tables.append(table(labels, Array(columns[start..<end]), labelWidth))
      start = end
    }
    return (tables + [summary]).joined(separator: "\n\n")
  }

  private static let width = 100
  private static let longestText = 24

  private var labels: [String] {
    ["", "type", "count", "missing", "distinct", "mean", "std. dev.", "min"]
      + options.quantiles.map { "\(percent($0)) %" } + ["max"]
      + (0..<mostFrequent).map { "top \($0 + 1)" }
  }

  private var mostFrequent: Int { statistics.columns.map(\.top.count).max() ?? 0 }

  private func percent(_ fraction: Double) -> String {
    let percent = (fraction * 1e12).rounded() / 1e10
    return percent == percent.rounded() ? "\(Int(percent))" : "\(percent)"
  }

  private func cells(_ column: ColumnStatistics) -> [String] {
    let quantiles =
      column.quantiles.isEmpty
      ? options.quantiles.map { _ in "–" } : column.quantiles.map { shown($0.value) }
    let mark = column.topError == 0 ? "" : "≈"
    let top = column.top.map { "\(shown($0.value)) ×\(mark)\($0.count)" }
    return [
      shortened(column.name), column.type.description, column.count.grouped,
      column.missing.grouped,
      (column.distinctError == 0 ? "" : "≈") + column.distinct.grouped,
      column.mean.map { "\($0)" } ?? "–", column.standardDeviation.map { "\($0)" } ?? "–",
      column.minimum.map(shown) ?? "–",
    ] + quantiles + [column.maximum.map(shown) ?? "–"] + top
      + [String](repeating: "", count: mostFrequent - top.count)
  }

  private func shown(_ value: ColumnValue) -> String { shortened(value.description) }

  /// A text on one line, without what a terminal would obey.
  private func shortened(_ text: String) -> String {
    let plain = text.unicodeScalars.prefix(4 * Self.longestText).map {
      $0.value < 0x20 || $0.value == 0x7F || (0x80..<0xA0).contains($0.value) ? "·" : Character($0)
    }
    guard plain.count > Self.longestText else { return String(plain) }
    return String(plain.prefix(Self.longestText - 1)) + "…"
  }

  private func table(_ labels: [String], _ columns: [[String]], _ labelWidth: Int) -> String {
    let widths = columns.map { $0.map(\.count).max() ?? 0 }
    return labels.indices.map { row in
      var line = labels[row] + spaces(labelWidth - labels[row].count)
      for (cells, width) in zip(columns, widths) {
        line += "  " + spaces(width - cells[row].count) + cells[row]
      }
      while line.last == " " { line.removeLast() }
      return line
    }.joined(separator: "\n")
  }

  private func spaces(_ count: Int) -> String { String(repeating: " ", count: max(0, count)) }

  private var summary: String {
    let rate = Double(statistics.byteCount) / 1e6 / max(seconds, 1e-9)
    var lines = [
      "\(count(statistics.rows, "row")), \(count(ranks, "rank")), \(seconds.formatted(digits: 2)) s, "
        + "\(rate.formatted(digits: 0)) MB/s"
    ]
    let quantileError = statistics.columns.map(\.quantileError).max() ?? 0
    if statistics.columns.contains(where: { $0.distinctError > 0 }) {
      lines.append(
        "distinct: standard error \((HyperLogLog.standardError * 100).formatted(digits: 1)) % "
          + "where ≈ stands")
    }
    if quantileError > 0 {
      lines.append(
        "quantiles: ranks within \((quantileError * 100).formatted(digits: 2)) % (99 % confidence)")
    }
    let most = statistics.columns.filter { !$0.top.isEmpty }.map(\.topError).max() ?? 0
    if most > 0 {
      lines.append("top: counts may be too small by up to \(most.grouped) where ≈ stands")
    }
    return lines.joined(separator: "\n")
  }
}
