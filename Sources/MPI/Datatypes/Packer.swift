internal import CMPI

/// How values lie in a packed message.
public enum PackedRepresentation: Hashable, Sendable {
  /// As the library likes it: for messages within a job.
  case native
  /// The same on all machines and in all libraries: big-endian, without gaps (MPI 3.1 §13.5.2).
  case external32
}

/// Puts values of several types into one message.
///
///     var packer = Packer(for: world)
///     try packer.pack(step)                                       // an Int
///     try packer.pack(samples)                                    // Doubles
///     try packer.pack(matrix.span.laid(out: column, at: 2))       // what a layout names
///     try world.send(packed: packer, to: 1)
///
/// The receiver takes them out, in the same order, with an ``Unpacker``. Lengths are not packed: where
/// the receiver does not know them, pack them, too.
///
/// Values of one structure need no packing: a ``Datatype`` of your own is sent as it is.
///
/// The corresponding C functions are `MPI_Pack`, `MPI_Pack_size`, and for
/// ``PackedRepresentation/external32`` `MPI_Pack_external` and `MPI_Pack_external_size` (MPI 3.1
/// §4.2, §4.3).
public struct Packer: Sendable {
  let communicator: Communicator

  /// How the values lie in the message.
  public let representation: PackedRepresentation

  /// What has been packed so far.
  ///
  /// Any operation that takes bytes can transport them; an ``Unpacker`` takes them at the other end.
  public private(set) var bytes: [UInt8] = []

  /// Begins an empty message.
  ///
  /// - Parameters:
  ///   - communicator: The one that the message will be sent on.
  ///   - representation: How the values lie in the message.
  public init(for communicator: Communicator, representation: PackedRepresentation = .native) {
    self.communicator = communicator
    self.representation = representation
  }

  /// Adds elements.
  ///
  /// - Throws: ``MPIError/Code/invalidCount`` where a native message would have 2³¹ bytes or more.
  ///
  /// The corresponding C functions are `MPI_Pack` and `MPI_Pack_external` (MPI 3.1 §4.2, §4.3).
  public mutating func pack<B: Outgoing & ~Copyable & ~Escapable>(
    _ elements: borrowing B
  ) throws {
    try pack(elements.operand)
  }

  /// Adds one value.
  ///
  /// Throws as ``pack(_:)-(B)``.
  ///
  /// The corresponding C functions are `MPI_Pack` and `MPI_Pack_external` (MPI 3.1 §4.2, §4.3).
  @_disfavoredOverload
  public mutating func pack<T: Datatype>(_ value: T) throws {
    let one: InlineArray<1, T> = [value]
    try pack(one.operand)
  }

  private mutating func pack(_ elements: borrowing Operand) throws {
    try pack(elements.part("pack"))
  }

  private mutating func pack(_ buffer: RawBuffer) throws {
    let narrowed = try Narrowed(buffer)
    defer { narrowed.release() }
    let start = bytes.count
    let size = try packedSize(
      narrowed, start + buffer.count * Status.size(of: buffer.datatype))
    bytes.append(contentsOf: repeatElement(0, count: size))
    var end = start
    defer { bytes.removeLast(bytes.count - end) }
    end = try unsafe write(buffer.address, narrowed, from: start)
  }

  /// An upper bound of what a buffer takes.
  ///
  /// - Parameter end: The number of bytes that the whole message will have at least.
  private func packedSize(_ buffer: Narrowed, _ end: Int) throws -> Int {
    switch representation {
    case .native:
      var size: CInt = 0
      try requireNative(end, "MPI_Pack")
      try unsafe check(
        MPI_Pack_size(buffer.count, buffer.datatype.raw, communicator.raw, &size),
        "MPI_Pack_size", on: communicator.raw)
      try requireNative(bytes.count + Int(size), "MPI_Pack")
      return Int(size)
    case .external32:
      if try ByteOrder.ofOwn(buffer.datatype) != nil { return end - bytes.count }
      var size: MPI_Aint = 0
      try unsafe check(
        MPI_Pack_external_size(external32, buffer.count, buffer.datatype.raw, &size),
        "MPI_Pack_external_size")
      return size
    }
  }

  /// - Returns: Where the message ends now.
  private mutating func write(
    _ address: UnsafeMutableRawPointer?, _ buffer: Narrowed, from start: Int
  ) throws -> Int {
    let room = bytes.count
    switch representation {
    case .native:
      var position = CInt(start)
      try unsafe check(
        MPI_Pack(
          address, buffer.count, buffer.datatype.raw, &bytes, CInt(room), &position,
          communicator.raw), "MPI_Pack", on: communicator.raw)
      return Int(position)
    case .external32:
      if let order = try ByteOrder.ofOwn(buffer.datatype) {
        return try unsafe write(address, buffer, from: start, order)
      }
      var position = MPI_Aint(start)
      try unsafe check(
        MPI_Pack_external(
          external32, address, buffer.count, buffer.datatype.raw, &bytes, room, &position),
        "MPI_Pack_external")
      return position
    }
  }

  /// Packs natively, and turns numbers round.
  ///
  /// - Parameter order: That of one element of the datatype.
  private mutating func write(
    _ address: UnsafeMutableRawPointer?, _ buffer: Narrowed, from start: Int, _ order: ByteOrder
  ) throws -> Int {
    var packed = Packer(for: communicator)
    try unsafe packed.pack(
      RawBuffer(address: address, count: Int(buffer.count), datatype: buffer.datatype))
    ByteOrder.repeated(order, Int(buffer.count)).reverse(&packed.bytes)
    bytes.replaceSubrange(start..., with: packed.bytes)
    return bytes.count
  }
}

/// The name of the representation.
private let external32 = "external32"

/// Throws where C's int cannot count the bytes of a message.
private func requireNative(_ byteCount: Int, _ routine: StaticString) throws {
  if byteCount <= Int(CInt.max) { return }
  throw MPIError(
    .invalidCount, routine: routine.description,
    message: "a packed message has at most \(CInt.max) bytes, not \(byteCount)")
}

/// Takes values of several types out of one message, in the order in which they were packed.
///
///     var unpacker = try world.receive(packed: .native, from: 0)
///     let step = try unpacker.unpack(Int.self)
///     let samples = try unpacker.unpack(Double.self, count: 100)
///     try unpacker.unpack(into: matrix.mutableSpan.laid(out: column, at: 2))
///
/// A value: a copy of it goes on from the same place on its own.
///
/// The corresponding C functions are `MPI_Unpack`, and for ``PackedRepresentation/external32``
/// `MPI_Unpack_external` (MPI 3.1 §4.2, §4.3).
public struct Unpacker: Sendable {
  let communicator: Communicator
  private let bytes: [UInt8]
  private var position = 0

  /// How the values lie in the message.
  public let representation: PackedRepresentation

  /// The number of bytes that have not been taken yet.
  public var remainingByteCount: Int { bytes.count - position }

  /// Begins to take values out of a message.
  ///
  /// - Parameters:
  ///   - bytes: What a ``Packer`` has packed.
  ///   - communicator: The one that the message came on.
  ///   - representation: How the values lie in the message.
  public init(
    _ bytes: [UInt8], for communicator: Communicator,
    representation: PackedRepresentation = .native
  ) {
    self.bytes = bytes
    self.communicator = communicator
    self.representation = representation
  }

  /// Takes the next value.
  ///
  /// - Throws: ``MPIError/Code/truncated`` where the message ends before it.
  ///
  /// The corresponding C functions are `MPI_Unpack` and `MPI_Unpack_external` (MPI 3.1 §4.2, §4.3).
  public mutating func unpack<T: Datatype>(_ type: T.Type) throws -> T {
    // An array, since there is no value of any type to begin with.
    try unpack(type, count: 1)[0]
  }

  /// Takes the next elements.
  ///
  /// - Throws: ``MPIError/Code/truncated`` where the message ends before them.
  /// - Precondition: `count` is not negative.
  ///
  /// The corresponding C functions are `MPI_Unpack` and `MPI_Unpack_external` (MPI 3.1 §4.2, §4.3).
  public mutating func unpack<T: Datatype>(_ type: T.Type, count: Int) throws -> [T] {
    precondition(count >= 0, "\(count) elements of a packed message")
    // Looked at before there is memory for them: the count may come from the message.
    try requireBytes(count, Status.size(of: T.mpiDatatype))
    return try [T](receiving: count) { buffer throws in
      try unpack(buffer)
    }
  }

  /// Takes as many elements as there is storage for.
  ///
  /// - Throws: ``MPIError/Code/truncated`` where the message ends before them.
  ///
  /// The corresponding C functions are `MPI_Unpack` and `MPI_Unpack_external` (MPI 3.1 §4.2, §4.3).
  public mutating func unpack<B: Incoming & ~Copyable & ~Escapable>(
    into storage: inout B
  ) throws {
    try unpack(storage.incoming)
  }

  /// Takes as many elements as a view shows, and puts them there.
  ///
  /// Throws as ``unpack(into:)-(B)``.
  ///
  /// The corresponding C functions are `MPI_Unpack` and `MPI_Unpack_external` (MPI 3.1 §4.2, §4.3).
  public mutating func unpack<V: IncomingView & ~Copyable & ~Escapable>(
    into view: consuming V
  ) throws {
    try unpack(view.incoming)
  }

  private mutating func unpack(_ elements: borrowing Operand) throws {
    try unpack(elements.part("unpack"))
  }

  private mutating func unpack(_ buffer: RawBuffer) throws {
    try requireBytes(buffer.count, Status.size(of: buffer.datatype))
    let narrowed = try Narrowed(buffer)
    defer { narrowed.release() }
    let (count, type) = (narrowed.count, narrowed.datatype.raw)
    switch representation {
    case .native:
      try requireNative(bytes.count, "MPI_Unpack")
      var next = CInt(position)
      try unsafe check(
        MPI_Unpack(
          bytes, CInt(bytes.count), &next, buffer.address, count, type, communicator.raw),
        "MPI_Unpack", on: communicator.raw)
      position = Int(next)
    case .external32:
      if let order = try ByteOrder.ofOwn(buffer.datatype) {
        // Turned round, and unpacked natively.
        let end = position + buffer.count * Status.size(of: buffer.datatype)
        var part = Array(bytes[position..<end])
        ByteOrder.repeated(order, buffer.count).reverse(&part)
        var native = Unpacker(part, for: communicator)
        try native.unpack(buffer)
        position = end
        return
      }
      var next = MPI_Aint(position)
      try unsafe check(
        MPI_Unpack_external(external32, bytes, bytes.count, &next, buffer.address, count, type),
        "MPI_Unpack_external")
      position = next
    }
  }

  /// Throws where the message holds fewer bytes than `count` elements of `size` bytes: not every
  /// library looks itself.
  private func requireBytes(_ count: Int, _ size: Int) throws {
    let (needed, isTooLarge) = count.multipliedReportingOverflow(by: size)
    if !isTooLarge && needed <= remainingByteCount { return }
    throw MPIError(
      .truncated, routine: representation == .native ? "MPI_Unpack" : "MPI_Unpack_external",
      message:
        "\(remainingByteCount) bytes are left, and \(count) elements of \(size) bytes needed",
      on: communicator.raw)
  }
}
