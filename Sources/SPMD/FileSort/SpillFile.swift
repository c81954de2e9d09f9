#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The text of an error number.
package func errorText(_ code: Int32) -> String {
  unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
}

/// A temporary file without a name, which the system removes however the process ends.
///
/// The first error of reading is kept, and later reads give zeros, so that the ranks can go on to
/// where they agree.
final class SpillFile {
  private let folder: String
  private let descriptor: Int32
  private(set) var byteCount = 0
  private(set) var failure: SortError?

  init(in folder: String) throws {
    self.folder = folder
    #if canImport(Glibc)
      let nameless = unsafe open(folder, __O_TMPFILE | O_RDWR | O_CLOEXEC, 0o600)
      if nameless >= 0 {
        descriptor = nameless
        return
      }
    #endif
    // Where the file system has no files without a name, this one has its name for a moment.
    var path = Array((folder + "/pcompute-XXXXXX").utf8CString)
    descriptor = unsafe mkstemp(&path)
    guard descriptor >= 0 else { throw SortError("\(folder): \(errorText(errno))") }
    _ = unsafe unlink(path)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  deinit { close(descriptor) }

  /// Appends bytes.
  func append(_ bytes: UnsafePointer<UInt8>, count: Int) throws {
    do {
      try unsafe writeAll(bytes, count: count, to: descriptor, at: byteCount)
    } catch {
      throw SortError("\(folder): a temporary file: \(errorText(error.code))")
    }
    byteCount += count
  }

  /// Reads bytes that were written.
  func read(_ range: Range<Int>, into target: UnsafeMutablePointer<UInt8>) {
    var done = 0
    while done < range.count && failure == nil {
      let got = unsafe pread(
        descriptor, target + done, range.count - done, off_t(range.lowerBound + done))
      if got > 0 {
        done += got
      } else if got == 0 || errno != EINTR {
        failure = SortError(
          "\(folder): a temporary file: \(got == 0 ? "is too short" : errorText(errno))")
      }
    }
    if done < range.count {
      unsafe (target + done).initialize(repeating: 0, count: range.count - done)
    }
  }
}

/// An error number of the system's.
struct SystemError: Error {
  let code: Int32
}

/// Writes bytes at a place of a file, all of them.
func writeAll(
  _ bytes: UnsafePointer<UInt8>, count: Int, to descriptor: Int32, at offset: Int
) throws(SystemError) {
  var done = 0
  while done < count {
    let written = unsafe pwrite(descriptor, bytes + done, count - done, off_t(offset + done))
    if written < 0 {
      if errno == EINTR { continue }
      throw SystemError(code: errno)
    }
    done += written
  }
}
