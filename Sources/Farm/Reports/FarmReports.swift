internal import SPMD

/// What is told of a farm, beside its journal.
package struct FarmReportOptions: Codable, Sendable {
  /// What becomes of the outputs of tasks.
  package enum Outputs: String, Codable, Sendable, CaseIterable {
    /// They are printed as tasks end.
    case ended
    /// They are printed in the order of the list.
    case ordered
    /// They are kept in the log beside the journal, for `farm cat`.
    case log
    /// Only their ends are kept, in the journal.
    case none
  }

  package var outputs = Outputs.ended
  /// Files to write: GNU parallel's log, events, and the picture of ranks and tasks.
  package var jobLog: String?
  package var events: String?
  package var timeline: String?
  /// Where outputs are put aside that wait for others.
  package var temporaryFolder = "/tmp"

  package init() {}

  /// Whether rank 0 needs whole outputs.
  package var needsOutputs: Bool { outputs != .none }
}

/// Tells what becomes of tasks: in files, and as outputs on standard output.
package final class FarmReports {
  private let options: FarmReportOptions
  private let jobLog: JobLog?
  private let events: EventLog?
  private let printer: OutputPrinter?
  private var summary: FarmSummary
  private var runs: [TimelineRun] = []
  private let start = wallTime()

  /// - Parameter isResuming: Whether files of an earlier run of the farm go on.
  package init(
    _ options: FarmReportOptions, hosts: [String], slots: [Int], isResuming: Bool
  ) throws {
    self.options = options
    jobLog = try options.jobLog.map { try JobLog($0, appends: isResuming) }
    events = try options.events.map { try EventLog($0, appends: isResuming) }
    if let path = options.timeline { _ = try LineFile(path, appends: true) }
    let prints = options.outputs == .ended || options.outputs == .ordered
    printer =
      prints
      ? OutputPrinter(
        isOrdered: options.outputs == .ordered, folder: options.temporaryFolder) : nil
    summary = FarmSummary(hosts: hosts, slots: slots)
    try events?.farmBegan(slots: slots)
  }

  /// Takes tasks that are not run this time.
  func passedOver(_ task: Int) throws { try printer?.skip(task) }

  func began(_ task: BegunTask, rank: Int, host: String, name: (Int) -> String) throws {
    try events?.began(
      task: task.task, attempt: task.attempt, rank: rank, host: host, time: task.start, name: name)
  }

  func ended(_ outcomes: [FarmOutcome], in store: TaskStore) throws {
    let name = { store[$0].id }
    try jobLog?.add(outcomes) { store[$0].commandLine }
    try events?.ended(outcomes, name: name)
    for outcome in outcomes {
      summary.add(outcome)
      let attempt = outcome.attempt
      if options.timeline != nil {
        runs.append(
          TimelineRun(
            rank: attempt.rank, host: attempt.host, start: attempt.start, end: attempt.end,
            ending: attempt.ending, name: name(attempt.task)))
      }
      guard let printer, outcome.isFinal, attempt.ending != .interrupted else { continue }
      try printer.add(attempt.task, output: attempt.output ?? attempt.tail)
      for task in outcome.skipped { try printer.skip(task) }
    }
  }

  func lost(rank: Int, host: String, reason: String) throws {
    try events?.lost(rank: rank, host: host, reason: reason)
  }

  /// Ends all files.
  ///
  /// - Parameter left: How many tasks have not been run to their ends.
  /// - Returns: The summary, for people.
  func close(status: Int32, left: Int, in store: TaskStore) throws -> String {
    let end = wallTime()
    summary.left = left
    try printer?.finish()
    try events?.farmEnded(status: status, summary: summary, time: end)
    if let path = options.timeline {
      var timeline = Timeline(from: runs.map(\.start).min() ?? start, to: end)
      for run in runs.sorted(by: { $0.start < $1.start }) { timeline.add(run) }
      try LineFile(path, appends: false).write(timeline.svg)
    }
    return summary.text(seconds: end - start) { store[$0].id }
  }
}
