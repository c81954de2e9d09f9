/// Sorts words by counting their bytes, the least significant first; bytes that all words share
/// cost nothing.
///
/// - Parameter spare: Storage to sort through, at least as long as `keys`.
func radixSort(_ keys: inout [UInt64], spare: inout [UInt64]) {
  let count = keys.count
  guard count > 1 else { return }
  if count <= 64 { return keys.sort() }
  if spare.count < count { spare = [UInt64](repeating: 0, count: count) }
  if spare.count > count { spare.removeLast(spare.count - count) }

  var anyOne: UInt64 = 0
  var allOnes: UInt64 = .max
  for key in keys {
    anyOne |= key
    allOnes &= key
  }
  let varying = anyOne ^ allOnes
  for shift in stride(from: UInt64(0), to: 64, by: 8) where varying >> shift & 0xff != 0 {
    scatter(keys.span, into: spare.mutableSpan, shift: shift)
    swap(&keys, &spare)
  }
}

/// Copies keys in the order of one byte, keeping the order of those that share it.
private func scatter(
  _ source: Span<UInt64>, into target: consuming MutableSpan<UInt64>, shift: UInt64
) {
  var offsets: InlineArray<256, Int32> = .init(repeating: 0)
  for i in source.indices { offsets[Int(unsafe source[unchecked: i] >> shift & 0xff)] += 1 }
  var total: Int32 = 0
  for digit in 0..<256 {
    let number = offsets[digit]
    offsets[digit] = total
    total += number
  }
  for i in source.indices {
    let key = unsafe source[unchecked: i]
    let digit = Int(key >> shift & 0xff)
    // Counted above: the offsets of all digits stay within the number of keys.
    unsafe target[unchecked: Int(offsets[digit])] = key
    offsets[digit] += 1
  }
}
