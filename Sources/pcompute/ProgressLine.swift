internal import Glibc

/// One line on a terminal that says how far rank 0 is; nothing where standard error goes elsewhere.
final class ProgressLine {
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let clock = ContinuousClock()
  private var last: ContinuousClock.Instant?
  private var isShown = false

  func show(_ fraction: Double, _ what: String = "read") {
    show(text: "\(Int(fraction * 100)) % \(what)")
  }

  func show(text: @autoclosure () -> String) {
    guard isTerminal else { return }
    let now = clock.now
    guard let last else {
      // Short jobs show nothing.
      self.last = now
      return
    }
    guard last.duration(to: now) > .milliseconds(200) else { return }
    self.last = now
    isShown = true
    write("\r\(text())\u{1B}[K")
  }

  func clear() {
    if isShown { write("\r\u{1B}[K") }
    isShown = false
  }

  private func write(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      _ = unsafe Glibc.write(STDERR_FILENO, bytes.baseAddress, bytes.count)
    }
  }
}
