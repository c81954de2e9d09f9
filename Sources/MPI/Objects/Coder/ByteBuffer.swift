// The only place where the bytes of a message are written.

/// Bytes that grow, at an address of their own: neither zeroed nor counted.
///
/// A class, so that its parts are read and written one by one: a structure within the writer would
/// be accessed as a whole, which the runtime watches at each call.
@safe final class ByteBuffer {
  private var base: UnsafeMutableRawPointer
  private(set) var count = 0
  private(set) var capacity: Int
  private let shift: Int

  /// - Parameter shift: How many bytes the first one stands behind a multiple of 16.
  init(capacity: Int, shift: Int = 0) {
    unsafe base = Self.allocate(capacity, shift)
    self.capacity = capacity
    self.shift = shift
  }

  deinit { unsafe (base - shift).deallocate() }

  private static func allocate(_ capacity: Int, _ shift: Int) -> UnsafeMutableRawPointer {
    unsafe UnsafeMutableRawPointer.allocate(byteCount: capacity + shift, alignment: 16) + shift
  }

  /// The bytes that were written.
  var bytes: UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(start: base, count: count)
  }

  func removeAll() { count = 0 }

  /// Replaces all by bytes of one value.
  func fill(_ byte: UInt8, count: Int) {
    self.count = 0
    reserve(count)
    unsafe base.initializeMemory(as: UInt8.self, repeating: byte, count: count)
    self.count = count
  }

  /// Forgets what was written after the first bytes.
  func truncate(to count: Int) { self.count = min(count, self.count) }

  /// Makes room for more bytes.
  @inline(__always)
  func reserve(_ more: Int) {
    if _slowPath(capacity - count < more) { grow(more) }
  }

  @inline(never)
  private func grow(_ more: Int) {
    let larger = max(capacity * 2, count + more)
    let moved = unsafe Self.allocate(larger, shift)
    unsafe moved.copyMemory(from: base, byteCount: count)
    unsafe (base - shift).deallocate()
    unsafe base = moved
    capacity = larger
  }

  /// Makes all of the capacity, at least `count` bytes, writable, for the library to receive into.
  func receive(
    _ count: Int, _ fill: (UnsafeMutableRawPointer) throws -> Void
  ) throws {
    self.count = 0
    reserve(count)
    try unsafe fill(base)
    self.count = count
  }

  @inline(__always)
  func put(_ byte: UInt8) {
    reserve(1)
    unsafe base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
    count += 1
  }

  /// A tag and what follows it.
  @inline(__always)
  func put<T: BitwiseCopyable>(_ tag: UInt8, _ value: T) {
    reserve(1 + MemoryLayout<T>.size)
    unsafe base.storeBytes(of: tag, toByteOffset: count, as: UInt8.self)
    unsafe base.storeBytes(of: value, toByteOffset: count + 1, as: T.self)
    count += 1 + MemoryLayout<T>.size
  }

  @inline(__always)
  func put<T: BitwiseCopyable>(value: T) {
    reserve(MemoryLayout<T>.size)
    unsafe base.storeBytes(of: value, toByteOffset: count, as: T.self)
    count += MemoryLayout<T>.size
  }

  @inline(__always)
  func put(_ bytes: UnsafeRawBufferPointer) {
    reserve(bytes.count)
    if let start = bytes.baseAddress {
      unsafe (base + count).copyMemory(from: start, byteCount: bytes.count)
    }
    count += bytes.count
  }

  /// Appends zeros.
  func pad(to total: Int) {
    let more = max(0, total - count)
    reserve(more)
    unsafe (base + count).initializeMemory(as: UInt8.self, repeating: 0, count: more)
    count += more
  }

  /// Copies bytes to another place in memory, which has room for them.
  func copy(from offset: Int, count length: Int, to target: UnsafeMutableRawPointer?) {
    precondition(offset >= 0 && length >= 0 && offset <= count - length)
    if length > 0 { unsafe target?.copyMemory(from: base + offset, byteCount: length) }
  }

  func putVarint(_ value: UInt64) {
    var value = value
    while value >= 0x80 {
      put(UInt8(truncatingIfNeeded: value) | 0x80)
      value >>= 7
    }
    put(UInt8(truncatingIfNeeded: value))
  }

  /// Overwrites bytes that were written before.
  @inline(__always)
  func patch<T: BitwiseCopyable>(_ value: T, at offset: Int) {
    precondition(offset >= 0 && offset <= count - MemoryLayout<T>.size)
    unsafe base.storeBytes(of: value, toByteOffset: offset, as: T.self)
  }

  /// Opens a gap before what was written from `offset` on.
  func insertGap(_ length: Int, at offset: Int) {
    precondition(offset >= 0 && offset <= count && length >= 0)
    reserve(length)
    memmove(from: offset, to: offset + length, count: count - offset)
    count += length
  }

  /// Writes over bytes of this buffer with others.
  func replace(at offset: Int, with bytes: UnsafeRawBufferPointer) {
    precondition(offset >= 0 && offset <= count - bytes.count)
    if let start = bytes.baseAddress {
      unsafe (base + offset).copyMemory(from: start, byteCount: bytes.count)
    }
  }

  /// Moves bytes within this buffer; both ranges may overlap.
  func move(from source: Int, to target: Int, count length: Int) {
    precondition(source >= 0 && target >= 0 && length >= 0)
    precondition(source <= count - length && target <= count - length)
    memmove(from: source, to: target, count: length)
  }

  private func memmove(from source: Int, to target: Int, count: Int) {
    unsafe (base + target).copyMemory(from: base + source, byteCount: count)
  }

  func byte(at offset: Int) -> UInt8 {
    precondition(offset >= 0 && offset < count)
    return unsafe base.load(fromByteOffset: offset, as: UInt8.self)
  }

  func load<T: BitwiseCopyable>(at offset: Int, as type: T.Type) -> T {
    precondition(offset >= 0 && offset <= count - MemoryLayout<T>.size)
    return unsafe base.loadUnaligned(fromByteOffset: offset, as: type)
  }

  func string(at offset: Int, count length: Int) -> String {
    precondition(offset >= 0 && length >= 0 && offset <= count - length)
    return unsafe String(
      decoding: UnsafeRawBufferPointer(start: base + offset, count: length), as: UTF8.self)
  }

  @inline(__always)
  func equals(_ other: UnsafeBufferPointer<UInt8>, at offset: Int) -> Bool {
    precondition(offset >= 0 && offset <= count - other.count)
    var index = 0
    while index < other.count {
      if unsafe base.load(fromByteOffset: offset + index, as: UInt8.self) != other[index] {
        return false
      }
      index += 1
    }
    return true
  }
}
