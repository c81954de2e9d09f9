extension ObjectReader {
  /// A container's entries or elements: the bytes behind its lengths.
  struct Container {
    var isKeyed: Bool
    var range: Range<Int>
    var count: Int
  }

  /// The container at a place of the body; none is mistaken for another, nor reaches beyond it.
  func container(at position: Int) throws -> Container? {
    let tag = tag(at: Place(position: position))
    let isKeyed = tag & ~Tag.large == Tag.keyed
    guard isKeyed || tag & ~Tag.large == Tag.unkeyed else { return nil }
    let end = try end(at: position, limit: limit)
    let width = tag & Tag.large == 0 ? 4 : 8
    let start = position + 1 + (isKeyed ? width : 2 * width)
    guard isKeyed else {
      var place = position + 1 + width
      // Each element takes a byte at least, so that no one makes room for more than there can be.
      guard let count = bytes.length(tag, at: &place), count <= end - start else {
        throw corrupted("more elements than bytes", at: position)
      }
      return Container(isKeyed: false, range: start..<end, count: count)
    }
    return Container(isKeyed: true, range: start..<end, count: 0)
  }

  /// The scalars of a run: where they begin, their width and number.
  func run(at position: Int) -> (start: Int, width: Int, count: Int)? {
    let tag = tag(at: Place(position: position))
    var start = position + 2
    guard tag & ~Tag.large == Tag.run, let code = bytes.byte(at: position + 1),
      let width = ScalarCode.width(code), let length = bytes.length(tag, at: &start),
      length % width == 0
    else { return nil }
    return (start, width, length / width)
  }

  /// The type of the scalars of a run.
  func runCode(at position: Int) -> UInt8 { bytes.byte(at: position + 1) ?? 0 }

  /// An array of strings, or `nil` where something else stands.
  func strings(at place: Place) throws -> [String]? {
    guard place.code == 0, let container = try container(at: place.position), !container.isKeyed
    else { return nil }
    var strings: [String] = []
    strings.reserveCapacity(container.count)
    var position = container.range.lowerBound
    while position < container.range.upperBound {
      let next = try end(at: position, limit: container.range.upperBound)
      strings.append(try string(at: Place(position: position)))
      position = next
    }
    return strings
  }
}
