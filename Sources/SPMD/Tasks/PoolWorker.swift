internal import MPI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// What a pool runs: the task, those that it creates, and what it returns.
typealias PoolBody<Task, Output> = (Task, inout [Task]) throws -> Output

/// A rank that is not the root: runs what comes, and reports.
final class PoolWorker<Task, Output> {
  private let mailbox: Mailbox
  private let root: Int
  private let rank: Int
  private let tasks: PoolCoding<Task>
  private let outputs: PoolCoding<Output>
  private let endsOnFailure: Bool
  private var queue = WaitingQueue<(index: Int, task: Task)>()
  private var report = PoolReport()
  private var results: [Output] = []
  private var created: [Task] = []
  private var reportedAt = poolClock()
  private(set) var isOver = false
  private(set) var failure: PoolFailure?

  init(
    mailbox: Mailbox, root: Int, rank: Int, tasks: PoolCoding<Task>, outputs: PoolCoding<Output>,
    endsOnFailure: Bool
  ) {
    self.mailbox = mailbox
    self.root = root
    self.rank = rank
    self.tasks = tasks
    self.outputs = outputs
    self.endsOnFailure = endsOnFailure
  }

  /// Takes in orders, and runs tasks for a short time.
  ///
  /// - Returns: Whether there was something to do.
  func step(_ body: PoolBody<Task, Output>) throws -> Bool {
    var isBusy = false
    while let mail = try mailbox.receive() {
      isBusy = true
      try obey(MessageDecoder().decode(PoolOrder.self, from: mail.bytes))
    }
    guard !isOver, !queue.isEmpty else { return isBusy }
    let start = poolClock()
    var now = start
    while now - start < 20e-6, let (index, task) = queue.popFirst() {
      run(task, index, body)
      now = poolClock()
    }
    report.seconds += now - start
    if queue.isEmpty || now - reportedAt > 5e-3 { try send() }
    return true
  }

  private func run(_ task: Task, _ index: Int, _ body: PoolBody<Task, Output>) {
    let before = created.count
    do {
      let output = try body(task, &created)
      results.append(output)
      report.indices.append(index)
    } catch {
      report.failures.append(TaskFailure(task: index, rank: rank, message: "\(error)"))
      // What was to come is not needed any more.
      if endsOnFailure { queue.removeAll() }
    }
    // Also of one that has thrown an error then.
    for _ in before..<created.count { report.parents.append(index) }
  }

  private func obey(_ order: PoolOrder) throws {
    if order.isOver {
      isOver = true
      failure = order.failure
      return
    }
    if let count = order.giveBack {
      report.givenBack = queue.removeLast(atMost: count).map(\.index)
      try send()
    }
    guard !order.indices.isEmpty else { return }
    let arrived = try tasks.decode(order.tasks, order.indices.count)
    queue.append(contentsOf: zip(order.indices, arrived).lazy.map { (index: $0, task: $1) })
  }

  private func send() throws {
    reportedAt = poolClock()
    report.outputs = try outputs.encode(results)
    if !created.isEmpty { report.created = try tasks.encode(created) }
    try mailbox.send(MessageEncoder().encode(report), to: root)
    report = PoolReport()
    results.removeAll(keepingCapacity: true)
    created.removeAll(keepingCapacity: true)
  }

  /// Says that nothing follows, and throws why the pool has ended before its time.
  func leave() throws {
    report = PoolReport()
    report.isLast = true
    try mailbox.send(MessageEncoder().encode(report), to: root)
    while mailbox.outgoingCount > 0 { try mailbox.poll() }
    if let failure { throw failure.task ?? failure as any Error }
  }
}

/// Seconds by a clock that nobody sets.
func poolClock() -> Double {
  var time = timespec()
  _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// Waits shorter or longer, the longer nothing has happened: others may need the core.
struct PoolPatience {
  private var turns = 0

  mutating func reset() { turns = 0 }

  /// - Returns: Microseconds to sleep for, if any.
  mutating func next() -> UInt32? {
    turns += 1
    if turns < 200 { return nil }
    if turns < 2000 {
      sched_yield()
      return nil
    }
    return 50
  }

  mutating func wait() {
    if let pause = next() { usleep(pause) }
  }
}
