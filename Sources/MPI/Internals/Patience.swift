internal import CMPI
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// How long what nobody waits for may take, in seconds.
private let patience = 5

/// Runs a call that waits for other ranks on behalf of a value that is going out of scope. Where
/// they do not come, because an error is on its way past that value, say, the job ends with a
/// message rather than hang.
///
/// - Parameter what: What has happened, for the message.
func withPatience(_ what: String, _ body: () -> Void) {
  let watch = Watch(what)
  watch.start()
  body()
  watch.isOver.store(true, ordering: .releasing)
}

/// A thread that waits for a call of another one to return.
private final class Watch: Sendable {
  let isOver = Atomic<Bool>(false)
  private let what: String

  init(_ what: String) { self.what = what }

  /// Where there can be no thread, nobody waits.
  func start() { startDetachedThread { self.run() } }

  private func run() {
    for _ in 0..<(patience * 20) {
      usleep(50_000)
      if isOver.load(ordering: .acquiring) { return }
    }
    let message =
      "\(what), and the other ranks had not come \(patience) s later; was an error thrown past it?"
    if threading == .multiple { endJob(because: Abandoned(description: message)) }
    // The library must not be called from here. Launchers end a job of which a process has failed.
    writeLine(message)
    _exit(1)
  }
}

/// Why a job ends that would otherwise hang.
private struct Abandoned: Error, CustomStringConvertible {
  let description: String
}
