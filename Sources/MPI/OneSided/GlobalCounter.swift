internal import CMPI

/// A number that all ranks count up, each getting numbers that no other gets.
///
///     var tasks = try GlobalCounter(on: world)
///     while case let task = try tasks.next(), task < taskCount { run(task) }
///     try tasks.close()
///
/// The number lives on one rank, which the others reach without its help.
///
/// - Note: Some libraries need that rank to call MPI now and then for this, whatever it calls.
public struct GlobalCounter: ~Copyable {
  private let window: Window<Int>
  private let home: Int

  /// Makes a counter.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same values.
  ///
  /// - Parameters:
  ///   - communicator: The ranks that count.
  ///   - initial: Where the counter begins.
  ///   - home: The rank that keeps the number.
  /// - Throws: ``MPIError/Code/invalidRoot`` for a home outside the communicator.
  ///
  /// The corresponding C functions are `MPI_Win_allocate` and `MPI_Win_lock_all` (MPI 3.1 §11.2.2,
  /// §11.5.3).
  public init(
    on communicator: Communicator, initial: Int = 0, home: Int = 0
  ) throws {
    window = try openWord(initial, on: communicator, home: home)
    self.home = home
  }

  private var target: LockedTarget<Int> {
    @_lifetime(borrow self) get { LockedTarget(window.reference, home) }
  }

  /// Takes the next number, and counts on.
  ///
  /// - Parameter step: How far.
  /// - Returns: The number before.
  /// - Throws: ``MPIError`` as the library reports it.
  /// - Complexity: One atomic operation on the rank that keeps the number.
  ///
  /// The corresponding C function is `MPI_Fetch_and_op` (MPI 3.1 §11.3.4).
  public func next(by step: Int = 1) throws -> Int {
    try target.fetchAndReduce(step, .sum, at: 0)
  }

  /// Adds to the number, which nobody needs to know.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_Accumulate` (MPI 3.1 §11.3.4).
  public func add(_ amount: Int) throws { try target.accumulate(amount, .sum, at: 0) }

  /// The number as it is now; others may be counting.
  ///
  /// The corresponding C function is `MPI_Fetch_and_op`, with `MPI_NO_OP` (MPI 3.1 §11.3.4).
  public var value: Int {
    get throws { try target.fetchAndReduce(0, .noOp, at: 0) }
  }

  /// Sets the number.
  ///
  /// - Returns: The number before.
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_Fetch_and_op`, with `MPI_REPLACE` (MPI 3.1 §11.3.4).
  @discardableResult
  public func exchange(_ value: Int) throws -> Int {
    try target.fetchAndReduce(value, .replace, at: 0)
  }

  /// Frees the counter.
  ///
  /// **Collective**: every rank calls it. A counter that goes out of scope without it stays until MPI
  /// is finalized.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C functions are `MPI_Win_unlock_all` and `MPI_Win_free` (MPI 3.1 §11.5.3,
  /// §11.2.5).
  public consuming func close() throws { try window.close() }
}

/// A window of one number on one rank, which all ranks may access at any time.
func openWord(
  _ value: Int, on communicator: Communicator, home: Int
) throws -> Window<Int> {
  _ = try communicator.rawRoot(home, "MPI_Win_allocate")
  let isHome = communicator.rank == home
  var window = try Window<Int>(count: isHome ? 1 : 0, on: communicator)
  if isHome {
    do { try window.withMutableElements { $0[0] = value } } catch {
      throw error as? MPIError ?? MPIError(.other, routine: "MPI_Win_lock", message: "\(error)")
    }
  }
  try window.storage.lockForGood()
  // Nobody counts before the number is there.
  try communicator.barrier()
  return window
}
