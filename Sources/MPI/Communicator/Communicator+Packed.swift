internal import CMPI

extension PackedRepresentation {
  /// What a message is sent as: bytes, where every library is to understand it (MPI 3.1 §4.3).
  fileprivate var datatype: DatatypeHandle {
    unsafe self == .native ? DatatypeHandle(CMPI_PACKED) : DatatypeHandle(CMPI_BYTE)
  }
}

extension Communicator {
  /// Sends a packed message to one rank.
  ///
  /// The parameters and errors are those of
  /// ``AnyCommunicator/send(_:to:tag:mode:)-(Span<T>,_,_,_)``. The receiver may take the
  /// message with ``receive(packed:from:tag:)-(_,Int?,_)``, or, if it is a native one, as elements of
  /// the types that were packed.
  ///
  /// - Precondition: A native message was packed for this communicator.
  ///
  /// The corresponding C function is `MPI_Send`, with the datatype `MPI_PACKED`, or `MPI_BYTE` (MPI
  /// 3.1 §4.2, §4.3).
  public func send(
    packed packer: Packer, to destination: Int?, tag: MessageTag = 0, mode: SendMode = .standard
  ) throws(MPIError) {
    precondition(
      packer.representation == .external32 || packer.communicator.raw == raw,
      "a message that was packed for \(packer.communicator) is sent on \(self)")
    let bytes = unsafe packer.bytes.span.rawBuffer
    try unsafe _send(
      bytes.withCount(bytes.count, of: packer.representation.datatype),
      rawPeer(destination, "MPI_Send"), tag, mode)
  }

  /// Receives a packed message of any length from one rank.
  ///
  /// - Parameters:
  ///   - representation: The one it was packed in.
  ///   - source: The sending rank; no process (`nil`) sends an empty message.
  ///   - tag: The label of the message, or ``MessageTag/any``.
  ///
  /// The corresponding C functions are `MPI_Mprobe` and `MPI_Mrecv`, with the datatype `MPI_PACKED`, or
  /// `MPI_BYTE` (MPI 3.1 §4.2, §4.3).
  public func receive(
    packed representation: PackedRepresentation, from source: Int?, tag: MessageTag = 0
  ) throws(MPIError) -> Unpacker {
    try matchedProbe(from: source, tag: tag).receive(packed: representation, on: self)
  }

  /// Receives a packed message of any length from any rank; to know from which, use
  /// ``AnyCommunicator/matchedProbe(from:tag:)-(AnySource,_)``.
  ///
  /// The corresponding C functions are `MPI_Mprobe` and `MPI_Mrecv`, with the datatype `MPI_PACKED`, or
  /// `MPI_BYTE` (MPI 3.1 §4.2, §4.3).
  public func receive(
    packed representation: PackedRepresentation, from source: AnySource, tag: MessageTag = 0
  ) throws(MPIError) -> Unpacker {
    try matchedProbe(from: source, tag: tag).receive(packed: representation, on: self)
  }
}

extension Message {
  /// Receives a packed message.
  ///
  /// - Parameters:
  ///   - representation: The one it was packed in.
  ///   - communicator: The one that the message came on.
  ///
  /// The corresponding C function is `MPI_Mrecv`, with the datatype `MPI_PACKED`, or `MPI_BYTE` (MPI
  /// 3.1 §4.2, §4.3).
  public consuming func receive(
    packed representation: PackedRepresentation, on communicator: Communicator
  ) throws(MPIError) -> Unpacker {
    var bytes = [UInt8](repeating: 0, count: status.byteCount)
    var storage = bytes.mutableSpan
    let buffer = unsafe storage.rawBuffer()
    _ = try unsafe receive(buffer.withCount(buffer.count, of: representation.datatype))
    return Unpacker(bytes, for: communicator, representation: representation)
  }
}
