internal import CMPI

// One operation at a time: what a server does.

extension PersistentExchange {
  /// Starts one operation. Its elements must not be touched until it has ended, which
  /// ``waitAny()`` and its relatives tell.
  ///
  /// - Precondition: The slot is one of this exchange, and its operation is not under way.
  ///
  /// The corresponding C function is `MPI_Start` (MPI 3.1 §3.9).
  public mutating func start<T: Datatype>(_ slot: Slot<T>) throws {
    let index = checked(slot)
    precondition(unsafe !operations[index].isActive, "operation \(index) is under way already")
    try renew(index..<index + 1)
    try unsafe check(MPI_Start(requests + index), "MPI_Start", on: raw)
    unsafe operations[index].isActive = true
    activeCount += 1
  }

  /// Whether an operation was started alone, and has not ended: it ends with the call that tells of
  /// it.
  ///
  /// - Precondition: The slot is one of this exchange.
  public func isActive<T: Datatype>(_ slot: Slot<T>) -> Bool {
    let index = checked(slot)
    return unsafe operations[index].isActive
  }

  /// Asks the library to cancel an operation that is under way. It must still be waited for;
  /// ``Status/isCancelled`` tells the outcome.
  ///
  /// - Precondition: The slot is one of this exchange, and its operation is under way.
  ///
  /// The corresponding C function is `MPI_Cancel` (MPI 3.1 §3.8.4).
  public mutating func cancel<T: Datatype>(_ slot: Slot<T>) throws {
    let index = checked(slot)
    precondition(unsafe operations[index].isActive, "operation \(index) is not under way")
    try unsafe check(MPI_Cancel(requests + index), "MPI_Cancel", on: raw)
  }

  /// Waits until one of the operations under way is complete, and ends it.
  ///
  /// - Returns: Which one it was, or `nil` where none is under way.
  /// - Throws: The error of the operation that has ended: ``isActive(_:)`` is `false` for it.
  ///
  /// The corresponding C function is `MPI_Waitany` (MPI 3.1 §3.7.5).
  public mutating func waitAny() throws -> CompletedOperation? {
    try endAny("MPI_Waitany", waits: true)
  }

  /// Ends one of the operations under way, if one is complete.
  ///
  /// - Returns: Which one it was, or `nil` where none is complete; ``activeCount`` tells whether
  ///   any is under way.
  /// - Throws: The error of the operation that has ended.
  ///
  /// The corresponding C function is `MPI_Testany` (MPI 3.1 §3.7.5).
  public mutating func testAny() throws -> CompletedOperation? {
    try endAny("MPI_Testany", waits: false)
  }

  /// Waits until one or more of the operations under way are complete, and ends them.
  ///
  ///     var done: [CompletedOperation] = []
  ///     while inbox.activeCount > 0 {
  ///       try inbox.waitSome(&done)
  ///       for operation in done { … }
  ///     }
  ///
  /// Fairer than ``waitAny()`` where one peer sends without pause, and others now and then.
  ///
  /// - Parameter completed: Which ones they were takes the place of what was in it. An array that is
  ///   used again has the room that it needs, so that nothing is allocated.
  /// - Throws: The first error of an operation that has ended; those without an error are in
  ///   `completed`.
  ///
  /// The corresponding C function is `MPI_Waitsome` (MPI 3.1 §3.7.5).
  public mutating func waitSome(_ completed: inout [CompletedOperation]) throws {
    try endSome("MPI_Waitsome", waits: true, &completed)
  }

  /// Ends those of the operations under way that are complete.
  ///
  /// - Parameter completed: Which ones they were takes the place of what was in it.
  /// - Throws: The first error of an operation that has ended; those without an error are in
  ///   `completed`.
  ///
  /// The corresponding C function is `MPI_Testsome` (MPI 3.1 §3.7.5).
  public mutating func testSome(_ completed: inout [CompletedOperation]) throws {
    try endSome("MPI_Testsome", waits: false, &completed)
  }

  /// Waits until all operations under way are complete.
  ///
  /// - Throws: The first error of an operation, when all of them have ended.
  ///
  /// The corresponding C function is `MPI_Waitall` (MPI 3.1 §3.7.5).
  public mutating func waitAll() throws {
    clearErrors()
    let code = unsafe CMPI_Waitall(CInt(storedCount), requests, statuses)
    try endAll(code, "MPI_Waitall")
  }

  /// Ends all operations under way, if all are complete.
  ///
  /// - Returns: Whether they are; if not, none of them has ended.
  /// - Throws: The first error of an operation that has ended. Libraries differ about the others, which
  ///   may be under way still: ``activeCount`` tells.
  ///
  /// The corresponding C function is `MPI_Testall` (MPI 3.1 §3.7.5).
  public mutating func testAll() throws -> Bool {
    var flag: CInt = 0
    clearErrors()
    let code = unsafe MPI_Testall(CInt(storedCount), requests, &flag, statuses)
    if code == CMPI_SUCCESS && flag == 0 { return false }
    try endAll(code, "MPI_Testall")
    return true
  }

  private mutating func endAny(
    _ routine: StaticString, waits: Bool
  ) throws -> CompletedOperation? {
    var status = MPI_Status()
    let (code, index) = unsafe MPI.endAny(
      requests, storedCount, arePersistent: true, waits: waits, &status)
    if let index { hasEnded(index) }
    try check(code, routine, on: raw)
    return index.map { CompletedOperation(index: $0, status: Status(status)) }
  }

  private mutating func endSome(
    _ routine: StaticString, waits: Bool, _ completed: inout [CompletedOperation]
  ) throws {
    completed.removeAll(keepingCapacity: true)
    let (code, ended) = unsafe MPI.endSome(
      requests, storedCount, arePersistent: true, waits: waits, indices, statuses)
    for position in 0..<ended {
      let index = unsafe Int(indices[position])
      let status = unsafe statuses[position]
      hasEnded(index)
      if status.MPI_ERROR == CMPI_SUCCESS {
        completed.append(CompletedOperation(index: index, status: Status(status)))
      }
    }
    try unsafe check(firstError(statuses, ended, after: code), routine, on: raw)
  }

  /// Makes sure that an error in a status is one of this call.
  private mutating func clearErrors() {
    for index in 0..<storedCount {
      unsafe (statuses + index).initialize(to: MPI_Status())
      unsafe statuses[index].MPI_ERROR = CMPI_SUCCESS
    }
  }

  private mutating func endAll(_ code: CInt, _ routine: StaticString) throws {
    // MPICH's MPI_Testall reports an error while others are pending.
    for index in 0..<storedCount where unsafe statuses[index].MPI_ERROR != CMPI_ERR_PENDING {
      hasEnded(index)
    }
    // Open MPI's MPI_Testall says in the statuses alone that a persistent operation has failed
    // (open-mpi/ompi#13432, seen in 4.1.4).
    let found = unsafe firstError(statuses, storedCount, after: CMPI_ERR_IN_STATUS)
    try check(found == CMPI_ERR_IN_STATUS ? code : found, routine, on: raw)
  }

  private mutating func hasEnded(_ index: Int) {
    guard unsafe operations[index].isActive else { return }
    unsafe operations[index].isActive = false
    activeCount -= 1
    if unsafe operations[index].isReceive { unsafe operations[index].buffer.normalize() }
  }
}
