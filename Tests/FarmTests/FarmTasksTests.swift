import Foundation
import Glibc
import SPMD
import Testing

@testable import Farm

/// What a farm makes of a list, and of a journal that is there already. Nothing runs.
@Suite(.serialized) struct FarmTasksTests {
  private static let lines = ["one", "two # 2", "three", "four", "five"]

  /// Begins a farm as `pcompute farm LIST --journal JOURNAL` does.
  private func opened(
    _ list: String?, _ journal: String, said: inout [String]
  ) throws -> FarmTasks {
    var options = FarmOptions()
    options.journal = journal
    var reports = FarmReportOptions()
    reports.outputs = .none
    var told: [String] = []
    defer { said += told }
    let tasks = FarmTasks(options: options)
    try tasks.open(list.map { try TaskFile(opening: $0) }) {
      try FarmRecord(
        options: options, reports: reports, isResuming: list == nil, retriesFailed: false,
        hosts: ["h"], slots: [1], tell: { told.append($0) }, progress: { _ in })
    }
    while tasks.list != nil { try tasks.readList() }
    return tasks
  }

  private func states(_ tasks: FarmTasks) -> [TaskScheduler.State] {
    (0..<tasks.scheduler.count).map { tasks.scheduler.state(of: $0) }
  }

  private func write(_ lines: [String], to path: String) throws {
    try (lines.joined(separator: "\n") + "\n").write(
      toFile: path, atomically: true, encoding: .utf8)
  }

  /// Makes a list and its journal, in which the first two tasks are done and the third has failed.
  private func begin(_ lines: [String], in folder: String) throws -> (list: String, journal: String)
  {
    let (list, path) = (folder + "/list", folder + "/journal")
    try write(lines, to: list)
    var said: [String] = []
    let tasks = try opened(list, path, said: &said)
    #expect(said == [] && tasks.scheduler.count(of: .ready) == lines.count)
    tasks.record?.abandon()
    let journal = try Journal.resume(path)
    try journal.ended([
      FarmOutcome(attempt: attempt(0), isFinal: true),
      FarmOutcome(attempt: attempt(1), isFinal: true),
      FarmOutcome(attempt: attempt(2, .exited(3)), isFinal: true),
    ])
    try journal.close()
    return (list, path)
  }

  @Test func theSameListGoesOn() throws {
    try withFolder { folder in
      let (list, journal) = try begin(Self.lines, in: folder)
      for source in [list, nil] {
        var said: [String] = []
        let tasks = try opened(source, journal, said: &said)
        #expect(said == ["\(journal): 2 of 5 tasks are done, 1 failed, 2 left to run"])
        #expect(states(tasks) == [.done, .done, .failed, .ready, .ready])
        #expect(tasks.left == 2)
        #expect(refusal { _ = try Journal.resume(journal) }.contains("another farm is using it"))
        tasks.record?.abandon()
      }
      #expect(try sqlite(journal, "SELECT count(*) FROM task") == ["5"])
    }
  }

  @Test func allIsDone() throws {
    try withFolder { folder in
      let (list, path) = try begin(Array(Self.lines.prefix(3)), in: folder)
      var said: [String] = []
      let tasks = try opened(list, path, said: &said)
      #expect(said == ["\(path): 2 of 3 tasks are done, 1 failed: nothing is left to run"])
      #expect(tasks.scheduler.isSettled)
      tasks.record?.abandon()
    }
  }

  @Test func aListThatHasGrown() throws {
    try withFolder { folder in
      let (list, path) = try begin(Self.lines, in: folder)
      try write(Self.lines + ["six", "seven"], to: list)
      var said: [String] = []
      let tasks = try opened(list, path, said: &said)
      #expect(
        said == [
          "\(path): 2 of 7 tasks are done, 1 failed, 4 left to run, 2 of them new at the end of the list"
        ])
      #expect(states(tasks).suffix(2) == [.ready, .ready])
      tasks.record?.abandon()
      #expect(try sqlite(path, "SELECT command FROM task WHERE task > 4") == ["six", "seven"])
    }
  }

  @Test(arguments: [
    (["one", "2", "three", "four", "five"], "task 2 was \"two # 2\", and is \"2\""),
    (
      ["one", "two # 2", "three", "four"],
      "has 4 tasks, the journal 5: task 5, \"five\", is missing"
    ),
    (["two # 2", "one", "three", "four", "five", "six"], "task 1 was \"one\", and is \"two # 2\""),
  ]) func anotherList(lines: [String], difference: String) throws {
    try withFolder { folder in
      let (list, path) = try begin(Self.lines, in: folder)
      try write(lines, to: list)
      var said: [String] = []
      let message = refusal { _ = try opened(list, path, said: &said) }
      #expect(message.hasPrefix("\(path): is the journal of another list: "))
      #expect(message.hasSuffix(difference))
      #expect(said == [])
      // Nothing has changed, and nothing is held.
      #expect(try sqlite(path, "SELECT count(*), sum(state = 'done') FROM task") == ["5|2"])
      let names = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(names.sorted() == ["journal", "list"])
    }
  }

  /// What else a task is than its command counts, too; the spaces of JSON do not.
  @Test func anotherOption() throws {
    try withFolder { folder in
      let lines = [
        #"{"id": "a", "command": "true", "timeout": 5, "env": {"X": "1"}}"#,
        #"{"id": "b", "argv": ["x", "y z"], "after": ["a"], "weight": 0.1}"#,
      ]
      let (list, journal) = (folder + "/list", folder + "/journal")
      try write(lines, to: list)
      var said: [String] = []
      try opened(list, journal, said: &said).record?.abandon()
      try write(lines.map { $0.replacing(": ", with: ":") }, to: list)
      try opened(list, journal, said: &said).record?.abandon()
      #expect(said == ["\(journal): 0 of 2 tasks are done, 2 left to run"])
      try write([lines[0].replacing("5", with: "6"), lines[1]], to: list)
      let message = refusal { _ = try opened(list, journal, said: &said) }
      #expect(message.contains("task 1 was {\"id\":\"a\",") && message.contains("\"timeout\":6.0"))
      #expect(!message.contains("\n"))
    }
  }

  // MARK: - Streams

  /// Gives a list through a pipe: each part when the one before it was read.
  private func withPipe<Result>(
    _ lines: [String], in folder: String, _ body: (String) throws -> Result
  ) throws -> Result {
    let path = folder + "/pipe"
    #expect(unsafe mkfifo(path, 0o600) == 0)
    defer { _ = unsafe unlink(path) }
    try write(lines, to: folder + "/parts")
    let writer = Process()
    writer.executableURL = URL(filePath: "/bin/sh")
    writer.arguments = [
      "-c", "while read -r line; do echo \"$line\"; sleep 0.01; done <'\(folder)/parts' >'\(path)'",
    ]
    try writer.run()
    defer { writer.waitUntilExit() }
    return try body(path)
  }

  @Test func theSameStreamGoesOn() throws {
    try withFolder { folder in
      let (_, path) = try begin(Self.lines, in: folder)
      var said: [String] = []
      let tasks = try withPipe(Self.lines + ["six"], in: folder) { pipe in
        try opened(pipe, path, said: &said)
      }
      #expect(said.first == "\(path): exists already; the list is compared with its 5 tasks")
      // How much arrives at a time is chance.
      #expect(said.dropFirst().first?.hasPrefix("\(path): 2 of ") == true)
      #expect(states(tasks) == [.done, .done, .failed, .ready, .ready, .ready])
      tasks.record?.abandon()
      #expect(try sqlite(path, "SELECT command FROM task WHERE task > 4") == ["six"])
    }
  }

  @Test(arguments: [
    (["one", "two # 2", "three", "4", "five"], "task 4 was \"four\", and is \"4\""),
    (["one", "two # 2", "three"], "has 3 tasks, the journal 5: task 4, \"four\", is missing"),
  ]) func anotherStream(lines: [String], difference: String) throws {
    try withFolder { folder in
      let (_, path) = try begin(Self.lines, in: folder)
      var said: [String] = []
      let message = try withPipe(lines, in: folder) { pipe in
        refusal { _ = try opened(pipe, path, said: &said) }
      }
      #expect(message.hasSuffix(difference))
      #expect(try sqlite(path, "SELECT count(*) FROM task") == ["5"])
    }
  }
}
