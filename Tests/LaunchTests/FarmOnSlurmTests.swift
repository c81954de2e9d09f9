import Foundation
import Support
import Testing

/// `pcompute farm` in batch jobs: their limits, their ends, and what comes after.
@Suite(
  .serialized,
  .disabled(if: SlurmLab.obstacle != nil, Comment(rawValue: SlurmLab.obstacle ?? "")))
struct FarmOnSlurmTests {
  /// A farm whose tasks leave a line each in files of their own.
  private struct Farm {
    let lab: SlurmLab
    let count: Int
    var journal: String { lab.folder + "/journal" }

    init(_ lab: SlurmLab, tasks: Int, seconds: Double) throws {
      self.lab = lab
      count = tasks
      try FileManager.default.createDirectory(
        atPath: lab.folder + "/evidence", withIntermediateDirectories: true)
      let lines = (1...tasks).map {
        "echo begin >>evidence/\($0); sleep \(seconds); echo end >>evidence/\($0)"
      }
      try lines.joined(separator: "\n").write(
        toFile: lab.folder + "/tasks", atomically: true, encoding: .utf8)
    }

    func submit(_ options: [String], _ farmOptions: [String]) throws -> Int {
      try lab.submit(
        options,
        ["farm", "tasks", "--slots", "1", "--quiet", "--journal", "journal"] + farmOptions)
    }

    private struct Status: Decodable {
      let states: [String: Int]
    }

    /// How many tasks are done by the journal.
    func done() throws -> Int {
      let result = try lab.run(
        Launcher.product("pcompute"), ["farm", "status", "journal", "--format", "json"])
      guard result.status == 0 else { return 0 }
      return try JSONDecoder().decode(Status.self, from: Data(result.standardOutput.utf8))
        .states["done"] ?? 0
    }

    /// How often each task has come to its end, by its own evidence.
    func ends() throws -> [Int] {
      try (1...count).map { task in
        let path = "\(lab.folder)/evidence/\(task)"
        guard FileManager.default.fileExists(atPath: path) else { return 0 }
        return try String(contentsOfFile: path, encoding: .utf8)
          .split(separator: "\n").filter { $0 == "end" }.count
      }
    }
  }

  /// Lets a job begin that waits after it was put back into the queue: Slurm's delay is two minutes.
  private func hurry(_ job: Int, on lab: SlurmLab) throws {
    try lab.wait(for: ["PENDING", "RUNNING"], of: job)
    // In the second in which it was put back, its nodes refuse it for good ("Job credential revoked").
    usleep(2_000_000)
    _ = try lab.run("scontrol", ["update", "JobId=\(job)", "StartTime=now"])
  }

  @Test("Near the time limit it ends, goes back into the queue, and does what is left")
  func timeLimit() throws {
    let lab = try SlurmLab()
    let farm = try Farm(lab, tasks: 24, seconds: 1)
    // Of a minute, which is the least that Slurm knows, the farm takes ten seconds.
    let job = try farm.submit(
      ["--nodes", "2", "--tasks", "2", "--time", "1"], ["--requeue", "--margin", "50"])
    let isBack = try lab.wait {
      try lab.value("Restarts", of: job) == "1"
        && lab.value("JobState", of: job) == "PENDING"
    }
    #expect(isBack)
    let first = try farm.done()
    #expect(first > 2 && first < 24, "\(first)")
    #expect(try farm.ends().reduce(0, +) == first)
    try hurry(job, on: lab)
    let end = try lab.wait(for: ["COMPLETED", "FAILED"], of: job)
    #expect(end == "COMPLETED", "\((try? lab.output(of: job)) ?? "")")
    #expect(try farm.done() == 24)
    // What had ended is not run again.
    #expect(try farm.ends() == Array(repeating: 1, count: 24))
  }

  @Test("scancel in the middle; --resume does what is left", arguments: ["srun", "mpirun"])
  func cancelled(launcher: String) throws {
    let lab = try SlurmLab()
    let farm = try Farm(lab, tasks: 40, seconds: 0.5)
    let options = ["--nodes", "2", "--tasks", "2", "--launcher", launcher]
    let job = try farm.submit(options, [])
    #expect(try lab.wait { try farm.done() >= 4 })
    _ = try lab.run("scancel", ["\(job)"])
    #expect(try lab.wait(for: ["CANCELLED"], of: job) == "CANCELLED")
    #expect(
      try lab.wait(timeout: .seconds(15)) {
        try lab.run("squeue", ["--noheader"]).standardOutput.isEmpty
      })
    let first = try farm.done()
    #expect(first >= 4 && first < 40)
    let next = try lab.submit(options, ["farm", "--slots", "1", "--quiet", "--resume", "journal"])
    let state = try lab.wait(for: ["COMPLETED", "FAILED"], of: next)
    #expect(state == "COMPLETED", "\((try? lab.output(of: next)) ?? "")")
    #expect(try farm.done() == 40)
    let ends = try farm.ends()
    #expect(ends.allSatisfy { $0 >= 1 })
    // Those that ran at that moment, one on each rank, may have come to their end by themselves.
    #expect(ends.reduce(0, +) <= 42)
  }

  @Test("A node is lost: Slurm runs the job again, which does what is left") func lostNode() throws
  {
    let lab = try SlurmLab()
    let farm = try Farm(lab, tasks: 40, seconds: 0.5)
    let job = try farm.submit(["--nodes", "2", "--tasks", "2"], ["--requeue"])
    #expect(try lab.wait { try farm.done() >= 4 })
    try lab.lose("n2")
    #expect(try lab.wait { try lab.value("Restarts", of: job) == "1" })
    try lab.restore("n2")
    #expect(try lab.wait { try lab.idleNodes() == 2 })
    try hurry(job, on: lab)
    let state = try lab.wait(for: ["COMPLETED", "FAILED"], of: job)
    #expect(state == "COMPLETED", "\((try? lab.output(of: job)) ?? "")")
    #expect(try farm.done() == 40)
    #expect(try farm.ends().allSatisfy { $0 >= 1 })
  }

  /// Also after Slurm has noticed, and has ended what it had started there.
  @Test("A node is lost: with --tolerant the others go on") func tolerated() throws {
    let lab = try SlurmLab()
    let farm = try Farm(lab, tasks: 100, seconds: 0.5)
    let job = try farm.submit(
      ["--nodes", "2", "--tasks", "2"], ["--tolerant", "--lost-after", "3"])
    #expect(try lab.wait { try farm.done() >= 4 })
    try lab.lose("n2")
    #expect(
      try lab.wait {
        try lab.run("sinfo", ["--noheader", "--nodes", "n2", "--format", "%T"]).standardOutput
          .hasPrefix("down")
      })
    let noticed = try farm.done()
    #expect(noticed < 100)
    let end = try lab.wait(for: ["COMPLETED", "FAILED", "NODE_FAIL", "CANCELLED"], of: job)
    #expect(end == "COMPLETED", "\((try? lab.output(of: job)) ?? "")")
    #expect(try farm.done() == 100)
    #expect(try lab.value("Restarts", of: job) == "0")
    #expect(try farm.ends().allSatisfy { $0 >= 1 })
  }
}
