import Foundation
import Testing

@testable import Farm

/// The tasks of a list that arrives in pieces of so many bytes.
func parsed(_ text: String, pieces: Int = 1 << 20) throws -> [FarmTask] {
  try parsed(Array(text.utf8), pieces: pieces)
}

func parsed(_ bytes: [UInt8], pieces: Int = 1 << 20) throws -> [FarmTask] {
  var list = TaskList(name: "list")
  return try all(of: &list, bytes, pieces: pieces)
}

func all(
  of source: inout some TaskSource, _ bytes: [UInt8], pieces: Int = 1 << 20
) throws -> [FarmTask] {
  var tasks: [FarmTask] = []
  for start in stride(from: 0, to: bytes.count, by: pieces) {
    tasks += try source.append(bytes[start..<min(bytes.count, start + pieces)])
  }
  return try tasks + source.finish()
}

/// The message of the error that a list is refused with.
func refusal(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "nothing was refused"
  } catch {
    return "\(error)"
  }
}

@Suite struct TaskListTests {
  private let shellList = """
    #!/usr/bin/env pcompute
    # a comment \\
    echo one

      echo two # not for us to take away
    printf '%s\\n' \\
      three \\
      'fo\\
    ur'
    echo five \\\\
    {  echo six; }
    echo seven
    """

  @Test(arguments: [1, 2, 3, 7, 64, 4096]) func shellLines(pieces: Int) throws {
    let tasks = try parsed(shellList, pieces: pieces)
    #expect(tasks.map(\.index) == Array(0..<6))
    #expect(tasks.map(\.id) == ["1", "2", "3", "4", "5", "6"])
    #expect(
      tasks.map(\.command) == [
        .shell("echo one"), .shell("echo two # not for us to take away"),
        .shell("printf '%s\\n' \\\n  three \\\n  'fo\\\nur'"), .shell("echo five \\\\"),
        .shell("{  echo six; }"), .shell("echo seven"),
      ])
  }

  /// The commands of a list, one after the other, print what the list itself prints as a script.
  @Test func sameAsTheShell() throws {
    let script = try output(of: ["/bin/sh", "-c", shellList])
    let single = try parsed(shellList).map { try output(of: ["/bin/sh", "-c", $0.commandLine]) }
    #expect(single.joined() == script)
  }

  /// Launcher dropped it (TACC/launcher 63).
  @Test(arguments: ["true", "true\n", "true\r\n", "\u{FEFF}true", "true\n\n#\n", "\\\ntrue"])
  func lastLineWithoutNewline(text: String) throws {
    #expect(try parsed(text).count == 1)
  }

  @Test(arguments: ["", "\n", "\n \t\n# only\n#comments"]) func empty(text: String) throws {
    #expect(try parsed(text).isEmpty)
  }

  @Test func unfinishedContinuation() throws {
    #expect(try parsed("echo a \\").map(\.commandLine) == ["echo a \\"])
    #expect(try parsed("echo a \\\n").map(\.commandLine) == ["echo a \\"])
  }

  @Test func notText() {
    #expect(refusal { _ = try parsed([0x61, 10, 0xff, 10]) } == "list:2: is not UTF-8")
    #expect(refusal { _ = try parsed("a\nb\nc\0d\n") } == "list:3: holds a null byte")
  }

  @Test(arguments: [1, 5, 4096]) func objects(pieces: Int) throws {
    let tasks = try parsed(
      #"""
      # as JSON
      {"id": "prepare", "command": "make \"it\"\tso \u00e9\ud83d\ude00"}

      {"id":7,"argv":["sim","-x","a b"],"env":{"A":"1","B":""},"cwd":"/tmp","stdin":"in\u0000\n","timeout":1.5e1,
      """#
        + #""retries":3,"weight":0.25,"after":["prepare","last"]}"# + "\n"
        + #" { "command" : "true" } "# + "\n" + ##"{"id":"last","command":"#not a comment"}"##,
      pieces: pieces)
    #expect(tasks.map(\.id) == ["prepare", "7", "3", "last"])
    #expect(tasks[0].command == .shell("make \"it\"\tso é😀"))
    var second = FarmTask(index: 1, id: "7", command: .arguments(["sim", "-x", "a b"]))
    second.environment = ["A": "1", "B": ""]
    second.directory = "/tmp"
    second.input = "in\0\n"
    second.timeLimit = 15
    second.retries = 3
    second.weight = 0.25
    second.after = ["prepare", "last"]
    #expect(tasks[1] == second)
  }

  @Test(arguments: [
    (#"{"command":"a"} {"command":"b"}"#, "list:1:17: one object in each line"),
    (#"{"command":"a"}{"command":"b"}"#, "list:1:16: one object in each line"),
    (#"{"command":"a"},"#, "list:1:16: one object in each line"),
    (#"{"command":"a","retry":3}"#, #"list:1: "retry" is no key of a task"#),
    (#"{"command":"a","command":"b"}"#, #"list:1: "command" stands there twice"#),
    (#"{"command":["a"]}"#, #"list:1: "command" takes a string"#),
    (#"{"argv":"a"}"#, #"list:1: "argv" takes an array"#),
    (#"{"argv":[]}"#, #"list:1: "argv" names no program"#),
    (#"{"argv":["a"],"command":"b"}"#, #"list:1: "command" and "argv" exclude each other"#),
    (#"{"id":"a"}"#, #"list:1: neither "command" nor "argv""#),
    (#"{}"#, #"list:1: neither "command" nor "argv""#),
    (#"{"command":"a","timeout":"3"}"#, #"list:1: "timeout" takes a number of seconds"#),
    (#"{"command":"a","timeout":0}"#, #"list:1: "timeout" takes a number of seconds"#),
    (#"{"command":"a","timeout":1e999}"#, #"list:1: "timeout" takes a number of seconds"#),
    (#"{"command":"a","retries":1.5}"#, #"list:1: "retries" takes a whole number"#),
    (#"{"command":"a","retries":-1}"#, #"list:1: "retries" takes a whole number"#),
    (#"{"command":"a","weight":-1}"#, #"list:1: "weight" takes a number from 0"#),
    (#"{"command":"a","weight":true}"#, #"list:1: "weight" takes a number from 0"#),
    (#"{"command":"a","env":{"A":1}}"#, #"list:1: "env.A" takes a string"#),
    (#"{"command":"a","env":{"A=B":"1"}}"#, #"list:1: "env" holds “A=B”"#),
    (#"{"command":"a","id":""}"#, #"list:1: "id" takes a name"#),
    (#"{"command":"a","id":null}"#, #"list:1: "id" takes a string"#),
    (#"{"command":"a\u0000"}"#, #"list:1: "command" holds a null byte"#),
    (#"{"command":"a"#, "list:1:14: a string without its end"),
    (#"{"command":"a""#, "list:1:15: “}” is missing here"),
    (#"{"command":"\ud83d"}"#, "list:1:19: half of a surrogate pair"),
    (#"{"command":"\x"}"#, "list:1:15: an unknown escape"),
    (#"{"command":"a","after":["b"]}"#, #"list:1: "after" names “b”, and no task has that id"#),
    (
      "{\"command\":\"a\",\"id\":\"x\"}\n\n{\"command\":\"b\",\"id\":\"x\"}",
      "list:3: the id “x” is that"
    ),
    ("{\"command\":\"a\",\"id\":2}\n{\"command\":\"b\"}", "list:2: the id “2” is that of line 1"),
    ("{\"command\":\"a\"}\necho b", "list:2:1: “{” is missing here"),
  ]) func refusedObjects(text: String, message: String) {
    let said = refusal { _ = try parsed(text) }
    #expect(said.hasPrefix(message), "\(said)")
  }

  /// What Foundation makes of the same objects.
  @Test func sameAsFoundation() throws {
    let samples = [
      "", "plain", "\"\\/\u{8}\u{c}\n\r\t", "é😀\u{2028}", "\u{1}\u{7f}", "back\\slash", "{}[],:",
    ]
    for sample in samples {
      let object = try JSONSerialization.data(withJSONObject: ["command": sample, "id": "a"])
      let tasks = try parsed(Array(object))
      #expect(tasks.first?.command == .shell(sample))
      var task = FarmTask(index: 0, id: "a", command: .shell(sample))
      task.environment = ["K": sample]
      task.after = sample.isEmpty ? [] : ["a"]
      let read = try JSONSerialization.jsonObject(with: Data(task.jsonLine.utf8)) as? [String: Any]
      #expect(read?["command"] as? String == sample)
      #expect(read?["env"] as? [String: String] == ["K": sample])
      #expect(try FarmTask(index: 0, jsonLine: task.jsonLine) == task || !task.after.isEmpty)
    }
  }

  @Test func filesAndTheirEnds() throws {
    try withFolder { folder in
      let path = folder + "/list"
      let count = 50_000
      try (1...count).map { "echo \($0)" }.joined(separator: "\n")
        .write(toFile: path, atomically: true, encoding: .utf8)
      let file = try TaskFile(opening: path)
      var read = 0
      while let task = try file.next() {
        #expect(task.commandLine == "echo \(read + 1)")
        read += 1
      }
      #expect(read == count && file.isAtEnd)
      #expect(
        refusal { _ = try TaskFile(opening: folder + "/none") }
          == "\(folder)/none: No such file or directory")
      #expect(
        refusal { _ = try TaskFile(opening: folder).next() } == "\(folder): Is a directory")
    }
  }
}
