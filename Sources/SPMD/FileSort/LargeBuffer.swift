#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Memory for many bytes, in large pages where the system has them: sorted text is read in all
/// places at once, and small pages would cost more than the text.
///
/// Memory that was never written takes no room, and what is given back is the system's at once: an
/// allocator might keep it, and memory is what a sort is short of.
@safe
final class LargeBuffer {
  private static let alignment = 2 << 20

  private var mapping: UnsafeMutableRawBufferPointer
  private(set) var base: UnsafeMutableRawPointer
  private(set) var capacity: Int

  init(capacity: Int) {
    self.capacity = max(capacity, 64)
    unsafe mapping = Self.map(self.capacity)
    unsafe base = Self.aligned(mapping)
  }

  deinit { unsafe Self.unmap(mapping) }

  private static func map(_ capacity: Int) -> UnsafeMutableRawBufferPointer {
    // Small ones are given in pages anyway; large ones leave room to begin at a large page.
    let length = capacity >= alignment ? capacity + alignment : capacity
    let start = unsafe mmap(
      nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON | MAP_NORESERVE, -1, 0)
    guard let start = unsafe start, unsafe start != MAP_FAILED else {
      fatalError("no \(length) bytes of memory: \(errorText(errno))")
    }
    #if os(Linux)
      if capacity >= alignment { _ = unsafe madvise(start, length, MADV_HUGEPAGE) }
    #endif
    return unsafe UnsafeMutableRawBufferPointer(start: start, count: length)
  }

  private static func aligned(
    _ mapping: UnsafeMutableRawBufferPointer
  ) -> UnsafeMutableRawPointer {
    guard let start = mapping.baseAddress else { fatalError("a mapping without memory") }
    return unsafe mapping.count >= 2 * alignment
      ? start.alignedUp(toMultipleOf: alignment) : start
  }

  private static func unmap(_ mapping: UnsafeMutableRawBufferPointer) {
    _ = unsafe munmap(mapping.baseAddress, mapping.count)
  }

  /// Makes room for at least so many bytes, and keeps the first ones.
  func reserve(_ needed: Int, keeping used: Int) {
    guard needed > capacity else { return }
    let larger = max(needed, capacity + capacity / 2)
    let next = unsafe Self.map(larger)
    let moved = unsafe Self.aligned(next)
    unsafe moved.copyMemory(from: base, byteCount: used)
    unsafe Self.unmap(mapping)
    unsafe mapping = unsafe next
    unsafe base = moved
    capacity = larger
  }
}
