internal import CMPI

/// The forms of a communicator's operations that tasks wait for, without holding a thread.
///
/// A view, as ``Immediate`` is: `try await world.async.receive(…)`.
///
///     MPI.run { world in
///       async let weights = world.async.receive(Double.self, from: 0, tag: .weights)
///       async let limits = world.async.receive(Double.self, from: 0, tag: .limits)
///       let model = try await Model(weights, limits)
///     }
///
/// Any number of operations may be under way. What is sent, and what an operation returns, are
/// arrays: they stay alive until MPI is done with them, whatever becomes of the task.
///
/// **Order.** Messages that a task sends to one rank, one after the other, arrive in that order.
/// Receives of the same pattern that a task begins one after the other, or several at times that
/// are clearly apart, get messages in that order. Collectives must begin in the same order on all
/// ranks of a communicator: two tasks that run at the same time need a communicator each
/// (``Communicator/duplicated()``).
///
/// **Cancellation** is an error, of the code ``MPIError/Code/cancelled``. A receive that has its
/// message already returns it instead, so that none is lost. A send or a collective that has begun
/// is left to complete in the background; a task that was cancelled before begins no send and no
/// receive, but it does begin a collective, since the other ranks count on it.
///
/// **Threads.** These operations never block the thread they run on. At the level
/// ``ThreadingLevel/multiple`` they may be called from any task. At lower levels they need
/// ``run(threading:_:)-(_,(Communicator)->Success)`` with an asynchronous program, and may then be called from any task as
/// well: MPI is called on the right thread.
@safe public struct Async: Sendable {
  let communicator: Communicator
}

extension Communicator {
  /// The forms of the communicator's operations that tasks wait for.
  public var async: Async { Async(communicator: self) }
}

extension Async {
  /// Begins an operation, and waits until it is complete.
  ///
  /// - Parameters:
  ///   - routine: What errors name.
  ///   - cancellation: What becomes of it if the task is cancelled.
  ///   - storage: What the library reads or writes.
  ///   - begin: Begins it.
  @discardableResult
  nonisolated(nonsending) func perform(
    _ routine: StaticString, _ cancellation: AsyncOperation.Cancellation,
    keeping storage: AnyObject? = nil,
    _ begin: @escaping (Starting) throws -> Void
  ) async throws -> Status {
    switch try start(routine, cancellation, keeping: storage, begin) {
    case .complete(let status): return status
    case .underWay(let operation): return try await wait(for: operation)
    }
  }

  /// An operation that has been begun, or is to be begun by the engine.
  enum Started {
    case complete(Status)
    case underWay(AsyncOperation)
  }

  /// Begins an operation, which is the engine's from then on if it is not complete. The parameters
  /// are those of ``perform(_:_:keeping:_:)``.
  func start(
    _ routine: StaticString, _ cancellation: AsyncOperation.Cancellation,
    keeping storage: AnyObject?,
    _ begin: @escaping (Starting) throws -> Void
  ) throws -> Started {
    let operation: AsyncOperation
    if ProgressEngine.shared.allowsCalls {
      var pending = try Pending.start(begin)
      let status = try ProgressEngine.shared.eagerness.attempt { () throws in
        try pending.test(routine, on: communicator)
      }
      if let status { return .complete(status) }
      operation = AsyncOperation(
        routine, on: communicator, cancellation, keeping: storage, pending: pending)
    } else {
      operation = AsyncOperation(routine, on: communicator, cancellation, keeping: storage)
      operation.begin = begin
    }
    return .underWay(operation)
  }

  /// Waits for a message that matches, takes it, and waits until it is received.
  ///
  /// - Parameters:
  ///   - cancellation: What becomes of it if the task is, or was, cancelled.
  ///   - take: Begins to receive the message, or keeps it.
  nonisolated(nonsending) func search(
    _ routine: StaticString, _ pattern: Pattern,
    _ cancellation: AsyncOperation.Cancellation = .request,
    _ take: @escaping (RawMessage, Status, Starting) throws -> Void
  ) async throws -> Status {
    if cancellation == .request { try await checkCancellation(routine) }
    let engine = ProgressEngine.shared
    let operation: AsyncOperation
    if engine.allowsCalls, engine.isFree(pattern),
      let (message, status) = try engine.eagerness.attempt({ () throws in
        try pattern.find()
      })
    {
      var pending = try Pending.start { try take(message, status, $0) }
      if try pending.test(routine, on: communicator) != nil { return status }
      operation = AsyncOperation(
        routine, on: communicator, cancellation, keeping: nil, pending: pending)
      operation.matched = status
    } else {
      operation = AsyncOperation(routine, on: communicator, cancellation, keeping: nil)
      operation.matching = AsyncOperation.Matching(pattern: pattern, take: take)
    }
    return try await wait(for: operation)
  }

  /// - Parameter isSubmitted: Whether the engine has the operation already.
  nonisolated(nonsending) func wait(
    for operation: AsyncOperation, isSubmitted: Bool = false
  ) async throws -> Status {
    let outcome = await withTaskCancellationHandler {
      await unsafe withUnsafeContinuation { continuation in
        if isSubmitted {
          unsafe ProgressEngine.shared.tell(continuation, of: operation)
        } else {
          unsafe operation.continuation = unsafe continuation
          ProgressEngine.shared.submit(operation)
        }
      }
    } onCancel: {
      ProgressEngine.shared.cancel(operation)
    }
    operation.hasResumed()
    switch outcome {
    case .completed(let status): return status
    case .failed(let error): throw error
    }
  }

  /// Throws in a task that is cancelled already.
  nonisolated(nonsending) func checkCancellation(
    _ routine: StaticString
  ) async throws {
    if Task.isCancelled { throw MPIError.cancelled(routine, on: CMPI_COMM_NULL) }
  }
}

extension Pending {
  /// Whether the operation is complete, and if so, its status.
  mutating func test(
    _ routine: StaticString, on communicator: Communicator
  ) throws -> Status? {
    if let completion = completion, !completion.isComplete() { return nil }
    var flag: CInt = 0
    var status = MPI_Status()
    let code = unsafe MPI_Test(&request, &flag, &status)
    if code == CMPI_SUCCESS && flag == 0 { return nil }
    if let completion = completion {
      let others = completion.waitForRequests()
      completion.finish()
      try check(others, routine, on: communicator.raw)
    }
    try check(code, routine, on: communicator.raw)
    return Status(status)
  }
}
