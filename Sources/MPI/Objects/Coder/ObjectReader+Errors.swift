extension ObjectReader {
  func corrupted(_ what: String, at position: Int? = nil) -> DecodingError {
    .dataCorrupted(
      DecodingError.Context(
        codingPath: position.map { path(to: $0) } ?? [], debugDescription: what))
  }

  func mismatch(_ type: Any.Type, at place: Place) -> DecodingError {
    let found = description(of: tag(at: place))
    let context = DecodingError.Context(
      codingPath: path(to: place.position), debugDescription: "found \(found), not \(type)")
    return tag(at: place) == Tag.null
      ? .valueNotFound(type, context) : .typeMismatch(type, context)
  }

  private func description(of tag: UInt8) -> String {
    switch tag {
    case ..<Tag.shortString: "an integer"
    case ..<Tag.null, Tag.string, Tag.string | Tag.large: "a string"
    case Tag.null: "null"
    case Tag.no, Tag.yes, Tag.scalar | ScalarCode.bool: "a Boolean value"
    case Tag.keyed, Tag.keyed | Tag.large: "a keyed container"
    case Tag.unkeyed, Tag.unkeyed | Tag.large: "an unkeyed container"
    case Tag.block, Tag.block | Tag.large, Tag.external: "an array of scalars"
    case Tag.scalar | ScalarCode.float, Tag.scalar | ScalarCode.double,
      Tag.scalar | ScalarCode.float16:
      "a floating-point number"
    case Tag.scalar...(Tag.scalar | 0x0F): "an integer"
    default: "no value"
    }
  }

  /// How many entries of a container are passed, at most, to find out where a value stands: an error
  /// must not take long.
  private static let farthest = 4096

  /// The keys that lead to the value at a place in the body.
  ///
  /// No decoder carries them: they are looked up when someone asks. Behind a very large number of
  /// elements, the path ends at their container.
  func path(to target: Int) -> [any CodingKey] {
    // What is wrong on the way is an error, too, whose path would be looked up in turn.
    if isFindingPath { return [] }
    isFindingPath = true
    defer { isFindingPath = false }
    var path: [any CodingKey] = []
    var position = 0
    var limit = limit
    // No container within a container begins where that one does.
    while let entry = entry(of: position, limit: limit, holding: target) {
      path.append(entry.key)
      if entry.value.lowerBound == target { break }
      position = entry.value.lowerBound
      limit = entry.value.upperBound
    }
    return path
  }

  private func entry(
    of position: Int, limit: Int, holding target: Int
  ) -> (key: MessageKey, value: Range<Int>)? {
    guard position < target, position < limit, let container = try? container(at: position) else {
      return nil
    }
    var next = container.range.lowerBound
    // Where the fields begin is the container itself.
    if container.isKeyed && next == target { return nil }
    var index = 0
    for _ in 0..<Self.farthest where next < container.range.upperBound {
      var key = MessageKey(index: index)
      if container.isKeyed {
        guard let name = try? name(at: &next, limit: container.range.upperBound) else {
          return nil
        }
        key = MessageKey(stringValue: name)
      }
      guard let end = bytes.end(at: next, limit: container.range.upperBound) else {
        return nil
      }
      let tag = tag(at: Place(position: next))
      if !container.isKeyed, tag == Tag.run || tag == Tag.run | Tag.large {
        let (start, width, count) = run(at: next) ?? (next, 1, 0)
        if target < end {
          return (MessageKey(index: index + (target - start) / width), target..<end)
        }
        index += count
      } else {
        if target < end { return (key, next..<end) }
        index += 1
      }
      next = end
    }
    return nil
  }
}
