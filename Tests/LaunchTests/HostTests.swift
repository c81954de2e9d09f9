import Foundation
import Support
import Testing

/// Jobs over several hosts, by TCP.
@Suite(
  .serialized, .disabled(if: HostLab.obstacle != nil, Comment(rawValue: HostLab.obstacle ?? "")))
struct HostTests {
  /// The tests of the module `MPI` themselves, on two hosts.
  @Test("Messages, collectives, windows, files, objects and async over two hosts") func suite()
    throws
  {
    let lab = try HostLab()
    let tests = "PointToPoint|Gather|Reduce|AllToAll|Persistent|Object|Async|Communicator|Neighbor"
    let result = try lab.startMpirun(
      program: CommandLine.arguments[0],
      [
        "--testing-library", "swift-testing", "--no-parallel", "--filter",
        "^MPITests[./](\(tests)).*Tests",
      ], environment: ["NO_COLOR": "1", "PCOMPUTE_LARGE_TESTS": "0"]
    ).result(timeout: .seconds(300))
    #expect(result.status == 0, "\(result.standardOutput.suffix(4000))\(result.standardError)")
    // Where the tests of the ranks report.
    let report = result.standardOutput + result.standardError
    let passed = report.components(separatedBy: " passed after ").count - 1
    #expect(passed > 4 * 100)
  }

  private func withFiles(_ body: (String) throws -> Void) throws {
    try Launcher.withTemporaryFolder { folder in
      var lines = "key,value\n"
      for i in 0..<20_000 { lines += "\((i &* 7919) % 20_011),\(Double(i) / 7)\n" }
      try lines.write(toFile: folder + "/in.csv", atomically: true, encoding: .utf8)
      try body(folder)
    }
  }

  @Test("stats and sort over hosts: what one process finds", arguments: [2, 4])
  func jobs(hosts: Int) throws {
    let program = try Launcher.product("pcompute")
    try withFiles { folder in
      let lab = try HostLab(hosts)
      let stats = ["stats", folder + "/in.csv"]
      let expected = try Launcher.mpirun(ranks: 1, program: program, stats)
      let found = try lab.startMpirun(program: program, stats).result(timeout: .seconds(60))
      #expect(found.status == 0, "\(found.standardError)")
      // All but the line that tells ranks and time.
      func table(_ text: String) -> [Substring] {
        text.split(separator: "\n").filter { !$0.contains(" rows, ") }
      }
      #expect(table(found.standardOutput).count > 3)
      #expect(table(found.standardOutput) == table(expected.standardOutput))

      let sort = ["sort", "-t", ",", "-k", "1,1", folder + "/in.csv", "-o", folder + "/out.csv"]
      let sorted = try lab.startMpirun(program: program, sort).result(timeout: .seconds(60))
      #expect(sorted.status == 0, "\(sorted.standardError)")
      let reference = try Launcher.run(
        "sort", ["-t", ",", "-k", "1,1", folder + "/in.csv"], environment: ["LC_ALL": "C"])
      #expect(
        try String(contentsOfFile: folder + "/out.csv", encoding: .utf8)
          == reference.standardOutput)
    }
  }

  /// A list of tasks that leave a file each, and how many of these there are.
  private func withTasks(
    _ count: Int, seconds: Double,
    _ body: (_ folder: String, _ evidence: () throws -> Int) throws -> Void
  ) throws {
    try Launcher.withTemporaryFolder { folder in
      let lines = (1...count).map { "sleep \(seconds); touch \(folder)/end\($0)" }
      try lines.joined(separator: "\n").write(
        toFile: folder + "/tasks", atomically: true, encoding: .utf8)
      try body(folder) {
        try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix("end") }
          .count
      }
    }
  }

  @Test("farm over hosts", arguments: [2, 4])
  func farm(hosts: Int) throws {
    try withTasks(60, seconds: 0.02) { folder, evidence in
      let lab = try HostLab(hosts)
      let result = try lab.startMpirun(
        ranks: 1, program: Launcher.product("pcompute"),
        ["farm", folder + "/tasks", "--journal", folder + "/journal", "--slots", "2"]
      ).result(timeout: .seconds(60))
      #expect(result.status == 0, "\(result.standardError)")
      #expect(try evidence() == 60)
      for host in 1...hosts { #expect(result.standardError.contains("on h\(host): ")) }
    }
  }

  @Test("farm --tolerant: a host is lost, and the others do its tasks") func tolerant() throws {
    try withTasks(60, seconds: 0.2) { folder, evidence in
      let lab = try HostLab(3)
      let launch = try lab.startFarm(
        ranks: 1,
        [
          folder + "/tasks", "--journal", folder + "/journal", "--slots", "1", "--tolerant",
          "--lost-after", "3",
        ])
      let began = launch.wait(timeout: .seconds(30)) { _ in ((try? evidence()) ?? 0) >= 6 }
      #expect(began)
      try lab.link("h3", isUp: false)
      let result = try launch.result(timeout: .seconds(90))
      #expect(result.status == 0, "\(result.standardError)")
      #expect(try evidence() == 60)
      #expect(result.standardError.contains("rank 2"), "\(result.standardError)")
    }
  }

  @Test("A link that is cut for five seconds: the job goes on") func cut() throws {
    let lab = try HostLab()
    let launch = try lab.startMpirun(
      program: Launcher.product("pcompute"), ["pi", "--intervals", "20000000000"])
    Thread.sleep(forTimeInterval: 3)
    try lab.link("h2", isUp: false)
    Thread.sleep(forTimeInterval: 5)
    try lab.link("h2", isUp: true)
    let result = try launch.result(timeout: .seconds(120))
    #expect(result.status == 0, "\(result.standardError)")
    #expect(result.standardOutput.contains("3.14159265"))
  }

  @Test("A host that is lost: the job ends within ten seconds, and says so") func lost() throws {
    let lab = try HostLab()
    let launch = try lab.startMpirun(
      program: Launcher.product("pcompute"), ["pi", "--intervals", "9000000000000"])
    Thread.sleep(forTimeInterval: 3)
    let start = ContinuousClock.now
    try lab.link("h2", isUp: false)
    let result = try launch.result(timeout: .seconds(40))
    #expect(ContinuousClock.now - start < .seconds(13))
    #expect(result.status != 0)
    #expect(result.standardError.contains("h2"), "\(result.standardError)")
  }
}
