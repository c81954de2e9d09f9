/// A list of tasks: a shell command in each line, or an object of JSON.
///
/// Blank lines and lines that begin with `#` are skipped. The first line that counts says which of
/// the two a list is: an object's begins with `{"`.
///
/// A backslash at the end of a shell's line continues it, as in the shell: the command is handed to
/// it as it stands.
package struct TaskList: TaskSource {
  private enum Format { case shell, json }

  private let name: String
  private var format: Format?
  private var lines = LineSplitter()
  private var line = 0
  private var count = 0
  /// The part of a command before the backslash that continues it, and its line.
  private var continued: (bytes: [UInt8], line: Int)?
  private var names = TaskNames()

  /// - Parameter name: What messages call the list.
  package init(name: String) { self.name = name }

  package mutating func append(_ bytes: ArraySlice<UInt8>) throws -> [FarmTask] {
    var tasks: [FarmTask] = []
    // Taken out, since `take` changes this list too.
    var splitter = LineSplitter()
    swap(&splitter, &lines)
    defer { swap(&splitter, &lines) }
    try splitter.append(bytes) { line in
      if let task = try take(line) { tasks.append(task) }
    }
    return tasks
  }

  package mutating func finish() throws -> [FarmTask] {
    var tasks: [FarmTask] = []
    if let last = lines.finish(), let task = try take(last) { tasks.append(task) }
    if let continued {
      self.continued = nil
      tasks.append(try shellTask(continued.bytes, line: continued.line))
    }
    if let (id, line) = names.firstUnknown {
      throw FarmError("\(name):\(line): \"after\" names “\(id)”, and no task has that id")
    }
    return tasks
  }

  private mutating func take(_ whole: ArraySlice<UInt8>) throws -> FarmTask? {
    line += 1
    var bytes = whole
    if line == 1 && bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
    if var before = continued {
      before.bytes.append(newline)
      before.bytes += bytes
      continued = isContinued(bytes) ? before : nil
      return continued == nil ? try shellTask(before.bytes, line: before.line) : nil
    }
    bytes = bytes.drop(while: isBlank)
    guard let first = bytes.first, first != UInt8(ascii: "#") else { return nil }
    let format = format ?? Self.format(of: bytes)
    self.format = format
    switch format {
    case .shell:
      if isContinued(bytes) {
        continued = (Array(bytes), line)
        return nil
      }
      return try shellTask(bytes, line: line)
    case .json:
      return try jsonTask(bytes)
    }
  }

  /// Whether a command is a line of a shell's list, or several that are continued.
  package static func isLine(_ command: String) -> Bool {
    var list = TaskList(name: "")
    let bytes = Array((command + "\n").utf8)
    guard let tasks = try? list.append(bytes[...]), list.format == .shell else { return false }
    return tasks.map(\.commandLine) == [command]
  }

  private static func format(of bytes: ArraySlice<UInt8>) -> Format {
    guard bytes.first == UInt8(ascii: "{") else { return .shell }
    let next = bytes.dropFirst().drop(while: isBlank).first
    return next == UInt8(ascii: "\"") || next == UInt8(ascii: "}") ? .json : .shell
  }

  /// Whether a backslash at the end that no other one quotes joins the next line.
  private func isContinued(_ bytes: ArraySlice<UInt8>) -> Bool {
    let backslashes = bytes.reversed().prefix { $0 == UInt8(ascii: "\\") }.count
    return backslashes % 2 == 1
  }

  private mutating func shellTask(_ bytes: some Collection<UInt8>, line: Int) throws -> FarmTask {
    let command = try text(bytes, at: "\(name):\(line)")
    defer { count += 1 }
    return FarmTask(index: count, id: "\(count + 1)", command: .shell(command))
  }

  private mutating func jsonTask(_ bytes: ArraySlice<UInt8>) throws -> FarmTask {
    _ = try text(bytes, at: "\(name):\(line)")
    var reader = JSONTaskReader(bytes, place: "\(name):\(line)")
    let task = try reader.task(index: count)
    try names.insert(task, line: line, list: name)
    count += 1
    return task
  }
}

/// The identifiers of a list, and those that were named but not seen yet.
struct TaskNames {
  private var lines: [String: Int32] = [:]
  private var unknown: [String: Int32] = [:]

  /// Takes a task's own identifier, and those that it comes after.
  mutating func insert(_ task: FarmTask, line: Int, list: String) throws {
    if let other = lines.updateValue(Int32(truncatingIfNeeded: line), forKey: task.id) {
      throw FarmError("\(list):\(line): the id “\(task.id)” is that of line \(other), too")
    }
    unknown[task.id] = nil
    for id in task.after where lines[id] == nil && unknown[id] == nil {
      unknown[id] = Int32(truncatingIfNeeded: line)
    }
  }

  /// The identifier, of those that no task has, which was named first, and the line of that.
  var firstUnknown: (id: String, line: Int)? {
    unknown.min { ($0.value, $0.key) < ($1.value, $1.key) }.map { ($0.key, Int($0.value)) }
  }
}
