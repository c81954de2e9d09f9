internal import MPI

/// What needs the types, or the extremes, of all ranks: groups and histograms.
struct SecondPass {
  let scan: TableScan
  let worker: RangeWorker
  let communicator: Communicator

  // MARK: Histogram

  /// Counts the values of a column in bins, on rank 0.
  ///
  /// - Parameter states: Those of all ranks, on rank 0.
  func histogram(_ states: [ColumnState]?) throws -> Histogram? {
    guard scan.histogramColumn != nil else { return nil }
    var words: [UInt64] = []
    if let states {
      do throws(CSVError) {
        let bins = try scan.histogramBins(states)
        words = [1, UInt64(scan.histogramType(states).rawValue)] + (bins?.words ?? [])
      } catch {
        words = [0] + packed(Array(error.description.utf8))
      }
    }
    try communicator.broadcast(&words, from: 0)
    var reader = WordReader(words)
    guard reader.next() == 1 else {
      throw CSVError(String(decoding: reader.nextBytes(), as: UTF8.self))
    }
    let type = ColumnType(rawValue: UInt8(reader.next())) ?? .string
    let bins = HistogramBins(from: &reader)
    let counter = scan.histogramReader(bins, type: type)
    worker.visit(counter)
    try agree()
    let counts = counter.counts
    guard let all = try communicator.reduce(counts, .sum, to: 0), let states else {
      return nil
    }
    return scan.histogram(bins, all, states)
  }

  /// Lets all ranks fail where one cannot read its part again.
  private func agree() throws {
    let failed = worker.error != nil || worker.failure != nil
    let first = try communicator.allReduce(failed ? communicator.rank : Int.max, .min)
    guard first < Int.max else { return }
    let own = worker.error ?? worker.failure.map { CSVError($0.message) }
    throw try TableStatistics.agreedError(own, from: first, on: communicator)
  }

  // MARK: Groups

  /// The largest groups, on rank 0, and how many bytes all ranks have put aside.
  ///
  /// - Parameters:
  ///   - reader: What was read along with the columns, under types that may be wrong.
  ///   - types: The types of the columns.
  func groups(
    _ reader: GroupReader?, types: [ColumnType]
  ) throws -> (groups: TableGroups?, spilledBytes: Int) {
    guard var reader else { return (nil, 0) }
    let columns = scan.groupColumns(types)
    if reader.columns != columns || worker.firstStart != worker.start {
      // Not beside those that are read now.
      reader.store.removeAll()
      guard let again = scan.groupReader(types) else { return (nil, 0) }
      worker.visit(again)
      reader = again
    }
    try agree()
    var found = LargestGroups(scan.options.groupLimit, isInteger: reader.store.table.isInteger)
    let shuffle = GroupShuffle(
      reader.store, memory: scan.options.groupMemory, on: communicator)
    let spilled: Int
    do {
      spilled = try shuffle.run { found.add($0) }
    } catch let error as SortError {
      throw CSVError(error.description)
    }
    let own = [found.count, spilled]
    let sums = try communicator.allReduce(own, .sum)
    guard let largest = try largest(found) else { return (nil, sums[1]) }
    return (scan.groups(largest.table, count: sums[0], columns: columns), sums[1])
  }

  /// The largest groups of all ranks, on rank 0: those of neighbours in pairs, then of pairs of
  /// pairs.
  private func largest(_ own: LargestGroups) throws -> LargestGroups? {
    var found = own
    let rank = communicator.rank
    var step = 1
    while step < communicator.size {
      if rank % (2 * step) != 0 {
        let bytes = found.table.packed
        try communicator.send(bytes, to: rank - step, tag: .tableGroups)
        return nil
      }
      if rank + step < communicator.size {
        let bytes = try communicator.receive(UInt8.self, from: rank + step, tag: .tableGroups)
        found.add(packed: bytes)
      }
      step *= 2
    }
    return found
  }
}

extension MessageTag {
  fileprivate static var tableGroups: MessageTag { 9 }
}
