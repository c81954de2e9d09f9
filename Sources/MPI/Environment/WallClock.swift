internal import CMPI

/// The library's clock: time from a point in the past that does not change while the process runs.
///
///     let clock = WallClock()
///     let elapsed = try clock.measure { try world.barrier() }
///
/// Instants of two processes cannot be compared, except where the library synchronizes its clocks.
///
/// The corresponding C functions are `MPI_Wtime` and `MPI_Wtick` (MPI 3.1 §8.6).
public struct WallClock: Clock, Sendable {
  /// A point in time on this process's clock.
  public struct Instant: InstantProtocol, Sendable {
    let seconds: Double

    /// The time since the clock's origin.
    public var sinceOrigin: Duration { .seconds(seconds) }

    /// The instant that lies `duration` later.
    public func advanced(by duration: Duration) -> Instant {
      Instant(seconds: seconds + duration / .seconds(1))
    }

    /// The time from this instant to another.
    public func duration(to other: Instant) -> Duration { .seconds(other.seconds - seconds) }

    /// The time from one instant to another.
    public static func - (end: Instant, start: Instant) -> Duration { start.duration(to: end) }

    /// Whether the one comes before the other.
    public static func < (left: Instant, right: Instant) -> Bool { left.seconds < right.seconds }
  }

  /// Creates the clock; all of them are the same one.
  public init() {}

  /// The time now.
  ///
  /// - Precondition: MPI is initialized, and not yet finalized.
  public var now: Instant { Instant(seconds: MPI_Wtime()) }

  /// The time between two ticks of the clock.
  public var minimumResolution: Duration { .seconds(MPI_Wtick()) }

  /// Sleeps until the deadline has passed.
  ///
  /// - Throws: `CancellationError` where the task is cancelled before.
  public func sleep(until deadline: Instant, tolerance: Duration? = nil) async throws {
    try await Task.sleep(for: now.duration(to: deadline), tolerance: tolerance)
  }
}

extension Duration {
  /// The duration in seconds, for arithmetic and for printing.
  ///
  ///     let time = try WallClock().measure { try world.barrier() }
  ///     print("\(time.seconds) s, \(1 / time.seconds) a second")
  public var seconds: Double { self / .seconds(1) }
}
