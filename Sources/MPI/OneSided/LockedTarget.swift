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
/// - Note: The target's part is reached without the target's program, but some libraries need it to
///   call MPI now and then for that, whatever it calls: a lock of a rank that only computes may wait
///   until it does.
@frozen @safe public struct LockedTarget<Element>: ~Escapable {
  @usableFromInline let window: WindowReference
  /// The rank whose part this is.
  public let rank: Int

  @inlinable @inline(__always) @_lifetime(immortal)
  init(_ window: WindowReference, _ rank: Int) {
    self.window = window
    self.rank = rank
  }

  /// Waits until all operations are complete here and at the target: those of ``immediate``, of which
  /// a request tells only that its buffer is free.
  ///
  /// The corresponding C function is `MPI_Win_flush` (MPI 3.1 §11.5.4).
  @inlinable @inline(__always)
  public func flush() throws {
    try window.check(
      MPI_Win_flush(try window.rawTarget(rank, "MPI_Win_flush"), window.raw), "MPI_Win_flush")
  }

  /// Waits until all operations are complete here: their buffers are free, and what was read has come.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_Win_flush_local` (MPI 3.1 §11.5.4).
  @inlinable @inline(__always)
  public func flushLocally() throws {
    try window.check(
      MPI_Win_flush_local(try window.rawTarget(rank, "MPI_Win_flush_local"), window.raw),
      "MPI_Win_flush_local")
  }
}

extension OneSidedWindow where Self: ~Copyable & ~Escapable {
  /// Runs a piece of a program with a rank's part of the window locked.
  ///
  ///     let old = try window.withLock(on: 3) { target in
  ///       let old = try target.get(at: 0)
  ///       try target.put(old + 1, at: 0)
  ///       return old
  ///     }
  ///
  /// Inside, others may be locked, but not the same one again.
  ///
  /// - Parameters:
  ///   - rank: The target.
  ///   - kind: Whether others may hold a lock of it, too.
  ///   - assertions: ``WindowAssertions/noCheck`` where nobody else can have a conflicting lock.
  ///   - body: What is done under the lock. All operations are complete at the end.
  /// - Throws: ``MPIError/Code/invalidRank`` for a rank outside the window, and what `body` throws,
  ///   after the lock has been released.
  ///
  /// The corresponding C functions are `MPI_Win_lock` and `MPI_Win_unlock` (MPI 3.1 §11.5.3).
  public func withLock<Result>(
    on rank: Int, _ kind: LockKind = .exclusive, _ assertions: WindowAssertions = [],
    _ body: (LockedTarget<Element>) throws -> Result
  ) throws -> Result {
    let window = reference
    let target = try window.rawTarget(rank, "MPI_Win_lock")
    try window.check(
      MPI_Win_lock(kind.raw, target, assertions.rawValue, window.raw), "MPI_Win_lock")
    let result = Swift.Result { try body(LockedTarget(window, rank)) }
    try window.check(MPI_Win_unlock(target, window.raw), "MPI_Win_unlock")
    return try result.get()
  }

  /// Runs a piece of a program with the parts of all ranks locked with a shared lock.
  ///
  ///     try window.withLockAll { ranks in
  ///       try ranks[3].put(1.5, at: 0)
  ///       try ranks[0].accumulate(1, .sum, at: 1)
  ///     }
  ///
  /// Not collective: the others need do nothing. It is the usual way to work with one-sided operations
  /// for long: lock once, and complete them by flushes.
  ///
  /// - Parameters:
  ///   - assertions: ``WindowAssertions/noCheck`` where nobody asks for exclusive locks.
  ///   - body: What is done under the locks. All operations are complete at the end.
  /// - Throws: What `body` throws, after the locks have been released.
  ///
  /// The corresponding C functions are `MPI_Win_lock_all` and `MPI_Win_unlock_all` (MPI 3.1
  /// §11.5.3).
  public func withLockAll<Result>(
    _ assertions: WindowAssertions = [], _ body: (LockedTargets<Element>) throws -> Result
  ) throws -> Result {
    let window = reference
    try window.check(
      MPI_Win_lock_all(assertions.rawValue, window.raw), "MPI_Win_lock_all")
    let result = Swift.Result { try body(LockedTargets(window)) }
    try window.check(MPI_Win_unlock_all(window.raw), "MPI_Win_unlock_all")
    return try result.get()
  }
}

/// The parts of all ranks, locked with a shared lock.
///
///     try window.withLockAll { ranks in
///       try ranks[left].put(1.5, at: 0)
///       var epoch = ranks.epoch()
///       try epoch.get(into: &ghost, from: right, at: 0)
///       try epoch.end()
///     }
@frozen @safe public struct LockedTargets<Element>: ~Escapable {
  @usableFromInline let window: WindowReference

  @_lifetime(immortal)
  init(_ window: WindowReference) { self.window = window }

  /// The part of one rank.
  ///
  /// An operation on a rank outside the window throws ``MPIError/Code/invalidRank``.
  @inlinable
  public subscript(rank: Int) -> LockedTarget<Element> {
    @inline(__always) @_lifetime(copy self) get {
      LockedTarget(window, rank)
    }
  }

  /// Begins operations that are under way at once, and complete together when the epoch ends. The
  /// locks stay.
  ///
  /// The corresponding C function is `MPI_Win_flush_all`, at its end (MPI 3.1 §11.5.4).
  @_lifetime(copy self)
  public func epoch() -> Epoch<Element> { Epoch(window, .flushAll) }

  /// Waits until all operations are complete here and at their targets.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_Win_flush_all` (MPI 3.1 §11.5.4).
  public func flushAll() throws {
    try window.check(MPI_Win_flush_all(window.raw), "MPI_Win_flush_all")
  }

  /// Waits until all operations are complete here: their buffers are free, and what was read has come.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_Win_flush_local_all` (MPI 3.1 §11.5.4).
  public func flushAllLocally() throws {
    try window.check(
      MPI_Win_flush_local_all(window.raw), "MPI_Win_flush_local_all")
  }

  /// Makes what others have written to this rank's part visible in ``ElementWindow/span``, and what
  /// this rank has written visible to others.
  ///
  /// When they have written, a program has to know by itself, by a barrier, say.
  ///
  /// The corresponding C function is `MPI_Win_sync` (MPI 3.1 §11.5.4).
  public func synchronize() throws {
    try window.check(MPI_Win_sync(window.raw), "MPI_Win_sync")
    unsafe window.storage._withUnsafeGuaranteedRef { $0.normalize() }
  }
}

extension ElementWindow where Self: ~Copyable & ~Escapable {
  /// Reads this rank's own part while others, who use locks, cannot write to it.
  ///
  /// - Throws: What `body` throws, and what the library reports.
  ///
  /// The corresponding C function is `MPI_Win_lock`, with `MPI_LOCK_SHARED` on this rank (MPI 3.1
  /// §11.5.3).
  public func withElements<Result>(
    _ body: (Span<Element>) throws -> Result
  ) throws -> Result {
    try withLock(on: communicator.rank, .shared) { _ in
      storage.normalize()
      return try body(span)
    }
  }

  /// Reads and writes this rank's own part while others, who use locks, cannot access it.
  ///
  ///     try window.withMutableElements { elements in elements[0] = 1 }
  ///
  /// - Throws: What `body` throws, and what the library reports.
  ///
  /// The corresponding C function is `MPI_Win_lock`, with `MPI_LOCK_EXCLUSIVE` on this rank (MPI 3.1
  /// §11.5.3).
  public mutating func withMutableElements<Result>(
    _ body: (inout MutableSpan<Element>) throws -> Result
  ) throws -> Result {
    try withLock(on: communicator.rank) { _ in
      storage.normalize()
      // Through what the window consists of, since the window itself is borrowed by the lock.
      var elements = unsafe storage.mutableElements(Element.self)
      return try body(&elements)
    }
  }
}
