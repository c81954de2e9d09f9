/// Something that is sorted by the bits of a word.
protocol RadixItem: BitwiseCopyable {
  /// What decides on the order.
  var radixWord: UInt64 { get }
}

extension UInt64: RadixItem {
  var radixWord: UInt64 { self }
}

/// Sorts items by their words; those with equal words stay in their order.
///
/// - Parameter spare: Storage to sort through; as long as `items` afterwards, where they are many.
func radixSort<T: RadixItem>(_ items: inout [T], spare: inout [T]) {
  let count = items.count
  guard count > RadixSort.few else {
    unsafe items.withUnsafeMutableBufferPointer { items in
      if let base = items.baseAddress { unsafe RadixSort.insert(base, count) }
    }
    return
  }
  if spare.count < count { spare = items }
  if spare.count > count { spare.removeLast(spare.count - count) }
  unsafe items.withUnsafeMutableBufferPointer { items in
    unsafe spare.withUnsafeMutableBufferPointer { spare in
      guard let first = items.baseAddress, let second = spare.baseAddress else { return }
      unsafe RadixSort.sort(first, second, count, shift: 56, intoSecond: false)
    }
  }
}

/// Sorting by the bytes of words from the top, through a second array, until what shares them is
/// few: all but the first passes stay in the cache. Bytes that all words share cost nothing.
enum RadixSort {
  /// So many are sorted by insertion.
  static let few = 32

  /// Sorts items by the bytes of their words from `shift` down, into the first or the second array.
  ///
  /// - Complexity: O(n) for each byte in which words differ.
  static func sort<T: RadixItem>(
    _ first: UnsafeMutablePointer<T>, _ second: UnsafeMutablePointer<T>, _ count: Int,
    shift: UInt64, intoSecond: Bool
  ) {
    if count <= few {
      unsafe insert(first, count)
      if intoSecond { unsafe second.update(from: first, count: count) }
      return
    }
    var shift = shift
    var counts: InlineArray<256, Int> = .init(repeating: 0)
    while true {
      for i in 0..<count { unsafe counts[Int(first[i].radixWord >> shift & 0xff)] += 1 }
      let digit = unsafe Int(first[0].radixWord >> shift & 0xff)
      // A byte that all share is not worth a move: on to the first one that differs.
      guard counts[digit] == count else { break }
      var varying: UInt64 = 0
      for i in 1..<count { unsafe varying |= first[i].radixWord ^ first[0].radixWord }
      guard varying != 0 else {
        if intoSecond { unsafe second.update(from: first, count: count) }
        return
      }
      counts[digit] = 0
      shift = UInt64(63 - varying.leadingZeroBitCount) & ~7
    }
    var places: InlineArray<256, Int> = .init(repeating: 0)
    var total = 0
    for digit in 0..<256 {
      places[digit] = total
      total += counts[digit]
    }
    for i in 0..<count {
      let item = unsafe first[i]
      let digit = Int(item.radixWord >> shift & 0xff)
      // Counted above: the places of all digits stay within the number of items.
      unsafe second[places[digit]] = item
      places[digit] += 1
    }
    if shift == 0 {
      if !intoSecond { unsafe first.update(from: second, count: count) }
      return
    }
    var start = 0
    for digit in 0..<256 where counts[digit] > 0 {
      unsafe sort(
        second + start, first + start, counts[digit], shift: shift - 8, intoSecond: !intoSecond)
      start += counts[digit]
    }
  }

  /// Sorts a few items.
  static func insert<T: RadixItem>(_ items: UnsafeMutablePointer<T>, _ count: Int) {
    guard count > 1 else { return }
    for i in 1..<count {
      let item = unsafe items[i]
      let word = item.radixWord
      var place = i
      while unsafe place > 0 && items[place - 1].radixWord > word {
        unsafe items[place] = items[place - 1]
        place -= 1
      }
      unsafe items[place] = item
    }
  }
}
