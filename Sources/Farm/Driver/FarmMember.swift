internal import Glibc
internal import MPI

/// A rank other than 0: runs what it is told to, and reports.
///
/// What has ended is written beside the journal, and kept until rank 0 says that it has it: where rank 0 is gone, a
/// resumed farm does not run it again.
final class FarmMember {
  private let worker: FarmWorker
  private let mailbox: Mailbox
  private let options: FarmOptions
  private var number = 0
  private let log: RankLog
  private var lastHeard = steadyTime()
  private var lastSpoken = steadyTime()
  private var lastLook = steadyTime()
  private var idleSince: Double?
  private var stoppedAt: Double?
  private var end: (status: Int32, isDamaged: Bool)?

  init(worker: FarmWorker, mailbox: Mailbox, log: RankLog, options: FarmOptions) {
    self.worker = worker
    self.log = log
    self.mailbox = mailbox
    self.options = options
  }

  /// Works until rank 0 says that all is over.
  ///
  /// - Returns: The exit status.
  func run() throws -> Int32 {
    while true {
      while let mail = try mailbox.receive() {
        lastHeard = steadyTime()
        try obey(FarmOrder(packed: mail.bytes))
      }
      if mailbox.takeFailedRanks().contains(0) { abandon() }
      if let end { return leave(end.status, end.isDamaged) }
      if FarmSignals.request == .now { stop() }
      worker.startNext()
      let ended = worker.poll(timeout: timeout)
      if !ended.isEmpty { try report(ended) }
      try speak()
      try mailbox.poll()
      writeRestIfNeeded()
      if options.isTolerant { lookForRoot() }
    }
  }

  private func lookForRoot() {
    let now = steadyTime()
    // Where the whole job was stopped, as by Slurm's suspend, nobody has spoken meanwhile.
    if now - lastLook > options.lostAfter / 4 { lastHeard = now }
    lastLook = now
    if now - lastHeard > options.lostAfter { abandon() }
  }

  /// Short where an order is expected, which nothing wakes us for.
  private var timeout: Double {
    // A long output leaves a piece at a time.
    if mailbox.outgoingCount > 0 { return 0.0002 }
    guard worker.hasFreeSlot else {
      idleSince = nil
      return 0.005
    }
    let now = steadyTime()
    let since = idleSince ?? now
    idleSince = since
    return min(0.005, max(0.0002, (now - since) / 20))
  }

  private func obey(_ order: FarmOrder) throws {
    switch order {
    case .run(let tasks): worker.accept(tasks)
    case .acknowledged(let number): log.confirm(upTo: number)
    case .giveBack(let count):
      var report = FarmReport()
      report.givenBack = worker.giveBack(count)
      try mailbox.send(report)
    case .stop: stop()
    case .alive: break
    case .end(let status, let isDamaged): end = (status, isDamaged)
    }
  }

  private func stop() {
    if stoppedAt == nil { stoppedAt = steadyTime() }
    worker.stop()
  }

  private func report(_ ended: [TaskAttempt]) throws {
    keep(ended)
    var report = FarmReport()
    (report.number, report.ended) = (number, ended)
    try mailbox.send(report)
  }

  private func keep(_ ended: [TaskAttempt]) {
    number += 1
    log.append(ended, number: number)
  }

  /// What is not urgent: what runs for long, what is refused, and that we live.
  private func speak() throws {
    let refused = worker.takeRefused()
    let now = steadyTime()
    let interval = min(0.5, options.lostAfter / 5)
    guard !refused.isEmpty || now - lastSpoken > interval else { return }
    lastSpoken = now
    var report = FarmReport()
    report.begun = worker.takeBegun(age: interval)
    if !refused.isEmpty { report.givenBack = refused }
    if !refused.isEmpty || !report.begun.isEmpty || options.isTolerant {
      try mailbox.send(report)
    }
  }

  // MARK: - The end

  /// On a signal rank 0 may be gone, and we may have two seconds.
  private func writeRestIfNeeded() {
    if let stoppedAt, worker.isIdle, steadyTime() - stoppedAt > 0.3 { log.writeRest() }
  }

  /// Rank 0 is gone. Does not return.
  private func abandon() -> Never {
    worker.stop()
    let deadline = steadyTime() + options.grace + 2
    while !worker.isIdle && steadyTime() < deadline {
      let ended = worker.poll(timeout: 0.05)
      if !ended.isEmpty { keep(ended) }
    }
    log.close()
    _exit(FarmStatus.unfinished)
  }

  private func leave(_ status: Int32, _ isDamaged: Bool) -> Int32 {
    log.close()
    guard isDamaged else { return status }
    // MPI_Finalize would wait for those that are gone.
    var report = FarmReport()
    report.isLast = true
    try? mailbox.send(report)
    let deadline = steadyTime() + 1
    while mailbox.outgoingCount > 0 && steadyTime() < deadline { try? mailbox.poll() }
    fflush(nil)
    _exit(status)
  }
}
