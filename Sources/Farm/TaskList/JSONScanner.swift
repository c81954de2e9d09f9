/// The parts of a line of JSON, one after the other.
struct JSONScanner {
  private let bytes: ArraySlice<UInt8>
  private let place: String
  private var position: Int

  /// - Parameter place: What messages name, before the column.
  init(_ bytes: ArraySlice<UInt8>, place: String) {
    self.bytes = bytes
    self.place = place
    position = bytes.startIndex
    skipBlanks()
  }

  /// A mistake where the scanner stands.
  func failure(_ text: String) -> FarmError {
    FarmError("\(place):\(position - bytes.startIndex + 1): \(text)")
  }

  var isAtEnd: Bool { position == bytes.endIndex }

  /// The byte that the next part begins with; 0 at the end.
  var next: UInt8 { isAtEnd ? 0 : bytes[position] }

  private mutating func skipBlanks() {
    while position < bytes.endIndex, isBlank(bytes[position]) { position += 1 }
  }

  /// Takes a sign, where it stands here.
  mutating func takeIf(_ sign: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: sign) else { return false }
    position += 1
    skipBlanks()
    return true
  }

  mutating func take(_ sign: Unicode.Scalar) throws {
    guard takeIf(sign) else { throw failure("“\(sign)” is missing here") }
  }

  /// A number, as it is written; `nil` where there is none.
  mutating func number() -> String? {
    let start = position
    let digits = { (scanner: inout JSONScanner) -> Int in
      let first = scanner.position
      while (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(scanner.next) { scanner.position += 1 }
      return scanner.position - first
    }
    if next == UInt8(ascii: "-") { position += 1 }
    let leading = position
    let count = digits(&self)
    var isNumber = count == 1 || count > 1 && bytes[leading] != UInt8(ascii: "0")
    if isNumber, next == UInt8(ascii: ".") {
      position += 1
      isNumber = digits(&self) > 0
    }
    if isNumber, next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      position += 1
      if next == UInt8(ascii: "-") || next == UInt8(ascii: "+") { position += 1 }
      isNumber = digits(&self) > 0
    }
    guard isNumber else {
      position = start
      return nil
    }
    defer { skipBlanks() }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  /// A string. The line is known to be UTF-8.
  mutating func string() throws -> String {
    guard next == UInt8(ascii: "\"") else { throw failure("a string is missing here") }
    position += 1
    let start = position
    while next >= 0x20, next != UInt8(ascii: "\""), next != UInt8(ascii: "\\") { position += 1 }
    var text = bytes[start..<position]
    if next == UInt8(ascii: "\\") { text = try escaped(after: text) }
    guard next == UInt8(ascii: "\"") else {
      throw failure(isAtEnd ? "a string without its end" : "a control character in a string")
    }
    position += 1
    skipBlanks()
    return String(decoding: text, as: UTF8.self)
  }

  /// The rest of a string, from its first escape on.
  private mutating func escaped(after prefix: ArraySlice<UInt8>) throws -> ArraySlice<UInt8> {
    var text = Array(prefix)
    while next >= 0x20, next != UInt8(ascii: "\"") {
      let byte = next
      position += 1
      guard byte == UInt8(ascii: "\\") else {
        text.append(byte)
        continue
      }
      let escape = next
      if !isAtEnd { position += 1 }
      switch escape {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(escape)
      case UInt8(ascii: "b"): text.append(8)
      case UInt8(ascii: "f"): text.append(12)
      case UInt8(ascii: "n"): text.append(10)
      case UInt8(ascii: "r"): text.append(13)
      case UInt8(ascii: "t"): text.append(9)
      case UInt8(ascii: "u"): text += try scalar().utf8
      default: throw failure("an unknown escape in a string")
      }
    }
    return text[...]
  }

  /// What stands behind `\u`: one unit of UTF-16, or both of a pair.
  private mutating func scalar() throws -> String {
    var units = [try unit()]
    if UTF16.isLeadSurrogate(units[0]), bytes[position...].starts(with: #"\u"#.utf8) {
      position += 2
      units.append(try unit())
    }
    guard let text = String(validating: units, as: UTF16.self) else {
      throw failure("half of a surrogate pair in a string")
    }
    return text
  }

  private mutating func unit() throws -> UInt16 {
    let digits = bytes[position...].prefix(4)
    guard digits.count == 4, !digits.contains(UInt8(ascii: "+")),
      let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw failure("four hexadecimal digits are missing here") }
    position += 4
    return unit
  }
}
