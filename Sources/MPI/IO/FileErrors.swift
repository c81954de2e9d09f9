internal import CMPI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

// Libraries say "bad file" or "known error not in list" of what the operating system could tell: it
// is asked again, so that an error names the file and the reason.

/// The error number of C's library, of this thread.
var currentErrno: CInt {
  get { errno }
  set { errno = newValue }
}

/// The error number for a directory where there should be a file.
var directoryErrno: CInt { EISDIR }

extension MPIError {
  /// The error that a routine has reported of a file.
  ///
  /// - Parameter reason: The error number that the operating system gives, or 0.
  static func ofFile(
    _ path: String, _ code: CInt, _ routine: StaticString, _ reason: CInt,
    on communicator: RawCommunicator
  ) -> MPIError {
    let reported = MPIError(untold: code, by: routine, on: communicator)
    let vague: [Code] = [
      .other, .unknown, .inputOutput, .internalError, .badFile, .invalidFile, .access,
    ]
    let isVague = vague.contains(reported.code)
    var message = path.isEmpty ? "'': " : "\(path): "
    var errorClass = reported.code
    if let better = MPI.code(of: reason), isVague || better == reported.code {
      errorClass = better
      message += "\(text(of: reason)) (\(reported.message))"
    } else {
      message += reported.message
      if isVague && reason != 0 { message += " (\(text(of: reason)))" }
    }
    return MPIError(
      errorClass, nativeCode: code, routine: routine.description, message: message, on: communicator
    )
  }
}

/// The class that an error number belongs to.
func code(of reason: CInt) -> MPIError.Code? {
  switch reason {
  case ENOENT: .noSuchFile
  case EISDIR, ENOTDIR, ENAMETOOLONG, ELOOP: .badFile
  case EACCES, EPERM: .access
  case EROFS: .readOnly
  case EEXIST: .fileExists
  case ENOSPC: .noSpace
  case EDQUOT: .quota
  case EIO, EFBIG: .inputOutput
  default: nil
  }
}

/// What the operating system says of an error number, in lowercase: "no such file or directory".
func text(of reason: CInt) -> String {
  let text = unsafe String(cString: strerror(reason))
  return text.prefix(1).lowercased() + text.dropFirst()
}

func isDirectory(_ path: String) -> Bool {
  var status = stat()
  return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// Why a file cannot be opened, or 0 where nothing is wrong with its name.
func errnoOfOpening(_ path: String, _ mode: File.Mode) -> CInt {
  var status = stat()
  if unsafe stat(path, &status) == 0 {
    if status.st_mode & S_IFMT == S_IFDIR { return EISDIR }
    if mode.isSuperset(of: [.create, .exclusive]) { return EEXIST }
    let wanted = (mode.contains(.read) ? R_OK : 0) | (mode.contains(.write) ? W_OK : 0)
    return unsafe access(path, CInt(wanted)) == 0 ? 0 : errno
  }
  let reason = errno
  guard reason == ENOENT, mode.contains(.create) else { return reason }
  return errnoOfChanging(parent(of: path))
}

/// Why a file cannot be deleted, or 0 where nothing is wrong with its name.
func errnoOfDeleting(_ path: String) -> CInt {
  var status = stat()
  if unsafe lstat(path, &status) != 0 { return errno }
  return status.st_mode & S_IFMT == S_IFDIR ? EISDIR : errnoOfChanging(parent(of: path))
}

/// Why a folder cannot be changed, or 0.
private func errnoOfChanging(_ folder: String) -> CInt {
  unsafe access(folder, W_OK | X_OK) == 0 ? 0 : errno
}

private func parent(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}

/// The longest absolute path, in bytes, that Open MPI 4.1.4 takes: its `sharedfp/lockedfile` adds
/// `.locktest.` and the rank to it, in a buffer of 256 bytes, and writes behind the end of that.
private let longestPath = 256 - 1 - 10 - 8

/// The number of bytes of an absolute path.
private func absoluteCount(_ path: String) -> Int {
  if path.hasPrefix("/") { return path.utf8.count }
  guard let folder = unsafe getcwd(nil, 0) else { return path.utf8.count }
  defer { unsafe free(folder) }
  return unsafe strlen(folder) + 1 + path.utf8.count
}

/// Throws for a path that C would read as another one, or that the library would crash on.
func requirePath(
  _ path: String, _ routine: StaticString, on communicator: RawCommunicator = CMPI_COMM_NULL
) throws {
  let count = absoluteCount(path)
  var problem: String?
  if path.utf8.contains(0) { problem = "a path ends at its first zero byte" }
  if CMPI_FAILED_FILE_REQUESTS_CRASH && count > longestPath {
    problem = "a path of \(count) bytes, Open MPI takes \(longestPath)"
  }
  guard let problem else { return }
  throw MPIError(
    .badFile, routine: routine.description, message: "\(path): \(problem)", on: communicator)
}
