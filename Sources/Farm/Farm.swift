internal import Glibc
package import MPI
internal import SPMD

/// A list of commands, run by all ranks of a job.
package struct Farm {
  /// Where the tasks come from.
  package enum Source: Sendable {
    /// A list, or `-` for standard input.
    case list(String)
    /// A table of parameters, and a command that names them.
    case table(String, template: String)
    /// What the journal has that is not done.
    case journal
  }

  /// How a farm has ended.
  package struct Result: Codable, Sendable {
    /// One of ``FarmStatus``.
    package var status: Int32
    /// What people should know about it, on rank 0.
    package var message: String?
    /// What has been done, on rank 0.
    package var summary: String?
    /// Whether ranks have been lost: MPI cannot be finalized then.
    package var isDamaged = false
    /// Whether the job is one of several hosts.
    package var hasSeveralHosts = false
  }

  /// What all ranks are told before the first task.
  private struct Start: Codable {
    var failure: String?
    var status = FarmStatus.usage
    /// See ``Journal/id``.
    var journalID: String?
  }

  /// What rank 0 must know of each rank.
  private struct Member: Codable {
    var slots: Int
    var host: String
    var failure: String?
  }

  /// Runs a farm.
  ///
  /// **Collective** at its beginning; what follows is messages between rank 0 and each of the others,
  /// so that it can go on without some.
  ///
  /// - Parameters:
  ///   - source: Read by rank 0.
  ///   - cores: How many this process may use, and how many its host has.
  ///   - record: Made on rank 0 alone, when all ranks are there.
  /// - Returns: The same status on all ranks.
  package static func run(
    _ source: Source, options: FarmOptions, on world: Communicator,
    cores: (allowed: Int, all: Int),
    record makeRecord: (_ hosts: [String], _ slots: [Int]) throws -> FarmRecord
  ) throws -> Result {
    FarmSignals.install(warnings: options.warnings, isTolerant: options.isTolerant)
    let host = MPI.processorName
    let guardian = Guardian(
      mark: "\(host).\(getpid()).\(UInt64(wallTime() * 1e6))")
    defer { guardian?.dismiss() }
    let communicator = try world.duplicated()
    let slots = try options.slots ?? coreShare(of: cores, on: world)
    var own = Member(slots: slots, host: host)
    var worker: FarmWorker?
    do {
      worker = try FarmWorker(rank: world.rank, host: host, slots: slots, options: options)
    } catch {
      own.failure = "\(error)"
    }
    let members = try communicator.gather(encoding: own, to: 0)
    let mailbox = Mailbox(on: communicator)

    var start: Start?
    var coordinator: FarmCoordinator?
    if let members {
      start = Start()
      do {
        if let failure = members.lazy.compactMap(\.failure).first { throw FarmError(failure) }
        if let worker {
          coordinator = try open(
            source, options, worker, mailbox, members.map(\.slots), members.map(\.host),
            makeRecord)
          start?.journalID = coordinator?.tasks.record?.journalID
        }
      } catch {
        start?.failure = "\(error)"
      }
    }
    let agreed = try communicator.broadcast(encoding: start, from: 0)
    if let failure = agreed.failure { return Result(status: agreed.status, message: failure) }
    if let coordinator {
      let status = coordinator.run()
      return Result(
        status: status, message: coordinator.message(status: status),
        summary: coordinator.summary,
        isDamaged: coordinator.isDamaged,
        hasSeveralHosts: Set(coordinator.ranks.map(\.host)).count > 1)
    }
    guard let worker else { return Result(status: FarmStatus.unfinished) }
    let log = RankLog(journal: options.journal, id: agreed.journalID, rank: world.rank)
    let member = FarmMember(worker: worker, mailbox: mailbox, log: log, options: options)
    return Result(status: try member.run())
  }

  /// Prints the tasks of a list instead of running them: each as a line of a list.
  ///
  /// **Collective**.
  package static func printTasks(
    of source: Source, on world: Communicator, _ write: (String) throws -> Void
  ) throws -> Result {
    var start: Start?
    if world.rank == 0 {
      start = Start()
      do {
        let list = try file(of: source)
        while let task = try list?.next() {
          try write(task.isPlain ? task.commandLine : task.jsonLine)
        }
      } catch {
        start?.failure = "\(error)"
      }
    }
    let agreed = try world.broadcast(encoding: start, from: 0)
    return Result(
      status: agreed.failure == nil ? FarmStatus.done : agreed.status, message: agreed.failure)
  }

  private static func file(of source: Source) throws -> TaskFile? {
    switch source {
    case .list(let path): try TaskFile(opening: path)
    case .table(let path, let template): try TaskFile(opening: path, template: template)
    case .journal: nil
    }
  }

  private static func open(
    _ source: Source, _ options: FarmOptions, _ worker: FarmWorker, _ mailbox: Mailbox,
    _ slots: [Int], _ hosts: [String],
    _ makeRecord: (_ hosts: [String], _ slots: [Int]) throws -> FarmRecord
  ) throws -> FarmCoordinator {
    let coordinator = FarmCoordinator(
      options: options, worker: worker, mailbox: mailbox, slots: slots, hosts: hosts)
    try coordinator.tasks.open(try file(of: source)) { try makeRecord(hosts, slots) }
    return coordinator
  }

  /// This rank's share of the cores of its host that it may use.
  private static func coreShare(
    of cores: (allowed: Int, all: Int), on world: Communicator
  ) throws -> Int {
    let ranks = try world.split(by: .sharedMemory).size
    return max(1, min(cores.allowed, cores.all / ranks))
  }
}

extension FarmCoordinator {
  /// The line that says how it has ended; `nil` where all is done.
  func message(status: Int32) -> String? {
    if let listError = tasks.listError { return "\(listError)" }
    let failed = tasks.scheduler.count(of: .failed)
    let skipped = tasks.scheduler.count(of: .skipped)
    var parts: [String] = []
    if failed > 0 {
      let names = (0..<tasks.scheduler.count).lazy
        .filter { self.tasks.scheduler.state(of: $0) == .failed }
        .prefix(10).map { self.tasks.store[$0].id }
      let list = names.joined(separator: ", ") + (failed > 10 ? ", …" : "")
      parts.append("\(failed) of \(tasks.scheduler.count) tasks failed (\(list))")
    }
    if skipped > 0 { parts.append("\(skipped) not run, as tasks before them failed") }
    if tasks.left > 0 { parts.append("\(tasks.left) left to run") }
    if let recordError { parts.append("\(recordError)") }
    if let stopReason, recordError == nil { parts.append("ended by \(stopReason)") }
    guard status != FarmStatus.done, !parts.isEmpty else { return nil }
    var message = parts.joined(separator: "; ")
    if status == FarmStatus.unfinished, let journal = options.journal {
      message += "; to go on: the same command"
      if !tasks.isCutShort { message += ", or pcompute farm --resume \(journal)" }
    }
    return message
  }
}
