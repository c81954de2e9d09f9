internal import ArgumentParser

/// A size of memory on the command line, such as `500M` or `2G`.
struct MemorySize {
  let bytes: Int

  private init?(_ text: String) {
    let units: [Character: Int] = ["K": 10, "M": 20, "G": 30, "T": 40]
    var digits = Substring(text)
    var shift = 0
    if let last = digits.last, let unit = units[Character(last.uppercased())] {
      shift = unit
      digits.removeLast()
    }
    guard let number = Int(digits), number > 0, number <= Int.max >> shift,
      number << shift >= 1 << 20
    else { return nil }
    bytes = number << shift
  }

  /// - Throws: What the parser is to say of a text that is no size.
  static func parsed(_ text: String) throws -> MemorySize {
    guard let size = MemorySize(text) else {
      throw ValidationError("--memory takes a size of 1M at least, such as 500M, not “\(text)”")
    }
    return size
  }
}
