extension ColumnReader {
  func add(_ values: [Int64]) {
    let span = values.span
    var least = Int64.max
    var greatest = Int64.min
    for i in span.indices {
      let value = unsafe span[unchecked: i]
      least = min(least, value)
      greatest = max(greatest, value)
    }
    if state.type == .integer {
      state.sums.add(span, bound: max(least.magnitude, greatest.magnitude))
    }
    var keys: [UInt64] = []
    swap(&keys, &self.keys)
    keys.removeAll(keepingCapacity: true)
    for i in span.indices { keys.append(OrderedKey.encode(unsafe span[unchecked: i])) }
    addKeys(keys, least: OrderedKey.encode(least), greatest: OrderedKey.encode(greatest))
    swap(&keys, &self.keys)
  }

  func add(_ values: [Double]) {
    let span = values.span
    state.sums.add(span)
    var keys: [UInt64] = []
    swap(&keys, &self.keys)
    keys.removeAll(keepingCapacity: true)
    var least = UInt64.max
    var greatest = UInt64.min
    for i in span.indices {
      let key = OrderedKey.encode(unsafe span[unchecked: i])
      keys.append(key)
      least = min(least, key)
      greatest = max(greatest, key)
    }
    addKeys(keys, least: least, greatest: greatest)
    swap(&keys, &self.keys)
  }

  func addKeys(_ keys: [UInt64], least: UInt64, greatest: UInt64) {
    state.count += keys.count
    state.least = min(state.least, least)
    state.greatest = max(state.greatest, greatest)
    frequent.insert(contentsOf: keys.span, distinct: &state.distinct)
    if state.type != .boolean { quantiles?.insert(contentsOf: keys.span) }
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

  static func considerExtremes(
    _ bytes: UnsafeRawBufferPointer, _ state: inout ColumnState
  ) {
    if let current = state.leastText {
      if unsafe bytes.lexicographicallyPrecedes(current) { state.leastText = unsafe Array(bytes) }
    } else {
      state.leastText = unsafe Array(bytes)
    }
    if let current = state.greatestText {
      if unsafe current.lexicographicallyPrecedes(bytes) {
        state.greatestText = unsafe Array(bytes)
      }
    } else {
      state.greatestText = unsafe Array(bytes)
    }
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
