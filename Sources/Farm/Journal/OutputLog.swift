internal import Glibc
internal import SPMD

/// The outputs of all tasks, one behind the other, in one file; the journal knows their places.
package final class OutputLog {
  package let path: String
  private let descriptor: Int32
  private var size: Int

  /// Opens the file.
  ///
  /// - Parameter isNew: Whether it is made, and must not be there yet.
  package init(at path: String, isNew: Bool) throws {
    self.path = path
    let flags = O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | (isNew ? O_EXCL : 0)
    descriptor = unsafe open(path, flags, 0o666)
    guard descriptor >= 0 else {
      throw FarmError("\(path): \(errno == EEXIST ? "exists already" : errorText(errno))")
    }
    size = Int(lseek(descriptor, 0, SEEK_END))
  }

  deinit { close(descriptor) }

  /// Writes an output.
  ///
  /// - Returns: Its place.
  package func append(_ output: [UInt8]) throws -> Int {
    let offset = size
    do {
      try writeAll(output[...], to: descriptor)
    } catch {
      ftruncate(descriptor, off_t(size))
      throw FarmError("\(path): \(errorText(error.code))")
    }
    size += output.count
    return offset
  }

  /// Copies an output to another file, a part at a time.
  package static func copy(
    _ range: Range<Int>, of path: String, to target: Int32
  ) throws {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FarmError("\(path): \(errorText(errno))") }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var offset = range.lowerBound
    while offset < range.upperBound {
      let count = unsafe pread(
        descriptor, &buffer, min(buffer.count, range.upperBound - offset), off_t(offset))
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else {
        throw FarmError("\(path): \(count == 0 ? "is too short" : errorText(errno))")
      }
      do {
        try writeAll(buffer[..<count], to: target)
      } catch {
        throw FarmError("standard output: \(errorText(error.code))")
      }
      offset += count
    }
  }
}
