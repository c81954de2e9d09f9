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
