/// Integers with seven bits in each byte, strings with their lengths before them.
struct PackedWriter {
  var bytes: [UInt8] = []

  mutating func write(_ value: Int) {
    var rest = UInt(bitPattern: value)
    while rest > 0x7f {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  mutating func write(byte: UInt8) { bytes.append(byte) }

  mutating func write(_ text: String) {
    write(text.utf8.count)
    bytes += text.utf8
  }

  mutating func write(_ texts: [String]) {
    write(texts.count)
    for text in texts { write(text) }
  }

  mutating func write(_ value: Double) { write(value.bitPattern, bytes: 8) }

  /// The lowest byte first.
  mutating func write(_ value: UInt64, bytes count: Int) {
    for place in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * place))) }
  }

  mutating func write(bytes other: some Collection<UInt8>) {
    write(other.count)
    bytes += other
  }

  mutating func write<Element>(
    _ elements: [Element], _ body: (Element, inout PackedWriter) -> Void
  ) {
    write(elements.count)
    for element in elements { body(element, &self) }
  }
}

struct PackedReader {
  var bytes: ArraySlice<UInt8>

  mutating func readByte() -> UInt8 { bytes.popFirst() ?? 0 }

  mutating func readInteger() -> Int {
    var value: UInt = 0
    var shift: UInt = 0
    while true {
      let byte = readByte()
      value |= UInt(byte & 0x7f) << shift
      shift += 7
      if byte < 0x80 || shift > 63 { return Int(bitPattern: value) }
    }
  }

  mutating func readBytes() -> ArraySlice<UInt8> {
    let count = min(max(0, readInteger()), bytes.count)
    defer { bytes.removeFirst(count) }
    return bytes.prefix(count)
  }

  mutating func readString() -> String { String(decoding: readBytes(), as: UTF8.self) }

  mutating func readArray<Element>(_ body: (inout PackedReader) -> Element) -> [Element] {
    var elements: [Element] = []
    let count = readInteger()
    while elements.count < count && !bytes.isEmpty { elements.append(body(&self)) }
    return elements
  }

  mutating func readStrings() -> [String] { readArray { $0.readString() } }

  mutating func readDouble() -> Double { Double(bitPattern: readNumber(bytes: 8)) }

  /// What ``PackedWriter/write(_:bytes:)`` has written.
  mutating func readNumber(bytes count: Int) -> UInt64 {
    var number: UInt64 = 0
    for place in 0..<count { number |= UInt64(readByte()) << UInt64(8 * place) }
    return number
  }
}
