public import MPI

/// How long the sections of a program take, on each rank.
///
///     let timings = Timings()
///     let rows = try timings.measure("read") { try read(file) }
///     try timings.measure("solve") {
///       for _ in 0..<100 { try timings.measure("exchange") { try exchangeHalos() } }
///     }
///     if let summary = try timings.summary(on: world) { print(summary) }
///
/// Sections within each other are told apart by the way to them: `solve/exchange` is no `exchange` on
/// its own. An object is for one thread.
public final class Timings {
  /// One section on this rank.
  struct Section {
    /// The names on the way to it.
    let path: [String]
    var calls = 0
    var time = Duration.zero
  }

  /// In the order in which they were first entered.
  private(set) var sections: [Section] = []
  private var indices: [[String]: Int] = [:]
  private var path: [String] = []
  private let clock = ContinuousClock()

  /// Begins with no sections.
  public init() {}

  /// Calls a closure, and adds its time to the section of this name within the one that is being
  /// measured.
  ///
  /// - Returns: What the closure returns. The time counts where it throws, too.
  /// - Complexity: A look-up of the way to the section, beside the closure.
  public func measure<R, E: Error>(
    _ name: String, _ body: () throws(E) -> R
  ) throws(E) -> R {
    path.append(name)
    let index = index(of: path)
    let start = clock.now
    defer {
      sections[index].time += start.duration(to: clock.now)
      sections[index].calls += 1
      path.removeLast()
    }
    return try body()
  }

  /// The seconds that this rank has spent in a section, and how often it has entered it.
  ///
  /// - Parameter path: The names on the way to it, with `/` between them.
  /// - Returns: Zero where there is no such section.
  public func time(of path: String) -> (seconds: Double, calls: Int) {
    guard let index = indices[path.split(separator: "/").map(String.init)] else { return (0, 0) }
    return (sections[index].time / .seconds(1), sections[index].calls)
  }

  private func index(of path: [String]) -> Int {
    if let known = indices[path] { return known }
    indices[path] = sections.count
    sections.append(Section(path: path))
    return sections.count - 1
  }

  /// What the sections took on all ranks.
  ///
  /// **Collective**: every rank of the communicator calls it; they need not have the same sections.
  ///
  /// - Returns: The summary on the root, `nil` elsewhere.
  /// - Throws: ``MPIError/Code/invalidRoot``, and what else the library reports.
  /// - Complexity: O(log `size`) messages, whose size does not grow with the number of ranks.
  public func summary(on communicator: Communicator, to root: Int = 0) throws
    -> TimingSummary?
  {
    let own = sections.map { PartialTiming($0, rank: communicator.rank) }
    let merged = try communicator.reduce(encoding: own, to: root, PartialTiming.merged)
    return merged.map { TimingSummary($0, ranks: communicator.size) }
  }
}

/// What sections took on all ranks of a job.
public struct TimingSummary: Sendable, Encodable {
  /// One section.
  public struct Section: Sendable, Encodable {
    /// The names on the way to it, with `/` between them.
    public let path: String
    /// How many ranks have entered it.
    public let ranks: Int
    /// How often it was entered, on all ranks together.
    public let calls: Int
    /// The least, the middle and the greatest time of the ranks that have entered it, in seconds.
    public let minimum: Double
    /// The time in the middle, in seconds. From 1024 ranks on an estimate.
    public let median: Double
    /// The greatest time, in seconds.
    public let maximum: Double
    /// The greatest time over the mean of all ranks that have entered it, less one: 0 where all take the
    /// same time, 1 where the slowest takes twice the mean.
    public let imbalance: Double
  }

  /// The sections, each behind those within which it is.
  public let sections: [Section]
  /// The number of ranks of the job.
  public let ranks: Int

  fileprivate init(_ timings: [PartialTiming], ranks: Int) {
    self.ranks = ranks
    sections = PartialTiming.nested(timings).map { timing in
      let mean = timing.total / Double(timing.ranks)
      let sketch = QuantileSketch(words: timing.sketch)
      return Section(
        path: timing.path.joined(separator: "/"), ranks: timing.ranks, calls: timing.calls,
        minimum: timing.minimum, median: sketch.quantile(0.5) ?? timing.minimum,
        maximum: timing.maximum, imbalance: mean > 0 ? timing.maximum / mean - 1 : 0)
    }
  }
}

extension TimingSummary: CustomStringConvertible {
  /// A table for people; times in seconds.
  public var description: String {
    var rows = [["section", "calls", "min s", "median s", "max s", "imbalance"]]
    for section in sections {
      let names = section.path.split(separator: "/")
      let indentation = String(repeating: "  ", count: names.count - 1)
      let elsewhere = section.ranks < ranks ? " (\(section.ranks) of \(ranks) ranks)" : ""
      rows.append([
        indentation + (names.last ?? "") + elsewhere, "\(section.calls)",
        section.minimum.formatted(digits: 4), section.median.formatted(digits: 4),
        section.maximum.formatted(digits: 4),
        (100 * section.imbalance).formatted(digits: 1) + " %",
      ])
    }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      row.enumerated().map { column, cell in
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return column == 0 ? cell + padding : padding + cell
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }
}

/// What is known of a section on some of the ranks.
private struct PartialTiming: Codable {
  let path: [String]
  var ranks: Int
  var calls: Int
  var total: Double
  var minimum: Double
  var maximum: Double
  /// Of the ranks' times, as words.
  var sketch: [UInt64]

  init(_ section: Timings.Section, rank: Int) {
    path = section.path
    ranks = 1
    calls = section.calls
    total = section.time / .seconds(1)
    minimum = total
    maximum = total
    var times = QuantileSketch(capacity: 1024, seed: UInt64(rank))
    times.insert(total)
    sketch = times.words
  }

  static func merged(_ a: [PartialTiming], _ b: [PartialTiming]) -> [PartialTiming] {
    var all = a
    for timing in b {
      if let index = all.firstIndex(where: { $0.path == timing.path }) {
        all[index].merge(timing)
      } else {
        all.append(timing)
      }
    }
    return all
  }

  private mutating func merge(_ other: PartialTiming) {
    ranks += other.ranks
    calls += other.calls
    total += other.total
    minimum = min(minimum, other.minimum)
    maximum = max(maximum, other.maximum)
    var times = QuantileSketch(words: sketch)
    times.merge(QuantileSketch(words: other.sketch))
    sketch = times.words
  }

  /// Each section behind those within which it is, in the order of their first appearance.
  static func nested(_ timings: [PartialTiming]) -> [PartialTiming] {
    func below(_ prefix: [String]) -> [PartialTiming] {
      timings.filter { $0.path.count == prefix.count + 1 && $0.path.starts(with: prefix) }
        .flatMap { [$0] + below($0.path) }
    }
    return below([])
  }
}
