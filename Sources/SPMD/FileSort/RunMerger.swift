#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif
internal import MPI

/// Merges sorted pieces into a writer; of equal lines those that were earlier in the input come first.
@safe
struct RunMerger {
  /// A piece, at its first line that was not written.
  @safe private struct Cursor {
    var line: Line
    var word: UInt64
    var end: UnsafePointer<UInt8>

    /// Whether all lines were written; the word is the greatest one then.
    var hasEnded: Bool { unsafe line.base >= end }
  }

  private let order: LineOrder
  private let recordLength: Int?
  private let isUnique: Bool
  private var cursors: [Cursor] = []
  /// The line that was written last, for leaving out equal ones.
  private var last: Cursor?

  init(
    _ pieces: ReceivedPieces, order: LineOrder, recordLength: Int?, isUnique: Bool
  ) {
    self.order = order
    self.recordLength = recordLength
    self.isUnique = isUnique
    let bytes = unsafe UnsafePointer(pieces.buffer.base.assumingMemoryBound(to: UInt8.self))
    let starts = Partition(counts: pieces.counts).offsets
    for piece in pieces.order where pieces.counts[piece] > 0 {
      let start = unsafe bytes + starts[piece]
      unsafe cursors.append(cursor(at: start, end: start + pieces.counts[piece]))
    }
  }

  @inline(__always)
  private func cursor(at start: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>) -> Cursor {
    var count = recordLength ?? 0
    if recordLength == nil {
      guard let newline = unsafe memchr(start, Int32(UInt8(ascii: "\n")), end - start) else {
        fatalError("a line without an end in a piece of a run")
      }
      count = unsafe UnsafePointer(newline.assumingMemoryBound(to: UInt8.self)) - start
    }
    let line = unsafe Line(base: start, count: count)
    return unsafe Cursor(line: line, word: order.word(line, .first), end: end)
  }

  /// Moves a cursor to its next line; `false` at the end of the piece.
  @inline(__always)
  private func advance(_ cursor: inout Cursor) -> Bool {
    let next = unsafe cursor.line.base + cursor.line.count + (recordLength == nil ? 1 : 0)
    guard unsafe next < cursor.end else { return false }
    cursor = unsafe self.cursor(at: next, end: cursor.end)
    return true
  }

  /// Whether `b` comes before `a`, which is of an earlier piece.
  @inline(__always)
  private func isBefore(_ b: Cursor, _ a: Cursor) -> Bool {
    if b.word != a.word { return b.word < a.word }
    if b.hasEnded || a.hasEnded { return !b.hasEnded }
    return unsafe order.compareTails(b.line, a.line, sharing: b.word) < 0
  }

  /// Writes all lines.
  mutating func merge(into writer: PartWriter) {
    while cursors.count > 2 { mergeMany(into: writer) }
    if cursors.count == 2 { mergeTwo(into: writer) }
    if cursors.count == 1 { writeRest(of: cursors[0], to: writer) }
  }

  @inline(__always)
  private mutating func write(_ cursor: Cursor, to writer: PartWriter) {
    if isUnique {
      if let last = last, last.word == cursor.word,
        unsafe order.compareTails(last.line, cursor.line, sharing: cursor.word) == 0
      {
        return
      }
      last = cursor
    }
    unsafe writer.append(
      cursor.line.base, count: cursor.line.count + (recordLength == nil ? 1 : 0))
  }

  private mutating func writeRest(of cursor: Cursor, to writer: PartWriter) {
    var cursor = cursor
    if isUnique {
      // No two lines of a run are equal, but the first may have been written already.
      write(cursor, to: writer)
      guard advance(&cursor) else { return }
    }
    unsafe writer.append(cursor.line.base, count: cursor.end - cursor.line.base)
  }

  private mutating func mergeTwo(into writer: PartWriter) {
    var a = cursors[0]
    var b = cursors[1]
    while true {
      if isBefore(b, a) {
        write(b, to: writer)
        guard advance(&b) else {
          cursors = [a]
          return
        }
      } else {
        write(a, to: writer)
        guard advance(&a) else {
          cursors = [b]
          return
        }
      }
    }
  }

  /// Merges by a tournament tree of losers (Knuth, TAOCP 3, 5.4.1) until half of the pieces, or all
  /// but two, are at their ends: building the tree anew each time would take the square of their
  /// number.
  private mutating func mergeMany(into writer: PartWriter) {
    let count = cursors.count
    var losers = [Int](repeating: -1, count: count)
    var winner = -1
    for contender in 0..<count {
      winner = play(contender, &losers)
    }
    var left = count
    while left > max(2, count / 2) {
      write(cursors[winner], to: writer)
      if !advance(&cursors[winner]) {
        left -= 1
        unsafe cursors[winner].line.base = unsafe cursors[winner].end
        cursors[winner].word = .max
      }
      winner = play(winner, &losers)
    }
    cursors.removeAll { $0.hasEnded }
  }

  /// Lets a contender rise until it loses; returns who has won in the end, or waits for an opponent.
  private func play(_ contender: Int, _ losers: inout [Int]) -> Int {
    var best = contender
    var node = (contender + losers.count) / 2
    while node > 0 {
      let other = losers[node]
      if other < 0 {
        // Only while the tree is built: the opponent comes later.
        losers[node] = best
        return -1
      }
      if wins(other, over: best) {
        losers[node] = best
        best = other
      }
      node /= 2
    }
    return best
  }

  @inline(__always)
  private func wins(_ other: Int, over best: Int) -> Bool {
    if other < best { return !isBefore(cursors[best], cursors[other]) }
    return isBefore(cursors[other], cursors[best])
  }
}
