internal import MPI

/// Tasks that have arrived, and not been taken yet.
private final class Feed<Element: Sendable>: @unchecked Sendable {
  /// For what follows.
  private let lock = Monitor()
  private var arrived: [Element] = []
  private var isOver = false
  private var error: (any Error)?

  /// How many wait.
  var count: Int { lock.withLock { arrived.count } }

  func append(_ element: Element) {
    lock.withLock { arrived.append(element) }
  }

  func end(_ error: (any Error)?) {
    lock.withLock {
      isOver = true
      self.error = error
    }
  }

  func take() throws -> (elements: [Element], isOver: Bool) {
    try lock.withLock {
      if let error { throw error }
      defer { arrived = [] }
      return (arrived, isOver)
    }
  }
}

extension TaskPool where Task: Sendable {
  /// Runs the tasks of a sequence that arrives over time.
  nonisolated(nonsending) func run(
    _ sequence: some AsyncSequence<Task, any Error> & Sendable, give: Give,
    _ body: PoolBody<Task, Output>
  ) async throws -> [Int]? {
    let own = try communicator.duplicated()
    var patience = PoolPatience()
    guard own.rank == root else {
      let worker = makeWorker(on: own)
      while !worker.isOver {
        if try worker.step(body) {
          patience.reset()
        } else if let pause = patience.next() {
          try? await Swift.Task.sleep(nanoseconds: UInt64(pause) * 1000)
        }
      }
      try worker.leave()
      return nil
    }
    let leader = makeLeader(on: own)
    defer { leader.end() }
    let feed = Feed<Task>()
    let reading = Swift.Task.detached {
      do {
        for try await task in sequence {
          feed.append(task)
          while feed.count > Self.readAhead { try await Swift.Task.sleep(nanoseconds: 1_000_000) }
        }
        feed.end(nil)
      } catch {
        feed.end(error)
      }
    }
    defer { reading.cancel() }
    var isWhole = false
    while !leader.pool.isOver {
      let isBusy = leader.turn(body, give) {
        guard !isWhole, leader.pool.readyCount < Self.readAhead / 2 else { return }
        let (tasks, isOver) = try feed.take()
        isWhole = isOver
        if !tasks.isEmpty || isOver { leader.pool.add(tasks, isLast: isOver) }
      }
      if isBusy {
        patience.reset()
      } else if let pause = patience.next() {
        try? await Swift.Task.sleep(nanoseconds: UInt64(pause) * 1000)
      }
    }
    return try leader.finish(give)
  }
}
