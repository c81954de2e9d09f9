#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// How long to rest between two looks at operations that take their time.
///
/// At first not at all, then not without letting others run. Then an eighth of the time that has passed without an event, so that none is
/// noticed later than by that share; and never more than four milliseconds, at which looking costs
/// well under a hundredth of a core.
struct BackOff {
  private static let impatience = 10_000
  private static let patience = 200_000
  private static let share = 8
  private static let longest = 4_000_000

  private var start: Int?

  /// Something has happened.
  mutating func reset() { start = nil }

  /// Nothing has happened: how many nanoseconds to rest, or `nil` to look again at once.
  mutating func next() -> Int? {
    let now = monotonicTime()
    guard let start else {
      self.start = now
      return nil
    }
    let passed = now - start
    if passed < Self.patience {
      if passed > Self.impatience { sched_yield() }
      return nil
    }
    return min(passed / Self.share, Self.longest)
  }
}
