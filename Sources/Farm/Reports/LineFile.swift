internal import Glibc
internal import SPMD

/// A text file that lines are written to while others read it: each call writes whole lines.
final class LineFile {
  private let path: String
  private let descriptor: Int32
  /// Whether there is nothing in it yet.
  let isEmpty: Bool

  /// - Parameter appends: Whether what is there stays.
  init(_ path: String, appends: Bool) throws {
    self.path = path
    let mode = appends ? O_APPEND : O_TRUNC
    descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_CLOEXEC | mode, 0o666)
    guard descriptor >= 0 else { throw FarmError("\(path): \(errorText(errno))") }
    isEmpty = lseek(descriptor, 0, SEEK_END) <= 0
  }

  deinit { close(descriptor) }

  func write(_ lines: String) throws {
    guard !lines.isEmpty else { return }
    do {
      try writeAll(Array(lines.utf8)[...], to: descriptor)
    } catch {
      throw FarmError("\(path): \(errorText(error.code))")
    }
  }
}
