/// Lines that sorts stumble over.
public enum SampleLines: CaseIterable, Sendable {
  /// Few bytes, NUL and bytes beyond ASCII among them.
  case bytes
  /// Numbers as people write them, and what is none.
  case numbers
  /// Much in common, and lines longer than what a rank reads at once.
  case long
  /// Words and numbers between blanks and commas.
  case fields
  /// No bytes at all.
  case empty
  /// The same again and again.
  case equal
  /// In order already.
  case ascending
  /// In the opposite order.
  case descending
  /// Long numbers that differ in their last digits only, in both signs.
  case longNumbers

  /// Some lines of this kind, the last one sometimes without a newline.
  public func bytes(count: Int, using generator: inout some RandomNumberGenerator) -> [UInt8] {
    var text: [UInt8] = []
    for i in 0..<count {
      text += line(i, of: count, &generator)
      text.append(10)
    }
    if Bool.random(using: &generator), text.last == 10 { text.removeLast() }
    return text
  }

  private func line(
    _ index: Int, of count: Int, _ generator: inout some RandomNumberGenerator
  ) -> [UInt8] {
    func choice<T>(_ values: [T], or other: T) -> T {
      values.randomElement(using: &generator) ?? other
    }
    switch self {
    case .bytes:
      return (0..<Int.random(in: 0..<6, using: &generator)).map { _ in
        choice([0, 9, 32, 44, 65, 97, 98, 200, 255], or: 0)
      }
    case .numbers:
      let sign = choice(["", "-", "--", "+", " ", "\t-"], or: "")
      let zeros = String(repeating: "0", count: Int.random(in: 0..<3, using: &generator))
      let digits = (0..<Int.random(in: 0..<24, using: &generator)).map { _ in
        "\(Int.random(in: 0..<10, using: &generator))"
      }.joined()
      let rest = choice(["", ".", ".0", ".50", ".05", "e3", ",5", "x"], or: "")
      return Array((sign + zeros + digits + rest).utf8)
    case .long:
      let length = choice([0, 1, 6, 7, 8, 13, 14, 15, 3000, 20_000], or: 0)
      return [UInt8](repeating: 120, count: length) + choice([[], [0], [97], [255]], or: [])
    case .fields:
      return (0..<Int.random(in: 0..<6, using: &generator)).flatMap { _ in
        Array(choice(["foo,", "Bar ", " bar", ",", "10", "9 ", "-3.5,", "\t", "\0"], or: "").utf8)
      }
    case .empty: return []
    case .equal: return Array("one, 2 and Three".utf8)
    case .ascending: return Array("\(index + 1_000_000), \(index % 7) x".utf8)
    case .descending: return Array("\(count - index + 1_000_000), \(index % 7) x".utf8)
    case .longNumbers:
      let last = Int.random(in: 0..<50, using: &generator)
      let digits = String(repeating: "7", count: choice([90, 1022, 1023, 1024], or: 0))
      return Array(
        (choice(["", "-"], or: "") + digits + choice(["", "."], or: "") + "\(last)").utf8)
    }
  }
}
