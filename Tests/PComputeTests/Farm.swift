import Foundation
import Support
import Testing

/// What a task has written about itself.
struct Evidence: Equatable {
  var starts = 0
  var ends = 0
}

/// A folder with a list of tasks, and what farms do there.
struct Farm {
  let folder: String

  static func inFolder(_ body: (Farm) throws -> Void) throws {
    try Launcher.withTemporaryFolder { try body(Farm(folder: $0)) }
  }

  func write(_ text: String, to name: String) throws {
    try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
  }

  func exists(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: "\(folder)/\(name)")
  }

  func lines(of name: String) throws -> [String] {
    guard exists(name) else { return [] }
    return try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
      .split(separator: "\n").map(String.init)
  }

  /// A list of tasks that leave evidence.
  func writeList(tasks: Int, seconds: Double = 0) throws {
    let lines = (0..<tasks).map { task in
      let pause = seconds > 0 ? "sleep \(seconds); " : ""
      return "echo start >> task.\(task); \(pause)echo end >> task.\(task)\n"
    }
    try write(lines.joined(), to: "tasks")
  }

  func evidence() throws -> [Evidence] {
    let tasks = try lines(of: "tasks").count
    return try (0..<tasks).map { task in
      let lines = try lines(of: "task.\(task)")
      return Evidence(
        starts: lines.count { $0 == "start" }, ends: lines.count { $0 == "end" })
    }
  }

  func start(ranks: Int, _ arguments: [String]) throws -> Launch {
    // The folder of the job is its tasks' folder.
    try Launch(
      "env",
      [
        "-C", folder, "OMPI_MCA_hwloc_base_binding_policy=none",
        "PRTE_MCA_hwloc_default_binding_policy=none", Launcher.packageFolder + "/run.sh", "-n",
        "\(ranks)", "exec", try Launcher.product("pcompute"), "farm",
      ] + arguments)
  }

  func run(ranks: Int, _ arguments: [String]) throws -> LaunchResult {
    try start(ranks: ranks, arguments).result(timeout: .seconds(60))
  }

  func query(_ statement: String) throws -> [String] {
    let result = try Launcher.run(
      "python3",
      [
        "-c",
        """
        import sqlite3, sys
        for row in sqlite3.connect(sys.argv[1]).execute(sys.argv[2]): print(*row, sep="|")
        """, "\(folder)/journal", statement,
      ])
    #expect(result.status == 0 && result.standardError == "")
    return result.standardOutput.split(separator: "\n").map(String.init)
  }

  /// How many tasks are in each state, by the journal.
  func states() throws -> [String: Int] {
    let rows = try query("SELECT state, count(*) FROM task GROUP BY state")
    return Dictionary(
      uniqueKeysWithValues: rows.map { row in
        let fields = row.split(separator: "|")
        return (String(fields[0]), Int(fields[1]) ?? 0)
      })
  }

  /// Resumes, and checks that each task is done once by the journal, and has run once by its own
  /// evidence, except those that were running when the farm was ended.
  ///
  /// - Parameter arguments: The same command as before, perhaps.
  func checkResumed(
    tasks: Int, running: Int, _ arguments: [String] = ["--resume", "journal"]
  ) throws {
    let before = try evidence()
    let result = try run(ranks: 2, arguments)
    #expect(result.standardError.contains(" of \(tasks) tasks are done, "))
    #expect(result.status == 0)
    #expect(try states() == ["done": tasks])
    let succeeded = try query(
      "SELECT count(*) FROM (SELECT task FROM attempt WHERE status = 0 GROUP BY task)")
    #expect(succeeded == ["\(tasks)"])
    let after = try evidence()
    #expect(after.allSatisfy { $0.ends >= 1 })
    let repeated = after.count { $0.starts > 1 }
    #expect(repeated <= running)
    // Those that had not begun, or had ended long before, ran once.
    #expect(zip(before, after).allSatisfy { $0.starts > 0 || $1 == Evidence(starts: 1, ends: 1) })
  }
}
