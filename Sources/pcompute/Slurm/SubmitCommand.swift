internal import ArgumentParser
internal import Foundation

/// Writes a batch script for a job, and hands it to Slurm.
struct SubmitCommand: LocalCommand {
  static let configuration = CommandConfiguration(
    commandName: "submit",
    abstract: "Submits a job to Slurm: writes the batch script, and prints the job's number.",
    discussion: """
      pcompute submit --nodes 2 --tasks-per-node 8 --time 1:00:00 -- farm tasks.txt

      With --dry-run the script is printed, to be looked at, or to be edited and given to sbatch. The ranks are \
      started by srun or mpirun, whichever works for the MPI of this program and for this job; a comment in the \
      script says why. With --array, %a in the command is the number of the array's task. See docs/Slurm.md.
      """)

  @Option(help: ArgumentHelp("How many nodes.", valueName: "n"))
  var nodes: Int?

  @Option(name: .customLong("tasks"), help: ArgumentHelp("How many ranks.", valueName: "n"))
  var tasks: Int?

  @Option(help: ArgumentHelp("How many ranks on each node.", valueName: "n"))
  var tasksPerNode: Int?

  @Option(help: ArgumentHelp("How many processors for each rank.", valueName: "n"))
  var cpusPerTask: Int?

  @Option(
    help: ArgumentHelp(
      "The time limit, in Slurm's form: minutes, hours:minutes:seconds, days-hours:minutes:seconds.",
      valueName: "time"))
  var time: String?

  @Option(help: ArgumentHelp("The partition.", valueName: "name"))
  var partition: String?

  @Option(help: ArgumentHelp("The account.", valueName: "name"))
  var account: String?

  @Option(help: ArgumentHelp("The job's name; by default the command's.", valueName: "name"))
  var jobName: String?

  @Option(
    help: ArgumentHelp(
      "Where the job's output goes, with sbatch's %j for the job's number.", valueName: "file"))
  var output: String?

  @Option(help: ArgumentHelp("Run as an array, such as 1-10%2.", valueName: "range"))
  var array: String?

  @Option(
    name: .customLong("sbatch"),
    help: ArgumentHelp(
      "Any other option of sbatch, such as --sbatch=--constraint=ib; may be repeated.",
      valueName: "option"))
  var further: [String] = []

  @Option(help: "What starts the ranks.")
  var launcher = LauncherOption.auto

  @Flag(help: "Print the script instead of submitting it.")
  var dryRun = false

  @OptionGroup var outputOptions: FormatOptions

  @Argument(
    parsing: .postTerminator,
    help: ArgumentHelp(
      "The command of pcompute and its arguments, after “--”.", valueName: "command"))
  var command: [String] = []

  func validate() throws {
    if command.isEmpty {
      throw ValidationError("submit needs a command after --, such as: submit --nodes 2 -- info")
    }
    // A mistake is better found now than when the job begins. (%a may stand for a number.)
    if array == nil { _ = try PCompute.parseAsRoot(command) }
    for (name, value) in [
      ("nodes", nodes), ("tasks", tasks), ("tasks-per-node", tasksPerNode),
      ("cpus-per-task", cpusPerTask),
    ] {
      if let value, value < 1 { throw ValidationError("--\(name) must be positive, not \(value)") }
    }
    for option in sbatchOptions where option.contains(where: \.isNewline) {
      throw ValidationError("an option for sbatch cannot have two lines: “\(option)”")
    }
    if let option = further.first(where: { !$0.hasPrefix("-") }) {
      throw ValidationError(
        "--sbatch takes an option of sbatch, such as --qos=low, not “\(option)”")
    }
    if let time, !Self.isTime(time) {
      throw ValidationError("--time takes a time such as 30, 1:30:00 or 2-12, not “\(time)”")
    }
  }

  /// Whether sbatch takes it for a time limit: "minutes", "minutes:seconds", "hours:minutes:seconds",
  /// "days-hours", "days-hours:minutes", "days-hours:minutes:seconds" (sbatch(1)).
  static func isTime(_ text: String) -> Bool {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    let fields = parts.last?.split(separator: ":", omittingEmptySubsequences: false) ?? []
    return parts.count <= 2 && (1...3).contains(fields.count)
      && (parts.dropLast() + fields).allSatisfy { Int($0).map { $0 >= 0 } ?? false }
  }

  func runAlone() throws -> Int32 {
    let script = try script()
    if dryRun {
      try StandardOutput.write(script.text)
      return EXIT_SUCCESS
    }
    guard let sbatch = Tool.path(of: "sbatch") else {
      throw Failure(message: "sbatch is not in PATH: --dry-run prints the script")
    }
    let (status, answer) = try Tool.run(
      sbatch, ["--parsable"], input: script.text, mergingErrors: true)
    // "number" or "number;cluster", as the last line.
    let number = answer.split(separator: "\n").last?.prefix { $0 != ";" }
    guard status == 0, let number, let job = Int(number) else {
      throw Failure(message: answer.split(separator: "\n").joined(separator: "; "))
    }
    switch outputOptions.format {
    case .text: try StandardOutput.write("\(job)")
    case .json:
      try StandardOutput.write(json: Submission(job: job, script: script.text))
    }
    return EXIT_SUCCESS
  }

  private struct Submission: Encodable {
    let job: Int
    let script: String
  }

  private var sbatchOptions: [String] {
    let named: [(String, String?)] = [
      ("job-name", jobName ?? command.first), ("nodes", nodes.map(String.init)),
      ("ntasks", tasks.map(String.init)),
      ("ntasks-per-node", tasksPerNode.map(String.init)),
      ("cpus-per-task", cpusPerTask.map(String.init)), ("time", time), ("partition", partition),
      ("account", account), ("output", output), ("array", array),
    ]
    return named.compactMap { name, value in value.map { "--\(name)=\(quoted($0))" } }
      + (survives ? ["--no-kill"] : []) + further
  }

  /// Whether the job is to go on where ranks are lost.
  private var survives: Bool { command.contains("--tolerant") }

  private func script() throws -> BatchScript {
    let choice = try LauncherChoice(launcher, survives: survives)
    let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
    return BatchScript(
      options: sbatchOptions, launcher: choice.launcher, reason: choice.reason,
      command: [program] + command, isArray: array != nil, survives: survives)
  }
}

extension LauncherOption: ExpressibleByArgument {}
