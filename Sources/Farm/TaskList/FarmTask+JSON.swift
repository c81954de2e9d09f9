extension FarmTask {
  /// The task as a line of a list, with all that is not as usual.
  package var jsonLine: String {
    var members = ["\"id\":\(jsonQuoted(id))"]
    switch command {
    case .shell(let line): members.append("\"command\":\(jsonQuoted(line))")
    case .arguments(let arguments): members.append("\"argv\":\(jsonArray(arguments))")
    }
    if !environment.isEmpty {
      let variables = environment.sorted { $0.key < $1.key }
        .map { "\(jsonQuoted($0.key)):\(jsonQuoted($0.value))" }
      members.append("\"env\":{\(variables.joined(separator: ","))}")
    }
    if let directory { members.append("\"cwd\":\(jsonQuoted(directory))") }
    if let input { members.append("\"stdin\":\(jsonQuoted(input))") }
    if let timeLimit { members.append("\"timeout\":\(timeLimit)") }
    if let retries { members.append("\"retries\":\(retries)") }
    if let weight { members.append("\"weight\":\(weight)") }
    if !after.isEmpty { members.append("\"after\":\(jsonArray(after))") }
    return "{\(members.joined(separator: ","))}"
  }

  /// Reads a line that ``jsonLine`` has made.
  init(index: Int, jsonLine: String) throws {
    var reader = JSONTaskReader(Array(jsonLine.utf8)[...], place: "task \(index + 1)")
    self = try reader.task(index: index)
  }

  /// Whether the command in a line of its own says everything.
  package var isPlain: Bool {
    guard case .shell = command, environment.isEmpty, directory == nil, input == nil,
      timeLimit == nil, retries == nil, weight == nil, after.isEmpty
    else { return false }
    return id == "\(index + 1)"
  }

  /// The command as a line for a shell.
  package var commandLine: String {
    switch command {
    case .shell(let line): line
    case .arguments(let arguments): arguments.map(shellQuoted).joined(separator: " ")
    }
  }
}

private func jsonArray(_ texts: [String]) -> String {
  "[\(texts.map(jsonQuoted).joined(separator: ","))]"
}

/// A text as a string of JSON.
package func jsonQuoted(_ text: String) -> String {
  var quoted = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": quoted += "\\\""
    case "\\": quoted += "\\\\"
    case "\n": quoted += "\\n"
    case "\t": quoted += "\\t"
    case "\r": quoted += "\\r"
    default:
      if scalar.value < 0x20 || scalar.value == 0x7f {
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      } else {
        quoted.unicodeScalars.append(scalar)
      }
    }
  }
  return quoted + "\""
}
