internal import MPI

/// One rank's share of a sort of files.
final class SortJob {
  private let options: FileSort.Options
  private let communicator: Communicator
  private var plan: SortPlan
  private let order: LineOrder
  private let timings: Timings
  private let progress: ((Double) -> Void)?
  private(set) var summary = FileSort.Summary()

  private let collection: RunCollection
  private let openStream: ByteStreamOpener?
  /// Bytes read and written by this rank.
  private var done = 0

  init(
    _ paths: [String], _ options: FileSort.Options, openStream: ByteStreamOpener?,
    on communicator: Communicator, timings: Timings, progress: ((Double) -> Void)?
  ) throws {
    self.options = options
    self.openStream = openStream
    self.timings = timings
    self.communicator = communicator
    self.progress = progress
    plan = try SortPlan(
      paths, content: options.content, openStream: openStream, on: communicator)
    order = LineOrder(options)
    collection = RunCollection(order: order, options: options)
  }

  private func advance(_ bytes: Int) {
    done += bytes
    let share = 2 * max(1, plan.byteCount / communicator.size)
    progress?(min(1, Double(done) / Double(share)))
  }

  // MARK: Reading

  /// Reads and sorts this rank's lines, as many at a time as fit.
  ///
  /// **Collective**.
  func readRuns() throws {
    for (number, section) in plan.sections.enumerated() {
      switch section {
      case .files(let files):
        var failure: SortError?
        do {
          try read(files, number)
        } catch {
          failure = error as? SortError ?? SortError("\(error)")
        }
        try communicator.agree(on: failure)
      case .stream(let path, let kind):
        let opener = kind == .file ? openStream : nil
        let dealer = StreamDealer(
          path, section: number, content: options.content, into: collection, on: communicator)
        let count = try communicator.allReduce(dealer.run(opener), .max)
        plan.byteCount += count
        done += count / communicator.size
      }
    }
    // What is read stays where it is.
    try collection.makeRoom(for: 0)
    let own = [collection.lineCount, collection.spill?.byteCount ?? 0]
    let all = try communicator.allReduce(own, .sum)
    summary.lines = all[0]
    summary.spilledBytes = all[1]
    summary.bytesRead = plan.byteCount
  }

  private func read(_ files: [SortPlan.File], _ section: Int) throws {
    // Within what 32 bits can say, several tables may share the memory.
    let cost = min(collection.budget, LineTable.longest)
    let (rank, size) = (communicator.rank, communicator.size)
    let reader = LineReader(
      plan.segments(of: files, rank: rank, of: size), content: options.content, order: order,
      cost: cost)
    reader.progress = { [unowned self] in advance($0) }
    var run = 0
    while true {
      if reader.remaining > 0 { try collection.makeRoom(for: cost) }
      guard let table = try reader.nextTable() else { return }
      try collection.add(table, at: RunPlace(section: section, stretch: rank, run: run))
      run += 1
    }
  }

  // MARK: Writing

  /// What a rank may take at once of the other runs, in bytes: the same on all ranks.
  private func roundLimit() throws -> Int {
    let free = max(options.memory / 8, options.memory - collection.keptBytes)
    // More would bring nothing but page faults, as long as the messages are long.
    let enough = max(64 << 20, communicator.size * (256 << 10))
    return try communicator.allReduce(max(min(free / 2, enough), 64 << 10), .min)
  }

  /// Cuts the runs into parts, and merges and writes those that are this rank's.
  ///
  /// **Collective**.
  func writeParts(to output: OutputFile) throws {
    let (rank, size) = (communicator.rank, communicator.size)
    let limit = try roundLimit()
    let own = collection.runs.reduce(0) { $0 + $1.byteCount }
    let total = try communicator.allReduce(own, .sum)
    let rounds = max(1, (total + size * limit - 1) / (size * limit))
    var cuts = try timings.measure("cut") {
      try PartCuts(
        RunSplitters(
          runs: collection.runs, places: collection.places, order: order,
          keepsEqualTogether: options.isUnique),
        total: total, rounds: rounds, on: communicator)
    }

    // Which lines are left out is known only after merging: such parts wait in a temporary file.
    let waiting = options.isUnique ? try waitingFile() : nil
    let writer =
      if let waiting {
        unsafe PartWriter { bytes, count, _ in try unsafe waiting.append(bytes, count: count) }
      } else {
        unsafe PartWriter { try unsafe output.write($0, count: $1, at: $2) }
      }
    writer.progress = { [unowned self] in advance($0) }
    if waiting == nil { writer.move(to: cuts.start(ofRank: rank)) }
    let start = writer.position

    let exchange = try RunExchange(
      collection, sendLimit: limit / 2,
      receiveLimit: min(limit, total / (rounds * size) * 17 / 16 + 4096), on: communicator)
    for round in 0..<rounds {
      let pieces = try timings.measure("cut") { try cuts.pieces(ofRound: round) }
      let received = try timings.measure("exchange") { try exchange.exchange(pieces) }
      // Not before all ranks have read what they sent: what is merged must be lines.
      try communicator.agree(on: writer.failure ?? collection.spill?.failure)
      timings.measure("merge and write") {
        var merger = RunMerger(
          received, order: order, recordLength: options.content.recordLength,
          isUnique: options.isUnique)
        merger.merge(into: writer)
        writer.flush()
      }
    }
    try communicator.agree(on: writer.failure)
    if let waiting { try copy(waiting, to: output) }
    try summarize(written: writer.position - start)
  }

  private func summarize(written: Int) throws {
    let sum = try communicator.allReduce(written, .sum)
    let most = try communicator.allReduce(written, .max)
    summary.bytesWritten = sum
    summary.imbalance = sum == 0 ? 1 : Double(most) * Double(communicator.size) / Double(sum)
  }

  private func waitingFile() throws -> SpillFile {
    var file: SpillFile?
    var failure: SortError?
    do {
      file = try SpillFile(in: options.temporaryFolder)
    } catch {
      failure = error as? SortError ?? SortError("\(error)")
    }
    try communicator.agree(on: failure)
    guard let file else { throw SortError("no temporary file") }
    return file
  }

  /// Copies a rank's parts to their place, now that all ranks know how long theirs are.
  private func copy(_ waiting: SpillFile, to output: OutputFile) throws {
    // The first rank's result is not defined, and left at 0.
    let before = try communicator.exclusiveScan(waiting.byteCount, .sum) ?? 0
    let buffer = LargeBuffer(capacity: min(4 << 20, waiting.byteCount))
    let bytes = unsafe buffer.base.assumingMemoryBound(to: UInt8.self)
    var failure: SortError?
    var done = 0
    while done < waiting.byteCount && failure == nil {
      let count = min(buffer.capacity, waiting.byteCount - done)
      unsafe waiting.read(done..<(done + count), into: bytes)
      failure = waiting.failure
      do {
        if failure == nil {
          try unsafe output.write(UnsafePointer(bytes), count: count, at: before + done)
        }
      } catch {
        failure = error as? SortError ?? SortError("\(error)")
      }
      done += count
    }
    try communicator.agree(on: failure)
  }
}
