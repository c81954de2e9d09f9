internal import CMPI

/// A window whose memory all its ranks reach directly: that of the processes of one host.
///
///     let host = try world.split(by: .sharedMemory)
///     var table = try SharedWindow<Double>(count: host.rank == 0 ? 1_000_000 : 0, on: host)
///     try table.withMemory { memory in
///       if host.rank == 0 { fill(memory.mutableSpan) }
///       try memory.barrier()
///       print(try memory.span(of: 0)[17])     // no copy of it was made
///     }
///     try table.close()
///
/// The one-sided operations work on it as on any window, too.
///
/// A window that goes out of scope without ``close()`` stays as it is until MPI is finalized, as a
/// ``Window`` does.
///
/// The operations are those of ``OneSidedWindow`` and ``ElementWindow``.
public struct SharedWindow<Element: Datatype>: ~Copyable, ElementWindow {
  /// What operations need to know of the window.
  public let reference: WindowReference
  private let keeper: WindowStorage

  /// Makes a window with memory that its ranks share, filled with zero bytes.
  ///
  /// **Collective**: every rank of the communicator calls it, with elements of the same size.
  ///
  /// - Parameters:
  ///   - count: The number of elements of this rank's part.
  ///   - communicator: Ranks that can share memory: see ``Communicator/split(by:key:info:)``.
  ///   - info: Hints. The parts follow each other in memory, unless
  ///     `["alloc_shared_noncontig": "true"]` allows the library to put each where it is near its rank.
  /// - Throws: ``MPIError/Code/oneSidedShared`` or another error where the ranks cannot share memory.
  /// - Precondition: `count` is not negative.
  ///
  /// The corresponding C function is `MPI_Win_allocate_shared` (MPI 3.1 §11.2.3).
  public init(
    count: Int, on communicator: Communicator, info: Info = [:]
  ) throws {
    (keeper, reference) = try allocateWindow(
      Element.self, count: count, on: communicator, info, .shared)
  }

  /// Frees the window.
  ///
  /// **Collective**: every rank calls it, and waits until all have ended their operations.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_Win_free` (MPI 3.1 §11.2.5).
  public consuming func close() throws { try keeper.free() }

  /// Runs a piece of a program with direct access to the parts of all ranks.
  ///
  /// Not collective, but ``SharedMemory/barrier()`` is. What the ranks do between two of them is up to
  /// the program: an element that one of them writes must not be touched by another.
  ///
  /// - Throws: What `body` throws.
  ///
  /// The corresponding C functions are `MPI_Win_lock_all`, `MPI_Win_sync` and `MPI_Win_unlock_all`
  /// (MPI 3.1 §11.5.3, §11.5.4).
  public mutating func withMemory<Result>(
    _ body: (inout SharedMemory<Element>) throws -> Result
  ) throws -> Result {
    // Without a check: an exclusive lock would have to be asked for on this window, while it is
    // accessed directly.
    try withLockAll(.noCheck) { ranks in
      try ranks.synchronize()
      var memory = SharedMemory<Element>(reference)
      let result = Swift.Result { try body(&memory) }
      try ranks.synchronize()
      return try result.get()
    }
  }
}

/// Memory that ranks share, while it is accessed directly.
@safe public struct SharedMemory<Element: Datatype>: ~Copyable, ~Escapable {
  private let window: WindowReference

  @_lifetime(immortal)
  init(_ window: WindowReference) { self.window = window }

  /// This rank's own part, to read.
  public var span: Span<Element> {
    @_lifetime(borrow self) get {
      let storage = unsafe window.storage.takeUnretainedValue()
      return unsafe _overrideLifetime(storage.elements(Element.self), borrowing: self)
    }
  }

  /// This rank's own part, to read and write.
  public var mutableSpan: MutableSpan<Element> {
    @_lifetime(&self) mutating get {
      let storage = unsafe window.storage.takeUnretainedValue()
      return unsafe _overrideLifetime(storage.mutableElements(Element.self), mutating: &self)
    }
  }

  /// A rank's part, to read. It must be used before the next ``barrier()``.
  ///
  /// - Throws: ``MPIError/Code/invalidRank`` for a rank outside the window.
  ///
  /// The corresponding C function is `MPI_Win_shared_query` (MPI 3.1 §11.2.3).
  @_lifetime(borrow self)
  public func span(of rank: Int) throws -> Span<Element> {
    let buffer = try unsafe part(of: rank)
    return unsafe _overrideLifetime(
      Span(_unsafeElements: UnsafeBufferPointer(buffer)), borrowing: self)
  }

  /// A rank's part, to read and write. It must be used before the next ``barrier()``.
  ///
  /// - Throws: ``MPIError/Code/invalidRank`` for a rank outside the window.
  ///
  /// The corresponding C function is `MPI_Win_shared_query` (MPI 3.1 §11.2.3).
  @_lifetime(&self)
  public mutating func mutableSpan(of rank: Int) throws -> MutableSpan<Element> {
    let buffer = try unsafe part(of: rank)
    return unsafe _overrideLifetime(MutableSpan(_unsafeElements: buffer), mutating: &self)
  }

  /// Waits for all ranks. What they have written is visible to all then.
  ///
  /// **Collective**: every rank of the window calls it.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C functions are `MPI_Win_sync` and `MPI_Barrier` (MPI 3.1 §11.5.4, §5.3).
  public mutating func barrier() throws {
    try synchronize()
    try unsafe window.storage.takeUnretainedValue().communicator.barrier()
    try synchronize()
  }

  /// Makes what this rank has written visible to those whom it tells of it in its own way, and what
  /// others have written visible here, when they have told so.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_Win_sync` (MPI 3.1 §11.5.4).
  public mutating func synchronize() throws {
    try window.check(MPI_Win_sync(window.raw), "MPI_Win_sync")
  }

  private func part(of rank: Int) throws -> UnsafeMutableBufferPointer<Element> {
    let peer = try window.rawTarget(rank, "MPI_Win_shared_query")
    var size: MPI_Aint = 0
    var unit: CInt = 1
    var base: UnsafeMutableRawPointer?
    try unsafe window.check(
      MPI_Win_shared_query(window.raw, peer, &size, &unit, &base), "MPI_Win_shared_query")
    // As many as the rank has asked for: Open MPI 4.1.4 tells of whole pages.
    let count = unsafe window.storage._withUnsafeGuaranteedRef { $0.count(of: rank) }
    if count == 0 { return unsafe UnsafeMutableBufferPointer(start: nil, count: 0) }
    let elements = unsafe base.map {
      unsafe ($0 + window.shift).assumingMemoryBound(to: Element.self)
    }
    return unsafe UnsafeMutableBufferPointer(start: elements, count: count)
  }
}
