internal import CMPI
internal import Synchronization

/// What completes the operations that tasks wait for.
///
/// Tasks begin operations where they run, if MPI allows that, and leave those that are not complete
/// at once to the engine. One thread at a time drives it: the one that called
/// ``run(threading:_:)`` with a program that is asynchronous, or else a thread of the engine's own.
/// Nothing in it runs on, or waits for, the threads of the language's pool: however many tasks wait
/// there, it goes on.
@safe final class ProgressEngine: @unchecked Sendable {
  static let shared = ProgressEngine()

  enum Driver { case none, thread, loop, stopped }

  /// A piece of a task that is to run on the driving thread.
  struct Job {
    let job: UnownedJob
    let run: (UnownedJob) -> Void
  }

  private let monitor = Monitor()

  // Guarded by the monitor.
  private var submitted: [AsyncOperation] = []
  private var cancelled: [AsyncOperation] = []
  private var calls: [() -> Void] = []
  private var jobs: [Job] = []
  private var driver = Driver.none
  private var isResting = false
  private var join: (@Sendable () -> Void)?
  /// What is waited for, and by how many.
  private var patterns: [Pattern: Int] = [:]

  let eagerness = Eagerness()

  /// Whether there is something new for the driver.
  private let news = Atomic(false)
  /// The number of those who wait for messages yet to be found.
  private let searching = Atomic(0)
  /// Whether any thread may call MPI: 0 is not known yet, 1 yes, 2 only the driver.
  private let access = Atomic(0)
  private let drivingThread = Atomic<UInt>(0)
  private let isStopping = Atomic(false)

  // The driver's own.
  private var table = RequestTable()
  private var queues = MessageQueues()

  private init() {}
}

// MARK: - For tasks

extension ProgressEngine {
  /// Whether the caller may call MPI itself.
  var allowsCalls: Bool {
    switch access.load(ordering: .relaxed) {
    case 1: return true
    case 2: return isDriving
    default:
      guard isRunning else { return false }
      let isOpen = threading == .multiple
      access.store(isOpen ? 1 : 2, ordering: .relaxed)
      return isOpen || isDriving
    }
  }

  private var isDriving: Bool { drivingThread.load(ordering: .relaxed) == currentThread }

  /// Whether a message that is there may be taken by who comes now: no one waits for it already.
  func isFree(_ pattern: Pattern) -> Bool {
    if searching.load(ordering: .acquiring) == 0 { return true }
    return monitor.withLock { !patterns.keys.contains { $0.overlaps(pattern) && !$0.isPeek } }
  }

  /// Hands an operation over, whose continuation is told when it has ended.
  func submit(_ operation: AsyncOperation) {
    let isAccepted = tell {
      guard ensureDriver(for: operation) else { return false }
      if let pattern = operation.matching?.pattern {
        patterns[pattern, default: 0] += 1
        searching.add(1, ordering: .releasing)
      }
      submitted.append(operation)
      return true
    }
    if !isAccepted {
      operation.resume(
        .failed(
          MPIError(
            .other, routine: operation.routine.description,
            message: """
              no thread may make progress: MPI has been finalized, or runs at a lower threading \
              level than .multiple without MPI.run { world async in … }
              """)))
    }
  }

  /// Says that the task is cancelled that waits for an operation; before or after it is submitted.
  func cancel(_ operation: AsyncOperation) {
    _ = tell {
      cancelled.append(operation)
      return true
    }
  }

  /// Has the outcome of an operation told that was submitted without someone to tell it to.
  func tell(
    _ continuation: UnsafeContinuation<AsyncOperation.Outcome, Never>, of operation: AsyncOperation
  ) {
    call {
      unsafe operation.continuation = unsafe continuation
      if let outcome = operation.unclaimed { operation.resume(outcome) }
    }
  }

  /// Has something called on the driving thread.
  func call(_ body: @escaping () -> Void) {
    _ = tell {
      calls.append(body)
      return true
    }
  }

  /// Has a piece of a task run on the driving thread.
  ///
  /// - Returns: Whether there is such a thread.
  func enqueue(_ job: Job) -> Bool {
    tell {
      guard driver == .loop else { return false }
      jobs.append(job)
      return true
    }
  }

  private func tell(_ change: () -> Bool) -> Bool {
    monitor.withLock {
      guard change() else { return false }
      news.store(true, ordering: .releasing)
      wake()
      return true
    }
  }

  /// The monitor is held.
  private func wake() {
    guard isResting else { return }
    isResting = false
    monitor.signal()
  }

  /// The monitor is held.
  private func ensureDriver(for operation: AsyncOperation) -> Bool {
    switch driver {
    case .thread, .loop: return true
    case .stopped: return false
    case .none:
      // A thread of the engine's own may call MPI at the highest level only.
      guard access.load(ordering: .relaxed) == 1 else { return false }
      return startDriver()
    }
  }
}

// MARK: - For those who drive

extension ProgressEngine {
  /// Starts the engine's own thread, unless someone drives already.
  ///
  /// - Returns: Whether someone drives now.
  func start() -> Bool {
    monitor.withLock { driver == .none ? startDriver() : driver != .stopped }
  }

  /// The monitor is held.
  private func startDriver() -> Bool {
    isStopping.store(false, ordering: .relaxed)
    let thread = startThread { self.drive { self.isStopping.load(ordering: .acquiring) } }
    guard let thread else { return false }
    join = thread
    driver = .thread
    return true
  }

  /// Ends the engine's own thread, and waits for its end. What is under way stays so.
  ///
  /// Called on that thread, it only sees to it that it will end.
  func stopThread() {
    let join = monitor.withLock { () -> (@Sendable () -> Void)? in
      if driver == .thread { driver = .none }
      isStopping.store(true, ordering: .releasing)
      news.store(true, ordering: .releasing)
      wake()
      if isDriving { return nil }
      defer { self.join = nil }
      return self.join
    }
    join?()
  }

  /// Drives the engine on this thread until `isOver`, which is asked after each piece of a task.
  func runLoop(_ begin: () -> Void, until isOver: () -> Bool) {
    stopThread()
    monitor.withLock { driver = .loop }
    begin()
    drive(until: isOver)
    monitor.withLock { driver = .none }
    // What tasks have left behind without waiting for it goes on elsewhere.
    if table.count > 0 && access.load(ordering: .relaxed) == 1 { _ = start() }
  }

  /// Ends all that is under way, and the engine, before MPI ends.
  ///
  /// Receives are cancelled. All else is waited for, but not for ever.
  func shutDown() {
    stopThread()
    monitor.withLock { driver = .stopped }
    let outer = drivingThread.exchange(currentThread, ordering: .relaxed)
    defer { drivingThread.store(outer, ordering: .relaxed) }
    takeNews()
    for operation in queues.all + table.receives { cancelNow(operation) }
    let start = monotonicTime()
    while table.count > 0 {
      takeNews()
      if makeProgress() { continue }
      if monotonicTime() - start > 5_000_000_000 { endJob(because: Unfinished(count: table.count)) }
    }
  }

  private func drive(until isOver: () -> Bool) {
    let outer = drivingThread.exchange(currentThread, ordering: .relaxed)
    defer { drivingThread.store(outer, ordering: .relaxed) }
    var backOff = BackOff()
    while true {
      if takeNews() { backOff.reset() }
      if isOver() { return }
      if table.count + queues.count == 0 {
        rest(nil)
      } else if makeProgress() {
        backOff.reset()
      } else if let time = backOff.next() {
        rest(time)
      }
    }
  }

  private func rest(_ nanoseconds: Int?) {
    monitor.withLock {
      if news.load(ordering: .relaxed) { return }
      isResting = true
      monitor.wait(nanoseconds: nanoseconds)
      isResting = false
    }
  }

  /// - Returns: Whether there were any.
  @discardableResult
  private func takeNews() -> Bool {
    guard news.load(ordering: .acquiring) else { return false }
    var (submitted, cancelled, calls, jobs) = (
      [AsyncOperation](), [AsyncOperation](), [() -> Void](), [Job]()
    )
    monitor.withLock {
      news.store(false, ordering: .relaxed)
      swap(&submitted, &self.submitted)
      swap(&cancelled, &self.cancelled)
      swap(&calls, &self.calls)
      swap(&jobs, &self.jobs)
    }
    for operation in submitted { admit(operation) }
    for operation in cancelled { cancelNow(operation) }
    for call in calls { call() }
    for job in jobs { job.run(job.job) }
    return true
  }

  private func admit(_ operation: AsyncOperation) {
    operation.isAdmitted = true
    if let matching = operation.matching {
      queues.append(operation, for: matching.pattern)
    } else {
      begin(operation) { pending throws in
        guard let begin = operation.begin else { return false }
        operation.begin = nil
        try begin(pending)
        return true
      }
    }
    if operation.isCancelled { cancelNow(operation) }
  }

  /// Begins an operation, and waits for it unless it is complete at once.
  ///
  /// - Parameter body: Tells whether it has begun something; it may have been begun elsewhere.
  private func begin(
    _ operation: AsyncOperation,
    _ body: (Starting) throws -> Bool
  ) {
    do {
      let isNew = try unsafe withUnsafeMutablePointer(to: &operation.pending) {
        try unsafe body(Starting($0))
      }
      if isNew,
        let status = try operation.pending.test(
          operation.routine, on: operation.communicator)
      {
        operation.resume(.completed(operation.matched ?? status))
      } else {
        table.insert(operation)
      }
    } catch {
      operation.resume(.failed(error))
    }
  }

  private func cancelNow(_ operation: AsyncOperation) {
    operation.isCancelled = true
    guard operation.isAdmitted, unsafe operation.continuation != nil else { return }
    let error: any Error
    switch operation.cancellation {
    case .wait: return
    case .detach: error = MPIError.cancelled(operation.routine, on: operation.communicator.raw)
    case .request:
      guard let matching = operation.matching, queues.remove(operation, for: matching.pattern)
      else {
        if operation.matched == nil { table.cancel(operation) }
        return
      }
      forget(matching.pattern)
      error = MPIError.cancelled(operation.routine, on: operation.communicator.raw)
    }
    operation.resume(.failed(error))
  }

  /// Looks once at everything.
  ///
  /// - Returns: Whether something has happened.
  private func makeProgress() -> Bool {
    var progress = table.test()
    if queues.count > 0 {
      var found: [(AsyncOperation, Result<(RawMessage, Status), any Error>)] = []
      if queues.serve({ found.append(($0, $1)) }) { progress = true }
      for (operation, result) in found { take(operation, result) }
    }
    return progress
  }

  private func take(_ operation: AsyncOperation, _ result: Result<(RawMessage, Status), any Error>)
  {
    guard let matching = operation.matching else { return }
    forget(matching.pattern)
    begin(operation) { pending throws in
      let (message, status) = try result.get()
      operation.matched = status
      try matching.take(message, status, pending)
      return true
    }
  }

  /// One waits less for a message.
  private func forget(_ pattern: Pattern) {
    monitor.withLock {
      searching.subtract(1, ordering: .releasing)
      let count = patterns[pattern, default: 1] - 1
      patterns[pattern] = count == 0 ? nil : count
    }
  }
}

/// Why a job ends whose operations do not.
private struct Unfinished: Error, CustomStringConvertible {
  let count: Int

  var description: String {
    """
    \(count) asynchronous operation\(count == 1 ? "" : "s") still under way when MPI was to be \
    finalized; did another rank not take its part?
    """
  }
}
