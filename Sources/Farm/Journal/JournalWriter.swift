internal import MPI

/// The thread on which a journal's changes are committed, one batch after the other.
final class JournalWriter: @unchecked Sendable {
  /// For what follows; who waits for a batch, or for its end, waits at it.
  private let monitor = Monitor()
  private var batch: JournalChanges?
  private var work: (@Sendable () throws -> Void)?
  private var failure: (JournalChanges, any Error)?
  private var hurries = false
  private var isOver = false
  private var join: (@Sendable () -> Void)?

  /// Whether nothing is under way.
  var isIdle: Bool { monitor.withLock { batch == nil } }

  /// Whether what is under way should rather fail than wait.
  var isHurried: Bool { monitor.withLock { hurries } }

  /// Begins to commit a batch. Nothing is under way.
  func begin(_ batch: JournalChanges, _ work: @escaping @Sendable () throws -> Void) {
    let hasThread = monitor.withLock {
      self.batch = batch
      self.work = work
      hurries = false
      monitor.signal()
      return join != nil
    }
    guard !hasThread else { return }
    guard let thread = startThread({ self.run() }) else { return runOnce(work) }
    monitor.withLock { join = thread }
  }

  private func run() {
    while true {
      let next = monitor.withLock {
        while work == nil && !isOver { monitor.wait() }
        return work
      }
      guard let next else { return }
      runOnce(next)
    }
  }

  private func runOnce(_ work: () throws -> Void) {
    let result = Result { try work() }
    monitor.withLock {
      if case .failure(let error) = result, let batch { failure = (batch, error) }
      batch = nil
      self.work = nil
      monitor.signal()
    }
  }

  /// Waits until nothing is under way.
  ///
  /// - Returns: Whether that was in time.
  func wait(seconds: Double) -> Bool {
    let deadline = steadyTime() + seconds
    return monitor.withLock {
      while batch != nil {
        guard steadyTime() < deadline else { return false }
        monitor.wait(nanoseconds: 50_000_000)
      }
      return true
    }
  }

  /// Has what is under way fail where a reader is in its way.
  func hurry() { monitor.withLock { hurries = true } }

  /// The batch that could not be committed, and why, once.
  func takeFailure() -> (JournalChanges, any Error)? {
    monitor.withLock {
      defer { failure = nil }
      return failure
    }
  }

  /// Ends the thread. May be called again.
  func end() {
    let join = monitor.withLock {
      // A thread is joined once.
      defer { self.join = nil }
      isOver = true
      monitor.signal()
      return self.join
    }
    join?()
  }
}
