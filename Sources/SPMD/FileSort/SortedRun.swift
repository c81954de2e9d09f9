/// Sorted lines of a rank, in memory or in a temporary file, as the bytes that they make when they
/// are written one after the other.
protocol SortedRun: AnyObject {
  /// The number of those bytes.
  var byteCount: Int { get }

  /// Where the line that contains a byte begins.
  func lineStart(containing position: Int) -> Int

  /// The bytes of the line that begins at a place, without its newline.
  func line(at position: Int) -> [UInt8]

  /// Where lines that are not less than a probe begin, or those that are greater.
  func cut(at probe: LineProbe, afterEqual: Bool) -> Int

  /// Copies some of the bytes.
  func copy(_ range: Range<Int>, to target: UnsafeMutablePointer<UInt8>)
}

/// A line that may become a splitter, and its place, which decides between equal ones.
struct LineProbe {
  /// The line, with eight bytes behind it that may be read.
  var padded: [UInt8]
  /// The place of its run.
  var place: RunPlace
  /// Where it begins in the run.
  var position: Int

  init(_ bytes: some Sequence<UInt8>, place: RunPlace, position: Int) {
    padded = Array(bytes) + [UInt8](repeating: 0, count: 8)
    self.place = place
    self.position = position
  }

  func withLine<Result>(_ body: (Line) -> Result) -> Result {
    unsafe padded.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { fatalError("a probe without padding") }
      return unsafe body(Line(base: base, count: buffer.count - 8))
    }
  }
}

/// A sorted table in memory.
final class MemoryRun: SortedRun {
  private let table: LineTable
  private let order: LineOrder
  /// The bytes before each block of lines.
  private let blockStarts: [Int]
  let byteCount: Int

  private static let block = 256

  init(_ table: LineTable, order: LineOrder) {
    self.table = table
    self.order = order
    var starts: [Int] = []
    starts.reserveCapacity(table.count / Self.block + 1)
    var total = 0
    for i in 0..<table.count {
      if i % Self.block == 0 { starts.append(total) }
      total += unsafe Int(table.entries[i].count) + table.terminator
    }
    blockStarts = starts
    byteCount = total
  }

  /// The memory that it keeps.
  var memory: Int { table.byteCount + table.count * MemoryLayout<LineEntry>.stride }

  var count: Int { table.count }

  /// The number of the line that contains a byte, and where it begins.
  private func find(_ position: Int) -> (line: Int, start: Int) {
    let block = (1..<max(1, blockStarts.count)).bisected { blockStarts[$0] <= position } - 1
    var line = block * Self.block
    var start = blockStarts[block]
    while line < table.count {
      let next = unsafe start + Int(table.entries[line].count) + table.terminator
      if next > position { break }
      start = next
      line += 1
    }
    return (line, start)
  }

  func lineStart(containing position: Int) -> Int { find(position).start }

  func line(at position: Int) -> [UInt8] {
    let (number, _) = find(position)
    let line = unsafe table.line(table.entries[number])
    return unsafe Array(UnsafeBufferPointer(start: line.base, count: line.count))
  }

  /// Where some lines begin, with their first words: the first line that begins so many bytes or
  /// lines after the one before, or more.
  func landmarks(everyBytes bytes: Int, orLines lines: Int) -> (starts: [Int], words: [UInt64]) {
    var starts: [Int] = []
    var words: [UInt64] = []
    var start = 0
    var last = (start: 0, line: 0)
    for line in 0..<table.count {
      let entry = unsafe table.entries[line]
      if line == 0 || start - last.start >= bytes || line - last.line >= lines {
        starts.append(start)
        words.append(entry.word)
        last = (start, line)
      }
      start += Int(entry.count) + table.terminator
    }
    return (starts, words)
  }

  func cut(at probe: LineProbe, afterEqual: Bool) -> Int {
    unsafe probe.withLine { line in
      let word = unsafe order.word(line, .first)
      let number = (0..<table.count).bisected {
        let entry = unsafe table.entries[$0]
        if entry.word != word { return entry.word < word }
        let difference = unsafe order.compareTails(table.line(entry), line, sharing: word)
        return difference < 0 || difference == 0 && afterEqual
      }
      return start(ofLine: number)
    }
  }

  private func start(ofLine number: Int) -> Int {
    guard number < table.count else { return byteCount }
    var start = blockStarts[number / Self.block]
    for i in (number / Self.block * Self.block)..<number {
      start += unsafe Int(table.entries[i].count) + table.terminator
    }
    return start
  }

  func copy(_ range: Range<Int>, to target: UnsafeMutablePointer<UInt8>) {
    guard !range.isEmpty else { return }
    var (number, start) = find(range.lowerBound)
    var place = range.lowerBound
    let entries = unsafe table.entries
    let bytes = unsafe table.bytes
    var touched: UInt8 = 0
    while place < range.upperBound {
      // Lines lie in all places: the processor fetches some while others are copied.
      let ahead = unsafe entries[min(number + 16, table.count - 1)]
      touched |= unsafe bytes[Int(ahead.offset)]
      let entry = unsafe entries[number]
      let next = start + Int(entry.count) + table.terminator
      let first = place - start
      let count = min(next, range.upperBound) - place
      unsafe (target + (place - range.lowerBound))
        .update(from: bytes + Int(entry.offset) + first, count: count)
      place += count
      start = next
      number += 1
    }
    lastTouched = touched
  }

  /// Kept so that looking ahead is not optimized away.
  private var lastTouched: UInt8 = 0
}
