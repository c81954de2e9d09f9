internal import CMPI

/// The memory of a ``DynamicWindow``: what is attached to it at the time, of any type.
public enum DynamicMemory {}

/// A window without memory of its own, to which each rank attaches storage as it likes.
///
///     var window = try DynamicWindow(on: world)
///     let attachment = try window.attach(field.mutableSpan)
///     let addresses = try world.allGather(attachment.address)
///     var epoch = try window.fence()
///     try epoch.put(edge.span, to: right, at: addresses[right][0..<edge.count])
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
  public init(on communicator: Communicator, info: Info = [:]) throws(MPIError) {
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
  /// The corresponding C function is `MPI_Win_free` (MPI 3.1 §11.2.5).
  public consuming func close() throws(MPIError) { try keeper.free() }

  /// Attaches storage, which others may access as long as the result lives.
  ///
  /// - Parameter elements: The storage; no part of it may be attached already.
  /// - Throws: ``MPIError/Code/oneSidedAttach`` where the library cannot attach it.
  ///
  /// The corresponding C functions are `MPI_Win_attach` and `MPI_Get_address` (MPI 3.1 §11.2.4,
  /// §4.1.5).
  @_lifetime(copy elements)
  public func attach<T: Datatype>(
    _ elements: consuming MutableSpan<T>
  ) throws(MPIError) -> Attachment<T> {
    let count = elements.count
    let base = unsafe elements.address()
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

extension WindowReference {
  /// As many elements as a buffer has, at an address that a rank has told.
  func target<T: Datatype>(
    _ rank: Int?, at address: RemoteAddress<T>, like buffer: RawBuffer, width: Int = 1,
    _ routine: StaticString
  ) throws(MPIError) -> RemoteBuffer {
    let count = unsafe buffer.count / width
    if count > address.count {
      throw MPIError.beyond(count, address.count, routine, self)
    }
    return try unsafe RemoteBuffer(
      rank: rawTarget(rank, routine), displacement: MPI_Aint(address.address), like: buffer)
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
  /// Writes elements to what a rank has attached. They may be read, but not changed, until the end of
  /// the epoch.
  ///
  /// - Throws: ``MPIError/Code/oneSidedRange`` for more elements than the address has, and what the
  ///   library finds.
  ///
  /// The corresponding C function is `MPI_Put` (MPI 3.1 §11.3.1).
  @_lifetime(self: copy self, copy elements)
  public mutating func put<T: Datatype>(
    _ elements: Span<T>, to rank: Int?, at address: RemoteAddress<T>
  ) throws(MPIError) {
    let buffer = unsafe elements.rawBuffer
    let target = try unsafe window.target(rank, at: address, like: buffer, "MPI_Put")
    unsafe keep(try window.start(.put, buffer, target))
  }

  /// Reads elements of what a rank has attached. The storage must not be touched until the end of the
  /// epoch.
  ///
  /// The corresponding C function is `MPI_Get` (MPI 3.1 §11.3.2).
  @_lifetime(self: copy self, copy elements)
  public mutating func get<T: Datatype>(
    into elements: consuming MutableSpan<T>, from rank: Int?, at address: RemoteAddress<T>
  ) throws(MPIError) {
    let buffer = unsafe elements.rawBuffer()
    let target = try unsafe window.target(rank, at: address, like: buffer, "MPI_Get")
    unsafe keep(try window.start(.get, buffer, target), normalizing: buffer)
  }

  /// Combines elements with those that a rank has attached, which take the results.
  ///
  /// The corresponding C function is `MPI_Accumulate` (MPI 3.1 §11.3.4).
  @_lifetime(self: copy self, copy elements)
  public mutating func accumulate<T: Datatype>(
    _ elements: Span<T>, _ reduction: Reduction<T>, to rank: Int?, at address: RemoteAddress<T>
  ) throws(MPIError) {
    try reduction.requirePredefined("MPI_Accumulate", on: window)
    let buffer = unsafe reduction.operand(elements.rawBuffer)
    let target = try unsafe window.target(
      rank, at: address, like: buffer, width: reduction.width, "MPI_Accumulate")
    unsafe keep(try window.start(.accumulate(reduction.raw), buffer, target))
  }
}

extension LockedTarget where Element == DynamicMemory {
  /// Writes elements to what the target has attached.
  ///
  /// The corresponding C functions are `MPI_Put` and `MPI_Win_flush` (MPI 3.1 §11.3.1).
  public func put<T: Datatype>(
    _ elements: Span<T>, at address: RemoteAddress<T>
  ) throws(MPIError) {
    let buffer = unsafe elements.rawBuffer
    let target = try unsafe window.target(rank, at: address, like: buffer, "MPI_Put")
    try unsafe run(.put, buffer, target)
    try flush()
  }

  /// Reads elements of what the target has attached.
  ///
  /// The corresponding C functions are `MPI_Get` and `MPI_Win_flush_local` (MPI 3.1 §11.3.2).
  public func get<T: Datatype>(
    into elements: consuming MutableSpan<T>, at address: RemoteAddress<T>
  ) throws(MPIError) {
    let buffer = unsafe elements.rawBuffer()
    let target = try unsafe window.target(rank, at: address, like: buffer, "MPI_Get")
    try unsafe run(.get, buffer, target)
    try flushLocally()
    unsafe buffer.normalize()
  }

  /// Reads all elements that an address has, to a new array.
  ///
  /// The corresponding C functions are `MPI_Get` and `MPI_Win_flush_local` (MPI 3.1 §11.3.2).
  public func get<T: Datatype>(at address: RemoteAddress<T>) throws(MPIError) -> [T] {
    try unsafe Array(receiving: address.count) { (buffer) throws(MPIError) in
      let target = try unsafe window.target(rank, at: address, like: buffer, "MPI_Get")
      try unsafe run(.get, buffer, target)
      try flushLocally()
    }
  }

  /// Combines elements with those that the target has attached, which take the results.
  ///
  /// The corresponding C functions are `MPI_Accumulate` and `MPI_Win_flush` (MPI 3.1 §11.3.4).
  public func accumulate<T: Datatype>(
    _ elements: Span<T>, _ reduction: Reduction<T>, at address: RemoteAddress<T>
  ) throws(MPIError) {
    try reduction.requirePredefined("MPI_Accumulate", on: window)
    let buffer = unsafe reduction.operand(elements.rawBuffer)
    let target = try unsafe window.target(
      rank, at: address, like: buffer, width: reduction.width, "MPI_Accumulate")
    try unsafe run(.accumulate(reduction.raw), buffer, target)
    try flush()
  }

  /// Combines a value with the first element at an address, and returns what was there before, in one
  /// atomic step.
  ///
  /// The corresponding C functions are `MPI_Fetch_and_op` and `MPI_Win_flush` (MPI 3.1 §11.3.4).
  @discardableResult
  public func fetchAndReduce<T: AtomicDatatype>(
    _ value: T, _ reduction: Reduction<T>, at address: RemoteAddress<T>
  ) throws(MPIError) -> T {
    try reduction.requirePredefined("MPI_Fetch_and_op", on: window)
    if address.count < 1 { throw MPIError.beyond(1, 0, "MPI_Fetch_and_op", window) }
    return try window.fetchAndReduce(
      value, reduction.raw, window.rawTarget(rank, "MPI_Fetch_and_op"), MPI_Aint(address.address))
  }
}
