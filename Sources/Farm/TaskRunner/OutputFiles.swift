internal import Glibc
internal import SPMD

/// The two files of a task's outputs: under names of their own while it runs, so that what has the
/// task's name is whole.
struct OutputFiles {
  let outputPath: String
  let errorPath: String
  private let temporaryPaths: [String]

  init(for task: FarmTask, attempt: Int, rank: Int, folder: String) {
    let name = Self.fileName(for: task)
    outputPath = "\(folder)/\(name).out"
    errorPath = "\(folder)/\(name).err"
    temporaryPaths = ["out", "err"].map { "\(folder)/.\(name).\(attempt).\(rank).\($0)" }
  }

  /// Makes the folder, where it is not there.
  static func prepare(_ folder: String) throws {
    var status = stat()
    if unsafe mkdir(folder, 0o777) == 0 { return }
    let code = errno
    guard code == EEXIST, unsafe stat(folder, &status) == 0 else {
      throw FarmError("\(folder): \(errorText(code))")
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw FarmError("\(folder): is not a directory")
    }
    if unsafe access(folder, W_OK | X_OK) != 0 { throw FarmError("\(folder): \(errorText(errno))") }
  }

  /// A task's identifier as the name of a file: other characters than letters, digits and `._-` as
  /// `%` and two hexadecimal digits; long ones cut, with the task's number behind.
  static func fileName(for task: FarmTask) -> String {
    var name = ""
    for byte in task.id.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
        name.unicodeScalars.append(Unicode.Scalar(byte))
      case UInt8(ascii: ".") where !name.isEmpty:
        name.append(".")
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        name += "%" + (digits.count == 1 ? "0" : "") + digits
      }
    }
    return name.utf8.count <= 180 ? name : "\(name.prefix(160))~\(task.index + 1)"
  }

  /// Opens both, empty.
  func open() throws -> (output: Int32, error: Int32) {
    var descriptors: [Int32] = []
    for path in temporaryPaths {
      let descriptor = unsafe Glibc.open(
        path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o666)
      if descriptor < 0 {
        let code = errno
        descriptors.forEach { close($0) }
        discard()
        throw FarmError("\(path): \(errorText(code))")
      }
      descriptors.append(descriptor)
    }
    return (descriptors[0], descriptors[1])
  }

  /// Gives both their names.
  ///
  /// - Returns: Their sizes.
  func finish() throws -> [Int] {
    try zip(temporaryPaths, [outputPath, errorPath]).map { temporary, path in
      var status = stat()
      guard unsafe stat(temporary, &status) == 0, unsafe rename(temporary, path) == 0 else {
        throw FarmError("\(path): \(errorText(errno))")
      }
      return Int(status.st_size)
    }
  }

  func discard() {
    for path in temporaryPaths { _ = unsafe unlink(path) }
  }

  /// Some of a file: from its start, or up to its end.
  static func end(of path: String, size: Int, atMost limit: Int, fromStart: Bool) -> [UInt8] {
    let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    let count = min(size, limit)
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    let offset = fromStart ? 0 : size - count
    while done < count {
      let got = unsafe bytes.withUnsafeMutableBytes {
        unsafe pread(
          descriptor, $0.baseAddress?.advanced(by: done), count - done, off_t(offset + done))
      }
      if got <= 0 { break }
      done += got
    }
    return Array(bytes[..<done])
  }
}
