extension ObjectWriter {
  func stale() -> EncodingError {
    misuse("a container was used after, or while, another value was encoded")
  }

  func misuse(_ what: String) -> EncodingError {
    .invalidValue(
      what, EncodingError.Context(codingPath: path(), debugDescription: what))
  }

  /// The keys that lead to the value that is being encoded.
  ///
  /// They are read off what is written: values that are not complete have no length yet.
  func path() -> [any CodingKey] {
    var path: [any CodingKey] = []
    if let origin {
      path = origin.writer.path()
      if let index = origin.index {
        path.append(MessageKey(index: index))
      } else {
        var entry = origin.entry
        path.append(MessageKey(stringValue: origin.writer.key(at: &entry)))
      }
    }
    var position = 0
    while position < buffer.count, let entered = lastEntry(at: position, &path) {
      position = entered
    }
    return path
  }

  /// The place of the last entry in a container that is open, or `nil` where none is.
  private func lastEntry(at start: Int, _ path: inout [any CodingKey]) -> Int? {
    let tag = buffer.byte(at: start)
    guard tag == Tag.keyed || tag == Tag.unkeyed,
      buffer.load(at: start + 1, as: UInt32.self) == Format.open
    else { return nil }
    var position = start + (tag == Tag.keyed ? 5 : 9)
    var index = 0
    while position < buffer.count {
      var name: String?
      if tag == Tag.keyed { name = key(at: &position) }
      // Containers that belong here are written elsewhere.
      let missing = pending.count { $0.position == position }
      index += missing
      if missing > 0 && tag == Tag.keyed { continue }
      let end = unsafe ByteReader(buffer.bytes).end(at: position, limit: buffer.count)
      guard let end else {
        path.append(name.map { MessageKey(stringValue: $0) } ?? MessageKey(index: index))
        return position
      }
      position = end
      index += 1
    }
    // An element of which nothing is written yet.
    if tag == Tag.unkeyed, position == frame.start { path.append(MessageKey(index: index)) }
    return nil
  }

  private func key(at position: inout Int) -> String {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let byte = buffer.byte(at: position)
      position += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { break }
      shift += 7
    }
    if value & 1 == 0 { return keys.name(Int(value >> 1)) ?? "" }
    let length = Int(value >> 1)
    defer { position += length }
    return buffer.string(at: position, count: length)
  }
}
