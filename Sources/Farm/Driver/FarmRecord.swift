/// Where rank 0 keeps what becomes of tasks.
package final class FarmRecord {
  private let options: FarmOptions

  package init(options: FarmOptions, isResuming: Bool) throws {
    self.options = options
  }

  func resume(retriesFailed: Bool, _ add: (FarmTask, _ isDone: Bool) -> Void) throws {}
  func added(_ tasks: [FarmTask]) throws {}
  func note(_ begun: [BegunTask], rank: Int, host: String) {}
  func ended(_ outcomes: [FarmOutcome], in store: TaskStore) throws {}
  func lost(
    rank: Int, host: String, reason: String, returned: [Int], failed: [Int], skipped: [Int]
  ) throws {}
  func tick(now: Double) throws {}
  func show(_ coordinator: FarmCoordinator) {}
  func close(_ coordinator: FarmCoordinator, status: Int32) throws {}
}
