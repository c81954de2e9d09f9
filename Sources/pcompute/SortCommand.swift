internal import ArgumentParser
internal import Compression
internal import MPI
internal import SPMD

/// The lines or records of files, in order.
struct SortCommand: Job {
  static let configuration = CommandConfiguration(
    commandName: "sort",
    abstract: "Sorts the lines or records of files that may be larger than memory.",
    discussion: """
      Lines are ordered byte by byte, as `LC_ALL=C sort` of GNU orders them with the same options. Every rank reads, \
      sorts and writes its part; the output is renamed to its name when it is whole, and may be one of the inputs. \
      Pipes, standard input, and files that gzip or zstd have compressed are read by rank 0, which deals their text out.
      """)

  @Argument(help: "The files and pipes to sort, together; “-” is standard input.")
  var file: [String]

  @Option(name: .shortAndLong, help: ArgumentHelp("The file to write.", valueName: "file"))
  var output: String

  @Flag(name: .shortAndLong, help: "Compare as decimal numbers.")
  var numeric = false

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Compare field N of each line, up to field M or the end of the line.", valueName: "N[,M]"))
  var key: String?

  @Option(
    name: [.long, .customShort("t")],
    help: ArgumentHelp(
      "The byte between fields, “tab” or “\\0”; without it, blanks begin a field.",
      valueName: "byte"))
  var delimiter: String?

  @Flag(name: .shortAndLong, help: "Reverse the order.")
  var reverse = false

  @Flag(name: .shortAndLong, help: "Write only the first of lines with equal keys.")
  var unique = false

  @Flag(name: [.long, .customShort("f")], help: "Take the small letters a to z for large ones.")
  var ignoreCase = false

  @Option(
    help: ArgumentHelp("Sort records of so many bytes instead of lines.", valueName: "bytes"))
  var records: Int?

  @Option(
    help: ArgumentHelp(
      "How many of a record's first bytes to compare; records with equal ones stay in order.",
      valueName: "n"))
  var keyBytes: Int?

  @Option(
    name: [.long, .customShort("S")],
    help: ArgumentHelp(
      "Memory that a rank may take, such as 500M or 2G; half of what is free unless given.",
      valueName: "size"))
  var memory: String?

  @Option(
    name: [.long, .customShort("T")],
    help: ArgumentHelp("Where to put what does not fit into memory.", valueName: "folder"))
  var tmpdir: String?

  @OptionGroup var outputOptions: OutputOptions

  func validate() throws {
    _ = try options
    if file.isEmpty { throw ValidationError("Missing expected argument '<file> ...'") }
  }

  private var options: FileSort.Options {
    get throws {
      var options = FileSort.Options()
      options.isNumeric = numeric
      options.isReversed = reverse
      options.isUnique = unique
      options.ignoresCase = ignoreCase
      options.key = try key.map(parsedKey)
      options.delimiter = try delimiter.map(parsedDelimiter)
      if let memory { options.memory = try MemorySize.parsed(memory).bytes }
      if let records {
        options.content = try recordContent(records)
      } else if keyBytes != nil {
        throw ValidationError("--key-bytes is for --records")
      }
      options.temporaryFolder = tmpdir ?? environmentVariable("TMPDIR") ?? "/tmp"
      return options
    }
  }

  private func recordContent(_ bytes: Int) throws -> FileSort.Content {
    guard (1...(1 << 30)).contains(bytes) else {
      throw ValidationError("--records takes 1 to 1073741824 bytes, not \(bytes)")
    }
    let keyBytes = keyBytes ?? bytes
    guard (1...bytes).contains(keyBytes) else {
      throw ValidationError("--key-bytes takes 1 to \(bytes), not \(keyBytes)")
    }
    if numeric || ignoreCase || key != nil || delimiter != nil {
      throw ValidationError(
        "--records excludes --numeric, --ignore-case, --key and --delimiter")
    }
    return .records(bytes: bytes, key: keyBytes)
  }

  private func parsedKey(_ text: String) throws -> FileSort.Key {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { part -> Int? in
      guard !part.isEmpty, part.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
      // Whatever it is, no line has more fields.
      let number = Int(part) ?? .max
      return number > 0 ? number : nil
    }
    guard numbers.count == parts.count, let first = numbers.first, numbers.count <= 2 else {
      throw ValidationError("--key takes N or N,M, fields counted from 1, not “\(text)”")
    }
    return FileSort.Key(first: first, last: numbers.count == 2 ? numbers[1] : nil)
  }

  private func parsedDelimiter(_ text: String) throws -> UInt8 {
    let named = ["tab": "\t", "\\t": "\t", "\\0": "\0"][text] ?? text
    guard named.utf8.count == 1, let byte = named.utf8.first, named != "\n" else {
      throw ValidationError("--delimiter takes one byte, not “\(text)”")
    }
    return byte
  }

  func run(on world: Communicator, timings: Timings) throws {
    var options = try options
    if memory == nil { options.memory = try defaultMemory(on: world) }
    Interruption.reportFileSizeLimit()

    let clock = WallClock()
    let start = clock.now
    let progress = world.rank == 0 ? ProgressLine() : nil
    let summary: FileSort.Summary
    do {
      summary = try FileSort.sort(
        file, into: output, options: options, on: world,
        openStream: { path throws(CSVError) in try CompressedFile.open(path) }, timings: timings,
        temporaryFile: { Interruption.remove($0) },
        progress: progress.map { line in { line.show($0, "sorted") } })
    } catch let error as SortError {
      progress?.clear()
      throw Failure(message: error.description)
    }
    progress?.clear()
    guard world.rank == 0 else { return }

    let seconds = start.duration(to: clock.now) / .seconds(1)
    let report = SortReport(
      summary: summary, unit: records == nil ? "line" : "record", ranks: world.size,
      seconds: seconds)
    switch outputOptions.format {
    case .json: try StandardOutput.write(json: report)
    case .text: StandardError.write(report.text)
    }
  }

  /// Half of the memory that is free on a host, for all of its ranks.
  private func defaultMemory(on world: Communicator) throws -> Int {
    let ranks = try world.split(by: .sharedMemory).size
    let free = Machine.availableMemory ?? Machine.memory / 2
    return max(64 << 20, free / 2 / ranks)
  }
}

/// What `sort` has done, to be written as JSON.
private struct SortReport: Encodable {
  let bytesRead: Int
  let bytesWritten: Int
  let lines: Int
  let spilledBytes: Int
  let imbalance: Double
  let ranks: Int
  let seconds: Double
  let megabytesPerSecond: Double
  private let unit: String

  private enum CodingKeys: CodingKey {
    case bytesRead, bytesWritten, lines, spilledBytes, imbalance, ranks, seconds
    case megabytesPerSecond
  }

  init(summary: FileSort.Summary, unit: String, ranks: Int, seconds: Double) {
    self.unit = unit
    bytesRead = summary.bytesRead
    bytesWritten = summary.bytesWritten
    lines = summary.lines
    spilledBytes = summary.spilledBytes
    imbalance = summary.imbalance
    self.ranks = ranks
    self.seconds = seconds
    megabytesPerSecond = Double(summary.bytesRead) / 1e6 / max(seconds, 1e-9)
  }

  var text: String {
    let spilled =
      spilledBytes == 0 ? "" : ", \((Double(spilledBytes) / 1e6).formatted(digits: 1)) MB put aside"
    return "\(count(lines, unit)), \((Double(bytesRead) / 1e6).formatted(digits: 1)) MB, "
      + "\(count(ranks, "rank")), \(seconds.formatted(digits: 2)) s, "
      + "\(megabytesPerSecond.formatted(digits: 0)) MB/s, "
      + "largest part \(imbalance.formatted(digits: 3)) of the mean" + spilled
  }
}
