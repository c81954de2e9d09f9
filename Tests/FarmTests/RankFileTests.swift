import Foundation
import Testing

@testable import Farm

@Suite(.serialized) struct RankFileTests {
  /// What a rank has written that could not report to rank 0.
  @Test func otherRanksFiles() throws {
    try withFolder { folder in
      let path = folder + "/journal"
      let journal = try Journal.create(path, keepsOutputs: true)
      try journal.add(plainTasks(4))
      try journal.ended([FarmOutcome(attempt: attempt(0, rank: 3), isFinal: true)])
      try journal.close()
      let log = try AttemptLog(at: RankLog.paths(of: path, id: journal.id, rank: 3)[0])
      try log.append([
        // Known already: it was reported, but that was not confirmed.
        FarmOutcome(attempt: attempt(0, rank: 3)),
        FarmOutcome(attempt: attempt(1, rank: 3, output: "late\n", keeps: true)),
        FarmOutcome(attempt: attempt(2, .exited(1), rank: 3)),
      ])
      let again = try Journal.resume(path)
      #expect(try states(again) == [.done, .done, .waiting, .waiting])
      try again.close()
      #expect(
        try sqlite(path, "SELECT task, attempt, length FROM attempt") == ["0|1|", "1|1|5", "2|1|"])
      #expect(try String(contentsOfFile: path + ".log", encoding: .utf8) == "late\n")
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
          == ["journal", "journal.log"])
    }
  }

  /// Ranks count the runs of a task from where their farm was resumed, the journal from its beginning.
  @Test func runsAfterAResumption() throws {
    try withFolder { folder in
      let path = folder + "/journal"
      let first = try Journal.create(path)
      try first.add(plainTasks(3))
      try first.ended([
        FarmOutcome(attempt: attempt(0, .exited(1))), FarmOutcome(attempt: attempt(1, .exited(1))),
      ])
      try first.close()
      let second = try Journal.resume(path)
      let reported = attempt(0, rank: 3, start: 2000)
      try second.ended([FarmOutcome(attempt: reported, isFinal: true)])
      // As a rank 0 that is killed leaves it: with a tail that is not committed.
      let copy = folder + "/copy"
      for suffix in ["", "-tail"] {
        try FileManager.default.copyItem(atPath: path + suffix, toPath: copy + suffix)
      }
      try second.close()
      try AttemptLog(at: RankLog.paths(of: copy, id: second.id, rank: 3)[0]).append([
        FarmOutcome(attempt: reported),
        FarmOutcome(attempt: attempt(1, .exited(1), rank: 3, start: 2001)),
        FarmOutcome(attempt: attempt(1, attempt: 2, rank: 3, start: 2002)),
      ])
      let third = try Journal.resume(copy)
      #expect(try states(third) == [.done, .done, .waiting])
      try third.close()
      #expect(
        try sqlite(copy, "SELECT task, attempt, started, status FROM attempt") == [
          "0|1|1000.0|1", "0|2|2000.0|0", "1|1|1000.0|1", "1|2|2001.0|1", "1|3|2002.0|0",
        ])
    }
  }

  /// The runs in a rank's files, by their tasks, and the files.
  private func written(_ journal: Journal) throws -> (tasks: [[Int]], names: [String]) {
    let paths = RankLog.paths(of: journal.path, id: journal.id)
    let tasks = try paths.map { try AttemptLog(at: $0).records().map(\.outcome.attempt.task) }
    return (tasks, paths.map { String($0.dropFirst(journal.path.count + 1)) })
  }

  /// What has ended is on disk at once, and goes when rank 0 has it.
  @Test func writtenAtOnce() throws {
    try withFolder { folder in
      let journal = try Journal.create(folder + "/journal")
      let id = try #require(journal.id)
      let log = RankLog(journal: journal.path, id: id, rank: 12)
      #expect(try written(journal).names == [])
      log.append([attempt(0, rank: 12), attempt(1, rank: 12)], number: 1)
      log.append([attempt(2, rank: 12)], number: 2)
      #expect(try written(journal) == ([[0, 1, 2]], ["\(id)-rank12"]))
      // What rank 0 has may stand there, too: a file is emptied where it is long only.
      log.confirm(upTo: 1)
      #expect(try written(journal).tasks == [[0, 1, 2]])
      #expect(!log.isEmpty)
      log.confirm(upTo: 2)
      #expect(log.isEmpty)
      log.close()
      #expect(try written(journal).names == [])
      try journal.close()
    }
  }

  /// Two files by turns, neither of which grows without an end.
  @Test func longRuns() throws {
    try withFolder { folder in
      let journal = try Journal.create(folder + "/journal")
      let log = RankLog(journal: journal.path, id: journal.id, rank: 1)
      let output = String(repeating: "x", count: 1000)
      for number in 1...400 {
        log.append([attempt(number, rank: 1, output: output)], number: number)
        log.confirm(upTo: number - 10)
        // All that was not confirmed is there.
        let present = Set(try written(journal).tasks.joined())
        #expect(present.isSuperset(of: max(1, number - 9)...number))
        let sizes = try RankLog.paths(of: journal.path, id: journal.id).map {
          try AttemptLog(at: $0).size
        }
        #expect(sizes.allSatisfy { $0 < 80_000 })
      }
      #expect(try written(journal).names.count == 2)
      log.close()
      #expect(try written(journal).names.count == 2)
      log.confirm(upTo: 400)
      log.close()
      #expect(try written(journal).names == [])
      try journal.close()
    }
  }

  /// Long outputs are written where rank 0 does not get them.
  @Test func longOutputs() throws {
    try withFolder { folder in
      let path = folder + "/journal"
      let journal = try Journal.create(path, keepsOutputs: true)
      try journal.add(plainTasks(2))
      let log = RankLog(journal: path, id: journal.id, rank: 1)
      let long = String(repeating: "y", count: 100_000)
      log.append([attempt(0, rank: 1, output: long, keeps: true)], number: 1)
      #expect(try written(journal).names == [])
      log.append([attempt(1, rank: 1, output: "short", keeps: true)], number: 2)
      #expect(try written(journal).tasks == [[1]])
      log.writeRest()
      #expect(try written(journal).tasks == [[1, 0]])
      try journal.close()
      try Journal.resume(path).close()
      #expect(try String(contentsOfFile: path + ".log", encoding: .utf8) == "short" + long)
      #expect(try sqlite(path, "SELECT state FROM task") == ["done", "done"])
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
          == ["journal", "journal.log"])
    }
  }

  /// A file of an earlier journal with the same name is not this one's, nor is a journal whose name is like that of
  /// a rank's file.
  @Test func filesOfOthers() throws {
    try withFolder { folder in
      let path = folder + "/journal"
      let stale = RankLog.paths(of: path, id: "0123456789abcdef", rank: 2)[0]
      func leaveStale() throws {
        try AttemptLog(at: stale).append([FarmOutcome(attempt: attempt(1, rank: 2))])
      }
      try Data("mine".utf8).write(to: URL(filePath: path + "-rank2"))
      try leaveStale()
      let journal = try Journal.create(path)
      #expect(!FileManager.default.fileExists(atPath: stale))
      try journal.add(plainTasks(2))
      try journal.close()
      try leaveStale()
      let again = try Journal.resume(path)
      #expect(try states(again) == [.waiting, .waiting])
      try again.close()
      #expect(try String(contentsOfFile: path + "-rank2", encoding: .utf8) == "mine")
    }
  }

  /// A rank without a journal, or whose folder is not there, keeps everything in memory.
  @Test func nowhereToWrite() throws {
    try withFolder { folder in
      for journal in [nil, folder + "/none/journal"] {
        let log = RankLog(journal: journal, id: "0123456789abcdef", rank: 1)
        log.append([attempt(0, rank: 1)], number: 1)
        #expect(!log.isEmpty)
        log.confirm(upTo: 1)
        #expect(log.isEmpty)
        log.close()
      }
      let names = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(names.isEmpty)
    }
  }
}
