#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Memory for many bytes, in large pages where the system has them: sorted text is read in all
/// places at once, and small pages would cost more than the text.
///
/// Memory that was never written takes no room.
@safe
final class LargeBuffer {
  private static let alignment = 2 << 20

  private(set) var base: UnsafeMutableRawPointer
  private(set) var capacity: Int

  init(capacity: Int) {
    self.capacity = max(capacity, 64)
    unsafe base = Self.allocate(self.capacity)
  }

  deinit { unsafe base.deallocate() }

  private static func allocate(_ capacity: Int) -> UnsafeMutableRawPointer {
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: capacity, alignment: capacity >= alignment ? alignment : 64)
    #if os(Linux)
      if capacity >= alignment { _ = unsafe madvise(memory, capacity, MADV_HUGEPAGE) }
    #endif
    return unsafe memory
  }

  /// Makes room for at least so many bytes, and keeps the first ones.
  func reserve(_ needed: Int, keeping used: Int) {
    guard needed > capacity else { return }
    let larger = max(needed, capacity + capacity / 2)
    let moved = unsafe Self.allocate(larger)
    unsafe moved.copyMemory(from: base, byteCount: used)
    unsafe base.deallocate()
    unsafe base = moved
    capacity = larger
  }
}
