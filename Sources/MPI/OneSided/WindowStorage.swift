public import CMPI

// What all kinds of windows consist of.

/// A window of the library's, and what has to be known of it.
@safe @usableFromInline
final class WindowStorage: @unchecked Sendable {
  /// Where the memory of a window comes from, which is also who has to keep it alive.
  enum Memory {
    /// From the library, which keeps it as long as the window.
    case allocated
    /// The same, shared by the processes of one host.
    case shared
    /// From a span: it ends with the scope of the window. Some windows have a copy of it.
    case borrowed(CopiedMemory?)
    /// From what is attached.
    case attached
  }

  private(set) var raw: RawWindow
  let communicator: Communicator
  let base: UnsafeMutableRawPointer?
  /// The number of elements of this rank's part.
  let count: Int
  /// Those of the other ranks' parts.
  fileprivate let counts: WindowCounts
  /// How elements of own memory are made valid, where not all bits are.
  private let structure: Unmanaged<StructureDescription>?
  private let memory: Memory
  /// Among the windows that are to be freed at the latest when MPI is finalized.
  private let number: Int
  private var isLocked = false
  /// What the library's handler leads to.
  var errorHandlerStorage: ErrorHandler.Storage?

  init(
    owning raw: RawWindow, on communicator: Communicator, memory: Memory,
    base: UnsafeMutableRawPointer?, counts: WindowCounts,
    structure: Unmanaged<StructureDescription>?
  ) {
    self.raw = raw
    self.communicator = communicator
    self.memory = memory
    number = OpenWindows.shared.add(raw)
    unsafe self.base = unsafe base
    count = counts.own
    self.counts = counts
    unsafe self.structure = unsafe structure
  }

  /// The number of elements of a rank's part.
  func count(of rank: Int) -> Int { counts.all?[rank] ?? counts.least }

  /// Locks all parts with a shared lock, until the window is freed.
  func lockForGood() throws {
    try check(
      MPI_Win_lock_all(CMPI_MODE_NOCHECK, raw), "MPI_Win_lock_all", of: raw, on: communicator.raw)
    isLocked = true
    OpenWindows.shared.setLocked(number)
  }

  /// Frees the window, for those who have ended all epochs: collective.
  func free() throws {
    OpenWindows.shared.remove(number)
    if isLocked {
      try check(MPI_Win_unlock_all(raw), "MPI_Win_unlock_all", of: raw, on: communicator.raw)
      isLocked = false
    }
    if case .borrowed(let copy?) = memory {
      // Others may still be writing to the copy, which is gone when the window is.
      try communicator.barrier()
      unsafe copy.copyBack(from: base)
    }
    try unsafe check(MPI_Win_free(&raw), "MPI_Win_free", of: raw, on: communicator.raw)
  }

  /// Own memory, as long as the caller keeps the window.
  @unsafe @_lifetime(immortal)
  func elements<T: Datatype>(_ type: T.Type) -> Span<T> {
    let buffer = unsafe UnsafeBufferPointer(
      start: base?.assumingMemoryBound(to: T.self), count: count)
    return unsafe _overrideLifetime(Span(_unsafeElements: buffer), copying: ())
  }

  /// Own memory, to write to, as long as the caller keeps the window to itself.
  @unsafe @_lifetime(immortal)
  func mutableElements<T: Datatype>(_ type: T.Type) -> MutableSpan<T> {
    let buffer = unsafe UnsafeMutableBufferPointer(
      start: base?.assumingMemoryBound(to: T.self), count: count)
    return unsafe _overrideLifetime(MutableSpan(_unsafeElements: buffer), copying: ())
  }

  /// Makes own memory valid, after others may have written to it.
  @usableFromInline
  func normalize() {
    let invalid = unsafe structure?._withUnsafeGuaranteedRef {
      unsafe $0.normalize(base, count: count)
    }
    if let invalid { endJob(because: invalid) }
  }

  deinit {
    guard raw != CMPI_WIN_NULL, isRunning else { return }
    // To free a window is collective, and whether the other ranks will come is not known here: an
    // error may be on its way past this window. Memory of the library's can stay until all come to
    // the end. Memory of the program's is going away, and others may still write to it.
    guard case .borrowed = memory else { return }
    withPatience("a window over borrowed memory went out of scope without close()") {
      try? free()
    }
  }
}

/// How many elements the parts of a window have.
struct WindowCounts {
  /// That of this rank.
  let own: Int
  /// A number that no part falls below.
  let least: Int
  /// Those of all ranks, where they differ.
  let all: [Int]?
  /// How far into the window, in bytes, the elements of each rank begin.
  let shift: Int

  /// Nothing is known beforehand of a dynamic window.
  static var none: WindowCounts { WindowCounts(own: 0, least: 0, all: nil, shift: 0) }

  private init(own: Int, least: Int, all: [Int]?, shift: Int) {
    self.own = own
    self.least = least
    self.all = all
    self.shift = shift
  }

  /// Tells all ranks the counts: collective, and a barrier. In the usual case that they are equal,
  /// no rank keeps more than one number.
  ///
  /// - Parameters:
  ///   - stride: The size of an element, which must be the same everywhere.
  ///   - shift: Where the elements begin, which must be so, too; `nil` where there are none.
  init(
    sharing own: Int, stride: Int, shift: Int?, on communicator: Communicator
  ) throws {
    let mine = [-own, own, -stride, stride, shift.map { -$0 } ?? .min, shift ?? .min]
    var extremes = mine
    try communicator.allReduce(mine.span, into: extremes.mutableSpan, .max)
    if extremes[2] != -extremes[3] {
      throw MPIError(
        .invalidDatatype, routine: "MPI_Win_create",
        message: "the elements of a window have \(-extremes[2]) bytes on one rank, "
          + "\(extremes[3]) on another", on: communicator.raw)
    }
    self.shift = extremes[5] == .min ? 0 : extremes[5]
    if extremes[5] != .min && extremes[4] != -extremes[5] {
      throw MPIError(
        .noMemory, routine: "MPI_Win_allocate",
        message: "the library has aligned the memory of a window differently on its ranks",
        on: communicator.raw)
    }
    self.own = own
    least = -extremes[0]
    all = -extremes[0] == extremes[1] ? nil : try communicator.allGather(own)
  }
}

/// What one-sided operations need to know of a window: opaque, and valid as long as the window.
///
/// Epochs are given one, so that no operation counts references.
@frozen @safe public struct WindowReference {
  @usableFromInline let raw: RawWindow
  @usableFromInline let communicator: RawCommunicator
  @usableFromInline let size: Int
  /// The number of elements that every rank's part has at least.
  @usableFromInline let least: Int
  /// How far into the window, in bytes, the elements begin that need more than the alignment of
  /// numbers.
  @usableFromInline let shift: Int
  @usableFromInline let storage: Unmanaged<WindowStorage>

  init(_ storage: WindowStorage) {
    raw = storage.raw
    communicator = storage.communicator.raw
    size = storage.communicator.size
    least = storage.counts.least
    shift = storage.counts.shift
    unsafe self.storage = unsafe Unmanaged.passUnretained(storage)
  }

  /// A position as C has it.
  @inlinable @inline(__always)
  func displacement<T>(of position: Int, _ type: T.Type) -> MPI_Aint {
    MPI_Aint(
      MemoryLayout<T>.alignment <= 8 ? position : position &* MemoryLayout<T>.stride &+ shift)
  }

  /// The target of an operation, as C has it.
  @inlinable @inline(__always)
  func rawTarget(_ rank: Int?, _ routine: StaticString) throws -> CInt {
    try checkedPeer(rank, of: size, routine, on: communicator)
  }

  /// Throws where elements lie outside a rank's part of the window.
  @inlinable @inline(__always)
  func checkRange(
    _ position: Int, _ count: Int, on rank: CInt, _ routine: StaticString
  ) throws {
    if _fastPath(
      UInt(bitPattern: position) <= UInt(bitPattern: least) && count <= least &- position)
    {
      return
    }
    // Not a method, so that this value can stay in registers.
    try unsafe checkRangeExactly(storage, position, count, on: rank, routine)
  }
}

@usableFromInline @inline(never)
func checkRangeExactly(
  _ storage: Unmanaged<WindowStorage>, _ position: Int, _ count: Int, on rank: CInt,
  _ routine: StaticString
) throws {
  // What goes to no process has no place.
  if rank == CMPI_PROC_NULL { return }
  let storage = unsafe storage.takeUnretainedValue()
  let room = storage.count(of: Int(rank))
  if position >= 0 && position <= room && count <= room - position { return }
  throw MPIError(
    .oneSidedRange, routine: routine.description,
    message: "\(count) elements at position \(position), where rank \(rank) has \(room)",
    on: storage.communicator.raw)
}
