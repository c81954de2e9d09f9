/// Runs tasks on one thread, which makes progress for MPI between them.
final class ThreadExecutor: TaskExecutor {
  private init() {}

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let executor = unsafe asUnownedTaskExecutor()
    let isAccepted = ProgressEngine.shared.enqueue(
      ProgressEngine.Job(job: job) { job in unsafe job.runSynchronously(on: executor) })
    // When the program has ended, what it has left behind goes where other tasks are.
    if !isAccepted { globalConcurrentExecutor.enqueue(job) }
  }

  /// Runs a program to its end on the thread that calls.
  static func run<Success>(
    _ program: sending @escaping () async throws -> Success
  ) -> Result<Success, any Error> {
    let executor = ThreadExecutor()
    let result = Box<Result<Success, any Error>?>(nil)
    // The caller waits, so that what the program shares with it is used by one of them at a time.
    nonisolated(unsafe) let program = program
    ProgressEngine.shared.runLoop {
      Task(executorPreference: executor) {
        do { result.value = unsafe .success(try await program()) } catch {
          result.value = .failure(error)
        }
      }
    } until: {
      result.value != nil
    }
    withExtendedLifetime(executor) {}
    return result.value ?? .failure(CancellationError())
  }
}
