import Foundation
import Testing

@testable import Farm

/// Journals of farms that were ended before they had their whole list.
@Suite(.serialized) struct JournalListTests {
  /// What a journal warns of that has some tasks of a list, and some runs.
  private func warnings(_ path: String, isWhole: Bool, runs: Int) throws -> [String] {
    let journal = try Journal.create(path)
    try journal.add(plainTasks(3))
    if isWhole { try journal.add(plainTasks(2, from: 3), isWhole: true) }
    try journal.ended((0..<runs).map { FarmOutcome(attempt: attempt($0), isFinal: true) })
    try journal.close()
    let again = try Journal.resume(path)
    defer { try? again.close() }
    var warnings: [String] = []
    try again.checkList { warnings.append($0) }
    return warnings
  }

  @Test func aPartOfTheList() throws {
    try withFolder { folder in
      #expect(try warnings(folder + "/a", isWhole: true, runs: 0) == [])
      #expect(
        refusal { _ = try warnings(folder + "/b", isWhole: false, runs: 0) }
          .contains("ended before it had the whole list"))
      #expect(
        try warnings(folder + "/c", isWhole: false, runs: 1) == [
          "the list was not read to its end: what comes after task 3 is not run"
        ])
      // As what is killed right after its beginning leaves it.
      try Journal.create(folder + "/d").close()
      let empty = try Journal.resume(folder + "/d")
      #expect(refusal { try empty.checkList { _ in } }.contains("whole list"))
    }
  }
}
