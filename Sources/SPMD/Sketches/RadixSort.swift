/// Sorts items by words, which are counted byte by byte, the least significant first; bytes that all
/// words share cost nothing. Items with equal words stay in their order.
///
/// - Parameters:
///   - spare: Storage to sort through; as long as `items` afterwards.
///   - key: The word of an item.
func radixSort<T: BitwiseCopyable>(
  _ items: inout [T], spare: inout [T], by key: (T) -> UInt64
) {
  guard items.count > 1 else { return }
  if items.count <= 64 { return items.sort { key($0) < key($1) } }
  let count = items.count
  if spare.count < count { spare = items }
  if spare.count > count { spare.removeLast(spare.count - count) }

  var anyOne: UInt64 = 0
  var allOnes: UInt64 = .max
  for item in items {
    anyOne |= key(item)
    allOnes &= key(item)
  }
  let varying = anyOne ^ allOnes
  for shift in stride(from: UInt64(0), to: 64, by: 8) where varying >> shift & 0xff != 0 {
    scatter(items.span, into: spare.mutableSpan, shift: shift, by: key)
    swap(&items, &spare)
  }
}

/// Sorts words.
///
/// - Parameter spare: Storage to sort through; as long as `keys` afterwards, where they are many.
func radixSort(_ keys: inout [UInt64], spare: inout [UInt64]) {
  radixSort(&keys, spare: &spare) { $0 }
}

/// Copies items in the order of one byte of their words, keeping the order of those that share it.
@inline(__always)
private func scatter<T: BitwiseCopyable>(
  _ source: Span<T>, into target: consuming MutableSpan<T>, shift: UInt64, by key: (T) -> UInt64
) {
  var offsets: InlineArray<256, Int> = .init(repeating: 0)
  for i in source.indices { offsets[Int(key(unsafe source[unchecked: i]) >> shift & 0xff)] += 1 }
  var total = 0
  for digit in 0..<256 {
    let number = offsets[digit]
    offsets[digit] = total
    total += number
  }
  for i in source.indices {
    let item = unsafe source[unchecked: i]
    let digit = Int(key(item) >> shift & 0xff)
    // Counted above: the offsets of all digits stay within the number of items.
    unsafe target[unchecked: offsets[digit]] = item
    offsets[digit] += 1
  }
}
