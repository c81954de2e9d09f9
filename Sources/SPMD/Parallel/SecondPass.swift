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
    guard let all = try communicator.reduce(counts.span, .sum, to: 0), let states else {
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

  /// The largest groups, on rank 0.
  ///
  /// - Parameters:
  ///   - reader: What was read along with the columns, under types that may be wrong.
  ///   - types: The types of the columns.
  func groups(_ reader: GroupReader?, types: [ColumnType]) throws -> TableGroups? {
    guard var reader else { return nil }
    let columns = scan.groupColumns(types)
    if reader.columns != columns || worker.firstStart != worker.start {
      guard let again = scan.groupReader(types) else { return nil }
      worker.visit(again)
      reader = again
    }
    try agree()
    var own = GroupTable(columnCount: columns.count)
    if try communicator.allReduce(reader.isGivenUp ? 1 : 0, .max) == 0 {
      try exchange(reader.table, into: &own)
    } else {
      try stream(types, into: &own)
    }
    let count = try communicator.allReduce(own.count, .sum)
    guard let largest = try largest(own) else { return nil }
    return scan.groups(largest, count: count, columns: columns)
  }

  /// Reads the records once more, and passes the groups on each time that a rank's memory for them
  /// is used up; all ranks do so together, those too that have read everything.
  private func stream(_ types: [ColumnType], into own: inout GroupTable) throws {
    guard let reader = scan.groupReader(types) else { return }
    var table = own
    var failure: (any Error)?
    reader.isFull = { full in
      guard failure == nil else { return }
      do {
        try exchange(full, into: &table)
        _ = try communicator.allReduce(0, .min)
      } catch {
        failure = error
      }
    }
    worker.visit(reader)
    if let failure { throw failure }
    var last = reader.table
    while true {
      try exchange(last, into: &table)
      last = GroupTable(columnCount: own.columnCount)
      // Over when all ranks come from here.
      if try communicator.allReduce(1, .min) == 1 { break }
    }
    own = table
    try agree()
  }

  /// Sends each group to its rank.
  private func exchange(_ table: GroupTable, into own: inout GroupTable) throws {
    let size = communicator.size
    let owners = (0..<table.count).map { communicator.owner(ofHash: table.hash($0)) }
    var members = [Int](repeating: 0, count: size + 1)
    for owner in owners { members[owner + 1] += 1 }
    for rank in 0..<size { members[rank + 1] += members[rank] }
    var order = [Int](repeating: 0, count: table.count)
    var next = members
    for (group, owner) in owners.enumerated() {
      order[next[owner]] = group
      next[owner] += 1
    }
    var words: [UInt64] = []
    var counts: [Int] = []
    for rank in 0..<size {
      let before = words.count
      for group in order[members[rank]..<members[rank + 1]] {
        table.appendWords(of: group, to: &words)
      }
      counts.append(words.count - before)
    }
    let received = try communicator.allToAll(words.span, sending: Partition(counts: counts))
    own.add(words: received)
  }

  /// The largest groups of all ranks, on rank 0: those of neighbours in pairs, then of pairs of
  /// pairs.
  private func largest(_ own: GroupTable) throws -> GroupTable? {
    var table = own.largest(scan.options.groupLimit)
    let rank = communicator.rank
    var step = 1
    while step < communicator.size {
      if rank % (2 * step) != 0 {
        let words = table.words
        try communicator.send(words.span, to: rank - step, tag: .tableGroups)
        return nil
      }
      if rank + step < communicator.size {
        let words = try communicator.receive(UInt64.self, from: rank + step, tag: .tableGroups)
        table.add(words: words)
        table = table.largest(scan.options.groupLimit)
      }
      step *= 2
    }
    return table
  }
}

extension MessageTag {
  fileprivate static var tableGroups: MessageTag { 9 }
}
