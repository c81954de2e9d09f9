internal import Glibc
internal import SPMD

/// A file, a pipe or a terminal that tasks are read from, as far as they are there.
package final class TaskFile {
  /// What messages call it.
  package let name: String
  /// The open file: to wait for more with `poll(2)`.
  package let descriptor: Int32
  /// Whether everything was read.
  package private(set) var isAtEnd = false
  private var source: any TaskSource
  private var ready: ArraySlice<FarmTask> = []
  private var buffer = [UInt8](repeating: 0, count: 1 << 16)

  /// Opens a list of tasks.
  ///
  /// - Parameter path: A file, or `-` for standard input.
  package convenience init(opening path: String) throws {
    let name = path == "-" ? "standard input" : path
    try self.init(opening: path, name: name, source: TaskList(name: name))
  }

  /// Opens a table of parameters, each record of which makes a task.
  ///
  /// - Parameters:
  ///   - path: A CSV file whose first record has the names, or `-` for standard input.
  ///   - template: A shell command that names them; see ``TaskTemplate``.
  package convenience init(opening path: String, template: String) throws {
    let name = path == "-" ? "standard input" : path
    let delimiter = path.hasSuffix(".tsv") ? UInt8(ascii: "\t") : UInt8(ascii: ",")
    try self.init(
      opening: path, name: name,
      source: ParameterTable(name: name, template: template, delimiter: delimiter))
  }

  private init(opening path: String, name: String, source: any TaskSource) throws {
    self.name = name
    self.source = source
    descriptor =
      path == "-"
      ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : unsafe open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { throw FarmError("\(name): \(errorText(errno))") }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Reads once what is there, and waits for it where nothing is.
  ///
  /// - Returns: The tasks that it ends: none, perhaps. At the end of the list, where ``isAtEnd``
  ///   becomes true, the last ones.
  /// - Throws: ``FarmError`` where the list is wrong, or cannot be read.
  package func readAvailable() throws -> [FarmTask] {
    if isAtEnd { return [] }
    let count = unsafe buffer.withUnsafeMutableBytes {
      unsafe read(descriptor, $0.baseAddress, $0.count)
    }
    if count < 0 {
      if errno == EINTR || errno == EAGAIN { return [] }
      throw FarmError("\(name): \(errorText(errno))")
    }
    if count == 0 {
      isAtEnd = true
      return try source.finish()
    }
    return try source.append(buffer[..<count])
  }

  /// The next task; `nil` at the end of the list.
  package func next() throws -> FarmTask? {
    while ready.isEmpty && !isAtEnd { ready = try readAvailable()[...] }
    return ready.popFirst()
  }
}
