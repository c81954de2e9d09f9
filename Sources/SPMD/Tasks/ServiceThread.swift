internal import MPI
internal import Synchronization

/// A thread that does something again and again, until it is ended.
final class ServiceThread: Sendable {
  private final class State: Sendable {
    let monitor = Monitor()
    let isOver = Atomic<Bool>(false)
  }

  private let state: State
  private let join: @Sendable () -> Void

  /// Begins; where there can be no thread, there is none.
  init?(everyNanoseconds pause: Int, _ body: @escaping @Sendable () -> Void) {
    let state = State()
    let thread = startThread {
      while true {
        state.monitor.withLock {
          if !state.isOver.load(ordering: .acquiring) { state.monitor.wait(nanoseconds: pause) }
        }
        if state.isOver.load(ordering: .acquiring) { return }
        body()
      }
    }
    guard let thread else { return nil }
    self.state = state
    join = thread
  }

  /// Ends the thread, and waits until it has ended.
  func end() {
    state.isOver.store(true, ordering: .releasing)
    state.monitor.withLock { state.monitor.signal() }
    join()
  }
}
