internal import MPI

/// The root of a pool: it has the tasks and gets the outputs, and runs tasks itself.
///
/// Everything but the running of a task happens under a lock, so that a thread can serve the other
/// ranks while a long task runs here.
final class PoolRoot<Task, Output>: @unchecked Sendable {
  private let mailbox: Mailbox
  private let rank: Int
  private let size: Int
  private let tasks: PoolCoding<Task>
  private let outputs: PoolCoding<Output>
  private let endsOnFailure: Bool
  private let lock = Monitor()

  private var scheduler: TaskScheduler
  /// Tasks that have not ended: they may come back.
  private var waiting: [Task?] = []
  private var own = WaitingQueue<Int>()
  private var parents: [Int32] = []
  private var hasCreated = false
  private var isComplete = false
  private var isHalted = false
  private var isGone = false
  private(set) var failure: PoolFailure?
  private var lastRecall = 0.0
  private var lastServed = 0.0
  private var arrived: [(Int, Result<Output, TaskFailure>)] = []

  init(
    mailbox: Mailbox, rank: Int, size: Int, tasks: PoolCoding<Task>, outputs: PoolCoding<Output>,
    endsOnFailure: Bool
  ) {
    self.mailbox = mailbox
    self.rank = rank
    self.size = size
    self.tasks = tasks
    self.outputs = outputs
    self.endsOnFailure = endsOnFailure
    var options = TaskScheduler.Options()
    options.lookahead = 0.02
    scheduler = TaskScheduler(options: options)
    for _ in 0..<size { _ = scheduler.addWorker(slots: 1) }
  }

  // MARK: - For the thread that runs tasks

  /// How many tasks could be handed out at once.
  var readyCount: Int { lock.withLock { scheduler.count(of: .ready) } }

  /// - Parameter isLast: Whether no more will be added, other than by tasks.
  func add(_ new: [Task], isLast: Bool) {
    lock.withLock {
      for task in new { insert(task, parent: -1) }
      if isLast { isComplete = true }
    }
  }

  /// Ends all before its time.
  func halt(_ failure: PoolFailure) {
    lock.withLock {
      if self.failure == nil { self.failure = failure }
      stop()
    }
  }

  var isOver: Bool {
    lock.withLock {
      scheduler.count(of: .handed) == 0 && (isHalted || (isComplete && scheduler.isSettled))
    }
  }

  /// Takes in what has come, hands out, and runs tasks of its own for a short time.
  ///
  /// - Parameter give: Is given what has ended, in the order of arrival.
  /// - Returns: Whether there was something to do.
  func step(
    _ body: PoolBody<Task, Output>, _ give: (Int, Result<Output, TaskFailure>) throws -> Void
  ) throws -> Bool {
    var isBusy = false
    let came = try lock.withLock {
      try serve()
      defer { arrived = [] }
      return arrived
    }
    for (index, result) in came { try give(index, result) }
    isBusy = !came.isEmpty
    let start = poolClock()
    var now = start
    while now - start < 20e-6, let (index, task) = lock.withLock({ nextOwn() }) {
      isBusy = true
      let began = now
      var created: [Task] = []
      let result: Result<Output, TaskFailure>
      do {
        result = .success(try body(task, &created))
      } catch {
        result = .failure(TaskFailure(task: index, rank: rank, message: "\(error)"))
      }
      now = poolClock()
      lock.withLock { finish(index, result.failure, now - began, created) }
      try give(index, result)
    }
    return isBusy
  }

  // MARK: - Under the lock

  private func insert(_ task: Task, parent: Int) {
    let index = scheduler.add()
    waiting.append(task)
    parents.append(Int32(parent))
    if parent >= 0 { hasCreated = true }
    scheduler.release(index)
  }

  private func nextOwn() -> (Int, Task)? {
    guard let index = own.popFirst(), let task = waiting[index] else { return nil }
    waiting[index] = nil
    return (index, task)
  }

  private func finish(
    _ index: Int, _ failure: TaskFailure?, _ seconds: Double, _ created: [Task]
  ) {
    scheduler.finish(index, succeeded: failure == nil, duration: seconds, now: 0)
    for task in created { insert(task, parent: index) }
    guard let failure, endsOnFailure else { return }
    if self.failure == nil { self.failure = PoolFailure(task: failure, message: "\(failure)") }
    stop()
  }

  /// Nothing begins any more; what has begun comes to its end.
  private func stop() {
    guard !isHalted else { return }
    isHalted = true
    scheduler.halt()
    takeBack(own.removeLast(atMost: .max))
    var order = PoolOrder()
    order.giveBack = .max
    for other in 0..<size where other != rank { try? send(order, to: other) }
  }

  /// Takes in reports, and hands out tasks.
  private func serve() throws {
    lastServed = poolClock()
    if size > 1 {
      while let mail = try mailbox.receive() {
        try take(MessageDecoder().decode(PoolReport.self, from: mail.bytes), from: mail.source)
      }
    }
    while let given = scheduler.assign(now: 0) {
      if given.worker == rank {
        own.append(contentsOf: given.tasks)
        continue
      }
      var order = PoolOrder()
      order.indices = given.tasks
      var sent: [Task] = []
      for index in given.tasks {
        guard let task = waiting[index] else { continue }
        sent.append(task)
      }
      order.tasks = try tasks.encode(sent)
      try send(order, to: given.worker)
    }
    guard size > 1, lastServed - lastRecall > 50e-6, let (other, count) = scheduler.recall() else {
      return
    }
    lastRecall = lastServed
    if other == rank {
      takeBack(own.removeLast(atMost: count))
      scheduler.endRecall()
    } else {
      var order = PoolOrder()
      order.giveBack = count
      try send(order, to: other)
    }
  }

  private func take(_ report: PoolReport, from source: Int) throws {
    let results = try outputs.decode(report.outputs, report.indices.count)
    let ended = report.indices.count + report.failures.count
    let seconds = report.seconds / Double(max(1, ended))
    if !report.parents.isEmpty {
      let all = try tasks.decode(report.created, report.parents.count)
      for (parent, task) in zip(report.parents, all) { insert(task, parent: parent) }
    }
    for (index, output) in zip(report.indices, results) {
      waiting[index] = nil
      finish(index, nil, seconds, [])
      arrived.append((index, .success(output)))
    }
    for failed in report.failures {
      waiting[failed.task] = nil
      finish(failed.task, failed, seconds, [])
      arrived.append((failed.task, .failure(failed)))
      // The rank has dropped what it had.
      if endsOnFailure { takeBack(scheduler.tasks(of: source)) }
    }
    if let back = report.givenBack {
      takeBack(back)
      scheduler.endRecall()
    }
  }

  private func takeBack(_ indices: some Sequence<Int>) {
    for index in indices { scheduler.giveBack(index) }
  }

  private func send(_ order: PoolOrder, to other: Int) throws {
    try mailbox.send(MessageEncoder().encode(order), to: other)
  }

  // MARK: - The end

  /// Tells all that it is over.
  func finish() throws {
    try lock.withLock { try leave() }
  }

  private func leave() throws {
    isGone = true
    var order = PoolOrder()
    order.isOver = true
    order.failure = failure
    for other in 0..<size where other != rank { try send(order, to: other) }
    // Their last reports follow all others: nothing is under way then.
    var patience = PoolPatience()
    var left = size - 1
    while left > 0 {
      while let mail = try mailbox.receive() {
        if try MessageDecoder().decode(PoolReport.self, from: mail.bytes).isLast { left -= 1 }
      }
      if left > 0 { patience.wait() }
    }
    while mailbox.outgoingCount > 0 { try mailbox.poll() }
  }

  /// The order in which outputs stand: the tasks that were given, and then those that were created,
  /// generation by generation, in the order of those that created them. `nil` where none were.
  var order: [Int]? {
    guard hasCreated else { return nil }
    var children: [Int32: [Int]] = [:]
    var order: [Int] = []
    for (index, parent) in parents.enumerated() {
      if parent < 0 { order.append(index) } else { children[parent, default: []].append(index) }
    }
    var next = 0
    while next < order.count {
      order += children[Int32(order[next])] ?? []
      next += 1
    }
    return order
  }

  /// Serves the other ranks, where that is overdue: a long task runs here.
  func serveIfOverdue() {
    lock.withLock {
      guard !isGone, poolClock() - lastServed > 2e-3 else { return }
      do {
        try serve()
      } catch {
        if failure == nil { failure = PoolFailure(task: nil, message: "\(error)") }
        stop()
      }
    }
  }
}

extension Result {
  fileprivate var failure: Failure? {
    if case .failure(let failure) = self { failure } else { nil }
  }
}
