internal import CMPI

/// Memory of each rank that the other ranks read and write without its help.
///
///     var window = try Window<Double>(count: 100, on: world)
///     do {
///       var epoch = try window.fence()
///       try epoch.put(edge, to: right, at: 0)
///       try epoch.end()
///     }
///     print(window.span[0])         // what the left neighbor has put
///     try window.close()
///
/// The memory is the library's, which can choose the kind that its network reaches best. A window
/// over storage of the program's is a ``BorrowingWindow``.
///
/// Each rank chooses the size of its part, which may be zero. An operation outside the target's part
/// throws ``MPIError/Code/oneSidedRange``, before the library is asked. Where all parts are of one
/// size, no rank keeps more than that one number; otherwise each keeps one for each rank.
///
/// A window that goes out of scope without ``close()`` stays as it is until MPI is finalized, and so
/// does its memory: to free it, all ranks would have to take part, and when an error is on its way
/// past a window, they may not.
///
/// Errors are thrown: the corresponding C function is `MPI_Win_set_errhandler` (MPI 3.1 §8.3.2).
///
/// The operations are those of ``OneSidedWindow`` and ``ElementWindow``.
public struct Window<Element: Datatype>: ~Copyable, ElementWindow {
  /// What operations need to know of the window.
  public let reference: WindowReference
  private let keeper: WindowStorage

  /// Makes a window with memory of its own, filled with zero bytes.
  ///
  /// **Collective**: every rank of the communicator calls it, with elements of the same size.
  ///
  /// - Parameters:
  ///   - count: The number of elements of this rank's part.
  ///   - communicator: The ranks that the window connects.
  ///   - info: Hints, such as `["accumulate_ordering": "none"]`.
  /// - Throws: ``MPIError/Code/noMemory``; ``MPIError/Code/invalidDatatype`` where ranks have elements
  ///   of different sizes.
  /// - Precondition: `count` is not negative.
  ///
  /// The corresponding C function is `MPI_Win_allocate` (MPI 3.1 §11.2.2).
  public init(
    count: Int, on communicator: Communicator, info: Info = [:]
  ) throws {
    (keeper, reference) = try allocateWindow(
      Element.self, count: count, on: communicator, info, .allocated)
  }

  /// Frees the window.
  ///
  /// **Collective**: every rank calls it, and waits until all have ended their operations.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_Win_free` (MPI 3.1 §11.2.5).
  public consuming func close() throws { try keeper.free() }
}

/// A window over storage of the program's, which it borrows for as long as it exists.
///
///     var field = [Double](repeating: 0, count: 100)
///     var window = try BorrowingWindow(over: &field, on: world)
///     …
///     try window.close()
///     print(field[0])
///
/// In the meantime the storage is reached through the window: ``ElementWindow/span`` and
/// ``ElementWindow/mutableSpan``. Some networks are faster with a ``Window``, whose memory the library
/// has chosen.
///
/// One that goes out of scope without ``close()`` is closed then, since others must not write to
/// memory that is going away. If the other ranks do not come within five seconds, it ends the job,
/// with a message.
///
/// The operations are those of ``OneSidedWindow`` and ``ElementWindow``.
public struct BorrowingWindow<Element: Datatype>: ~Copyable, ~Escapable, ElementWindow {
  /// What operations need to know of the window.
  public let reference: WindowReference
  private let keeper: WindowStorage

  /// Makes a window over an array.
  ///
  /// **Collective**: every rank of the communicator calls it, with elements of the same size.
  ///
  /// - Parameters:
  ///   - storage: This rank's part.
  ///   - communicator: The ranks that the window connects.
  ///   - info: Hints, such as `["no_locks": "true"]`.
  /// - Throws: ``MPIError/Code/invalidDatatype`` where ranks have elements of different sizes, and
  ///   what the library reports.
  ///
  /// The corresponding C function is `MPI_Win_create` (MPI 3.1 §11.2.1).
  @_lifetime(&storage)
  public init<R: IncomingStorage<Element>>(
    over storage: inout R, on communicator: Communicator, info: Info = [:]
  ) throws {
    (keeper, reference) = try borrowWindow(
      storage.pinned, of: Element.self, on: communicator, info)
  }

  /// Makes a window over what a span shows.
  ///
  /// As ``init(over:on:info:)-(R,_,_)``.
  ///
  /// The corresponding C function is `MPI_Win_create` (MPI 3.1 §11.2.1).
  @_lifetime(copy elements)
  public init(
    over elements: consuming MutableSpan<Element>, on communicator: Communicator, info: Info = [:]
  ) throws {
    (keeper, reference) = try borrowWindow(
      elements.pinned, of: Element.self, on: communicator, info)
  }

  /// Frees the window, and gives the storage back.
  ///
  /// **Collective**: every rank calls it, and waits until all have ended their operations.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_Win_free` (MPI 3.1 §11.2.5).
  public consuming func close() throws { try keeper.free() }
}
