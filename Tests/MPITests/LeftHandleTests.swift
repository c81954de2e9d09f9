import MPI
import Support
import Synchronization
import Testing

/// That `Tests/run-tests.sh` sees what is not freed: see `HandleTests` of the launch tests, which sets the variable.
@Suite struct LeftHandleTests {
  private static let left = Mutex<Communicator?>(nil)

  @Test("A communicator is freed, unless it is left on purpose") func communicator() throws {
    try withWorld { world in
      let duplicate = try world.duplicated()
      if Job.environment("PCOMPUTE_LEAVE_HANDLE") == "1" {
        Self.left.withLock { $0 = duplicate }
      }
      #expect(duplicate.size == world.size)
    }
  }
}
