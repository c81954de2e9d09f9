public import CMPI

/// A rank's part of a window that this rank has locked, to access it without the target's help.
///
///     try window.withLock(on: 3) { target in
///       let old = try target.get(at: 0)
///       try target.put(old + 1, at: 0)
///     }
///
/// Each operation is complete when it returns: what was written is there for all ranks, and buffers
/// are free. Several that are under way at once are those of ``immediate``, or of the ``Epoch`` that
/// ``LockedTargets/epoch()`` begins.
///
/// A lock that goes out of scope is released.
///
/// - Note: The target's part is reached without the target's program, but some libraries need it to
///   call MPI now and then for that, whatever it calls: a lock of a rank that only computes may wait
///   until it does.
@frozen @safe public struct LockedTarget<Element>: ~Copyable, ~Escapable {
  @usableFromInline let window: WindowReference
  /// The rank whose part this is.
  public let rank: Int
  /// Whether the lock ends with this value, rather than with that of all targets.
  @usableFromInline let isOwned: Bool

  @inlinable @inline(__always) @_lifetime(immortal)
  init(_ window: WindowReference, _ rank: Int, isOwned: Bool) {
    self.window = window
    self.rank = rank
    self.isOwned = isOwned
  }

  /// Completes all operations, and releases the lock.
  ///
  /// One of ``LockedTargets`` stays locked as long as they are.
  ///
  /// The corresponding C function is `MPI_Win_unlock` (MPI 3.1 §11.5.3).
  public consuming func unlock() throws(MPIError) {
    let (window, rank, isOwned) = (window, rank, isOwned)
    discard self
    guard isOwned else { return }
    try check(MPI_Win_unlock(CInt(rank), window.raw), "MPI_Win_unlock", on: window.communicator)
  }

  @inlinable
  deinit {
    if isOwned { dropLock(window, rank) }
  }

  /// Waits until all operations are complete here and at the target: those of ``immediate``, of which
  /// a request tells only that its buffer is free.
  ///
  /// The corresponding C function is `MPI_Win_flush` (MPI 3.1 §11.5.4).
  @inlinable @inline(__always)
  public func flush() throws(MPIError) {
    try check(
      MPI_Win_flush(try window.rawTarget(rank, "MPI_Win_flush"), window.raw), "MPI_Win_flush",
      on: window.communicator)
  }

  /// Waits until all operations are complete here: their buffers are free, and what was read has come.
  ///
  /// The corresponding C function is `MPI_Win_flush_local` (MPI 3.1 §11.5.4).
  @inlinable @inline(__always)
  public func flushLocally() throws(MPIError) {
    try check(
      MPI_Win_flush_local(try window.rawTarget(rank, "MPI_Win_flush_local"), window.raw),
      "MPI_Win_flush_local", on: window.communicator)
  }
}

/// Releases a lock that goes out of scope. That needs nobody to come, and so may be done here.
@usableFromInline @inline(never)
func dropLock(_ window: WindowReference, _ rank: Int) {
  if isRunning { _ = MPI_Win_unlock(CInt(rank), window.raw) }
}

extension OneSidedWindow where Self: ~Copyable & ~Escapable {
  /// Locks a rank's part of the window, as long as the result lives.
  ///
  ///     let target = try window.lock(on: 3, .shared)
  ///     let first = try target.get(at: 0)
  ///     try target.unlock()
  ///
  /// Locks of several targets may be held at once; two of the same target may not.
  ///
  /// - Parameters:
  ///   - rank: The target.
  ///   - kind: Whether others may hold a lock of it, too.
  ///   - assertions: ``WindowAssertions/noCheck`` where nobody else can have a conflicting lock.
  /// - Throws: ``MPIError/Code/invalidRank`` for a rank outside the window.
  ///
  /// The corresponding C function is `MPI_Win_lock` (MPI 3.1 §11.5.3).
  @_lifetime(borrow self)
  public func lock(
    on rank: Int, _ kind: LockKind = .exclusive, _ assertions: WindowAssertions = []
  ) throws(MPIError) -> LockedTarget<Element> {
    let window = reference
    let target = try window.rawTarget(rank, "MPI_Win_lock")
    try check(
      MPI_Win_lock(kind.raw, target, assertions.rawValue, window.raw), "MPI_Win_lock",
      on: window.communicator)
    return LockedTarget(window, rank, isOwned: true)
  }

  /// Runs a piece of a program with a rank's part of the window locked.
  ///
  /// The parameters are those of ``lock(on:_:_:)``.
  ///
  /// - Throws: What `body` throws, after the lock has been released.
  ///
  /// The corresponding C functions are `MPI_Win_lock` and `MPI_Win_unlock` (MPI 3.1 §11.5.3).
  public func withLock<Result>(
    on rank: Int, _ kind: LockKind = .exclusive, _ assertions: WindowAssertions = [],
    _ body: (borrowing LockedTarget<Element>) throws -> Result
  ) throws -> Result {
    let target = try lock(on: rank, kind, assertions)
    let result = try body(target)
    try target.unlock()
    return result
  }

  /// Locks the parts of all ranks with a shared lock, as long as the result lives.
  ///
  /// Not collective: the others need do nothing. It is the usual way to work with one-sided operations
  /// for long: open once, and complete them by flushes.
  ///
  /// - Parameter assertions: ``WindowAssertions/noCheck`` where nobody asks for exclusive locks.
  ///
  /// The corresponding C function is `MPI_Win_lock_all` (MPI 3.1 §11.5.3).
  @_lifetime(borrow self)
  public func lockAll(
    _ assertions: WindowAssertions = []
  ) throws(MPIError) -> LockedTargets<Element> {
    let window = reference
    try check(
      MPI_Win_lock_all(assertions.rawValue, window.raw), "MPI_Win_lock_all",
      on: window.communicator)
    return LockedTargets(window)
  }

  /// Runs a piece of a program with the parts of all ranks locked with a shared lock.
  ///
  ///     try window.withLockAll { ranks in
  ///       try ranks[3].put(1.5, at: 0)
  ///       let ticket = try ranks[0].fetchAndReduce(1, .sum, at: 1)
  ///     }
  ///
  /// - Parameter assertions: ``WindowAssertions/noCheck`` where nobody asks for exclusive locks.
  /// - Throws: What `body` throws, after the locks have been released.
  ///
  /// The corresponding C functions are `MPI_Win_lock_all` and `MPI_Win_unlock_all` (MPI 3.1
  /// §11.5.3).
  public func withLockAll<Result>(
    _ assertions: WindowAssertions = [],
    _ body: (borrowing LockedTargets<Element>) throws -> Result
  ) throws -> Result {
    let targets = try lockAll(assertions)
    let result = try body(targets)
    try targets.unlock()
    return result
  }
}

/// The parts of all ranks, locked with a shared lock.
///
///     try window.withLockAll { ranks in
///       try ranks[left].put(1.5, at: 0)
///       var epoch = ranks.epoch()
///       try epoch.get(into: ghost.mutableSpan, from: right, at: 0)
///       try epoch.end()
///     }
@frozen @safe public struct LockedTargets<Element>: ~Copyable, ~Escapable {
  @usableFromInline let window: WindowReference

  @_lifetime(immortal)
  init(_ window: WindowReference) { self.window = window }

  /// The part of one rank.
  ///
  /// An operation on a rank outside the window throws ``MPIError/Code/invalidRank``.
  @inlinable
  public subscript(rank: Int) -> LockedTarget<Element> {
    @inline(__always) @_lifetime(borrow self) get {
      LockedTarget(window, rank, isOwned: false)
    }
  }

  /// Begins operations that are under way at once, and complete together when the epoch ends. The
  /// locks stay.
  ///
  /// The corresponding C function is `MPI_Win_flush_all`, at its end (MPI 3.1 §11.5.4).
  @_lifetime(borrow self)
  public func epoch() -> Epoch<Element> { Epoch(window, .flushAll) }

  /// Waits until all operations are complete here and at their targets.
  ///
  /// The corresponding C function is `MPI_Win_flush_all` (MPI 3.1 §11.5.4).
  public func flushAll() throws(MPIError) {
    try check(MPI_Win_flush_all(window.raw), "MPI_Win_flush_all", on: window.communicator)
  }

  /// Waits until all operations are complete here: their buffers are free, and what was read has come.
  ///
  /// The corresponding C function is `MPI_Win_flush_local_all` (MPI 3.1 §11.5.4).
  public func flushAllLocally() throws(MPIError) {
    try check(
      MPI_Win_flush_local_all(window.raw), "MPI_Win_flush_local_all", on: window.communicator)
  }

  /// Makes what others have written to this rank's part visible in ``ElementWindow/span``, and what
  /// this rank has written visible to others.
  ///
  /// When they have written, a program has to know by itself, by a barrier, say.
  ///
  /// The corresponding C function is `MPI_Win_sync` (MPI 3.1 §11.5.4).
  public func synchronize() throws(MPIError) {
    try check(MPI_Win_sync(window.raw), "MPI_Win_sync", on: window.communicator)
    unsafe window.storage._withUnsafeGuaranteedRef { $0.normalize() }
  }

  /// Completes all operations, and releases the locks.
  ///
  /// The corresponding C function is `MPI_Win_unlock_all` (MPI 3.1 §11.5.3).
  public consuming func unlock() throws(MPIError) {
    let window = window
    discard self
    try check(MPI_Win_unlock_all(window.raw), "MPI_Win_unlock_all", on: window.communicator)
  }

  deinit {
    if isRunning { _ = MPI_Win_unlock_all(window.raw) }
  }
}

extension ElementWindow where Self: ~Copyable & ~Escapable {
  /// Reads this rank's own part while others, who use locks, cannot write to it.
  ///
  /// The corresponding C function is `MPI_Win_lock`, with `MPI_LOCK_SHARED` on this rank (MPI 3.1
  /// §11.5.3).
  public func withElements<Result>(
    _ body: (Span<Element>) throws -> Result
  ) throws -> Result {
    let own = try lock(on: communicator.rank, .shared)
    storage.normalize()
    let result = try body(span)
    try own.unlock()
    return result
  }

  /// Reads and writes this rank's own part while others, who use locks, cannot access it.
  ///
  ///     try window.withMutableElements { elements in elements[0] = 1 }
  ///
  /// The corresponding C function is `MPI_Win_lock`, with `MPI_LOCK_EXCLUSIVE` on this rank (MPI 3.1
  /// §11.5.3).
  public mutating func withMutableElements<Result>(
    _ body: (inout MutableSpan<Element>) throws -> Result
  ) throws -> Result {
    let window = reference
    let rank = CInt(communicator.rank)
    try check(
      MPI_Win_lock(CMPI_LOCK_EXCLUSIVE, rank, 0, window.raw), "MPI_Win_lock",
      on: window.communicator)
    storage.normalize()
    let result = Swift.Result {
      var elements = mutableSpan
      return try body(&elements)
    }
    try check(MPI_Win_unlock(rank, window.raw), "MPI_Win_unlock", on: window.communicator)
    return try result.get()
  }
}
