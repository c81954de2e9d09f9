import Foundation
import Glibc
import MPI
import Testing

@testable import Farm

/// Commits on the journal's own thread, and what a process leaves that is killed meanwhile.
@Suite(.serialized) struct JournalCommitTests {
  private func end(_ task: Int, _ journal: Journal, attempt number: Int = 1) throws {
    try journal.ended([FarmOutcome(attempt: attempt(task, attempt: number), isFinal: true)])
  }

  /// Has what is due be committed, and waits until nothing is under way.
  private func settle(_ journal: Journal) throws {
    usleep(510_000)
    try journal.tick()
    #expect(journal.writer.wait(seconds: 5))
  }

  /// The files as a process that is killed leaves them.
  private func copied(_ path: String) throws -> String {
    let copy = path + "-copy"
    for suffix in ["", "-tail", "-tail2"]
    where FileManager.default.fileExists(atPath: path + suffix) {
      try? FileManager.default.removeItem(atPath: copy + suffix)
      try FileManager.default.copyItem(atPath: path + suffix, toPath: copy + suffix)
    }
    return copy
  }

  private func done(_ path: String) throws -> [Int] {
    let journal = try Journal.resume(path)
    defer { try? journal.close() }
    return try states(journal).enumerated().filter { $0.element == .done }.map(\.offset)
  }

  @Test func tailsTakeTurns() throws {
    try withFolder { folder in
      let path = folder + "/journal"
      let journal = try Journal.create(path)
      try journal.add(plainTasks(8))
      for task in 0..<6 {
        try end(task, journal)
        #expect(try done(copied(path)) == Array(0...task))
        try settle(journal)
        // In the file, and in neither tail.
        #expect(
          try sqlite(path, "SELECT count(*) FROM task WHERE state = 'done'") == ["\(task + 1)"])
        for tail in [journal.tail, journal.secondTail] {
          #expect(try tail?.records().isEmpty ?? true)
        }
      }
      try journal.close()
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).contains("journal"))
      #expect(!FileManager.default.fileExists(atPath: path + "-tail2"))
    }
  }

  /// A reader keeps a commit waiting; the farm goes on, and a process that is killed then loses nothing.
  @Test func killedInACommit() throws {
    try withFolder { folder in
      let path = folder + "/journal"
      let journal = try Journal.create(path)
      try journal.add(plainTasks(4))
      let reader = try JournalReading(of: path)
      // A first try of task 1 fails in the one tail, and the second succeeds in the other.
      try end(0, journal)
      try journal.ended([FarmOutcome(attempt: attempt(1, .exited(1)))])
      usleep(510_000)
      try journal.tick()
      #expect(!journal.writer.isIdle)
      try end(1, journal, attempt: 2)
      try end(2, journal)
      #expect(try journal.tail.records().count == 2)
      #expect(try journal.secondTail?.records().count == 2)
      #expect(try done(copied(path)) == [0, 1, 2])
      reader.end()
      try journal.close()
      #expect(try done(path) == [0, 1, 2])
      #expect(
        try sqlite(path, "SELECT task, attempt FROM attempt ORDER BY 1, 2") == [
          "0|1", "1|1", "1|2", "2|1",
        ])
    }
  }

  /// A tail that was committed, but not emptied, changes nothing that came after it.
  @Test func anOldTail() throws {
    try withFolder { folder in
      let path = folder + "/journal"
      let journal = try Journal.create(path)
      try journal.add(plainTasks(2))
      try journal.ended([FarmOutcome(attempt: attempt(0, .exited(1)))])
      let old = try Data(contentsOf: URL(filePath: path + "-tail"))
      try journal.ended([FarmOutcome(attempt: attempt(0, .exited(1), attempt: 2), isFinal: true)])
      try journal.close()
      try old.write(to: URL(filePath: path + "-tail2"))
      try old.write(to: URL(filePath: path + "-tail"))
      let again = try Journal.resume(path)
      #expect(try states(again) == [.failed, .waiting])
      try again.close()
      #expect(try sqlite(path, "SELECT tries FROM task WHERE task = 0") == ["2"])
    }
  }

  /// A tail of an earlier pcompute, whose records were messages.
  @Test func aTailInTheOldForm() throws {
    try withFolder { folder in
      let path = folder + "/journal"
      let journal = try Journal.create(path)
      try journal.add(plainTasks(2))
      try journal.close()
      let record = AttemptLog.Record(
        outcome: FarmOutcome(attempt: attempt(1, output: "x"), isFinal: true))
      let payload = try MessageEncoder().encode([record])
      var frame = PackedWriter()
      frame.write(UInt64(payload.count), bytes: 4)
      frame.write(checksum(payload[...]), bytes: 8)
      try Data(frame.bytes + payload).write(to: URL(filePath: path + "-tail"))
      #expect(try done(path) == [1])
    }
  }

  /// A rank that could not report knows of no earlier farm's runs.
  @Test func aRanksFileAfterARun() throws {
    try withFolder { folder in
      let path = folder + "/journal"
      let journal = try Journal.create(path)
      try journal.add(plainTasks(2))
      try journal.ended([FarmOutcome(attempt: attempt(0, .interrupted, rank: 1))])
      try journal.close()
      try AttemptLog(at: RankLog.paths(of: path, id: journal.id, rank: 3)[0]).append([
        FarmOutcome(attempt: attempt(0, rank: 3, start: 2000))
      ])
      let again = try Journal.resume(path)
      #expect(try states(again) == [.done, .waiting])
      try again.close()
      #expect(
        try sqlite(path, "SELECT attempt, ending FROM attempt ORDER BY 1") == [
          "1|interrupted", "2|exited",
        ])
    }
  }
}
