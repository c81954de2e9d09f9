import MPI

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Goes on when a process has died: the last rank kills itself in the middle of the work.
@main struct Survivors {
  static func main() {
    MPI.run { world in
      guard MPI.supports(.faultTolerance) else {
        if world.rank == 0 { print("this MPI ends the job when a process dies") }
        return
      }
      var communicator = world
      for step in 0..<6 {
        if step == 3 && world.rank == world.size - 1 { kill(getpid(), SIGKILL) }
        do {
          let count = try communicator.allReduce(1, .sum)
          if communicator.rank == 0 { print("step \(step): \(count) processes") }
        } catch MPIError.Code.processFailed, MPIError.Code.revoked {
          communicator = try survivors(of: communicator)
        }
      }
    }
  }

  /// The processes that are alive. All of them come here: who has met the failure tells the others.
  static func survivors(of communicator: Communicator) throws -> Communicator {
    try communicator.revoke()
    let rest = try communicator.shrunk()
    if rest.rank == 0 { print("\(communicator.size - rest.size) died") }
    return rest
  }
}
