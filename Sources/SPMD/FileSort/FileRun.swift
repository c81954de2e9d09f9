/// Sorted lines in a temporary file.
final class FileRun: SortedRun {
  private let file: SpillFile
  private let base: Int
  let byteCount: Int
  /// Where some lines begin, one in about 64 KiB.
  private let starts: [Int]
  private let order: LineOrder
  /// The length of a record, or `nil` for lines.
  private let recordLength: Int?

  private static let stride = 64 << 10

  /// Writes a run to the end of a file.
  init(_ run: MemoryRun, to file: SpillFile, order: LineOrder, recordLength: Int?) throws {
    self.file = file
    self.order = order
    self.recordLength = recordLength
    base = file.byteCount
    byteCount = run.byteCount
    let buffer = LargeBuffer(capacity: min(8 << 20, run.byteCount))
    let bytes = unsafe buffer.base.assumingMemoryBound(to: UInt8.self)
    var done = 0
    while done < run.byteCount {
      let count = min(buffer.capacity, run.byteCount - done)
      unsafe run.copy(done..<(done + count), to: bytes)
      try unsafe file.append(UnsafePointer(bytes), count: count)
      done += count
    }
    var starts: [Int] = []
    var next = 0
    while next < run.byteCount {
      let start = run.lineStart(containing: next)
      if starts.last != start { starts.append(start) }
      next = max(next, start) + Self.stride
    }
    self.starts = starts
  }

  private var terminator: Int { recordLength == nil ? 1 : 0 }

  /// Some bytes of the run, and eight more that may be read.
  private func padded(_ range: Range<Int>) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: range.count + 8) { buffer, count in
      unsafe buffer.initialize(repeating: 0)
      if let base = buffer.baseAddress { unsafe copy(range, to: base) }
      count = range.count + 8
    }
  }

  /// The bytes from one noted line to the next.
  private func block(_ number: Int) -> Range<Int> {
    starts[number]..<(number + 1 < starts.count ? starts[number + 1] : byteCount)
  }

  /// Where a line ends that begins at `start`, without its newline.
  private func lineEnd(_ bytes: Span<UInt8>, from start: Int, limit: Int) -> Int {
    if let recordLength { return min(start + recordLength, limit) }
    for i in start..<limit where bytes[i] == UInt8(ascii: "\n") { return i }
    return limit
  }

  /// The bounds of the line that contains a byte, without its newline, in the block of another.
  private func find(_ position: Int) -> (block: Range<Int>, bytes: [UInt8], line: Range<Int>) {
    var low = 0
    var high = starts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= position { low = middle } else { high = middle }
    }
    let range = block(low)
    let bytes = padded(range)
    var start = 0
    while true {
      let end = lineEnd(bytes.span, from: start, limit: range.count)
      let next = end + terminator
      if range.lowerBound + next > position || next >= range.count {
        return (range, bytes, start..<end)
      }
      start = next
    }
  }

  func lineStart(containing position: Int) -> Int {
    let (block, _, line) = find(position)
    return block.lowerBound + line.lowerBound
  }

  func line(at position: Int) -> [UInt8] {
    let (_, bytes, line) = find(position)
    return Array(bytes[line])
  }

  func cut(at probe: LineProbe, afterEqual: Bool) -> Int {
    // The last noted line that belongs before the cut: the cut lies in its block, or at the end of
    // that.
    var low = -1
    var high = starts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      let (bytes, count) = firstLine(ofBlock: middle)
      let isBefore = isBefore(probe, bytes, 0..<count, afterEqual)
      if isBefore { low = middle } else { high = middle }
    }
    guard low >= 0 else { return 0 }
    let range = block(low)
    let bytes = padded(range)
    var start = 0
    while start < range.count {
      let end = lineEnd(bytes.span, from: start, limit: range.count)
      guard isBefore(probe, bytes, start..<end, afterEqual) else { break }
      start = min(end + terminator, range.count)
    }
    return range.lowerBound + start
  }

  /// Whether a line belongs before the cut at a probe.
  private func isBefore(
    _ probe: LineProbe, _ bytes: [UInt8], _ line: Range<Int>, _ afterEqual: Bool
  ) -> Bool {
    let difference = unsafe bytes.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return 0 }
      let own = unsafe Line(base: base + line.lowerBound, count: line.count)
      return unsafe probe.withLine { other in unsafe order.compare(own, other) }
    }
    return difference < 0 || difference == 0 && afterEqual
  }

  /// The first line of a block, which is often much shorter, and its length.
  private func firstLine(ofBlock number: Int) -> (bytes: [UInt8], count: Int) {
    let range = block(number)
    var length = recordLength ?? 256
    while true {
      let part = range.prefix(length)
      let bytes = padded(part.startIndex..<part.endIndex)
      let end = lineEnd(bytes.span, from: 0, limit: part.count)
      if recordLength != nil || end < part.count || part.count == range.count {
        return (bytes, end)
      }
      length *= 8
    }
  }

  func copy(_ range: Range<Int>, to target: UnsafeMutablePointer<UInt8>) {
    unsafe file.read((base + range.lowerBound)..<(base + range.upperBound), into: target)
  }
}
