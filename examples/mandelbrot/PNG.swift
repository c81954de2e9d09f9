import Foundation

/// Writes a picture in the Portable Network Graphics format (ISO/IEC 15948), and puts it in place
/// only when it is complete.
///
/// - Parameter rows: The rows from the top, each of the same number of pixels, of a byte each for
///   red, green and blue.
func writePNG(_ rows: [[UInt8]], to path: String) throws {
  let width = (rows.first?.count ?? 0) / 3
  var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
  // Eight bits a channel, red green blue, and the only methods there are for compression, filters
  // and no interlace.
  file.appendChunk("IHDR", bigEndian(width) + bigEndian(rows.count) + [8, 2, 0, 0, 0])
  file.appendChunk("IDAT", compressed(filtered(rows)))
  file.appendChunk("IEND", [])
  try Data(file).write(to: URL(fileURLWithPath: path), options: .atomic)
}

/// Each row as differences of a pixel to the one on its left (filter 1), so that areas of one color
/// become zeros.
private func filtered(_ rows: [[UInt8]]) -> [UInt8] {
  var bytes: [UInt8] = []
  for row in rows {
    bytes.append(1)
    for index in row.indices { bytes.append(index < 3 ? row[index] : row[index] &- row[index - 3]) }
  }
  return bytes
}

/// A zlib stream (RFC 1950) of one block with the fixed code (RFC 1951 §3.2.6), which replaces
/// repeated bytes only.
private func compressed(_ bytes: [UInt8]) -> [UInt8] {
  var stream = BitStream(bytes: [0x78, 0x01])
  stream.append(0b011, count: 3)  // the last block, with the fixed code
  var index = 0
  while index < bytes.count {
    let byte = bytes[index]
    var end = index + 1
    while end < bytes.count, end - index <= 258, bytes[end] == byte { end += 1 }
    stream.append(literal: Int(byte))
    index += 1
    if end - index >= 3 {
      stream.append(repeats: end - index)
      index = end
    }
  }
  stream.append(literal: 256)  // the end of the block
  return stream.finished() + bigEndian(adler32(bytes))
}

/// Bits, from the least significant of each byte on.
private struct BitStream {
  var bytes: [UInt8]
  var bits: UInt32 = 0
  var bitCount = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func append(_ value: Int, count: Int) {
    bits |= UInt32(value) << bitCount
    bitCount += count
    while bitCount >= 8 {
      bytes.append(UInt8(truncatingIfNeeded: bits))
      bits >>= 8
      bitCount -= 8
    }
  }

  /// Huffman codes, unlike all other numbers, begin with their most significant bit.
  mutating func append(code: Int, count: Int) {
    var reversed = 0
    for bit in 0..<count where code >> bit & 1 == 1 { reversed |= 1 << (count - 1 - bit) }
    append(reversed, count: count)
  }

  mutating func append(literal symbol: Int) {
    switch symbol {
    case 0...143: append(code: 0x30 + symbol, count: 8)
    case 144...255: append(code: 0x190 + symbol - 144, count: 9)
    case 256...279: append(code: symbol - 256, count: 7)
    default: append(code: 0xC0 + symbol - 280, count: 8)
    }
  }

  /// The last byte `count` times more, 3 to 258: a length and the distance 1.
  mutating func append(repeats count: Int) {
    // Lengths come in groups of four symbols, each group with one bit more than the last (RFC 1951
    // §3.2.5).
    let length = count - 3
    let extra = max(0, Int.bitWidth - 1 - length.leadingZeroBitCount - 2)
    if length == 255 {
      append(literal: 285)
    } else {
      append(literal: 257 + 4 * extra + length >> extra)
      append(length & (1 << extra - 1), count: extra)
    }
    append(code: 0, count: 5)
  }

  mutating func finished() -> [UInt8] {
    append(0, count: 7)
    return bytes
  }
}

extension [UInt8] {
  fileprivate mutating func appendChunk(_ type: String, _ data: [UInt8]) {
    let body = Array(type.utf8) + data
    self += bigEndian(data.count) + body + bigEndian(crc32(body))
  }
}

private func bigEndian(_ number: Int) -> [UInt8] {
  [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
}

/// RFC 1950 §8.2.
private func adler32(_ bytes: [UInt8]) -> Int {
  var (a, b) = (1, 0)
  for byte in bytes {
    a = (a + Int(byte)) % 65521
    b = (b + a) % 65521
  }
  return b << 16 | a
}

/// ISO/IEC 15948 §5.5 and annex D.
private func crc32(_ bytes: [UInt8]) -> Int {
  let table: [UInt32] = (0..<256).map { number in
    (0..<8).reduce(UInt32(number)) { crc, _ in crc & 1 == 1 ? 0xEDB8_8320 ^ crc >> 1 : crc >> 1 }
  }
  let crc = bytes.reduce(UInt32.max) { crc, byte in
    table[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] ^ crc >> 8
  }
  return Int(~crc)
}
