#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Bytes of a file, with room behind them that may be read, so that words can be loaded at every
/// place.
@safe
final class ByteBuffer {
  /// How many bytes behind `count` may be read.
  static let padding = 64

  private(set) var base: UnsafeMutablePointer<UInt8>
  private(set) var capacity: Int
  private(set) var count = 0

  init(capacity: Int) {
    self.capacity = capacity
    unsafe base = .allocate(capacity: capacity + Self.padding)
    unsafe base.initialize(repeating: 0, count: capacity + Self.padding)
  }

  deinit { unsafe base.deallocate() }

  /// Appends up to `limit` bytes of a file; returns how many there were.
  func append(from file: any TableFile, at offset: Int, limit: Int) throws(CSVError) -> Int {
    if count + limit > capacity { grow(to: max(2 * capacity, count + limit)) }
    let free = unsafe UnsafeMutableRawBufferPointer(start: base + count, count: limit)
    let got = try unsafe file.read(at: offset, into: free)
    count += got
    return got
  }

  private func grow(to newCapacity: Int) {
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: newCapacity + Self.padding)
    unsafe larger.initialize(from: base, count: count)
    unsafe (larger + count).initialize(repeating: 0, count: newCapacity + Self.padding - count)
    unsafe base.deallocate()
    unsafe base = larger
    capacity = newCapacity
  }

  /// Drops the first bytes, and moves the others to the start.
  func removeFirst(_ number: Int) {
    let rest = count - number
    unsafe base.update(from: base + number, count: rest)
    count = rest
  }

  func removeAll() { count = 0 }

  /// The place of the first byte that is zero.
  func firstZero(from start: Int) -> Int? {
    guard let found = unsafe memchr(base + start, 0, count - start) else { return nil }
    return unsafe UnsafeRawPointer(found) - UnsafeRawPointer(base)
  }

  subscript(index: Int) -> UInt8 {
    precondition(index >= 0 && index < count)
    return unsafe base[index]
  }
}
