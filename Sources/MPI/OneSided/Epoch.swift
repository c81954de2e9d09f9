internal import CMPI

/// One-sided operations under way that complete together.
///
///     var epoch = try window.fence()
///     try epoch.put(edge, to: right, at: 0)
///     try epoch.get(into: &ghost, from: left, at: 99)
///     try epoch.end()
///
/// Until ``end()`` the compiler refuses to touch a buffer that is being read into, and to change one
/// that is being written from, as it does for an ``Exchange``. It refuses to let the epoch out of the
/// window's scope, to close the window inside, and, in an epoch that all ranks take part in, to touch
/// the window's own memory, to which others may be writing.
///
/// | begun with | ends with |
/// |---|---|
/// | ``OneSidedWindow/fence(_:)`` | a fence of all ranks |
/// | ``OneSidedWindow/start(to:_:)``, ``Exposure/start(to:_:)`` | its completion, which the targets wait for |
/// | ``LockedTargets/epoch()`` | a flush; the locks stay |
///
/// An epoch that goes out of scope without `end()` is ended then. If it needs other ranks for that,
/// and they do not come within five seconds, because an error is on its way past it, say, it ends the
/// job, with a message.
@frozen @safe public struct Epoch<Element>: ~Copyable, ~Escapable {
  @usableFromInline let window: WindowReference
  @usableFromInline let ending: EpochEnding
  /// What is to be done or freed at the end, unmanaged so that no operation counts references.
  @usableFromInline var extras: Unmanaged<Completion>?

  @_lifetime(immortal)
  init(_ window: WindowReference, _ ending: EpochEnding) {
    self.window = window
    self.ending = ending
    unsafe extras = nil
  }

  /// Completes all operations of the epoch, here and at the targets.
  ///
  /// **Collective** for an epoch begun with a fence: every rank of the window calls it.
  ///
  /// - Throws: What the library reports of the operations.
  ///
  /// The corresponding C functions are `MPI_Win_fence`, `MPI_Win_complete` and `MPI_Win_flush_all`
  /// (MPI 3.1 §11.5).
  public consuming func end() throws {
    let (window, ending) = (window, ending)
    let extras = unsafe extras
    discard self
    try unsafe endEpoch(window, ending, extras)
  }

  deinit { unsafe dropEpoch(window, ending, extras) }
}

/// How an epoch ends.
@usableFromInline
enum EpochEnding {
  case fence
  case complete
  case flushAll
}

private func endEpoch(
  _ window: WindowReference, _ ending: EpochEnding, _ extras: Unmanaged<Completion>?
) throws {
  let extras = unsafe extras?.takeRetainedValue()
  let code: CInt
  let routine: StaticString
  switch ending {
  case .fence:
    code = MPI_Win_fence(CMPI_MODE_NOSUCCEED, window.raw)
    routine = "MPI_Win_fence"
    unsafe window.storage._withUnsafeGuaranteedRef { $0.normalize() }
  case .complete:
    code = MPI_Win_complete(window.raw)
    routine = "MPI_Win_complete"
  case .flushAll:
    code = MPI_Win_flush_all(window.raw)
    routine = "MPI_Win_flush_all"
  }
  extras?.finish()
  try window.check(code, routine)
}

private func dropEpoch(
  _ window: WindowReference, _ ending: EpochEnding, _ extras: Unmanaged<Completion>?
) {
  guard isRunning else { return }
  // A flush needs no one to come. The other two do; that the other ranks get on, and an error here
  // is heard of, is worth the wait.
  if case .flushAll = ending {
    try? unsafe endEpoch(window, ending, extras)
    return
  }
  withPatience("an epoch went out of scope without end()") {
    try? unsafe endEpoch(window, ending, extras)
  }
}

extension OneSidedWindow where Self: ~Copyable & ~Escapable {
  /// Begins an epoch in which all ranks may access all parts of the window.
  ///
  /// **Collective**: every rank calls it, and ``Epoch/end()``. When that has returned, what others
  /// have written to this rank's part is there.
  ///
  ///     var epoch = try window.fence()
  ///     try epoch.put(edge, to: right, at: 0)
  ///     try epoch.end()
  ///
  /// There is no form with a closure, since what is used in a closure is free again at its end,
  /// before that of the epoch.
  ///
  /// - Parameter assertions: Promises that let the library save work.
  ///
  /// The corresponding C function is `MPI_Win_fence` (MPI 3.1 §11.5.1).
  @_lifetime(&self)
  public mutating func fence(
    _ assertions: WindowAssertions = []
  ) throws -> Epoch<Element> {
    let window = reference
    try window.check(
      MPI_Win_fence(assertions.rawValue | CMPI_MODE_NOPRECEDE, window.raw), "MPI_Win_fence")
    return Epoch(window, .fence)
  }

  /// Begins an epoch in which this rank may access the parts of some others, which expose them with
  /// ``post(to:_:)``.
  ///
  /// - Parameters:
  ///   - group: The ranks whose parts are accessed.
  ///   - assertions: ``WindowAssertions/noCheck`` where they have posted already.
  ///
  /// The corresponding C function is `MPI_Win_start` (MPI 3.1 §11.5.2).
  @_lifetime(&self)
  public mutating func start(
    to group: Group, _ assertions: WindowAssertions = []
  ) throws -> Epoch<Element> {
    let window = reference
    try startEpoch(window, group, assertions)
    return Epoch(window, .complete)
  }

  /// Exposes this rank's part to some others, which access it in epochs that they begin with
  /// ``start(to:_:)``.
  ///
  /// - Parameters:
  ///   - group: The ranks that will access it, each in one epoch.
  ///   - assertions: Promises that let the library save work.
  ///
  /// The corresponding C function is `MPI_Win_post` (MPI 3.1 §11.5.2).
  @_lifetime(&self)
  public mutating func post(
    to group: Group, _ assertions: WindowAssertions = []
  ) throws -> Exposure<Element> {
    let window = reference
    try window.check(
      MPI_Win_post(group.raw, assertions.rawValue, window.raw), "MPI_Win_post")
    return Exposure(window)
  }
}

private func startEpoch(
  _ window: WindowReference, _ group: Group, _ assertions: WindowAssertions
) throws {
  try window.check(
    MPI_Win_start(group.raw, assertions.rawValue, window.raw), "MPI_Win_start")
}

/// This rank's part of a window, exposed to others.
///
///     var exposure = try window.post(to: neighbors)
///     var epoch = try exposure.start(to: neighbors)
///     try epoch.put(edge, to: right, at: 0)
///     try epoch.end()
///     try exposure.wait()
///
/// Until ``wait()`` the compiler refuses to touch the window's own memory.
///
/// One that goes out of scope without `wait()` waits then; after five seconds it ends the job, with a
/// message.
@frozen @safe public struct Exposure<Element>: ~Copyable, ~Escapable {
  @usableFromInline let window: WindowReference
  @usableFromInline var isOver = false

  @_lifetime(immortal)
  init(_ window: WindowReference) { self.window = window }

  /// Waits until all that were given access have completed their epochs.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_Win_wait` (MPI 3.1 §11.5.2).
  public consuming func wait() throws {
    let (window, isOver) = (window, isOver)
    discard self
    if !isOver { try window.check(MPI_Win_wait(window.raw), "MPI_Win_wait") }
    unsafe window.storage._withUnsafeGuaranteedRef { $0.normalize() }
  }

  /// Whether all have completed their epochs, so that ``wait()`` will return at once.
  ///
  /// The corresponding C function is `MPI_Win_test` (MPI 3.1 §11.5.2).
  public mutating func isComplete() throws -> Bool {
    // In C a test that succeeds ends the exposure; a second one would be an error.
    if isOver { return true }
    var flag: CInt = 0
    try unsafe window.check(MPI_Win_test(window.raw, &flag), "MPI_Win_test")
    isOver = flag != 0
    return isOver
  }

  /// Begins an epoch in which this rank, while it exposes its own part, accesses those of others.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_Win_start` (MPI 3.1 §11.5.2).
  @_lifetime(&self)
  public mutating func start(
    to group: Group, _ assertions: WindowAssertions = []
  ) throws -> Epoch<Element> {
    try startEpoch(window, group, assertions)
    return Epoch(window, .complete)
  }

  deinit {
    guard !isOver, isRunning else { return }
    withPatience("a window was exposed, and the exposure went out of scope without wait()") {
      [window] in
      _ = MPI_Win_wait(window.raw)
    }
  }
}
