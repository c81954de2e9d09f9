public import CMPI

// The forms of point-to-point operations that take a layout. Parameters and errors that are not
// described here are those of the forms without one.

extension Communicator {
  /// Sends elements that do not lie in one run to one rank.
  ///
  ///     let column = try Layout<Double>.strided(count: rows, stride: columns)
  ///     try world.send(matrix.span, layout: column, at: 2, to: 1)
  ///
  /// Errors are those of ``AnyCommunicator/send(_:to:tag:mode:)-(Span<T>,_,_,_)``.
  ///
  /// - Parameters:
  ///   - elements: The buffer.
  ///   - layout: Which of its elements are sent.
  ///   - position: Where in the buffer the layout begins.
  ///   - instances: How often the layout is sent, each time a ``Layout/extent`` further.
  ///   - destination: The receiving rank; what goes to no process (`nil`) is not sent.
  ///   - tag: The label of the message.
  ///   - mode: When the operation is complete.
  /// - Precondition: All instances lie within the buffer.
  /// - Complexity: One message of `instances * layout.count` elements; what is copied on the way is
  ///   the library's matter.
  ///
  /// The corresponding C functions are `MPI_Send`, `MPI_Ssend`, `MPI_Bsend` and `MPI_Rsend` (MPI 3.1
  /// §3.2.1, §3.4).
  @inlinable
  public func send<T: Datatype>(
    _ elements: Span<T>, layout: Layout<T>, at position: Int = 0, instances: Int = 1,
    to destination: Int?, tag: MessageTag = 0, mode: SendMode = .standard
  ) throws(MPIError) {
    let peer = try rawPeer(destination, "MPI_Send")
    try unsafe _send(
      elements.rawBuffer(layout, at: position, instances: instances, "send"), peer, tag, mode)
  }

  /// Receives a message from one rank into elements that do not lie in one run.
  ///
  ///     let column = try Layout<Double>.strided(count: rows, stride: columns)
  ///     try world.receive(into: matrix.mutableSpan, layout: column, at: 2, from: 0)
  ///
  /// The layout has room for the message, and may have more; all other elements stay as they were.
  /// Errors are those of ``AnyCommunicator/receive(into:from:tag:)-(_,Int?,_)``.
  ///
  /// - Parameters:
  ///   - elements: The buffer.
  ///   - layout: Where in it the elements go, in the order of the layout.
  ///   - position: Where in the buffer the layout begins.
  ///   - instances: How often the layout is filled, each time a ``Layout/extent`` further.
  ///   - source: The sending rank; no process (`nil`) sends an empty message.
  ///   - tag: The label of the message, or ``MessageTag/any``.
  /// - Precondition: All instances lie within the buffer, and no element is named twice.
  ///
  /// The corresponding C function is `MPI_Recv` (MPI 3.1 §3.2.4).
  @inlinable @discardableResult
  public func receive<T: Datatype>(
    into elements: consuming MutableSpan<T>, layout: Layout<T>, at position: Int = 0,
    instances: Int = 1, from source: Int?, tag: MessageTag = 0
  ) throws(MPIError) -> Status {
    let peer = try rawPeer(source, "MPI_Recv")
    return try unsafe _receive(
      elements.rawBuffer(layout, at: position, instances: instances, "receive"), peer, tag)
  }

  /// Receives a message from any rank into elements that do not lie in one run.
  ///
  /// The corresponding C function is `MPI_Recv` (MPI 3.1 §3.2.4).
  @inlinable @discardableResult
  public func receive<T: Datatype>(
    into elements: consuming MutableSpan<T>, layout: Layout<T>, at position: Int = 0,
    instances: Int = 1, from source: AnySource, tag: MessageTag = 0
  ) throws(MPIError) -> Status {
    try unsafe _receive(
      elements.rawBuffer(layout, at: position, instances: instances, "receive"), CMPI_ANY_SOURCE,
      tag)
  }

  /// Sends to one rank and receives from another, or the same, with a layout on either side.
  ///
  ///     // A column goes out, and comes in as a row.
  ///     try world.sendReceive(
  ///       matrix.span, layout: column, at: 2, to: right,
  ///       into: row.mutableSpan, layout: nil, from: left)
  ///
  /// The parameters are those of ``send(_:layout:at:instances:to:tag:mode:)``, those of
  /// ``receive(into:layout:at:instances:from:tag:)-(_,_,_,_,Int?,_)`` as `resultPosition` and
  /// `resultInstances`, and those of
  /// ``AnyCommunicator/sendReceive(_:to:tag:into:from:receiving:)-(_,_,_,_,Int?,_)``.
  /// Where a layout is `nil`, all elements take part.
  ///
  /// The corresponding C function is `MPI_Sendrecv` (MPI 3.1 §3.10).
  @inlinable @discardableResult
  public func sendReceive<S: Datatype, R: Datatype>(
    _ elements: Span<S>, layout: Layout<S>?, at position: Int = 0, instances: Int = 1,
    to destination: Int?, tag sendTag: MessageTag = 0,
    into received: consuming MutableSpan<R>, layout resultLayout: Layout<R>?,
    resultPosition: Int = 0, resultInstances: Int = 1, from source: Int?,
    receiving receiveTag: MessageTag? = nil
  ) throws(MPIError) -> Status {
    try unsafe _sendReceive(
      elements.rawBuffer.laidOut(
        layout?.storage, at: position, instances: instances, "sendReceive"),
      rawPeer(destination, "MPI_Sendrecv"), sendTag,
      received.rawBuffer().laidOut(
        resultLayout?.storage, at: resultPosition, instances: resultInstances,
        "sendReceive"),
      rawPeer(source, "MPI_Sendrecv"), receiveTag ?? sendTag)
  }

  /// Sends to one rank and receives from any, with a layout on either side.
  ///
  /// The corresponding C function is `MPI_Sendrecv` (MPI 3.1 §3.10).
  @inlinable @discardableResult
  public func sendReceive<S: Datatype, R: Datatype>(
    _ elements: Span<S>, layout: Layout<S>?, at position: Int = 0, instances: Int = 1,
    to destination: Int?, tag sendTag: MessageTag = 0,
    into received: consuming MutableSpan<R>, layout resultLayout: Layout<R>?,
    resultPosition: Int = 0, resultInstances: Int = 1, from source: AnySource,
    receiving receiveTag: MessageTag? = nil
  ) throws(MPIError) -> Status {
    try unsafe _sendReceive(
      elements.rawBuffer.laidOut(
        layout?.storage, at: position, instances: instances, "sendReceive"),
      rawPeer(destination, "MPI_Sendrecv"), sendTag,
      received.rawBuffer().laidOut(
        resultLayout?.storage, at: resultPosition, instances: resultInstances,
        "sendReceive"),
      CMPI_ANY_SOURCE, receiveTag ?? sendTag)
  }

  /// Sends elements that do not lie in one run to one rank, and receives as many from another, or the
  /// same, in their place.
  ///
  /// - Throws: ``MPIError/Code/truncated`` where more elements are received than were sent.
  ///
  /// The corresponding C function is `MPI_Sendrecv_replace` (MPI 3.1 §3.10).
  @inlinable @discardableResult
  public func sendReceive<T: Datatype>(
    replacing elements: consuming MutableSpan<T>, layout: Layout<T>, at position: Int = 0,
    instances: Int = 1, to destination: Int?, from source: Int?, tag: MessageTag = 0,
    receiving receiveTag: MessageTag? = nil
  ) throws(MPIError) -> Status {
    try unsafe _sendReceive(
      replacing: elements.rawBuffer(layout, at: position, instances: instances, "sendReceive"),
      rawPeer(destination, "MPI_Sendrecv_replace"), tag,
      rawPeer(source, "MPI_Sendrecv_replace"), receiveTag ?? tag)
  }

  /// Sends elements that do not lie in one run to one rank, and receives as many from any in their
  /// place.
  ///
  /// The corresponding C function is `MPI_Sendrecv_replace` (MPI 3.1 §3.10).
  @inlinable @discardableResult
  public func sendReceive<T: Datatype>(
    replacing elements: consuming MutableSpan<T>, layout: Layout<T>, at position: Int = 0,
    instances: Int = 1, to destination: Int?, from source: AnySource, tag: MessageTag = 0,
    receiving receiveTag: MessageTag? = nil
  ) throws(MPIError) -> Status {
    try unsafe _sendReceive(
      replacing: elements.rawBuffer(layout, at: position, instances: instances, "sendReceive"),
      rawPeer(destination, "MPI_Sendrecv_replace"), tag, CMPI_ANY_SOURCE, receiveTag ?? tag)
  }
}

extension Message {
  /// Receives the message into elements that do not lie in one run.
  ///
  /// - Throws: ``MPIError/Code/truncated`` where the message is longer.
  /// - Precondition: All instances of the layout lie within the buffer.
  ///
  /// The corresponding C function is `MPI_Mrecv` (MPI 3.1 §3.8.3).
  @discardableResult
  public consuming func receive<T: Datatype>(
    into elements: consuming MutableSpan<T>, layout: Layout<T>, at position: Int = 0,
    instances: Int = 1
  ) throws(MPIError) -> Status {
    try unsafe receive(
      elements.rawBuffer(layout, at: position, instances: instances, "receive"))
  }
}

/// The space that a message with a layout takes in the buffer of ``withSendBuffer(byteCount:_:)``.
///
/// The corresponding C function is `MPI_Pack_size`, and the constant `MPI_BSEND_OVERHEAD` (MPI 3.1
/// §3.6).
public func bufferedByteCount<T: Datatype>(of layout: Layout<T>, instances: Int = 1) -> Int {
  instances * layout.byteCount + Int(CMPI_BSEND_OVERHEAD)
}
