/// One rank's part of a scan: its blocks, what it assumed, and what it found.
final class RangeWorker {
  private let plan: TablePlan
  private let format: CSVFormat
  private let segments: [TablePlan.Segment]
  private let columns: [Int]
  private let problemLimit: Int
  private var files: [Int: CSVFile] = [:]

  /// The states of `columns`, in their order.
  private(set) var states: [ColumnState] = []
  private(set) var start = QuoteState.outside
  private(set) var rows = 0
  private(set) var problems: [(place: RangeScanner.Place, kind: CSVProblem.Kind)] = []
  private(set) var problemCount = 0
  private(set) var failure: RangeScanner.Failure?
  /// What kept a file from being read, which no other assumption would change.
  private(set) var error: CSVError?
  private(set) var transition = QuoteTransition.identity
  private var lines = 0

  /// Called with the number of bytes each time a chunk was read.
  var progress: ((Int) -> Void)?

  init(
    plan: TablePlan, format: CSVFormat, blocks: Range<Int>, columns: [Int], problemLimit: Int
  ) {
    self.plan = plan
    self.format = format
    self.columns = columns
    self.problemLimit = problemLimit
    segments = plan.segments(of: blocks)
  }

  /// Reads the range as if it began in the state `start`.
  ///
  /// - Parameters:
  ///   - types: The types to read all columns as.
  ///   - selection: The positions in `columns` of those to read; others keep what they have.
  func scan(start: QuoteState, types: [ColumnType], selection: [Int]) {
    let readers = selection.map {
      ColumnReader(
        column: columns[$0], type: types[$0],
        missingValues: format.missingValues.map { Array($0.utf8) },
        limits: SketchLimits(columns: columns.count))
    }
    let scanner = RangeScanner(
      plan: plan, format: format, readers: readers, problemLimit: problemLimit)
    scanner.progress = progress
    do {
      for (i, segment) in segments.enumerated() {
        let file = try open(segment.file)
        try scanner.scan(segment, of: file, start: i == 0 ? start : .outside)
      }
    } catch {
      self.error = error
    }
    self.start = start
    rows = scanner.rows
    problems = scanner.problems
    problemCount = scanner.problemCount
    failure = scanner.failure
    lines = scanner.lines
    transition = scanner.transition
    if let last = segments.last, last.startsFile {
      let end = transition[.outside]
      transition = QuoteTransition { _ in end }
    }
    if states.isEmpty { states = types.map { ColumnState(type: $0) } }
    for (position, reader) in zip(selection, readers) { states[position] = reader.state }
  }

  private func open(_ index: Int) throws(CSVError) -> CSVFile {
    if let file = files[index] { return file }
    let file = try CSVFile(opening: plan.files[index].path)
    guard file.size == plan.files[index].size else {
      throw CSVError("\(file.path): the file changed its size while it was read")
    }
    files[index] = file
    return file
  }

  /// What the other ranks need to know.
  var report: RangeReport {
    RangeReport(
      start: start, transition: transition, startsFile: segments.first?.startsFile ?? false,
      hasError: error != nil, hasFailure: failure != nil, firstFile: segments.first?.file ?? -1,
      lastFile: segments.last?.file ?? -1, lastStartsFile: segments.last?.startsFile ?? false,
      lines: segments.isEmpty ? 0 : lines, rows: rows, problemCount: problemCount,
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
  var problemCount: Int
  var types: [ColumnType]
  var observed: [ColumnType]

  static func wordCount(columns: Int) -> Int { 11 + 2 * columns }

  var words: [Int64] {
    var words = [
      Int64(start.rawValue), Int64(transition.code), startsFile ? 1 : 0, hasError ? 1 : 0,
      hasFailure ? 1 : 0, Int64(firstFile), Int64(lastFile), lastStartsFile ? 1 : 0, Int64(lines),
      Int64(rows), Int64(problemCount),
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
    let columns = (words.count - 11) / 2
    func types(_ start: Int) -> [ColumnType] {
      words[start..<(start + columns)].map { ColumnType(rawValue: UInt8($0)) ?? .string }
    }
    self.init(
      start: QuoteState(rawValue: UInt8(words[0])) ?? .outside,
      transition: QuoteTransition(code: UInt8(words[1])), startsFile: words[2] == 1,
      hasError: words[3] == 1, hasFailure: words[4] == 1, firstFile: Int(words[5]),
      lastFile: Int(words[6]), lastStartsFile: words[7] == 1, lines: Int(words[8]),
      rows: Int(words[9]), problemCount: Int(words[10]), types: types(11),
      observed: types(11 + columns))
  }
}
