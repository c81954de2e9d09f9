/// Reads values that were packed into bytes, in order.
///
/// What is read was packed by this program: the bytes are not checked.
@unsafe
struct PackedReader {
  private let bytes: UnsafeRawBufferPointer
  private(set) var position = 0

  init(_ bytes: UnsafeRawBufferPointer) { unsafe self.bytes = unsafe bytes }

  var isAtEnd: Bool { unsafe position >= bytes.count }

  @inline(__always)
  mutating func byte() -> UInt8 {
    defer { unsafe position += 1 }
    return unsafe bytes[position]
  }

  @inline(__always)
  mutating func integer<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type) -> T {
    defer { unsafe position += MemoryLayout<T>.size }
    return unsafe bytes.loadUnaligned(fromByteOffset: position, as: T.self)
  }

  /// A number that ``Swift/Array/appendCount(_:)`` wrote.
  @inline(__always)
  mutating func count() -> Int {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let byte = unsafe byte()
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return Int(truncatingIfNeeded: value) }
      shift += 7
    }
  }

  /// The bytes that follow.
  @inline(__always)
  mutating func next(_ count: Int) -> UnsafeRawBufferPointer {
    defer { unsafe position += count }
    return unsafe UnsafeRawBufferPointer(rebasing: bytes[position..<(position + count)])
  }

  /// The bytes from a place up to here.
  func bytes(from start: Int) -> UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<position])
  }
}

extension [UInt8] {
  /// Appends the bytes of an integer, as they lie in memory.
  @inline(__always)
  mutating func appendBytes(of value: some FixedWidthInteger & BitwiseCopyable) {
    unsafe Swift.withUnsafeBytes(of: value) { unsafe append(contentsOf: $0) }
  }

  /// Appends a number that is not negative, small ones in few bytes: seven bits to a byte.
  @inline(__always)
  mutating func appendCount(_ count: Int) {
    var rest = UInt64(count)
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }
}
