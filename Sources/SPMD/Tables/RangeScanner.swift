/// Reads the records that begin in a range of bytes, and hands them to column readers in batches.
///
/// Memory is bounded: a chunk of the file, or one record where that is longer.
final class RangeScanner {
  /// A place in a file; lines are counted from the segment's start unless `isAbsolute`.
  struct Place {
    var file: Int
    var line: Int
    var isAbsolute: Bool
  }

  /// Why a scan could not go on.
  struct Failure {
    var place: Place
    var message: String
  }

  private static let chunk = 256 << 10
  private static let batch = 1024

  private let plan: TablePlan
  private let format: CSVFormat
  private let readers: [any BatchReader]
  private let filter: RowFilter?
  private let problemLimit: Int
  private let buffer = ByteBuffer(capacity: 2 * chunk)

  private(set) var rows = 0
  /// How many of them meet the condition.
  private(set) var selected = 0
  private(set) var problems: [(place: Place, kind: CSVProblem.Kind)] = []
  private(set) var problemCount = 0
  private(set) var failure: Failure?
  /// What the last segment makes of the state at its start.
  private(set) var transition = QuoteTransition.identity
  /// The newlines of the last segment, with those of the header where it starts a file.
  private(set) var lines = 0

  // The batch that is being gathered.
  private var records: [Int32] = []
  private var fieldCounts: [Int32] = []
  private var isRagged = false

  // The segment that is being read.
  private var segment = TablePlan.Segment(file: 0, bytes: 0..<0, firstBlock: 0, startsFile: true)
  private var base = 0
  private var block = 0
  private var blockEnd = 0

  /// Called with the number of bytes each time a chunk was read.
  var progress: ((Int) -> Void)?

  init(
    plan: TablePlan, format: CSVFormat, filter: RowFilter?, readers: [any BatchReader],
    problemLimit: Int
  ) {
    self.filter = filter
    self.plan = plan
    self.format = format
    self.readers = readers
    self.problemLimit = problemLimit
  }

  /// The problems found since they were taken last.
  func takeProblems() -> [(place: Place, kind: CSVProblem.Kind)] {
    defer { problems = [] }
    return problems
  }

  /// Reads a segment, on the assumption that its first byte is in the state `start`.
  func scan(
    _ segment: TablePlan.Segment, of file: any TableFile, start: QuoteState
  ) throws(CSVError) {
    self.segment = segment
    base = segment.bytes.lowerBound
    buffer.removeAll()
    beginBlock(segment.firstBlock)

    var previous = UInt8(ascii: "\n")
    if !segment.startsFile, base > 0 {
      _ = try buffer.append(from: file, at: base - 1, limit: 1)
      if buffer.count == 1 { previous = buffer[0] }
      buffer.removeAll()
    }
    var tokens = Tokenizer(delimiter: format.delimiter, start: start, previous: previous)
    // Before the first newline outside quotes stands the end of the record before.
    var isSkipping = !(start == .outside && previous == UInt8(ascii: "\n"))
    var isDone = segment.bytes.isEmpty
    var next = base
    if isDone { lines = segment.startsFile ? plan.files[segment.file].headerLines : 0 }
    if isDone { transition = .identity }

    while !isDone {
      let end = segment.bytes.upperBound
      let limit = next < end ? min(Self.chunk, end - next) : Self.chunk
      let got = try buffer.append(from: file, at: next, limit: limit)
      next += got
      progress?(got)
      tokens.advance(buffer, to: buffer.count)
      let isLast = got < limit || next >= plan.files[segment.file].end
      if next == end || isLast && next < end {
        transition = tokens.transition
        lines = tokens.newlines
        if segment.startsFile { lines += plan.files[segment.file].headerLines }
        tokens.forgetOthers()
      }
      if let place = buffer.firstZero(from: buffer.count - got), base + place < end {
        fail(tokens, at: place, "a NUL byte: this is not a text file")
      }
      if isLast { finish(&tokens) }

      var first = 0
      if isSkipping, tokens.recordEnds.isEmpty {
        // All of it belongs to a record that began before, and that its owner reads.
        base += buffer.count
        tokens.removeAll()
        buffer.removeAll()
        isDone = isLast || base >= end
        continue
      }
      if isSkipping {
        isSkipping = false
        first = 1
      }
      isDone = failure == nil ? visit(tokens, from: first) : next >= end
      for reader in readers { if let failure = reader.failure { throw failure } }
      let consumed = tokens.incompleteStart
      tokens.removeCompleteRecords()
      buffer.removeFirst(min(consumed, buffer.count))
      base += consumed
      if isLast || base >= end { isDone = true }
      if !isDone && buffer.count > CSVFormat.longestRecord {
        fail(
          tokens, at: tokens.incompleteStart,
          "the record is longer than \(CSVFormat.longestRecord >> 20) MiB; is a quote open?")
        // From here on only the state at the end is of interest.
        isSkipping = true
        isDone = next >= end
        base += buffer.count
        tokens.removeAll()
        buffer.removeAll()
      }
    }
    endBlocks(before: .max)
  }

  private func finish(_ tokens: inout Tokenizer) {
    if tokens.state == .inside {
      fail(
        tokens, at: tokens.incompleteStart,
        "the file ends in a quoted field of the record that begins here")
    }
    tokens.finish(buffer)
  }

  // MARK: Records

  /// Reads complete records; returns whether one was met that begins after the segment.
  private func visit(_ tokens: Tokenizer, from first: Int) -> Bool {
    let columnCount = plan.columnNames.count
    let (base, end) = (base, segment.bytes.upperBound)
    var blockEnd = self.blockEnd
    var before = first == 0 ? 0 : Int(tokens.recordEnds[first - 1])
    // Gathered in variables: access to the members of a class is checked each time.
    var records: [Int32] = []
    var counts: [Int32] = []
    swap(&records, &self.records)
    swap(&counts, &fieldCounts)
    func flushGathered() {
      swap(&records, &self.records)
      swap(&counts, &fieldCounts)
      flush(tokens)
      swap(&records, &self.records)
      swap(&counts, &fieldCounts)
    }
    defer {
      swap(&records, &self.records)
      swap(&counts, &fieldCounts)
    }
    for record in first..<max(first, tokens.recordEnds.count) {
      let start = Int(tokens.ends[before]) + 1
      let last = Int(tokens.recordEnds[record])
      defer { before = last }
      if base + start >= end {
        flushGathered()
        return true
      }
      if base + start >= blockEnd {
        flushGathered()
        endBlocks(before: base + start)
        blockEnd = self.blockEnd
      }
      let length = Int(tokens.ends[last]) - start
      if length == 0 || length == 1 && buffer[start] == UInt8(ascii: "\r") {
        report(.emptyLine, at: start, tokens)
        continue
      }
      let fields = last - before
      if fields != columnCount {
        report(.fieldCount(fields: fields, expected: columnCount), at: start, tokens)
        isRagged = true
      }
      records.append(Int32(truncatingIfNeeded: before))
      counts.append(Int32(truncatingIfNeeded: fields))
      if records.count == Self.batch { flushGathered() }
    }
    flushGathered()
    return false
  }

  private func flush(_ tokens: Tokenizer) {
    guard !records.isEmpty else { return }
    rows += records.count
    if let filter {
      unsafe withBatch(tokens) { unsafe filter.select(from: $0) }
      filter.keepSelected(&records)
      filter.keepSelected(&fieldCounts)
    }
    selected += records.count
    if !records.isEmpty {
      unsafe withBatch(tokens) { batch in
        for reader in readers { unsafe reader.read(batch) }
      }
    }
    records.removeAll(keepingCapacity: true)
    fieldCounts.removeAll(keepingCapacity: true)
    isRagged = false
  }

  private func withBatch(_ tokens: Tokenizer, _ body: (RecordBatch) -> Void) {
    unsafe tokens.ends.withUnsafeBufferPointer { ends in
      guard let places = ends.baseAddress else { return }
      unsafe records.withUnsafeBufferPointer { records in
        unsafe fieldCounts.withUnsafeBufferPointer { counts in
          unsafe body(
            RecordBatch(
              bytes: buffer.base, ends: places, records: records, fieldCounts: counts,
              isRagged: isRagged, columnCount: plan.columnNames.count))
        }
      }
    }
  }

  // MARK: Blocks

  private func beginBlock(_ number: Int) {
    block = number
    let file = plan.files[segment.file]
    blockEnd = file.isStream ? file.end : (number - file.firstBlock + 1) * plan.blockSize
    for reader in readers { reader.beginBlock(number) }
  }

  /// Ends blocks up to the one that a byte lies in, or all of the segment.
  private func endBlocks(before offset: Int) {
    while true {
      for reader in readers { reader.endBlock(block) }
      if blockEnd >= segment.bytes.upperBound { return }
      beginBlock(block + 1)
      if offset < blockEnd { return }
    }
  }

  // MARK: Places

  private func place(_ offset: Int, _ tokens: Tokenizer) -> Place {
    let after = (offset..<tokens.position).count { buffer[$0] == UInt8(ascii: "\n") }
    var line = tokens.newlines - after
    if segment.startsFile { line += plan.files[segment.file].headerLines + 1 }
    return Place(file: segment.file, line: line, isAbsolute: segment.startsFile)
  }

  private func report(_ kind: CSVProblem.Kind, at offset: Int, _ tokens: Tokenizer) {
    problemCount += 1
    if problems.count < problemLimit { problems.append((place(offset, tokens), kind)) }
  }

  private func fail(_ tokens: Tokenizer, at offset: Int, _ message: String) {
    guard failure == nil else { return }
    failure = Failure(place: place(offset, tokens), message: message)
  }
}
