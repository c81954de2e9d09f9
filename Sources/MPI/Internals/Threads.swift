#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Starts a thread, which runs `body` to its end. It takes no signals: those are for the program's own
/// threads.
///
/// - Returns: Waits for the thread's end; `nil` where no thread could be started.
package func startThread(_ body: @escaping @Sendable () -> Void) -> (@Sendable () -> Void)? {
  guard let thread = createThread(body) else { return nil }
  #if canImport(Glibc)
    return { _ = pthread_join(thread, nil) }
  #else
    return {
      if let thread = unsafe pthread_t(bitPattern: thread) { unsafe pthread_join(thread, nil) }
    }
  #endif
}

/// Starts a thread for whose end nobody waits, if there can be one.
func startDetachedThread(_ body: @escaping @Sendable () -> Void) {
  guard let thread = createThread(body) else { return }
  #if canImport(Glibc)
    pthread_detach(thread)
  #else
    if let thread = unsafe pthread_t(bitPattern: thread) { unsafe pthread_detach(thread) }
  #endif
}

private func createThread(_ body: @escaping @Sendable () -> Void) -> UInt? {
  let argument = unsafe Unmanaged.passRetained(ThreadBody(run: body))
  #if canImport(Glibc)
    var thread = pthread_t()
  #else
    var thread: pthread_t?
  #endif
  var all = sigset_t()
  var before = sigset_t()
  unsafe sigfillset(&all)
  // A thread has the mask of the one that starts it.
  unsafe pthread_sigmask(SIG_SETMASK, &all, &before)
  let code = unsafe pthread_create(
    &thread, nil,
    { argument in
      #if canImport(Glibc)
        guard let argument = unsafe argument else { return nil }
      #endif
      unsafe Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run()
      return nil
    }, argument.toOpaque())
  unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
  guard code == 0 else {
    unsafe argument.release()
    return nil
  }
  #if canImport(Glibc)
    return thread
  #else
    return unsafe thread.map { unsafe UInt(bitPattern: $0) }
  #endif
}

private final class ThreadBody: Sendable {
  let run: @Sendable () -> Void

  init(run: @escaping @Sendable () -> Void) { self.run = run }
}
