/// Reads the lines that begin in a rank's part of the files, a table of them at a time.
final class LineReader {
  private let segments: [SortPlan.Segment]
  private let order: LineOrder
  /// The length of a record, or `nil` for lines.
  private let recordLength: Int?
  /// How many bytes are read at once.
  private let block: Int

  // What is being read.
  private var segment = 0
  private var file: CSVFile?
  private var position = 0

  /// The bytes of this rank's part that were not read yet.
  private(set) var remaining: Int
  /// Called with the number of bytes each time some were read.
  var progress: ((Int) -> Void)?

  /// The memory that a table may take while it is sorted.
  private let cost: Int

  init(
    _ segments: [SortPlan.Segment], content: FileSort.Content, order: LineOrder, cost: Int
  ) {
    self.segments = segments
    self.order = order
    self.cost = cost
    block = min(max(cost / 8, 4 << 10), 4 << 20)
    if case .records(let bytes, _) = content { recordLength = bytes } else { recordLength = nil }
    remaining = segments.reduce(0) { $0 + $1.range.count }
  }

  private var carried: (table: LineTable, start: Int)?

  /// The next lines, as many as can be sorted in the memory given, or one; `nil` behind the last.
  func nextTable() throws -> LineTable? {
    guard segment < segments.count else { return nil }
    let room = min(remaining + block, cost, LineTable.longest)
    let table = LineTable(bytes: room, terminator: recordLength == nil ? 1 : 0)
    var lineStart = 0
    if let (other, start) = carried { table.append(other, from: start) }
    carried = nil

    while segment < segments.count {
      if table.count > 0
        && (table.cost + block > cost || table.byteCount + block > LineTable.longest)
      {
        carried = (table, lineStart)
        return table
      }
      let file = try opened()
      let end = segments[segment].range.upperBound
      if position >= end && lineStart == table.byteCount {
        closeSegment()
        continue
      }
      guard table.byteCount <= LineTable.longest else {
        throw SortError("\(file.path): a line of more than 4 GiB before byte \(position)")
      }
      // The last line may go on behind the segment.
      let limit = position < end ? min(block, end - position) : block
      let got = try table.append(from: file, at: position, limit: limit)
      if got < limit && position + got < end {
        throw SortError("\(file.path): has become shorter while it was read")
      }
      let isInside = position < end
      position += got
      if isInside {
        remaining -= got
        progress?(got)
      }
      if let recordLength {
        lineStart = table.addRecords(of: recordLength, from: lineStart, order: order)
        continue
      }
      if isInside {
        lineStart = table.addLines(from: lineStart, order: order)
        if position < file.size || lineStart == table.byteCount { continue }
      }
      if let end = newline(in: table, from: max(lineStart, table.byteCount - got)) {
        table.truncate(to: end + 1)
      } else if got == limit && position < file.size {
        continue
      } else {
        table.appendNewline()
      }
      lineStart = table.addLines(from: lineStart, order: order)
      closeSegment()
    }
    return table
  }

  private func newline(in table: LineTable, from start: Int) -> Int? {
    for i in start..<table.byteCount where unsafe table.bytes[i] == UInt8(ascii: "\n") {
      return i
    }
    return nil
  }

  /// The file of the segment, at the first line that begins in it.
  private func opened() throws -> CSVFile {
    if let file { return file }
    let opened = try CSVFile.opened(segments[segment].path)
    file = opened
    let range = segments[segment].range
    position = range.lowerBound
    guard recordLength == nil && position > 0 else { return opened }

    // The line before belongs to another rank; where it ends, ours begins.
    let scratch = LineTable(bytes: 64 << 10, terminator: 1)
    position -= 1
    while position < range.upperBound {
      scratch.truncate(to: 0)
      let limit = min(64 << 10, range.upperBound - position)
      let got = try scratch.append(from: opened, at: position, limit: limit)
      if let end = newline(in: scratch, from: 0) {
        position += end + 1
        break
      }
      if got < limit { throw SortError("\(opened.path): has become shorter while it was read") }
      position += got
    }
    let skipped = min(position, range.upperBound) - range.lowerBound
    remaining -= skipped
    progress?(skipped)
    return opened
  }

  private func closeSegment() {
    file = nil
    segment += 1
  }
}
