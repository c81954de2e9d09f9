#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Standard input, a pipe, or whatever else comes when it comes.
final class PipeStream: ByteStream {
  private let name: String
  private let descriptor: Int32

  /// Opens a stream; a pipe with a name waits for who writes to it.
  ///
  /// - Parameter path: Its path, or “-” for standard input.
  init(opening path: String) throws(CSVError) {
    name = path == "-" ? "standard input" : path
    descriptor = path == "-" ? STDIN_FILENO : unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw CSVError("\(path): \(errorText(errno))") }
  }

  deinit { if descriptor != STDIN_FILENO { close(descriptor) } }

  func read(into bytes: inout MutableRawSpan) throws(CSVError) -> Int {
    while true {
      let got = unsafe bytes.withUnsafeMutableBytes {
        #if canImport(Glibc)
          unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
        #else
          unsafe Darwin.read(descriptor, $0.baseAddress, $0.count)
        #endif
      }
      if got >= 0 { return got }
      guard errno == EINTR else { throw CSVError("\(name): \(errorText(errno))") }
    }
  }
}
