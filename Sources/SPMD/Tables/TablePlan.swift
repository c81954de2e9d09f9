/// How a table is laid out over its files and divided into blocks, the same for every number of
/// ranks.
struct TablePlan: Sendable {
  struct File: Sendable {
    var path: String
    var size: Int
    /// Where the first record after the header begins.
    var contentStart: Int
    /// The number of newlines before that.
    var headerLines: Int
    /// The number of this file's first block among the blocks of all files.
    var firstBlock: Int
  }

  /// Bytes of one file, from the start of a block to the end of one.
  struct Segment {
    var file: Int
    var bytes: Range<Int>
    var firstBlock: Int
    /// Whether the segment begins at the file's first record.
    var startsFile: Bool
  }

  var files: [File] = []
  var blockSize: Int
  var blockCount = 0
  var columnNames: [String] = []
  /// What the first records suggest; no value of theirs contradicts it.
  var types: [ColumnType] = []

  /// The number of bytes in all files.
  var byteCount: Int { files.reduce(0) { $0 + $1.size } }

  /// The blocks of a rank.
  ///
  /// Cuts fall on multiples of a power of two where blocks are many, so that few nodes of the
  /// merge tree are left over at them.
  func blocks(ofRank rank: Int, of ranks: Int) -> Range<Int> {
    var grain = 1
    while grain * 2 * 16 * ranks <= blockCount { grain *= 2 }
    func cut(_ rank: Int) -> Int {
      if rank == ranks { return blockCount }
      return blockCount * rank / ranks / grain * grain
    }
    return cut(rank)..<cut(rank + 1)
  }

  /// The segments of a run of blocks, in order.
  func segments(of blocks: Range<Int>) -> [Segment] {
    var segments: [Segment] = []
    for (index, file) in files.enumerated() {
      let count = Self.blockCount(size: file.size, blockSize: blockSize)
      let own = blocks.clamped(to: file.firstBlock..<(file.firstBlock + count))
      guard !own.isEmpty else { continue }
      let lower = (own.lowerBound - file.firstBlock) * blockSize
      let upper = min((own.upperBound - file.firstBlock) * blockSize, file.size)
      // A header longer than a block leaves blocks in which no record begins.
      let start = min(max(lower, file.contentStart), upper)
      segments.append(
        Segment(
          file: index, bytes: start..<upper, firstBlock: own.lowerBound,
          startsFile: lower <= file.contentStart))
    }
    return segments
  }

  private static func blockCount(size: Int, blockSize: Int) -> Int {
    (size + blockSize - 1) / blockSize
  }

  /// The size of the blocks: it depends on the data alone, and so do all results.
  static func blockSize(forBytes count: Int) -> Int {
    min(max(count / 256, 64 << 10), 8 << 20)
  }

  /// Looks at the files: their sizes, their header, and the first records.
  init(paths: [String], format: CSVFormat, blockSize: Int? = nil) throws(CSVError) {
    var opened: [CSVFile] = []
    for path in paths { opened.append(try CSVFile(opening: path)) }
    let total = opened.reduce(0) { $0 + $1.size }
    self.blockSize = blockSize ?? Self.blockSize(forBytes: total)

    var named: String?
    for file in opened {
      let header = try Header(of: file, format: format)
      if let fields = header.fields {
        if let named {
          try Self.check(fields, in: file.path, against: columnNames, in: named, format: format)
        } else {
          named = file.path
          columnNames =
            format.hasHeader ? fields : fields.indices.map { "column\($0 + 1)" }
        }
      }
      files.append(
        File(
          path: file.path, size: file.size, contentStart: header.contentStart,
          headerLines: header.lines, firstBlock: blockCount))
      blockCount += Self.blockCount(size: file.size, blockSize: self.blockSize)
    }
    types = sampledTypes(opened, format: format)
  }

  private static func check(
    _ fields: [String], in path: String, against names: [String], in first: String,
    format: CSVFormat
  ) throws(CSVError) {
    guard format.hasHeader else {
      // Without names, a file that has another number of columns is most likely another table.
      if fields.count == names.count { return }
      throw CSVError("\(path): \(fields.count) columns where \(first) has \(names.count)")
    }
    guard fields != names else { return }
    guard fields.count == names.count else {
      throw CSVError("\(path): \(fields.count) columns where \(first) has \(names.count)")
    }
    for i in fields.indices where fields[i] != names[i] {
      throw CSVError(
        "\(path): column \(i + 1) is \"\(fields[i])\" where \(first) has \"\(names[i])\"")
    }
  }

  private static let sampleSize = 256 << 10

  private func sampledTypes(_ opened: [CSVFile], format: CSVFormat) -> [ColumnType] {
    var types = [ColumnType](repeating: .empty, count: columnNames.count)
    guard let index = files.firstIndex(where: { $0.contentStart < $0.size }) else { return types }
    let file = files[index]
    let readers = columnNames.indices.map {
      ColumnReader(
        column: $0, type: .empty, missingValues: format.missingValues.map { Array($0.utf8) },
        limits: SketchLimits(columns: columnNames.count))
    }
    let end = min(file.size, file.contentStart + Self.sampleSize)
    let scanner = RangeScanner(
      plan: self, format: format, readers: readers, problemLimit: 0)
    let segment = Segment(
      file: index, bytes: file.contentStart..<end, firstBlock: file.firstBlock, startsFile: true)
    // What cannot be read here is met again, and reported, by the scan.
    try? scanner.scan(segment, of: opened[index], start: .outside)
    for i in types.indices { types[i] = readers[i].state.observed }
    return types
  }
}

/// The first record of a file.
private struct Header {
  /// The names, or the values where there is no header; `nil` in a file without records.
  var fields: [String]?
  var contentStart: Int
  var lines = 0

  init(of file: CSVFile, format: CSVFormat) throws(CSVError) {
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
