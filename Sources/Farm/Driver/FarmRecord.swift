internal import SPMD

/// Where rank 0 keeps what becomes of tasks.
package final class FarmRecord {
  private let journal: Journal?
  /// Says what happens to ranks, on standard error.
  private let warn: (String) -> Void

  /// Opens the journal, if there is to be one.
  package init(
    options: FarmOptions, isResuming: Bool, retriesFailed: Bool, warn: @escaping (String) -> Void
  ) throws {
    self.warn = warn
    journal = try options.journal.map { path in
      isResuming
        ? try Journal.resume(path, retriesFailed: retriesFailed)
        : try Journal.create(path, keepsOutputs: options.collectsOutput)
    }
  }

  /// The tasks of a journal that is resumed, and how each stands.
  func forEachTask(_ body: (FarmTask, TaskState) throws -> Void) throws {
    try journal?.forEachTask { task, state, _ in try body(task, state) }
  }

  func added(_ tasks: [FarmTask]) throws { try journal?.add(tasks) }

  func note(_ begun: [BegunTask], rank: Int, host: String) {
    for task in begun {
      journal?.began(
        task: task.task, attempt: task.attempt, rank: rank, host: host, time: task.start)
    }
  }

  func ended(_ outcomes: [FarmOutcome], in coordinator: FarmCoordinator) throws {
    try journal?.ended(outcomes)
  }

  /// A rank is gone, and what it ran will run again, unless that has gone on for too long.
  func lost(
    rank: Int, host: String, reason: String, returned: [Int], failed: [Int], skipped: [Int],
    in coordinator: FarmCoordinator
  ) throws {
    warn(
      "rank \(rank) on \(host) is lost (\(reason)); "
        + "\(returned.count) \(returned.count == 1 ? "task goes" : "tasks go") to other ranks")
    let now = wallTime()
    let outcomes = failed.enumerated().map { place, task in
      FarmOutcome(
        attempt: TaskAttempt(
          task: task, attempt: coordinator.scheduler.attempt(of: task), rank: rank, host: host,
          start: now, end: now,
          ending: .notStarted("too many ranks were lost while they ran it"), outputBytes: 0,
          tail: []),
        isFinal: true, skipped: place == 0 ? skipped : [])
    }
    if !outcomes.isEmpty { try ended(outcomes, in: coordinator) }
  }

  func tick() throws { try journal?.tick() }
  func show(_ coordinator: FarmCoordinator) {}
  func close(_ coordinator: FarmCoordinator, status: Int32) throws { try journal?.close() }
}
