import Testing

@testable import Farm

@Suite struct FarmTaskTests {
  @Test func succeededOnlyByStatusZero() {
    var attempt = TaskAttempt(
      task: 0, attempt: 1, rank: 0, host: "h", start: 0, end: 1, ending: .exited(0), outputBytes: 0,
      tail: [], output: nil)
    #expect(attempt.succeeded)
    for ending in [TaskAttempt.Ending.exited(1), .signalled(9), .timedOut, .interrupted] {
      attempt.ending = ending
      #expect(!attempt.succeeded)
    }
  }
}
