internal import SPMD

/// A run, as a picture shows it.
package struct TimelineRun: Sendable {
  package var rank: Int
  package var host: String
  /// Seconds since 1970.
  package var start: Double
  package var end: Double
  package var ending: TaskAttempt.Ending
  package var name: String
}

/// A picture of what each rank did and when, as SVG.
///
/// Each slot of a rank has a lane, in which a bar is a run. Runs that are narrower than a pixel are
/// drawn together: a column of a lane is as high as the part of its time that was used. The size of
/// the picture depends on the numbers of slots and pixels, not of tasks.
package struct Timeline {
  private static let width = 1000
  private static let left = 150
  private static let top = 46

  /// What a pixel's column of a lane has: seconds in use, for each way to end.
  private struct Column {
    var used: [Double] = [0, 0, 0, 0]
  }

  private struct Lane {
    var end = -Double.infinity
    var columns: [Int: Column] = [:]
    var bars: [String] = []
  }

  private struct Row {
    var host: String
    var lanes: [Lane] = []
  }

  private static let colors = ["#3b7dd8", "#d64545", "#e8a13a", "#9aa3ad"]
  private static let labels = ["done", "failed", "time limit", "interrupted"]

  private let start: Double
  private let seconds: Double
  private var rows: [Int: Row] = [:]
  private var runs = 0

  /// - Parameters:
  ///   - start: When the first run began, in seconds since 1970.
  ///   - end: When the last one ended.
  package init(from start: Double, to end: Double) {
    self.start = start
    seconds = max(end - start, 1e-3)
  }

  /// Adds a run; those of a rank in the order of their beginnings.
  package mutating func add(_ run: TimelineRun) {
    runs += 1
    let kind =
      switch run.ending {
      case .exited(0): 0
      case .exited, .signalled, .notStarted: 1
      case .timedOut: 2
      case .interrupted: 3
      }
    let scale = Double(Self.width) / seconds
    let inside = { [start] (time: Double) in min(max(0, (time - start) * scale), Double(Self.width))
    }
    let from = inside(run.start)
    let to = max(from, inside(run.end))
    var row = rows.removeValue(forKey: run.rank) ?? Row(host: run.host)
    // Clocks are read one after the other: a run may seem to begin before the one that made room for it has ended.
    let slack = min(0.002, (run.end - run.start) / 2)
    var place = row.lanes.firstIndex { $0.end <= run.start + slack } ?? row.lanes.count
    if place == row.lanes.count { row.lanes.append(Lane()) }
    if place >= 256 { place = 255 }
    row.lanes[place].end = run.end
    if to - from >= 1 {
      let title = "\(run.name): \((run.end - run.start).formatted(digits: 3)) s, \(run.ending.text)"
      row.lanes[place].bars.append(
        "x=\"\(Self.number(Double(Self.left) + from))\" width=\"\(Self.number(max(0.6, to - from - 0.4)))\" fill=\"\(Self.colors[kind])\"><title>\(Self.escaped(title))</title>"
      )
    } else {
      var position = from
      repeat {
        let column = min(Self.width - 1, Int(position))
        let next = min(to, Double(column + 1))
        let width = to == from ? 0.01 : max(0, next - position)
        row.lanes[place].columns[column, default: Column()].used[kind] += width
        position = max(next, Double(column + 1))
      } while position < to
    }
    rows[run.rank] = row
  }

  /// The picture.
  package var svg: String {
    let lanes = rows.values.reduce(0) { $0 + $1.lanes.count }
    let laneHeight = max(1.0, min(16.0, 1200.0 / Double(max(1, lanes))))
    let gap = rows.count > 100 ? 0.0 : 6.0
    var y = Double(Self.top)
    var body = ""
    for (rank, row) in rows.sorted(by: { $0.key < $1.key }) {
      let height = laneHeight * Double(row.lanes.count)
      body +=
        "<rect x=\"\(Self.left)\" y=\"\(Self.number(y))\" width=\"\(Self.width)\" height=\"\(Self.number(height))\" fill=\"#f1f3f5\"/>\n"
      if height >= 9 || rows.count <= 100 {
        body +=
          "<text x=\"\(Self.left - 8)\" y=\"\(Self.number(y + height / 2 + 4))\" text-anchor=\"end\">rank \(rank) · \(Self.escaped(Self.short(row.host)))</text>\n"
      }
      for lane in row.lanes {
        body += Self.drawn(lane, y: y, height: laneHeight)
        y += laneHeight
      }
      y += gap
    }
    return frame(body, bottom: y)
  }

  private static func drawn(_ lane: Lane, y: Double, height: Double) -> String {
    let inner = height > 4 ? height - 1 : height
    var text = ""
    for (x, column) in lane.columns.sorted(by: { $0.key < $1.key }) {
      var bottom = y + inner
      for (kind, used) in column.used.enumerated() where used > 0 {
        // What fails is seen, however short it was.
        let part = max(kind == 0 ? 0 : 0.15, min(1, used)) * inner
        text +=
          "<rect x=\"\(left + x)\" y=\"\(number(max(y, bottom - part)))\" width=\"1\" height=\"\(number(min(part, bottom - y)))\" fill=\"\(colors[kind])\"/>\n"
        bottom = max(y, bottom - part)
      }
    }
    for bar in lane.bars {
      text += "<rect y=\"\(number(y))\" height=\"\(number(inner))\" \(bar)</rect>\n"
    }
    return text
  }

  private func frame(_ body: String, bottom: Double) -> String {
    let width = Self.left + Self.width + 30
    var text =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width)\" height=\"\(Self.number(bottom + 34))\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#22272e\">\n"
    text += "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    var x = Self.left
    for (color, label) in zip(Self.colors, Self.labels) {
      text +=
        "<rect x=\"\(x)\" y=\"14\" width=\"12\" height=\"12\" fill=\"\(color)\"/><text x=\"\(x + 17)\" y=\"24\">\(label)</text>\n"
      x += 60 + 7 * label.count
    }
    text +=
      "<text x=\"\(Self.left + Self.width)\" y=\"24\" text-anchor=\"end\">\(runs) runs, \(seconds.formatted(digits: 2)) s</text>\n"
    text += body
    // Six steps at most, of 1, 2 or 5 times a power of ten.
    var step = 1e-6
    while seconds / step > 6 {
      for factor in [2, 2.5, 2] where seconds / step > 6 { step *= factor }
    }
    let digits = step >= 1 ? 0 : step >= 0.1 ? 1 : step >= 0.01 ? 2 : step >= 0.001 ? 3 : 6
    for tick in 0...Int(seconds / step) {
      let time = Double(tick) * step
      let x = Double(Self.left) + time / seconds * Double(Self.width)
      text +=
        "<path d=\"M\(Self.number(x)) \(Self.top - 6)V\(Self.number(bottom))\" stroke=\"#22272e\" stroke-opacity=\"0.15\"/><text x=\"\(Self.number(x))\" y=\"\(Self.number(bottom + 18))\" text-anchor=\"middle\">\(time.formatted(digits: digits)) s</text>\n"
    }
    return text + "</svg>\n"
  }

  private static func number(_ value: Double) -> String { value.formatted(digits: 2) }

  /// The part of a host's name that tells hosts of one site apart.
  private static func short(_ host: String) -> String {
    String((host.split(separator: ".").first ?? Substring(host)).prefix(14))
  }

  private static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      // What XML has no place for (XML 1.0, production 2).
      default: if scalar.value >= 0x20 { escaped.unicodeScalars.append(scalar) }
      }
    }
    return escaped
  }
}
