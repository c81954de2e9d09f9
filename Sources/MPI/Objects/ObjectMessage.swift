internal import CMPI

// An encoded value as a buffer of MPI's, and back. Large arrays are not copied on either side: the
// sender describes where they are by a derived type, and the largest of them, with which the message
// begins, is received into the storage of the array that it becomes.

extension ObjectWriter {
  /// Writes a value, and ends the message.
  ///
  /// - Parameter inPlace: Whether large arrays may stay where they are.
  func encode<T: Encodable>(
    _ value: T, inPlace: Bool, _ routine: StaticString, on raw: RawCommunicator
  ) throws {
    allowsExternals = inPlace
    do {
      try write(value)
    } catch {
      throw MPIError(encoding: T.self, error, routine, on: raw)
    }
    orderExternals()
    finish()
  }

  /// The message, if it is all in one place.
  var rawBuffer: RawBuffer {
    let bytes = unsafe buffer.bytes
    return unsafe RawBuffer(
      address: UnsafeMutableRawPointer(mutating: bytes.baseAddress), count: bytes.count,
      datatype: UInt8.mpiDatatype)
  }

  /// Calls `body` with the message, which stays where it is until `body` returns.
  func withMessage<R>(_ body: (RawBuffer) throws -> R) throws -> R {
    if keys.externals == 0 || externals.isEmpty { return try body(rawBuffer) }
    return try unsafe withMessage([], body)
  }

  /// Begins to send the message. The writer must be kept until the end.
  ///
  /// Arrays that are sent from where they are stay there: their elements do not move while the array
  /// exists, and it cannot be changed, as the writer has a reference of its own. The library keeps the
  /// type of the message itself (MPI 3.1 §4.1.9).
  func startSending(
    _ peer: CInt, _ tag: MessageTag, _ mode: SendMode, on raw: RawCommunicator
  ) throws -> RawRequest {
    try withMessage { (buffer) throws in
      try startSend(buffer, peer, tag, mode, on: raw)
    }
  }

  private func withMessage<R>(
    _ blocks: [UnsafeRawBufferPointer], _ body: (RawBuffer) throws -> R
  ) throws -> R {
    if unsafe blocks.count < externals.count {
      return unsafe try externals[blocks.count].holder.withBytes { (block) throws in
        try unsafe withMessage(blocks + [block], body)
      }
    }
    let all = unsafe blocks + [buffer.bytes]
    let start = unsafe UnsafeMutableRawPointer(mutating: all[0].baseAddress)
    let type = try unsafe blockType(all)
    defer { releaseDatatype(type) }
    return try unsafe body(RawBuffer(address: start, count: 1, datatype: type))
  }
}

/// A type that stands for several pieces of memory, from the first one's address on.
private func blockType(_ blocks: [UnsafeRawBufferPointer]) throws -> DatatypeHandle {
  var lengths: [CInt] = []
  var displacements: [MPI_Aint] = []
  let start = unsafe Int(bitPattern: blocks[0].baseAddress)
  // C's int counts the bytes of a piece.
  let longest = 1 << 30
  unsafe blocks.forEach { block in
    let offset = Int(bitPattern: block.baseAddress) - start
    for position in stride(from: 0, to: block.count, by: longest) {
      lengths.append(CInt(min(longest, block.count - position)))
      displacements.append(MPI_Aint(offset + position))
    }
  }
  var type = CMPI_DATATYPE_NULL as RawDatatype
  try unsafe check(
    MPI_Type_create_hindexed(
      CInt(lengths.count), lengths, displacements, UInt8.mpiDatatype.raw, &type),
    "MPI_Type_create_hindexed")
  try unsafe check(MPI_Type_commit(&type), "MPI_Type_commit")
  return DatatypeHandle(type)
}

extension ObjectReader {
  /// Receives a message of known length, and decodes it.
  ///
  /// - Parameter receive: Receives the message, all of it, into the buffer.
  static func decode<T: Decodable>(
    _ type: T.Type, byteCount: Int, _ routine: StaticString, on raw: RawCommunicator,
    _ receive: (RawBuffer) throws -> Void
  ) throws -> T {
    try with { (reader) throws in
      if byteCount >= Format.externalThreshold, byteCount % 16 != 0,
        let scalar = scalarType(UInt8(byteCount % 16))
      {
        return try reader.decodeLarge(type, scalar, byteCount, routine, on: raw, receive)
      }
      unsafe try reader.inbox.receive(byteCount) { (address) throws in
        try unsafe receive(
          RawBuffer(address: address, count: byteCount, datatype: UInt8.mpiDatatype))
      }
      return try unsafe reader.decode(type, reader.inbox.bytes, 0, nil, routine, on: raw)
    }
  }

  /// Receives a message that begins with a large array into the storage of such an array.
  private func decodeLarge<T: Decodable, Element: Scalar>(
    _ type: T.Type, _ scalar: Element.Type, _ byteCount: Int, _ routine: StaticString,
    on raw: RawCommunicator, _ receive: (RawBuffer) throws -> Void
  ) throws -> T {
    let stride = MemoryLayout<Element>.stride
    var failure: (any Error)?
    let elements = unsafe [Element](
      unsafeUninitializedCapacity: (byteCount + stride - 1) / stride
    ) { storage, count in
      let address = UnsafeMutableRawPointer(storage.baseAddress)
      do {
        try unsafe receive(
          RawBuffer(address: address, count: byteCount, datatype: UInt8.mpiDatatype))
      } catch {
        failure = error
        return
      }
      let bytes = unsafe UnsafeRawBufferPointer(start: address, count: byteCount)
      let length = unsafe ObjectReader.leadLength(bytes, Element.scalarCode)
      inbox.removeAll()
      unsafe inbox.put(UnsafeRawBufferPointer(rebasing: bytes[length...]))
      if Element.scalarCode == ScalarCode.bool {
        let bits = unsafe UnsafeMutableRawBufferPointer(start: address, count: length)
        for index in bits.indices { unsafe bits[index] = bits[index] == 0 ? 0 : 1 }
      }
      count = length / stride
    }
    if let failure { throw failure }
    let missing = elements.count * stride
    return try unsafe decode(
      type, inbox.bytes, missing, missing > 0 ? ArrayHolder(elements) : nil, routine, on: raw)
  }

  func decode<T: Decodable>(
    _ type: T.Type, _ bytes: UnsafeRawBufferPointer, _ missing: Int, _ lead: BlockHolder?,
    _ routine: StaticString, on raw: RawCommunicator
  ) throws -> T {
    do {
      try unsafe open(bytes, missing: missing, lead: lead)
      return try readAll(type)
    } catch {
      throw MPIError(decoding: type, error, routine, on: raw)
    }
  }
}

/// The type of scalars with a code.
private func scalarType(_ code: UInt8) -> (any Scalar.Type)? {
  switch code {
  case ScalarCode.int8: Int8.self
  case ScalarCode.uint8: UInt8.self
  case ScalarCode.int16: Int16.self
  case ScalarCode.uint16: UInt16.self
  case ScalarCode.int32: Int32.self
  case ScalarCode.uint32: UInt32.self
  case ScalarCode.int64: Int.self
  case ScalarCode.uint64: UInt.self
  case ScalarCode.float: Float.self
  case ScalarCode.double: Double.self
  case ScalarCode.bool: Bool.self
  case ScalarCode.int128: Int128.self
  case ScalarCode.uint128: UInt128.self
  default: float16Type(code)
  }
}

private func float16Type(_ code: UInt8) -> (any Scalar.Type)? {
  #if !((os(macOS) || targetEnvironment(macCatalyst)) && arch(x86_64))
    if code == ScalarCode.float16 { return Float16.self }
  #endif
  return nil
}
