/// The tasks that one rank has: those that run, and those that wait for a slot.
final class FarmWorker {
  let rank: Int
  let host: String
  let slots: Int
  private let options: FarmOptions
  private let runner: TaskRunner
  private var queue: [HandedTask] = []
  private var head = 0
  private var running: [Int: BegunTask] = [:]
  /// Tasks that can no longer end in time.
  private var refused: [Int] = []
  private(set) var isStopping = false
  /// Failures, and when they were seen. A signal for the whole job, as of Slurm's, reaches tasks and
  /// ranks in any order: a task has failed only if its rank gets none soon after.
  private var doubtful: [(attempt: TaskAttempt, time: Double)] = []
  private static var doubt: Double { 0.25 }

  init(rank: Int, host: String, slots: Int, options: FarmOptions) throws {
    self.rank = rank
    self.host = host
    self.slots = slots
    self.options = options
    var running = TaskRunner.Options()
    running.rank = rank
    running.host = host
    running.outputFolder = options.outputFolder
    running.keepsOutput = options.collectsOutput
    running.keepsLauncherVariables = options.keepsLauncherVariables
    running.grace = options.grace
    runner = try TaskRunner(running)
  }

  /// Whether a task could begin if there were one.
  var hasFreeSlot: Bool { runner.running < slots && head == queue.count }
  var isIdle: Bool { runner.running == 0 && head == queue.count && doubtful.isEmpty }

  func accept(_ tasks: [HandedTask]) {
    if isStopping {
      refused += tasks.map { FarmTask(packed: $0.packed[...]).index }
    } else {
      queue += tasks
    }
    startNext()
  }

  func startNext() {
    guard !isStopping else { return }
    while head < queue.count, runner.running < slots {
      let handed = queue[head]
      head += 1
      let task = FarmTask(packed: handed.packed[...])
      let limit = task.timeLimit ?? options.timeLimit
      let now = wallTime()
      if let deadline = handed.deadline, now + (limit ?? 0) > deadline {
        refused.append(task.index)
        continue
      }
      running[task.index] = BegunTask(task: task.index, attempt: handed.attempt, start: now)
      runner.start(task, attempt: handed.attempt, timeLimit: limit)
    }
    if head > 256 && head * 2 > queue.count {
      queue.removeFirst(head)
      head = 0
    }
  }

  /// Takes tasks out that have not begun, the last ones first.
  func giveBack(_ count: Int) -> [Int] {
    let given = queue[head...].suffix(max(0, count)).map { FarmTask(packed: $0.packed[...]).index }
    queue.removeLast(given.count)
    return given
  }

  /// Tasks that were not begun, as they cannot end in time.
  func takeRefused() -> [Int] {
    defer { refused = [] }
    return refused
  }

  /// Ends what runs, and begins nothing more.
  func stop() {
    guard !isStopping else { return }
    isStopping = true
    refused += giveBack(.max)
    runner.endAll(grace: options.grace)
  }

  /// Waits until a task ends, or so many seconds.
  func poll(timeout: Double, watching: [Int32] = []) -> [TaskAttempt] {
    let ended = runner.poll(
      timeout: doubtful.isEmpty ? timeout : min(timeout, Self.doubt / 4), watching: watching)
    for attempt in ended { running[attempt.task] = nil }
    if !ended.isEmpty { startNext() }
    return settled(ended)
  }

  /// Those of some ended runs, and of the doubtful ones before, of which it is known how they ended.
  private func settled(_ ended: [TaskAttempt]) -> [TaskAttempt] {
    var known: [TaskAttempt] = []
    let now = wallTime()
    for attempt in ended {
      switch attempt.ending {
      case .exited(let status) where status != 0: doubtful.append((attempt, now))
      case .signalled: doubtful.append((attempt, now))
      default: known.append(attempt)
      }
    }
    guard !doubtful.isEmpty else { return known }
    let isEnding = isStopping || FarmSignals.request == .now
    let count =
      isEnding ? doubtful.count : doubtful.prefix { now - $0.time >= Self.doubt }.count
    for var attempt in doubtful.prefix(count).map(\.attempt) {
      if isEnding || isWarned(attempt) { attempt.ending = .interrupted }
      known.append(attempt)
    }
    doubtful.removeFirst(count)
    return known
  }

  /// Whether a run was ended by the signal that warns its rank.
  private func isWarned(_ attempt: TaskAttempt) -> Bool {
    guard case .signalled(let number) = attempt.ending else { return false }
    return FarmSignals.hasWarned(number)
  }

  /// Tasks that have been running for `age` seconds, each once.
  func takeBegun(age: Double) -> [BegunTask] {
    let now = wallTime()
    var begun: [BegunTask] = []
    for (task, start) in running where start.start > 0 && now - start.start >= age {
      begun.append(start)
      // Told.
      running[task]?.start = 0
    }
    return begun
  }
}
