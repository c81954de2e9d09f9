#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A lock that can be waited at: the `Mutex` of the standard library has no condition. The thread sanitizer sees this one,
/// and not a `Mutex`, on Linux (Swift 6.3.1).
@safe package final class Monitor: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  package init() {
    unsafe mutex.initialize(to: pthread_mutex_t())
    unsafe condition.initialize(to: pthread_cond_t())
    unsafe pthread_mutex_init(mutex, nil)
    #if canImport(Glibc)
      // Not the time of day, which may be set while someone waits.
      var attributes = pthread_condattr_t()
      unsafe pthread_condattr_init(&attributes)
      unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
      unsafe pthread_cond_init(condition, &attributes)
      unsafe pthread_condattr_destroy(&attributes)
    #else
      unsafe pthread_cond_init(condition, nil)
    #endif
  }

  deinit {
    unsafe pthread_cond_destroy(condition)
    unsafe pthread_mutex_destroy(mutex)
    unsafe condition.deallocate()
    unsafe mutex.deallocate()
  }

  package func withLock<Result, Failure>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    return try body()
  }

  /// Wakes the one who waits. The lock is held.
  package func signal() { unsafe pthread_cond_signal(condition) }

  /// Waits for ``signal()``, or until some time has passed. The lock is held, and given up meanwhile.
  package func wait(nanoseconds: Int? = nil) {
    guard let nanoseconds else {
      unsafe pthread_cond_wait(condition, mutex)
      return
    }
    #if canImport(Glibc)
      let end = monotonicTime() + nanoseconds
      var deadline = timespec(tv_sec: end / 1_000_000_000, tv_nsec: end % 1_000_000_000)
      unsafe pthread_cond_timedwait(condition, mutex, &deadline)
    #else
      var duration = timespec(
        tv_sec: nanoseconds / 1_000_000_000, tv_nsec: nanoseconds % 1_000_000_000)
      unsafe pthread_cond_timedwait_relative_np(condition, mutex, &duration)
    #endif
  }
}

/// Nanoseconds since some point in the past.
func monotonicTime() -> Int {
  var time = timespec()
  unsafe clock_gettime(CLOCK_MONOTONIC, &time)
  return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// A number for the thread that calls.
var currentThread: UInt {
  #if canImport(Glibc)
    return pthread_self()
  #else
    return unsafe UInt(bitPattern: pthread_self())
  #endif
}
