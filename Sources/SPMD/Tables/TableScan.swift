/// The steps of a scan that need no messages: what to look at, and how to put the results together.
struct TableScan {
  let plan: TablePlan
  let options: TableStatistics.Options
  /// The columns asked for.
  let columns: [Int]

  init(plan: TablePlan, options: TableStatistics.Options) throws(CSVError) {
    self.plan = plan
    self.options = options
    guard let names = options.columns else {
      columns = Array(plan.columnNames.indices)
      return
    }
    // A name may hold commas, so what is a name as it stands is not taken apart.
    let wanted = names.flatMap {
      plan.columnNames.contains($0) ? [$0] : $0.split(separator: ",").map { String($0) }
    }
    for name in wanted where !plan.columnNames.contains(name) {
      let known = plan.columnNames.map { "\"\($0)\"" }.joined(separator: ", ")
      throw CSVError("there is no column \"\(name)\"; the columns are \(known)")
    }
    columns = plan.columnNames.indices.filter { wanted.contains(plan.columnNames[$0]) }
  }

  func worker(rank: Int, of ranks: Int) -> RangeWorker {
    RangeWorker(
      plan: plan, format: options.format, blocks: plan.blocks(ofRank: rank, of: ranks),
      columns: columns, problemLimit: options.problemLimit)
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
    result.byteCount = plan.byteCount
    result.problemCount = reports.reduce(0) { $0 + $1.problemCount }
    result.problems = Array(problems.prefix(options.problemLimit))
    result.columns = zip(columns, states).map {
      ColumnStatistics(name: plan.columnNames[$0], state: $1, options: options)
    }
    return result
  }
}

extension TableStatistics {
  /// Computes the statistics of tables in one process.
  ///
  /// - Parameters:
  ///   - paths: CSV files with the same columns.
  ///   - options: What to compute.
  ///   - ranges: In how many parts to read, as so many ranks would; for tests of just that.
  /// - Throws: ``CSVError`` where a file cannot be read as a table.
  public init(of paths: [String], options: Options = Options(), ranges: Int = 1) throws(CSVError) {
    let plan = try TablePlan(paths: paths, format: options.format, blockSize: options.blockSize)
    let scan = try TableScan(plan: plan, options: options)
    let workers = (0..<ranges).map { scan.worker(rank: $0, of: ranges) }
    for worker in workers {
      worker.scan(
        start: .outside, types: scan.sampledTypes, selection: Array(scan.columns.indices))
    }
    while true {
      let reports = workers.map(\.report)
      let agreement = ScanAgreement(reports)
      let offsets = ScanAgreement.lineOffsets(reports)
      if let failed = agreement.failedRank {
        let worker = workers[failed]
        if let error = worker.error { throw error }
        if let failure = worker.failure {
          throw scan.error(failure, lineOffset: offsets[failed])
        }
      }
      if agreement.isComplete {
        var states = workers[0].states
        for worker in workers.dropFirst() {
          for i in states.indices { states[i].merge(worker.states[i]) }
        }
        let problems = zip(workers, offsets).flatMap {
          scan.problems($0.problems, lineOffset: $1)
        }
        self = scan.statistics(states, reports: reports, problems: problems)
        return
      }
      for (rank, worker) in workers.enumerated() {
        guard let selection = agreement.work[rank] else { continue }
        worker.scan(start: agreement.starts[rank], types: agreement.types, selection: selection)
      }
    }
  }
}
