extension ObjectReader {
  @inline(__always)
  func integer<T: FixedWidthInteger>(_ type: T.Type, at place: Place) throws -> T {
    if place.code == 0, place.position < limit, let tag = bytes.byte(at: place.position),
      tag < Tag.shortString
    {
      return T(truncatingIfNeeded: tag)
    }
    let (code, position) = scalar(at: place)
    let source = source(place)
    let value: T?
    switch code {
    case ScalarCode.int8: value = exactly(source.load(at: position, as: Int8.self))
    case ScalarCode.uint8: value = exactly(source.load(at: position, as: UInt8.self))
    case ScalarCode.int16: value = exactly(source.load(at: position, as: Int16.self))
    case ScalarCode.uint16: value = exactly(source.load(at: position, as: UInt16.self))
    case ScalarCode.int32: value = exactly(source.load(at: position, as: Int32.self))
    case ScalarCode.uint32: value = exactly(source.load(at: position, as: UInt32.self))
    case ScalarCode.int64: value = exactly(source.load(at: position, as: Int64.self))
    case ScalarCode.uint64: value = exactly(source.load(at: position, as: UInt64.self))
    case ScalarCode.int128: value = exactly(source.load(at: position, as: Int128.self))
    case ScalarCode.uint128: value = exactly(source.load(at: position, as: UInt128.self))
    default: throw mismatch(T.self, at: place)
    }
    guard let value else { throw corrupted("a number that no \(T.self) holds", at: place.position) }
    return value
  }

  @inline(__always)
  private func exactly<T: FixedWidthInteger, S: FixedWidthInteger>(_ value: S?) -> T? {
    value.flatMap { T(exactly: $0) }
  }

  /// A floating-point number; one of another type, or an integer, if it is the same number.
  @inline(__always)
  func floating<T: BinaryFloatingPoint & Scalar>(_ type: T.Type, at place: Place) throws -> T {
    let (code, position) = scalar(at: place)
    if code == T.scalarCode, let value = source(place).load(at: position, as: T.self) {
      return value
    }
    return try convertedFloating(type, code, position, place)
  }

  private func convertedFloating<T: BinaryFloatingPoint & Scalar>(
    _ type: T.Type, _ code: UInt8, _ position: Int, _ place: Place
  ) throws -> T {
    let value: T?
    switch code {
    case ScalarCode.float:
      value = converted(source(place).load(at: position, as: Float.self))
    case ScalarCode.double:
      value = converted(source(place).load(at: position, as: Double.self))
    case ScalarCode.bool: throw mismatch(type, at: place)
    #if !((os(macOS) || targetEnvironment(macCatalyst)) && arch(x86_64))
      case ScalarCode.float16:
        value = converted(source(place).load(at: position, as: Float16.self))
    #endif
    default: value = T(exactly: try integer(Int128.self, at: place))
    }
    guard let value else { throw corrupted("a number that no \(type) holds", at: place.position) }
    return value
  }

  private func converted<T: BinaryFloatingPoint, S: BinaryFloatingPoint>(_ value: S?) -> T? {
    guard let value else { return nil }
    return value.isNaN ? .nan : T(exactly: value)
  }

  func bool(at place: Place) throws -> Bool {
    switch tag(at: place) {
    case Tag.no: return false
    case Tag.yes: return true
    case Tag.scalar | ScalarCode.bool:
      let (_, position) = scalar(at: place)
      if let byte = source(place).byte(at: position) { return byte != 0 }
    default: break
    }
    throw mismatch(Bool.self, at: place)
  }

  func string(at place: Place) throws -> String {
    let tag = tag(at: place)
    var position = place.position + 1
    let length: Int?
    switch tag {
    case Tag.shortString..<Tag.null: length = Int(tag & 0x3F)
    case Tag.string, Tag.string | Tag.large: length = bytes.length(tag, at: &position)
    default: throw mismatch(String.self, at: place)
    }
    guard let length, position <= limit, length <= limit - position,
      let part = unsafe bytes.part(at: position, count: length)
    else { throw corrupted("a string beyond the message", at: place.position) }
    return try unsafe string(part, at: place.position)
  }

  func string(_ bytes: UnsafeRawBufferPointer, at position: Int) throws -> String {
    // The standard library's validation has a price that short strings do not earn back.
    if unsafe isASCII(bytes) { return unsafe String(decoding: bytes, as: UTF8.self) }
    let text = unsafe bytes.withMemoryRebound(to: UInt8.self) {
      unsafe String(validating: $0, as: UTF8.self)
    }
    guard let text else { throw corrupted("a string that is not UTF-8", at: position) }
    return text
  }

  private func isASCII(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var bits: UInt64 = 0
    var offset = 0
    while offset + 8 <= bytes.count {
      unsafe bits |= bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      offset += 8
    }
    while offset < bytes.count {
      unsafe bits |= UInt64(bytes[offset])
      offset += 1
    }
    return bits & 0x8080_8080_8080_8080 == 0
  }
}
