/// The most frequent values of a stream, with bounds on their counts, in memory for a fixed number
/// of them.
///
/// A table of counters in the manner of J. Misra and D. Gries, *Finding repeated elements*, 1982;
/// when it is full, the median count is taken off all counters and those at zero are dropped, as D.
/// Anderson et al. propose (*A high-performance algorithm for identifying frequent items in data
/// streams*, IMC 2017). Until then everything is exact, the number of distinct values too. With
/// capacity *k* and *n* values, a count is too small by at most 2·*n*/*k*, and ``maximumError``
/// tells the bound that was reached.
///
///     var items = FrequentItems(capacity: 1024)
///     for word in ["b", "a", "b"] { items.insert(word) }
///     items.top(1)  // [("b", 2)]
public struct FrequentItems: Sendable {
  /// A counted value: a number's key, or where the text lies in `text`.
  struct Entry: Sendable, Equatable {
    var hash: UInt64
    var count: UInt64
    /// The key, or offset · 2³² + length.
    var payload: UInt64
  }

  /// The most counters kept.
  public let capacity: Int

  /// By how much a count may be too small; 0 while nothing was dropped.
  public private(set) var maximumError: UInt64 = 0

  /// Storage of counters; those in use come first, in no order that means anything.
  private var storage: [Entry] = []

  /// The number of counters in use.
  private var used = 0

  /// The counters in use.
  var entries: ArraySlice<Entry> { storage[..<used] }

  /// The bytes of values that are text.
  private(set) var text: [UInt8] = []

  /// An open-addressing table of indices into `entries`, plus one; empty in a sketch that is only
  /// stored.
  private var table: [UInt16] = []

  /// Makes a sketch of nothing.
  ///
  /// - Parameter capacity: The number of counters, at most 16 384.
  public init(capacity: Int = 1024) {
    precondition((2...16384).contains(capacity), "a capacity of \(capacity) is not in 2...16384")
    self.capacity = capacity
  }

  init(capacity: Int, maximumError: UInt64, entries: [Entry], text: [UInt8]) {
    self.capacity = capacity
    self.maximumError = maximumError
    storage = entries
    used = entries.count
    self.text = text
  }

  /// Whether nothing was dropped: all counts, and ``distinctCount``, are exact.
  public var isExact: Bool { maximumError == 0 }

  /// The number of values that have a counter: of all distinct values, while ``isExact``.
  public var distinctCount: Int { used }

  /// Counts a text.
  public mutating func insert(_ value: String) {
    var value = value
    value.withUTF8 { bytes in
      _ = unsafe insert(UnsafeRawBufferPointer(bytes))
    }
  }

  /// Counts numbers by their keys, and a hash of each value that had no counter in `distinct`.
  ///
  /// A value that has a counter is in `distinct` already.
  mutating func insert(contentsOf keys: Span<UInt64>, distinct: inout HyperLogLog) {
    prepareTable()
    var next = 0
    while next < keys.count {
      // Spans of two members at once would be two accesses to `self`.
      var (slots, counters): ([UInt16], [Entry]) = ([], [])
      swap(&slots, &table)
      swap(&counters, &storage)
      next = Self.insertUntilFull(
        keys, from: next, slots.mutableSpan, counters.mutableSpan, &used, capacity, &distinct)
      swap(&slots, &table)
      swap(&counters, &storage)
      if used > capacity { purge() }
    }
  }

  /// Counts numbers until a counter more than `capacity` is in use; returns the index to go on
  /// with.
  private static func insertUntilFull(
    _ keys: Span<UInt64>, from first: Int, _ table: consuming MutableSpan<UInt16>,
    _ storage: consuming MutableSpan<Entry>, _ used: inout Int, _ capacity: Int,
    _ distinct: inout HyperLogLog
  ) -> Int {
    let mask = table.count &- 1
    for i in first..<keys.count {
      let key = unsafe keys[unchecked: i]
      let hash = Mixing.hash(key)
      var slot = Int(truncatingIfNeeded: hash) & mask
      while true {
        // The mask keeps the slot in the table, whose entries are numbers of counters in use.
        let number = unsafe Int(table[unchecked: slot])
        if number == 0 {
          distinct.insert(hash: hash)
          storage[used] = Entry(hash: hash, count: 1, payload: key)
          used &+= 1
          unsafe table[unchecked: slot] = UInt16(truncatingIfNeeded: used)
          if used > capacity { return i + 1 }
          break
        }
        if unsafe storage[unchecked: number &- 1].payload == key {
          unsafe storage[unchecked: number &- 1].count &+= 1
          break
        }
        slot = (slot &+ 1) & mask
      }
    }
    return keys.count
  }

  /// Counts a text; the hash of it, where it had no counter.
  @discardableResult
  mutating func insert(_ bytes: UnsafeRawBufferPointer) -> UInt64? {
    if table.isEmpty { prepareTable() }
    let hash = unsafe Mixing.hash(bytes)
    var slot = Int(truncatingIfNeeded: hash) & (table.count - 1)
    while table[slot] != 0 {
      let index = Int(table[slot]) - 1
      if storage[index].hash == hash, unsafe isText(storage[index].payload, bytes) {
        storage[index].count += 1
        return nil
      }
      slot = (slot + 1) & (table.count - 1)
    }
    let payload = UInt64(text.count) << 32 | UInt64(bytes.count)
    unsafe text.append(contentsOf: bytes)
    storage[used] = Entry(hash: hash, count: 1, payload: payload)
    used += 1
    table[slot] = UInt16(truncatingIfNeeded: used)
    if used > capacity { purge() }
    return hash
  }

  private func isText(_ payload: UInt64, _ bytes: UnsafeRawBufferPointer) -> Bool {
    let count = Int(payload & 0xffff_ffff)
    guard count == bytes.count else { return false }
    let offset = Int(payload >> 32)
    return unsafe text.withUnsafeBytes { stored in
      var i = 0
      while i + 8 <= count {
        let a = unsafe stored.loadUnaligned(fromByteOffset: offset + i, as: UInt64.self)
        let b = unsafe bytes.loadUnaligned(fromByteOffset: i, as: UInt64.self)
        if a != b { return false }
        i += 8
      }
      while i < count {
        if unsafe stored[offset + i] != bytes[i] { return false }
        i += 1
      }
      return true
    }
  }

  /// The least power of two that leaves the table at most half full.
  private static func tableSize(for entries: Int) -> Int {
    var size = 16
    while size < 2 * entries { size *= 2 }
    return size
  }

  /// Makes room for all counters, and `extra` more.
  private mutating func prepareTable(for extra: Int = 0) {
    let counters = max(capacity + 1, used + extra)
    if storage.count < counters {
      let none = Entry(hash: 0, count: 0, payload: 0)
      storage += repeatElement(none, count: counters - storage.count)
    }
    let size = Self.tableSize(for: counters)
    guard table.count != size else { return }
    table = [UInt16](repeating: 0, count: size)
    rebuildTable()
  }

  private mutating func rebuildTable() {
    for i in table.indices { table[i] = 0 }
    for index in 0..<used {
      var slot = Int(truncatingIfNeeded: storage[index].hash) & (table.count - 1)
      while table[slot] != 0 { slot = (slot + 1) & (table.count - 1) }
      table[slot] = UInt16(truncatingIfNeeded: index + 1)
    }
  }

  /// Takes the median count off all counters.
  private mutating func purge() {
    let half = (used + 1) / 2
    var median: UInt64 = 1
    // In the usual case, many rare values, most counts are 1 and nothing needs sorting.
    let ones = entries.count { $0.count == 1 }
    if ones < half { median = entries.map(\.count).sorted()[half - 1] }
    maximumError += median
    var kept = 0
    for index in 0..<used where storage[index].count > median {
      storage[kept] = storage[index]
      storage[kept].count -= median
      kept += 1
    }
    used = kept
    compactText()
    rebuildTable()
  }

  private mutating func compactText() {
    guard !text.isEmpty else { return }
    var kept: [UInt8] = []
    kept.reserveCapacity(text.count)
    for i in 0..<used {
      let range = Self.range(of: storage[i].payload)
      storage[i].payload = UInt64(kept.count) << 32 | UInt64(range.count)
      kept += text[range]
    }
    text = kept
  }

  private static func range(of payload: UInt64) -> Range<Int> {
    let offset = Int(payload >> 32)
    return offset..<(offset + Int(payload & 0xffff_ffff))
  }

  /// The bytes of an entry that is text.
  func bytes(of entry: Entry) -> ArraySlice<UInt8> { text[Self.range(of: entry.payload)] }

  /// The sketch without its table: smaller, for storing until it is merged.
  var stored: FrequentItems {
    FrequentItems(
      capacity: capacity, maximumError: maximumError, entries: Array(entries), text: text)
  }

  /// Adds up all counters, then drops until no more than `capacity` remain.
  mutating func absorb(_ other: FrequentItems) {
    prepareTable(for: other.used)
    maximumError += other.maximumError
    let isText = !text.isEmpty || !other.text.isEmpty
    for entry in other.entries {
      var slot = Int(truncatingIfNeeded: entry.hash) & (table.count - 1)
      while table[slot] != 0, !isSame(storage[Int(table[slot]) - 1], entry, in: other, isText) {
        slot = (slot + 1) & (table.count - 1)
      }
      if table[slot] != 0 {
        storage[Int(table[slot]) - 1].count += entry.count
        continue
      }
      var copy = entry
      if isText {
        let bytes = other.bytes(of: entry)
        copy.payload = UInt64(text.count) << 32 | UInt64(bytes.count)
        text += bytes
      }
      storage[used] = copy
      used += 1
      table[slot] = UInt16(truncatingIfNeeded: used)
    }
    while used > capacity { purge() }
    // What is merged is kept until it is merged again: without spare room.
    table = []
    storage = Array(entries)
  }

  private func isSame(
    _ own: Entry, _ entry: Entry, in other: FrequentItems, _ isText: Bool
  ) -> Bool {
    guard own.hash == entry.hash else { return false }
    return isText ? bytes(of: own) == other.bytes(of: entry) : own.payload == entry.payload
  }

  /// Forgets everything, and keeps the storage.
  mutating func removeAll() {
    if used == 0 && maximumError == 0 { return }
    used = 0
    text.removeAll(keepingCapacity: true)
    maximumError = 0
    for i in table.indices { table[i] = 0 }
  }
}
