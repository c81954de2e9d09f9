/// What a value decodes itself from.
struct ValueDecoder: Decoder {
  let reader: ObjectReader
  let place: ObjectReader.Place
  let depth: UInt32

  init(_ reader: ObjectReader, _ place: ObjectReader.Place, _ depth: Int) {
    self.reader = reader
    self.place = place
    self.depth = UInt32(truncatingIfNeeded: depth)
  }

  var codingPath: [any CodingKey] { reader.path(to: place.position) }
  var userInfo: [CodingUserInfoKey: Any] { reader.userInfo }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    try reader.keyed(type, at: place, depth: Int(depth))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    try UnkeyedReader(reader, place, depth: Int(depth))
  }

  func singleValueContainer() -> any SingleValueDecodingContainer {
    SingleReader(reader: reader, place: place, depth: depth)
  }
}

extension ObjectReader {
  /// The fields of the value at a place.
  func keyed<Key: CodingKey>(
    _ type: Key.Type, at place: Place, depth: Int
  ) throws -> KeyedDecodingContainer<Key> {
    guard place.code == 0, let container = try container(at: place.position), container.isKeyed
    else { throw mismatch([String: Any].self, at: place) }
    remember(container.range.lowerBound, container.range.lowerBound)
    return KeyedDecodingContainer(
      KeyedReader<Key>(reader: self, range: container.range, depth: depth))
  }
}

/// The fields of a value.
struct KeyedReader<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let reader: ObjectReader
  let range: Range<Int>
  let depth: Int

  typealias Place = ObjectReader.Place

  var codingPath: [any CodingKey] { reader.path(to: range.lowerBound) }

  var allKeys: [Key] {
    var keys: [Key] = []
    reader.noteFailure {
      var position = range.lowerBound
      while position < range.upperBound {
        let name = try reader.name(at: &position, limit: range.upperBound)
        if let key = Key(stringValue: name) { keys.append(key) }
        position = try reader.end(at: position, limit: range.upperBound)
      }
    }
    return keys
  }

  func contains(_ key: Key) -> Bool {
    var found = false
    reader.noteFailure { found = try reader.find(key, in: range) != nil }
    return found
  }

  func decodeNil(forKey key: Key) throws -> Bool {
    reader.isNull(Place(position: try field(key).lowerBound))
  }

  /// Where the value of a field stands.
  @inline(__always)
  private func field(_ key: some CodingKey) throws -> Range<Int> {
    if let field = try reader.find(key, in: range) { return field }
    throw DecodingError.keyNotFound(
      key,
      DecodingError.Context(
        codingPath: reader.path(to: range.lowerBound), debugDescription: "no such field"))
  }

  @inline(__always)
  private func get<T>(_ key: Key, _ body: (Place) throws -> T) throws -> T {
    let field = try field(key)
    let value = try body(Place(position: field.lowerBound))
    reader.remember(range.lowerBound, field.upperBound)
    return value
  }

  @inline(__always)
  private func getIfPresent<T>(_ key: Key, _ body: (Place) throws -> T) throws -> T? {
    guard let field = try reader.find(key, in: range) else { return nil }
    let place = Place(position: field.lowerBound)
    let value = reader.isNull(place) ? nil : try body(place)
    reader.remember(range.lowerBound, field.upperBound)
    return value
  }

  func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool {
    try get(key) { try reader.bool(at: $0) }
  }
  func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? {
    try getIfPresent(key) { try reader.bool(at: $0) }
  }
  func decode(_ type: String.Type, forKey key: Key) throws -> String {
    try get(key) { try reader.string(at: $0) }
  }
  func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
    try getIfPresent(key) { try reader.string(at: $0) }
  }
  func decode(_ type: Double.Type, forKey key: Key) throws -> Double {
    try get(key) { try reader.floating(Double.self, at: $0) }
  }
  func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? {
    try getIfPresent(key) { try reader.floating(Double.self, at: $0) }
  }
  func decode(_ type: Float.Type, forKey key: Key) throws -> Float {
    try get(key) { try reader.floating(Float.self, at: $0) }
  }
  func decodeIfPresent(_ type: Float.Type, forKey key: Key) throws -> Float? {
    try getIfPresent(key) { try reader.floating(Float.self, at: $0) }
  }
  func decode(_ type: Int.Type, forKey key: Key) throws -> Int {
    try get(key) { try reader.integer(Int.self, at: $0) }
  }
  func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? {
    try getIfPresent(key) { try reader.integer(Int.self, at: $0) }
  }
  func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 {
    try get(key) { try reader.integer(Int8.self, at: $0) }
  }
  func decodeIfPresent(_ type: Int8.Type, forKey key: Key) throws -> Int8? {
    try getIfPresent(key) { try reader.integer(Int8.self, at: $0) }
  }
  func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 {
    try get(key) { try reader.integer(Int16.self, at: $0) }
  }
  func decodeIfPresent(_ type: Int16.Type, forKey key: Key) throws -> Int16? {
    try getIfPresent(key) { try reader.integer(Int16.self, at: $0) }
  }
  func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 {
    try get(key) { try reader.integer(Int32.self, at: $0) }
  }
  func decodeIfPresent(_ type: Int32.Type, forKey key: Key) throws -> Int32? {
    try getIfPresent(key) { try reader.integer(Int32.self, at: $0) }
  }
  func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 {
    try get(key) { try reader.integer(Int64.self, at: $0) }
  }
  func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? {
    try getIfPresent(key) { try reader.integer(Int64.self, at: $0) }
  }
  func decode(_ type: Int128.Type, forKey key: Key) throws -> Int128 {
    try get(key) { try reader.integer(Int128.self, at: $0) }
  }
  func decodeIfPresent(_ type: Int128.Type, forKey key: Key) throws -> Int128? {
    try getIfPresent(key) { try reader.integer(Int128.self, at: $0) }
  }
  func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt {
    try get(key) { try reader.integer(UInt.self, at: $0) }
  }
  func decodeIfPresent(_ type: UInt.Type, forKey key: Key) throws -> UInt? {
    try getIfPresent(key) { try reader.integer(UInt.self, at: $0) }
  }
  func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 {
    try get(key) { try reader.integer(UInt8.self, at: $0) }
  }
  func decodeIfPresent(_ type: UInt8.Type, forKey key: Key) throws -> UInt8? {
    try getIfPresent(key) { try reader.integer(UInt8.self, at: $0) }
  }
  func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 {
    try get(key) { try reader.integer(UInt16.self, at: $0) }
  }
  func decodeIfPresent(_ type: UInt16.Type, forKey key: Key) throws -> UInt16? {
    try getIfPresent(key) { try reader.integer(UInt16.self, at: $0) }
  }
  func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 {
    try get(key) { try reader.integer(UInt32.self, at: $0) }
  }
  func decodeIfPresent(_ type: UInt32.Type, forKey key: Key) throws -> UInt32? {
    try getIfPresent(key) { try reader.integer(UInt32.self, at: $0) }
  }
  func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 {
    try get(key) { try reader.integer(UInt64.self, at: $0) }
  }
  func decodeIfPresent(_ type: UInt64.Type, forKey key: Key) throws -> UInt64? {
    try getIfPresent(key) { try reader.integer(UInt64.self, at: $0) }
  }
  func decode(_ type: UInt128.Type, forKey key: Key) throws -> UInt128 {
    try get(key) { try reader.integer(UInt128.self, at: $0) }
  }
  func decodeIfPresent(_ type: UInt128.Type, forKey key: Key) throws -> UInt128? {
    try getIfPresent(key) { try reader.integer(UInt128.self, at: $0) }
  }

  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
    try get(key) { try reader.read(type, at: $0, depth: depth) }
  }
  func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
    try getIfPresent(key) { try reader.read(type, at: $0, depth: depth) }
  }

  /// What follows a container is another field.
  private func nested<Nested>(
    _ key: some CodingKey, _ body: (ValueDecoder) throws -> Nested
  ) throws -> Nested {
    let place = Place(position: try field(key).lowerBound)
    return try body(ValueDecoder(reader, place, reader.deeper(depth, place)))
  }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<NestedKey> {
    try nested(key) { try $0.container(keyedBy: type) }
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try nested(key) { try $0.unkeyedContainer() }
  }

  func superDecoder() throws -> any Decoder { try nested(MessageKey.super) { $0 } }
  func superDecoder(forKey key: Key) throws -> any Decoder { try nested(key) { $0 } }
}

/// A value that is a single one.
struct SingleReader: SingleValueDecodingContainer {
  let reader: ObjectReader
  let place: ObjectReader.Place
  let depth: UInt32

  var codingPath: [any CodingKey] { reader.path(to: place.position) }

  func decodeNil() -> Bool { reader.isNull(place) }

  func decode(_ type: Bool.Type) throws -> Bool { try reader.bool(at: place) }
  func decode(_ type: String.Type) throws -> String { try reader.string(at: place) }
  func decode(_ type: Double.Type) throws -> Double { try reader.floating(Double.self, at: place) }
  func decode(_ type: Float.Type) throws -> Float { try reader.floating(Float.self, at: place) }
  func decode(_ type: Int.Type) throws -> Int { try reader.integer(Int.self, at: place) }
  func decode(_ type: Int8.Type) throws -> Int8 { try reader.integer(Int8.self, at: place) }
  func decode(_ type: Int16.Type) throws -> Int16 { try reader.integer(Int16.self, at: place) }
  func decode(_ type: Int32.Type) throws -> Int32 { try reader.integer(Int32.self, at: place) }
  func decode(_ type: Int64.Type) throws -> Int64 { try reader.integer(Int64.self, at: place) }
  func decode(_ type: Int128.Type) throws -> Int128 { try reader.integer(Int128.self, at: place) }
  func decode(_ type: UInt.Type) throws -> UInt { try reader.integer(UInt.self, at: place) }
  func decode(_ type: UInt8.Type) throws -> UInt8 { try reader.integer(UInt8.self, at: place) }
  func decode(_ type: UInt16.Type) throws -> UInt16 { try reader.integer(UInt16.self, at: place) }
  func decode(_ type: UInt32.Type) throws -> UInt32 { try reader.integer(UInt32.self, at: place) }
  func decode(_ type: UInt64.Type) throws -> UInt64 { try reader.integer(UInt64.self, at: place) }
  func decode(_ type: UInt128.Type) throws -> UInt128 {
    try reader.integer(UInt128.self, at: place)
  }

  func decode<T: Decodable>(_ type: T.Type) throws -> T {
    try reader.read(type, at: place, depth: Int(depth))
  }
}
