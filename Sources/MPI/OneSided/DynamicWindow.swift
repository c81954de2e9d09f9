internal import CMPI

/// The memory of a ``DynamicWindow``: what is attached to it at the time, of any type.
public enum DynamicMemory {}

/// A window without memory of its own, to which each rank attaches storage as it likes.
///
///     var window = try DynamicWindow(on: world)
///     let attachment = try window.attach(&field)
///     let addresses = try world.allGather(attachment.address)
///     var epoch = try window.fence()
///     try epoch.put(edge, to: right, at: addresses[right][0..<edge.count])
///     try epoch.end()
///     try attachment.detach()
///     try window.close()
///
/// Others reach the storage by its ``RemoteAddress``, which they have to be told.
///
/// A window that goes out of scope without ``close()`` stays as it is until MPI is finalized.
///
/// The operations are those of ``OneSidedWindow``.
public struct DynamicWindow: ~Copyable, OneSidedWindow {
  /// Storage of any type.
  public typealias Element = DynamicMemory

  /// What operations need to know of the window.
  public let reference: WindowReference
  private let keeper: WindowStorage

  /// Makes a window without memory.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  /// - Parameters:
  ///   - communicator: The ranks that the window connects.
  ///   - info: Hints.
  ///
  /// The corresponding C function is `MPI_Win_create_dynamic` (MPI 3.1 §11.2.4).
  public init(on communicator: Communicator, info: Info = [:]) throws {
    var raw = CMPI_WIN_NULL as RawWindow
    try unsafe check(
      MPI_Win_create_dynamic(info.raw, communicator.raw, &raw), "MPI_Win_create_dynamic",
      on: communicator.raw)
    try unsafe check(
      ErrorSource.window(raw).startThrowing(), "MPI_Win_set_errhandler",
      on: communicator.raw)
    keeper = unsafe WindowStorage(
      owning: raw, on: communicator, memory: .attached, base: nil, counts: .none, structure: nil)
    reference = WindowReference(keeper)
  }

  /// Frees the window.
  ///
  /// **Collective**: every rank calls it, and waits until all have ended their operations.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_Win_free` (MPI 3.1 §11.2.5).
  public consuming func close() throws { try keeper.free() }

  /// Attaches an array, which others may access as long as the result lives.
  ///
  /// - Parameter storage: The elements; no part of them may be attached already.
  /// - Throws: ``MPIError/Code/oneSidedAttach`` where the library cannot attach it.
  ///
  /// The corresponding C functions are `MPI_Win_attach` and `MPI_Get_address` (MPI 3.1 §11.2.4,
  /// §4.1.5).
  @_lifetime(&storage)
  public func attach<R: IncomingStorage>(
    _ storage: inout R
  ) throws -> Attachment<R.Element> {
    try attach(storage.pinned, of: R.Element.self)
  }

  /// Attaches what a span shows, which others may access as long as the result lives.
  ///
  /// As ``attach(_:)-(R)``.
  ///
  /// The corresponding C functions are `MPI_Win_attach` and `MPI_Get_address` (MPI 3.1 §11.2.4,
  /// §4.1.5).
  @_lifetime(copy elements)
  public func attach<T: Datatype>(
    _ elements: consuming MutableSpan<T>
  ) throws -> Attachment<T> {
    try attach(elements.pinned, of: T.self)
  }

  @_lifetime(immortal)
  private func attach<T: Datatype>(
    _ elements: borrowing Operand, of type: T.Type
  ) throws -> Attachment<T> {
    let buffer = elements.run("attach")
    let (base, count) = unsafe (buffer.address, buffer.count)
    var address: MPI_Aint = 0
    // No elements have no place.
    if count > 0 {
      try unsafe reference.check(
        MPI_Win_attach(reference.raw, base, MPI_Aint(count * MemoryLayout<T>.stride)),
        "MPI_Win_attach")
      try unsafe check(MPI_Get_address(base, &address), "MPI_Get_address")
    }
    return unsafe Attachment(
      AttachmentStorage(keeper, count > 0 ? base : nil),
      UnsafeMutableBufferPointer(start: base?.assumingMemoryBound(to: T.self), count: count),
      RemoteAddress(address: Int(address), count: count))
  }
}

extension Operand {
  /// The elements, for what takes them as they lie: memory for others.
  ///
  /// Traps with a layout.
  func run(_ what: StaticString) -> RawBuffer {
    precondition(isWhole, "\(what): a layout, where memory is needed")
    return elements
  }
}

extension WindowReference {
  /// An operation on elements here, and as many at an address that a rank has told.
  func access<T: Datatype>(
    _ transfer: Transfer, _ elements: borrowing Operand, _ rank: Int?,
    _ address: RemoteAddress<T>, as reduction: Reduction<T>? = nil, _ routine: StaticString
  ) throws -> Access {
    if elements.count > address.count {
      throw MPIError.beyond(elements.count, address.count, routine, self)
    }
    return try Access(
      transfer, elements, rank: rawTarget(rank, routine),
      displacement: MPI_Aint(address.address), TargetElements(from: 0), as: reduction, routine)
  }

  /// An accumulation at an address that a rank has told.
  func access<T: Datatype>(
    accumulating elements: borrowing Operand, _ reduction: Reduction<T>, _ rank: Int?,
    _ address: RemoteAddress<T>
  ) throws -> Access {
    let routine: StaticString = "MPI_Accumulate"
    try reduction.requirePredefined(routine, on: self)
    return try access(
      .accumulate(reduction.raw), elements, rank, address, as: reduction, routine)
  }
}

extension MPIError {
  static func beyond(
    _ count: Int, _ room: Int, _ routine: StaticString, _ window: WindowReference
  ) -> MPIError {
    MPIError(
      .oneSidedRange, routine: routine.description,
      message: "\(count) elements at an address of \(room)", on: window.communicator)
  }
}

extension Epoch where Element == DynamicMemory {
  /// Writes what a view shows to what a rank has attached. The elements may be read, but not changed, until the end of
  /// the epoch.
  ///
  /// - Throws: ``MPIError/Code/oneSidedRange`` for more elements than the address has, and what the
  ///   library finds.
  ///
  /// The corresponding C function is `MPI_Put` (MPI 3.1 §11.3.1).
  @_lifetime(self: copy elements, copy self)
  public mutating func put<V: OutgoingView & ~Escapable>(
    _ elements: V, to rank: Int?, at address: RemoteAddress<V.Element>
  ) throws {
    try begin(.put, elements.operand, rank, address, "MPI_Put")
  }

  /// Writes an array to what a rank has attached. It may be read, but not changed, until the end of the epoch.
  ///
  /// As ``put(_:to:at:)-(V,_,RemoteAddress<V.Element>)``.
  ///
  /// The corresponding C function is `MPI_Put` (MPI 3.1 §11.3.1).
  @_lifetime(self: borrow elements, copy self)
  public mutating func put<S: OutgoingStorage & ~Copyable>(
    _ elements: borrowing @_addressable S, to rank: Int?, at address: RemoteAddress<S.Element>
  ) throws {
    try begin(.put, elements.operand, rank, address, "MPI_Put")
  }

  /// Reads elements of what a rank has attached into an array. It must not be touched until the end of the
  /// epoch.
  ///
  /// Throws as ``put(_:to:at:)-(V,_,RemoteAddress<V.Element>)``.
  ///
  /// The corresponding C function is `MPI_Get` (MPI 3.1 §11.3.2).
  @_lifetime(self: copy self, &storage)
  public mutating func get<R: IncomingStorage>(
    into storage: inout R, from rank: Int?, at address: RemoteAddress<R.Element>
  ) throws {
    try begin(.get, storage.pinned, rank, address, "MPI_Get")
  }

  /// Reads elements of what a rank has attached into what a view shows, which must not be touched until the end of the
  /// epoch.
  ///
  /// Throws as ``put(_:to:at:)-(V,_,RemoteAddress<V.Element>)``.
  ///
  /// The corresponding C function is `MPI_Get` (MPI 3.1 §11.3.2).
  @_lifetime(self: copy view, copy self)
  public mutating func get<V: IncomingView & ~Copyable & ~Escapable>(
    into view: consuming V, from rank: Int?, at address: RemoteAddress<V.Element>
  ) throws {
    try begin(.get, view.pinned, rank, address, "MPI_Get")
  }

  /// Combines what a view shows with elements that a rank has attached, which take the results.
  ///
  /// - Throws: ``MPIError/Code/invalidReduction`` for a function of the program's, and what
  ///   ``put(_:to:at:)-(V,_,RemoteAddress<V.Element>)`` throws.
  ///
  /// The corresponding C function is `MPI_Accumulate` (MPI 3.1 §11.3.4).
  @_lifetime(self: copy elements, copy self)
  public mutating func accumulate<V: OutgoingView & ~Escapable>(
    _ elements: V, _ reduction: Reduction<V.Element>, to rank: Int?,
    at address: RemoteAddress<V.Element>
  ) throws {
    try begin(elements.operand, reduction, rank, address)
  }

  /// Combines an array with elements that a rank has attached, which take the results.
  ///
  /// Throws as ``accumulate(_:_:to:at:)-(V,_,_,RemoteAddress<V.Element>)``.
  ///
  /// The corresponding C function is `MPI_Accumulate` (MPI 3.1 §11.3.4).
  @_lifetime(self: borrow elements, copy self)
  public mutating func accumulate<S: OutgoingStorage & ~Copyable>(
    _ elements: borrowing @_addressable S, _ reduction: Reduction<S.Element>, to rank: Int?,
    at address: RemoteAddress<S.Element>
  ) throws {
    try begin(elements.operand, reduction, rank, address)
  }

  private mutating func begin<T: Datatype>(
    _ transfer: Transfer, _ elements: borrowing Operand, _ rank: Int?,
    _ address: RemoteAddress<T>, _ routine: StaticString
  ) throws {
    try start(window.access(transfer, elements, rank, address, routine))
    keep(elements.layout)
  }

  private mutating func begin<T: Datatype>(
    _ elements: borrowing Operand, _ reduction: Reduction<T>, _ rank: Int?,
    _ address: RemoteAddress<T>
  ) throws {
    try start(window.access(accumulating: elements, reduction, rank, address))
    keep(elements.layout)
  }
}

extension LockedTarget where Element == DynamicMemory {
  /// Writes elements to what the target has attached.
  ///
  /// - Throws: ``MPIError/Code/oneSidedRange`` for more elements than the address has, and what the
  ///   library finds.
  ///
  /// The corresponding C functions are `MPI_Put` and `MPI_Win_flush` (MPI 3.1 §11.3.1).
  public func put<S: Outgoing & ~Copyable & ~Escapable>(
    _ elements: borrowing S, at address: RemoteAddress<S.Element>
  ) throws {
    try put(elements.operand, address)
  }

  /// Reads elements of what the target has attached.
  ///
  /// Throws as ``put(_:at:)-(S,RemoteAddress<S.Element>)``.
  ///
  /// The corresponding C functions are `MPI_Get` and `MPI_Win_flush_local` (MPI 3.1 §11.3.2).
  public func get<R: Incoming & ~Copyable & ~Escapable>(
    into storage: inout R, at address: RemoteAddress<R.Element>
  ) throws {
    try get(storage.incoming, address)
  }

  /// Reads elements of what the target has attached into what a view shows.
  ///
  /// Throws as ``put(_:at:)-(S,RemoteAddress<S.Element>)``.
  ///
  /// The corresponding C functions are `MPI_Get` and `MPI_Win_flush_local` (MPI 3.1 §11.3.2).
  public func get<V: IncomingView & ~Copyable & ~Escapable>(
    into view: consuming V, at address: RemoteAddress<V.Element>
  ) throws {
    try get(view.incoming, address)
  }

  /// Reads all elements that an address has, to a new array.
  ///
  /// - Throws: ``MPIError/Code/invalidRank`` for a rank outside the window, and what else the
  ///   library reports.
  ///
  /// The corresponding C functions are `MPI_Get` and `MPI_Win_flush_local` (MPI 3.1 §11.3.2).
  public func get<T: Datatype>(at address: RemoteAddress<T>) throws -> [T] {
    try Array(receiving: address.count) { (buffer) throws in try get(Operand(buffer), address) }
  }

  /// Combines elements with those that the target has attached, which take the results.
  ///
  /// - Throws: ``MPIError/Code/invalidReduction`` for a function of the program's, and what
  ///   ``put(_:at:)-(S,RemoteAddress<S.Element>)`` throws.
  ///
  /// The corresponding C functions are `MPI_Accumulate` and `MPI_Win_flush` (MPI 3.1 §11.3.4).
  public func accumulate<S: Outgoing & ~Copyable & ~Escapable>(
    _ elements: borrowing S, _ reduction: Reduction<S.Element>,
    at address: RemoteAddress<S.Element>
  ) throws {
    try accumulate(elements.operand, reduction, address)
  }

  private func put<T: Datatype>(
    _ elements: borrowing Operand, _ address: RemoteAddress<T>
  ) throws {
    try run(window.access(.put, elements, rank, address, "MPI_Put"))
    try flush()
  }

  private func get<T: Datatype>(
    _ elements: borrowing Operand, _ address: RemoteAddress<T>
  ) throws {
    try run(window.access(.get, elements, rank, address, "MPI_Get"))
    try flushLocally()
  }

  private func accumulate<T: Datatype>(
    _ elements: borrowing Operand, _ reduction: Reduction<T>, _ address: RemoteAddress<T>
  ) throws {
    try run(window.access(accumulating: elements, reduction, rank, address))
    try flush()
  }

  /// Combines a value with the first element at an address, and returns what was there before, in one
  /// atomic step.
  ///
  /// - Throws: ``MPIError/Code/invalidReduction`` for a function of the program's,
  ///   ``MPIError/Code/oneSidedRange`` where the address has no element, and what else the library
  ///   reports.
  ///
  /// The corresponding C functions are `MPI_Fetch_and_op` and `MPI_Win_flush` (MPI 3.1 §11.3.4).
  @discardableResult
  public func fetchAndReduce<T: AtomicDatatype>(
    _ value: T, _ reduction: Reduction<T>, at address: RemoteAddress<T>
  ) throws -> T {
    try reduction.requirePredefined("MPI_Fetch_and_op", on: window)
    if address.count < 1 { throw MPIError.beyond(1, 0, "MPI_Fetch_and_op", window) }
    return try window.fetchAndReduce(
      value, reduction.raw, window.rawTarget(rank, "MPI_Fetch_and_op"), MPI_Aint(address.address))
  }
}
