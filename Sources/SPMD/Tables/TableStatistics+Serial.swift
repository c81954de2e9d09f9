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
    let deals = plan.deals(toRanks: ranges)
    for (range, worker) in workers.enumerated() {
      var next = range
      worker.scan(
        start: .outside, types: scan.sampledTypes, selection: Array(scan.columns.indices)
      ) {
        defer { next += ranges }
        return next < deals.count ? deals[next] : nil
      }
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
    guard let columns = scan.groupReader(types)?.columns else { return }
    var all: GroupStore?
    for worker in workers {
      guard let reader = scan.groupReader(types) else { return }
      worker.visit(reader)
      if let error = worker.error { throw error }
      if let all {
        reader.store.drain { all.add($0) }
        if let failure = reader.store.failure { throw CSVError(failure.description) }
      } else {
        all = reader.store
      }
    }
    guard let all else { return }
    var found = LargestGroups(scan.options.groupLimit, isInteger: all.table.isInteger)
    all.drain { found.add($0) }
    if let failure = all.failure { throw CSVError(failure.description) }
    spilledBytes = all.spilledBytes
    groups = scan.groups(found.table, count: found.count, columns: columns)
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
