extension GroupTable {
  // Of a group: the key, the number of records, and for each column the number of values. Of a
  // single value its key follows, which says all; of several the least and greatest ones, and the sum.

  /// Appends a group as bytes, to be sent or put aside.
  func append(_ group: Int, to bytes: inout [UInt8]) {
    let key = key(group)
    bytes.appendCount(key.count)
    bytes.append(contentsOf: key)
    bytes.appendCount(counts[group])
    for number in (group * columnCount)..<((group + 1) * columnCount) {
      let cell = cells[number]
      bytes.appendCount(cell.count)
      if cell.count == 0 { continue }
      bytes.appendBytes(of: cell.least)
      if cell.count == 1 { continue }
      bytes.appendBytes(of: cell.greatest)
      let wide = wideSums[number]
      cell.sum.append(to: &bytes, flag: wide == nil ? 0 : CompactSum.flag)
      if let wide { for word in wide.words { bytes.appendBytes(of: word) } }
    }
  }

  /// Some groups as bytes.
  func packed(_ groups: some Sequence<Int>) -> [UInt8] {
    var bytes: [UInt8] = []
    for group in groups { append(group, to: &bytes) }
    return bytes
  }

  /// All groups as bytes.
  var packed: [UInt8] { packed(0..<count) }

  /// Adds groups that another table packed.
  mutating func add(packed bytes: [UInt8]) {
    unsafe bytes.withUnsafeBytes { buffer in
      var reader = unsafe PackedReader(buffer)
      while unsafe !reader.isAtEnd { unsafe addGroup(from: &reader) }
    }
  }

  /// Adds the next group of those that another table packed.
  mutating func addGroup(from reader: inout PackedReader) {
    let length = unsafe reader.count()
    let group = unsafe self.group(reader.next(length))
    unsafe add(count: reader.count(), to: group)
    for column in 0..<columnCount {
      let place = group * columnCount + column
      var cell = GroupCell()
      cell.count = unsafe reader.count()
      if cell.count == 0 { continue }
      cell.least = unsafe reader.integer(UInt64.self)
      if cell.count == 1 {
        if isInteger[column] {
          add(OrderedKey.decodeInteger(cell.least), to: place)
        } else {
          add(OrderedKey.decodeDouble(cell.least), to: place)
        }
        continue
      }
      cell.greatest = unsafe reader.integer(UInt64.self)
      let (sum, isWide) = unsafe CompactSum.read(from: &reader)
      cell.sum = sum
      add(cell, wide: isWide ? unsafe Self.wideSum(from: &reader) : nil, to: place)
    }
  }

  private static func wideSum(from reader: inout PackedReader) -> ExactSum {
    var words: [Int64] = []
    for _ in 0..<ExactSum.wordCount { words.append(unsafe reader.integer(Int64.self)) }
    return ExactSum(words: words.span)
  }

  /// Passes over a packed group of so many columns; returns the hash of its key.
  static func skipGroup(of columnCount: Int, in reader: inout PackedReader) -> UInt64 {
    let length = unsafe reader.count()
    let hash = unsafe Mixing.hash(reader.next(length))
    _ = unsafe reader.count()
    for _ in 0..<columnCount {
      let count = unsafe reader.count()
      if count > 0 { _ = unsafe reader.next(8) }
      guard count > 1 else { continue }
      _ = unsafe reader.next(8)
      let (_, isWide) = unsafe CompactSum.read(from: &reader)
      if isWide { _ = unsafe reader.next(ExactSum.wordCount * 8) }
    }
    return hash
  }
}
