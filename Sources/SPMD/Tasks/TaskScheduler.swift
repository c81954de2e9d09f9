/// Which task runs where, and when: a state machine without messages, clocks and processes.
///
///     var scheduler = TaskScheduler()
///     let worker = scheduler.addWorker(slots: 4)
///     let task = scheduler.add()
///     scheduler.release(task)
///     while let handed = scheduler.assign(now: seconds) { send(handed.tasks, to: handed.worker) }
///     // later
///     scheduler.finish(task, succeeded: true, duration: 0.3, now: seconds)
///
/// Tasks begin in the order in which they were added, or the one with the greatest weight first where
/// weights are known: longest processing time first, which ends at most a third later than the best
/// order would (R. L. Graham, *Bounds on multiprocessing timing anomalies*, SIAM J. Appl. Math. 17,
/// 1969, theorem 2). A task with predecessors waits until all have succeeded.
///
/// A worker is handed what it can run at once, and, where tasks are short, as many more as it will
/// need for ``Options/lookahead`` seconds by what tasks have taken so far, so that short tasks travel
/// many at a time. Never more than its share of half of what is left is handed ahead (guided
/// self-scheduling: C. D. Polychronopoulos and D. J. Kuck, IEEE Trans. Comput. C-36, 1987), and what
/// a worker has not begun when others have nothing to do is taken back: see ``recall()``.
///
/// - Complexity: O(log n) for each task and event, 52 bytes for a waiting task and 8 for each
///   predecessor of one.
public struct TaskScheduler: Sendable {
  /// How tasks are handed out.
  public let options: Options
  /// No task is handed out any more.
  public private(set) var isHalted = false
  /// The number of tasks in each state.
  var counts = [Int](repeating: 0, count: 8)

  var entries: [Entry] = []
  var edges: [Edge] = []
  var workers: [Worker] = []
  var ready = MinimumHeap<UInt64>()
  var delayed = MinimumHeap<Delayed>()
  /// Those that could take more, in the order in which they asked.
  var hungry: [Int32] = []
  var hungryHead = 0
  var freeSlots = 0
  var aliveWorkers = 0
  var isRecalling = false
  /// Seconds that a task takes, and that a unit of weight takes: means over about the last 16.
  var meanDuration: Double?
  var meanPerWeight: Double?

  /// Creates a scheduler without tasks and workers.
  public init(options: Options = Options()) { self.options = options }

  // MARK: - Tasks and workers

  /// Adds a task, which waits until it is released.
  ///
  /// - Parameters:
  ///   - weight: How long it takes, in any unit; those without one come before all others.
  ///   - timeLimit: Seconds after which it is ended.
  ///   - retries: How often it is tried again after a failure.
  /// - Returns: Its number: 0, 1, …
  public mutating func add(
    weight: Double? = nil, timeLimit: Double? = nil, retries: Int = 0
  ) -> Int {
    precondition(entries.count < Int(Int32.max), "more than 2³¹ tasks")
    var entry = Entry()
    if let weight { entry.weight = Float(weight) }
    if let timeLimit { entry.timeLimit = Float(timeLimit) }
    entry.retries = UInt16(clamping: retries)
    entries.append(entry)
    counts[Int(State.blocked.rawValue)] += 1
    return entries.count - 1
  }

  /// Has a task wait for the success of another one, before it is released.
  ///
  /// - Returns: Whether it may still run: `false` where the other one has failed, and this one is
  ///   skipped.
  @discardableResult
  public mutating func depend(_ task: Int, on other: Int) -> Bool {
    guard entries[task].state == .blocked else { return false }
    switch entries[other].state {
    case .done: return true
    case .failed, .skipped:
      set(task, .skipped)
      return false
    case .unfitting:
      set(task, .unfitting)
      return false
    default:
      edges.append(Edge(dependent: Int32(task), next: entries[other].firstDependent))
      entries[other].firstDependent = Int32(edges.count - 1)
      entries[task].blockers += 1
      return true
    }
  }

  /// Lets a task run, as soon as those have succeeded that it depends on.
  public mutating func release(_ task: Int) { unblock(Int32(task)) }

  /// Adds a worker that runs `slots` tasks at a time.
  ///
  /// - Returns: Its number: 0, 1, …
  public mutating func addWorker(slots: Int) -> Int {
    workers.append(Worker(slots: slots))
    freeSlots += slots
    aliveWorkers += 1
    becomeHungry(workers.count - 1)
    return workers.count - 1
  }

  /// Takes a task out that is known to have succeeded before, in an earlier run.
  public mutating func skipAsDone(_ task: Int) {
    set(task, .done)
    _ = releaseDependents(of: task)
  }

  /// Takes a task out that is known to have failed before, or not to have run for that reason.
  public mutating func skipAsFailed(_ task: Int, isSkipped: Bool = false) {
    set(task, isSkipped ? .skipped : .failed)
    _ = skipDependents(of: task)
  }

  // MARK: - What is known

  /// What has become of a task.
  public func state(of task: Int) -> State { entries[task].state }
  /// The number of the try that a task is at: 1 for the first.
  public func attempt(of task: Int) -> Int { Int(entries[task].attempt) }
  /// The worker that has a task.
  public func worker(of task: Int) -> Int? {
    entries[task].state == .handed ? Int(entries[task].worker) : nil
  }
  /// How many tasks are in a state.
  public func count(of state: State) -> Int { counts[Int(state.rawValue)] }
  /// How many tasks there are.
  public var count: Int { entries.count }
  /// How many tasks a worker has.
  public func count(ofWorker worker: Int) -> Int { workers[worker].count }
  /// Whether nothing is left to run or to wait for.
  public var isSettled: Bool {
    count(of: .blocked) + count(of: .ready) + count(of: .delayed) + count(of: .handed) == 0
  }
  /// When the next task that waits for its next try may begin.
  public var nextRetry: Double? { isHalted ? nil : delayed.first?.time }
  /// Seconds that a task takes, by the last ones.
  public var expectedDuration: Double? { meanDuration }

  /// Hands out nothing any more: what workers have goes on.
  public mutating func halt() { isHalted = true }

  // MARK: - State

  mutating func set(_ task: Int, _ state: State) {
    counts[Int(entries[task].state.rawValue)] -= 1
    counts[Int(state.rawValue)] += 1
    entries[task].state = state
  }

  /// The key by which a ready task is found: its place among the weights, or in the shuffled order,
  /// and its number.
  private func key(of task: Int32) -> UInt64 {
    var high: UInt32 = 0
    if let seed = options.shuffleSeed {
      high = UInt32(truncatingIfNeeded: mixed(UInt64(UInt32(task)) ^ seed) >> 32)
    } else if !entries[Int(task)].weight.isNaN {
      // The bits of floats that are not negative are in the order of their values.
      high = 1 + (0x7fff_ffff - max(0, entries[Int(task)].weight).bitPattern)
    }
    return UInt64(high) << 32 | UInt64(UInt32(task))
  }

  private func mixed(_ value: UInt64) -> UInt64 {
    var stream = RandomStream(seed: value)
    return stream.next()
  }

  mutating func makeReady(_ task: Int32) {
    set(Int(task), .ready)
    ready.insert(key(of: task))
  }

  mutating func unblock(_ task: Int32) {
    guard entries[Int(task)].state == .blocked else { return }
    entries[Int(task)].blockers -= 1
    if entries[Int(task)].blockers == 0 { makeReady(task) }
  }

  mutating func releaseDependents(of task: Int) -> Int {
    var released = 0
    var edge = entries[task].firstDependent
    while edge >= 0 {
      unblock(edges[Int(edge)].dependent)
      released += 1
      edge = edges[Int(edge)].next
    }
    return released
  }

  /// Has all that waits for a task, and for those in turn, not run.
  mutating func skipDependents(of task: Int, as state: State = .skipped) -> [Int] {
    var skipped: [Int] = []
    var stack = [task]
    while let failed = stack.popLast() {
      var edge = entries[failed].firstDependent
      while edge >= 0 {
        let dependent = Int(edges[Int(edge)].dependent)
        if entries[dependent].state == .blocked {
          set(dependent, state)
          skipped.append(dependent)
          stack.append(dependent)
        }
        edge = edges[Int(edge)].next
      }
    }
    return skipped
  }

  mutating func becomeHungry(_ worker: Int) {
    guard workers[worker].isAlive, !workers[worker].isHungry else { return }
    workers[worker].isHungry = true
    hungry.append(Int32(worker))
  }
}
