/// The steps of a scan that need no messages: what to look at, and how to put the results together.
struct TableScan {
  let plan: TablePlan
  let options: TableStatistics.Options
  /// The columns asked for.
  let columns: [Int]
  let filter: RowFilter?
  let groupKey: Int?
  let histogramColumn: Int?

  /// - Throws: ``CSVError`` where there is no such column; ``ExpressionError``.
  init(plan: TablePlan, options: TableStatistics.Options) throws {
    self.plan = plan
    self.options = options
    filter = try RowFilter.make(options, columns: plan.columnNames)
    groupKey = try options.groupColumn.map { try Self.column($0, of: plan) }
    histogramColumn = try options.histogramColumn.map { try Self.column($0, of: plan) }
    var columns = try Self.columns(options.columns, of: plan)
    if let histogramColumn, !columns.contains(histogramColumn) {
      columns.append(histogramColumn)
      columns.sort()
    }
    self.columns = columns
  }

  private static func column(_ name: String, of plan: TablePlan) throws(CSVError) -> Int {
    if let column = plan.columnNames.firstIndex(of: name) { return column }
    throw unknown(name, plan)
  }

  private static func unknown(_ name: String, _ plan: TablePlan) -> CSVError {
    let known = plan.columnNames.map { "\"\($0)\"" }.joined(separator: ", ")
    return CSVError("there is no column \"\(name)\"; the columns are \(known)")
  }

  private static func columns(
    _ names: [String]?, of plan: TablePlan
  ) throws(CSVError) -> [Int] {
    guard let names else { return Array(plan.columnNames.indices) }
    // A name may hold commas, so what is a name as it stands is not taken apart.
    let wanted = names.flatMap {
      plan.columnNames.contains($0) ? [$0] : $0.split(separator: ",").map { String($0) }
    }
    for name in wanted where !plan.columnNames.contains(name) { throw unknown(name, plan) }
    return plan.columnNames.indices.filter { wanted.contains(plan.columnNames[$0]) }
  }

  func worker(rank: Int, of ranks: Int) -> RangeWorker {
    RangeWorker(
      plan: plan, options: options, filter: filter, blocks: plan.blocks(ofRank: rank, of: ranks),
      columns: columns)
  }

  /// The types to begin with.
  var sampledTypes: [ColumnType] { columns.map { plan.types[$0] } }

  /// The first problems of all ranks, by their lines.
  func problems(
    _ found: [(place: RangeScanner.Place, kind: CSVProblem.Kind)], lineOffset: Int
  ) -> [CSVProblem] {
    found.map {
      CSVProblem(
        file: plan.files[$0.place.file].path, line: line($0.place, lineOffset), kind: $0.kind)
    }
  }

  /// Problems in the order of the files: those of streams come as the ranks got them.
  private func inOrder(_ problems: [CSVProblem]) -> [CSVProblem] {
    guard plan.hasStreams else { return problems }
    let numbers = Dictionary(
      zip(plan.files.map(\.path), 0...), uniquingKeysWith: { first, _ in first })
    return problems.sorted {
      (numbers[$0.file] ?? 0, $0.line) < (numbers[$1.file] ?? 0, $1.line)
    }
  }

  /// A failure as an error that names the place.
  func error(_ failure: RangeScanner.Failure, lineOffset: Int) -> CSVError {
    let path = plan.files[failure.place.file].path
    return CSVError("\(path):\(line(failure.place, lineOffset)): \(failure.message)")
  }

  private func line(_ place: RangeScanner.Place, _ offset: Int) -> Int {
    place.isAbsolute ? place.line : place.line + offset
  }

  /// The statistics, of the states of all blocks.
  func statistics(
    _ states: [ColumnState], reports: [RangeReport], problems: [CSVProblem]
  ) -> TableStatistics {
    var result = TableStatistics()
    result.rows = reports.reduce(0) { $0 + $1.rows }
    result.selectedRows = reports.reduce(0) { $0 + $1.selected }
    result.byteCount = plan.byteCount
    result.problemCount = reports.reduce(0) { $0 + $1.problemCount }
    result.problems = Array(inOrder(problems).prefix(options.problemLimit))
    result.columns = zip(columns, states).map {
      ColumnStatistics(name: plan.columnNames[$0], state: $1, options: options)
    }
    return result
  }
}
