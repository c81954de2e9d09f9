extension TaskScheduler {
  /// Hands tasks to a worker that can take some.
  ///
  /// - Parameters:
  ///   - now: Seconds, by any clock that goes on.
  ///   - timeLeft: Seconds until the end of the job: tasks with a longer time limit are not handed out.
  /// - Returns: `nil` where no task can begin, or no worker has room.
  public mutating func assign(now: Double, timeLeft: Double? = nil) -> Assignment? {
    guard !isHalted else { return nil }
    while let first = delayed.first, first.time <= now {
      _ = delayed.removeFirst()
      if entries[Int(first.task)].state == .delayed { makeReady(first.task) }
    }
    if let timeLeft { setAsideUnfitting(timeLeft) }
    while !ready.isEmpty, let worker = nextHungry() {
      let tasks = take(for: worker, timeLeft)
      // What is left over goes around again.
      if workers[worker].freeSlots > 0 { becomeHungry(worker) }
      if !tasks.isEmpty { return Assignment(worker: worker, tasks: tasks) }
    }
    return nil
  }

  private mutating func nextHungry() -> Int? {
    while hungryHead < hungry.count {
      let worker = Int(hungry[hungryHead])
      hungryHead += 1
      if hungryHead > 64 && hungryHead * 2 > hungry.count {
        hungry.removeFirst(hungryHead)
        hungryHead = 0
      }
      workers[worker].isHungry = false
      if workers[worker].isAlive { return worker }
    }
    hungry.removeAll(keepingCapacity: true)
    hungryHead = 0
    return nil
  }

  private mutating func take(for worker: Int, _ timeLeft: Double?) -> [Int] {
    let waiting = hungry.count - hungryHead + 1
    // Free slots first, evenly over those that ask; then ahead, a share of half of what is left.
    let fair = max(1, (ready.count + waiting - 1) / waiting)
    let ahead = max(0, (ready.count - freeSlots) / (2 * aliveWorkers))
    let slots = min(workers[worker].freeSlots, fair)
    var tasks: [Int] = []
    while let key = ready.first {
      let task = Int(UInt32(truncatingIfNeeded: key))
      let expected = expectedDuration(of: task)
      if tasks.count >= slots {
        guard tasks.count - slots < ahead, workers[worker].freeSlots == 0, let expected,
          mayTakeAhead(worker, expected)
        else { break }
      }
      _ = ready.removeFirst()
      if let timeLeft, Double(entries[task].timeLimit) > timeLeft,
        entries[task].timeLimit.isFinite
      {
        setAside(task)
        continue
      }
      hand(task, to: worker, expected ?? 0)
      tasks.append(task)
    }
    return tasks
  }

  /// Seconds that a task is taken to need; `nil` before any has ended.
  private func expectedDuration(of task: Int) -> Double? {
    let weight = Double(entries[task].weight)
    if !weight.isNaN, let meanPerWeight { return meanPerWeight * weight }
    return meanDuration
  }

  /// One task more than it runs saves a worker the wait for the next, where tasks are not so long
  /// that the wait does not matter.
  private func mayTakeAhead(_ worker: Int, _ expected: Double) -> Bool {
    let worker = workers[worker]
    if worker.count <= worker.slots && expected < 20 * options.lookahead { return true }
    return worker.expected + expected <= options.lookahead * Double(worker.slots)
  }

  /// Takes tasks out that cannot end in time, as far as they are next.
  private mutating func setAsideUnfitting(_ timeLeft: Double) {
    while let key = ready.first {
      let task = Int(UInt32(truncatingIfNeeded: key))
      guard entries[task].timeLimit.isFinite, Double(entries[task].timeLimit) > timeLeft else {
        return
      }
      _ = ready.removeFirst()
      setAside(task)
    }
  }

  private mutating func setAside(_ task: Int) {
    set(task, .unfitting)
    _ = skipDependents(of: task, as: .unfitting)
  }

  private mutating func hand(_ task: Int, to worker: Int, _ expected: Double) {
    set(task, .handed)
    entries[task].attempt &+= 1
    entries[task].worker = Int32(worker)
    entries[task].expected = Float(expected)
    entries[task].previous = -1
    entries[task].next = workers[worker].head
    if workers[worker].head >= 0 { entries[Int(workers[worker].head)].previous = Int32(task) }
    workers[worker].head = Int32(task)
    let before = workers[worker].freeSlots
    workers[worker].count += 1
    workers[worker].expected += Double(Float(expected))
    freeSlots -= before - workers[worker].freeSlots
  }

  /// The opposite of `hand`.
  private mutating func take(_ task: Int) {
    let entry = entries[task]
    let worker = Int(entry.worker)
    if entry.previous >= 0 {
      entries[Int(entry.previous)].next = entry.next
    } else {
      workers[worker].head = entry.next
    }
    if entry.next >= 0 { entries[Int(entry.next)].previous = entry.previous }
    entries[task].worker = -1
    let before = workers[worker].freeSlots
    workers[worker].count -= 1
    workers[worker].expected -= Double(entry.expected)
    if workers[worker].count == 0 { workers[worker].expected = 0 }
    freeSlots += workers[worker].freeSlots - before
    // One ahead of those that run is missing, or half of what is ahead is over.
    if workers[worker].count <= workers[worker].slots
      || workers[worker].expected < options.lookahead * Double(workers[worker].slots) / 2
    {
      becomeHungry(worker)
    }
  }

  // MARK: - What comes back

  /// Notes that a try has ended.
  ///
  /// - Parameters:
  ///   - duration: Seconds from its start to its end.
  ///   - now: The clock of ``assign(now:timeLeft:)``.
  /// - Returns: What it means; `nil` where no worker had the task: one that was lost speaks again.
  @discardableResult
  public mutating func finish(
    _ task: Int, succeeded: Bool, duration: Double, now: Double
  ) -> Outcome? {
    guard entries[task].state == .handed else { return nil }
    take(task)
    measure(task, duration)
    if succeeded {
      set(task, .done)
      _ = releaseDependents(of: task)
      return .done
    }
    guard entries[task].retries > 0 else {
      set(task, .failed)
      return .failed(skipped: skipDependents(of: task))
    }
    entries[task].retries -= 1
    set(task, .delayed)
    let doublings = min(30, max(0, Int(entries[task].attempt) - 1))
    let delay = min(options.maximalRetryDelay, options.retryDelay * Double(1 << doublings))
    delayed.insert(Delayed(time: now + delay, task: Int32(task)))
    return .retried(notBefore: now + delay)
  }

  private mutating func measure(_ task: Int, _ duration: Double) {
    func mean(_ old: Double?, _ new: Double) -> Double { old.map { $0 + (new - $0) / 16 } ?? new }
    let weight = Double(entries[task].weight)
    if weight > 0 { meanPerWeight = mean(meanPerWeight, duration / weight) }
    meanDuration = mean(meanDuration, duration)
  }

  /// Puts a task back that a worker has not begun, or not brought to an end through no fault of the
  /// task's. That was no try.
  public mutating func giveBack(_ task: Int) {
    guard entries[task].state == .handed else { return }
    take(task)
    entries[task].attempt -= 1
    makeReady(Int32(task))
  }

  /// Ends what `recall()` has begun, also where nothing came back.
  public mutating func endRecall() { isRecalling = false }

  /// Whom to ask for tasks that it has not begun: others have nothing to do.
  ///
  /// - Returns: The worker, and how many of its last tasks; `nil` where all are busy, or one has been
  ///   asked and ``endRecall()`` not been called.
  /// - Complexity: O(workers), so it should be asked at most some hundred times a second.
  public mutating func recall() -> (worker: Int, count: Int)? {
    guard !isRecalling, !isHalted, ready.isEmpty, freeSlots > 0 else { return nil }
    var best = (worker: -1, surplus: 0)
    for (index, worker) in workers.enumerated() where worker.isAlive {
      if worker.count - worker.slots > best.surplus { best = (index, worker.count - worker.slots) }
    }
    guard best.surplus > 0 else { return nil }
    isRecalling = true
    return (best.worker, min(freeSlots, (best.surplus + 1) / 2))
  }

  /// Puts back what a worker had that is lost, in no particular order.
  ///
  /// - Returns: What had been handed to it: `failed` holds those that too many workers were lost with,
  ///   `skipped` what waited for those.
  public mutating func lose(_ worker: Int) -> (returned: [Int], failed: [Int], skipped: [Int]) {
    guard workers[worker].isAlive else { return ([], [], []) }
    freeSlots -= workers[worker].freeSlots
    workers[worker].isAlive = false
    aliveWorkers -= 1
    isRecalling = false
    var lost: (returned: [Int], failed: [Int], skipped: [Int]) = ([], [], [])
    // The newest are first in the list, and did not run if there were more than slots.
    var position = 0
    let unbegun = workers[worker].count - workers[worker].slots
    while workers[worker].head >= 0 {
      let task = Int(workers[worker].head)
      take(task)
      if position >= unbegun { entries[task].losses += 1 }
      position += 1
      if Int(entries[task].losses) >= options.maximalLosses {
        set(task, .failed)
        lost.failed.append(task)
        lost.skipped += skipDependents(of: task)
      } else {
        makeReady(Int32(task))
        lost.returned.append(task)
      }
    }
    return lost
  }

  /// The tasks that a worker has, the newest first.
  public func tasks(of worker: Int) -> [Int] {
    var tasks: [Int] = []
    var task = workers[worker].head
    while task >= 0 {
      tasks.append(Int(task))
      task = entries[Int(task)].next
    }
    return tasks
  }

  // MARK: - Cycles

  /// Tasks that wait for each other, each for the next and the last for the first; `nil` where there
  /// are none. For when all tasks are released.
  ///
  /// - Complexity: O(tasks and predecessors).
  public func cycle() -> [Int]? {
    // All that can come to run is taken out, along the edges (A. B. Kahn, CACM 5, 1962).
    var blockers = entries.map { $0.state == .blocked ? $0.blockers : 0 }
    var stack = entries.indices.filter {
      entries[$0].state != .blocked && entries[$0].state != .done
    }
    var left = count(of: .blocked)
    while let task = stack.popLast() {
      var edge = entries[task].firstDependent
      while edge >= 0 {
        let dependent = Int(edges[Int(edge)].dependent)
        blockers[dependent] -= 1
        if blockers[dependent] == 0 && entries[dependent].state == .blocked {
          left -= 1
          stack.append(dependent)
        }
        edge = edges[Int(edge)].next
      }
    }
    guard left > 0 else { return nil }
    // From any that is left, one that it waits for and that is left, too, and so on.
    var predecessor: [Int: Int] = [:]
    for task in entries.indices where blockers[task] > 0 {
      var edge = entries[task].firstDependent
      while edge >= 0 {
        predecessor[Int(edges[Int(edge)].dependent)] = task
        edge = edges[Int(edge)].next
      }
    }
    var seen: [Int: Int] = [:]
    var path: [Int] = []
    var task = predecessor.keys.min() ?? 0
    while seen[task] == nil {
      seen[task] = path.count
      path.append(task)
      guard let before = predecessor[task] else { return nil }
      task = before
    }
    return Array(path[(seen[task] ?? 0)...])
  }
}
