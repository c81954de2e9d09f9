internal import CProcess
internal import Glibc
internal import SPMD

/// A task whose process is there.
struct RunningTask {
  let task: Int
  let attempt: Int
  /// Seconds since 1970.
  let start: Double
  var end: Double?
  /// The process, and the group that it leads.
  var process: pid_t = 0
  var output = TaskOutput()
  /// From when on its output is read while it runs, on that clock, too: a short task wakes us once, by
  /// its end, and not by the end of its output before that.
  var readTime = 0.0
  /// When it is told to end, and when it is made to, on the clock of ``steadyTime()``.
  var deadline = Double.infinity
  var killTime = Double.infinity
  /// Why it was told to end.
  var forcedEnding: TaskAttempt.Ending?

  init(task: Int, attempt: Int, start: Double) {
    self.task = task
    self.attempt = attempt
    self.start = start
  }

  var nextDeadline: Double { min(deadline, killTime) }

  /// What `waitpid` has said (wait(2)).
  func ending(status: Int32) -> TaskAttempt.Ending {
    if let forcedEnding { return forcedEnding }
    let signal = status & 0x7f
    return signal == 0 ? .exited(status >> 8 & 0xff) : .signalled(signal)
  }
}

/// Seconds since 1970.
package func wallTime() -> Double { seconds(of: CLOCK_REALTIME) }

/// Seconds on a clock that nobody sets.
package func steadyTime() -> Double { seconds(of: CLOCK_MONOTONIC) }

private func seconds(of clock: clockid_t) -> Double {
  var time = timespec()
  unsafe clock_gettime(clock, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// A file in memory, to be read from its beginning.
func memoryFile(_ bytes: [UInt8]) throws -> Int32 {
  let descriptor = cprocess_memory_file()
  guard descriptor >= 0 else { throw FarmError("input: \(errorText(errno))") }
  do {
    try writeAll(bytes[...], to: descriptor)
  } catch {
    close(descriptor)
    throw FarmError("input: \(errorText(error.code))")
  }
  lseek(descriptor, 0, SEEK_SET)
  return descriptor
}

/// An error number of the system's.
struct SystemError: Error {
  let code: Int32
}

/// Writes bytes where a file stands, all of them.
func writeAll(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) throws(SystemError) {
  var rest = bytes
  while !rest.isEmpty {
    let written = unsafe rest.withUnsafeBytes {
      unsafe write(descriptor, $0.baseAddress, $0.count)
    }
    if written < 0 {
      if errno == EINTR { continue }
      throw SystemError(code: errno)
    }
    rest = rest.dropFirst(written)
  }
}

/// Texts one behind the other, each with its null byte.
struct CStrings {
  private(set) var bytes: [CChar] = []
  /// Where the texts begin.
  var offsets: [Int] = []

  init(_ texts: [String] = []) {
    for text in texts { append(text) }
  }

  mutating func append(_ text: String) {
    offsets.append(bytes.count)
    for byte in text.utf8 { bytes.append(CChar(bitPattern: byte)) }
    bytes.append(0)
  }
}

/// Lends texts to C as a list of pointers that a null pointer ends.
func withCStrings<Result>(
  _ first: CStrings, _ second: CStrings = CStrings(),
  _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  unsafe first.bytes.withUnsafeBufferPointer { firstBytes in
    unsafe second.bytes.withUnsafeBufferPointer { secondBytes in
      var pointers: [UnsafeMutablePointer<CChar>?] = unsafe []
      for unsafe(bytes, strings) in unsafe [(firstBytes, first), (secondBytes, second)] {
        for offset in strings.offsets {
          unsafe pointers.append(
            UnsafeMutablePointer(mutating: bytes.baseAddress?.advanced(by: offset)))
        }
      }
      unsafe pointers.append(nil)
      return unsafe body(pointers)
    }
  }
}
