internal import Glibc

/// What is left to do when the job is interrupted: removing a file that is not whole.
///
/// The launcher passes SIGINT and SIGTERM on to all ranks, any of which removes the file.
enum Interruption {
  /// Has a file removed when a signal ends this process; `nil` for none.
  static func remove(_ path: String?) {
    guard let path else {
      unsafe doomedPath = nil
      return
    }
    // Never freed: a signal may come at any time.
    unsafe doomedPath = unsafe strdup(path)
    for number in [SIGINT, SIGTERM, SIGHUP] {
      var action = sigaction()
      // What is ignored stays ignored, as nohup(1) wants it.
      guard unsafe sigaction(number, nil, &action) == 0, !isIgnored(action) else { continue }
      signal(number) { number in
        // Only what a signal handler may call (signal-safety(7)).
        if let path = unsafe doomedPath { _ = unsafe unlink(path) }
        _ = signal(number, SIG_DFL)
        raise(number)
      }
    }
  }

  private static func isIgnored(_ action: sigaction) -> Bool {
    // Pointers to functions cannot be compared in Swift.
    unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
      == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  /// Has writes beyond the limit of a file's size fail instead of ending the process.
  static func reportFileSizeLimit() {
    _ = signal(SIGXFSZ, SIG_IGN)
  }
}

/// Read by the signal handler, which must not run an initializer: a constant one is none.
private nonisolated(unsafe) var doomedPath: UnsafeMutablePointer<CChar>? = nil
