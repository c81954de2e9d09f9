/// Where a task of a journal stands.
package enum TaskState: String, Sendable, CaseIterable, Codable {
  /// Not run yet, or to be run again.
  case waiting
  case running
  /// Ended with status 0.
  case done
  /// Failed, and is not tried again.
  case failed
  /// Not run, since a task that it comes after has failed.
  case skipped
}

/// One run of a task, and what it means for the task.
package struct FarmOutcome: Codable, Sendable {
  package var attempt: TaskAttempt
  /// Whether the task is not tried again.
  package var isFinal = false
  /// The tasks that are not run as this one has failed.
  package var skipped: [Int] = []

  package init(attempt: TaskAttempt, isFinal: Bool = false, skipped: [Int] = []) {
    self.attempt = attempt
    self.isFinal = isFinal
    self.skipped = skipped
  }

  /// What becomes of the task.
  package var state: TaskState {
    if attempt.succeeded { return .done }
    return isFinal && attempt.ending != .interrupted ? .failed : .waiting
  }
}
