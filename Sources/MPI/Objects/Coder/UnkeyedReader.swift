/// The elements of a value: of a container, or of a block of scalars.
struct UnkeyedReader: UnkeyedDecodingContainer {
  private let reader: ObjectReader
  /// Where the value stands.
  private let start: Int
  private let end: Int
  private let depth: Int
  private let total: Int
  private(set) var currentIndex = 0

  /// The next element; its type and array where it is a scalar of a run.
  private var next: ObjectReader.Place
  /// What is left of a run, with this element, and its width.
  private var runLeft = 0
  private var runWidth = 0

  typealias Place = ObjectReader.Place

  init(_ reader: ObjectReader, _ place: Place, depth: Int) throws {
    self.reader = reader
    self.depth = depth
    start = place.position
    if let block = try unsafe reader.block(at: place) {
      next = unsafe Place(
        position: block.position, code: block.code, external: block.external)
      runWidth = unsafe block.width
      runLeft = unsafe block.length / block.width
      total = runLeft
      end = unsafe block.position + block.length
      return
    }
    guard place.code == 0, let container = try reader.container(at: place.position),
      !container.isKeyed
    else { throw reader.mismatch([Any].self, at: place) }
    next = Place(position: container.range.lowerBound)
    end = container.range.upperBound
    total = container.count
    try enterRun()
  }

  var codingPath: [any CodingKey] { reader.path(to: start) }
  var count: Int? { total }
  var isAtEnd: Bool { runLeft == 0 && next.position >= end }

  /// Looks into a run, if the next element is in one.
  private mutating func enterRun() throws {
    while runLeft == 0, next.position < end {
      let tag = reader.tag(at: next)
      guard tag == Tag.run || tag == Tag.run | Tag.large else { return }
      let runEnd = try reader.end(at: next.position, limit: end)
      guard let run = reader.run(at: next.position) else {
        throw reader.corrupted("a run of no known type", at: next.position)
      }
      guard run.count > 0 else {
        next.position = runEnd
        continue
      }
      next = Place(position: run.start, code: reader.runCode(at: next.position))
      runLeft = run.count
      runWidth = run.width
    }
  }

  /// Hands out the next element, and goes on if that succeeds.
  @inline(__always)
  private mutating func take<T>(_ type: T.Type, _ body: (ObjectReader, Place) throws -> T) throws
    -> T
  {
    if runLeft > 0 {
      let value = try body(reader, next)
      runLeft -= 1
      next.position += runWidth
      currentIndex += 1
      if runLeft == 0 { try leaveRun() }
      return value
    }
    guard next.position < end else { throw atEnd(type) }
    let following = try reader.end(at: next.position, limit: end)
    let value = try body(reader, next)
    next.position = following
    currentIndex += 1
    if following < end { try enterRun() }
    return value
  }

  private mutating func leaveRun() throws {
    next = Place(position: next.position)
    if next.position < end { try enterRun() }
  }

  private func atEnd(_ type: Any.Type) -> DecodingError {
    .valueNotFound(
      type,
      DecodingError.Context(
        codingPath: codingPath + [MessageKey(index: currentIndex)],
        debugDescription: "no more elements"))
  }

  mutating func decodeNil() throws -> Bool {
    if isAtEnd { throw atEnd(Any?.self) }
    guard runLeft == 0, reader.isNull(next) else { return false }
    return try take(Bool.self) { _, _ in true }
  }

  mutating func decode(_ type: Bool.Type) throws -> Bool {
    try take(type) { try $0.bool(at: $1) }
  }
  mutating func decode(_ type: String.Type) throws -> String {
    try take(type) { try $0.string(at: $1) }
  }
  mutating func decode(_ type: Double.Type) throws -> Double {
    try take(type) { try $0.floating(Double.self, at: $1) }
  }
  mutating func decode(_ type: Float.Type) throws -> Float {
    try take(type) { try $0.floating(Float.self, at: $1) }
  }
  mutating func decode(_ type: Int.Type) throws -> Int {
    try take(type) { try $0.integer(Int.self, at: $1) }
  }
  mutating func decode(_ type: Int8.Type) throws -> Int8 {
    try take(type) { try $0.integer(Int8.self, at: $1) }
  }
  mutating func decode(_ type: Int16.Type) throws -> Int16 {
    try take(type) { try $0.integer(Int16.self, at: $1) }
  }
  mutating func decode(_ type: Int32.Type) throws -> Int32 {
    try take(type) { try $0.integer(Int32.self, at: $1) }
  }
  mutating func decode(_ type: Int64.Type) throws -> Int64 {
    try take(type) { try $0.integer(Int64.self, at: $1) }
  }
  mutating func decode(_ type: Int128.Type) throws -> Int128 {
    try take(type) { try $0.integer(Int128.self, at: $1) }
  }
  mutating func decode(_ type: UInt.Type) throws -> UInt {
    try take(type) { try $0.integer(UInt.self, at: $1) }
  }
  mutating func decode(_ type: UInt8.Type) throws -> UInt8 {
    try take(type) { try $0.integer(UInt8.self, at: $1) }
  }
  mutating func decode(_ type: UInt16.Type) throws -> UInt16 {
    try take(type) { try $0.integer(UInt16.self, at: $1) }
  }
  mutating func decode(_ type: UInt32.Type) throws -> UInt32 {
    try take(type) { try $0.integer(UInt32.self, at: $1) }
  }
  mutating func decode(_ type: UInt64.Type) throws -> UInt64 {
    try take(type) { try $0.integer(UInt64.self, at: $1) }
  }
  mutating func decode(_ type: UInt128.Type) throws -> UInt128 {
    try take(type) { try $0.integer(UInt128.self, at: $1) }
  }

  mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
    let depth = depth
    return try take(type) { try $0.read(type, at: $1, depth: depth) }
  }

  private mutating func nested<Nested>(
    _ body: (ValueDecoder) throws -> Nested
  ) throws -> Nested {
    let depth = depth
    return try take(Nested.self) { try body(ValueDecoder($0, $1, $0.deeper(depth, $1))) }
  }

  mutating func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type
  ) throws -> KeyedDecodingContainer<NestedKey> {
    try nested { try $0.container(keyedBy: type) }
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    try nested { try $0.unkeyedContainer() }
  }

  mutating func superDecoder() throws -> any Decoder { try nested { $0 } }
}
