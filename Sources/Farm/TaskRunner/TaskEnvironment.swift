internal import Glibc

/// The environment that tasks get: that of the rank, without what tells an MPI program which rank it
/// is, and with what tells the task which task it is.
struct TaskEnvironment {
  /// Prefixes of variables by which launchers (Open MPI, PRRTE, MPICH's Hydra, Slurm's PMI) tell a
  /// process that it is a rank: a task that is an MPI program would take itself for this one.
  private static let foreign = [
    "OMPI_", "ORTE_", "PRTE_", "PMIX_", "PMI_", "HYDRA_", "HYDI_", "MPI_LOCAL", "MPIR_",
    "SLURM_PMI",
    // Where rank 0 leaves the farm's exit status: not where a farm within a task does.
    "PCOMPUTE_VERDICT", "PCOMPUTE_PROXY",
  ]
  /// These are the user's, not the launcher's.
  private static let kept = [
    "OMPI_ALLOW_RUN_AS_ROOT", "PRTE_ALLOW_RUN_AS_ROOT", "OMPI_CC", "OMPI_CXX", "OMPI_FC",
  ]

  /// What one task has beside, or instead of, what all have.
  struct Variables {
    var own = CStrings()
    /// The names of those that replace others.
    var replaced: [String] = []
  }

  private var values: [String: String] = [:]
  private var names: [String] = []
  /// `NAME=value`, in the order of `names`.
  private var shared = CStrings()
  /// The folder that the rank runs in.
  let folder: String

  init(rank: Int, keepsLauncherVariables: Bool) {
    let current = unsafe getcwd(nil, 0)
    folder = unsafe current.map { unsafe String(cString: $0) } ?? "/"
    unsafe free(current)
    var index = 0
    while let entry = unsafe environ[index] {
      index += 1
      let text = unsafe String(cString: entry)
      guard let equals = text.firstIndex(of: "=") else { continue }
      let name = String(text[..<equals])
      let isForeign =
        Self.foreign.contains { name.hasPrefix($0) } && !Self.kept.contains { name.hasPrefix($0) }
      if isForeign && !keepsLauncherVariables { continue }
      set(name, String(text[text.index(after: equals)...]))
    }
    set("PCOMPUTE_RANK", "\(rank)")
    // As the shell would set it.
    if values["PWD"] == nil || !isThisFolder(values["PWD"] ?? "") { set("PWD", folder) }
    shared = CStrings(names.map { "\($0)=\(values[$0] ?? "")" })
  }

  private mutating func set(_ name: String, _ value: String) {
    if values.updateValue(value, forKey: name) == nil { names.append(name) }
  }

  private func isThisFolder(_ path: String) -> Bool {
    var mine = stat()
    var other = stat()
    guard path.hasPrefix("/"), unsafe stat(".", &mine) == 0, unsafe stat(path, &other) == 0 else {
      return false
    }
    return mine.st_ino == other.st_ino && mine.st_dev == other.st_dev
  }

  subscript(name: String) -> String? { values[name] }

  /// The variables of one run of a task.
  func variables(for task: FarmTask, attempt: Int) -> Variables {
    var variables = Variables()
    variables.own.append("PCOMPUTE_TASK_ID=\(task.id)")
    variables.own.append("PCOMPUTE_TASK_INDEX=\(task.index)")
    variables.own.append("PCOMPUTE_ATTEMPT=\(attempt)")
    variables.replaced = ["PCOMPUTE_TASK_ID", "PCOMPUTE_TASK_INDEX", "PCOMPUTE_ATTEMPT"]
    if let directory = task.directory, task.environment["PWD"] == nil {
      variables.replaced.append("PWD")
      variables.own.append("PWD=\(directory.hasPrefix("/") ? directory : "\(folder)/\(directory)")")
    }
    for (name, value) in task.environment {
      variables.replaced.append(name)
      variables.own.append("\(name)=\(value)")
    }
    return variables
  }

  /// Lends C the environment of a task.
  func withPointers<Result>(
    _ variables: Variables, _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
  ) -> Result {
    var shared = shared
    // Shells take the last of two variables with one name, `getenv` the first.
    let replaced = variables.replaced.filter { values[$0] != nil }
    if !replaced.isEmpty {
      shared.offsets = zip(names, shared.offsets).filter { !replaced.contains($0.0) }.map(\.1)
    }
    return unsafe withCStrings(shared, variables.own, body)
  }
}
