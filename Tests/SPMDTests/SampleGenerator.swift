/// A small generator of random words: the same in every run, so that a failure comes again.
struct SampleGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }

  mutating func next() -> UInt64 {
    // Marsaglia's xorshift, with a multiplication at the end.
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return state &* 0x2545_f491_4f6c_dd1d
  }
}

/// Passes on the address of a text's bytes, and their number.
func withBytes<Result>(
  of text: String, _ body: (UnsafePointer<UInt8>, Int) -> Result?
) -> Result? {
  var bytes = Array(text.utf8)
  // Parsers may read eight bytes from the last one on.
  bytes += [UInt8](repeating: 0, count: 8)
  return unsafe bytes.withUnsafeBufferPointer { buffer in
    guard let address = buffer.baseAddress else { return nil }
    return unsafe body(address, buffer.count - 8)
  }
}
