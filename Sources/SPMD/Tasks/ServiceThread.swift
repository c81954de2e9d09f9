internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A thread that does something again and again, until it is ended.
final class ServiceThread: Sendable {
  private let isOver = Atomic<Bool>(false)
  private let hasEnded = Atomic<Bool>(false)
  private let microseconds: UInt32
  private let body: @Sendable () -> Void

  /// Begins; where there can be no thread, nothing happens.
  init(every microseconds: UInt32, _ body: @escaping @Sendable () -> Void) {
    self.microseconds = microseconds
    self.body = body
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    let context = unsafe Unmanaged.passRetained(self)
    let code = unsafe pthread_create(
      &thread, nil,
      { context in
        #if canImport(Darwin)
          let service: ServiceThread? = unsafe Unmanaged<ServiceThread>.fromOpaque(context)
            .takeRetainedValue()
        #else
          let service = unsafe context.map {
            unsafe Unmanaged<ServiceThread>.fromOpaque($0).takeRetainedValue()
          }
        #endif
        service?.run()
        return nil
      }, context.toOpaque())
    guard code == 0 else {
      unsafe context.release()
      hasEnded.store(true, ordering: .releasing)
      return
    }
    #if canImport(Darwin)
      if let thread { pthread_detach(thread) }
    #else
      pthread_detach(thread)
    #endif
  }

  private func run() {
    while !isOver.load(ordering: .acquiring) {
      usleep(microseconds)
      if !isOver.load(ordering: .acquiring) { body() }
    }
    hasEnded.store(true, ordering: .releasing)
  }

  /// Ends the thread, and waits until it has ended.
  func end() {
    isOver.store(true, ordering: .releasing)
    while !hasEnded.load(ordering: .acquiring) { usleep(50) }
  }
}
