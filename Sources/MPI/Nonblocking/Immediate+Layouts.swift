public import CMPI

// Nonblocking operations on layouts. A point-to-point operation keeps the datatype that it needs (MPI
// 3.1 §4.1.9), so that the layout need not outlive it; what makes received `Bool`s valid, and the
// collectives of Open MPI, need it until the end.

extension RawBuffer {
  /// What has to happen when this buffer has been received into: nothing, for most types.
  @inlinable @inline(__always)
  func normalizing(keeping layout: LayoutStorage) -> Completion? {
    unsafe datatype.structure == nil ? nil : normalized(keeping: layout)
  }

  @usableFromInline
  func normalized(keeping layout: LayoutStorage) -> Completion? {
    let completion = unsafe normalizing
    completion?.retain(layout)
    return completion
  }
}

extension Immediate {
  /// Begins to send elements that do not lie in one run to one rank. They may be read, but not
  /// changed, until the request is complete.
  ///
  /// The parameters are those of ``Communicator/send(_:layout:at:instances:to:tag:mode:)``.
  ///
  /// The corresponding C functions are `MPI_Isend`, `MPI_Issend`, `MPI_Ibsend` and `MPI_Irsend`
  /// (MPI 3.1 §3.7.2).
  @inlinable @_lifetime(copy elements)
  public func send<T: Datatype>(
    _ elements: Span<T>, layout: Layout<T>, at position: Int = 0, instances: Int = 1,
    to destination: Int?, tag: MessageTag = 0, mode: SendMode = .standard
  ) throws(MPIError) -> Request {
    let peer = try checkedPeer(destination, of: size, "MPI_Isend", on: raw)
    let buffer = try unsafe elements.rawBuffer(
      layout, at: position, instances: instances, "send")
    return unsafe Request(try startSend(buffer, peer, tag, mode, on: raw), on: raw)
  }

  /// Begins to receive a message from one rank into elements that do not lie in one run. The buffer
  /// must not be touched until the request is complete.
  ///
  /// The parameters are those of
  /// ``Communicator/receive(into:layout:at:instances:from:tag:)-(_,_,_,_,Int?,_)``.
  ///
  /// The corresponding C function is `MPI_Irecv` (MPI 3.1 §3.7.2).
  @inlinable @_lifetime(copy elements)
  public func receive<T: Datatype>(
    into elements: consuming MutableSpan<T>, layout: Layout<T>, at position: Int = 0,
    instances: Int = 1, from source: Int?, tag: MessageTag = 0
  ) throws(MPIError) -> Request {
    let peer = try checkedPeer(source, of: size, "MPI_Irecv", on: raw)
    let buffer = try unsafe elements.rawBuffer(
      layout, at: position, instances: instances, "receive")
    return unsafe Request(
      try startReceive(buffer, peer, tag, on: raw), buffer.normalizing(keeping: layout.storage),
      on: raw)
  }

  /// Begins to receive a message from any rank into elements that do not lie in one run. The buffer
  /// must not be touched until the request is complete.
  ///
  /// The corresponding C function is `MPI_Irecv` (MPI 3.1 §3.7.2).
  @inlinable @_lifetime(copy elements)
  public func receive<T: Datatype>(
    into elements: consuming MutableSpan<T>, layout: Layout<T>, at position: Int = 0,
    instances: Int = 1, from source: AnySource, tag: MessageTag = 0
  ) throws(MPIError) -> Request {
    let buffer = try unsafe elements.rawBuffer(
      layout, at: position, instances: instances, "receive")
    return unsafe Request(
      try startReceive(buffer, CMPI_ANY_SOURCE, tag, on: raw),
      buffer.normalizing(keeping: layout.storage), on: raw)
  }
}

extension Exchange {
  /// Begins to send elements that do not lie in one run to one rank. They may be read, but not
  /// changed, until the exchange is complete.
  ///
  /// The parameters are those of ``Communicator/send(_:layout:at:instances:to:tag:mode:)``.
  ///
  /// The corresponding C function is `MPI_Isend` (MPI 3.1 §3.7.2).
  @inlinable @_lifetime(self: copy elements, copy self)
  public mutating func send<T: Datatype>(
    _ elements: Span<T>, layout: Layout<T>, at position: Int = 0, instances: Int = 1,
    to destination: Int?, tag: MessageTag = 0, mode: SendMode = .standard
  ) throws(MPIError) {
    let peer = try checkedPeer(destination, of: size, "MPI_Isend", on: raw)
    let buffer = try unsafe elements.rawBuffer(
      layout, at: position, instances: instances, "send")
    unsafe add(try startSend(buffer, peer, tag, mode, on: raw))
  }

  /// Begins to receive a message from one rank into elements that do not lie in one run. The buffer
  /// must not be touched until the exchange is complete.
  ///
  /// The parameters are those of
  /// ``Communicator/receive(into:layout:at:instances:from:tag:)-(_,_,_,_,Int?,_)``.
  ///
  /// The corresponding C function is `MPI_Irecv` (MPI 3.1 §3.7.2).
  @inlinable @_lifetime(self: copy elements, copy self)
  public mutating func receive<T: Datatype>(
    into elements: consuming MutableSpan<T>, layout: Layout<T>, at position: Int = 0,
    instances: Int = 1, from source: Int?, tag: MessageTag = 0
  ) throws(MPIError) {
    let peer = try checkedPeer(source, of: size, "MPI_Irecv", on: raw)
    let buffer = try unsafe elements.rawBuffer(
      layout, at: position, instances: instances, "receive")
    let request = try unsafe startReceive(buffer, peer, tag, on: raw)
    unsafe add(request, receiving: buffer)
    if unsafe buffer.datatype.structure != nil { keep(layout.storage) }
  }

  /// Begins to receive a message from any rank into elements that do not lie in one run. The buffer
  /// must not be touched until the exchange is complete.
  ///
  /// The corresponding C function is `MPI_Irecv` (MPI 3.1 §3.7.2).
  @inlinable @_lifetime(self: copy elements, copy self)
  public mutating func receive<T: Datatype>(
    into elements: consuming MutableSpan<T>, layout: Layout<T>, at position: Int = 0,
    instances: Int = 1, from source: AnySource, tag: MessageTag = 0
  ) throws(MPIError) {
    let buffer = try unsafe elements.rawBuffer(
      layout, at: position, instances: instances, "receive")
    let request = try unsafe startReceive(buffer, CMPI_ANY_SOURCE, tag, on: raw)
    unsafe add(request, receiving: buffer)
    if unsafe buffer.datatype.structure != nil { keep(layout.storage) }
  }

  @usableFromInline
  mutating func keep(_ layout: LayoutStorage) { extras().completion.retain(layout) }
}
