// How numbers and lists are written for people.

extension Int {
  /// The digits in groups of three: 1 640 000.
  var grouped: String {
    let digits = String(magnitude)
    var text = self < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0 && (digits.count - index) % 3 == 0 { text += "\u{202F}" }
      text.append(digit)
    }
    return text
  }
}

extension Double {
  /// The number with some digits behind the point.
  func formatted(digits: Int) -> String {
    guard isFinite else { return "\(self)" }
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let scaled = (self * scale).rounded()
    guard let units = Int(exactly: scaled), digits > 0 else {
      return Int(exactly: scaled).map { "\($0)" } ?? "\(self)"
    }
    let text = String(units.magnitude)
    let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
    return (units < 0 ? "-" : "") + padded.dropLast(digits) + "." + padded.suffix(digits)
  }
}

/// A number of things: 1 rank, 2 ranks.
func count(_ number: Int, _ thing: String) -> String {
  "\(number.grouped) \(thing)\(number == 1 ? "" : "s")"
}

/// Ascending numbers as ranges: 0–3, 5.
func ranges(_ numbers: [Int]) -> String {
  var parts: [String] = []
  var rest = numbers[...]
  while let first = rest.popFirst() {
    var last = first
    while rest.first == last + 1 {
      last += 1
      rest.removeFirst()
    }
    parts.append(first == last ? "\(first)" : "\(first)–\(last)")
  }
  return parts.joined(separator: ", ")
}
