import Foundation
import Glibc
import Testing

@testable import Farm

func attempt(
  _ task: Int, _ ending: TaskAttempt.Ending = .exited(0), attempt: Int = 1, rank: Int = 1,
  start: Double = 1000, seconds: Double = 0.5, output: String = "", keeps: Bool = false
) -> TaskAttempt {
  TaskAttempt(
    task: task, attempt: attempt, rank: rank, host: "h\(rank)", start: start, end: start + seconds,
    ending: ending, outputBytes: output.utf8.count, tail: Array(output.utf8),
    output: keeps ? Array(output.utf8) : nil)
}

func plainTasks(_ count: Int, from first: Int = 0) -> [FarmTask] {
  (first..<(first + count)).map { shell("run \($0)", index: $0) }
}

/// What sqlite3's own program answers.
func sqlite(_ path: String, _ sql: String) throws -> [String] {
  try output(of: ["sqlite3", "-batch", path, sql]).split(separator: "\n").map(String.init)
}

func states(_ journal: Journal) throws -> [TaskState] {
  var states: [TaskState] = []
  try journal.forEachTask { _, state, _ in states.append(state) }
  return states
}

@Suite(.serialized) struct JournalTests {
  @Test func tasksAsTheyWere() throws {
    try withFolder { folder in
      let path = folder + "/journal"
      var special = FarmTask(
        index: 1, id: "special \"one\"", command: .arguments(["a", "b c", ""]))
      special.environment = ["A": "1\n2"]
      special.directory = "/tmp"
      special.input = "x\0y"
      special.timeLimit = 0.1
      special.retries = 3
      special.weight = 1e-7
      special.after = ["1"]
      let tasks = [shell("echo 'it''s'\\\n  é"), special, shell("true", index: 2)]
      let journal = try Journal.create(path)
      try journal.add(tasks)
      #expect(journal.taskCount == 3)
      try journal.close()
      let again = try Journal.resume(path)
      var read: [FarmTask] = []
      try again.forEachTask { task, state, tries in
        read.append(task)
        #expect(state == .waiting && tries == 0)
      }
      #expect(read == tasks && again.taskCount == 3)
      try again.close()
      #expect(
        try sqlite(path, "SELECT number, id, state, weight, after FROM tasks") == [
          "1|1|waiting||", "2|special \"one\"|waiting|1.0e-07|[\"1\"]", "3|3|waiting||",
        ])
      #expect(try sqlite(path, "SELECT command FROM tasks WHERE number = 2") == ["a 'b c' ''"])
      #expect(try sqlite(path, "PRAGMA integrity_check; PRAGMA journal_mode") == ["ok", "delete"])
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["journal"])
    }
  }

  @Test func whatBecomesOfThem() throws {
    try withFolder { folder in
      let path = folder + "/journal"
      let journal = try Journal.create(path)
      try journal.add(plainTasks(8))
      journal.began(task: 7, attempt: 1, rank: 2, host: "h2", time: 1000)
      try journal.ended([
        FarmOutcome(attempt: attempt(0, output: "fine\n"), isFinal: true),
        FarmOutcome(attempt: attempt(1, .exited(3)), isFinal: true, skipped: [6]),
        FarmOutcome(attempt: attempt(2, .signalled(9))),
        FarmOutcome(attempt: attempt(3, .timedOut), isFinal: true),
        FarmOutcome(attempt: attempt(4, .interrupted)),
        FarmOutcome(attempt: attempt(5, .notStarted("x: gone")), isFinal: true),
      ])
      // A second try of one of them.
      try journal.ended([FarmOutcome(attempt: attempt(2, attempt: 2, start: 1001), isFinal: true)])
      journal.note("command", "farm list")
      try journal.commit()
      #expect(
        try sqlite(
          path,
          "SELECT id, state, tries, rank, ending, status, message, seconds FROM tasks ORDER BY number"
        ) == [
          "1|done|1|1|exited|0||0.5", "2|failed|1|1|exited|3||0.5", "3|done|2|1|exited|0||0.5",
          "4|failed|1|1|timedOut|||0.5", "5|waiting|1|1|interrupted|||0.5",
          "6|failed|1|1|notStarted||x: gone|0.5", "7|skipped|0||||||".dropLast().description,
          "8|running|1|2||||",
        ])
      #expect(
        try sqlite(path, "SELECT attempt, ending FROM attempts WHERE id = '3'") == [
          "1|signalled", "2|exited",
        ])
      #expect(try sqlite(path, "SELECT tail FROM tasks WHERE number = 1") == ["fine"])
      #expect(try sqlite(path, "SELECT value FROM farm WHERE key = 'command'") == ["farm list"])
      try journal.close()

      let again = try Journal.resume(path)
      #expect(
        try states(again)
          == [.done, .failed, .done, .failed, .waiting, .failed, .skipped, .waiting])
      // Its runs are counted on: nothing is written over.
      try again.ended([FarmOutcome(attempt: attempt(4, start: 2000), isFinal: true)])
      try again.close()
      #expect(
        try sqlite(path, "SELECT attempt, ending FROM attempts WHERE id = '5'") == [
          "1|interrupted", "2|exited",
        ])
      let retried = try Journal.resume(path, retriesFailed: true)
      #expect(
        try states(retried)
          == [.done, .waiting, .done, .waiting, .done, .waiting, .waiting, .waiting])
      try retried.close()
    }
  }

  /// What has ended is not lost between commits, whatever becomes of the process.
  @Test func theTail() throws {
    try withFolder { folder in
      let path = folder + "/journal"
      let journal = try Journal.create(path)
      try journal.add(plainTasks(4))
      try journal.ended([FarmOutcome(attempt: attempt(0), isFinal: true)])
      try journal.ended([FarmOutcome(attempt: attempt(1, .exited(1)), isFinal: true)])
      #expect(try sqlite(path, "SELECT count(*) FROM tasks WHERE state != 'waiting'") == ["0"])
      // As a process that is killed leaves it.
      let copy = folder + "/copy"
      for suffix in ["", "-tail"] {
        try FileManager.default.copyItem(atPath: path + suffix, toPath: copy + suffix)
      }
      // A record that was cut off, and one whose bytes have changed.
      var bytes = try Data(contentsOf: URL(filePath: copy + "-tail"))
      let whole = bytes.count
      try (bytes + bytes.prefix(whole / 2 - 3)).write(to: URL(filePath: copy + "-tail"))
      for round in 0..<2 {
        let again = try Journal.resume(copy)
        #expect(try states(again) == [.done, .failed, .waiting, .waiting], "\(round)")
        // The second time: the tail was merged, but its process ended before it was emptied.
        try again.close()
        try bytes.write(to: URL(filePath: copy + "-tail"))
      }
      bytes[whole - 1] ^= 1
      try bytes.write(to: URL(filePath: copy + "-tail"))
      #expect(try AttemptLog(at: copy + "-tail").records().count == 1)
      try journal.close()
      #expect(try states(Journal.resume(path)) == [.done, .failed, .waiting, .waiting])
    }
  }

  @Test func refusals() throws {
    try withFolder { folder in
      let path = folder + "/journal"
      let journal = try Journal.create(path)
      #expect(
        refusal { _ = try Journal.create(path) }
          == "\(path): exists already")
      #expect(refusal { _ = try Journal.resume(path) } == "\(path): another farm is using it")
      try journal.close()
      #expect(
        refusal { _ = try Journal.resume(folder + "/none") }
          == "\(folder)/none: No such file or directory")
      #expect(
        refusal { _ = try Journal.create(folder + "/no/journal") }
          == "\(folder)/no/journal: No such file or directory")
      // A file that only happens to have the name.
      let log = folder + "/second.log"
      try "mine".write(toFile: log, atomically: true, encoding: .utf8)
      #expect(
        refusal { _ = try Journal.create(folder + "/second", keepsOutputs: true) }
          == "\(log): exists already")
      try Journal.create(folder + "/second").close()
      try Journal.resume(folder + "/second").close()
      #expect(try String(contentsOfFile: log, encoding: .utf8) == "mine")
      let text = folder + "/text"
      try "no journal, but a text that is long enough".write(
        toFile: text, atomically: true, encoding: .utf8)
      #expect(refusal { _ = try Journal.resume(text) } == "\(text): is no journal of a farm")
      _ = try sqlite(folder + "/other", "CREATE TABLE a (b)")
      #expect(
        refusal { _ = try Journal.resume(folder + "/other") }
          == "\(folder)/other: is no journal of a farm")
      _ = try sqlite(path, "PRAGMA user_version = 99")
      #expect(
        refusal { _ = try Journal.resume(path) }
          == "\(path): is a journal of version 99, and this program knows 1")
      let names = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(names.sorted() == ["journal", "other", "second", "second.log", "text"])
    }
  }

  /// A reader that holds the file does not stop the farm.
  @Test func readers() throws {
    try withFolder { folder in
      let path = folder + "/journal"
      let journal = try Journal.create(path)
      try journal.add(plainTasks(2))
      let reader = try JournalReading(of: path)
      try journal.ended([FarmOutcome(attempt: attempt(0), isFinal: true)])
      usleep(600_000)
      let start = steadyTime()
      try journal.tick()
      #expect(steadyTime() - start < 1)
      reader.end()
      try journal.close()
      #expect(try sqlite(path, "SELECT state FROM tasks") == ["done", "waiting"])
    }
  }

  @Test(.enabled(if: mountsDisks, "a disk of its own can be mounted by root only"))
  func fullDisk() throws {
    try withFolder { folder in
      let disk = folder + "/disk"
      #expect(try mount(disk, size: "256k"))
      defer { _ = try? output(of: ["umount", disk]) }
      let path = disk + "/journal"
      let journal = try Journal.create(path)
      try journal.add(plainTasks(100))
      var message = ""
      var safe = 0
      for task in 0..<100 {
        do {
          try journal.ended([
            FarmOutcome(
              attempt: attempt(task, output: String(repeating: "x", count: 2000)), isFinal: true)
          ])
          try journal.commit()
          safe = task + 1
          _ = FileManager.default.createFile(
            atPath: "\(disk)/\(task)", contents: Data(count: 8192))
        } catch {
          message = "\(error)"
          break
        }
      }
      #expect(
        message == "\(path): database or disk is full"
          || message == "\(path)-tail: No space left on device")
      #expect(safe > 0 && safe < 100)
      #expect(refusal { try journal.close() }.contains("full"))
      #expect(
        try sqlite(path, "PRAGMA integrity_check; SELECT count(*) FROM attempt") == [
          "ok", "\(safe)",
        ])
    }
  }
}
