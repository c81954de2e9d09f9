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
  var isIdle: Bool { runner.running == 0 && head == queue.count }

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
    let ended = runner.poll(timeout: timeout, watching: watching)
    guard !ended.isEmpty else { return [] }
    for attempt in ended { running[attempt.task] = nil }
    startNext()
    return ended
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
