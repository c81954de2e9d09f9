/// Eight numbers that are worked on at once.
typealias Pack = SIMD8<Double>

extension SIMD8<Double> {
  /// Eight elements of a span, or as many as there are, and then the last one again.
  @inline(__always)
  init(_ elements: Span<Double>, from start: Int) {
    if start + 8 <= elements.count {
      // Sixty-four bytes from here on are within the span.
      self = unsafe elements.bytes.unsafeLoadUnaligned(
        fromByteOffset: 8 * start, as: SIMD8<Double>.self)
    } else {
      self = .zero
      for lane in 0..<8 { self[lane] = elements[Swift.min(start + lane, elements.count - 1)] }
    }
  }

  /// Writes the eight numbers, or those of them that lie before `end`.
  @inline(__always)
  func store(to elements: inout MutableSpan<Double>, from start: Int, before end: Int) {
    if start + 8 <= end {
      precondition(end <= elements.count, "elements before \(end) of \(elements.count)")
      for lane in 0..<8 { unsafe elements[unchecked: start + lane] = self[lane] }
    } else {
      for lane in 0..<Swift.max(0, end - start) { elements[start + lane] = self[lane] }
    }
  }

  @inline(__always) var bits: SIMD8<UInt64> { unsafe unsafeBitCast(self, to: SIMD8<UInt64>.self) }

  @inline(__always) init(bits: SIMD8<UInt64>) { self = unsafe unsafeBitCast(bits, to: Self.self) }

  /// The numbers without their signs.
  @inline(__always) var magnitudes: Pack { Pack(bits: bits & SIMD8<UInt64>(repeating: ~0 >> 1)) }
}
