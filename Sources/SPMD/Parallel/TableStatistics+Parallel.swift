public import MPI

extension TableStatistics {
  /// Computes the statistics of tables, with the bytes of their files divided among the ranks.
  ///
  /// **Collective**: every rank calls it with the same arguments; all must see the same files.
  ///
  ///     let statistics = try TableStatistics.compute(["a.csv"], on: world)
  ///     // On rank 0 the same for any number of ranks, bit for bit; nil on the others.
  ///
  /// Every rank reads a run of blocks on the guess that it does not begin inside quotes, and tells
  /// all others what it ended in. Where a guess was wrong, or a column's type turned out to be
  /// another, the ranks concerned read theirs again.
  ///
  /// - Parameters:
  ///   - paths: CSV files with the same columns.
  ///   - options: What to compute.
  ///   - communicator: The ranks that share the work.
  ///   - timings: Takes the sections `plan`, `read`, `agree` and `merge`; `groups` and `histogram`.
  ///   - progress: Called with the fraction of this rank's bytes that were read, again and again.
  /// - Returns: The statistics on rank 0, `nil` on all others.
  /// - Throws: ``CSVError``, the same on all ranks, where a file cannot be read as a table;
  ///   ``ExpressionError``, the same on all ranks, where the condition is none; `MPIError` as
  ///   reported by the library.
  /// - Complexity: O(log `size`) messages of a few hundred KiB a column at most, and one short one
  ///   for each time that the files are read. Groups are exchanged by a hash of their value, so that
  ///   each has one rank; only the largest ones reach rank 0. A histogram reads the files once more.
  public static func compute(
    _ paths: [String], options: Options = Options(), on communicator: Communicator,
    timings: Timings = Timings(), progress: ((Double) -> Void)? = nil
  ) throws -> TableStatistics? {
    let plan = try timings.measure("plan") { try agreedPlan(paths, options, on: communicator) }
    let scan = try TableScan(plan: plan, options: options)
    let worker = scan.worker(rank: communicator.rank, of: communicator.size)
    let total = max(1, plan.byteCount / communicator.size)
    let isAsked = plan.hasStreams && communicator.size > 1
    var read = 0
    worker.progress = { bytes in
      read += bytes
      progress?(min(1, Double(read) / Double(total)))
      // Where others get the number of their next stream from this rank, some libraries need its help.
      if isAsked { _ = try? communicator.immediate.probe(from: .any) }
    }

    // Groups are read along, and once more where the types turn out to be others.
    let groups = scan.groupReader(scan.sampledTypes)
    try timings.measure("read") { try readFirst(worker, scan, also: groups, on: communicator) }
    while true {
      let reports = try timings.measure("agree") {
        try allReports(worker.report, columns: scan.columns.count, on: communicator)
      }
      let agreement = ScanAgreement(reports)
      let offset = ScanAgreement.lineOffsets(reports)[communicator.rank]
      if let failed = agreement.failedRank {
        let own = worker.error ?? worker.failure.map { scan.error($0, lineOffset: offset) }
        throw try agreedError(own, from: failed, on: communicator)
      }
      if agreement.isComplete {
        let problems = try gathered(
          scan.problems(worker.problems, lineOffset: offset), plan, on: communicator)
        let pass = SecondPass(scan: scan, worker: worker, communicator: communicator)
        let largest = try timings.measure("groups") {
          try pass.groups(groups, types: agreement.types)
        }
        let states = try timings.measure("merge") { try merged(worker.states, on: communicator) }
        let histogram = try timings.measure("histogram") { try pass.histogram(states) }
        guard let states else { return nil }
        var statistics = scan.statistics(states, reports: reports, problems: problems)
        statistics.groups = largest.groups
        statistics.spilledBytes = largest.spilledBytes
        statistics.histogram = histogram
        return statistics
      }
      if let selection = agreement.work[communicator.rank] {
        timings.measure("read") {
          worker.scan(
            start: agreement.starts[communicator.rank], types: agreement.types, selection: selection
          )
        }
      }
    }
  }

  /// Reads a rank's blocks for the first time, and streams as long as there are any that no rank has
  /// begun.
  private static func readFirst(
    _ worker: RangeWorker, _ scan: TableScan, also groups: GroupReader?,
    on communicator: Communicator
  ) throws {
    let deals = scan.plan.deals(toRanks: communicator.size)
    let (types, selection) = (scan.sampledTypes, Array(scan.columns.indices))
    guard !deals.isEmpty else {
      worker.scan(start: .outside, types: types, selection: selection, also: groups)
      return
    }
    let counter = try GlobalCounter(on: communicator)
    var failure: (any Error)?
    worker.scan(start: .outside, types: types, selection: selection, also: groups) {
      do {
        let next = try counter.next()
        return next < deals.count ? deals[next] : nil
      } catch {
        failure = error
        return nil
      }
    }
    try counter.close()
    if let failure { throw failure }
  }

  /// Lets rank 0 alone look at the files, and tells the others.
  private static func agreedPlan(
    _ paths: [String], _ options: Options, on communicator: Communicator
  ) throws -> TablePlan {
    var words: [UInt64] = []
    if communicator.rank == 0 {
      do throws(CSVError) {
        words =
          try [1] + TablePlan(paths: paths, options: options).words
      } catch {
        words = [0] + packed(Array(error.description.utf8))
      }
    }
    try communicator.broadcast(&words, from: 0)
    var reader = WordReader(words)
    guard reader.next() == 1 else {
      throw CSVError(String(decoding: reader.nextBytes(), as: UTF8.self))
    }
    return TablePlan(from: &reader)
  }

  private static func allReports(
    _ report: RangeReport, columns: Int, on communicator: Communicator
  ) throws -> [RangeReport] {
    let length = RangeReport.wordCount(columns: columns)
    let words = report.words
    let all = try communicator.allGather(words)
    return (0..<communicator.size).map {
      RangeReport(words: all[($0 * length)..<(($0 + 1) * length)])
    }
  }

  static func agreedError(
    _ error: CSVError?, from rank: Int, on communicator: Communicator
  ) throws -> CSVError {
    var bytes = communicator.rank == rank ? Array((error?.description ?? "").utf8) : []
    try communicator.broadcast(&bytes, from: rank)
    return CSVError(String(decoding: bytes, as: UTF8.self))
  }

  /// The problems of all ranks in the order of the files, on rank 0.
  private static func gathered(
    _ problems: [CSVProblem], _ plan: TablePlan, on communicator: Communicator
  ) throws -> [CSVProblem] {
    var words: [Int64] = []
    for problem in problems {
      let file = plan.files.firstIndex { $0.path == problem.file } ?? 0
      words += [Int64(file), Int64(problem.line)]
      switch problem.kind {
      case .emptyLine: words += [-1, 0]
      case .fieldCount(let fields, let expected): words += [Int64(fields), Int64(expected)]
      }
    }
    guard let all = try communicator.gather(words, to: 0) else { return [] }
    return stride(from: 0, to: all.count, by: 4).map { start in
      let (file, line) = (Int(all[start]), Int(all[start + 1]))
      let (fields, expected) = (Int(all[start + 2]), Int(all[start + 3]))
      let kind =
        fields < 0
        ? CSVProblem.Kind.emptyLine : CSVProblem.Kind.fieldCount(fields: fields, expected: expected)
      return CSVProblem(file: plan.files[file].path, line: line, kind: kind)
    }
  }

  /// The states of all ranks together, on rank 0: neighbours in pairs, then pairs of pairs.
  private static func merged(
    _ states: [ColumnState], on communicator: Communicator
  ) throws -> [ColumnState]? {
    var states = states
    let rank = communicator.rank
    var step = 1
    while step < communicator.size {
      if rank % (2 * step) != 0 {
        try send(states, to: rank - step, on: communicator)
        return nil
      }
      if rank + step < communicator.size {
        let others = try receive(states.count, from: rank + step, on: communicator)
        for i in states.indices { states[i].merge(others[i]) }
      }
      step *= 2
    }
    return states
  }

  private static func send(
    _ states: [ColumnState], to rank: Int, on communicator: Communicator
  ) throws {
    // Named: Swift 6.3.1 crashes in its optimizer on the span of a temporary here.
    let words = states.flatMap(\.words)
    try communicator.send(words, to: rank, tag: .tableStates)
  }

  private static func receive(
    _ count: Int, from rank: Int, on communicator: Communicator
  ) throws -> [ColumnState] {
    let words = try communicator.receive(UInt64.self, from: rank, tag: .tableStates)
    var reader = WordReader(words)
    return (0..<count).map { _ in ColumnState(from: &reader) }
  }
}

extension MessageTag {
  fileprivate static var tableStates: MessageTag { 7 }
}
