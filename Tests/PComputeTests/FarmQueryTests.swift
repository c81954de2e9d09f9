import Foundation
import Support
import Testing

@Suite struct FarmQueryTests {
  private func answer(_ farm: Farm, _ arguments: String...) throws -> String {
    let result = try Launcher.run(
      Launcher.product("pcompute"), ["farm"] + arguments,
      environment: ["OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"],
      directory: farm.folder)
    #expect(result.status == 0 && result.standardError == "", "\(result.standardError)")
    return result.standardOutput
  }

  private let list = #"""
    {"id": "a", "command": "echo hello; echo 'x, \"y\"'"}
    {"id": "b", "command": "echo oops >&2; exit 3", "retries": 1}
    {"id": "c", "command": "true", "after": ["b"]}
    {"id": "d", "argv": ["printf", "%s", "no newline"], "after": ["a"]}
    """#

  @Test func whatAJournalIsAsked() throws {
    try Farm.inFolder { farm in
      try farm.write(list, to: "tasks")
      let run = try farm.run(
        ranks: 2,
        [
          "tasks", "--journal", "journal", "--log", "--retry-delay", "0", "--joblog", "joblog",
          "--events", "events", "--timeline", "timeline.svg",
        ])
      #expect(run.status == 1 && run.standardOutput == "", "\(run.standardError)")

      let status = try answer(farm, "status", "journal")
      #expect(status.contains("4 tasks: 2 done, 1 failed, 1 skipped\n"))
      #expect(status.contains("4 runs from ") && status.contains("failed: b\n"))
      let json = try JSONSerialization.jsonObject(
        with: Data(answer(farm, "status", "journal", "--format", "json", "--watch").utf8))
      let states = (json as? [String: Any])?["states"] as? [String: Int]
      #expect(states == ["done": 2, "failed": 1, "skipped": 1])

      let failed = try answer(farm, "explain", "journal", "b")
      #expect(failed.hasPrefix("b: failed (exit status 3)\n"))
      #expect(failed.contains("  run 1: rank ") && failed.contains("  run 2: rank "))
      #expect(failed.hasSuffix("  the end of its output:\n    oops\n"))
      #expect(
        try answer(farm, "explain", "journal", "c").hasPrefix(
          "c: not run, as a task before it has failed: b (failed)\n"))

      #expect(try answer(farm, "cat", "journal", "a") == "hello\nx, \"y\"\n")
      #expect(try answer(farm, "cat", "journal", "b", "--run", "1") == "oops\n")
      #expect(try answer(farm, "cat", "journal", "d") == "no newline")

      // Other programs' readers.
      let csv = try Launcher.run(
        "python3",
        [
          "-c",
          """
          import csv, sys
          for r in csv.DictReader(sys.stdin): print(r["id"], r["state"], r["status"], r["tail"])
          """,
        ], input: try answer(farm, "export", "journal"))
      #expect(
        csv.standardOutput
          == "a done 0 hello\nx, \"y\"\n\nb failed 3 oops\n\nc skipped  \nd done 0 no newline\n")
      let rows = try JSONSerialization.jsonObject(
        with: Data(answer(farm, "export", "journal", "--format", "json").utf8))
      let ids = (rows as? [[String: Any]])?.map { $0["id"] as? String }
      #expect(ids == ["a", "b", "c", "d"])
      let events = try farm.lines(of: "events").map { line -> String in
        let event = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        return event?["event"] as? String ?? ""
      }
      #expect(events.first == "farmBegan" && events.last == "farmEnded")
      #expect(events.count { $0 == "ended" } == 4 && events.contains("skipped"))
      #expect(try farm.lines(of: "joblog").count == 4)
      #expect(try farm.lines(of: "timeline.svg").last == "</svg>")
      #expect(try answer(farm, "timeline", "journal").hasSuffix("</svg>\n"))
    }
  }

  /// A list of what has failed is a list that runs.
  @Test func failedTasksAsAList() throws {
    try Farm.inFolder { farm in
      try farm.write(list, to: "tasks")
      _ = try farm.run(
        ranks: 2, ["tasks", "--journal", "journal", "--quiet", "--retry-delay", "0"])
      let again = try answer(farm, "list", "journal", "--state", "failed")
      #expect(again.hasPrefix("# b: failed, exit status 3, rank "))
      #expect(again.contains(", run 2, “oops”\n"))
      try farm.write(again, to: "again")
      let run = try farm.run(ranks: 1, ["again", "--journal", "second", "--retry-delay", "0"])
      #expect(run.status == 1 && run.standardOutput == "oops\n")

      // Lines of a shell stay such lines.
      let lines = "true\nfalse # one\nexit 4 && \\\n  true\n"
      try farm.write(lines, to: "lines")
      _ = try farm.run(ranks: 1, ["lines", "--journal", "third", "--quiet"])
      let failed = try answer(farm, "list", "third", "--state", "failed")
      let commands = failed.split(separator: "\n").filter { !$0.hasPrefix("# ") }
      #expect(commands == ["false # one", "exit 4 && \\", "  true"])
      #expect(failed.contains("# 3: failed, exit status 4, "))
      #expect(try answer(farm, "list", "third").contains("# 1: done, exit status 0, "))
    }
  }

  @Test func mistakes() throws {
    try Farm.inFolder { farm in
      try farm.write("echo 1\n", to: "tasks")
      _ = try farm.run(ranks: 1, ["tasks", "--journal", "journal", "--quiet"])
      for (arguments, message) in [
        (["status", "none"], "none: No such file or directory"),
        (["status", "tasks"], "tasks: is no journal of a farm"),
        (["explain", "journal", "x"], "journal: no task has the id “x”"),
        (["cat", "journal", "2"], "journal: no task has the id “2”"),
        (["cat", "journal", "1", "--run", "3"], "journal: 1 has no run 3"),
      ] {
        let result = try farm.run(ranks: 2, arguments)
        #expect(result.status == 1 && result.standardOutput == "")
        #expect(result.standardError.contains("pcompute: \(message)\n"), "\(result.standardError)")
      }
    }
  }

  /// Asked on several ranks, one answers.
  @Test func severalRanks() throws {
    try Farm.inFolder { farm in
      try farm.write("echo 1\n", to: "tasks")
      _ = try farm.run(ranks: 1, ["tasks", "--journal", "journal", "--quiet"])
      let result = try farm.run(ranks: 3, ["cat", "journal", "1"])
      #expect(result.status == 0 && result.standardOutput == "1\n")
    }
  }

  /// A task may be an MPI program: it is not taken for a rank of the farm.
  @Test func programsOfMPIAsTasks() throws {
    try Farm.inFolder { farm in
      let run = try "\(Launcher.packageFolder)/run.sh -n 2 exec \(Launcher.product("hello"))"
      try farm.write("\(run)\n\(run)\n", to: "tasks")
      let result = try farm.run(ranks: 2, ["tasks", "--ordered"])
      #expect(result.status == 0, "\(result.standardError)")
      let lines = result.standardOutput.split(separator: "\n")
      #expect(lines.count { $0.contains("of 2") } == 4, "\(lines)")
    }
  }
}
