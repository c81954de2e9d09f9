extension FrequentItems {
  /// Adds the values of another sketch.
  ///
  /// All counters are added up before any is dropped, so the result does not depend on their order.
  ///
  /// - Precondition: The capacities are equal.
  public mutating func merge(_ other: FrequentItems) {
    precondition(capacity == other.capacity, "capacities \(capacity) and \(other.capacity) differ")
    absorb(other)
  }

  /// The most frequent values that are certain to be among the most frequent: those whose least
  /// count exceeds what any dropped value can have.
  ///
  /// Order: by count, descending; then by bytes, ascending.
  ///
  /// - Parameter limit: The most values to return.
  public func top(_ limit: Int) -> [(value: String, count: Int)] {
    topEntries(limit) { a, b in bytes(of: a).lexicographicallyPrecedes(bytes(of: b)) }.map {
      (String(decoding: bytes(of: $0), as: UTF8.self), Int($0.count))
    }
  }

  /// The entries that ``top(_:)`` is about, in an order that the values decide between equal
  /// counts.
  func topEntries(_ limit: Int, ordered: (Entry, Entry) -> Bool) -> [Entry] {
    Array(
      entries.filter { $0.count > maximumError }
        .sorted { a, b in a.count != b.count ? a.count > b.count : ordered(a, b) }
        .prefix(limit))
  }

  /// The sketch as words, to be stored or sent.
  public var words: [UInt64] {
    var words = [UInt64(capacity), maximumError, UInt64(entries.count)]
    for entry in entries { words += [entry.hash, entry.count, entry.payload] }
    return words + packed(text)
  }

  /// Makes a sketch of the words at the reader's place.
  init(from reader: inout WordReader) {
    let capacity = Int(reader.next())
    let maximumError = reader.next()
    let entryCount = Int(reader.next())
    let entries = (0..<entryCount).map { _ in
      Entry(hash: reader.next(), count: reader.next(), payload: reader.next())
    }
    self.init(
      capacity: capacity, maximumError: maximumError, entries: entries, text: reader.nextBytes())
  }

  /// Makes a sketch of the ``words`` of one.
  public init(words: [UInt64]) {
    var reader = WordReader(words)
    self.init(from: &reader)
  }
}
