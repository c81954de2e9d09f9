import Foundation

/// Several hosts on this machine, for one test: see `Tests/lab/hosts`.
public final class HostLab {
  private let folder: String
  /// How many there are: h1, h2, …
  public let count: Int
  private static let script = Launcher.packageFolder + "/Tests/lab/hosts"

  /// Why there are none here; `nil` where there can be some.
  public static let obstacle: String? = {
    if getuid() != 0 { return "needs root" }
    if Launcher.mpi != "ompi-c" { return "needs Open MPI" }
    let hasTool = ["/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip"].contains {
      FileManager.default.isExecutableFile(atPath: $0)
    }
    if !hasTool { return "needs ip, of iproute2" }
    let probe = try? Launcher.run("unshare", ["--net", "--uts", "--mount", "true"])
    return probe?.status == 0 ? nil : "needs namespaces of its own"
  }()

  /// Starts them.
  public init(_ count: Int = 2) throws {
    self.count = count
    folder =
      FileManager.default.temporaryDirectory.appending(path: "pcompute-hosts-\(UUID())").path
    try run("up", "\(count)")
  }

  deinit {
    _ = try? run("down")
    try? FileManager.default.removeItem(atPath: folder)
  }

  @discardableResult
  private func run(_ action: String, _ arguments: String...) throws -> String {
    let result = try Launcher.run(Self.script, [action, folder] + arguments)
    guard result.status == 0 else {
      throw LaunchError.notStarted("hosts \(action)", reason: result.standardError)
    }
    return result.standardOutput.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Starts a program on all hosts by `run.sh`.
  ///
  /// - Parameter ranks: On each host.
  public func startMpirun(
    ranks: Int = 2, program: String, _ arguments: [String] = [],
    environment: [String: String] = [:]
  ) throws -> Launch {
    try Launcher.startMpirun(
      ranks: ranks * count, program: program, arguments, options: ["--hosts", hosts(ranks)],
      environment: settings().merging(environment) { $1 }, by: [Self.script] + onHead)
  }

  /// Starts `run.sh farm`, with what that does for a farm.
  public func startFarm(ranks: Int, _ arguments: [String]) throws -> Launch {
    try Launch(
      Self.script,
      onHead + [Launcher.packageFolder + "/run.sh", "--hosts", hosts(ranks), "farm"] + arguments,
      environment: settings())
  }

  /// Has the lab's script run what follows where jobs are started.
  private var onHead: [String] { ["exec", folder, "h0"] }

  private func hosts(_ ranks: Int) -> String {
    (1...count).map { "h\($0):\(ranks)" }.joined(separator: ",")
  }

  private func settings() throws -> [String: String] {
    let network = try run("network")
    return [
      "OMPI_MCA_plm_rsh_agent": try run("agent"), "OMPI_MCA_oob_tcp_if_include": network,
      "OMPI_MCA_btl_tcp_if_include": network, "OMPI_MCA_mpi_yield_when_idle": "1",
    ]
  }

  /// Plugs or pulls a host's cable.
  public func link(_ host: String, isUp: Bool) throws {
    try run("link", host, isUp ? "up" : "down")
  }
}
