// How times and other numbers are written for people, here and in the commands.

extension Double {
  /// The number with some digits behind the point.
  package func formatted(digits: Int) -> String {
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
