/// The first record of a file.
struct TableHeader {
  /// The names, or the values where there is no header; `nil` in a file without records.
  var fields: [String]?
  var contentStart: Int
  var lines = 0
  /// Whether anything comes after it.
  var hasContent = false

  init(of file: any TableFile, format: CSVFormat) throws(CSVError) {
    let buffer = ByteBuffer(capacity: 64 << 10)
    var read = try buffer.append(from: file, at: 0, limit: 3)
    let hasMark = read == 3 && (0..<3).allSatisfy { buffer[$0] == [0xEF, 0xBB, 0xBF][$0] }
    let start = hasMark ? 3 : 0
    contentStart = start
    buffer.removeAll()
    read = start
    var tokens = Tokenizer(
      delimiter: format.delimiter, start: .outside, previous: UInt8(ascii: "\n"))
    var record = 0
    while true {
      let got = try buffer.append(from: file, at: read, limit: 64 << 10)
      read += got
      tokens.advance(buffer, to: buffer.count)
      if got == 0 { tokens.finish(buffer) }
      while record < tokens.recordEnds.count {
        let before = record == 0 ? 0 : Int(tokens.recordEnds[record - 1])
        let last = Int(tokens.recordEnds[record])
        let bytes = Int(tokens.ends[before] + 1)..<Int(tokens.ends[last])
        if !(bytes.isEmpty || bytes.count == 1 && buffer[bytes.lowerBound] == UInt8(ascii: "\r")) {
          let ends = tokens.ends[before...last]
          fields = zip(ends, ends.dropFirst()).map {
            Self.text(buffer, Int($0 + 1)..<Int($1), isLast: $1 == ends.last)
          }
          if format.hasHeader {
            let content = min(Int(tokens.ends[last]) + 1, buffer.count)
            contentStart = start + content
            lines = (0..<content).count { buffer[$0] == UInt8(ascii: "\n") }
          }
          hasContent = contentStart < start + buffer.count
          if !hasContent { hasContent = try buffer.append(from: file, at: read, limit: 1) > 0 }
          return
        }
        record += 1
      }
      if got == 0 {
        if tokens.state == .inside {
          throw CSVError("\(file.path): the file ends in a quoted field of its header")
        }
        return
      }
      if buffer.count > CSVFormat.longestRecord {
        throw CSVError("\(file.path): no header within \(CSVFormat.longestRecord >> 20) MiB")
      }
    }
  }

  private static func text(_ buffer: ByteBuffer, _ range: Range<Int>, isLast: Bool) -> String {
    var bytes = range.map { buffer[$0] }
    if isLast && bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    guard bytes.first == UInt8(ascii: "\"") else { return String(decoding: bytes, as: UTF8.self) }
    var plain: [UInt8] = []
    unsafe bytes.withUnsafeBufferPointer { unsafe appendUnquoted($0, to: &plain) }
    return String(decoding: plain, as: UTF8.self)
  }
}
