import Foundation
import Support
import Testing

/// Farms as users run them. Each task of theirs leaves evidence: a line for its beginning, and one for
/// its end, in a file of its own.
@Suite struct FarmTests {
  @Test(arguments: [1, 2, 3]) func everyTaskOnce(ranks: Int) throws {
    try Farm.inFolder { farm in
      try farm.writeList(tasks: 200)
      let result = try farm.run(ranks: ranks, ["tasks", "--journal", "journal"])
      #expect(result.status == 0)
      #expect(try farm.evidence() == Array(repeating: Evidence(starts: 1, ends: 1), count: 200))
      #expect(try farm.states() == ["done": 200])
      let working = try farm.query("SELECT DISTINCT rank FROM attempt ORDER BY rank")
      #expect(working == (0..<ranks).map { "\($0)" })
    }
  }

  @Test func outputsAreNotMixed() throws {
    try Farm.inFolder { farm in
      let lines = (0..<60).map { "for i in 1 2 3 4 5; do echo $i task \($0); done" }
      try farm.write(lines.joined(separator: "\n"), to: "tasks")
      let ordered = try farm.run(ranks: 2, ["tasks", "--ordered"])
      let expected = (0..<60).flatMap { task in (1...5).map { "\($0) task \(task)" } }
      #expect(ordered.standardOutput.split(separator: "\n").map(String.init) == expected)
      let ended = try farm.run(ranks: 2, ["tasks"])
      let printed = ended.standardOutput.split(separator: "\n").map(String.init)
      #expect(printed.count == 300 && Set(printed) == Set(expected))
      for first in stride(from: 0, to: printed.count, by: 5) {
        let task = printed[first].split(separator: " ")[2]
        #expect(Array(printed[first..<(first + 5)]) == (1...5).map { "\($0) task \(task)" })
      }
    }
  }

  @Test func dependenciesAcrossRanks() throws {
    try Farm.inFolder { farm in
      // A chain, listed backwards, and two tasks that come after all of it.
      var lines = (0..<12).reversed().map { index in
        let after = index == 0 ? "" : ", \"after\": [\"t\(index - 1)\"]"
        return "{\"id\": \"t\(index)\", \"command\": \"echo t\(index) >> order\"\(after)}"
      }
      for name in ["x", "y"] {
        lines.append(
          "{\"id\": \"\(name)\", \"command\": \"echo \(name) >> order\", \"after\": [\"t11\"]}")
      }
      try farm.write(lines.joined(separator: "\n"), to: "tasks")
      #expect(try farm.run(ranks: 3, ["tasks"]).status == 0)
      let order = try farm.lines(of: "order")
      #expect(order.prefix(12) == (0..<12).map { "t\($0)" }[...])
      #expect(Set(order.suffix(2)) == ["x", "y"])
    }
  }

  @Test func failures() throws {
    try Farm.inFolder { farm in
      try farm.write(
        """
        {"id": "good", "command": "true"}
        {"id": "bad", "command": "echo try >> tries; exit 3", "retries": 2}
        {"id": "after", "command": "touch never", "after": ["bad"]}
        {"id": "flaky", "command": "test -e there || { touch there; false; }", "retries": 1}
        """, to: "tasks")
      let result = try farm.run(
        ranks: 2, ["tasks", "--journal", "journal", "--retry-delay", "0.1"])
      #expect(result.status == 1)
      #expect(result.standardError.contains("1 of 4 tasks failed (bad)"))
      #expect(try farm.lines(of: "tries").count == 3)
      #expect(!farm.exists("never"))
      #expect(try farm.states() == ["done": 2, "failed": 1, "skipped": 1])
      // What failed runs again only when it is asked for.
      #expect(try farm.run(ranks: 2, ["--resume", "journal"]).status == 1)
      #expect(try farm.lines(of: "tries").count == 3)
      let again = try farm.run(ranks: 2, ["--resume", "journal", "--retry-failed"])
      #expect(again.status == 1)
      #expect(try farm.lines(of: "tries").count == 6)
    }
  }

  @Test func halting() throws {
    try Farm.inFolder { farm in
      var lines = Array(repeating: "sleep 0.05", count: 4) + ["false"]
      lines += Array(repeating: "echo x >> later; sleep 0.05", count: 200)
      try farm.write(lines.joined(separator: "\n"), to: "tasks")
      let result = try farm.run(ranks: 2, ["tasks", "--halt", "soon"])
      #expect(result.status == 1)
      #expect(result.standardError.contains("1 task has failed"))
      #expect(try farm.lines(of: "later").count < 100)
    }
  }

  @Test(arguments: [
    ("{\"id\": \"a\", \"command\": \"true\", \"colour\": 1}\n", "tasks:2"),
    ("{\"id\": \"a\", \"command\": \"true\", \"after\": [\"b\"]}\n", "“b”"),
    (
      "{\"id\": \"a\", \"command\": \"true\", \"after\": [\"b\"]}\n"
        + "{\"id\": \"b\", \"command\": \"true\", \"after\": [\"a\"]}\n", "wait for each other"
    ),
  ]) func wrongLists(list: String, message: String) throws {
    try Farm.inFolder { farm in
      try farm.write("{\"id\": \"first\", \"command\": \"touch ran\"}\n" + list, to: "tasks")
      for ranks in [1, 3] {
        let result = try farm.run(ranks: ranks, ["tasks", "--journal", "journal"])
        #expect(result.status == 2)
        #expect(result.duration < .seconds(20))
        let lines = result.standardError.split(separator: "\n").filter { $0.hasPrefix("pcompute:") }
        #expect(lines.count == 1 && lines.first?.contains(message) == true)
        #expect(!farm.exists("ran") && !farm.exists("journal"))
      }
    }
  }

  @Test func dryRun() throws {
    try Farm.inFolder { farm in
      try farm.write("# a comment\ntouch a b\n\necho \\\n  joined", to: "tasks")
      let result = try farm.run(ranks: 2, ["tasks", "--dry-run"])
      #expect(result.status == 0)
      #expect(result.standardOutput == "touch a b\necho \\\n  joined\n")
      #expect(!farm.exists("a"))
      try farm.write("x,y\n1,a b\n2,$HOME\n", to: "table.csv")
      let each = try farm.run(
        ranks: 1, ["--each", "table.csv", "echo {#} {x} {y}", "--ordered"])
      #expect(each.standardOutput == "1 1 a b\n2 2 $HOME\n")
    }
  }

  @Test func standardInputIsAStream() throws {
    try Farm.inFolder { farm in
      // The list ends only when its first task has run.
      let script = """
        { echo 'touch first'; while [ ! -e first ]; do sleep 0.05; done; printf 'touch last'; } |
          "$0" -n 2 exec "$1" farm - --journal journal
        """
      let result = try Launcher.run(
        "bash",
        ["-c", script, Launcher.packageFolder + "/run.sh", try Launcher.product("pcompute")],
        directory: farm.folder)
      #expect(result.status == 0)
      #expect(farm.exists("last"))
      #expect(try farm.states() == ["done": 2])
    }
  }

  @Test func timeLimits() throws {
    try Farm.inFolder { farm in
      try farm.write(
        """
        {"id": "short", "command": "true", "timeout": 1}
        {"id": "long", "command": "sleep 60", "timeout": 0.3}
        {"id": "unfit", "command": "touch never", "timeout": 1000}
        """, to: "tasks")
      let result = try farm.run(
        ranks: 2, ["tasks", "--journal", "journal", "--time-limit", "100"])
      // One has failed, and one has no time: to be run another time.
      #expect(result.status == 75)
      #expect(try farm.states() == ["done": 1, "failed": 1, "waiting": 1])
      #expect(!farm.exists("never"))
      #expect(result.duration < .seconds(15))
    }
  }

  @Test func theTimeIsOver() throws {
    try Farm.inFolder { farm in
      try farm.writeList(tasks: 40, seconds: 0.3)
      let result = try farm.run(
        ranks: 2, ["tasks", "--journal", "journal", "--time-limit", "3", "--margin", "1"])
      #expect(result.status == 75)
      #expect(
        result.standardError.contains(
          "to go on: the same command, or pcompute farm --resume journal"))
      try farm.checkResumed(tasks: 40, running: 2, ["tasks", "--journal", "journal"])
      // All is done, and once more nothing runs.
      let evidence = try farm.evidence()
      let again = try farm.run(ranks: 1, ["tasks", "--journal", "journal"])
      #expect(again.status == 0)
      #expect(
        again.standardError.contains("journal: 40 of 40 tasks are done: nothing is left to run"))
      #expect(!again.standardError.contains("utilization"))
      #expect(try farm.evidence() == evidence)
      // Another list is refused.
      try farm.write("true\n", to: "others")
      let other = try farm.run(ranks: 2, ["others", "--journal", "journal"])
      #expect(other.status == 2)
      #expect(other.standardError.contains("journal: is the journal of another list: task 1 was"))
    }
  }
}
