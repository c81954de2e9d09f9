// The only place where the bytes of a message are read. Every read is checked against the end of
// the bytes, so that nothing a message says can lead outside.

/// Bytes that are read, somewhere in memory that the creator keeps.
@safe struct ByteReader {
  private let base: UnsafeRawPointer?
  let count: Int

  init(_ bytes: UnsafeRawBufferPointer) {
    unsafe base = bytes.baseAddress
    count = bytes.count
  }

  /// All bytes.
  var all: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(start: base, count: count) }

  /// A byte, or `nil` behind the end.
  @inline(__always)
  func byte(at offset: Int) -> UInt8? {
    guard offset >= 0 && offset < count, let base = unsafe base else { return nil }
    return unsafe base.load(fromByteOffset: offset, as: UInt8.self)
  }

  /// A number, or `nil` where the bytes end before it does.
  @inline(__always)
  func load<T: BitwiseCopyable>(at offset: Int, as type: T.Type) -> T? {
    guard offset >= 0 && offset <= count - MemoryLayout<T>.size, let base = unsafe base
    else { return nil }
    return unsafe base.loadUnaligned(fromByteOffset: offset, as: type)
  }

  /// A part, or `nil` where the bytes end before it does.
  @inline(__always)
  func part(at offset: Int, count length: Int) -> UnsafeRawBufferPointer? {
    guard offset >= 0 && length >= 0 && offset <= count && length <= count - offset
    else { return nil }
    guard let base = unsafe base else { return unsafe UnsafeRawBufferPointer(start: nil, count: 0) }
    return unsafe UnsafeRawBufferPointer(start: base + offset, count: length)
  }

  /// A number of seven bits a byte, the lowest first; moves on behind it.
  @inline(__always)
  func varint(at offset: inout Int) -> Int? {
    guard let first = byte(at: offset) else { return nil }
    offset += 1
    if first < 0x80 { return Int(first) }
    var value = Int(first & 0x7F)
    var shift = 7
    while shift < 56, let byte = byte(at: offset) {
      offset += 1
      value |= Int(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    return nil
  }

  /// A length of 32 or 64 bits behind a tag; moves on behind it.
  @inline(__always)
  func length(_ tag: UInt8, at offset: inout Int) -> Int? {
    if tag & Tag.large == 0 {
      guard let length = load(at: offset, as: UInt32.self) else { return nil }
      offset += 4
      return Int(length)
    }
    guard let length = load(at: offset, as: UInt64.self) else { return nil }
    offset += 8
    return Int(exactly: length)
  }

  /// The first byte behind a value, or `nil` where it goes beyond `limit`, or is none.
  @inline(__always)
  func end(at offset: Int, limit: Int) -> Int? {
    guard offset < limit, let tag = byte(at: offset) else { return nil }
    if tag < Tag.shortString { return offset + 1 }
    if tag >= Tag.scalar {
      guard let width = ScalarCode.width(tag & 0x0F), tag < 0xF0, width < limit - offset
      else { return nil }
      return offset + 1 + width
    }
    return longEnd(tag, offset, limit)
  }

  private func longEnd(_ tag: UInt8, _ offset: Int, _ limit: Int) -> Int? {
    var next = offset + 1
    let length: Int?
    switch tag {
    case Tag.shortString..<Tag.null: length = Int(tag & 0x3F)
    case Tag.null, Tag.no, Tag.yes: length = 0
    case Tag.string, Tag.string | Tag.large, Tag.keyed, Tag.keyed | Tag.large:
      length = self.length(tag, at: &next)
    case Tag.unkeyed, Tag.unkeyed | Tag.large:
      length = self.length(tag, at: &next)
      next += tag == Tag.unkeyed ? 4 : 8
    case Tag.block, Tag.block | Tag.large, Tag.run, Tag.run | Tag.large:
      next += 1
      length = self.length(tag, at: &next)
    case Tag.external:
      next += 9
      length = 0
    default: length = nil
    }
    guard let length, next <= limit, length <= limit - next else { return nil }
    return next + length
  }
}
