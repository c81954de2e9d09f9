import Foundation
import Support
import Testing

/// Farms that are ended before their time, and farms that lose ranks.
@Suite struct FarmFaultTests {
  private enum Victim: String, CaseIterable { case launcher, worker, root }

  private static let tasks = 60

  /// Starts a farm, and waits until it is well under way.
  private func begun(_ farm: Farm, ranks: Int, _ options: [String] = []) throws -> Launch {
    try farm.writeList(tasks: Self.tasks, seconds: 0.2)
    let launch = try farm.start(ranks: ranks, ["tasks", "--journal", "journal"] + options)
    let isUnderWay = launch.wait(timeout: .seconds(30)) { _ in
      ((try? farm.evidence()) ?? []).count { $0.ends == 1 } >= 10
    }
    #expect(isUnderWay)
    return launch
  }

  /// The processes of a farm: the launcher, and rank by rank.
  private func process(_ victim: Victim, of launch: Launch, _ farm: Farm) throws -> Int32 {
    let all = launch.processes()
    if victim == .launcher {
      let launcher = all.first {
        $0.command.contains("mpirun") && !$0.command.contains("run.sh")
      }
      return try #require(launcher).pid
    }
    let rank = victim == .root ? "0" : "1"
    let found = all.first { process in
      // The launcher has it in its command line, too, and so may a shell before the rank.
      guard !process.command.contains("mpirun"), !process.command.contains("bash"),
        process.command.contains("pcompute farm")
      else { return false }
      let variables = try? String(
        contentsOfFile: "/proc/\(process.pid)/environ", encoding: .utf8)
      let names = ["OMPI_COMM_WORLD_RANK", "PMI_RANK"].map { "\($0)=\(rank)" }
      return variables?.split(separator: "\0").contains { names.contains(String($0)) } == true
    }
    return try #require(found).pid
  }

  @Test(arguments: [SIGTERM, SIGINT]) func signals(number: Int32) throws {
    try Farm.inFolder { farm in
      let launch = try begun(farm, ranks: 2)
      launch.send(signal: number)
      let result = try launch.result(timeout: .seconds(15))
      #expect(result.status == 75)
      // Open MPI's launcher makes SIGTERM of either, MPICH's passes them on.
      let name = Launcher.usesMPICH && number == SIGINT ? "SIGINT" : "SIGTERM"
      #expect(result.standardError.contains("ended by \(name)"))
      #expect(launch.leftovers().isEmpty)
      try farm.checkResumed(tasks: Self.tasks, running: 2)
    }
  }

  /// A warning: what runs goes on to its end.
  @Test func warningSignal() throws {
    try Farm.inFolder { farm in
      let launch = try begun(farm, ranks: 2, ["--signal", "USR1"])
      launch.send(signal: SIGUSR1)
      let result = try launch.result(timeout: .seconds(15))
      #expect(result.status == 75)
      let evidence = try farm.evidence()
      #expect(evidence.allSatisfy { $0.starts == $0.ends })
      try farm.checkResumed(tasks: Self.tasks, running: 0)
    }
  }

  /// A warning that ends tasks, too, as Slurm's does where it is for all of a job's processes.
  @Test func warningSignalForAll() throws {
    try Farm.inFolder { farm in
      let launch = try begun(farm, ranks: 2, ["--signal", "USR1"])
      for process in launch.processes() { kill(process.pid, SIGUSR1) }
      let result = try launch.result(timeout: .seconds(15))
      #expect(result.status == 75)
      #expect(try farm.query("SELECT * FROM attempt WHERE ending = 'signalled'").isEmpty)
      try farm.checkResumed(tasks: Self.tasks, running: 2)
    }
  }

  @Test(arguments: ["launcher", "worker", "root"])
  func killed(name: String) throws {
    let victim = try #require(Victim(rawValue: name))
    try Farm.inFolder { farm in
      let launch = try begun(farm, ranks: 3)
      kill(try process(victim, of: launch, farm), SIGKILL)
      let result = try launch.result(timeout: .seconds(15))
      #expect(result.status == 75)
      #expect(launch.leftovers().isEmpty)
      try farm.checkResumed(tasks: Self.tasks, running: 3)
    }
  }

  /// A job that is stopped as a whole, as by Slurm's suspend, loses nobody.
  @Test func suspended() throws {
    try Farm.inFolder { farm in
      let launch = try begun(farm, ranks: 3, ["--tolerant", "--lost-after", "2"])
      let processes = launch.processes().map(\.pid)
      for process in processes { kill(process, SIGSTOP) }
      usleep(4_000_000)
      for process in processes { kill(process, SIGCONT) }
      let result = try launch.result(timeout: .seconds(40))
      #expect(result.status == 0)
      #expect(!result.standardError.contains("lost"))
      let evidence = try farm.evidence()
      #expect(evidence.allSatisfy { $0 == Evidence(starts: 1, ends: 1) })
    }
  }

  /// A rank whose long output is under way is not silent.
  @Test func longOutputs() throws {
    try Farm.inFolder { farm in
      // Rank 0 has the first one.
      try farm.write("sleep 5\nhead -c 100000000 /dev/zero\n", to: "tasks")
      let result = try farm.run(
        ranks: 2,
        [
          "tasks", "--slots", "1", "--journal", "journal", "--log", "--tolerant", "--lost-after",
          "2",
        ])
      #expect(result.status == 0)
      #expect(!result.standardError.contains("lost"))
      let rows = try farm.query(
        "SELECT rank, length, ended - started < 5 FROM attempt WHERE task = 1")
      #expect(rows == ["1|100000000|1"])
    }
  }

  @Test func aWorkerIsLost() throws {
    try Farm.inFolder { farm in
      let launch = try begun(farm, ranks: 3, ["--tolerant", "--lost-after", "2"])
      kill(try process(.worker, of: launch, farm), SIGKILL)
      let result = try launch.result(timeout: .seconds(40))
      #expect(result.status == 0)
      #expect(result.standardError.contains("rank 1 on"))
      #expect(launch.leftovers().isEmpty)
      #expect(try farm.states() == ["done": Self.tasks])
      let evidence = try farm.evidence()
      #expect(evidence.allSatisfy { $0.ends >= 1 })
      #expect(evidence.count { $0.starts > 1 } <= 1)
    }
  }

  @Test func theRootIsLost() throws {
    try Farm.inFolder { farm in
      let launch = try begun(farm, ranks: 3, ["--tolerant", "--lost-after", "2"])
      kill(try process(.root, of: launch, farm), SIGKILL)
      let result = try launch.result(timeout: .seconds(40))
      #expect(result.status == 75)
      #expect(result.standardError.contains("rank 0 was lost"))
      #expect(launch.leftovers().isEmpty)
      try farm.checkResumed(tasks: Self.tasks, running: 3)
    }
  }

  /// Runs that have ended on a rank which was killed before rank 0 could hear of them.
  @Test func endsThatTheRootHasNotHeardOf() throws {
    try Farm.inFolder { farm in
      let launch = try begun(farm, ranks: 2, ["--slots", "1"])
      let (root, worker) = try (
        process(.root, of: launch, farm), process(.worker, of: launch, farm)
      )
      kill(root, SIGSTOP)
      // What the worker has, and what waits with it.
      usleep(1_000_000)
      let before = try farm.evidence()
      #expect(before.allSatisfy { $0.starts == $0.ends })
      kill(worker, SIGKILL)
      kill(root, SIGKILL)
      #expect(try launch.result(timeout: .seconds(15)).status == 75)
      // The one that ran beside the root, which did not see its end.
      try farm.checkResumed(tasks: Self.tasks, running: 1)
      let after = try farm.evidence()
      #expect(zip(before, after).count { $0.starts == 1 && $1.starts == 2 } <= 1)
    }
  }

  /// A list that comes through a pipe, of which rank 0 had read a part when it was killed: the same
  /// command, with the same producer, goes on with the rest.
  @Test func aStreamGoesOn() throws {
    try Farm.inFolder { farm in
      try farm.writeList(tasks: 40, seconds: 0.1)
      let start = { (pause: String) in
        try Launch(
          "bash",
          [
            "-c",
            """
            cd "$0"
            while IFS= read -r line; do printf '%s\\n' "$line"; sleep \(pause); done <tasks |
              OMPI_MCA_hwloc_base_binding_policy=none PRTE_MCA_hwloc_default_binding_policy=none \
              "$1" -n 2 exec "$2" farm - --journal journal
            """, farm.folder, Launcher.packageFolder + "/run.sh", try Launcher.product("pcompute"),
          ])
      }
      let launch = try start("0.1")
      let isUnderWay = launch.wait(timeout: .seconds(30)) { _ in
        ((try? farm.evidence()) ?? []).count { $0.ends == 1 } >= 8
      }
      #expect(isUnderWay)
      kill(try process(.root, of: launch, farm), SIGKILL)
      #expect(try launch.result(timeout: .seconds(15)).status != 0)
      let before = try farm.evidence()
      #expect(before.count { $0.starts > 0 } < 40)
      let result = try start("0").result(timeout: .seconds(60))
      #expect(result.status == 0)
      #expect(try farm.states() == ["done": 40])
      let after = try farm.evidence()
      #expect(after.allSatisfy { $0.ends >= 1 })
      #expect(after.count { $0.starts > 1 } <= 2)
    }
  }
}
