internal import Glibc

/// Signals that end a farm, or warn of its end, as flags that an event loop reads.
enum FarmSignals {
  /// What a signal asks for.
  enum Request: Int32, Comparable {
    case none, soon, now
    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  }

  /// Has SIGTERM, SIGINT and SIGHUP end the running tasks, and further signals have no more begin.
  ///
  /// - Parameter isTolerant: Whether the death of another rank is to be outlived.
  static func install(warnings: [Int32], isTolerant: Bool) {
    for variable in ["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"]
    where unsafe getenv(variable) != nil {
      unsafe launcher = getppid()
    }
    // run.sh puts a shell between the two where the launcher would take the death of a rank for its own end.
    if let number = unsafe getenv("PCOMPUTE_PROXY") {
      unsafe launcher = atoi(number)
      unsafe isDistant = true
    }
    _ = signal(SIGPIPE, SIG_IGN)
    _ = signal(SIGXFSZ, SIG_IGN)
    // MPICH's launcher sends it to all ranks when one has died.
    if isTolerant { _ = signal(SIGUSR1, SIG_IGN) }
    for number in [SIGTERM, SIGINT, SIGHUP] {
      signal(number) { number in
        unsafe lastSignal = number
        unsafe requested = Request.now.rawValue
      }
    }
    for number in warnings {
      signal(number) { number in
        unsafe lastSignal = number
        unsafe requested = max(unsafe requested, Request.soon.rawValue)
      }
    }
  }

  static var request: Request {
    isLauncherGone ? .now : unsafe Request(rawValue: requested) ?? .none
  }

  /// Whether a signal has come to this process as a warning: tasks that it ends have not failed.
  static func hasWarned(_ number: Int32) -> Bool {
    unsafe requested == Request.soon.rawValue && lastSignal == number
  }

  /// Whether the launcher that has started this process has died, which kills nobody.
  static var isLauncherGone: Bool {
    if unsafe isDistant { return unsafe kill(launcher, 0) != 0 && errno == ESRCH }
    return unsafe launcher != 0 && getppid() != launcher
  }

  /// The name of the signal that has come, for people.
  static var name: String {
    if isLauncherGone { return "the end of the MPI launcher" }
    let number = unsafe lastSignal
    let names = [
      SIGTERM: "SIGTERM", SIGINT: "SIGINT", SIGHUP: "SIGHUP", SIGUSR1: "SIGUSR1",
      SIGUSR2: "SIGUSR2",
    ]
    return names[number] ?? "signal \(number)"
  }
}

/// The parent of this process, where that is an MPI launcher; otherwise 0.
private nonisolated(unsafe) var launcher: pid_t = 0
/// Whether it is not the parent itself.
private nonisolated(unsafe) var isDistant = false
// Written by signal handlers: plain stores into variables whose initial values are constants.
private nonisolated(unsafe) var requested: Int32 = 0
private nonisolated(unsafe) var lastSignal: Int32 = 0
