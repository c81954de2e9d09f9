internal import Glibc
internal import MPI
internal import SPMD

/// Rank 0's part: reads the list, hands out tasks, takes in what becomes of them, and runs tasks of
/// its own.
final class FarmCoordinator {
  let options: FarmOptions
  let worker: FarmWorker
  let mailbox: Mailbox
  let tasks: FarmTasks

  var ranks: [FarmRank]
  var stopReason: String?
  /// Whether what is left can be run another time.
  var isUnfinished = false
  var isStopping = false
  var recordError: FarmError?
  /// What has been done, for people.
  private(set) var summary: String?
  var stopDeadline: Double?
  private var lastTick = 0.0
  var lastLook = 0.0
  private var lastRecall = 0.0

  init(
    options: FarmOptions, worker: FarmWorker, mailbox: Mailbox, slots: [Int], hosts: [String]
  ) {
    self.options = options
    self.worker = worker
    self.mailbox = mailbox
    tasks = FarmTasks(options: options)
    let now = steadyTime()
    ranks = zip(slots, hosts).map { FarmRank(slots: $0, host: $1, lastHeard: now) }
    for count in slots { _ = tasks.scheduler.addWorker(slots: count) }
  }

  /// Runs all tasks.
  ///
  /// - Returns: The exit status.
  func run() -> Int32 {
    // The others have waited for the list.
    for rank in ranks.indices { ranks[rank].lastHeard = steadyTime() }
    // Behind a long output, reports wait until that has arrived.
    mailbox.onArrival = { [unowned self] in self.ranks[$0].lastHeard = steadyTime() }
    while !isOver { turn() }
    return end()
  }

  private var isOver: Bool {
    guard tasks.scheduler.count(of: .handed) == 0 else {
      // Whoever does not answer has been ended, perhaps, and so shall we be.
      if let stopDeadline, steadyTime() > stopDeadline, worker.isIdle {
        for rank in ranks.indices.dropFirst() where tasks.scheduler.count(ofWorker: rank) > 0 {
          lose(rank, because: "no answer")
        }
        return true
      }
      return false
    }
    return tasks.scheduler.isHalted || (tasks.list == nil && tasks.scheduler.isSettled)
  }

  private func turn() {
    let now = steadyTime()
    attend()
    guarded { try self.tasks.readList() }
    receive()
    handOut(now)
    let ended = worker.poll(
      timeout: timeout, watching: tasks.list.map { [$0.descriptor] } ?? [])
    if !ended.isEmpty { take(ended, from: 0) }
    takeBack(worker.takeRefused())
    guard now - lastTick > 0.1 else { return }
    lastTick = now
    acknowledge()
    guarded { try tasks.record?.tick() }
    note(worker.takeBegun(age: 0.5), of: 0)
    if options.isTolerant { findLost(now) }
    tasks.record?.show(self)
  }

  /// How long to sleep: messages wake nobody, so as long as does not matter beside a task.
  private var timeout: Double {
    // A long output is fetched a piece at a time.
    if mailbox.incomingCount > 0 { return 0.0002 }
    if tasks.scheduler.count(of: .handed) == worker.count(in: tasks.scheduler) { return 0.005 }
    // Ranks that have something to do have more of it ahead, where tasks are short.
    guard hasIdleSlot else { return 0.002 }
    return min(0.002, max(0.0002, (tasks.scheduler.expectedDuration ?? 0.1) / 200))
  }

  private var hasIdleSlot: Bool {
    ranks.indices.contains {
      ranks[$0].isAlive && tasks.scheduler.count(ofWorker: $0) < ranks[$0].slots
    }
  }

  // MARK: - Messages

  private func receive() {
    do {
      while let mail = try mailbox.receive() {
        let report = FarmReport(packed: mail.bytes)
        let rank = mail.source
        ranks[rank].lastHeard = steadyTime()
        guard ranks[rank].isAlive else {
          // It was taken to be lost: what it has done since then is done again elsewhere.
          send(.end(status: FarmStatus.unfinished, isDamaged: true), to: rank)
          continue
        }
        if report.isLast { ranks[rank].hasLeft = true }
        note(report.begun, of: rank)
        if report.number > ranks[rank].taken {
          take(report.ended, from: rank)
          ranks[rank].taken = report.number
        }
        if let back = report.givenBack {
          takeBack(back)
          tasks.scheduler.endRecall()
        }
      }
    } catch {
      receiveFailed(error)
    }
    for rank in mailbox.takeFailedRanks() { failed(rank) }
  }

  /// Takes what has ended into the schedule, and then into the journal.
  func take(_ ended: [TaskAttempt], from rank: Int) {
    let now = steadyTime()
    var outcomes: [FarmOutcome] = []
    for attempt in ended where tasks.scheduler.worker(of: attempt.task) == rank {
      var outcome = FarmOutcome(attempt: attempt)
      if attempt.ending == .interrupted {
        tasks.scheduler.giveBack(attempt.task)
      } else {
        ranks[rank].busy += attempt.end - attempt.start
        ranks[rank].ended += 1
        switch tasks.scheduler.finish(
          attempt.task, succeeded: attempt.succeeded, duration: attempt.end - attempt.start,
          now: now)
        {
        case .done, nil: outcome.isFinal = true
        case .retried: break
        case .failed(let skipped):
          outcome.isFinal = true
          outcome.skipped = skipped
        }
      }
      outcomes.append(outcome)
    }
    guarded { try tasks.record?.ended(outcomes, in: self) }
    if let halt = options.halt, !tasks.scheduler.isHalted,
      tasks.scheduler.count(of: .failed) >= options.failureLimit
    {
      let failures = tasks.scheduler.count(of: .failed)
      stop(
        halt == .now ? .now : .soon,
        "\(failures) \(failures == 1 ? "task has" : "tasks have") failed")
    }
  }

  private func note(_ begun: [BegunTask], of rank: Int) {
    guard !begun.isEmpty else { return }
    guarded {
      try tasks.record?.note(begun, rank: rank, host: self.ranks[rank].host, in: self.tasks.store)
    }
  }

  func takeBack(_ back: [Int]) {
    for task in back { tasks.scheduler.giveBack(task) }
  }

  private func acknowledge() {
    // What could not be recorded stays where the ranks have written it.
    guard recordError == nil else { return }
    for rank in ranks.indices.dropFirst() where ranks[rank].isAlive {
      if ranks[rank].taken > ranks[rank].acknowledged {
        send(.acknowledged(ranks[rank].taken), to: rank)
        ranks[rank].acknowledged = ranks[rank].taken
        ranks[rank].lastSpoken = steadyTime()
      } else if options.isTolerant,
        steadyTime() - ranks[rank].lastSpoken > options.lostAfter / 5
      {
        send(.alive, to: rank)
        ranks[rank].lastSpoken = steadyTime()
      }
    }
  }

  func send(_ order: FarmOrder, to rank: Int) {
    do {
      try mailbox.send(order, to: rank)
    } catch {
      lose(rank, because: "\(error)")
    }
  }

  private func handOut(_ now: Double) {
    let end = options.end.map { $0 - options.margin }
    let timeLeft = end.map { $0 - wallTime() }
    while let given = tasks.scheduler.assign(now: now, timeLeft: timeLeft) {
      let handed = given.tasks.map { task in
        HandedTask(
          attempt: tasks.scheduler.attempt(of: task), packed: Array(tasks.store[packed: task]),
          deadline: end)
      }
      if given.worker == 0 {
        worker.accept(handed)
      } else {
        send(.run(handed), to: given.worker)
      }
    }
    guard now - lastRecall > 0.005, let (rank, count) = tasks.scheduler.recall() else { return }
    lastRecall = now
    if rank == 0 {
      takeBack(worker.giveBack(count))
      tasks.scheduler.endRecall()
    } else {
      send(.giveBack(count), to: rank)
    }
  }

  // MARK: - The end

  /// Whether MPI cannot be finalized: that would wait for those that are gone.
  var isDamaged: Bool { FarmSignals.isLauncherGone || ranks.contains { !$0.isAlive } }

  private func end() -> Int32 {
    acknowledge()
    var status = FarmStatus.done
    if tasks.scheduler.count(of: .failed) > 0 { status = FarmStatus.failed }
    if isUnfinished || (tasks.left > 0 && !tasks.scheduler.isHalted) {
      status = FarmStatus.unfinished
    }
    if tasks.listError != nil { status = FarmStatus.usage }
    do {
      let text = try tasks.record?.close(self, status: status)
      // Nothing, where all had been run before.
      if ranks.contains(where: { $0.ended > 0 }) || tasks.left > 0 { summary = text }
    } catch {
      if recordError == nil { recordError = error as? FarmError ?? FarmError("\(error)") }
      status = FarmStatus.unfinished
    }
    let isDamaged = self.isDamaged
    for rank in ranks.indices.dropFirst() where ranks[rank].isAlive {
      send(.end(status: status, isDamaged: isDamaged), to: rank)
    }
    let deadline = steadyTime() + (isDamaged ? 1 : 60)
    while steadyTime() < deadline {
      try? mailbox.poll()
      if isDamaged {
        receive()
        if !ranks.dropFirst().contains(where: { $0.isAlive && !$0.hasLeft }) { break }
      } else if mailbox.outgoingCount == 0 {
        break
      }
      usleep(200)
    }
    return status
  }
}

extension FarmWorker {
  func count(in scheduler: TaskScheduler) -> Int { scheduler.count(ofWorker: rank) }
}
