internal import Glibc

/// Signals that end a farm, or warn of its end, as flags that an event loop reads.
enum FarmSignals {
  /// What a signal asks for.
  enum Request: Int32, Comparable {
    case none, soon, now
    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  }

  /// Has SIGTERM, SIGINT and SIGHUP end the running tasks, and further signals have no more begin.
  static func install(warnings: [Int32]) {
    for variable in ["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"]
    where unsafe getenv(variable) != nil {
      unsafe launcher = getppid()
    }
    _ = signal(SIGPIPE, SIG_IGN)
    _ = signal(SIGXFSZ, SIG_IGN)
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
  static var isLauncherGone: Bool { unsafe launcher != 0 && getppid() != launcher }

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
// Written by signal handlers: plain stores into variables whose initial values are constants.
private nonisolated(unsafe) var requested: Int32 = 0
private nonisolated(unsafe) var lastSignal: Int32 = 0
