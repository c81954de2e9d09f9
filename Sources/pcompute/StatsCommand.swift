internal import ArgumentParser
internal import Compression
internal import MPI
internal import SPMD

/// Tells of each column of CSV files what its values are.
struct StatsCommand: Job {
  static let configuration = CommandConfiguration(
    commandName: "stats",
    abstract:
      "Describes the columns of CSV files: types, counts, means, quantiles, frequent values, groups.",
    discussion: """
      The ranks read disjoint parts of the files, in bounded memory; files compressed by gzip or zstd are read whole, by \
      one rank each. For the same files, the result is the same at any number of ranks, bit for bit. Lines that do not \
      fit are reported to standard error, with their numbers.

      Quantiles and most frequent values are exact for small files and estimates with stated bounds for large \
      ones. Groups that do not fit into memory are put aside in temporary files. See docs/Stats.md.

        pcompute stats orders.csv --only count,sum,min,max
        pcompute stats orders.csv --where 'price > 10 && day >= "2024-01-01"' --by city
        pcompute stats orders.csv --histogram price --svg price.svg
      """)

  @Argument(help: "CSV files with the same columns, also compressed by gzip or zstd.")
  var file: [String]

  @OptionGroup var format: TableFormatOptions

  @Option(
    help: ArgumentHelp(
      "Describe these columns only: names, separated by commas; may be repeated.",
      valueName: "names"))
  var columns: [String] = []

  @Option(
    help: ArgumentHelp(
      "Compute these statistics only, separated by commas: \(Statistic.names). (default: all; with --by those that "
        + "need no sketch)",
      valueName: "list"))
  var only: String?

  @Option(
    help: ArgumentHelp(
      "The quantiles to give, from 0 to 1, separated by commas.", valueName: "list"))
  var quantiles = "0.25,0.5,0.75"

  @Option(help: ArgumentHelp("How many of the most frequent values to give.", valueName: "k"))
  var top = 5

  @Option(
    name: .customLong("where"),
    help: ArgumentHelp(
      "Look only at records that meet this condition: names of columns, numbers, “texts”, dates, null; < <= > >= == != "
        + "&& || ! + - * / and functions; other names in backquotes.",
      valueName: "condition"))
  var condition: String?

  @Option(
    name: .customLong("by"),
    help: ArgumentHelp("Describe the groups of records by a column's values.", valueName: "column"))
  var groupColumn: String?

  @Option(help: ArgumentHelp("How many groups to give, the largest first.", valueName: "n"))
  var limit = 20

  @Option(
    name: .customLong("histogram"),
    help: ArgumentHelp(
      "Give a histogram of a column of numbers, dates or times.", valueName: "column"))
  var histogramColumn: String?

  @Option(help: ArgumentHelp("About how many bins the histogram has.", valueName: "n"))
  var bins = 20

  @Option(help: ArgumentHelp("Write the histogram as a picture to this file.", valueName: "file"))
  var svg: String?

  @Option(help: ArgumentHelp("How many lines that do not fit to report.", valueName: "n"))
  var maxProblems = 10

  @Option(help: .hidden)
  var blockSize: Int?

  @Option(
    name: [.long, .customShort("S")],
    help: ArgumentHelp(
      "Memory that the groups of a rank may take, such as 500M or 2G. (default: 96M)",
      valueName: "size"))
  var memory: String?

  @Option(
    name: [.long, .customShort("T")],
    help: ArgumentHelp("Where to put groups that do not fit into memory.", valueName: "folder"))
  var tmpdir: String?

  @OptionGroup var outputOptions: OutputOptions

  func validate() throws {
    _ = try format.table
    _ = try fractions
    _ = try statistics
    try check("--top", top, 0...1000)
    try check("--limit", limit, 1...1_000_000)
    try check("--bins", bins, 1...1000)
    try check("--max-problems", maxProblems, 0...100_000)
    if let memory { _ = try MemorySize.parsed(memory) }
    if let blockSize { try check("--block-size", blockSize, 1...(1 << 30), "bytes") }
    if svg != nil && histogramColumn == nil {
      throw ValidationError("--svg needs --histogram, of which it is a picture")
    }
  }

  private func check(
    _ option: String, _ value: Int, _ range: ClosedRange<Int>, _ unit: String? = nil
  ) throws {
    guard !range.contains(value) else { return }
    let unit = unit.map { " \($0)" } ?? ""
    throw ValidationError(
      "\(option) takes \(range.lowerBound) to \(range.upperBound)\(unit), not \(value)")
  }

  private var fractions: [Double] {
    get throws {
      try quantiles.split(separator: ",").map { part in
        guard let fraction = Double(part), (0...1).contains(fraction) else {
          throw ValidationError("--quantiles takes numbers from 0 to 1, not “\(part)”")
        }
        return fraction
      }
    }
  }

  private var statistics: Set<Statistic> {
    get throws {
      guard let only else {
        return groupColumn == nil ? Set(Statistic.allCases) : Statistic.plain
      }
      let names = only.split(separator: ",", omittingEmptySubsequences: false)
      return try Set(
        names.map { name in
          guard let statistic = Statistic(rawValue: String(name)) else {
            throw ValidationError("--only: no statistic “\(name)”; there are \(Statistic.names)")
          }
          return statistic
        })
    }
  }

  private var options: TableStatistics.Options {
    get throws {
      var options = TableStatistics.Options()
      options.format = try format.table
      options.columns = columns.isEmpty ? nil : columns
      options.statistics = try statistics
      options.quantiles = try fractions
      options.top = top
      options.condition = condition
      options.groupColumn = groupColumn
      options.groupLimit = limit
      if let memory { options.groupMemory = try MemorySize.parsed(memory).bytes }
      options.temporaryFolder = tmpdir ?? environmentVariable("TMPDIR") ?? "/tmp"
      options.histogramColumn = histogramColumn
      options.binCount = bins
      options.problemLimit = maxProblems
      options.blockSize = blockSize
      options.openStream = { path throws(CSVError) in try CompressedFile.open(path) }
      return options
    }
  }

  func run(on world: Communicator, timings: Timings) throws {
    let options = try options
    Interruption.reportFileSizeLimit()
    let clock = WallClock()
    let start = clock.now
    let progress = world.rank == 0 ? ProgressLine() : nil
    let statistics: TableStatistics?
    do {
      statistics = try TableStatistics.compute(
        file, options: options, on: world, timings: timings,
        progress: progress.map { line in { line.show($0) } })
    } catch let error as CSVError {
      progress?.clear()
      throw Failure(message: error.description)
    } catch let error as ExpressionError {
      progress?.clear()
      throw Failure(message: "--where, \(error)", status: 2)
    }
    progress?.clear()
    let seconds = start.duration(to: clock.now) / .seconds(1)
    if let svg {
      let picture = statistics?.histogram.map { HistogramPicture(histogram: $0).svg }
      try ResultFile.write(picture, to: svg, on: world)
    }
    guard let statistics else { return }

    reportProblems(statistics)
    let report = StatsReport(
      statistics: statistics, options: options, ranks: world.size, seconds: seconds)
    switch outputOptions.format {
    case .json: try StandardOutput.write(json: report)
    case .text: try StandardOutput.write(report.text)
    }
  }

  private func reportProblems(_ statistics: TableStatistics) {
    for problem in statistics.problems { StandardError.write("\(problem)") }
    guard statistics.problemCount > statistics.problems.count else { return }
    StandardError.write(
      "\(statistics.problemCount) such lines, \(statistics.problems.count) of them listed")
  }
}

extension Statistic {
  /// All names, for people.
  fileprivate static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
