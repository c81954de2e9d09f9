internal import MPI

/// A thread that does something again and again, until it is ended.
final class ServiceThread: Sendable {
  private final class State: @unchecked Sendable {
    let monitor = Monitor()
    /// Used under the lock alone.
    var isOver = false
  }

  private let state: State
  private let join: @Sendable () -> Void

  /// Begins; where there can be no thread, there is none.
  init?(everyNanoseconds pause: Int, _ body: @escaping @Sendable () -> Void) {
    let state = State()
    let thread = startThread {
      while true {
        let isOver = state.monitor.withLock {
          if !state.isOver { state.monitor.wait(nanoseconds: pause) }
          return state.isOver
        }
        if isOver { return }
        body()
      }
    }
    guard let thread else { return nil }
    self.state = state
    join = thread
  }

  /// Ends the thread, and waits until it has ended.
  func end() {
    state.monitor.withLock {
      state.isOver = true
      state.monitor.signal()
    }
    join()
  }
}
