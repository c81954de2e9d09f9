internal import SPMD

extension StatsReport {
  /// The result as tables: a line for each statistic, or for each group, as many columns side by
  /// side as fit.
  var text: String {
    var parts: [String] = []
    if let groups = statistics.groups {
      parts += groupTables(groups)
    } else {
      parts += tables(labels, statistics.columns.map(cells))
    }
    if let histogram = statistics.histogram { parts.append(histogram.text) }
    return (parts + [summary]).joined(separator: "\n\n")
  }

  /// Columns side by side, in as many tables as their width takes.
  func tables(_ labels: [String], _ columns: [[String]]) -> [String] {
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
    return tables
  }

  private static let width = 100
  private static let longestText = 24

  private func isWanted(_ statistic: Statistic) -> Bool {
    options.statistics.contains(statistic)
  }

  private var labels: [String] {
    let lines: [(Statistic, [String])] = [
      (.count, ["count"]), (.missing, ["missing"]), (.distinct, ["distinct"]), (.sum, ["sum"]),
      (.mean, ["mean"]), (.standardDeviation, ["std. dev."]), (.min, ["min"]),
      (.quantiles, options.quantiles.map { "\(percent($0)) %" }), (.max, ["max"]),
      (.top, (0..<mostFrequent).map { "top \($0 + 1)" }),
    ]
    return ["", "type"] + lines.flatMap { isWanted($0) ? $1 : [] }
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
    let distinct = (column.distinctError == 0 ? "" : "≈") + (column.distinct?.grouped ?? "–")
    let lines: [(Statistic, [String])] = [
      (.count, [column.count.grouped]), (.missing, [column.missing.grouped]),
      (.distinct, [distinct]), (.sum, [column.sum.map(shown) ?? "–"]),
      (.mean, [column.mean.map { "\($0)" } ?? "–"]),
      (.standardDeviation, [column.standardDeviation.map { "\($0)" } ?? "–"]),
      (.min, [column.minimum.map(shown) ?? "–"]), (.quantiles, quantiles),
      (.max, [column.maximum.map(shown) ?? "–"]),
      (.top, top + [String](repeating: "", count: mostFrequent - top.count)),
    ]
    return [shortened(column.name), column.type.description]
      + lines.flatMap { isWanted($0) ? $1 : [] }
  }

  /// A line for each group, a column for each statistic of each column of numbers.
  private func groupTables(_ groups: TableGroups) -> [String] {
    let labels =
      [shortened(groups.column)]
      + groups.largest.map { group in
        group.value.map { shortened($0) } ?? "(missing)"
      }
    var columns = [["rows"] + groups.largest.map(\.count.grouped)]
    for (position, column) in (groups.largest.first?.columns ?? []).enumerated() {
      let own = groups.largest.map { $0.columns[position] }
      let lines: [(Statistic, String, [String])] = [
        (.sum, "sum", own.map { $0.sum.map(shown) ?? "–" }),
        (.mean, "mean", own.map { $0.mean.map { "\($0)" } ?? "–" }),
        (.min, "min", own.map { $0.minimum.map(shown) ?? "–" }),
        (.max, "max", own.map { $0.maximum.map(shown) ?? "–" }),
      ]
      for (statistic, name, cells) in lines where isWanted(statistic) {
        columns.append(["\(shortened(column.name)) \(name)"] + cells)
      }
    }
    var parts = tables(labels, columns)
    let rest = groups.count - groups.largest.count
    if rest > 0 { parts.append("\(count(rest, "more group")), of \(groups.count.grouped)") }
    return parts
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
    let selected =
      options.condition == nil
      ? "" : ", \(statistics.selectedRows.grouped) of them as asked for"
    let rate = Double(statistics.byteCount) / 1e6 / max(seconds, 1e-9)
    var lines = [
      "\(count(statistics.rows, "row"))\(selected), \(count(ranks, "rank")), \(seconds.formatted(digits: 2)) s, "
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
