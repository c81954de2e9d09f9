import Foundation

/// A Slurm of its own on this machine, for one test: see `Tests/lab/slurm`.
public final class SlurmLab {
  /// For files that all nodes see.
  public let folder: String
  private static let script = Launcher.packageFolder + "/Tests/lab/slurm"

  /// Why there is none here; `nil` where there can be one.
  public static let obstacle: String? = {
    if getuid() != 0 { return "needs root" }
    let missing = ["munged", "slurmctld", "slurmd", "srun", "sbatch", "ip"].filter { name in
      !["/usr/sbin", "/usr/bin", "/sbin", "/bin"].contains {
        FileManager.default.isExecutableFile(atPath: "\($0)/\(name)")
      }
    }
    if !missing.isEmpty { return "needs Slurm: \(missing.joined(separator: ", ")) missing" }
    let probe = try? Launcher.run("unshare", ["--net", "--uts", "true"])
    return probe?.status == 0 ? nil : "needs namespaces of its own"
  }()

  /// Starts it: nodes n1, n2, …
  public init(nodes: Int = 2, processors: Int = 4) throws {
    folder =
      FileManager.default.temporaryDirectory.appending(path: "pcompute-slurm-\(UUID())").path
    let start = try Launcher.run(
      Self.script, ["start", folder, "\(nodes)", "\(processors)"], timeout: .seconds(60))
    guard start.status == 0 else {
      throw LaunchError.notStarted("Slurm", reason: start.standardError)
    }
  }

  deinit {
    _ = try? Launcher.run(Self.script, ["stop", folder], timeout: .seconds(60))
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// Runs a program outside all jobs, as a user does on a login node.
  public func run(
    _ program: String, _ arguments: [String], timeout: Duration = .seconds(60)
  ) throws -> LaunchResult {
    var environment = ["SLURM_CONF": "\(folder)/slurm.conf", "SLURM_TIME_FORMAT": "%s"]
    for name in ["OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] {
      environment[name] = "1"
    }
    return try Launcher.run(
      Self.script, ["exec", folder, program] + arguments, environment: environment,
      directory: folder, timeout: timeout)
  }

  /// Submits a command by `pcompute submit`.
  ///
  /// - Returns: The job's number.
  public func submit(_ options: [String], _ command: [String]) throws -> Int {
    let result = try run(
      Launcher.product("pcompute"),
      ["submit", "--output", "\(folder)/%A.%a.out"] + options + ["--"] + command)
    guard let job = Int(result.standardOutput.trimmingCharacters(in: .whitespacesAndNewlines))
    else {
      throw LaunchError.notStarted("pcompute submit", reason: result.standardError)
    }
    return job
  }

  /// What a job, or a task of an array, has written.
  public func output(of job: Int, task: Int? = nil) throws -> String {
    let name = "\(folder)/\(job).\(task.map(String.init) ?? "4294967294").out"
    return try String(contentsOfFile: name, encoding: .utf8)
  }

  /// A value that Slurm knows of a job, such as `JobState`.
  public func value(_ key: String, of job: Int) throws -> String? {
    let text = try run("scontrol", ["--oneliner", "show", "job", "\(job)"]).standardOutput
    let field = text.split(whereSeparator: \.isWhitespace).first { $0.hasPrefix(key + "=") }
    return field.map { String($0.dropFirst(key.count + 1)) }
  }

  /// Waits until a job is in one of some states.
  ///
  /// - Returns: The state that it is in, at last at the time limit.
  @discardableResult
  public func wait(
    for states: Set<String>, of job: Int, timeout: Duration = .seconds(60)
  ) throws -> String {
    let end = ContinuousClock.now + timeout
    while true {
      let state = try value("JobState", of: job) ?? ""
      if states.contains(state) || ContinuousClock.now > end { return state }
      Thread.sleep(forTimeInterval: 0.1)
    }
  }

  /// Waits until a condition holds.
  ///
  /// - Returns: Whether it does within the time limit.
  public func wait(timeout: Duration = .seconds(60), until condition: () throws -> Bool) rethrows
    -> Bool
  {
    let end = ContinuousClock.now + timeout
    while ContinuousClock.now < end {
      if try condition() { return true }
      Thread.sleep(forTimeInterval: 0.1)
    }
    return try condition()
  }

  /// How many nodes wait for work.
  public func idleNodes() throws -> Int {
    try run("sinfo", ["--noheader", "--Node", "--states", "idle", "--format", "%N"])
      .standardOutput.split(separator: "\n").count
  }

  /// Brings back a node that was lost.
  public func restore(_ node: String) throws {
    _ = try Launcher.run(Self.script, ["return", folder, node])
  }

  /// Ends a node, with all that runs on it.
  public func lose(_ node: String) throws {
    _ = try Launcher.run(Self.script, ["lose", folder, node])
  }
}
