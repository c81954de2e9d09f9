internal import CMPI

// A short array of scalars as a whole message: the bytes that a writer would make and a reader would
// read, in one step and on the stack. Such a message takes little longer than its bytes, so that
// writer and reader, with all that they can do, would be most of its cost.

/// A message that is an array of scalars, and no more.
enum ArrayMessage {
  /// The bytes of a tag, a type and a length.
  private static let headerLength = 6
  /// The bytes of a room: the standard library takes more from the heap, or asks first.
  private static let roomLength = 1024
  /// Where a message begins in its room, so that its scalars are aligned.
  private static let offset = 16 - headerLength
  /// The longest message, in bytes.
  static let longest = roomLength - offset
  /// What ends the footer: no names, no external arrays, no padding.
  private static let ending = UInt64(Format.version) << 56

  /// Calls `body` with room for a message.
  @inline(__always)
  private static func withRoom<R>(
    _ body: (UnsafeMutableRawBufferPointer) throws -> R
  ) throws -> R {
    try unsafe withUnsafeTemporaryAllocation(byteCount: roomLength, alignment: 16) {
      (room) throws in
      try unsafe body(UnsafeMutableRawBufferPointer(rebasing: room[offset...]))
    }
  }

  /// Sends an array, unless its message would be too long.
  ///
  /// - Returns: Whether it was sent.
  static func send<T: Scalar>(
    _ elements: [T], on communicator: Communicator, _ peer: CInt, _ tag: MessageTag,
    _ mode: SendMode
  ) throws -> Bool {
    let length = headerLength + elements.count * MemoryLayout<T>.stride + Format.footerLength
    guard length <= longest else { return false }
    try unsafe withRoom { (room) throws in
      unsafe write(elements, to: room)
      try unsafe communicator._send(
        RawBuffer(address: room.baseAddress, count: length, datatype: UInt8.mpiDatatype),
        peer, tag, mode)
    }
    return true
  }

  /// Receives a message that is not too long, whether it is an array by itself or another value.
  @inline(__always)
  static func receive<T: Scalar>(
    _ message: consuming Message, _ byteCount: Int, of type: T.Type
  ) throws -> [T] {
    var message = message
    return try unsafe withRoom { (room) throws in
      try unsafe message.receiveAll(
        RawBuffer(address: room.baseAddress, count: byteCount, datatype: UInt8.mpiDatatype))
      let bytes = unsafe UnsafeRawBufferPointer(rebasing: room[..<byteCount])
      if unsafe isArray(bytes, of: T.scalarCode) { return unsafe read(bytes, of: type) }
      return try ObjectReader.with { (reader) throws in
        unsafe try reader.decode([T].self, bytes, 0, nil, "MPI_Mrecv", on: CMPI_COMM_NULL)
      }
    }
  }

  /// Writes the message of an array that is not too long.
  private static func write<T: Scalar>(_ elements: [T], to room: UnsafeMutableRawBufferPointer) {
    unsafe elements.withUnsafeBytes { scalars in
      precondition(scalars.count <= longest - headerLength - Format.footerLength)
      let end = headerLength + scalars.count
      unsafe room.storeBytes(of: Tag.block, as: UInt8.self)
      unsafe room.storeBytes(of: T.scalarCode, toByteOffset: 1, as: UInt8.self)
      unsafe room.storeBytes(of: UInt32(scalars.count), toByteOffset: 2, as: UInt32.self)
      unsafe UnsafeMutableRawBufferPointer(rebasing: room[headerLength..<end])
        .copyMemory(from: scalars)
      unsafe room.storeBytes(of: UInt64(end), toByteOffset: end, as: UInt64.self)
      unsafe room.storeBytes(of: ending, toByteOffset: end + 8, as: UInt64.self)
    }
  }

  /// Whether these bytes are the message of an array of such scalars.
  private static func isArray(_ message: UnsafeRawBufferPointer, of code: UInt8) -> Bool {
    let length = message.count - headerLength - Format.footerLength
    guard length >= 0, let width = ScalarCode.width(code) else { return false }
    let end = headerLength + length
    return unsafe message[0] == Tag.block && message[1] == code
      && message.loadUnaligned(fromByteOffset: 2, as: UInt32.self) == length
      && message.loadUnaligned(fromByteOffset: end, as: UInt64.self) == end
      && message.loadUnaligned(fromByteOffset: end + 8, as: UInt64.self) == ending
      && length % width == 0
  }

  /// The array of such a message, which stands in its room.
  private static func read<T: Scalar>(_ message: UnsafeRawBufferPointer, of type: T.Type) -> [T] {
    let end = message.count - Format.footerLength
    let scalars = unsafe UnsafeRawBufferPointer(rebasing: message[headerLength..<end])
    return unsafe Array(scalars.assumingMemoryBound(to: T.self))
  }
}
