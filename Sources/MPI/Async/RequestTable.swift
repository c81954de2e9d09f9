internal import CMPI

/// The requests under way, side by side as MPI_Testsome wants them, and whose they are.
struct RequestTable {
  private var requests: [RawRequest] = []
  private var operations: [AsyncOperation] = []
  private var indices: [CInt] = []
  private var statuses: [MPI_Status] = []
  /// Operations of several requests, whose first is complete.
  private var partial: [(operation: AsyncOperation, code: CInt, status: MPI_Status)] = []

  var count: Int { operations.count + partial.count }

  /// Operations that wait for messages, and may be cancelled.
  var receives: [AsyncOperation] { operations.filter { $0.cancellation == .request } }

  mutating func insert(_ operation: AsyncOperation) {
    operation.index = operations.count
    operations.append(operation)
    requests.append(operation.pending.request)
    if indices.count < requests.count {
      indices.append(0)
      statuses.append(MPI_Status())
    }
  }

  /// Asks the library to cancel an operation, which stays in the table until its end is reported.
  mutating func cancel(_ operation: AsyncOperation) {
    guard let index = operation.index else { return }
    _ = unsafe MPI_Cancel(&requests[index])
  }

  /// Looks once which operations are complete, and tells their tasks.
  ///
  /// - Returns: Whether there was one.
  mutating func test() -> Bool {
    var progress = false
    if !operations.isEmpty {
      var count: CInt = 0
      let code = unsafe MPI_Testsome(
        CInt(requests.count), &requests, &count, &indices, &statuses)
      if count != CMPI_UNDEFINED && count > 0 {
        progress = true
        // From the last to the first, so that what takes an ended one's place is not to be ended.
        for place in (0..<Int(count)).sorted(by: { indices[$0] > indices[$1] }) {
          let status = statuses[place]
          let ended = code == CMPI_ERR_IN_STATUS ? status.MPI_ERROR : CMPI_SUCCESS
          end(remove(Int(indices[place])), ended, status)
        }
      } else if code != CMPI_SUCCESS {
        // What is wrong with the whole table must not keep its tasks waiting for ever.
        progress = true
        while !operations.isEmpty { end(remove(operations.count - 1), code, MPI_Status()) }
      }
    }
    if !partial.isEmpty {
      let waiting = partial
      partial = []
      for entry in waiting { end(entry.operation, entry.code, entry.status) }
      if partial.count < waiting.count { progress = true }
    }
    return progress
  }

  private mutating func end(_ operation: AsyncOperation, _ code: CInt, _ status: MPI_Status) {
    if let completion = operation.pending.completion, !completion.isComplete() {
      partial.append((operation, code, status))
      return
    }
    operation.resume(operation.outcome(code, status))
  }

  private mutating func remove(_ index: Int) -> AsyncOperation {
    let removed = operations[index]
    let last = operations.removeLast()
    let request = requests.removeLast()
    if last !== removed {
      operations[index] = last
      requests[index] = request
      last.index = index
    }
    removed.index = nil
    return removed
  }
}
