/// The least and the greatest of some texts, by their bytes.
struct TextExtremes: Sendable {
  private(set) var least: [UInt8]?
  private(set) var greatest: [UInt8]?

  // The first eight bytes of each as a number: they decide nearly all comparisons.
  private var leastPrefix = UInt64.max
  private var greatestPrefix = UInt64.min

  init() {}

  /// The first eight bytes, the first of them on top, with zeros behind a shorter text.
  ///
  /// Texts in order have prefixes in order; equal prefixes leave the order open.
  @inline(__always)
  private static func prefix(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    if bytes.count >= 8 { return unsafe UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)) }
    var value: UInt64 = 0
    for i in 0..<bytes.count { unsafe value |= UInt64(bytes[i]) &<< UInt64(56 &- 8 &* i) }
    return value
  }

  /// Takes a text into account.
  @inline(__always)
  mutating func consider(_ bytes: UnsafeRawBufferPointer) {
    let prefix = unsafe Self.prefix(bytes)
    // Of a text that is like both, or none yet, the prefix says nothing.
    if prefix <= leastPrefix { unsafe considerLeast(bytes, prefix) }
    if prefix >= greatestPrefix { unsafe considerGreatest(bytes, prefix) }
  }

  private mutating func considerLeast(_ bytes: UnsafeRawBufferPointer, _ prefix: UInt64) {
    if let least {
      // Short texts with the same prefix are the same: there are no NUL bytes in them.
      if prefix == leastPrefix && max(bytes.count, least.count) <= 8 { return }
      if unsafe !bytes.lexicographicallyPrecedes(least) { return }
    }
    least = unsafe Array(bytes)
    leastPrefix = prefix
  }

  private mutating func considerGreatest(_ bytes: UnsafeRawBufferPointer, _ prefix: UInt64) {
    if let greatest {
      if prefix == greatestPrefix && max(bytes.count, greatest.count) <= 8 { return }
      if unsafe !greatest.lexicographicallyPrecedes(bytes) { return }
    }
    greatest = unsafe Array(bytes)
    greatestPrefix = prefix
  }

  mutating func merge(_ other: TextExtremes) {
    for text in [other.least, other.greatest] {
      guard let text else { continue }
      unsafe text.withUnsafeBytes { unsafe consider($0) }
    }
  }

  // MARK: As words

  var words: [UInt64] {
    guard let least, let greatest else { return [0] }
    return [1] + packed(least) + packed(greatest)
  }

  init(from reader: inout WordReader) {
    guard reader.next() == 1 else { return }
    for _ in 0..<2 { unsafe reader.nextBytes().withUnsafeBytes { unsafe consider($0) } }
  }
}
