import Foundation
import Testing

@testable import Farm

@Suite(.serialized) struct JournalReaderTests {
  private func filled(_ path: String, keepsOutputs: Bool = false) throws -> Journal {
    let journal = try Journal.create(path, keepsOutputs: keepsOutputs)
    var tasks = plainTasks(5)
    tasks[3].id = "named"
    tasks[4].after = ["named", "1", "2"]
    try journal.add(tasks)
    try journal.ended([
      FarmOutcome(attempt: attempt(0, output: "out of one", keeps: keepsOutputs), isFinal: true),
      FarmOutcome(
        attempt: attempt(1, .exited(2), output: "two", keeps: keepsOutputs), isFinal: true),
    ])
    journal.began(task: 2, attempt: 1, rank: 3, host: "h3", time: 1001)
    return journal
  }

  /// While a farm is at work its commits are seen; when it is gone, all that has ended.
  @Test func whileItIsWritten() throws {
    try withFolder { folder in
      let path = folder + "/journal"
      let journal = try filled(path)
      let reader = try JournalReader(path)
      #expect(try reader.status().states == ["waiting": 5] && reader.isInUse)
      try journal.commit()
      var status = try reader.status()
      #expect(status.states == ["waiting": 2, "done": 1, "failed": 1, "running": 1])
      #expect(status.isActive && status.running.map(\.id) == ["3"] && status.failed == ["2"])
      #expect(status.ranks.map(\.runs) == [2] && status.ranks[0].busy == 1)
      #expect(status.began == 1000 && status.ended == 1000.5)
      // As a process that was killed leaves it: with a tail that is not committed.
      try journal.ended([FarmOutcome(attempt: attempt(3), isFinal: true)])
      let copy = folder + "/copy"
      for suffix in ["", "-tail"] {
        try FileManager.default.copyItem(atPath: path + suffix, toPath: copy + suffix)
      }
      let after = try JournalReader(copy)
      status = try after.status()
      #expect(!status.isActive)
      #expect(status.states == ["waiting": 1, "done": 2, "failed": 1, "running": 1])
      #expect(!FileManager.default.fileExists(atPath: copy + "-tail"))
      try journal.close()
      #expect(!reader.isInUse)
    }
  }

  @Test func explanations() throws {
    try withFolder { folder in
      let path = folder + "/journal"
      let journal = try filled(path)
      try journal.commit()
      let reader = try JournalReader(path)
      #expect(try reader.task(named: "named") == 3 && reader.task(named: "5") == 4)
      // It has a name of its own.
      #expect(refusal { _ = try reader.task(named: "4") } == "\(path): no task has the id “4”")
      #expect(refusal { _ = try reader.task(named: "6") } == "\(path): no task has the id “6”")
      let waiting = try reader.explain(4)
      #expect(waiting.state == .waiting && waiting.runs.isEmpty)
      #expect(waiting.waitsFor.map(\.id) == ["named", "2"])
      #expect(waiting.waitsFor.map(\.state) == [.waiting, .failed])
      let failed = try reader.explain(1)
      #expect(failed.runs.map(\.attempt.ending) == [.exited(2)])
      #expect(failed.runs[0].attempt.tail == Array("two".utf8) && failed.runs[0].place == nil)
      let running = try reader.explain(2)
      #expect(running.running?.rank == 3 && running.running?.host == "h3")
      try journal.close()
    }
  }

  @Test func outputsInTheLog() throws {
    try withFolder { folder in
      let path = folder + "/journal"
      let journal = try filled(path, keepsOutputs: true)
      try journal.close()
      let reader = try JournalReader(path)
      #expect(try reader.runs(of: 0).map(\.place) == [0..<10])
      #expect(try reader.runs(of: 1).map(\.place) == [10..<13])
      #expect(try String(contentsOfFile: path + ".log", encoding: .utf8) == "out of onetwo")
    }
  }

  /// A long list is read again in little time.
  @Test func manyTasks() throws {
    try withFolder { folder in
      let path = folder + "/journal"
      let journal = try Journal.create(path)
      for first in stride(from: 0, to: 100_000, by: 10_000) {
        try journal.add(plainTasks(10_000, from: first))
      }
      try journal.close()
      let start = steadyTime()
      let again = try Journal.resume(path)
      var count = 0
      try again.forEachTask { _, state, _ in count += state == .waiting ? 1 : 0 }
      #expect(count == 100_000 && steadyTime() - start < 5)
      try again.close()
    }
  }
}
