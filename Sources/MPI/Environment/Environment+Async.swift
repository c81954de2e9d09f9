internal import CMPI

/// Runs an asynchronous program between initializing and finalizing MPI, on the thread that calls.
///
///     @main struct Hello {
///       static func main() {
///         MPI.run { world in
///           let ranks = try await world.async.allGather([world.rank])
///           print(ranks)
///         }
///       }
///     }
///
/// The thread that calls does everything: it runs the program's tasks, and between two of them it
/// sees to the operations that tasks wait for. No other thread is needed, so that this works at all
/// threading levels, and is the form with the least latency. What the program starts in tasks of
/// its own, as `Task { … }`, runs on the language's pool of threads and may use
/// ``Communicator/async`` as well.
///
/// - Parameters:
///   - threading: What the program needs. At levels below ``ThreadingLevel/multiple``, only
///     ``Communicator/async`` may be used in tasks of the program's own.
///   - program: The program. It is not part of the main actor; while it runs on the main thread,
///     nothing of the main actor's does.
/// - Returns: What `program` returns, after MPI has been finalized. An error that leaves `program`
///   ends the whole job, as that of a synchronous program does.
///
/// The corresponding C functions are `MPI_Init_thread` and `MPI_Finalize` (MPI 3.1 §8.7, §12.4.3).
@available(*, noasync, message: "await the asynchronous form instead")
@discardableResult
public func run<Success>(
  threading: ThreadingLevel = .multiple,
  _ program: sending @escaping (Communicator) async throws -> Success
) -> Success {
  do {
    let attached = isInitialized
    let world = try initialize(threading: threading)
    if !attached, let warning = launcherMismatch { warnOnce(warning) }
    let result = try ThreadExecutor.run { try await program(world) }.get()
    if !attached { try finalize() }
    return result
  } catch {
    endJob(because: error)
  }
}

/// Runs an asynchronous program between initializing and finalizing MPI.
///
///     @main struct Hello {
///       static func main() async {
///         await MPI.run { world in
///           let ranks = try await world.async.allGather([world.rank])
///           print(ranks)
///         }
///       }
///     }
///
/// A thread of this module's initializes MPI, sees to the operations that tasks wait for, and
/// finalizes MPI, so that none of the language's threads is ever blocked. At levels below
/// ``ThreadingLevel/multiple``, only ``Communicator/async`` may be used, since a task has no thread
/// of its own.
///
/// Where ``run(threading:_:)`` can be called from a synchronous function, that form has less latency.
///
/// - Returns: What `program` returns, after MPI has been finalized. An error that leaves `program`
///   ends the whole job.
///
/// The corresponding C functions are `MPI_Init_thread` and `MPI_Finalize` (MPI 3.1 §8.7, §12.4.3).
@discardableResult
public nonisolated(nonsending) func run<Success>(
  threading: ThreadingLevel = .multiple,
  _ program: nonisolated(nonsending) (Communicator) async throws -> Success
) async -> Success {
  let engine = ProgressEngine.shared
  do {
    let attached = isInitialized
    let world = try await engine.onThread { () throws in
      try initialize(threading: threading)
    }
    if !attached, let warning = launcherMismatch { warnOnce(warning) }
    let result = try await program(world)
    if !attached {
      try await engine.onThread { () throws in try finalize() }
      engine.stopThread()
    }
    return result
  } catch {
    endJob(because: error)
  }
}

extension ProgressEngine {
  /// Has something done on the engine's thread.
  nonisolated(nonsending) fileprivate func onThread<Success: Sendable>(
    _ body: @escaping @Sendable () throws -> Success
  ) async throws -> Success {
    guard start() else {
      throw MPIError(
        .other, routine: "MPI_Init_thread",
        message: "no thread can be started for MPI, or MPI has been finalized")
    }
    let result: Result<Success, any Error> = await unsafe withUnsafeContinuation { continuation in
      call {
        let result: Result<Success, any Error>
        do { result = .success(try body()) } catch { result = .failure(error) }
        unsafe continuation.resume(returning: result)
      }
    }
    return try result.get()
  }
}
