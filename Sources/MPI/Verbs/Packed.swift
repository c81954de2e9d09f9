internal import CMPI

extension PackedRepresentation {
  /// Bytes as what a message is sent as: bytes, where every library is to understand it (MPI 3.1 §4.3).
  fileprivate func buffer(_ bytes: borrowing Operand) -> RawBuffer {
    let datatype = self == .native ? DatatypeHandle(CMPI_PACKED) : DatatypeHandle(CMPI_BYTE)
    return bytes.elements.withCount(bytes.count, of: datatype)
  }
}

extension Communicator {
  /// Sends a packed message to one rank.
  ///
  /// The parameters and errors are those of
  /// ``AnyCommunicator/send(_:to:tag:mode:)-(B,_,_,_)``. The receiver may take the
  /// message with ``receive(packed:from:tag:)``, or, if it is a native one, as elements of
  /// the types that were packed.
  ///
  /// - Precondition: A native message was packed for this communicator.
  ///
  /// The corresponding C function is `MPI_Send`, with the datatype `MPI_PACKED`, or `MPI_BYTE` (MPI
  /// 3.1 §4.2, §4.3).
  public func send(
    packed packer: Packer, to destination: Int?, tag: MessageTag = 0, mode: SendMode = .standard
  ) throws {
    precondition(
      packer.representation == .external32 || packer.communicator.raw == raw,
      "a message that was packed for \(packer.communicator) is sent on \(self)")
    try _send(packed: packer.bytes.operand, packer.representation, destination, tag, mode)
  }

  private func _send(
    packed bytes: borrowing Operand, _ representation: PackedRepresentation,
    _ destination: Int?, _ tag: MessageTag, _ mode: SendMode
  ) throws {
    try _send(representation.buffer(bytes), rawPeer(destination, "MPI_Send"), tag, mode)
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
    packed representation: PackedRepresentation, from source: some Source, tag: MessageTag = 0
  ) throws -> Unpacker {
    try matchedProbe(from: source, tag: tag).receive(packed: representation, on: self)
  }
}

extension Message {
  /// Receives a packed message.
  ///
  /// - Parameters:
  ///   - representation: The one it was packed in.
  ///   - communicator: The one that the message came on.
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_Mrecv`, with the datatype `MPI_PACKED`, or `MPI_BYTE` (MPI
  /// 3.1 §4.2, §4.3).
  public consuming func receive(
    packed representation: PackedRepresentation, on communicator: Communicator
  ) throws -> Unpacker {
    var bytes = [UInt8](repeating: 0, count: status.byteCount)
    try receive(packed: bytes.incoming, representation)
    return Unpacker(bytes, for: communicator, representation: representation)
  }

  private mutating func receive(
    packed bytes: borrowing Operand, _ representation: PackedRepresentation
  ) throws {
    _ = try receive(representation.buffer(bytes))
  }
}
