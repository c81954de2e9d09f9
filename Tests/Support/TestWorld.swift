public import MPI
import Synchronization
public import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The communicator that tests use: of all ranks under `mpirun`, of this process when the tests run alone.
public enum TestWorld {
  /// The world. MPI is initialized when it is first asked for, and finalized when the process exits.
  public static let world: Communicator = {
    do {
      // Who has initialized MPI finalizes it.
      let isFirst = !MPI.isInitialized
      let world = try MPI.initialize(threading: .multiple)
      if isFirst {
        atexit {
          guard !MPI.isFinalized else { return }
          agreement.withLock { $0 = nil }
          try? MPI.finalize()
        }
      }
      return world
    } catch {
      fatalError("tests cannot start MPI: \(error)")
    }
  }()

  /// What the ranks agree on between tests: never the tests' own messages.
  private static let agreement = Mutex<Communicator?>(nil)

  /// Ends the job on a rank whom the others keep waiting: they wait for messages that will not come.
  ///
  /// Not declared as `Never`: the compiler would drop the caller's request first, which waits.
  private static func endJob(because failure: String) {
    let test = Test.current?.name ?? "a test"
    print("✘ rank \(world.rank) has left \(test), which others are still in: \(failure)")
    fflush(nil)
    world.abort()
  }

  /// Waits for all ranks, and says how many of them have failed. Ends the job when some rank does not come.
  static func failures(including failure: String?) throws -> Int {
    let mine = [failure == nil ? 0 : 1]
    let agreement = try agreement.withLock { agreement in
      let known = try agreement ?? world.duplicated()
      agreement = known
      return known
    }
    var sum = [0]
    let request = try agreement.immediate.allReduce(mine.span, into: sum.mutableSpan, .sum)
    let deadline = ContinuousClock.now + .seconds(10)
    while let failure, try !request.isComplete() {
      if ContinuousClock.now > deadline { endJob(because: failure) }
      usleep(1000)
    }
    _ = try request.wait()
    return sum[0]
  }
}

/// Runs a test that communicates, on all ranks.
///
///     @Test func ranksAreDifferent() throws {
///       try withWorld { world in
///         let ranks = try world.allGather(world.rank)
///         #expect(ranks == Array(0..<world.size))
///       }
///     }
///
/// All ranks leave it together, so that one test's messages cannot meet the next one's. An error that one rank throws is
/// an issue on every rank; where the others wait for that rank in vain, the job ends after some seconds, and says why.
/// A failed `#expect` is an issue on its own rank: `./run.sh test` prints those of all ranks, and fails.
public func withWorld(
  sourceLocation: SourceLocation = #_sourceLocation, _ body: (Communicator) throws -> Void
) throws {
  let result = Result { try body(TestWorld.world) }
  var failure: String?
  if case .failure(let error) = result { failure = "\(error)" }
  let failures = try TestWorld.failures(including: failure)
  try result.get()
  if failures > 0 {
    Issue.record(
      "an error was thrown on \(failures) of \(TestWorld.world.size) ranks, not on this one",
      sourceLocation: sourceLocation)
  }
}

extension Trait where Self == ConditionTrait {
  /// Runs a test only where there are so many ranks; elsewhere it is reported as skipped.
  ///
  ///     @Test(.ranks(2...)) func ring() throws { … }
  public static func ranks(_ range: some RangeExpression<Int> & Sendable) -> Self {
    .enabled("needs \(range) ranks") { range.contains(TestWorld.world.size) }
  }
}
