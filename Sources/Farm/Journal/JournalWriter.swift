internal import MPI
internal import Synchronization

/// The thread on which a journal's changes are committed, one batch after the other.
final class JournalWriter: Sendable {
  private struct State {
    var batch: JournalChanges?
    var work: (@Sendable () throws -> Void)?
    var failure: (JournalChanges, any Error)?
    var isOver = false
    var thread: (@Sendable () -> Void)?
  }

  private let monitor = Monitor()
  /// Changed under the monitor's lock alone.
  private let state = Mutex(State())
  private let hurried = Atomic<Bool>(false)

  /// Whether nothing is under way.
  var isIdle: Bool { state.withLock { $0.batch == nil } }

  /// Whether what is under way should rather fail than wait.
  var isHurried: Bool { hurried.load(ordering: .relaxed) }

  /// Begins to commit a batch. Nothing is under way.
  func begin(_ batch: JournalChanges, _ work: @escaping @Sendable () throws -> Void) {
    hurried.store(false, ordering: .relaxed)
    monitor.withLock {
      state.withLock {
        $0.batch = batch
        $0.work = work
      }
      monitor.signal()
    }
    guard state.withLock({ $0.thread == nil }) else { return }
    guard let thread = startThread({ self.run() }) else { return runOnce() }
    state.withLock { $0.thread = thread }
  }

  private func run() {
    while true {
      monitor.withLock {
        while state.withLock({ $0.work == nil && !$0.isOver }) { monitor.wait() }
      }
      if state.withLock({ $0.work == nil }) { return }
      runOnce()
    }
  }

  private func runOnce() {
    guard let work = state.withLock({ $0.work }) else { return }
    var thrown: (any Error)?
    do {
      try work()
    } catch {
      thrown = error
    }
    let failure = thrown
    monitor.withLock {
      state.withLock {
        if let failure, let batch = $0.batch { $0.failure = (batch, failure) }
        $0.batch = nil
        $0.work = nil
      }
      monitor.signal()
    }
  }

  /// Waits until nothing is under way.
  ///
  /// - Returns: Whether that was in time.
  func wait(seconds: Double) -> Bool {
    let deadline = steadyTime() + seconds
    return monitor.withLock {
      while !isIdle {
        guard steadyTime() < deadline else { return false }
        monitor.wait(nanoseconds: 50_000_000)
      }
      return true
    }
  }

  /// Has what is under way fail where a reader is in its way.
  func hurry() { hurried.store(true, ordering: .relaxed) }

  /// The batch that could not be committed, and why, once.
  func takeFailure() -> (JournalChanges, any Error)? {
    state.withLock { state in
      defer { state.failure = nil }
      return state.failure
    }
  }

  /// Ends the thread.
  func end() {
    let thread = monitor.withLock {
      defer { monitor.signal() }
      return state.withLock { state in
        state.isOver = true
        return state.thread
      }
    }
    thread?()
  }
}
