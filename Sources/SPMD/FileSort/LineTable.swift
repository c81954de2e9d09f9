#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A line of a table: its first word, and where it lies.
struct LineEntry: RadixItem {
  var word: UInt64
  var offset: UInt32
  var count: UInt32

  var radixWord: UInt64 { word }
}

/// Lines in memory: their bytes as they were read, and an entry for each, which sorting moves.
@safe
final class LineTable {
  /// Bytes behind the last line that may be read.
  static let padding = 64
  /// What a line takes besides its bytes while a table is sorted.
  static let entryCost = 2 * MemoryLayout<LineEntry>.stride
  /// No place of a table lies beyond what 32 bits can say.
  static let longest = Int(UInt32.max) - (64 << 20)

  private let storage: LargeBuffer
  private let index: LargeBuffer
  /// How many bytes there are, with those of a line that is not complete.
  private(set) var byteCount = 0
  private(set) var count = 0
  /// The bytes behind each line in a sorted file: a newline, or none behind a record.
  let terminator: Int

  init(bytes: Int, terminator: Int) {
    storage = LargeBuffer(capacity: bytes + Self.padding)
    index = LargeBuffer(capacity: bytes / 4 + 1024)
    self.terminator = terminator
  }

  /// The memory that sorting this table takes.
  var cost: Int { byteCount + count * Self.entryCost }

  var bytes: UnsafeMutablePointer<UInt8> {
    unsafe storage.base.assumingMemoryBound(to: UInt8.self)
  }

  var entries: UnsafeMutablePointer<LineEntry> {
    unsafe index.base.assumingMemoryBound(to: LineEntry.self)
  }

  @inline(__always)
  func line(_ entry: LineEntry) -> Line {
    unsafe Line(base: UnsafePointer(bytes + Int(entry.offset)), count: Int(entry.count))
  }

  // MARK: Filling

  /// Appends up to `limit` bytes of a file; returns how many there were.
  func append(from file: CSVFile, at offset: Int, limit: Int) throws(SortError) -> Int {
    storage.reserve(byteCount + limit + Self.padding, keeping: byteCount)
    let free = unsafe UnsafeMutableRawBufferPointer(start: bytes + byteCount, count: limit)
    do throws(CSVError) {
      let got = try unsafe file.read(at: offset, into: free)
      byteCount += got
      return got
    } catch {
      throw SortError(error.description)
    }
  }

  /// Appends bytes.
  func append(_ other: [UInt8]) {
    storage.reserve(byteCount + other.count + Self.padding, keeping: byteCount)
    unsafe other.withUnsafeBufferPointer {
      if let base = $0.baseAddress {
        unsafe (bytes + byteCount).update(from: base, count: $0.count)
      }
    }
    byteCount += other.count
  }

  /// Appends bytes of another table.
  func append(_ other: LineTable, from start: Int) {
    let number = other.byteCount - start
    storage.reserve(byteCount + number + Self.padding, keeping: byteCount)
    unsafe (bytes + byteCount).update(from: other.bytes + start, count: number)
    byteCount += number
  }

  /// Forgets the bytes from a place on.
  func truncate(to count: Int) { byteCount = count }

  /// Appends a newline, which the last line of a file may lack.
  func appendNewline() {
    storage.reserve(byteCount + 1 + Self.padding, keeping: byteCount)
    unsafe bytes[byteCount] = UInt8(ascii: "\n")
    byteCount += 1
  }

  /// Makes entries of all lines that are complete, from `start` on; returns where the rest begins.
  func addLines(from start: Int, order: LineOrder) -> Int {
    var start = start
    while start < byteCount,
      let found = unsafe memchr(bytes + start, Int32(UInt8(ascii: "\n")), byteCount - start)
    {
      let end = unsafe UnsafeMutableRawPointer(found) - storage.base
      addEntry(start..<end, order)
      start = end + 1
    }
    return start
  }

  /// Makes entries of all records that are complete, from `start` on; returns where the rest begins.
  func addRecords(of length: Int, from start: Int, order: LineOrder) -> Int {
    var start = start
    while start + length <= byteCount {
      addEntry(start..<(start + length), order)
      start += length
    }
    return start
  }

  @inline(__always)
  private func addEntry(_ range: Range<Int>, _ order: LineOrder) {
    let stride = MemoryLayout<LineEntry>.stride
    if (count + 1) * stride > index.capacity {
      index.reserve((count + 1) * stride, keeping: count * stride)
    }
    let line = unsafe Line(
      base: UnsafePointer(bytes + range.lowerBound), count: range.count)
    // Places fit: the reader ends a table before `longest`.
    let entry = unsafe LineEntry(
      word: order.word(line, .first), offset: UInt32(truncatingIfNeeded: range.lowerBound),
      count: UInt32(truncatingIfNeeded: range.count))
    unsafe (entries + count).initialize(to: entry)
    count += 1
  }

  // MARK: Sorting

  /// Sorts the lines; equal ones stay in their order. With `isUnique`, only the first of equal ones
  /// is left.
  func sort(by order: LineOrder, isUnique: Bool) {
    let spare = LargeBuffer(capacity: count * MemoryLayout<LineEntry>.stride)
    var sorter = unsafe EntrySorter(
      bytes: UnsafePointer(bytes), entries: entries,
      spare: spare.base.assumingMemoryBound(to: LineEntry.self), order: order)
    sorter.sort(count)
    if isUnique { removeDuplicates(order) }
  }

  private func removeDuplicates(_ order: LineOrder) {
    guard count > 1 else { return }
    var kept = 1
    for i in 1..<count {
      let (last, next) = unsafe (entries[kept - 1], entries[i])
      if unsafe last.word == next.word
        && order.compareTails(line(last), line(next), sharing: next.word) == 0
      {
        continue
      }
      unsafe entries[kept] = next
      kept += 1
    }
    count = kept
  }
}
