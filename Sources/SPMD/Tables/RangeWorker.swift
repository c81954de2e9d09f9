/// One rank's part of a scan: its blocks, what it assumed, and what it found.
final class RangeWorker {
  private let plan: TablePlan
  private let format: CSVFormat
  private let segments: [TablePlan.Segment]
  /// The streams that this rank has got, whose text begins outside quotes.
  private(set) var streams: [Int] = []
  private let columns: [Int]
  private let options: TableStatistics.Options
  private let filter: RowFilter?
  private var file: (index: Int, file: any TableFile)?

  /// The states of `columns`, in their order.
  private(set) var states: [ColumnState] = []
  private(set) var start = QuoteState.outside
  /// What the first scan began with.
  private(set) var firstStart: QuoteState?
  private(set) var rows = 0
  private(set) var selected = 0
  private(set) var problems: [(place: RangeScanner.Place, kind: CSVProblem.Kind)] = []
  private(set) var problemCount = 0
  private(set) var failure: RangeScanner.Failure?
  /// What kept a file from being read, which no other assumption would change.
  private(set) var error: CSVError?
  /// The file that the error is of.
  private var errorFile = -1
  private(set) var transition = QuoteTransition.identity
  private var lines = 0

  /// Called with the number of bytes each time a chunk was read.
  var progress: ((Int) -> Void)?

  init(
    plan: TablePlan, options: TableStatistics.Options, filter: RowFilter?, blocks: Range<Int>,
    columns: [Int]
  ) {
    self.plan = plan
    self.options = options
    self.filter = filter
    self.columns = columns
    format = options.format
    segments = plan.segments(of: blocks)
  }

  /// Reads the range as if it began in the state `start`.
  ///
  /// - Parameters:
  ///   - types: The types to read all columns as.
  ///   - selection: The positions in `columns` of those to read; others keep what they have.
  ///   - visitor: What else is to read the records.
  ///   - deal: Gives streams to read beside the range, until it gives none; they are this rank's from
  ///     then on.
  func scan(
    start: QuoteState, types: [ColumnType], selection: [Int],
    also visitor: (any BatchReader)? = nil, deal: () -> [Int]? = { nil }
  ) {
    let readers = selection.map {
      ColumnReader(
        column: columns[$0], type: types[$0], needs: StatisticNeeds(options),
        missingValues: format.missingBytes, limits: SketchLimits(columns: columns.count))
    }
    var all: [any BatchReader] = readers
    if let visitor { all.append(visitor) }
    let scanner = RangeScanner(
      plan: plan, format: format, filter: filter, readers: all, problemLimit: options.problemLimit)
    problems = []
    run(scanner, start: start, deal: deal)
    self.start = start
    if firstStart == nil { firstStart = start }
    rows = scanner.rows
    selected = scanner.selected
    problemCount = scanner.problemCount
    failure = scanner.failure
    if let last = segments.last, last.startsFile {
      let end = transition[.outside]
      transition = QuoteTransition { _ in end }
    }
    if states.isEmpty { states = types.map { ColumnState(type: $0) } }
    for (position, reader) in zip(selection, readers) { states[position] = reader.state }
  }

  /// Has a reader go once more over the records, from the state that is known by now.
  func visit(_ reader: any BatchReader) {
    let scanner = RangeScanner(
      plan: plan, format: format, filter: filter, readers: [reader], problemLimit: 0)
    run(scanner, start: start)
    if failure == nil { failure = scanner.failure }
  }

  private func run(_ scanner: RangeScanner, start: QuoteState, deal: () -> [Int]? = { nil }) {
    scanner.progress = progress
    for (i, segment) in segments.enumerated() {
      run(scanner, segment, start: i == 0 ? start : .outside)
    }
    // Of streams nobody needs to know what they end in.
    lines = scanner.lines
    transition = scanner.transition
    for stream in streams { run(scanner, plan.segment(ofStream: stream), start: .outside) }
    while let more = deal() {
      streams += more
      for stream in more { run(scanner, plan.segment(ofStream: stream), start: .outside) }
    }
  }

  private func run(_ scanner: RangeScanner, _ segment: TablePlan.Segment, start: QuoteState) {
    // What follows a failure is read for its quotes alone.
    if error != nil || scanner.failure != nil && plan.files[segment.file].isStream { return }
    do throws(CSVError) {
      try scanner.scan(segment, of: open(segment.file), start: start)
    } catch {
      self.error = error
      errorFile = segment.file
    }
    // The first ones by their place: streams come in any order.
    problems += scanner.takeProblems()
    problems.sort { $0.place.file < $1.place.file }
    problems.removeLast(max(0, problems.count - options.problemLimit))
  }

  private func open(_ index: Int) throws(CSVError) -> any TableFile {
    if let file, file.index == index { return file.file }
    let opened = try openTableFile(plan.files[index].path, options.openStream)
    guard opened.size == plan.files[index].size, opened.isStream == plan.files[index].isStream
    else { throw CSVError("\(opened.path): the file changed while it was read") }
    file = (index, opened)
    return opened
  }

  /// What the other ranks need to know.
  var report: RangeReport {
    RangeReport(
      start: start, transition: transition, startsFile: segments.first?.startsFile ?? false,
      hasError: error != nil, hasFailure: failure != nil, firstFile: segments.first?.file ?? -1,
      lastFile: segments.last?.file ?? -1, lastStartsFile: segments.last?.startsFile ?? false,
      lines: segments.isEmpty ? 0 : lines, rows: rows, selected: selected,
      problemCount: problemCount, failedFile: error == nil ? failure?.place.file ?? -1 : errorFile,
      types: states.map(\.type), observed: states.map(\.observed))
  }
}

/// One rank's answer to what a scan of its range found, short enough to be sent to all ranks.
struct RangeReport {
  var start: QuoteState
  var transition: QuoteTransition
  /// Whether the range begins at a file's first record, where the state is known.
  var startsFile: Bool
  var hasError: Bool
  var hasFailure: Bool
  var firstFile: Int
  var lastFile: Int
  var lastStartsFile: Bool
  /// The newlines of the range's last segment.
  var lines: Int
  var rows: Int
  var selected: Int
  var problemCount: Int
  /// The file of the error, or the failure.
  var failedFile: Int
  var types: [ColumnType]
  var observed: [ColumnType]

  static func wordCount(columns: Int) -> Int { fixedWords + 2 * columns }

  static let fixedWords = 13

  var words: [Int64] {
    var words = [
      Int64(start.rawValue), Int64(transition.code), startsFile ? 1 : 0, hasError ? 1 : 0,
      hasFailure ? 1 : 0, Int64(firstFile), Int64(lastFile), lastStartsFile ? 1 : 0, Int64(lines),
      Int64(rows), Int64(selected), Int64(problemCount), Int64(failedFile),
    ]
    words += types.map { Int64($0.rawValue) }
    words += observed.map { Int64($0.rawValue) }
    return words
  }
}

extension RangeReport {
  /// Makes a report of its ``words``.
  init(words: ArraySlice<Int64>) {
    let words = Array(words)
    let columns = (words.count - Self.fixedWords) / 2
    func types(_ start: Int) -> [ColumnType] {
      words[start..<(start + columns)].map { ColumnType(rawValue: UInt8($0)) ?? .string }
    }
    self.init(
      start: QuoteState(rawValue: UInt8(words[0])) ?? .outside,
      transition: QuoteTransition(code: UInt8(words[1])), startsFile: words[2] == 1,
      hasError: words[3] == 1, hasFailure: words[4] == 1, firstFile: Int(words[5]),
      lastFile: Int(words[6]), lastStartsFile: words[7] == 1, lines: Int(words[8]),
      rows: Int(words[9]), selected: Int(words[10]), problemCount: Int(words[11]),
      failedFile: Int(words[12]), types: types(Self.fixedWords),
      observed: types(Self.fixedWords + columns))
  }
}
