/// Reads back words that sketches were written to, in order.
struct WordReader {
  private let words: [UInt64]
  private var position = 0

  init(_ words: [UInt64]) { self.words = words }

  mutating func next() -> UInt64 {
    defer { position += 1 }
    return words[position]
  }

  mutating func next(_ count: Int) -> [UInt64] {
    defer { position += count }
    return Array(words[position..<(position + count)])
  }

  var isAtEnd: Bool { position == words.count }
}

/// Bytes as words: their number, then eight to a word.
func packed(_ bytes: [UInt8]) -> [UInt64] {
  var words: [UInt64] = []
  words.reserveCapacity(bytes.count / 8 + 2)
  appendPacked(bytes[...], to: &words)
  return words
}

/// Appends bytes as ``packed(_:)`` makes words of them.
func appendPacked(_ bytes: ArraySlice<UInt8>, to words: inout [UInt64]) {
  words.append(UInt64(bytes.count))
  var start = bytes.startIndex
  while start < bytes.endIndex {
    var word: UInt64 = 0
    for i in start..<min(start + 8, bytes.endIndex) {
      word |= UInt64(bytes[i]) << UInt64(8 * (i - start))
    }
    words.append(word)
    start += 8
  }
}

extension WordReader {
  /// Reads bytes that ``packed(_:)`` wrote.
  mutating func nextBytes() -> [UInt8] {
    let count = Int(next())
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 7)
    for word in next((count + 7) / 8) {
      for i in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(8 * i))) }
    }
    bytes.removeLast(bytes.count - count)
    return bytes
  }
}
