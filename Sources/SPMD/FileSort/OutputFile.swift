#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif
internal import MPI

/// A file that all ranks write together: under a name of its own beside its place, which it takes
/// when it is whole.
final class OutputFile {
  /// Where the file will be, as the user named it.
  let path: String
  /// Where it is until then.
  let temporaryPath: String
  /// `path` without symbolic links: what is replaced is the file, not a link to it.
  private let resolved: String
  private var descriptor: Int32
  private let isRoot: Bool

  /// Creates the file.
  ///
  /// **Collective**.
  ///
  /// - Parameter willCreate: Called with the temporary path before there is such a file.
  init(
    at path: String, on communicator: Communicator, willCreate: (String) -> Void
  ) throws {
    self.path = path
    isRoot = communicator.rank == 0
    var failure: SortError?
    var names: [UInt8] = []
    if isRoot {
      do {
        let resolved = try Self.resolved(path)
        let folder = resolved.lastIndex(of: "/").map { String(resolved[...$0]) } ?? ""
        let name = resolved.dropFirst(folder.count)
        let temporary = "\(folder).\(name.prefix(200)).\(getpid()).\(UInt32.random(in: 0 ... .max))"
        names = Array("\(resolved)\0\(temporary)".utf8)
      } catch {
        failure = error
      }
    }
    try communicator.agree(on: failure)
    try communicator.broadcast(&names, from: 0)
    let parts = names.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    resolved = parts[0]
    temporaryPath = parts[1]
    willCreate(temporaryPath)

    descriptor = -1
    if isRoot {
      descriptor = unsafe open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
      if descriptor < 0 { failure = SortError("\(path): \(errorText(errno))") }
    }
    try communicator.agree(on: failure)
    if !isRoot {
      descriptor = unsafe open(temporaryPath, O_WRONLY | O_CLOEXEC)
      if descriptor < 0 { failure = SortError("\(path): \(errorText(errno))") }
    }
    do {
      try communicator.agree(on: failure)
    } catch {
      remove()
      throw error
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// The place that a path leads to, or why nothing can be there.
  private static func resolved(_ path: String) throws(SortError) -> String {
    guard let real = unsafe realpath(path, nil) else {
      // There is no such file yet, or only a link that leads to none: it is made where that leads.
      guard errno == ENOENT else { throw SortError("\(path): \(errorText(errno))") }
      if path.isEmpty { throw SortError("the name of the output is empty") }
      if path.hasSuffix("/") { throw SortError("\(path): is no name of a file") }
      guard let target = linkTarget(path) else { return path }
      return try resolved(target)
    }
    defer { unsafe free(real) }
    var status = stat()
    guard unsafe stat(real, &status) == 0 else {
      throw SortError("\(path): \(errorText(errno))")
    }
    let kind = status.st_mode & S_IFMT
    guard kind == S_IFREG else {
      throw SortError("\(path): is \(kind == S_IFDIR ? "a directory" : "not a regular file")")
    }
    guard unsafe access(real, W_OK) == 0 else {
      throw SortError("\(path): \(errorText(errno))")
    }
    return unsafe String(cString: real)
  }

  /// Where a symbolic link leads; `nil` for what is none.
  private static func linkTarget(_ path: String) -> String? {
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, count in
      unsafe buffer.withMemoryRebound(to: CChar.self) { chars in
        guard let base = chars.baseAddress else { return }
        count = max(0, unsafe readlink(path, base, chars.count))
      }
    }
    guard !bytes.isEmpty else { return nil }
    let target = String(decoding: bytes, as: UTF8.self)
    guard !target.hasPrefix("/"), let slash = path.lastIndex(of: "/") else { return target }
    return path[...slash] + target
  }

  /// Writes bytes at a place.
  func write(_ bytes: UnsafePointer<UInt8>, count: Int, at offset: Int) throws {
    do {
      try unsafe writeAll(bytes, count: count, to: descriptor, at: offset)
    } catch {
      throw SortError("\(path): \(errorText(error.code))")
    }
  }

  /// Gives the file its name.
  ///
  /// **Collective**.
  func finish(on communicator: Communicator) throws {
    // A file system across a network may say only now that it is full.
    var failure: SortError?
    let status = close(descriptor)
    descriptor = -1
    if status != 0 { failure = SortError("\(path): \(errorText(errno))") }
    try communicator.agree(on: failure)
    if isRoot {
      let isNamed = unsafe chmod(temporaryPath, mode) == 0 && rename(temporaryPath, resolved) == 0
      if !isNamed { failure = SortError("\(path): \(errorText(errno))") }
    }
    try communicator.agree(on: failure)
  }

  /// The permissions of the file that is replaced, or those that a new file gets.
  private var mode: mode_t {
    var status = stat()
    if unsafe stat(resolved, &status) == 0 { return status.st_mode & 0o7777 }
    let mask = umask(0)
    umask(mask)
    return 0o666 & ~mask
  }

  /// Removes the file, where it does not have its name yet.
  func remove() {
    if isRoot { _ = unsafe unlink(temporaryPath) }
  }
}
