import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What a program has left behind.
public struct LaunchResult: Sendable {
  /// The exit status; 128 and the signal's number, as in a shell, for a program that a signal ended.
  public let status: Int32
  /// All of standard output.
  public let standardOutput: String
  /// All of standard error.
  public let standardError: String
  /// From start to end.
  public let duration: Duration
}

/// A program under way, with all processes that it has started.
///
/// Its output goes to files instead of pipes, so that no one has to read along.
public final class Launch {
  private let command: String
  private let pid: pid_t
  private let output: FileHandle
  private let error: FileHandle
  private let start = ContinuousClock.now
  private var status: Int32?

  /// Stands in the environment of every process of this launch: launchers move ranks to process groups of their own, so
  /// that nothing else connects them.
  private let mark = "PCOMPUTE_LAUNCH=\(UUID())"

  /// Starts a program; one without a slash is looked for in `PATH`.
  public init(
    _ program: String, _ arguments: [String] = [], environment: [String: String] = [:],
    directory: String? = nil, input: String = ""
  ) throws {
    command = ([program] + arguments).joined(separator: " ")
    output = try temporaryFile()
    error = try temporaryFile()
    let inputFile = try temporaryFile()
    try inputFile.write(contentsOf: Data(input.utf8))
    try inputFile.seek(toOffset: 0)
    // posix_spawn cannot change the folder everywhere; env can.
    let prefix = directory.map { ["env", "-C", $0] } ?? []
    pid = try spawn(
      prefix + [program] + arguments, Self.environment(environment) + [mark],
      [inputFile, output, error].map(\.fileDescriptor))
  }

  deinit {
    if status == nil { endAll() }
  }

  /// The environment of a launch, without what an MPI library has put into that of this process: a program that is
  /// started must not take itself for a part of this job.
  private static func environment(_ additions: [String: String]) -> [String] {
    let foreign = ["PMIX_", "PMI_", "OMPI_COMM_", "OMPI_APP_", "OMPI_UNIVERSE_", "OMPI_FILE_"]
    let inherited = ProcessInfo.processInfo.environment.filter { variable in
      !foreign.contains { variable.key.hasPrefix($0) }
    }
    return inherited.merging(additions) { $1 }.map { "\($0)=\($1)" }
  }

  /// What the program has printed so far.
  public var standardOutput: String { contents(of: output) }

  /// What the program has printed to standard error so far.
  public var standardError: String { contents(of: error) }

  /// Sends a signal to the program, not to the processes that it has started.
  public func send(signal: Int32) {
    if status == nil { kill(pid, signal) }
  }

  /// Waits until a condition holds, asking again and again.
  ///
  /// - Returns: Whether it holds; `false` at the time limit, or once the program has ended without it.
  public func wait(timeout: Duration, until condition: (Launch) -> Bool) -> Bool {
    let deadline = ContinuousClock.now + timeout
    while ContinuousClock.now < deadline {
      let ended = hasEnded()
      if condition(self) { return true }
      if ended { return false }
      usleep(2000)
    }
    return condition(self)
  }

  /// Waits for the end of the program.
  ///
  /// - Throws: ``LaunchError/timedOut(_:after:standardOutput:standardError:)`` once `timeout` has passed; no process of
  ///   the launch is alive then.
  public func result(timeout: Duration) throws -> LaunchResult {
    let deadline = start + timeout
    while !hasEnded() {
      if ContinuousClock.now > deadline {
        endAll()
        throw LaunchError.timedOut(
          command, after: timeout, standardOutput: standardOutput, standardError: standardError)
      }
      usleep(2000)
    }
    return LaunchResult(
      status: status ?? -1, standardOutput: standardOutput, standardError: standardError,
      duration: ContinuousClock.now - start)
  }

  /// The processes of this launch that are alive: identifiers and command lines.
  public func processes() -> [(pid: Int32, command: String)] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { Int32($0) }.compactMap { candidate in
      guard let variables = field("environ", of: candidate), variables.contains(mark),
        let line = field("cmdline", of: candidate)
      else { return nil }
      return (candidate, line.joined(separator: " "))
    }
  }

  /// The processes that are still alive after some time for them to end.
  public func leftovers(after patience: Duration = .seconds(5)) -> [String] {
    let deadline = ContinuousClock.now + patience
    while true {
      let alive = processes()
      if alive.isEmpty || ContinuousClock.now > deadline { return alive.map(\.command) }
      usleep(20_000)
    }
  }

  private func hasEnded() -> Bool {
    guard status == nil else { return true }
    var raw: Int32 = 0
    guard unsafe waitpid(pid, &raw, WNOHANG) == pid else { return false }
    let signal = raw & 0x7f
    status = signal == 0 ? (raw >> 8) & 0xff : 128 + signal
    return true
  }

  /// Ends the program: first with a signal that a launcher passes on, then all that is left by force.
  private func endAll() {
    kill(pid, SIGTERM)
    _ = wait(timeout: .seconds(4)) { $0.hasEnded() }
    kill(-pid, SIGKILL)
    for process in processes() { kill(process.pid, SIGKILL) }
    _ = wait(timeout: .seconds(4)) { $0.hasEnded() }
  }
}

/// One file of a process in `/proc`, cut at its null bytes; `nil` for a process that is gone, or is another user's.
private func field(_ name: String, of pid: Int32) -> [String]? {
  guard let file = FileHandle(forReadingAtPath: "/proc/\(pid)/\(name)"),
    let data = try? file.readToEnd()
  else { return nil }
  return data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
}

/// An open file without a name.
private func temporaryFile() throws -> FileHandle {
  var path = Array((NSTemporaryDirectory() + "/pcompute-XXXXXX").utf8CString)
  let descriptor = unsafe mkstemp(&path)
  guard descriptor >= 0 else {
    throw LaunchError.notStarted("mkstemp", reason: unsafe String(cString: strerror(errno)))
  }
  _ = unsafe unlink(path)
  _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
}

/// All of a file, without moving the place where the program writes.
private func contents(of file: FileHandle) -> String {
  var size = stat()
  guard unsafe fstat(file.fileDescriptor, &size) == 0 else { return "" }
  var bytes = [UInt8](repeating: 0, count: Int(size.st_size))
  let count = unsafe bytes.withUnsafeMutableBytes {
    unsafe pread(file.fileDescriptor, $0.baseAddress, $0.count, 0)
  }
  return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
}

/// Starts a process in a group of its own, with standard input, output and error on `files`.
private func spawn(
  _ arguments: [String], _ environment: [String], _ files: [Int32]
) throws -> pid_t {
  var actions = unsafe posix_spawn_file_actions_t()
  unsafe posix_spawn_file_actions_init(&actions)
  defer { unsafe posix_spawn_file_actions_destroy(&actions) }
  for (target, file) in files.enumerated() {
    unsafe posix_spawn_file_actions_adddup2(&actions, file, Int32(target))
  }

  // Threads of Swift's pool block signals, which a child would inherit: it would be deaf to SIGTERM.
  var attributes = posix_spawnattr_t()
  unsafe posix_spawnattr_init(&attributes)
  defer { unsafe posix_spawnattr_destroy(&attributes) }
  var none = sigset_t()
  unsafe sigemptyset(&none)
  unsafe posix_spawnattr_setsigmask(&attributes, &none)
  unsafe posix_spawnattr_setflags(
    &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))

  var cArguments = unsafe arguments.map { unsafe strdup($0) } + [nil]
  var cEnvironment = unsafe environment.map { unsafe strdup($0) } + [nil]
  defer {
    unsafe (cArguments + cEnvironment).forEach { unsafe free($0) }
  }
  var pid: pid_t = 0
  let code = unsafe posix_spawnp(
    &pid, arguments[0], &actions, &attributes, &cArguments, &cEnvironment)
  guard code == 0 else {
    throw LaunchError.notStarted(arguments[0], reason: unsafe String(cString: strerror(code)))
  }
  return pid
}
