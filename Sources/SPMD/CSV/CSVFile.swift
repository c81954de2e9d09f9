#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A regular file, open for reading at any place.
final class CSVFile: Sendable {
  let path: String
  let size: Int
  private let descriptor: Int32

  init(opening path: String) throws(CSVError) {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw CSVError("\(path): \(Self.reason(errno))") }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      let code = errno
      close(descriptor)
      throw CSVError("\(path): \(Self.reason(code))")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      let isDirectory = status.st_mode & S_IFMT == S_IFDIR
      throw CSVError(
        isDirectory
          ? "\(path): is a directory"
          : "\(path): is not a regular file (pipes and devices cannot be read in parts)")
    }
    self.path = path
    self.descriptor = descriptor
    size = Int(status.st_size)
    #if os(Linux)
      posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
    #endif
  }

  deinit { close(descriptor) }

  private static func reason(_ code: Int32) -> String {
    unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
  }

  /// Reads bytes at a place: all of those asked for, unless the file ends before.
  func read(at offset: Int, into bytes: UnsafeMutableRawBufferPointer) throws(CSVError) -> Int {
    var done = 0
    while done < bytes.count {
      let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[done...])
      let got = unsafe pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
      if got == 0 { break }
      if got < 0 {
        guard errno != EINTR else { continue }
        throw CSVError("\(path): \(Self.reason(errno)) at byte \(offset + done)")
      }
      done += got
    }
    return done
  }
}
