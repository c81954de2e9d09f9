internal import SPMD

/// What a farm has done, counted while it does it.
package struct FarmSummary: Sendable {
  /// What one rank has done.
  package struct Rank: Sendable, Codable {
    package var host: String
    package var slots: Int
    package var tasks = 0
    /// Seconds that its tasks took, together.
    package var busy = 0.0
  }

  /// One of the tasks that took longest.
  package struct Slow: Sendable, Codable {
    package var task: Int
    package var seconds: Double
    package var rank: Int
  }

  /// How many of the slowest are kept.
  private static let slowCount = 5

  package private(set) var ranks: [Rank]
  package private(set) var slowest: [Slow] = []
  package private(set) var done = 0
  package private(set) var failed = 0
  package private(set) var skipped = 0
  /// Attempts that failed, and after which the task was tried again.
  package private(set) var retried = 0
  /// Tasks that were not run to their end: set at the end of the farm.
  package var left = 0

  package init(hosts: [String], slots: [Int]) {
    ranks = zip(hosts, slots).map { Rank(host: $0, slots: $1) }
  }

  package mutating func add(_ outcome: FarmOutcome) {
    let attempt = outcome.attempt
    let seconds = max(0, attempt.end - attempt.start)
    if ranks.indices.contains(attempt.rank) {
      ranks[attempt.rank].tasks += 1
      ranks[attempt.rank].busy += seconds
    }
    switch outcome.state {
    case .done: done += 1
    case .failed: failed += 1
    default: if attempt.ending != .interrupted { retried += 1 }
    }
    skipped += outcome.skipped.count
    if slowest.count < Self.slowCount || seconds > slowest[slowest.count - 1].seconds {
      let place = slowest.firstIndex { $0.seconds < seconds } ?? slowest.count
      slowest.insert(Slow(task: attempt.task, seconds: seconds, rank: attempt.rank), at: place)
      if slowest.count > Self.slowCount { slowest.removeLast() }
    }
  }

  /// The share of the slots' time in which they had a task.
  package func utilization(over seconds: Double) -> Double {
    let slots = ranks.reduce(0) { $0 + $1.slots }
    let busy = ranks.reduce(0) { $0 + $1.busy }
    return seconds > 0 && slots > 0 ? min(1, busy / (seconds * Double(slots))) : 0
  }

  /// Lines for people: the counts first, then each rank, or those that were least and most in use.
  ///
  /// - Parameters:
  ///   - seconds: From the farm's beginning to its end.
  ///   - name: What tasks are called.
  package func text(seconds: Double, name: (Int) -> String) -> String {
    var line = "\(done) OK, \(failed) FAILED"
    if skipped > 0 { line += ", \(skipped) skipped" }
    if left > 0 { line += ", \(left) left" }
    if retried > 0 { line += ", \(retried) tried again" }
    line +=
      ", utilization \(percent(utilization(over: seconds))), \(seconds.formatted(digits: 1)) s"
    var lines = [line]
    let use = { (rank: Rank) in
      seconds > 0 ? min(1, rank.busy / seconds / Double(max(1, rank.slots))) : 0
    }
    let order = ranks.indices.sorted { use(ranks[$0]) < use(ranks[$1]) }
    let shown = ranks.count <= 16 ? Array(ranks.indices) : order.prefix(4) + order.suffix(2)
    for rank in shown where ranks.count > 1 {
      let entry = ranks[rank]
      lines.append(
        "  rank \(rank) on \(entry.host): \(entry.tasks) runs, in use \(percent(use(entry)))")
    }
    if shown.count < ranks.count {
      lines.append("  (the least and the most used of \(ranks.count) ranks)")
    }
    if let longest = slowest.first, longest.seconds > 0 {
      let list = slowest.map { "\(name($0.task)) (\($0.seconds.formatted(digits: 2)) s)" }
      lines.append("  slowest: \(list.joined(separator: ", "))")
    }
    return lines.joined(separator: "\n")
  }

  private func percent(_ share: Double) -> String { "\((share * 100).formatted(digits: 0)) %" }
}
