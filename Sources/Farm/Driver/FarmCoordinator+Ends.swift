internal import MPI
internal import SPMD

extension FarmCoordinator {
  /// Looks for signals, and at the time.
  func attend() {
    switch FarmSignals.request {
    case .now: if !isStopping { stop(.now, FarmSignals.name, isUnfinished: true) }
    case .soon:
      if !tasks.scheduler.isHalted { stop(.soon, FarmSignals.name, isUnfinished: true) }
    case .none: break
    }
    if let end = options.end, !isStopping, wallTime() > end - options.margin {
      stop(.now, "the time limit", isUnfinished: true)
    }
  }

  func stop(_ halt: FarmOptions.Halt, _ reason: String, isUnfinished: Bool = false) {
    if stopReason == nil { stopReason = reason }
    if isUnfinished { self.isUnfinished = true }
    tasks.scheduler.halt()
    tasks.stopReading()
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
  func guarded(_ body: () throws -> Void) {
    do {
      try body()
    } catch let error as FarmError {
      if recordError == nil && tasks.listError == nil { recordError = error }
      if !isStopping { stop(.now, error.description, isUnfinished: true) }
    } catch {
      if recordError == nil { recordError = FarmError("\(error)") }
      if !isStopping { stop(.now, "\(error)", isUnfinished: true) }
    }
  }

  // MARK: - Lost ranks

  func findLost(_ now: Double) {
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

  /// A message could not be received: heartbeats tell whose fault that was.
  func receiveFailed(_ error: any Error) {
    if !options.isTolerant { guarded { throw FarmError("\(error)") } }
  }

  /// The library has told that a rank is gone (ULFM), before its silence did.
  func failed(_ rank: Int) {
    if !options.isTolerant && !isStopping {
      guarded { throw FarmError("rank \(rank) on \(self.ranks[rank].host) has failed") }
    }
    lose(rank, because: "its process has failed")
  }

  /// Takes what a lost rank has written and we have not heard of.
  private func takeWritten(by rank: Int) {
    guard let record = tasks.record else { return }
    let runs = record.runs(ofLostRank: rank).filter {
      tasks.scheduler.worker(of: $0.task) == rank
        && tasks.scheduler.attempt(of: $0.task) == $0.attempt
    }
    if !runs.isEmpty { take(runs, from: rank) }
    if recordError == nil { record.removeRuns(ofLostRank: rank) }
  }

  func lose(_ rank: Int, because reason: String) {
    guard ranks[rank].isAlive else { return }
    ranks[rank].isAlive = false
    mailbox.forget(rank)
    takeWritten(by: rank)
    let lost = tasks.scheduler.lose(rank)
    guarded {
      try tasks.record?.lost(
        rank: rank, host: self.ranks[rank].host, reason: reason, returned: lost.returned,
        failed: lost.failed, skipped: lost.skipped, in: self)
    }
  }
}
