import Foundation
import Glibc
import Testing

@testable import Farm

@Suite struct ReportTests {
  private func contents(_ path: String) throws -> String {
    try String(contentsOfFile: path, encoding: .utf8)
  }

  private static let commands = [
    "true", "exit 3", "kill -9 $$", "printf abc", "printf 'a\nb'",
  ]

  /// The fields of those commands without host and times.
  private static let fields = [
    ["1", "0", "0", "0", "0", "true"], ["2", "0", "0", "3", "0", "exit 3"],
    ["3", "0", "0", "0", "9", "kill -9 $$"], ["4", "0", "3", "0", "0", "printf abc"],
    ["5", "0", "3", "0", "0", "printf 'a\0b'"],
  ]

  private func rows(_ path: String) throws -> [[String]] {
    try contents(path).split(separator: "\n").map { line in
      line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
  }

  private func checkJobLog(_ rows: [[String]]) {
    #expect(rows.count == 6 && rows.allSatisfy { $0.count == 9 })
    #expect(
      rows[0] == [
        "Seq", "Host", "Starttime", "JobRuntime", "Send", "Receive", "Exitval", "Signal",
        "Command",
      ])
    #expect(rows.dropFirst().map { [$0[0]] + $0[4...] } == Self.fields)
    for row in rows.dropFirst() {
      #expect(row[2].wholeMatch(of: /[0-9]{10}\.[0-9]{3}/) != nil)
      #expect(row[3].wholeMatch(of: #/ *[0-9]+\.[0-9]{3}/#) != nil && row[3].count == 10)
    }
  }

  @Test func jobLog() throws {
    try withFolder { folder in
      let attempts = try run(
        Self.commands.enumerated().map { shell($0.element, index: $0.offset) })
      let path = folder + "/log"
      let log = try JobLog(path)
      var outcomes = attempts.map { FarmOutcome(attempt: $0, isFinal: true) }
      outcomes.append(FarmOutcome(attempt: attempt(0, .exited(1))))
      outcomes.append(FarmOutcome(attempt: attempt(0, .interrupted), isFinal: true))
      try log.add(outcomes) { Self.commands[$0] }
      checkJobLog(try rows(path))
    }
  }

  /// What GNU parallel writes for the same tasks.
  @Test(.enabled(if: isInstalled("parallel"), "GNU parallel is missing"))
  func jobLogOfParallel() throws {
    try withFolder { folder in
      let path = folder + "/log"
      let list = Self.commands.joined(separator: "\0") + "\0"
      _ = try output(of: ["parallel", "-0", "-k", "--joblog", path], input: list)
      checkJobLog(try rows(path))
    }
  }

  @Test func events() throws {
    try withFolder { folder in
      let path = folder + "/events"
      let log = try EventLog(path)
      try log.farmBegan(slots: [2, 1], time: 1)
      let name = { (task: Int) in "task \"\(task)\"" }
      try log.began(task: 3, attempt: 2, rank: 1, host: "h", time: 2, name: name)
      try log.ended(
        [
          FarmOutcome(attempt: attempt(3, .exited(4), attempt: 2), isFinal: true, skipped: [5]),
          FarmOutcome(attempt: attempt(4, .notStarted("x: \"gone\""))),
        ], name: name)
      try log.lost(rank: 2, host: "h2", reason: "silent", time: 5)
      var summary = FarmSummary(hosts: ["h"], slots: [1])
      summary.left = 7
      try log.farmEnded(status: 75, summary: summary, time: 6)
      // It goes on where it was.
      try EventLog(path, appends: true).farmBegan(slots: [1], time: 9)
      let events = try contents(path).split(separator: "\n").map { line -> [String: Any] in
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
      }
      #expect(
        events.map { $0["event"] as? String } == [
          "farmBegan", "began", "ended", "skipped", "ended", "lost", "farmEnded", "farmBegan",
        ])
      #expect(events.allSatisfy { $0["time"] is NSNumber })
      #expect(events[0]["ranks"] as? Int == 2 && events[0]["slots"] as? Int == 3)
      #expect(events[1]["id"] as? String == "task \"3\"" && events[1]["task"] as? Int == 4)
      #expect(events[2]["status"] as? Int == 4 && events[2]["state"] as? String == "failed")
      #expect(events[2]["seconds"] as? Double == 0.5 && events[2]["rank"] as? Int == 1)
      #expect(events[3]["task"] as? Int == 6)
      #expect(events[4]["message"] as? String == "x: \"gone\"")
      #expect(events[4]["state"] as? String == "waiting" && events[4]["status"] == nil)
      #expect(events[6]["left"] as? Int == 7 && events[6]["status"] as? Int == 75)
    }
  }

  /// In the list's order, whatever the order of the ends, and whatever does not fit into memory.
  @Test(arguments: [0, 50, 1 << 20]) func orderedOutputs(memory: Int) throws {
    try withFolder { folder in
      let path = folder + "/printed"
      let file = unsafe open(path, O_RDWR | O_CREAT, 0o600)
      defer { close(file) }
      let printer = OutputPrinter(
        to: file, isOrdered: true, folder: folder, memoryLimit: memory)
      let count = 200
      var order = Array(0..<count)
      var generator = SystemRandomNumberGenerator()
      order.shuffle(using: &generator)
      for task in order {
        // Some say nothing, some do not end their lines, some never run.
        if task % 7 == 0 {
          try printer.skip(task)
        } else {
          try printer.add(
            task, output: Array("\(task) a\n\(task) b\(task % 2 == 0 ? "\n" : "")".utf8))
        }
      }
      let expected = (0..<count).filter { $0 % 7 != 0 }.map { "\($0) a\n\($0) b\n" }.joined()
      #expect(try contents(path) == expected)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["printed"])
    }
  }

  @Test func outputsBehindTasksThatNeverRan() throws {
    try withFolder { folder in
      let path = folder + "/printed"
      let file = unsafe open(path, O_RDWR | O_CREAT, 0o600)
      let printer = OutputPrinter(to: file, isOrdered: true, folder: folder)
      for task in [5, 2, 9] { try printer.add(task, output: Array("\(task)".utf8)) }
      #expect(try contents(path) == "")
      try printer.finish()
      #expect(try contents(path) == "2\n5\n9\n")
      let unordered = OutputPrinter(to: file, isOrdered: false)
      for task in [7, 3] { try unordered.add(task, output: Array("\(task)".utf8)) }
      #expect(try contents(path) == "2\n5\n9\n7\n3\n")
      close(file)
      let full = unsafe open("/dev/full", O_WRONLY)
      defer { close(full) }
      #expect(
        refusal { try OutputPrinter(to: full, isOrdered: false).add(0, output: [65]) }
          == "standard output: No space left on device")
    }
  }

  @Test func summary() {
    var summary = FarmSummary(hosts: ["a", "b"], slots: [1, 1])
    for task in 0..<8 {
      summary.add(
        FarmOutcome(
          attempt: attempt(
            task, task == 3 ? .exited(1) : .exited(0), rank: task % 2, seconds: Double(task) / 4),
          isFinal: true, skipped: task == 3 ? [20] : []))
    }
    summary.add(FarmOutcome(attempt: attempt(9, .signalled(9), rank: 0, seconds: 1)))
    summary.add(FarmOutcome(attempt: attempt(10, .interrupted, rank: 0, seconds: 0), isFinal: true))
    summary.left = 2
    // Rank 0: 0 + 2 + 4 + 6 quarters and 1 s; rank 1: 1 + 3 + 5 + 7 quarters.
    #expect(
      summary.text(seconds: 5) { "t\($0)" } == """
        7 OK, 1 FAILED, 1 skipped, 2 left, 1 tried again, utilization 80 %, 5.0 s
          rank 0 on a: 6 runs, in use 80 %
          rank 1 on b: 4 runs, in use 80 %
          slowest: t7 (1.75 s), t6 (1.50 s), t5 (1.25 s), t4 (1.00 s), t9 (1.00 s)
        """)
  }

  /// A picture that others can read, whose size does not depend on the number of tasks.
  @Test func timelines() throws {
    try withFolder { folder in
      var large = Timeline(from: 0, to: 1000)
      for index in 0..<200_000 {
        let start = Double(index) * 0.005
        large.add(
          TimelineRun(
            rank: index % 4, host: "host<&>", start: start, end: start + 0.01,
            ending: index % 50_000 == 1 ? .exited(1) : .exited(0), name: "\(index)"))
      }
      let svg = large.svg
      #expect(svg.utf8.count < 1_500_000)
      var small = Timeline(from: 100, to: 110)
      for (rank, start, end, ending) in [
        (0, 100.0, 104.0, TaskAttempt.Ending.exited(0)), (0, 100.5, 103, .exited(1)),
        (1, 101, 110, .timedOut), (0, 104, 107, .interrupted),
      ] {
        small.add(
          TimelineRun(
            rank: rank, host: "h", start: start, end: end, ending: ending, name: "a \"b\" <c>"))
      }
      for (name, text) in [("large", svg), ("small", small.svg)] {
        try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
        let script = """
          import sys, xml.etree.ElementTree as e
          r = e.parse(sys.argv[1]).getroot()
          print(len(r.findall(".//{*}title")), float(r.get("height")) < 2000)
          """
        let said = try output(of: ["python3", "-c", script, "\(folder)/\(name)"])
        #expect(said == (name == "small" ? "4 True\n" : "0 True\n"))
      }
    }
  }
}
