internal import Glibc
internal import SPMD

extension FarmCoordinator {
  /// Reads what is there of a list that may arrive slowly.
  func readList() throws {
    guard let list, isReadable(list.descriptor) else { return }
    do {
      let tasks = try list.readAvailable()
      try add(tasks, isWhole: list.isAtEnd)
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

  /// Adds tasks to the schedule, and to the journal.
  func add(_ tasks: [FarmTask], isWhole: Bool) throws {
    for task in tasks { schedule(task) }
    try record?.added(tasks, isWhole: isWhole)
  }

  /// Gives the journal all tasks, some thousands at a time.
  func recordAll() throws {
    var first = 0
    repeat {
      let end = min(store.count, first + 10_000)
      try record?.added(
        (first..<end).map { store[$0] }, isWhole: end == store.count && list == nil)
      first = end
    } while first < store.count
  }

  /// Adds a task that the journal knows already.
  func schedule(_ task: FarmTask, state: TaskState = .waiting) {
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

  func checkNames() throws {
    guard hadForwardNames || scheduler.count(of: .blocked) > 0, let cycle = scheduler.cycle() else {
      return
    }
    let names = cycle.map { store[$0].id }
    throw FarmError(
      "tasks wait for each other: \((names + [names[0]]).joined(separator: " after "))")
  }
}
