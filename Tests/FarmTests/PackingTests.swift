import Testing

@testable import Farm

/// What travels between ranks, and into the tails of journals, comes out as it went in.
@Suite struct PackingTests {
  private static let endings: [TaskAttempt.Ending] = [
    .exited(0), .exited(255), .signalled(9), .timedOut, .interrupted, .notStarted(""),
    .notStarted("é: gone"),
  ]

  private var attempts: [TaskAttempt] {
    Self.endings.enumerated().map { place, ending in
      attempt(
        place == 0 ? 0 : 1 << (9 * place), ending, attempt: place + 1, rank: 200 * place,
        start: 1.7e9 + 0.1, seconds: 1e-6,
        output: String(repeating: "x\0y\n", count: place * 100), keeps: place % 2 == 1)
    }
  }

  @Test func orders() {
    let tasks = (0..<3).map { index in
      HandedTask(
        attempt: index + 1, packed: shell("run \(index)", index: index).packed,
        deadline: index == 1 ? 1.7e9 : nil)
    }
    let orders: [FarmOrder] = [
      .run([]), .run(tasks), .acknowledged(0), .acknowledged(1 << 40), .giveBack(1),
      .giveBack(.max), .stop, .alive, .end(status: 75, isDamaged: true),
      .end(status: 0, isDamaged: false),
    ]
    for order in orders { #expect(FarmOrder(packed: order.packed) == order) }
  }

  @Test func reports() {
    var report = FarmReport()
    #expect(FarmReport(packed: report.packed) == report)
    report.number = 300
    report.ended = attempts
    report.begun = [
      BegunTask(task: 7, attempt: 2, start: 0), BegunTask(task: 0, attempt: 1, start: -1),
    ]
    #expect(FarmReport(packed: report.packed) == report)
    report.givenBack = []
    report.isLast = true
    #expect(FarmReport(packed: report.packed) == report)
    report.givenBack = [1, 1 << 30, 0]
    #expect(FarmReport(packed: report.packed) == report)
  }

  @Test func records() throws {
    try withFolder { folder in
      let log = try AttemptLog(at: folder + "/log")
      let records = attempts.enumerated().map { place, attempt in
        AttemptLog.Record(
          outcome: FarmOutcome(
            attempt: attempt, isFinal: place % 2 == 0, skipped: Array(0..<(place * 3))),
          offset: place == 2 ? 1 << 40 : nil, length: place == 2 ? 5 : nil)
      }
      try log.append(records)
      try log.append([records[3]])
      let read = try AttemptLog(at: folder + "/log").records()
      #expect(read.count == records.count + 1)
      for (one, other) in zip(read, records + [records[3]]) {
        #expect(one.outcome.attempt == other.outcome.attempt)
        #expect(one.outcome.isFinal == other.outcome.isFinal)
        #expect(one.outcome.skipped == other.outcome.skipped)
        #expect(one.offset == other.offset && one.length == other.length)
      }
    }
  }
}
