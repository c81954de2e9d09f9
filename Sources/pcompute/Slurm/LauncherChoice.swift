internal import MPI

/// What starts the ranks of a batch job.
enum LauncherOption: String, CaseIterable {
  case auto, srun, mpirun
}

/// The way to start a job's ranks that works with the MPI of this program, and why.
struct LauncherChoice {
  let launcher: BatchScript.Launcher
  let reason: String
  /// The name and version of the MPI.
  private static var library: String {
    let text = libraryVersion.split(whereSeparator: \.isNewline).first ?? ""
    let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    if words.hasPrefix("Open MPI") { return String(words.prefix { $0 != "," }) }
    return words.replacing("Version:", with: "").split(separator: " ").joined(separator: " ")
  }

  /// - Parameters:
  ///   - wish: What the user wants.
  ///   - survives: Whether the job is to go on when a rank dies.
  /// - Throws: ``Failure`` where that is not to be had.
  init(_ wish: LauncherOption, survives: Bool) throws {
    let library = Self.library
    let isOpenMPI = library.hasPrefix("Open MPI")
    let names =
      isOpenMPI ? ["mpirun.openmpi", "mpirun"] : ["mpirun.mpich", "mpiexec.hydra", "mpirun"]
    let wanted = environmentVariable("PCOMPUTE_LAUNCHER").map { [$0] } ?? names
    let mpirun = wanted.lazy.compactMap(Tool.path).first
    let plugin = Self.plugin(isOpenMPI: isOpenMPI)

    func choose(srun plugin: String, _ why: String) -> Self {
      Self(launcher: .srun(plugin: plugin), reason: "srun: \(why)")
    }
    func choose(mpirun path: String, _ why: String) -> Self {
      Self(launcher: .mpirun(path: path), reason: "mpirun: \(why)")
    }
    switch wish {
    case .srun:
      guard let plugin else {
        throw Failure(message: "srun has no plugin that starts \(library) (srun --mpi=list)")
      }
      self = choose(srun: plugin, "asked for")
    case .mpirun:
      guard let mpirun else { throw Failure(message: "no mpirun of \(library) found in PATH") }
      self = choose(mpirun: mpirun, "asked for")
    case .auto:
      if survives, let mpirun {
        self = choose(mpirun: mpirun, "srun would end the job with the first rank that dies")
      } else if let plugin {
        self = choose(
          srun: plugin, "Slurm's plugin \(plugin) starts the ranks of \(library) by itself")
      } else if let mpirun {
        self = choose(mpirun: mpirun, "srun has no plugin that starts \(library)")
      } else {
        throw Failure(message: "neither a plugin of srun nor an mpirun for \(library) was found")
      }
    }
  }

  private init(launcher: BatchScript.Launcher, reason: String) {
    self.launcher = launcher
    self.reason = reason
  }

  /// The plugin of srun that this MPI can be started by.
  private static func plugin(isOpenMPI: Bool) -> String? {
    // Printed to standard error.
    let list = try? Tool.path(of: "srun").map {
      try Tool.run($0, ["--mpi=list"], mergingErrors: true).output
    }
    let plugins = Set((list ?? "").split(whereSeparator: \.isWhitespace).map(String.init))
    return (isOpenMPI ? ["pmix"] : ["pmi2"]).first(where: plugins.contains)
  }
}
