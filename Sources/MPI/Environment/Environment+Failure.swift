internal import CMPI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension Communicator {
  /// Ends all processes of the job, at once.
  ///
  /// - Parameter code: The exit status, as far as the launcher passes it on.
  ///
  /// The corresponding C function is `MPI_Abort` (MPI 3.1 §8.7).
  public func abort(code: Int = 1) -> Never {
    abortJob(raw, code: CInt(truncatingIfNeeded: code))
  }
}

func abortJob(_ communicator: RawCommunicator, code: CInt) -> Never {
  if isRunning { _ = MPI_Abort(communicator, code) }
  // Where the library is not running, or returns, this process at least ends.
  exit(code == 0 ? 1 : code)
}

/// Prints an error that no one caught, and ends the job.
func endJob(because error: any Error) -> Never {
  var place = ""
  if isRunning {
    let world = Communicator.world
    place = "rank \(world.rank) of \(world.size) on \(processorName): "
  }
  writeLine("\(place)\(error)")
  // A launcher may end this process, and drop what it has not read yet, as soon as it hears of the
  // abort (seen with MPICH 4.0).
  usleep(100_000)
  // Not the world's own abort: initializing may be what failed.
  abortJob(CMPI_COMM_WORLD, code: 1)
}

/// Writes one line to standard error in one piece, so that lines of several ranks do not mix.
func writeLine(_ line: String) {
  var bytes = Array((line + "\n").utf8)[...]
  while !bytes.isEmpty {
    let written = unsafe bytes.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
    if written <= 0 { return }
    bytes = bytes.dropFirst(written)
  }
}

/// What is wrong with the way this program was started, or `nil` where nothing is.
///
/// An `mpirun` of one MPI that starts a program built with another gives as many separate programs
/// as there should be ranks, each of which takes itself for the only one. The environment tells:
/// the launcher has said how many processes it started.
///
/// - Precondition: MPI is initialized.
public var launcherMismatch: String? {
  guard Communicator.world.size == 1 else { return nil }
  // The variables in which launchers tell the number of processes: Open MPI's, then those of PMI,
  // which MPICH and its relatives speak, then that of Slurm's srun.
  for variable in ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_SIZE", "SLURM_STEP_NUM_TASKS"] {
    guard let size = environment(variable).flatMap({ Int($0) }) else { continue }
    // The first one that is set speaks for the launcher nearest to this process.
    if size == 1 { return nil }
    let library = libraryVersion.prefix { $0 != "," && $0 != "\n" }
      .split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return """
      \(variable) says that \(size) processes were started, but each is rank 0 of 1: \
      this program uses \(library), and the launcher belongs to another MPI
      """
  }
  return nil
}

/// Prints a warning on the first process of those that the launcher started, as far as the
/// environment tells.
func warnOnce(_ warning: String) {
  for variable in ["OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK", "SLURM_PROCID"] {
    if let rank = environment(variable) {
      if rank != "0" { return }
      break
    }
  }
  writeLine("warning: \(warning)")
}

private func environment(_ name: String) -> String? {
  guard let value = unsafe getenv(name) else { return nil }
  return unsafe String(cString: value)
}

/// In debug builds, has Open MPI take the way on which a message that is too long for its storage is
/// truncated. On the fast way, which copies once instead of twice, the library writes all of the
/// message before it reports the error (seen in 4.1.4 and 5.0.11, for messages above the eager
/// limit). Version 5 has a framework of its own for it, smsc, all of whose components are left out.
///
/// What the user has set stays.
func preferSafeTransfers() {
  #if DEBUG
    for (name, value) in [
      ("OMPI_MCA_btl_self_flags", "send,inplace"),
      ("OMPI_MCA_btl_vader_flags", "send,inplace"),
      ("OMPI_MCA_btl_vader_single_copy_mechanism", "none"),
      ("OMPI_MCA_btl_tcp_flags", "send,inplace"),
      ("OMPI_MCA_smsc", "^cma,knem,xpmem"),
    ] {
      unsafe setenv(name, value, 0)
    }
  #endif
}
