internal import SPMD

extension Histogram {
  /// The bins as lines of text, with bars.
  var text: String {
    let labels = edges.map(\.description)
    let width = labels.map(\.count).max() ?? 0
    func padded(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.count)) + text
    }
    let numbers = counts.map(\.grouped)
    let digits = numbers.map(\.count).max() ?? 0
    let most = max(1, counts.max() ?? 1)
    let lines = counts.indices.map { bin in
      let eighths = Int((Double(counts[bin]) / Double(most) * 320).rounded())
      let partial = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8]
      let bar = String(repeating: "█", count: eighths / 8) + partial
      // Something is more than nothing, however little it is.
      let shown = counts[bin] == 0 ? "" : "  " + (bar.isEmpty ? "▏" : bar)
      let range = "\(padded(labels[bin], width)) – \(padded(labels[bin + 1], width))"
      return "\(range)  \(padded(numbers[bin], digits))\(shown)"
    }
    return (["histogram of \(column)"] + lines).joined(separator: "\n")
  }
}

/// A histogram as a picture: bars, a scale of counts on the left, and edges below.
struct HistogramPicture {
  let histogram: Histogram

  private let width = 800.0
  private let height = 450.0
  private let left = 90.0
  private let right = 30.0
  private let top = 50.0
  private let bottom = 60.0

  /// The picture as SVG 1.1.
  var svg: String {
    let most = Double(max(1, histogram.counts.max() ?? 1))
    let step = Self.step(for: most)
    let scale = (most / step).rounded(.up) * step
    var lines = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(Int(width))\" height=\"\(Int(height))\" "
        + "viewBox=\"0 0 \(Int(width)) \(Int(height))\" font-family=\"sans-serif\" font-size=\"12\">",
      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
      text(histogram.column, x: width / 2, y: 28, anchor: "middle", size: 16),
    ]
    for i in 0...Int(scale / step) {
      let count = Double(i) * step
      let y = self.y(count, scale)
      lines.append(
        "<line x1=\"\(number(left))\" y1=\"\(number(y))\" x2=\"\(number(width - right))\" "
          + "y2=\"\(number(y))\" stroke=\"#ddd\"/>")
      lines.append(text(Int(count).grouped, x: left - 8, y: y + 4, anchor: "end"))
    }
    for (bin, count) in histogram.counts.enumerated() where count > 0 {
      let (x, end) = (self.x(bin) + 0.5, self.x(bin + 1) - 0.5)
      let y = self.y(Double(count), scale)
      let title =
        "\(histogram.edges[bin]) – \(histogram.edges[bin + 1]): \(count.grouped)"
      lines.append(
        "<rect x=\"\(number(x))\" y=\"\(number(y))\" width=\"\(number(max(0.5, end - x)))\" "
          + "height=\"\(number(height - bottom - y))\" fill=\"#4878a8\"><title>\(escaped(title))"
          + "</title></rect>")
    }
    let base = number(height - bottom)
    lines.append(
      "<line x1=\"\(number(left))\" y1=\"\(base)\" x2=\"\(number(width - right))\" y2=\"\(base)\" "
        + "stroke=\"#333\"/>")
    for edge in labelledEdges {
      let x = self.x(edge)
      lines.append(
        "<line x1=\"\(number(x))\" y1=\"\(base)\" x2=\"\(number(x))\" "
          + "y2=\"\(number(height - bottom + 5))\" stroke=\"#333\"/>")
      lines.append(
        text(
          "\(histogram.edges[edge])", x: x, y: height - bottom + 20, anchor: "middle"))
    }
    return (lines + ["</svg>"]).joined(separator: "\n") + "\n"
  }

  /// As many of the edges as have room for their text.
  private var labelledEdges: [Int] {
    let longest = histogram.edges.map { "\($0)".count }.max() ?? 1
    let room = (width - left - right) / Double(longest * 7 + 16)
    let every = max(1, Int((Double(histogram.counts.count) / max(1, room)).rounded(.up)))
    return Array(stride(from: 0, through: histogram.counts.count, by: every))
  }

  /// The distance of lines that makes about five of them: 1, 2 or 5 times a power of ten.
  private static func step(for most: Double) -> Double {
    var step = 1.0
    var next = [2.0, 2.5, 2.0]
    while most / step > 6 {
      step *= next[0]
      next.append(next.removeFirst())
    }
    return step
  }

  private func x(_ edge: Int) -> Double {
    left + (width - left - right) * Double(edge) / Double(histogram.counts.count)
  }

  private func y(_ count: Double, _ scale: Double) -> Double {
    height - bottom - (height - top - bottom) * count / scale
  }

  private func text(
    _ text: String, x: Double, y: Double, anchor: String, size: Int = 12
  ) -> String {
    "<text x=\"\(number(x))\" y=\"\(number(y))\" text-anchor=\"\(anchor)\" font-size=\"\(size)\">"
      + "\(escaped(text))</text>"
  }

  private func number(_ value: Double) -> String { value.formatted(digits: 1) }

  /// A text in which nothing is markup, and nothing that XML does not have.
  private func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "&": result += "&amp;"
      case "\"": result += "&quot;"
      case "\u{0}"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": result += " "
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
