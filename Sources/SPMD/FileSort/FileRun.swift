#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Sorted lines in a temporary file.
final class FileRun: SortedRun {
  private let file: SpillFile
  private let base: Int
  let byteCount: Int
  /// Where some lines begin, one in about 64 KiB, and in 4096.
  private let starts: [Int]
  /// The first words of these lines, which decide most searches without reading.
  private let words: [UInt64]
  /// The block that was read last: searches come in ascending order.
  private var known: Block?
  private let order: LineOrder
  /// The length of a record, or `nil` for lines.
  private let recordLength: Int?

  /// What lies between two noted lines.
  private struct Block {
    var number: Int
    /// Where it lies in the run.
    var range: Range<Int>
    /// The bytes, and eight more that may be read.
    var bytes: [UInt8]
    /// Where lines begin in it, and where the last one ends.
    var starts: [Int]
  }

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
    (starts, words) = run.landmarks(everyBytes: 64 << 10, orLines: 4096)
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

  private func loadedBlock(_ number: Int) -> Block {
    if let known, known.number == number { return known }
    known = nil
    let range = block(number)
    var loaded = Block(number: number, range: range, bytes: padded(range), starts: [0])
    var start = 0
    while start < range.count {
      let end = lineEnd(loaded.bytes, from: start, limit: range.count)
      start = min(end + terminator, range.count)
      loaded.starts.append(start)
    }
    known = loaded
    return loaded
  }

  /// Where a line ends that begins at `start`, without its newline.
  private func lineEnd(_ bytes: [UInt8], from start: Int, limit: Int) -> Int {
    if let recordLength { return min(start + recordLength, limit) }
    let distance = unsafe bytes.withUnsafeBytes { buffer -> Int? in
      guard let base = buffer.baseAddress,
        let found = unsafe memchr(base + start, Int32(UInt8(ascii: "\n")), limit - start)
      else { return nil }
      return unsafe UnsafeRawPointer(found) - base
    }
    return distance ?? limit
  }

  /// The block that contains a byte of the run, and the number of its line there.
  private func find(_ position: Int) -> (block: Block, line: Int) {
    let number = (1..<max(1, starts.count)).bisected { starts[$0] <= position } - 1
    let block = loadedBlock(number)
    let place = position - block.range.lowerBound
    let line = (1..<max(1, block.starts.count - 1)).bisected { block.starts[$0] <= place } - 1
    return (block, line)
  }

  func lineStart(containing position: Int) -> Int {
    let (block, line) = find(position)
    return block.range.lowerBound + block.starts[line]
  }

  func line(at position: Int) -> [UInt8] {
    let (block, line) = find(position)
    return Array(block.bytes[bounds(ofLine: line, in: block)])
  }

  /// Where the bytes of a line are, without its newline.
  private func bounds(ofLine line: Int, in block: Block) -> Range<Int> {
    block.starts[line]..<(block.starts[line + 1] - terminator)
  }

  func cut(at probe: LineProbe, afterEqual: Bool) -> Int {
    let word = unsafe probe.withLine { unsafe order.word($0, .first) }
    let beyond = starts.indices.bisected { number in
      if words[number] != word { return words[number] < word }
      let (bytes, count) = firstLine(ofBlock: number)
      return isBefore(probe, bytes, 0..<count, afterEqual)
    }
    guard beyond > 0 else { return 0 }
    // The cut lies in the last block that begins before it, or at its end.
    let block = loadedBlock(beyond - 1)
    let line = (1..<(block.starts.count - 1)).bisected {
      isBefore(probe, block.bytes, bounds(ofLine: $0, in: block), afterEqual)
    }
    return block.range.lowerBound + block.starts[line]
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
      let end = lineEnd(bytes, from: 0, limit: part.count)
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
