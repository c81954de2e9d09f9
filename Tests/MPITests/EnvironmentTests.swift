import MPI
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite("Environment (MPI 3.1 §8)") struct EnvironmentTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  @Test("Initialized, and not finalized (§8.7)") func initialized() {
    // In variables, since `#expect` cannot take a module's name apart.
    let (isInitialized, isFinalized) = (MPI.isInitialized, MPI.isFinalized)
    #expect(isInitialized)
    #expect(!isFinalized)
  }

  @Test("A second initialization attaches to the first") func attach() throws {
    let again = try MPI.initialize()
    #expect(again == Communicator.world)
    let rank = MPI.run { world in
      #expect(world == Communicator.world)
      return world.rank
    }
    #expect(rank == Communicator.world.rank)
    // What was attached to is left as it was.
    let isRunning = MPI.isInitialized && !MPI.isFinalized
    #expect(isRunning)
    #expect(try world.allReduce(1, .sum) == world.size)
  }

  @Test("Threading levels (§12.4.3)") func threading() throws {
    let threading = MPI.threading
    #expect(threading == .multiple)
    #expect(ThreadingLevel.allCases == ThreadingLevel.allCases.sorted())
    #expect(ThreadingLevel.single < .funneled && .funneled < .serialized)
    #expect(ThreadingLevel.serialized < .multiple)
    for level in ThreadingLevel.allCases {
      let world = try MPI.initialize(threading: level)
      #expect(world.size > 0)
    }
  }

  @Test("Versions (§8.1.1)") func versions() {
    let (version, library) = (MPI.standardVersion, MPI.libraryVersion)
    #expect(version >= (3, 1))
    #expect(version < (10, 0))
    #expect(!library.isEmpty)
    #expect(!library.contains("\0"))
  }

  @Test("The name of the machine (§8.1)") func processorName() {
    let name = MPI.processorName
    #expect(!name.isEmpty)
    #expect(!name.contains("\0"))
  }

  @Test("The launcher fits the library") func launcher() {
    let mismatch = MPI.launcherMismatch
    #expect(mismatch == nil)
  }

  /// With one process, pretends that the launcher of another MPI has started four.
  @Test("A launcher that does not", .enabled(if: Job.world.size == 1, "needs 1 rank"))
  func wrongLauncher() {
    let name = "OMPI_COMM_WORLD_SIZE"
    let before = Job.environment(name)
    unsafe setenv(name, "4", 1)
    let text = MPI.launcherMismatch
    if let before { unsafe setenv(name, before, 1) } else { unsafe unsetenv(name) }
    #expect(text?.contains(name) == true)
    #expect(text?.contains("4 processes") == true)
  }
}

@Suite("The clock (MPI 3.1 §8.6)") struct WallClockTests {
  init() throws { _ = Job.world }

  @Test("Goes forward, as fast as the system's") func forward() {
    let clock = WallClock()
    let start = clock.now
    let systemStart = ContinuousClock.now
    while ContinuousClock.now - systemStart < .milliseconds(50) {}
    let elapsed = start.duration(to: clock.now)
    let systemElapsed = ContinuousClock.now - systemStart
    #expect(elapsed >= .milliseconds(49))
    #expect(elapsed <= systemElapsed + .milliseconds(1))
    #expect(clock.now > start)
  }

  @Test("Instants and durations") func arithmetic() {
    let clock = WallClock()
    let now = clock.now
    let later = now.advanced(by: .milliseconds(1500))
    #expect(now < later)
    #expect(abs(now.duration(to: later) / .seconds(1) - 1.5) < 1e-6)
    #expect(abs((later.sinceOrigin - now.sinceOrigin) / .seconds(1) - 1.5) < 1e-6)
    #expect(clock.minimumResolution > .zero)
    #expect(clock.minimumResolution <= .milliseconds(1))
    #expect(clock.measure {} >= .zero)
  }

  @Test("Sleeps until a deadline") func sleep() async throws {
    let clock = WallClock()
    let start = clock.now
    try await clock.sleep(until: start.advanced(by: .milliseconds(30)), tolerance: nil)
    #expect(start.duration(to: clock.now) >= .milliseconds(30))
    // A deadline that has passed.
    try await clock.sleep(until: start, tolerance: nil)
  }
}

@Suite("Partitions") struct PartitionTests {
  @Test("Parts one after the other") func contiguous() {
    let parts = Partition(counts: [3, 0, 2])
    #expect(parts.offsets == [0, 3, 3])
    #expect(parts.count == 5)
    #expect(parts[0] == 0..<3)
    #expect(parts[1] == 3..<3)
    #expect(parts[2] == 3..<5)
    #expect(parts.isContiguous)
    #expect(Partition(counts: []).count == 0)
    #expect(Partition(counts: [1 << 40, 1 << 40]).count == 1 << 41)
  }

  @Test("Parts with gaps, and in another order") func gaps() {
    let parts = Partition(counts: [2, 1, 0], offsets: [5, 0, 20])
    #expect(parts[0] == 5..<7)
    #expect(parts.count == 20)
    #expect(!parts.isContiguous)
    #expect(Partition(counts: [2, 3], offsets: [0, 2]) == Partition(counts: [2, 3]))
    #expect(Partition(counts: [2, 3], offsets: [3, 0]) != Partition(counts: [2, 3]))
    #expect(!Partition(counts: [2, 3], offsets: [1, 3]).isContiguous)
  }

  @Test("As evenly as can be", arguments: 1...9) func balanced(parts: Int) {
    for count in 0...40 {
      let partition = Partition(balancing: count, over: parts)
      let counts = partition.counts
      #expect(counts.count == parts)
      #expect(counts.reduce(0, +) == count)
      #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1)
      #expect(counts == counts.sorted(by: >))
      #expect(partition.isContiguous)
    }
  }
}
