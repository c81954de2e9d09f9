import Foundation

/// Runs programs as users do, each with a time limit.
///
///     let result = try Launcher.mpirun(
///       ranks: 4, program: Launcher.product("pcompute"), ["stats", path], timeout: .seconds(60))
///     #expect(result.status == 0)
///
/// `mpirun` is started by `run.sh`, which knows the settings for root, for more ranks than cores, and for the MPI in
/// use: there is one place for them.
public enum Launcher {
  /// Runs a program on several ranks.
  ///
  /// - Parameters:
  ///   - ranks: How many processes to start.
  ///   - program: The path of the program.
  ///   - arguments: The program's arguments.
  ///   - options: Further options of `run.sh`, such as `--hosts`.
  ///   - environment: Variables to set, on top of those of this process.
  ///   - input: What rank 0 reads from its standard input.
  ///   - timeout: After this time all processes are ended.
  /// - Returns: What the launcher has printed, and its exit status.
  /// - Throws: ``LaunchError`` where nothing could be started, or the time limit has passed.
  public static func mpirun(
    ranks: Int, program: String, _ arguments: [String] = [], options: [String] = [],
    environment: [String: String] = [:], input: String = "", timeout: Duration = .seconds(60)
  ) throws -> LaunchResult {
    // Open MPI 4 gives ranks a whole second between SIGTERM and SIGKILL where one of them has failed, even those that
    // have ended. Where nobody sends signals nobody needs it.
    let hurry = ["OMPI_MCA_odls_base_sigkill_timeout": "0"].merging(environment) { $1 }
    return try startMpirun(
      ranks: ranks, program: program, arguments, options: options, environment: hurry, input: input
    ).result(timeout: timeout)
  }

  /// Starts a program on several ranks and returns at once, for tests that meddle with it while it runs.
  ///
  /// - Parameter starter: What starts `run.sh`, where that runs in another place.
  public static func startMpirun(
    ranks: Int, program: String, _ arguments: [String] = [], options: [String] = [],
    environment: [String: String] = [:], input: String = "", by starter: [String] = []
  ) throws -> Launch {
    // Tests run beside other tests and builds: ranks that are bound to the same core would wait for each other.
    let unbound = [
      "OMPI_MCA_hwloc_base_binding_policy": "none",  // Open MPI 4
      "PRTE_MCA_hwloc_default_binding_policy": "none",  // Open MPI 5
    ]
    let words =
      starter + [packageFolder + "/run.sh", "-n", "\(ranks)"] + options + ["exec", program]
      + arguments
    return try Launch(
      words[0], Array(words.dropFirst()), environment: unbound.merging(environment) { $1 },
      input: input)
  }

  /// Runs a program by itself, without `mpirun`.
  public static func run(
    _ program: String, _ arguments: [String] = [], environment: [String: String] = [:],
    directory: String? = nil, input: String = "", timeout: Duration = .seconds(60)
  ) throws -> LaunchResult {
    try Launch(
      program, arguments, environment: environment, directory: directory, input: input
    ).result(timeout: timeout)
  }

  /// The path of a program of this package: in the folder that the variable `PCOMPUTE_BIN` names, or else the release
  /// build next to the package.
  public static func product(_ name: String) throws -> String {
    let folder =
      ProcessInfo.processInfo.environment["PCOMPUTE_BIN"] ?? packageFolder + "/.build/release"
    let path = "\(folder)/\(name)"
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw LaunchError.notBuilt(path)
    }
    return path
  }

  /// The name of the MPI that the programs are built with, in the words of pkg-config.
  public static var mpi: String {
    ProcessInfo.processInfo.environment["PCOMPUTE_MPI"] ?? "ompi-c"
  }

  /// Whether the programs are built with MPICH, whose launcher gives other exit statuses, not with Open MPI.
  public static var usesMPICH: Bool { mpi.contains("mpich") }

  /// The folder of the MPI library, unless it is one of the system's, in which programs look by themselves.
  public static let libraryFolder: String? = {
    let asked = try? run("pkg-config", ["--variable=libdir", mpi]).standardOutput
    let folder = (asked ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
    let isSystem = folder.isEmpty || folder.hasPrefix("/usr/lib") || folder.hasPrefix("/lib")
    return isSystem ? nil : folder
  }()

  /// The folder of `Package.swift`.
  public static var packageFolder: String {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path
  }

  /// Makes a folder, passes it on, and removes it.
  public static func withTemporaryFolder<Result>(
    _ body: (String) throws -> Result
  ) throws -> Result {
    let url = FileManager.default.temporaryDirectory.appending(path: "pcompute-\(UUID())")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: url) }
    return try body(url.path)
  }
}

/// Why a program was not run to its end.
public enum LaunchError: Error, CustomStringConvertible {
  /// The program is not there: `./run.sh build` makes it.
  case notBuilt(String)
  /// The system could not start the program.
  case notStarted(String, reason: String)
  /// The program was ended at its time limit; what it had printed by then.
  case timedOut(String, after: Duration, standardOutput: String, standardError: String)

  /// What happened, for people.
  public var description: String {
    switch self {
    case .notBuilt(let path):
      "\(path) is missing: build it with ./run.sh build, or set PCOMPUTE_BIN"
    case .notStarted(let command, let reason):
      "\(command): \(reason)"
    case .timedOut(let command, let limit, let output, let error):
      """
      still running after \(limit), and ended: \(command)
      standard output: \(output.suffix(2000))
      standard error: \(error.suffix(2000))
      """
    }
  }
}
