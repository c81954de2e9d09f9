internal import Glibc
internal import SPMD

/// The tasks of a farm: those of the list, as far as it was read, and those that the journal has.
final class FarmTasks {
  let options: FarmOptions
  /// The list, until it was read to its end.
  private(set) var list: TaskFile?
  private(set) var listError: FarmError?
  /// Made when the list is known to be right.
  private(set) var record: FarmRecord?
  private(set) var store = TaskStore()
  var scheduler: TaskScheduler
  /// What the journal had before.
  private var known = KnownTasks()
  /// Tasks that wait for names which the list has not had yet.
  private var unresolved: [String: [Int]] = [:]
  private var unresolvedCounts: [Int: Int] = [:]
  private var hadForwardNames = false

  init(options: FarmOptions) {
    self.options = options
    var schedule = TaskScheduler.Options()
    schedule.retryDelay = options.retryDelay
    schedule.shuffleSeed = options.shuffleSeed
    scheduler = TaskScheduler(options: schedule)
  }

  /// How many tasks have not been run to their ends.
  var left: Int {
    scheduler.count - scheduler.count(of: .done) - scheduler.count(of: .failed)
      - scheduler.count(of: .skipped)
  }

  /// Whether there may be more of the list than was read.
  private(set) var isCutShort = false

  /// Reads no more of the list.
  func stopReading() {
    if list != nil { isCutShort = true }
    list = nil
  }

  /// Reads what is there of a list that may arrive slowly.
  func readList() throws {
    guard let list, isReadable(list.descriptor) else { return }
    do {
      let tasks = try list.readAvailable()
      try add(tasks, isWhole: list.isAtEnd, name: list.name)
      if list.isAtEnd {
        self.list = nil
        try checkNames()
      }
    } catch let error as FarmError {
      listError = error
      throw error
    }
  }

  private func isReadable(_ descriptor: Int32) -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return unsafe Glibc.poll(&entry, 1, 0) > 0
  }

  /// Takes the list in, as a whole where it is a file, and makes the journal or goes on with it.
  ///
  /// What is wrong with a list leaves no journal behind.
  ///
  /// - Parameter list: `nil` where the journal has it.
  func open(_ list: TaskFile?, record makeRecord: () throws -> FarmRecord) throws {
    self.list = list
    if list == nil || options.journal.map(Journal.exists) ?? false {
      let record = try makeRecord()
      self.record = record
      do {
        try resume(record)
      } catch {
        record.abandon()
        throw error
      }
    } else {
      try readFile()
      record = try makeRecord()
      try recordAll(from: 0)
    }
  }

  /// Compares the list with that of the journal, and says what is left.
  private func resume(_ record: FarmRecord) throws {
    guard let list else {
      try record.checkList()
      try record.forEachTask { schedule($0, state: $1) }
      try checkNames()
      return record.goOn(progressBefore(new: 0))
    }
    try record.forEachTask { known.append($0, $1) }
    try readFile()
    guard self.list == nil else {
      return record.goOn("exists already; the list is compared with its \(known.count) tasks")
    }
    try checkWhole(list.name)
    try recordAll(from: known.count)
    record.goOn(progressBefore(new: store.count - known.count))
  }

  /// How far the farm was.
  private func progressBefore(new: Int) -> String {
    let failed = scheduler.count(of: .failed)
    var line = "\(scheduler.count(of: .done)) of \(store.count) tasks are done"
    if failed > 0 { line += ", \(failed) failed" }
    if left == 0 { return line + ": nothing is left to run" }
    line += ", \(left) left to run"
    return new > 0 ? line + ", \(new) of them new at the end of the list" : line
  }

  /// Reads a list that is a file to its end.
  private func readFile() throws {
    guard let list, isRegular(list.descriptor) else { return }
    while !list.isAtEnd {
      for task in try list.readAvailable() { try take(task) }
    }
    try checkNames()
    self.list = nil
  }

  private func isRegular(_ descriptor: Int32) -> Bool {
    var information = stat()
    return unsafe fstat(descriptor, &information) == 0
      && information.st_mode & S_IFMT == S_IFREG
  }

  /// Schedules a task of the list, as it stands by the journal.
  private func take(_ task: FarmTask) throws {
    guard let state = known.state(of: task) else {
      throw FarmError(
        difference(
          "task \(task.index + 1) was \(try record?.task(task.index)?.shown(beside: task) ?? "another")"
            + ", and is \(task.shown(beside: try record?.task(task.index)))"))
    }
    schedule(task, state: state)
  }

  /// Refuses a list that has ended before the journal's did.
  private func checkWhole(_ name: String) throws {
    guard store.count < known.count else { return }
    let next = try record?.task(store.count)
    throw FarmError(
      difference(
        "\(name) has \(store.count) tasks, the journal \(known.count): task \(store.count + 1), "
          + "\(next?.shown(beside: nil) ?? ""), is missing"))
  }

  private func difference(_ what: String) -> String {
    "\(options.journal ?? ""): is the journal of another list: \(what)"
  }

  /// Adds tasks of a list that goes on to the schedule, and to the journal those that it does not have.
  private func add(_ tasks: [FarmTask], isWhole: Bool, name: String) throws {
    let before = store.count
    for task in tasks { try take(task) }
    if isWhole { try checkWhole(name) }
    try record?.added(tasks.filter { $0.index >= known.count }, isWhole: isWhole)
    guard !tasks.isEmpty, known.count > 0, before <= known.count, store.count >= known.count else {
      return
    }
    if before < known.count {
      record?.tellOfJournal(progressBefore(new: store.count - known.count))
    } else if store.count > before {
      record?.tellOfJournal("the list goes on behind the \(known.count) tasks that it had")
    }
  }

  /// Gives the journal all tasks from one on, some thousands at a time.
  private func recordAll(from start: Int) throws {
    var first = start
    repeat {
      let end = min(store.count, first + 10_000)
      try record?.added(
        (first..<end).map { store[$0] }, isWhole: end == store.count && list == nil)
      first = end
    } while first < store.count
  }

  /// Adds a task with the state that it has by the journal.
  private func schedule(_ task: FarmTask, state: TaskState = .waiting) {
    store.append(task)
    let index = scheduler.add(
      weight: task.weight, timeLimit: task.timeLimit ?? options.timeLimit,
      retries: task.retries ?? options.retries)
    switch state {
    case .done: scheduler.skipAsDone(index)
    case .failed, .skipped: scheduler.skipAsFailed(index, isSkipped: state == .skipped)
    case .waiting, .running:
      for id in task.after {
        if let other = store.index(of: id) {
          scheduler.depend(index, on: other)
        } else {
          hadForwardNames = true
          unresolved[id, default: []].append(index)
          unresolvedCounts[index, default: 0] += 1
        }
      }
      if unresolvedCounts[index] == nil { scheduler.release(index) }
    }
    guard !unresolved.isEmpty, let waiting = unresolved.removeValue(forKey: task.id) else { return }
    for other in waiting {
      scheduler.depend(other, on: index)
      let left = (unresolvedCounts[other] ?? 1) - 1
      unresolvedCounts[other] = left == 0 ? nil : left
      if left == 0 { scheduler.release(other) }
    }
  }

  private func checkNames() throws {
    guard hadForwardNames || scheduler.count(of: .blocked) > 0, let cycle = scheduler.cycle() else {
      return
    }
    let names = cycle.map { store[$0].id }
    throw FarmError(
      "tasks wait for each other: \((names + [names[0]]).joined(separator: " after "))")
  }
}

extension FarmTask {
  /// The task for a message, in one line: as a line of a list, from where it differs from another.
  fileprivate func shown(beside other: FarmTask?) -> String {
    let isPlain = isPlain && other?.isPlain ?? true
    let line = { (task: FarmTask) in
      isPlain ? jsonQuoted(task.commandLine) : task.jsonLine
    }
    let text = line(self)
    let shared = other.map { zip(text, line($0)).prefix { $0 == $1 }.count } ?? 0
    let start = shared > 60 ? shared - 30 : 0
    let end = text.dropFirst(start).count > 120
    return "\(start > 0 ? "…" : "")\(text.dropFirst(start).prefix(120))\(end ? "…" : "")"
  }
}
