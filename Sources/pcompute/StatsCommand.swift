internal import ArgumentParser
internal import MPI
internal import SPMD

/// Tells of each column of CSV files what its values are.
struct StatsCommand: Job {
  static let configuration = CommandConfiguration(
    commandName: "stats",
    abstract:
      "Describes the columns of CSV files: types, counts, means, quantiles, frequent values.",
    discussion: """
      The ranks read disjoint parts of the files, in bounded memory. For the same files, the result is the same at any \
      number of ranks, bit for bit. Lines that do not fit are reported to standard error, with their numbers.

      Quantiles and most frequent values are exact for small files and estimates with stated bounds for large \
      ones; see docs/Stats.md.
      """)

  @Argument(help: "CSV files with the same columns.")
  var file: [String]

  @Option(help: ArgumentHelp("The byte between fields, or “tab”.", valueName: "byte"))
  var delimiter = ","

  @Option(
    help: ArgumentHelp(
      "Describe these columns only: names, separated by commas; may be repeated.",
      valueName: "names"))
  var columns: [String] = []

  @Option(
    help: ArgumentHelp(
      "The quantiles to give, from 0 to 1, separated by commas.", valueName: "list"))
  var quantiles = "0.25,0.5,0.75"

  @Option(help: ArgumentHelp("How many of the most frequent values to give.", valueName: "k"))
  var top = 5

  @Flag(help: "The first line holds values, not names.")
  var noHeader = false

  @Option(
    help: ArgumentHelp(
      "Values that stand for a missing one, separated by commas; the empty one always does.",
      valueName: "values"))
  var missing: [String] = []

  @Option(help: ArgumentHelp("How many lines that do not fit to report.", valueName: "n"))
  var maxProblems = 10

  @Option(help: .hidden)
  var blockSize: Int?

  @OptionGroup var outputOptions: OutputOptions

  func validate() throws {
    _ = try delimiterByte
    _ = try fractions
    if top < 0 || top > 1000 { throw ValidationError("--top takes 0 to 1000, not \(top)") }
    if maxProblems < 0 || maxProblems > 100_000 {
      throw ValidationError("--max-problems takes 0 to 100000, not \(maxProblems)")
    }
    if let blockSize, !(1...(1 << 30)).contains(blockSize) {
      throw ValidationError("--block-size takes 1 to 1073741824 bytes, not \(blockSize)")
    }
  }

  private var delimiterByte: UInt8 {
    get throws {
      let named = ["tab": "\t", "\\t": "\t"][delimiter] ?? delimiter
      guard named.utf8.count == 1, let byte = named.utf8.first else {
        throw ValidationError("--delimiter takes one byte, not “\(delimiter)”")
      }
      guard !["\"", "\n", "\r", "\0"].contains(named) else {
        throw ValidationError("--delimiter cannot be a quote, the end of a line, or a NUL byte")
      }
      return byte
    }
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

  func run(on world: Communicator, timings: Timings) throws {
    var options = TableStatistics.Options()
    options.format.delimiter = try delimiterByte
    options.format.hasHeader = !noHeader
    options.format.missingValues = list(missing)
    options.columns = columns.isEmpty ? nil : columns
    options.quantiles = try fractions
    options.top = top
    options.problemLimit = maxProblems
    options.blockSize = blockSize

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
    }
    progress?.clear()
    guard let statistics else { return }

    let seconds = start.duration(to: clock.now) / .seconds(1)
    reportProblems(statistics)
    let report = StatsReport(
      statistics: statistics, options: options, ranks: world.size, seconds: seconds)
    switch outputOptions.format {
    case .json: try StandardOutput.write(json: report)
    case .text: try StandardOutput.write(report.text)
    }
  }

  private func list(_ arguments: [String]) -> [String] {
    arguments.flatMap { $0.split(separator: ",", omittingEmptySubsequences: true).map(String.init) }
  }

  private func reportProblems(_ statistics: TableStatistics) {
    for problem in statistics.problems { StandardError.write("\(problem)") }
    guard statistics.problemCount > statistics.problems.count else { return }
    StandardError.write(
      "\(statistics.problemCount) such lines, \(statistics.problems.count) of them listed")
  }
}
