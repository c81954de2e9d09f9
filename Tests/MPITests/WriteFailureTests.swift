import Foundation
import MPI
import Testing

/// In a suite that comes after the others: once a collective write has failed inside Open MPI (seen in 4.1.4), every later
/// `MPI_File_sync` of the process that wrote for all fails, too, whatever the file.
@Suite("Files that cannot be written") struct WriteFailureTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  private let count = 1000

  /// MPICH (seen in 4.0.2) never completes such an operation, which takes some seconds to find out.
  @Test(
    "A full disk, nonblocking",
    .enabled("needs /dev/full") { FileManager.default.fileExists(atPath: "/dev/full") })
  func fullNonblocking() throws {
    let mine = values(of: world.rank, count)
    let file = try File(opening: "/dev/full", mode: .write, on: world)
    var failure: MPIError?
    do {
      try file.immediate.write(mine, at: world.rank * count).wait()
    } catch {
      failure = error as? MPIError
    }
    try file.close()
    // Not all libraries tell the reason.
    #expect(failure?.code == .noSpace || failure?.code == .inputOutput)
    #expect(failure?.message.contains("/dev/full") == true)
  }

  /// A disk that is full: the device is one, for whoever writes to it.
  @Test(
    "A full disk",
    .enabled("needs /dev/full") { FileManager.default.fileExists(atPath: "/dev/full") },
    arguments: bothWays)
  func full(collectively: Bool) throws {
    let mine = values(of: world.rank, count)
    let file = try File(opening: "/dev/full", mode: .write, on: world)
    var errors: [any Error] = []
    for position in [world.rank * count, nil] {
      var failure: MPIError?
      do {
        if let position {
          try file.write(mine, at: position, collectively: collectively)
        } else {
          try file.write(mine, collectively: collectively)
        }
      } catch {
        failure = error as? MPIError
      }
      let failures = try world.allReduce(failure == nil ? 0 : 1, .sum)
      // One rank may have written for all.
      #expect(failures == world.size || collectively && failures >= 1)
      if let failure { errors.append(failure) }
    }
    try file.close()
    // Those that others have written for need not know the reason.
    let reasons = try world.allReduce(errors.filter { $0.code == .noSpace }.count, .sum)
    #expect(reasons >= 2)
    for error in errors {
      let message = "\(error)".lowercased()
      #expect(message.contains("/dev/full"))
      #expect(
        error.code == .noSpace && message.contains("no space")
          || collectively && error.code == .inputOutput, "\(error)")
    }
  }

  /// Files of this process may not be longer than some bytes, so that a write is done in part.
  @Test("A write that is done in part", arguments: bothWays) func partial(collectively: Bool) throws
  {
    try world.withScratch { scratch in
      let mine = [UInt8](repeating: UInt8(world.rank + 1), count: 10_000)
      let file = try File(opening: scratch.path("f"), mode: [.create, .write], on: world)
      try world.barrier()
      var old = rlimit()
      unsafe getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &old)
      var new = old
      new.rlim_cur = rlim_t(world.size * 10_000 - 1000)
      let handler = signal(SIGXFSZ, SIG_IGN)
      unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &new)
      var failure: MPIError?
      do {
        try file.write(mine, at: world.rank * 10_000, collectively: collectively)
      } catch {
        failure = error as? MPIError
      }
      unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &old)
      signal(SIGXFSZ, handler)
      // What the library keeps to itself is found when the file is closed.
      do { try file.close() } catch { failure = failure ?? error as? MPIError }
      let failures = try world.allReduce(failure == nil ? 0 : 1, .sum)
      // Which rank wrote the last bytes of a collective operation is up to the library.
      #expect(failures >= 1)
      if !collectively { #expect((failure != nil) == (world.rank == world.size - 1)) }
      if let failure {
        #expect(failure.code == .inputOutput, "\(failure)")
        #expect(failure.message.contains(scratch.path("f")))
      }
    }
  }
}
