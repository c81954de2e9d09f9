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
    /// Whether the text is a stream, which is one block.
    var isStream: Bool

    /// An offset that no text reaches beyond.
    var end: Int { isStream ? .max / 2 : size }

    func blockCount(blockSize: Int) -> Int {
      isStream ? 1 : (size + blockSize - 1) / blockSize
    }
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

  /// The segments of a run of blocks, in order, without those of streams.
  func segments(of blocks: Range<Int>) -> [Segment] {
    var segments: [Segment] = []
    for (index, file) in files.enumerated() where !file.isStream {
      let count = file.blockCount(blockSize: blockSize)
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

  /// The size of the blocks: it depends on the data alone, and so do all results.
  static func blockSize(forBytes count: Int) -> Int {
    min(max(count / 256, 64 << 10), 8 << 20)
  }

  /// Looks at the files: their sizes, their header, and the first records.
  init(paths: [String], options: TableStatistics.Options) throws(CSVError) {
    let format = options.format
    blockSize = 1
    var named: String?
    var sample: (index: Int, file: any TableFile)?
    // One file is open at a time, the one to be sampled besides: there may be many.
    for path in paths {
      let file = try openTableFile(path, options.openStream)
      let header = try TableHeader(of: file, format: format)
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
          headerLines: header.lines, firstBlock: 0, isStream: file.isStream))
      if sample == nil, header.hasContent { sample = (files.count - 1, file) }
    }
    blockSize = options.blockSize ?? Self.blockSize(forBytes: byteCount)
    for i in files.indices {
      files[i].firstBlock = blockCount
      blockCount += files[i].blockCount(blockSize: blockSize)
    }
    types = [ColumnType](repeating: .empty, count: columnNames.count)
    if let sample { sampleTypes(of: sample.file, sample.index, options: options) }
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

  private mutating func sampleTypes(
    of opened: any TableFile, _ index: Int, options: TableStatistics.Options
  ) {
    let file = files[index]
    let readers = columnNames.indices.map {
      ColumnReader(
        column: $0, type: .empty, needs: .nothing, missingValues: options.format.missingBytes,
        limits: SketchLimits(columns: columnNames.count))
    }
    // What is wrong with the condition, or cannot be read here, is met again and reported by the
    // scan.
    let filter = try? RowFilter.make(options, columns: columnNames)
    let end = min(file.end, file.contentStart + Self.sampleSize)
    let scanner = RangeScanner(
      plan: self, format: options.format, filter: filter, readers: readers, problemLimit: 0)
    let segment = Segment(
      file: index, bytes: file.contentStart..<end, firstBlock: file.firstBlock, startsFile: true)
    try? scanner.scan(segment, of: opened, start: .outside)
    for i in types.indices { types[i] = readers[i].state.observed }
  }
}
