/// Finds the ends of fields and records in a buffer of CSV text that begins at a record, 64 bytes
/// at a time.
///
/// The two steps are those of G. Langdale and D. Lemire, *Parsing gigabytes of JSON per second*,
/// 2019: bits of the bytes that have a meaning, then a list of those outside quotes.
struct Tokenizer {
  let delimiter: UInt8
  private let pattern: UInt64

  /// The state before the next byte.
  private(set) var state: QuoteState = .outside

  /// Whether the byte before the next one ends a field or a record, so that a quote opens a field.
  private var isAtFieldStart: Bool

  /// How many bytes of the buffer were read.
  private(set) var position = 0

  /// Newlines among all bytes read so far, in quotes and outside.
  private(set) var newlines = 0

  /// The place of each field's end: a delimiter or a newline outside quotes; first, a place before
  /// the buffer.
  private(set) var ends: [Int32] = [-1]

  /// How many of `ends` are in use; behind them is room to write to.
  private var endCount = 1

  /// For each record that is complete: the index in `ends` of its newline.
  private(set) var recordEnds: [Int32] = []

  /// The states that the range would be in, had it begun otherwise; `nil` once they agree with
  /// `state`.
  private var others: [(start: QuoteState, now: QuoteState)] = []

  /// What the first byte was taken for.
  let start: QuoteState

  init(delimiter: UInt8, start: QuoteState, previous: UInt8) {
    self.delimiter = delimiter
    self.start = start
    pattern = ByteMasks.pattern(delimiter)
    state = start
    isAtFieldStart = previous == delimiter || previous == UInt8(ascii: "\n")
    others = QuoteState.allCases.filter { $0 != start }.map { ($0, $0) }
  }

  /// What the bytes read so far make of each state at the start.
  var transition: QuoteTransition {
    QuoteTransition { asked in
      others.first { $0.start == asked }?.now ?? state
    }
  }

  /// Stops following what other states at the start would have led to.
  mutating func forgetOthers() { others = [] }

  /// Reads on to `limit`, an offset in the buffer.
  mutating func advance(_ buffer: ByteBuffer, to limit: Int) {
    precondition(limit <= buffer.count)
    let bytes = unsafe UnsafeRawPointer(buffer.base)
    let most = endCount + limit - position
    if ends.count < most { ends += repeatElement(0, count: most - ends.count) }
    var storage: [Int32] = []
    swap(&storage, &ends)
    defer { swap(&storage, &ends) }
    var ends = storage.mutableSpan
    while position < limit {
      let count = min(64, limit - position)
      var masks = unsafe ByteMasks(bytes + position, delimiter: pattern)
      if count < 64 {
        let valid: UInt64 = 1 << UInt64(count) - 1
        masks.delimiters &= valid
        masks.newlines &= valid
        masks.quotes &= valid
      }
      newlines += masks.newlines.nonzeroBitCount
      let separators = masks.delimiters | masks.newlines
      var structural = separators
      if masks.quotes == 0 && state == .outside && others.isEmpty {
        // The usual case: nothing is quoted.
      } else {
        let openers = separators << 1 | (isAtFieldStart ? 1 : 0)
        structural &= ~state.advance(quotes: masks.quotes, count: count, openers: openers)
        if !others.isEmpty { advanceOthers(masks, count: count, openers: openers) }
      }
      isAtFieldStart = separators >> UInt64(count - 1) & 1 != 0
      append(structural, newlines: masks.newlines, to: &ends)
      position += count
    }
  }

  private mutating func advanceOthers(_ masks: ByteMasks, count: Int, openers: UInt64) {
    for i in others.indices {
      _ = others[i].now.advance(quotes: masks.quotes, count: count, openers: openers)
    }
    others.removeAll { $0.now == state }
  }

  @inline(__always)
  private mutating func append(
    _ structural: UInt64, newlines: UInt64, to ends: inout MutableSpan<Int32>
  ) {
    var recordBits = structural & newlines
    while recordBits != 0 {
      let below = (recordBits & (0 &- recordBits)) &- 1
      recordEnds.append(Int32(endCount + (structural & below).nonzeroBitCount))
      recordBits &= recordBits &- 1
    }
    var bits = structural
    let offset = Int32(truncatingIfNeeded: position)
    var count = endCount
    while bits != 0 {
      // There is room for as many as there are bytes.
      unsafe ends[unchecked: count] =
        offset &+ Int32(truncatingIfNeeded: bits.trailingZeroBitCount)
      count &+= 1
      bits &= bits &- 1
    }
    endCount = count
  }

  /// Ends the last record at the end of the buffer, where the file has no last newline.
  mutating func finish(_ buffer: ByteBuffer) {
    if state == .afterQuote { state = .outside }
    guard state == .outside, position > incompleteStart else { return }
    if ends.count == endCount { ends.append(0) }
    ends[endCount] = Int32(truncatingIfNeeded: position)
    recordEnds.append(Int32(endCount))
    endCount += 1
  }

  /// Where the first record that is not complete begins.
  var incompleteStart: Int {
    guard let last = recordEnds.last else { return 0 }
    return Int(ends[Int(last)]) + 1
  }

  /// Drops the complete records, whose bytes the caller drops from the buffer too.
  mutating func removeCompleteRecords() {
    guard let last = recordEnds.last else { return }
    let start = Int32(truncatingIfNeeded: incompleteStart)
    let first = Int(last) + 1
    for i in first..<endCount { ends[i - first + 1] = ends[i] - start }
    endCount -= Int(last)
    recordEnds.removeAll(keepingCapacity: true)
    position -= Int(start)
  }

  /// Drops everything found so far, with all bytes of the buffer.
  mutating func removeAll() {
    endCount = 1
    recordEnds.removeAll(keepingCapacity: true)
    position = 0
  }
}
