internal import MPI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A run of tasks on all ranks: what the forms of `map` have in common.
struct TaskPool<Task, Output> {
  typealias Give = (Int, Result<Output, TaskFailure>) throws -> Void
  typealias Root = PoolRoot<Task, Output>
  typealias Worker = PoolWorker<Task, Output>

  let communicator: Communicator
  let root: Int
  let tasks: PoolCoding<Task>
  let outputs: PoolCoding<Output>
  let endsOnFailure: Bool

  /// How many tasks the root reads ahead: enough for guided chunks of the shortest ones.
  static var readAhead: Int { 1 << 16 }

  /// Runs the tasks of a sequence, which the root reads as far as ranks are ready for them.
  ///
  /// - Returns: The order of the outputs, where it is not that of their numbers: ``PoolRoot/order``.
  func run(
    _ sequence: some Sequence<Task>, give: Give, _ body: PoolBody<Task, Output>
  ) throws -> [Int]? {
    let own = try communicator.duplicated()
    var patience = PoolPatience()
    guard own.rank == root else {
      let worker = makeWorker(on: own)
      while !worker.isOver {
        if try worker.step(body) { patience.reset() } else { patience.wait() }
      }
      try worker.leave()
      return nil
    }
    let leader = makeLeader(on: own)
    defer { leader.end() }
    var iterator: AnyIterator<Task>? = AnyIterator(sequence.makeIterator())
    while !leader.pool.isOver {
      let isBusy = leader.turn(body, give) {
        guard let tasks = iterator, leader.pool.readyCount < Self.readAhead / 2 else { return }
        var chunk: [Task] = []
        // No longer than the others may wait, of a sequence that arrives slowly.
        let start = poolClock()
        while chunk.count < Self.readAhead, poolClock() - start < 1e-3 {
          guard let task = tasks.next() else {
            iterator = nil
            break
          }
          chunk.append(task)
        }
        leader.pool.add(chunk, isLast: iterator == nil)
      }
      if isBusy { patience.reset() } else { patience.wait() }
    }
    return try leader.finish(give)
  }

  func makeWorker(on communicator: Communicator) -> Worker {
    Worker(
      mailbox: Mailbox(on: communicator), root: root, rank: communicator.rank, tasks: tasks,
      outputs: outputs, endsOnFailure: endsOnFailure)
  }

  func makeLeader(on communicator: Communicator) -> PoolLeader<Task, Output> {
    PoolLeader(
      Root(
        mailbox: Mailbox(on: communicator), rank: root, size: communicator.size, tasks: tasks,
        outputs: outputs, endsOnFailure: endsOnFailure), size: communicator.size)
  }
}

/// The root's loop.
final class PoolLeader<Task, Output> {
  let pool: PoolRoot<Task, Output>
  private let thread: ServiceThread?
  private var thrown: (any Error)?

  init(_ pool: PoolRoot<Task, Output>, size: Int) {
    self.pool = pool
    // While a long task runs here, the others must not wait for more.
    thread =
      size > 1 && MPI.threading == .multiple
      ? ServiceThread(everyNanoseconds: 4_000_000) { pool.serveIfOverdue() } : nil
  }

  /// One turn. What fails here ends the pool on all ranks.
  ///
  /// - Returns: Whether there was something to do.
  func turn(
    _ body: PoolBody<Task, Output>, _ give: TaskPool<Task, Output>.Give, read: () throws -> Void
  ) -> Bool {
    do {
      if thrown == nil { try read() }
      return try pool.step(body, thrown == nil ? give : { _, _ in })
    } catch {
      if thrown == nil { thrown = error }
      pool.halt(PoolFailure(task: nil, message: "\(error)"))
      return true
    }
  }

  /// Ends the pool on all ranks, when it is over.
  func finish(_ give: TaskPool<Task, Output>.Give) throws -> [Int]? {
    do {
      if thrown == nil { _ = try pool.step({ _, _ in throw CancellationError() }, give) }
    } catch {
      thrown = error
      pool.halt(PoolFailure(task: nil, message: "\(error)"))
    }
    try pool.finish()
    if let thrown { throw thrown }
    if let failure = pool.failure { throw failure.task ?? failure as any Error }
    return pool.order
  }

  func end() { thread?.end() }
}
