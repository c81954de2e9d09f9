/// Reads one task from a line of JSON (RFC 8259).
///
/// Foundation's decoder takes ten times as long, and knows neither two keys that are the same nor
/// the place of a mistake.
struct JSONTaskReader {
  private var scanner: JSONScanner
  private let place: String
  private var seen: Set<String> = []

  init(_ bytes: ArraySlice<UInt8>, place: String) {
    scanner = JSONScanner(bytes, place: place)
    self.place = place
  }

  private func failure(_ key: String, _ text: String) -> FarmError {
    FarmError("\(place): \"\(key)\" \(text)")
  }

  /// Reads the task, and nothing after it.
  mutating func task(index: Int) throws -> FarmTask {
    var task = FarmTask(index: index, id: "\(index + 1)", command: .arguments([]))
    try scanner.take("{")
    if !scanner.takeIf("}") {
      repeat {
        let key = try scanner.string()
        guard seen.insert(key).inserted else { throw failure(key, "stands there twice") }
        try scanner.take(":")
        try read(key, into: &task)
      } while scanner.takeIf(",")
      try scanner.take("}")
    }
    guard scanner.isAtEnd else {
      throw scanner.failure("one object in each line, and nothing behind it")
    }
    switch (seen.contains("command"), seen.contains("argv")) {
    case (true, true): throw failure("command", "and \"argv\" exclude each other")
    case (false, false): throw FarmError("\(place): neither \"command\" nor \"argv\"")
    default: return task
    }
  }

  private mutating func read(_ key: String, into task: inout FarmTask) throws {
    switch key {
    case "id":
      task.id = try name(key)
    case "command":
      task.command = .shell(try string(key))
    case "argv":
      let arguments = try array(key) { try $0.string($1) }
      guard arguments.first?.isEmpty == false else { throw failure(key, "names no program") }
      task.command = .arguments(arguments)
    case "env":
      task.environment = try environment(key)
    case "cwd":
      task.directory = try string(key)
      if task.directory?.isEmpty == true { throw failure(key, "is empty") }
    case "stdin":
      guard scanner.next == UInt8(ascii: "\"") else { throw failure(key, "takes a string") }
      task.input = try scanner.string()
    case "timeout":
      let limit = try number(key, "a number of seconds above 0")
      guard limit > 0 else { throw failure(key, "takes a number of seconds above 0") }
      task.timeLimit = limit
    case "retries":
      let retries = try number(key, "a whole number from 0")
      guard let exact = Int32(exactly: retries), exact >= 0 else {
        throw failure(key, "takes a whole number from 0")
      }
      task.retries = Int(exact)
    case "weight":
      let weight = try number(key, "a number from 0")
      guard weight >= 0 else { throw failure(key, "takes a number from 0") }
      task.weight = weight
    case "after":
      task.after = try array(key) { try $0.name($1) }
    default:
      throw failure(
        key,
        "is no key of a task: id, command, argv, env, cwd, stdin, timeout, retries, weight, after")
    }
  }

  /// A string without a null byte, which neither arguments nor names can hold.
  private mutating func string(_ key: String) throws -> String {
    guard scanner.next == UInt8(ascii: "\"") else { throw failure(key, "takes a string") }
    let value = try scanner.string()
    if value.utf8.contains(0) { throw failure(key, "holds a null byte") }
    return value
  }

  /// An identifier: a string, or a whole number as it is written.
  private mutating func name(_ key: String) throws -> String {
    if scanner.next == UInt8(ascii: "\"") {
      let name = try string(key)
      // They stand in lines of their own, in messages and in tables.
      guard !name.isEmpty, !name.utf8.contains(where: { $0 < 0x20 }) else {
        throw failure(key, "takes a name without control characters")
      }
      return name
    }
    guard let digits = scanner.number(), digits.allSatisfy({ $0.isWholeNumber }) else {
      throw failure(key, "takes a string or a whole number")
    }
    return digits
  }

  private mutating func number(_ key: String, _ what: String) throws -> Double {
    guard let digits = scanner.number(), let value = Double(digits), value.isFinite else {
      throw failure(key, "takes \(what)")
    }
    return value
  }

  private mutating func array(
    _ key: String, _ element: (inout JSONTaskReader, String) throws -> String
  ) throws -> [String] {
    guard scanner.takeIf("[") else { throw failure(key, "takes an array of strings") }
    var elements: [String] = []
    if scanner.takeIf("]") { return elements }
    repeat { elements.append(try element(&self, key)) } while scanner.takeIf(",")
    try scanner.take("]")
    return elements
  }

  private mutating func environment(_ key: String) throws -> [String: String] {
    guard scanner.takeIf("{") else { throw failure(key, "takes an object of strings") }
    var variables: [String: String] = [:]
    if scanner.takeIf("}") { return variables }
    repeat {
      let name = try scanner.string()
      guard !name.isEmpty, !name.contains("="), !name.utf8.contains(0) else {
        throw failure(key, "holds “\(name)”, which is no name of a variable")
      }
      try scanner.take(":")
      guard variables.updateValue(try string("\(key).\(name)"), forKey: name) == nil else {
        throw failure("\(key).\(name)", "stands there twice")
      }
    } while scanner.takeIf(",")
    try scanner.take("}")
    return variables
  }
}
