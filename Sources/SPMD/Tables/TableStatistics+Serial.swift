extension TableStatistics {
  /// Computes the statistics of tables in one process.
  ///
  /// - Parameters:
  ///   - paths: CSV files with the same columns.
  ///   - options: What to compute.
  ///   - ranges: In how many parts to read, as so many ranks would; for tests of just that.
  /// - Throws: ``CSVError`` where a file cannot be read as a table, ``ExpressionError`` where the
  ///   condition is none.
  public init(of paths: [String], options: Options = Options(), ranges: Int = 1) throws {
    let plan = try TablePlan(paths: paths, options: options)
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
        try addGroups(scan, workers, types: states.map(\.type))
        try addHistogram(scan, workers, states)
        return
      }
      for (rank, worker) in workers.enumerated() {
        guard let selection = agreement.work[rank] else { continue }
        worker.scan(start: agreement.starts[rank], types: agreement.types, selection: selection)
      }
    }
  }

  private mutating func addGroups(
    _ scan: TableScan, _ workers: [RangeWorker], types: [ColumnType]
  ) throws {
    guard let first = scan.groupReader(types) else { return }
    var table = GroupTable(columnCount: first.columns.count)
    for worker in workers {
      guard let reader = scan.groupReader(types) else { return }
      reader.isFull = { table.add($0) }
      worker.visit(reader)
      if let error = worker.error { throw error }
      table.add(reader.table)
    }
    groups = scan.groups(table, count: table.count, columns: first.columns)
  }

  private mutating func addHistogram(
    _ scan: TableScan, _ workers: [RangeWorker], _ states: [ColumnState]
  ) throws {
    guard let bins = try scan.histogramBins(states) else { return }
    var counts = [Int](repeating: 0, count: bins.count)
    for worker in workers {
      let reader = scan.histogramReader(bins, type: scan.histogramType(states))
      worker.visit(reader)
      if let error = worker.error { throw error }
      for i in counts.indices { counts[i] += reader.counts[i] }
    }
    histogram = scan.histogram(bins, counts, states)
  }
}
