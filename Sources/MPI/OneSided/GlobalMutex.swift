internal import CMPI

/// A lock that one rank holds at a time, in the order in which they have asked for it.
///
///     var mutex = try GlobalMutex(on: world)
///     try mutex.withLock {
///       // one rank at a time
///     }
///     try mutex.close()
///
/// The waiting ranks form a queue, of which one word on one rank knows the end. A rank that asks for the
/// lock puts itself there in one atomic step, and learns who is before it; it tells that rank, and
/// waits for its message. So each lock costs one or two atomic operations and at most two empty
/// messages, whatever the number of ranks, and nobody polls the memory of others. It is the queue of
/// J. M. Mellor-Crummey and M. L. Scott, "Algorithms for scalable synchronization on shared-memory
/// multiprocessors", ACM Transactions on Computer Systems 9 (1991), 21–65, algorithm 5, with messages
/// for the links of the list.
///
/// A lock is held by a process: threads of one process have to agree among themselves.
public struct GlobalMutex: ~Copyable {
  private let window: Window<Int>
  private let messages: Communicator
  private let home: Int

  /// What the word has where nobody holds the lock.
  private static let nobody = -1
  /// Tells the rank before that one is waiting behind it.
  private static let queueing: MessageTag = 1
  /// Hands the lock on.
  private static let handing: MessageTag = 2

  /// Makes a lock that nobody holds.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  /// - Parameters:
  ///   - communicator: The ranks that may hold the lock.
  ///   - home: The rank that keeps the end of the queue.
  /// - Throws: ``MPIError/Code/invalidRoot`` for a home outside the communicator.
  ///
  /// The corresponding C functions are `MPI_Win_allocate` and `MPI_Comm_dup` (MPI 3.1 §11.2.2,
  /// §6.4.2).
  public init(on communicator: Communicator, home: Int = 0) throws {
    let own = try communicator.duplicated()
    window = try openWord(Self.nobody, on: own, home: home)
    messages = own
    self.home = home
  }

  private var end: LockedTarget<Int> {
    @_lifetime(borrow self) get { LockedTarget(window.reference, home) }
  }

  /// Runs a piece of a program while no other rank holds the lock.
  ///
  /// The compiler refuses to lock it again inside.
  ///
  /// - Throws: What `body` throws, after the lock has been handed on.
  ///
  /// The corresponding C functions are `MPI_Fetch_and_op` and `MPI_Compare_and_swap` (MPI 3.1
  /// §11.3.4).
  public mutating func withLock<Result>(_ body: () throws -> Result) throws -> Result {
    let before = try end.fetchAndReduce(messages.rank, .replace, at: 0)
    if before != Self.nobody {
      try messages.send(Self.nothing, to: before, tag: Self.queueing)
      try receiveNothing(from: before, tag: Self.handing)
    }
    return try runAndRelease(body)
  }

  /// Runs a piece of a program if nobody holds the lock.
  ///
  /// - Returns: What `body` returns, or `nil` where another rank holds the lock.
  /// - Throws: What `body` throws, and what the library reports.
  ///
  /// The corresponding C function is `MPI_Compare_and_swap` (MPI 3.1 §11.3.4).
  public mutating func withLockIfAvailable<Result>(
    _ body: () throws -> Result
  ) throws -> Result? {
    let before = try end.compareAndSwap(
      expected: Self.nobody, desired: messages.rank, at: 0)
    return before == Self.nobody ? try runAndRelease(body) : nil
  }

  private func runAndRelease<Result>(_ body: () throws -> Result) throws -> Result {
    let result = Swift.Result { try body() }
    try release()
    return try result.get()
  }

  private func release() throws {
    // Is someone behind who has said so already? Then the word need not be asked.
    var next = try messages.immediate.probe(from: .any, tag: Self.queueing)?.source
    if next == nil {
      let last = try end.compareAndSwap(
        expected: messages.rank, desired: Self.nobody, at: 0)
      if last == messages.rank { return }
      // Someone is, and will say so.
      next = try messages.probe(from: .any, tag: Self.queueing).source
    }
    try receiveNothing(from: next, tag: Self.queueing)
    try messages.send(Self.nothing, to: next, tag: Self.handing)
  }

  private static var nothing: Span<UInt8> {
    @_lifetime(immortal) get { Span() }
  }

  private func receiveNothing(from rank: Int?, tag: MessageTag) throws {
    try messages.receive(into: MutableSpan<UInt8>(), from: rank, tag: tag)
  }

  /// Frees the lock.
  ///
  /// **Collective**: every rank calls it, when none holds the lock or waits for it. One that goes out of
  /// scope without it stays until MPI is finalized.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C functions are `MPI_Win_unlock_all` and `MPI_Win_free` (MPI 3.1 §11.5.3,
  /// §11.2.5).
  public consuming func close() throws { try window.close() }
}
