/// Writes one part of the output from a place on, in large pieces.
///
/// The first error is kept, and what follows is dropped: the ranks agree on it after the round.
@safe
final class PartWriter {
  private let write: (UnsafePointer<UInt8>, Int, Int) throws -> Void
  private let buffer = LargeBuffer(capacity: 4 << 20)
  private let bytes: UnsafeMutablePointer<UInt8>
  private var filled = 0
  /// Where the next bytes go.
  private var offset = 0
  private(set) var failure: SortError?
  /// Called with the number of bytes each time some were written.
  var progress: ((Int) -> Void)?

  /// - Parameter write: Writes bytes, so many of them, at a place.
  init(_ write: @escaping (UnsafePointer<UInt8>, Int, Int) throws -> Void) {
    unsafe self.write = unsafe write
    unsafe bytes = buffer.base.assumingMemoryBound(to: UInt8.self)
  }

  /// Where the next byte goes.
  var position: Int { offset + filled }

  /// Goes on at another place.
  func move(to position: Int) {
    flush()
    offset = position
  }

  @inline(__always)
  func append(_ source: UnsafePointer<UInt8>, count: Int) {
    if filled + count > buffer.capacity {
      flush()
      if count > buffer.capacity / 4 {
        unsafe put(source, count)
        return
      }
    }
    unsafe (bytes + filled).update(from: source, count: count)
    filled += count
  }

  func flush() {
    if filled > 0 { unsafe put(UnsafePointer(bytes), filled) }
    filled = 0
  }

  private func put(_ source: UnsafePointer<UInt8>, _ count: Int) {
    defer { offset += count }
    progress?(count)
    guard failure == nil else { return }
    do {
      try unsafe write(source, count, offset)
    } catch {
      failure = error as? SortError ?? SortError("\(error)")
    }
  }
}
