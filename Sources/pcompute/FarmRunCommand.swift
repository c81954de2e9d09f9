internal import ArgumentParser
internal import Farm
internal import Foundation
internal import Glibc
internal import MPI
internal import SPMD

/// Runs the tasks of a list.
struct FarmRunCommand: Job {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Runs the commands of a list, or what a journal has left.",
    discussion: """
      A list has a shell command in each line, or an object of JSON: {"id", "command" or "argv", "env", "cwd", "stdin", \
      "timeout", "retries", "weight", "after": [ids]}. Standard input (-) is read while tasks run.

      The exit status is 0 if all tasks have succeeded, 1 if some have failed, 2 if the command line or the list is \
      wrong, and 75 if the farm was ended before all had run: the same command goes on with what its journal has left.
      """)

  @Argument(
    help: ArgumentHelp(
      "The list, or - for standard input; with --each a command that names the table's columns.",
      valueName: "tasks"))
  var tasks: String?

  @Option(
    help: ArgumentHelp(
      "A CSV table: the command is run for each record, {x} being the value of column x, {#} the task's number.",
      valueName: "table"))
  var each: String?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Keep what becomes of tasks in this file, or go on where it is there already.",
      valueName: "file"))
  var journal: String?

  @Option(
    help: ArgumentHelp(
      "Run what is left of the farm with this journal, without its list.", valueName: "journal"))
  var resume: String?

  @Flag(help: "With --resume: run those that have failed, too.")
  var retryFailed = false

  @Option(
    help: ArgumentHelp("How many tasks a rank runs at a time; its share of the cores unless given.")
  )
  var slots: Int?

  @Option(help: ArgumentHelp("End a task after so many seconds.", valueName: "seconds"))
  var timeout: Double?

  @Option(help: ArgumentHelp("Try a task that has failed so often again.", valueName: "n"))
  var retries = 0

  @Option(
    help: ArgumentHelp(
      "Seconds before the first of those tries; twice as many before each further one.",
      valueName: "seconds"))
  var retryDelay = 1.0

  @Option(
    help: "When tasks have failed: begin no more (soon), or end those that run, too (now).")
  var halt: FarmOptions.Halt?

  @Option(help: ArgumentHelp("How many must fail for --halt.", valueName: "n"))
  var fail: Int?

  @Flag(help: "Run all tasks, whatever fails; so it is unless --halt is given.")
  var keepGoing = false

  @Flag(help: "Print the tasks instead of running them.")
  var dryRun = false

  @Flag(help: "Begin tasks in a random order.")
  var shuffle = false

  @Option(help: ArgumentHelp("The order of --shuffle is a function of this number."))
  var seed: UInt64 = 1

  @Option(
    help: ArgumentHelp(
      "Seconds until the job is ended; Slurm's limit is known without it.", valueName: "seconds"))
  var timeLimit: Double?

  @Option(
    help: ArgumentHelp(
      "End running tasks so many seconds before that limit.", valueName: "seconds"))
  var margin = 5.0

  @Option(
    help: ArgumentHelp(
      "Begin no task after this signal (USR1, USR2, …), of which Slurm's --signal warns.",
      valueName: "signal"))
  var signal: [String] = []

  @Option(
    help: ArgumentHelp(
      "Seconds that tasks have to end, before they are killed.", valueName: "seconds"))
  var grace = 0.5

  @Flag(help: "Have Slurm run the job again until all is done.")
  var requeue = false

  @Flag(help: "Go on without ranks that are lost; see run.sh farm --tolerant.")
  var tolerant = false

  @Option(
    help: ArgumentHelp(
      "A rank is lost after so many seconds of silence.", valueName: "seconds"))
  var lostAfter = 20.0

  @Option(
    help: ArgumentHelp("Write each task's output to files in this folder.", valueName: "folder"))
  var output: String?

  @OptionGroup var reports: FarmReportFlags

  @OptionGroup var outputOptions: OutputOptions

  @Flag(help: "Let tasks see the variables of the MPI launcher.")
  var keepMpiEnvironment = false

  func validate() throws {
    if (tasks == nil) == (resume == nil) {
      throw ValidationError("farm takes a list of tasks, or --resume and a journal")
    }
    if resume != nil && (journal != nil || each != nil) {
      throw ValidationError("--resume excludes --journal and --each")
    }
    if retryFailed && resume == nil { throw ValidationError("--retry-failed is for --resume") }
    if dryRun && resume != nil {
      throw ValidationError("--dry-run is for lists; farm list JOURNAL shows what a journal has")
    }
    if requeue && resume == nil && journal == nil {
      throw ValidationError("--requeue is for --journal")
    }
    if let slots, slots < 1 { throw ValidationError("--slots takes 1 or more, not \(slots)") }
    if retries < 0 { throw ValidationError("--retries takes 0 or more, not \(retries)") }
    if fail != nil && halt == nil { throw ValidationError("--fail is for --halt") }
    if let fail, fail < 1 { throw ValidationError("--fail takes 1 or more, not \(fail)") }
    if keepGoing && halt != nil { throw ValidationError("--keep-going excludes --halt") }
    let times = [
      ("--timeout", timeout), ("--retry-delay", retryDelay), ("--time-limit", timeLimit),
      ("--margin", margin), ("--grace", grace), ("--lost-after", lostAfter),
    ]
    for (name, seconds) in times {
      if let seconds, !(seconds >= 0 && seconds < 1e9) {
        throw ValidationError("\(name) takes seconds, not \(seconds)")
      }
    }
    _ = try options
  }

  private func number(ofSignal name: String) throws -> Int32 {
    let known: [String: Int32] = [
      "USR1": SIGUSR1, "USR2": SIGUSR2, "HUP": SIGHUP, "INT": SIGINT, "TERM": SIGTERM,
      "ALRM": SIGALRM, "CONT": SIGCONT,
    ]
    let short = name.hasPrefix("SIG") ? String(name.dropFirst(3)) : name
    guard let number = known[short.uppercased()] ?? Int32(name), (1...64).contains(number) else {
      throw ValidationError(
        "--signal takes one of \(known.keys.sorted().joined(separator: ", ")), not “\(name)”")
    }
    return number
  }

  private var options: FarmOptions {
    get throws {
      var options = FarmOptions()
      options.slots = slots
      options.timeLimit = timeout
      options.retries = retries
      options.retryDelay = retryDelay
      options.halt = halt
      options.failureLimit = fail ?? 1
      options.shuffleSeed = shuffle ? seed : nil
      options.margin = margin
      options.grace = grace
      options.warnings = try signal.map(number(ofSignal:))
      options.isTolerant = tolerant
      options.lostAfter = lostAfter
      options.outputFolder = output
      options.keepsLauncherVariables = keepMpiEnvironment
      options.journal = resume ?? journal
      options.collectsOutput = try reports.options(
        hasFiles: output != nil, journal: options.journal
      ).needsOutputs
      return options
    }
  }

  private var source: Farm.Source {
    if let each, let tasks { return .table(each, template: tasks) }
    if let tasks { return .list(tasks) }
    return .journal
  }

  /// When the job will be ended: asked of Slurm by rank 0, which decides what begins.
  private var end: Double? {
    let ends = [
      timeLimit.map { Date().timeIntervalSince1970 + $0 }, Allocation.current?.endTime,
    ]
    return ends.compactMap { $0 }.min()
  }

  func run(on world: Communicator, timings: Timings) throws {
    var options = try options
    if dryRun {
      let result = try Farm.printTasks(of: source, on: world) { try StandardOutput.write($0) }
      if let message = result.message { throw Failure(message: message, status: result.status) }
      return
    }
    if world.rank == 0 { options.end = end }
    let line = ProgressLine()
    let all = max(1, Machine.processorCount)
    let allowed = Machine.allowedProcessors.count
    let result = try Farm.run(
      source, options: options, on: world,
      cores: (allowed == 0 ? all : allowed, all)
    ) { hosts, slots in
      try makeRecord(options, hosts, slots, line)
    }
    line.clear()
    if let summary = result.summary { StandardError.write(summary) }
    if result.isDamaged {
      if let message = result.message { StandardError.write("pcompute: \(message)") }
      if world.rank == 0 {
        Main.leaveVerdict(result.status)
        if result.hasSeveralHosts || environmentVariable("SLURM_JOB_ID") != nil { endLauncher() }
      }
      fflush(nil)
      _exit(result.status)
    }
    if world.rank == 0, requeue, result.status == FarmStatus.unfinished { requeueJob() }
    if result.status != FarmStatus.done {
      throw Failure(message: result.message ?? "", status: result.status)
    }
  }

  private func makeRecord(
    _ options: FarmOptions, _ hosts: [String], _ slots: [Int], _ line: ProgressLine
  ) throws -> FarmRecord {
    let record = try FarmRecord(
      options: options,
      reports: reports.options(hasFiles: output != nil, journal: options.journal),
      isResuming: resume != nil, retriesFailed: retryFailed, hosts: hosts, slots: slots,
      tell: { text in
        line.clear()
        StandardError.write("pcompute: \(text)")
      }, progress: { progress in line.show(text: progress.line) })
    Main.leaveBeginning(canGoOn: options.journal != nil)
    return record
  }

  /// Over several hosts, or in Slurm, mpirun does not return after a rank was lost: whoever is its child ends it.
  private func endLauncher() {
    let parent = getppid()
    let name = try? String(contentsOfFile: "/proc/\(parent)/comm", encoding: .utf8)
    let launchers = ["mpirun", "mpiexec", "orterun", "prterun"]
    guard let name, launchers.contains(where: { name.hasPrefix($0) }) else { return }
    usleep(300_000)
    kill(parent, SIGTERM)
  }

  private func requeueJob() {
    guard let job = environmentVariable("SLURM_JOB_ID") else { return }
    guard let scontrol = Tool.path(of: "scontrol") else {
      StandardError.write(
        "pcompute: scontrol is not in PATH: job \(job) cannot be put back into the queue")
      return
    }
    do {
      let answer = try Tool.run(scontrol, ["requeue", job], mergingErrors: true)
      if answer.status != 0 {
        StandardError.write("pcompute: scontrol requeue \(job): \(answer.output)")
      }
    } catch {
      StandardError.write("pcompute: scontrol requeue \(job): \(error)")
    }
  }
}

extension FarmProgress {
  /// The line on a terminal.
  fileprivate var line: String {
    var parts = ["\(done) of \(tasks)\(isListWhole ? "" : "+") done", "\(running) running"]
    if failed > 0 { parts.append("\(failed) failed") }
    parts.append("\(rate.formatted(digits: rate < 10 ? 1 : 0))/s")
    if let seconds = secondsLeft { parts.append("\(Int(seconds)) s left") }
    let ended = tasksOfRanks.prefix(8).map(String.init).joined(separator: " ")
    parts.append("by rank: \(ended)\(tasksOfRanks.count > 8 ? " …" : "")")
    return parts.joined(separator: ", ")
  }
}

extension FarmOptions.Halt: ExpressibleByArgument {}
