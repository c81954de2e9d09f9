/// What all ranks conclude from the reports of all ranks; each concludes it for itself, from the
/// same reports.
struct ScanAgreement {
  /// The true quote state at the start of each range.
  let starts: [QuoteState]
  /// The types of the columns, by all ranges that were read from their true state.
  let types: [ColumnType]
  /// The rank that cannot go on, whatever it assumed; of several the one whose file comes first.
  let failedRank: Int?
  /// For each rank: the columns to read again; `nil` where all is as it should be.
  let work: [[Int]?]

  init(_ reports: [RangeReport]) {
    var starts: [QuoteState] = []
    var state = QuoteState.outside
    for report in reports {
      let start = report.startsFile ? .outside : state
      starts.append(start)
      state = report.transition[start]
    }
    self.starts = starts
    let isRight = zip(reports, starts).map { $0.firstFile < 0 || $0.start == $1 }

    let columns = reports.first?.types.count ?? 0
    var types = [ColumnType](repeating: .empty, count: columns)
    for (report, isRight) in zip(reports, isRight) where isRight {
      for i in types.indices { types[i] = types[i].joined(with: report.observed[i]) }
    }
    self.types = types
    failedRank = reports.indices.filter {
      reports[$0].hasError || reports[$0].hasFailure && isRight[$0]
    }.min { (reports[$0].failedFile, $0) < (reports[$1].failedFile, $1) }

    let isAllRight = isRight.allSatisfy { $0 }
    work = reports.indices.map { rank in
      guard isRight[rank] else { return Array(0..<columns) }
      // Types may still rise while some rank has read nonsense: those that were right wait for it.
      guard isAllRight else { return nil }
      let again = (0..<columns).filter { column in
        let report = reports[rank]
        return report.observed[column] != .empty && report.types[column] != types[column]
      }
      return again.isEmpty ? nil : again
    }
  }

  /// Whether no rank has anything to do.
  var isComplete: Bool { work.allSatisfy { $0 == nil } }

  /// For each rank, the number of lines of its first file that lie before its range.
  static func lineOffsets(_ reports: [RangeReport]) -> [Int] {
    reports.indices.map { rank in
      guard !reports[rank].startsFile, reports[rank].firstFile >= 0 else { return 0 }
      var lines = 1
      for earlier in (0..<rank).reversed() where reports[earlier].lastFile >= 0 {
        guard reports[earlier].lastFile == reports[rank].firstFile else { break }
        lines += reports[earlier].lines
        if reports[earlier].lastStartsFile { break }
      }
      return lines
    }
  }
}
