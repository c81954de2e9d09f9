internal import SPMD

/// Where rank 0 keeps what becomes of tasks: the journal, and what is told beside it.
package final class FarmRecord {
  private let journal: Journal?
  private let reports: FarmReports
  /// Whether the journal was there already.
  let isResuming: Bool
  /// Says what happens, for people.
  private let tell: (String) -> Void
  private let progress: (FarmProgress) -> Void
  private var start: (time: Double, settled: Int)?

  /// Opens the journal, if there is to be one, and the other files. A journal that is there already
  /// is gone on with.
  ///
  /// - Parameters:
  ///   - isResuming: Whether the journal must be there.
  ///   - retriesFailed: Whether tasks run again that have failed.
  ///   - tell: Takes lines for people, about what was done before and about ranks that are lost.
  ///   - progress: Is told some times a second how far the farm is.
  package init(
    options: FarmOptions, reports: FarmReportOptions, isResuming: Bool, retriesFailed: Bool,
    hosts: [String], slots: [Int], tell: @escaping (String) -> Void,
    progress: @escaping (FarmProgress) -> Void
  ) throws {
    self.tell = tell
    self.progress = progress
    let isResuming = isResuming || options.journal.map(Journal.exists) ?? false
    self.isResuming = isResuming
    journal = try options.journal.map { path in
      isResuming
        ? try Journal.resume(path, retriesFailed: retriesFailed)
        : try Journal.create(path, keepsOutputs: reports.outputs == .log)
    }
    do {
      self.reports = try FarmReports(
        reports, hosts: hosts, slots: slots, isResuming: isResuming)
    } catch {
      try? journal?.close()
      throw error
    }
  }

  var journalID: String? { journal?.id }

  /// What a lost rank has written of its runs.
  func runs(ofLostRank rank: Int) -> [TaskAttempt] { journal?.runs(ofLostRank: rank) ?? [] }

  func removeRuns(ofLostRank rank: Int) { journal?.removeRuns(ofLostRank: rank) }

  /// Leaves a journal as it was before: the farm does not begin.
  func abandon() { try? journal?.close() }

  /// Notes that the farm goes on, and says how far it was.
  func goOn(_ text: String) {
    journal?.note("resumed", "\(wallTime())")
    tellOfJournal(text)
  }

  /// Says something about the journal.
  func tellOfJournal(_ text: String) {
    if let journal { tell("\(journal.path): \(text)") }
  }

  /// A task of the journal.
  func task(_ index: Int) throws -> FarmTask? { try journal?.task(index) }

  /// The tasks of a journal that is resumed, and how each stands.
  func forEachTask(_ body: (FarmTask, TaskState) throws -> Void) throws {
    try journal?.forEachTask { task, state, _ in
      if state != .waiting { try reports.passedOver(task.index) }
      try body(task, state)
    }
  }

  func checkList() throws { try journal?.checkList(warn: tellOfJournal) }

  func added(_ tasks: [FarmTask], isWhole: Bool) throws {
    try journal?.add(tasks, isWhole: isWhole)
  }

  func note(_ begun: [BegunTask], rank: Int, host: String, in store: TaskStore) throws {
    for task in begun {
      journal?.began(
        task: task.task, attempt: task.attempt, rank: rank, host: host, time: task.start)
      try reports.began(task, rank: rank, host: host) { store[$0].id }
    }
  }

  func ended(_ outcomes: [FarmOutcome], in coordinator: FarmCoordinator) throws {
    // The journal first: what it has is not run again, whatever fails behind it.
    try journal?.ended(outcomes)
    try reports.ended(outcomes, in: coordinator.tasks.store)
  }

  /// A rank is gone, and what it ran will run again, unless that has gone on for too long.
  func lost(
    rank: Int, host: String, reason: String, returned: [Int], failed: [Int], skipped: [Int],
    in coordinator: FarmCoordinator
  ) throws {
    let fate = returned.count == 1 ? "1 task is run again" : "\(returned.count) tasks are run again"
    tell("rank \(rank) on \(host) is lost: \(reason); \(fate)")
    try reports.lost(rank: rank, host: host, reason: reason)
    let now = wallTime()
    let outcomes = failed.enumerated().map { place, task in
      FarmOutcome(
        attempt: TaskAttempt(
          task: task, attempt: coordinator.tasks.scheduler.attempt(of: task), rank: rank,
          host: host,
          start: now, end: now,
          ending: .notStarted("too many ranks were lost while they ran it"), outputBytes: 0,
          tail: []),
        isFinal: true, skipped: place == 0 ? skipped : [])
    }
    if !outcomes.isEmpty { try ended(outcomes, in: coordinator) }
  }

  func tick() throws { try journal?.tick() }

  func show(_ coordinator: FarmCoordinator) {
    let scheduler = coordinator.tasks.scheduler
    let settled = scheduler.count(of: .done) + scheduler.count(of: .failed)
    let now = steadyTime()
    let start = start ?? (now, settled)
    self.start = start
    let elapsed = now - start.time
    progress(
      FarmProgress(
        tasks: scheduler.count, isListWhole: coordinator.tasks.list == nil,
        done: scheduler.count(of: .done), failed: scheduler.count(of: .failed),
        skipped: scheduler.count(of: .skipped),
        running: (0..<coordinator.ranks.count).reduce(0) {
          $0 + min(scheduler.count(ofWorker: $1), coordinator.ranks[$1].slots)
        },
        rate: elapsed > 0 ? Double(settled - start.settled) / elapsed : 0,
        tasksOfRanks: coordinator.ranks.map(\.ended)))
  }

  /// Commits and closes everything.
  ///
  /// - Returns: The summary, for people.
  func close(_ coordinator: FarmCoordinator, status: Int32) throws -> String {
    try journal?.close()
    return try reports.close(
      status: status, left: coordinator.tasks.left, in: coordinator.tasks.store)
  }
}

/// How far a farm is.
package struct FarmProgress: Sendable {
  /// How many tasks the list has, as far as it has been read, and whether that is all of it.
  package var tasks: Int
  package var isListWhole: Bool
  package var done: Int
  package var failed: Int
  package var skipped: Int
  package var running: Int
  /// Tasks that have ended in a second.
  package var rate: Double
  /// How many have ended on each rank.
  package var tasksOfRanks: [Int]

  /// Seconds until the end, if tasks go on to end as they have.
  package var secondsLeft: Double? {
    guard isListWhole, rate > 0 else { return nil }
    return Double(tasks - done - failed - skipped) / rate
  }
}
