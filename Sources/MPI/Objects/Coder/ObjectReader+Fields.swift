extension ObjectReader {
  /// The first byte behind the name at `position`, which moves on, and whether it is this one.
  @inline(__always)
  private func matchName(
    _ name: UnsafeBufferPointer<UInt8>, at position: inout Int, limit: Int
  ) throws -> Bool {
    guard let (offset, count) = nameRange(at: &position, limit: limit),
      let found = unsafe bytes.part(at: offset, count: count)
    else { throw corrupted("a field without a name", at: position) }
    guard found.count == name.count else { return false }
    for index in name.indices where unsafe found[index] != name[index] { return false }
    return true
  }

  @inline(__always)
  private func nameRange(at position: inout Int, limit: Int) -> (Int, Int)? {
    guard let number = bytes.varint(at: &position) else { return nil }
    if number & 1 == 0 {
      let index = number >> 1
      guard index < nameCount, position < limit else { return nil }
      let name = names.load(at: 16 * index, as: Name.self)
      return (name.offset, name.count)
    }
    let offset = position
    let count = number >> 1
    guard position <= limit, count < limit - position else { return nil }
    position += count
    return (offset, count)
  }

  /// The name at `position`, which moves on.
  func name(at position: inout Int, limit: Int) throws -> String {
    let start = position
    guard let (offset, count) = nameRange(at: &position, limit: limit),
      let part = unsafe bytes.part(at: offset, count: count)
    else { throw corrupted("a field without a name", at: start) }
    return try unsafe string(part, at: start)
  }

  /// How many entries are looked at before an index is made.
  private static let patience = 32

  /// The place of a field's value in the container of `range`, and its end; `nil` where there is no
  /// such field.
  @inline(__always)
  func find<Key: CodingKey>(_ key: Key, in range: Range<Int>) throws -> Range<Int>? {
    var name = key.stringValue
    return try name.withUTF8 { bytes in
      let first = lastContainer == range.lowerBound ? nextEntry : range.lowerBound
      if first < range.upperBound {
        var position = first
        if try unsafe matchName(bytes, at: &position, limit: range.upperBound) {
          return position..<(try end(at: position, limit: range.upperBound))
        }
      }
      return try unsafe search(bytes, in: range, from: first)
    }
  }

  /// Looks through all entries, from the one after the last found.
  @inline(never)
  private func search(
    _ name: UnsafeBufferPointer<UInt8>, in range: Range<Int>, from first: Int
  ) throws -> Range<Int>? {
    if let index = indexes[range.lowerBound] {
      return try unsafe look(name, up: index, range)
    }
    var seen = 0
    for part in [first..<range.upperBound, range.lowerBound..<first] where !part.isEmpty {
      var entry = part.lowerBound
      while entry < part.upperBound {
        var position = entry
        let matches = try unsafe matchName(name, at: &position, limit: range.upperBound)
        let end = try end(at: position, limit: range.upperBound)
        if matches { return position..<end }
        entry = end
        seen += 1
        if seen > Self.patience {
          return try unsafe look(name, up: makeIndex(range), range)
        }
      }
    }
    return nil
  }

  private func look(
    _ name: UnsafeBufferPointer<UInt8>, up index: [String: Int], _ range: Range<Int>
  ) throws -> Range<Int>? {
    guard let position = unsafe index[String(decoding: name, as: UTF8.self)] else { return nil }
    return position..<(try end(at: position, limit: range.upperBound))
  }

  private func makeIndex(_ range: Range<Int>) throws -> [String: Int] {
    var index: [String: Int] = [:]
    var position = range.lowerBound
    while position < range.upperBound {
      let name = try name(at: &position, limit: range.upperBound)
      // Of two fields of one name, the first counts.
      if index[name] == nil { index[name] = position }
      position = try end(at: position, limit: range.upperBound)
    }
    indexes[range.lowerBound] = index
    return index
  }

  /// Remembers that a container was read up to an entry.
  @inline(__always)
  func remember(_ container: Int, _ entry: Int) {
    lastContainer = container
    nextEntry = entry
  }
}
