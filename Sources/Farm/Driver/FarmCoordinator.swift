internal import Glibc
internal import MPI
internal import SPMD

/// Rank 0's part: reads the list, hands out tasks, takes in what becomes of them, and runs tasks of
/// its own.
final class FarmCoordinator {
  let options: FarmOptions
  let worker: FarmWorker
  let mailbox: Mailbox
  /// Made when the list is known to be right.
  var record: FarmRecord?
  var list: TaskFile?
  var store = TaskStore()
  var scheduler: TaskScheduler
  /// Tasks that wait for names which the list has not had yet.
  var unresolved: [String: [Int]] = [:]
  var unresolvedCounts: [Int: Int] = [:]
  var hadForwardNames = false

  var ranks: [FarmRank]
  var stopReason: String?
  /// Whether what is left can be run another time.
  var isUnfinished = false
  var isStopping = false
  var listError: FarmError?
  var recordError: FarmError?
  /// What has been done, for people.
  private(set) var summary: String?
  private var stopDeadline: Double?
  private var lastTick = 0.0
  private var lastLook = 0.0
  private var lastRecall = 0.0

  init(
    options: FarmOptions, worker: FarmWorker, mailbox: Mailbox, slots: [Int], hosts: [String]
  ) {
    self.options = options
    self.worker = worker
    self.mailbox = mailbox
    var schedule = TaskScheduler.Options()
    schedule.retryDelay = options.retryDelay
    schedule.shuffleSeed = options.shuffleSeed
    scheduler = TaskScheduler(options: schedule)
    let now = steadyTime()
    ranks = zip(slots, hosts).map { FarmRank(slots: $0, host: $1, lastHeard: now) }
    for count in slots { _ = scheduler.addWorker(slots: count) }
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
    guard scheduler.count(of: .handed) == 0 else {
      // Whoever does not answer has been ended, perhaps, and so shall we be.
      if let stopDeadline, steadyTime() > stopDeadline, worker.isIdle {
        for rank in ranks.indices.dropFirst() where scheduler.count(ofWorker: rank) > 0 {
          lose(rank, because: "no answer")
        }
        return true
      }
      return false
    }
    return scheduler.isHalted || (list == nil && scheduler.isSettled)
  }

  private func turn() {
    let now = steadyTime()
    attend()
    guarded { try self.readList() }
    receive()
    handOut(now)
    let ended = worker.poll(
      timeout: timeout, watching: list.map { [$0.descriptor] } ?? [])
    if !ended.isEmpty { take(ended, from: 0) }
    takeBack(worker.takeRefused())
    guard now - lastTick > 0.1 else { return }
    lastTick = now
    acknowledge()
    guarded { try self.record?.tick() }
    note(worker.takeBegun(age: 0.5), of: 0)
    if options.isTolerant { findLost(now) }
    record?.show(self)
  }

  /// How long to sleep: messages wake nobody, so as long as does not matter beside a task.
  private var timeout: Double {
    // A long output is fetched a piece at a time.
    if mailbox.incomingCount > 0 { return 0.0002 }
    if scheduler.count(of: .handed) == worker.count(in: scheduler) { return 0.005 }
    return min(0.005, max(0.0002, (scheduler.expectedDuration ?? 0.1) / 200))
  }

  // MARK: - Messages

  private func receive() {
    do {
      while let mail = try mailbox.receive() {
        let report = try MessageDecoder().decode(FarmReport.self, from: mail.bytes)
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
        if let tasks = report.givenBack {
          takeBack(tasks)
          scheduler.endRecall()
        }
      }
    } catch {
      receiveFailed(error)
    }
  }

  /// Takes what has ended into the schedule, and then into the journal.
  private func take(_ ended: [TaskAttempt], from rank: Int) {
    let now = steadyTime()
    var outcomes: [FarmOutcome] = []
    for attempt in ended where scheduler.worker(of: attempt.task) == rank {
      var outcome = FarmOutcome(attempt: attempt)
      if attempt.ending == .interrupted {
        scheduler.giveBack(attempt.task)
      } else {
        ranks[rank].busy += attempt.end - attempt.start
        ranks[rank].ended += 1
        switch scheduler.finish(
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
    guarded { try self.record?.ended(outcomes, in: self) }
    if let halt = options.halt, !scheduler.isHalted,
      scheduler.count(of: .failed) >= options.failureLimit
    {
      let failures = scheduler.count(of: .failed)
      stop(
        halt == .now ? .now : .soon,
        "\(failures) \(failures == 1 ? "task has" : "tasks have") failed")
    }
  }

  private func note(_ begun: [BegunTask], of rank: Int) {
    guard !begun.isEmpty else { return }
    guarded {
      try self.record?.note(begun, rank: rank, host: self.ranks[rank].host, in: self.store)
    }
  }

  private func takeBack(_ tasks: [Int]) {
    for task in tasks { scheduler.giveBack(task) }
  }

  private func acknowledge() {
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
    while let given = scheduler.assign(now: now, timeLeft: timeLeft) {
      let tasks = given.tasks.map { task in
        HandedTask(
          attempt: scheduler.attempt(of: task), packed: Array(store[packed: task]), deadline: end)
      }
      if given.worker == 0 {
        worker.accept(tasks)
      } else {
        send(.run(tasks), to: given.worker)
      }
    }
    guard now - lastRecall > 0.005, let (rank, count) = scheduler.recall() else { return }
    lastRecall = now
    if rank == 0 {
      takeBack(worker.giveBack(count))
      scheduler.endRecall()
    } else {
      send(.giveBack(count), to: rank)
    }
  }

  // MARK: - Ends before the end

  /// Looks for signals, and at the time.
  private func attend() {
    switch FarmSignals.request {
    case .now: if !isStopping { stop(.now, FarmSignals.name, isUnfinished: true) }
    case .soon:
      if !scheduler.isHalted { stop(.soon, FarmSignals.name, isUnfinished: true) }
    case .none: break
    }
    if let end = options.end, !isStopping, wallTime() > end - options.margin {
      stop(.now, "the time limit", isUnfinished: true)
    }
  }

  func stop(_ halt: FarmOptions.Halt, _ reason: String, isUnfinished: Bool = false) {
    if stopReason == nil { stopReason = reason }
    if isUnfinished { self.isUnfinished = true }
    scheduler.halt()
    list = nil
    if halt == .now {
      isStopping = true
      // Launchers give a second or two from SIGTERM to SIGKILL.
      stopDeadline = steadyTime() + options.grace + 0.3
    }
    for rank in ranks.indices.dropFirst() where ranks[rank].isAlive {
      send(halt == .now ? .stop : .giveBack(.max), to: rank)
    }
    if halt == .now {
      worker.stop()
    } else {
      takeBack(worker.giveBack(.max))
    }
  }

  /// Runs what may fail for want of space: the farm ends in order then.
  private func guarded(_ body: () throws -> Void) {
    do {
      try body()
    } catch let error as FarmError {
      if recordError == nil && listError == nil { recordError = error }
      if !isStopping { stop(.now, error.description, isUnfinished: true) }
    } catch {
      if recordError == nil { recordError = FarmError("\(error)") }
      if !isStopping { stop(.now, "\(error)", isUnfinished: true) }
    }
  }

  // MARK: - Lost ranks

  private func findLost(_ now: Double) {
    // Where the whole job was stopped, as by Slurm's suspend, nobody has spoken meanwhile.
    if now - lastLook > options.lostAfter / 4 {
      for rank in ranks.indices { ranks[rank].lastHeard = now }
    }
    lastLook = now
    for rank in ranks.indices.dropFirst() where ranks[rank].isAlive {
      let silence = now - ranks[rank].lastHeard
      if silence > options.lostAfter {
        lose(rank, because: "silent for \(Int(silence)) s")
      }
    }
  }

  private func receiveFailed(_ error: any Error) {
    // With ULFM a receive from any rank tells that one has failed, without saying which; heartbeats do.
    if !options.isTolerant { guarded { throw FarmError("\(error)") } }
  }

  func lose(_ rank: Int, because reason: String) {
    guard ranks[rank].isAlive else { return }
    ranks[rank].isAlive = false
    mailbox.forget(rank)
    let lost = scheduler.lose(rank)
    guarded {
      try self.record?.lost(
        rank: rank, host: self.ranks[rank].host, reason: reason, returned: lost.returned,
        failed: lost.failed, skipped: lost.skipped, in: self)
    }
  }

  // MARK: - The end

  /// Whether MPI cannot be finalized: that would wait for those that are gone.
  var isDamaged: Bool { FarmSignals.isLauncherGone || ranks.contains { !$0.isAlive } }

  /// How many tasks have not been run to their ends.
  var left: Int {
    scheduler.count - scheduler.count(of: .done) - scheduler.count(of: .failed)
      - scheduler.count(of: .skipped)
  }

  private func end() -> Int32 {
    acknowledge()
    var status = FarmStatus.done
    if scheduler.count(of: .failed) > 0 { status = FarmStatus.failed }
    if isUnfinished || (left > 0 && !scheduler.isHalted) { status = FarmStatus.unfinished }
    if listError != nil { status = FarmStatus.usage }
    do {
      summary = try record?.close(self, status: status)
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

/// What rank 0 knows of a rank.
struct FarmRank {
  let slots: Int
  let host: String
  var lastHeard: Double
  var lastSpoken = 0.0
  var isAlive = true
  var hasLeft = false
  /// The numbers of the last report that was taken in, and that was acknowledged.
  var taken = 0
  var acknowledged = 0
  /// Seconds that tasks have run there, and how many have ended.
  var busy = 0.0
  var ended = 0

  init(slots: Int, host: String, lastHeard: Double) {
    (self.slots, self.host, self.lastHeard) = (slots, host, lastHeard)
  }
}

extension FarmWorker {
  func count(in scheduler: TaskScheduler) -> Int { scheduler.count(ofWorker: rank) }
}
