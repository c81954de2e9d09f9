/// The tasks that a journal has already, to tell whether a list is that of the journal.
///
/// Nine bytes for each: what a task is is known by a checksum, and read again where it must be shown.
struct KnownTasks {
  private var sums: [UInt64] = []
  private var states: [TaskState] = []

  var count: Int { sums.count }

  /// Adds the task with the next index.
  mutating func append(_ task: FarmTask, _ state: TaskState) {
    sums.append(checksum(task.packed[...]))
    states.append(state)
  }

  /// How a task of the list stands: it waits where the journal does not have it yet.
  ///
  /// - Returns: `nil` where the journal has another task in its place.
  func state(of task: FarmTask) -> TaskState? {
    guard task.index < count else { return .waiting }
    return sums[task.index] == checksum(task.packed[...]) ? states[task.index] : nil
  }
}

/// FNV-1a (draft-eastlake-fnv, 64 bits).
func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
  var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
  return hash
}
