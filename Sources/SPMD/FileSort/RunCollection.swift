/// The sorted runs of a rank: in memory as long as they fit, else in a temporary file.
final class RunCollection {
  private(set) var runs: [any SortedRun] = []
  /// The place of each run.
  private(set) var places: [RunPlace] = []
  private(set) var spill: SpillFile?
  /// The lines of all runs before equal ones were left out.
  private(set) var lineCount = 0

  let order: LineOrder
  private let options: FileSort.Options
  /// The latest run: whether it stays in memory is decided when it is known whether more follows.
  private var latest: (run: MemoryRun, place: RunPlace)?
  /// The memory of the runs that stay there.
  private(set) var keptBytes = 0

  init(order: LineOrder, options: FileSort.Options) {
    self.order = order
    self.options = options
  }

  /// The memory for runs, and for the lines that are about to be a run.
  var budget: Int { options.memory / 8 * 7 }

  /// Makes room for more lines, which take so many bytes until they are sorted.
  ///
  /// - Throws: ``SortError`` where something cannot be put aside.
  func makeRoom(for bytes: Int) throws {
    guard let (run, place) = latest else { return }
    latest = nil
    places.append(place)
    if keptBytes + run.memory + bytes > budget {
      let file = try spill ?? SpillFile(in: options.temporaryFolder)
      spill = file
      runs.append(
        try FileRun(run, to: file, order: order, recordLength: options.content.recordLength))
    } else {
      keptBytes += run.memory
      runs.append(run)
    }
  }

  /// Sorts lines, which are a run from then on.
  func add(_ table: LineTable, at place: RunPlace) throws {
    guard table.count > 0 else { return }
    try makeRoom(for: 0)
    lineCount += table.count
    table.sort(by: order, isUnique: options.isUnique)
    latest = (MemoryRun(table, order: order), place)
  }
}

extension FileSort.Content {
  /// The length of a record; `nil` for lines.
  var recordLength: Int? {
    if case .records(let bytes, _) = self { bytes } else { nil }
  }
}
