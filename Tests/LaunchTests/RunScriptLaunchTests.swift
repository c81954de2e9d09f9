import Foundation
import Support
import Testing

/// How `run.sh` starts `mpirun`, and what it says of its own options.
@Suite struct RunScriptLaunchTests {
  private let script: RunScript
  private static let cores: Int = {
    let result = try? Launcher.run("env", ["-u", "OMP_NUM_THREADS", "nproc"])
    return (result?.standardOutput).flatMap {
      Int($0.trimmingCharacters(in: .whitespacesAndNewlines))
    } ?? 0
  }()

  init() throws { script = try RunScript() }

  /// The options that `mpirun` gets for a program, and the variables that are set for it.
  private func launch(
    _ options: [String], environment: [String: String] = [:]
  ) throws -> (options: String, variables: [String]) {
    let result = try script.run(options + ["exec", "program", "x"], environment: environment)
    #expect(result.status == 0, "\(result.standardError)")
    let line = result.standardOutput
    #expect(line.hasPrefix("mpirun ") && line.hasSuffix("program x\n"))
    return (
      line.dropFirst(7).dropLast(10).trimmingCharacters(in: .whitespaces),
      result.standardError.split(separator: "\n").map(String.init)
    )
  }

  @Test("One rank per core, without more") func allCores() throws {
    let (options, variables) = try launch([])
    #expect(options.hasPrefix("-n \(Self.cores)"))
    #expect(!options.contains("oversubscribe"))
    #expect(variables.contains("OMPI_MCA_pml=ob1"))
    #expect(!variables.contains { $0.hasPrefix("OMPI_MCA_mpi_yield_when_idle") })
    #expect(!variables.contains { $0.hasPrefix("OMPI_MCA_btl=") })
    let root = variables.contains("OMPI_ALLOW_RUN_AS_ROOT=1")
    #expect(root == (getuid() == 0))
  }

  @Test("The number of threads of OpenMP is not the number of cores") func threads() throws {
    #expect(
      try launch([], environment: ["OMP_NUM_THREADS": "1"]).options.hasPrefix("-n \(Self.cores)"))
  }

  @Test("More ranks than cores are allowed, and yield") func oversubscribed() throws {
    let (options, variables) = try launch(["-n", "\(Self.cores + 1)"])
    #expect(options == "-n \(Self.cores + 1) --oversubscribe")
    #expect(variables.contains("OMPI_MCA_mpi_yield_when_idle=1"))
  }

  @Test("What the user has set stays") func variables() throws {
    let (_, variables) = try launch(
      ["-n", "\(Self.cores + 1)"],
      environment: ["OMPI_MCA_pml": "ucx", "OMPI_MCA_mpi_yield_when_idle": "0"])
    #expect(variables.contains("OMPI_MCA_pml=ucx"))
    #expect(variables.contains("OMPI_MCA_mpi_yield_when_idle=0"))
  }

  @Test(
    "Several hosts: their slots, their network, and a limit to silence",
    arguments: [
      (["--hosts", "a:4,b:4"], "--host a:4,b:4"), (["--hosts=a:4,b:4"], "--host a:4,b:4"),
      (["-n", "6", "--hosts", "a:4,b:4"], "-n 6 --host a:4,b:4"),
      (["--hostfile", "/dev/null"], "--hostfile /dev/null"),
    ])
  func hosts(arguments: [String], expected: String) throws {
    let (options, variables) = try launch(arguments)
    #expect(options == expected)
    #expect(!variables.contains { $0.hasPrefix("OMPI_MCA_pml=") })
    for name in ["time", "intvl", "probes"] {
      #expect(variables.contains { $0.hasPrefix("OMPI_MCA_oob_tcp_keepalive_\(name)=") })
    }
  }

  @Test("This host by its name is a single host") func localHost() throws {
    let (options, variables) = try launch(["--hosts", "localhost:1"])
    #expect(options == "-n 1")
    #expect(variables.contains("OMPI_MCA_pml=ob1"))
  }

  @Test("An allocation of Slurm says how many and where") func slurm() throws {
    let several = try launch([], environment: ["SLURM_JOB_ID": "7", "SLURM_JOB_NUM_NODES": "2"])
    #expect(several.options == "")
    #expect(!several.variables.contains("OMPI_MCA_pml=ob1"))
    let one = try launch(
      ["-n", "64"], environment: ["SLURM_JOB_ID": "7", "SLURM_JOB_NUM_NODES": "1"])
    #expect(one.options == "-n 64")
    #expect(one.variables.contains("OMPI_MCA_pml=ob1"))
  }

  @Test("The exit status is the program's", arguments: [0, 1, 7, 137])
  func status(status: Int32) throws {
    let result = try script.run(["exec", "program"], environment: ["STATUS": "\(status)"])
    #expect(result.status == status)
  }

  @Test(
    "A wrong option: one clear line, and status 2",
    arguments: [
      (["--bogus"], "--bogus"), (["-x", "info"], "-x"), (["-n"], "-n"), (["-n", "0"], "not 0"),
      (["-n", "two", "info"], "not two"), (["--hosts"], "--hosts"),
      (["--hostfile", "/no/such/file"], "/no/such/file"),
      (["--hosts", "a", "--hostfile", "/dev/null"], "exclude"),
      (["--mpi", "nonesuch"], "nonesuch"), (["test", "--sanitize"], "--sanitize"),
      (["test", "--sanitize", "memory"], "not memory"),
      (["--mpi", "/no/such/folder"], "/no/such/folder"), (["example"], "ring"),
      (["example", "nonesuch"], "ring"), (["exec"], "program"),
    ])
  func wrongOptions(arguments: [String], word: String) throws {
    let result = try script.run(arguments)
    #expect(result.status == 2)
    #expect(result.standardOutput == "")
    #expect(result.standardError.split(separator: "\n").count == 1, "\(result.standardError)")
    #expect(result.standardError.contains(word))
    #expect(script.builds.isEmpty)
  }

  @Test(arguments: ["--help", "-h"]) func help(option: String) throws {
    let result = try script.run([option])
    #expect(result.status == 0)
    #expect(result.standardError == "")
    for word in [
      "--hosts", "--hostfile", "--native", "--mpi", "example", "exec", "test", "build",
      "--sanitize",
    ] {
      #expect(result.standardOutput.contains(word))
    }
  }

  @Test("Options of the default job come after --") func defaultJob() throws {
    let result = try script.run(["-n", "1", "--", "--format", "json"])
    let program = "\(script.folder)/.build/release/pcompute"
    #expect(result.standardOutput == "mpirun -n 1 \(program) --format json\n")
  }
}
