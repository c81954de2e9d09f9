/// What is kept of one column of one group.
struct GroupCell {
  var count = 0
  /// The least and the greatest value by their ordered keys.
  var least = UInt64.max
  var greatest = UInt64.min
  var sum = CompactSum()
}

/// Groups of records by the text of one field, with what is kept of each of some columns.
struct GroupTable {
  let columnCount: Int
  /// Whether the numbers of each column are integers.
  let isInteger: [Bool]
  private(set) var counts: [Int] = []
  private(set) var cells: [GroupCell] = []
  /// The sums that their cell has no room for.
  private(set) var wideSums: [Int: ExactSum] = [:]

  private var hashes: [UInt64] = []
  private var keys: [UInt8] = []
  private var keyEnds: [Int] = []
  /// Open addressing: indices of groups, plus one.
  private var slots: [Int32] = []

  /// The key of the group of records whose value is missing; no file has such a text.
  static let missingKey: [UInt8] = [0]

  /// How many bytes it will take at most; room for as many is set aside once it grows large.
  private let expected: Int

  /// - Parameters:
  ///   - isInteger: Whether the numbers of each column are integers.
  ///   - expected: How many bytes it will take at most, where that is known.
  init(isInteger: [Bool], expected: Int = 0) {
    self.isInteger = isInteger
    self.expected = expected
    columnCount = isInteger.count
  }

  /// The number of groups.
  var count: Int { counts.count }

  /// What a group takes besides its key and its slot.
  private var groupBytes: Int { 24 + columnCount * MemoryLayout<GroupCell>.stride }

  /// The bytes in use.
  var byteCount: Int {
    count * groupBytes + keys.count + slots.count * 4
      + wideSums.count * (ExactSum.wordCount * 8 + 192)
  }

  /// Forgets all groups, and keeps the memory for others.
  mutating func removeAll() {
    counts.removeAll(keepingCapacity: true)
    cells.removeAll(keepingCapacity: true)
    hashes.removeAll(keepingCapacity: true)
    keys.removeAll(keepingCapacity: true)
    keyEnds.removeAll(keepingCapacity: true)
    wideSums = [:]
    for i in slots.indices { slots[i] = 0 }
  }

  func key(_ group: Int) -> ArraySlice<UInt8> {
    keys[(group == 0 ? 0 : keyEnds[group - 1])..<keyEnds[group]]
  }

  func hash(_ group: Int) -> UInt64 { hashes[group] }

  /// The group with a key, which is a new one where there is none yet.
  mutating func group(_ key: UnsafeRawBufferPointer) -> Int {
    let hash = unsafe Mixing.hash(key)
    if slots.count < 2 * (count + 1) { grow() }
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      let group = Int(slots[slot]) - 1
      if hashes[group] == hash, unsafe isKey(group, key) { return group }
      slot = (slot + 1) & mask
    }
    let group = count
    slots[slot] = Int32(group + 1)
    hashes.append(hash)
    unsafe keys.append(contentsOf: key)
    keyEnds.append(keys.count)
    counts.append(0)
    for _ in 0..<columnCount { cells.append(GroupCell()) }
    return group
  }

  private func isKey(_ group: Int, _ key: UnsafeRawBufferPointer) -> Bool {
    let start = group == 0 ? 0 : keyEnds[group - 1]
    guard keyEnds[group] - start == key.count else { return false }
    for i in 0..<key.count where unsafe keys[start + i] != key[i] { return false }
    return true
  }

  private mutating func grow() {
    // Arrays that grow are copied, and take twice their room meanwhile; what is set aside and never
    // written takes none.
    if slots.count == 1 << 14, expected > byteCount {
      let groups = expected / groupBytes
      counts.reserveCapacity(groups)
      hashes.reserveCapacity(groups)
      keyEnds.reserveCapacity(groups)
      cells.reserveCapacity(groups * columnCount)
      keys.reserveCapacity(expected)
    }
    slots = [Int32](repeating: 0, count: max(1024, 2 * slots.count))
    let mask = slots.count - 1
    for (group, hash) in hashes.enumerated() {
      var slot = Int(truncatingIfNeeded: hash) & mask
      while slots[slot] != 0 { slot = (slot + 1) & mask }
      slots[slot] = Int32(group + 1)
    }
  }

  // MARK: Adding

  mutating func countRecord(of group: Int) { counts[group] += 1 }

  mutating func add(_ value: Int64, to cell: Int) {
    extend(cell, OrderedKey.encode(value))
    add(value.magnitude, exponent: 0, negative: value < 0, to: cell) { $0.add(Int128(value)) }
  }

  mutating func add(_ value: Double, to cell: Int) {
    extend(cell, OrderedKey.encode(value))
    guard value.isFinite else {
      widen(cell) { $0.add(value) }
      return
    }
    let (magnitude, exponent) = ExactSum.decomposed(value)
    add(magnitude, exponent: exponent, negative: value.sign == .minus, to: cell) { $0.add(value) }
  }

  @inline(__always)
  private mutating func extend(_ cell: Int, _ key: UInt64) {
    cells[cell].count += 1
    cells[cell].least = min(cells[cell].least, key)
    cells[cell].greatest = max(cells[cell].greatest, key)
  }

  @inline(__always)
  private mutating func add(
    _ magnitude: UInt64, exponent: Int, negative: Bool, to cell: Int,
    wide: (inout ExactSum) -> Void
  ) {
    if cells[cell].sum.add(magnitude, exponent: exponent, negative: negative) { return }
    widen(cell, wide)
  }

  private mutating func widen(_ cell: Int, _ change: (inout ExactSum) -> Void) {
    change(&wideSums[cell, default: ExactSum()])
  }

  /// The sum of a cell: what it holds itself, and what it had no room for.
  func sum(_ cell: Int) -> ExactSum {
    var sum = wideSums[cell] ?? ExactSum()
    sum.add(cells[cell].sum)
    return sum
  }

  /// Adds what another table has of a group.
  mutating func add(count: Int, to group: Int) { counts[group] += count }

  /// Adds what another table has of a cell.
  mutating func add(_ other: GroupCell, wide: ExactSum?, to cell: Int) {
    cells[cell].count += other.count
    cells[cell].least = min(cells[cell].least, other.least)
    cells[cell].greatest = max(cells[cell].greatest, other.greatest)
    if !cells[cell].sum.add(other.sum) { widen(cell) { $0.add(other.sum) } }
    if let wide { widen(cell) { $0.add(wide) } }
  }

  /// A table of the groups with most records.
  func largest(_ limit: Int) -> GroupTable {
    var table = GroupTable(isInteger: isInteger)
    table.add(packed: packed(top(limit)))
    return table
  }

  /// The groups with most records, and of those with as many the ones whose key comes first.
  func top(_ limit: Int) -> [Int] {
    func isBefore(_ a: Int, _ b: Int) -> Bool {
      counts[a] != counts[b]
        ? counts[a] > counts[b] : key(a).lexicographicallyPrecedes(key(b))
    }
    var best: [Int] = []
    // What a group must have once there are enough.
    var least = 0
    for group in 0..<count where counts[group] >= least {
      best.append(group)
      if best.count > 2 * limit {
        best.sort(by: isBefore)
        best.removeLast(best.count - limit)
        least = best.last.map { counts[$0] } ?? 0
      }
    }
    best.sort(by: isBefore)
    return Array(best.prefix(limit))
  }
}
