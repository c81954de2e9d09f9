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
      let log = try AttemptLog(at: Journal.rankFile(of: path, rank: 3))
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
      try AttemptLog(at: Journal.rankFile(of: copy, rank: 3)).append([
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
}
