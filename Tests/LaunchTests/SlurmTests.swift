import Foundation
import Support
import Testing

/// `pcompute` in batch jobs of a real Slurm.
@Suite(
  .serialized,
  .disabled(if: SlurmLab.obstacle != nil, Comment(rawValue: SlurmLab.obstacle ?? "")))
struct SlurmTests {
  private struct Pi: Decodable {
    let value: Double
    let ranks: Int
    let hosts: [Host]

    struct Host: Decodable { let host: String }
  }

  private struct Info: Decodable {
    struct Allocation: Decodable {
      let job: String
      let partition: String
      let nodes: Int
      let tasks: Int
      let endTime: Double?
    }

    let allocation: Allocation?
    let ranks: [Rank]

    struct Rank: Decodable { let host: String }
  }

  private func decode<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
    try JSONDecoder().decode(type, from: Data(text.utf8))
  }

  @Test("A job over two nodes, by whichever launcher", arguments: ["auto", "srun", "mpirun"])
  func submitted(launcher: String) throws {
    let lab = try SlurmLab()
    let job = try lab.submit(
      ["--nodes", "2", "--tasks", "4", "--time", "5", "--launcher", launcher],
      ["pi", "--intervals", "1000000", "--format", "json"])
    #expect(try lab.wait(for: ["COMPLETED", "FAILED"], of: job) == "COMPLETED")
    let pi = try decode(Pi.self, lab.output(of: job))
    #expect(abs(pi.value - Double.pi) < 1e-9)
    #expect(pi.ranks == 4)
    #expect(pi.hosts.map(\.host) == ["n1", "n2"])
  }

  @Test("info shows the allocation, started by srun and by mpirun", arguments: ["srun", "mpirun"])
  func allocation(launcher: String) throws {
    let lab = try SlurmLab()
    let job = try lab.submit(
      ["--nodes", "2", "--tasks-per-node", "2", "--time", "7", "--launcher", launcher],
      ["info", "--format", "json"])
    try lab.wait(for: ["COMPLETED", "FAILED"], of: job)
    let info = try decode(Info.self, lab.output(of: job))
    let allocation = try #require(info.allocation)
    #expect(allocation.job == "\(job)" && allocation.partition == "main")
    #expect(allocation.nodes == 2 && allocation.tasks == 4)
    let left = try #require(allocation.endTime) - Date().timeIntervalSince1970
    #expect(left > 6 * 60 && left < 7 * 60 + 5)
    #expect(info.ranks.map(\.host) == ["n1", "n1", "n2", "n2"])
  }

  @Test("In an allocation, run.sh takes all of it") func runScript() throws {
    let lab = try SlurmLab()
    let launch = try lab.run(
      "salloc",
      [
        "--quiet", "-N2", "-n3", Launcher.packageFolder + "/run.sh", "exec",
        Launcher.product("pcompute"), "info", "--format", "json",
      ])
    #expect(launch.status == 0, "\(launch.standardError)")
    let info = try decode(Info.self, launch.standardOutput)
    #expect(info.ranks.count == 3 && Set(info.ranks.map(\.host)) == ["n1", "n2"])
  }

  @Test("An array: %a is the number of the task") func array() throws {
    let lab = try SlurmLab()
    for task in 1...3 {
      try "x\n\(task)\n".write(
        toFile: "\(lab.folder)/part \(task).csv", atomically: true, encoding: .utf8)
    }
    let job = try lab.submit(
      ["--tasks", "1", "--array", "1-3"],
      ["stats", "\(lab.folder)/part %a.csv", "--format", "json"])
    let finished = try lab.wait {
      try lab.run("squeue", ["--noheader", "--jobs", "\(job)"]).standardOutput.isEmpty
    }
    #expect(finished)
    struct Stats: Decodable {
      struct Column: Decodable { let max: Double }
      let columns: [Column]
    }
    for task in 1...3 {
      let stats = try decode(Stats.self, lab.output(of: job, task: task))
      #expect(stats.columns.map(\.max) == [Double(task)])
    }
  }

  @Test("scancel in the middle: nothing is left running", arguments: ["srun", "mpirun"])
  func cancelled(launcher: String) throws {
    let lab = try SlurmLab()
    // An argument that no other process has.
    let intervals = "9\(Int.random(in: 10_000_000_000..<100_000_000_000))"
    let job = try lab.submit(
      ["--nodes", "2", "--tasks", "2", "--launcher", launcher], ["pi", "--intervals", intervals])
    func running() throws -> Int {
      try Launcher.run("pgrep", ["-fc", "pcompute pi --intervals \(intervals)"]).standardOutput
        .split(separator: "\n").first.flatMap { Int($0) } ?? 0
    }
    #expect(try lab.wait { try running() >= 2 })
    _ = try lab.run("scancel", ["\(job)"])
    #expect(try lab.wait(timeout: .seconds(20)) { try running() == 0 })
    #expect(try lab.wait(for: ["CANCELLED"], of: job) == "CANCELLED")
  }

  @Test("What Slurm or this program refuses: one line and a status")
  func refused() throws {
    let lab = try SlurmLab()
    let program = try Launcher.product("pcompute")
    for (arguments, status, word) in [
      (["--partition", "nope", "--", "info"], 1, "nope"),
      (["--nodes", "99", "--", "info"], 1, "requested"),
      (["--time", "soon", "--", "info"], 2, "soon"),
      (["--nodes", "2"], 2, "--"), (["--", "stats", "--bogus", "x.csv"], 2, "bogus"),
      (["--sbatch=hello", "--", "info"], 2, "hello"),
    ] as [([String], Int32, String)] {
      let result = try lab.run(program, ["submit"] + arguments)
      #expect(result.status == status && result.standardOutput == "", "\(arguments)")
      #expect(result.standardError.contains(word), "\(arguments): \(result.standardError)")
    }
    #expect(try lab.run("squeue", ["--noheader"]).standardOutput == "")
  }
}

/// The script that `pcompute submit` writes, which needs no Slurm.
@Suite struct BatchScriptTests {
  @Test("--dry-run prints a script that bash takes as it was meant") func quoting() throws {
    let result = try Launcher.run(
      Launcher.product("pcompute"),
      [
        "submit", "--launcher", "mpirun", "--array", "1-2", "--time", "1:00:00", "--dry-run", "--",
        "sort", "it's %a $HOME.txt", "-o", "out-%a%%.txt",
      ])
    #expect(result.status == 0, "\(result.standardError)")
    let lines = result.standardOutput.split(separator: "\n").map(String.init)
    #expect(lines.first == "#!/bin/bash")
    for option in ["--job-name=sort", "--array=1-2", "--time=1:00:00"] {
      #expect(lines.contains("#SBATCH \(option)"))
    }
    let command = try #require(lines.last)
    #expect(command.hasPrefix("exec "))
    // The words that mpirun would get.
    let words = try Launcher.run(
      "bash", ["-c", "SLURM_ARRAY_TASK_ID=7; printf '%s\\n' \(command.dropFirst(5))"])
    #expect(
      words.standardOutput.split(separator: "\n").suffix(4)
        == ["sort", "it's 7 $HOME.txt", "-o", "out-7%.txt"])
  }

  /// The script of a farm that outlives nodes brings along what run.sh takes from a file.
  @Test("What stands before srun is the same in a script and in the file of run.sh")
  func daemonStarter() throws {
    let result = try Launcher.run(
      Launcher.product("pcompute"),
      ["submit", "--launcher", "mpirun", "--dry-run", "--", "farm", "tasks", "--tolerant"],
      environment: ["PCOMPUTE_LAUNCHER": "/usr/bin/mpirun.openmpi"])
    #expect(result.status == 0, "\(result.standardError)")
    let file = Launcher.packageFolder + "/slurm/tolerant/srun"
    #expect(result.standardOutput.contains(try String(contentsOfFile: file, encoding: .utf8)))
    #expect(result.standardOutput.contains("#SBATCH --no-kill\n"))
    let check = try Launcher.run("bash", ["-n"], input: result.standardOutput)
    #expect(check.status == 0, "\(check.standardError)")
  }

  /// sbatch passes the environment on, whose variables may have any name.
  @Test(
    "The script of a tolerant farm removes nothing but its own",
    arguments: ["mpirun", "mpirun.mpich"])
  func cleaning(launcher: String) throws {
    try Launcher.withTemporaryFolder { folder in
      let path = "\(folder)/\(launcher)"
      try "#!/bin/sh\nexit 5\n".write(toFile: path, atomically: true, encoding: .utf8)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
      let script = try Launcher.run(
        Launcher.product("pcompute"),
        ["submit", "--launcher", "mpirun", "--dry-run", "--", "farm", "tasks", "--tolerant"],
        environment: ["PCOMPUTE_LAUNCHER": path])
      #expect(script.status == 0, "\(script.standardError)")
      let result = try Launcher.run(
        "bash", ["-s"], environment: ["folder": folder, "scratch": folder, "TMPDIR": folder],
        input: script.standardOutput)
      #expect(result.status == 5, "\(result.standardError)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [launcher])
    }
  }
}
