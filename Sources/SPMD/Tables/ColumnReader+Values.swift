extension ColumnReader {
  func add(_ span: Span<Int64>) {
    var least = Int64.max
    var greatest = Int64.min
    for i in span.indices {
      let value = unsafe span[unchecked: i]
      least = min(least, value)
      greatest = max(greatest, value)
    }
    if state.type == .integer && needs.sum {
      let bound = max(least.magnitude, greatest.magnitude)
      state.sums.add(span, bound: bound, withSquares: needs.squares)
    }
    extend(to: OrderedKey.encode(least), OrderedKey.encode(greatest), count: span.count)
    guard needs.sketches else { return }
    addKeys(of: span) { OrderedKey.encode($0) }
  }

  func add(_ span: Span<Double>) {
    if needs.sum { state.sums.add(span, withSquares: needs.squares) }
    var least = UInt64.max
    var greatest = UInt64.min
    if needs.extremes {
      for i in span.indices {
        let key = OrderedKey.encode(unsafe span[unchecked: i])
        least = min(least, key)
        greatest = max(greatest, key)
      }
    }
    extend(to: least, greatest, count: span.count)
    guard needs.sketches else { return }
    addKeys(of: span) { OrderedKey.encode($0) }
  }

  private func extend(to least: UInt64, _ greatest: UInt64, count: Int) {
    state.count += count
    state.least = min(state.least, least)
    state.greatest = max(state.greatest, greatest)
  }

  @inline(__always)
  private func addKeys<Value>(of span: Span<Value>, _ key: (Value) -> UInt64) {
    var keys: [UInt64] = []
    swap(&keys, &self.keys)
    keys.removeAll(keepingCapacity: true)
    for i in span.indices { keys.append(key(unsafe span[unchecked: i])) }
    if needs.counters { frequent.insert(contentsOf: keys.span, distinct: &state.distinct) }
    if state.type != .boolean { quantiles?.insert(contentsOf: keys.span) }
    swap(&keys, &self.keys)
  }

  /// Counts a text; long ones by their beginning, their length and a hash, so that memory stays
  /// bounded.
  @inline(__always)
  static func insert(
    _ bytes: UnsafeRawBufferPointer, into frequent: inout FrequentItems
  ) -> UInt64? {
    guard bytes.count > SketchLimits.longestText else { return unsafe frequent.insert(bytes) }
    var key = unsafe Array(bytes.prefix(SketchLimits.shownPrefix))
    let hash = unsafe Mixing.hash(bytes)
    for word in [UInt64(bytes.count), hash] {
      for i in 0..<8 { key.append(UInt8(truncatingIfNeeded: word >> UInt64(8 * i))) }
    }
    return unsafe key.withUnsafeBytes { unsafe frequent.insert($0) }
  }
}

/// The sizes of the sketches, which the number of columns decides, so that all fit in memory.
struct SketchLimits: Sendable {
  /// Texts longer than this are told apart by a hash, and shown by their beginning.
  static let longestText = 256
  static let shownPrefix = longestText - 15

  var quantileCapacity: Int
  var counters: Int

  init(columns: Int) {
    quantileCapacity = columns <= 128 ? 2048 : columns <= 512 ? 512 : 128
    counters = columns <= 128 ? 1024 : columns <= 512 ? 256 : 64
  }
}
