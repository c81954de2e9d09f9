/// What a value encodes itself to.
struct ValueEncoder: Encoder {
  let writer: ObjectWriter
  let serial: Int

  var codingPath: [any CodingKey] { writer.path() }
  var userInfo: [CodingUserInfoKey: Any] { writer.userInfo }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    writer.open(.keyed, serial)
    return KeyedEncodingContainer(KeyedWriter<Key>(writer: writer, serial: serial))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    writer.open(.unkeyed, serial)
    return UnkeyedWriter(writer: writer, serial: serial)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer {
    SingleWriter(writer: writer, serial: serial)
  }
}

/// The fields of a value.
struct KeyedWriter<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let writer: ObjectWriter
  let serial: Int

  var codingPath: [any CodingKey] { writer.path() }

  @inline(__always)
  private func put<T: Scalar & FixedWidthInteger>(_ value: T, _ key: Key) throws {
    try writer.begin(serial, key)
    writer.put(value)
  }

  func encodeNil(forKey key: Key) throws {
    try writer.begin(serial, key)
    writer.putNull()
  }

  func encode(_ value: Bool, forKey key: Key) throws {
    try writer.begin(serial, key)
    writer.put(value)
  }

  func encode(_ value: String, forKey key: Key) throws {
    try writer.begin(serial, key)
    writer.put(value)
  }

  func encode(_ value: Double, forKey key: Key) throws {
    try writer.begin(serial, key)
    writer.put(value)
  }

  func encode(_ value: Float, forKey key: Key) throws {
    try writer.begin(serial, key)
    writer.put(value)
  }

  func encode(_ value: Int, forKey key: Key) throws { try put(value, key) }
  func encode(_ value: Int8, forKey key: Key) throws { try put(value, key) }
  func encode(_ value: Int16, forKey key: Key) throws { try put(value, key) }
  func encode(_ value: Int32, forKey key: Key) throws { try put(value, key) }
  func encode(_ value: Int64, forKey key: Key) throws { try put(value, key) }
  func encode(_ value: Int128, forKey key: Key) throws { try put(value, key) }
  func encode(_ value: UInt, forKey key: Key) throws { try put(value, key) }
  func encode(_ value: UInt8, forKey key: Key) throws { try put(value, key) }
  func encode(_ value: UInt16, forKey key: Key) throws { try put(value, key) }
  func encode(_ value: UInt32, forKey key: Key) throws { try put(value, key) }
  func encode(_ value: UInt64, forKey key: Key) throws { try put(value, key) }
  func encode(_ value: UInt128, forKey key: Key) throws { try put(value, key) }

  func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
    let mark = try writer.begin(serial, key)
    try writer.writeEntry(value, from: mark)
  }

  /// A writer for the container of a field.
  private func nested(_ key: some CodingKey) -> ObjectWriter {
    guard let entry = try? writer.begin(serial, key) else {
      preconditionFailure("a container was used after, or while, another value was encoded")
    }
    return writer.nested(entry: entry)
  }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy keyType: NestedKey.Type, forKey key: Key
  ) -> KeyedEncodingContainer<NestedKey> {
    nested(key).asEncoder.container(keyedBy: keyType)
  }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    nested(key).asEncoder.unkeyedContainer()
  }

  func superEncoder() -> any Encoder { nested(MessageKey.super).asEncoder }
  func superEncoder(forKey key: Key) -> any Encoder { nested(key).asEncoder }
}

extension ObjectWriter {
  /// What encodes the value that this writer is for.
  var asEncoder: ValueEncoder { ValueEncoder(writer: self, serial: frame.serial) }
}

/// The elements of a value.
struct UnkeyedWriter: UnkeyedEncodingContainer {
  let writer: ObjectWriter
  let serial: Int

  var codingPath: [any CodingKey] { writer.path() }
  var count: Int { writer.frame.serial == serial ? writer.frame.count : 0 }

  @inline(__always)
  private func put<T: Scalar & FixedWidthInteger>(_ value: T) throws {
    try writer.begin(serial)
    writer.put(value)
  }

  func encodeNil() throws {
    try writer.begin(serial)
    writer.putNull()
  }

  func encode(_ value: Bool) throws {
    try writer.begin(serial)
    writer.put(value)
  }

  func encode(_ value: String) throws {
    try writer.begin(serial)
    writer.put(value)
  }

  func encode(_ value: Double) throws {
    try writer.begin(serial)
    writer.put(value)
  }

  func encode(_ value: Float) throws {
    try writer.begin(serial)
    writer.put(value)
  }

  func encode(_ value: Int) throws { try put(value) }
  func encode(_ value: Int8) throws { try put(value) }
  func encode(_ value: Int16) throws { try put(value) }
  func encode(_ value: Int32) throws { try put(value) }
  func encode(_ value: Int64) throws { try put(value) }
  func encode(_ value: Int128) throws { try put(value) }
  func encode(_ value: UInt) throws { try put(value) }
  func encode(_ value: UInt8) throws { try put(value) }
  func encode(_ value: UInt16) throws { try put(value) }
  func encode(_ value: UInt32) throws { try put(value) }
  func encode(_ value: UInt64) throws { try put(value) }
  func encode(_ value: UInt128) throws { try put(value) }

  func encode<T: Encodable>(_ value: T) throws {
    let mark = try writer.begin(serial)
    try writer.writeEntry(value, from: mark, counted: 1)
  }

  private func putRun<T: Scalar>(_ sequence: some Sequence<T>) throws {
    try writer.begin(serial, count: 0)
    writer.putRun(sequence)
  }

  func encode<S: Sequence>(contentsOf sequence: S) throws where S.Element == Bool {
    try putRun(sequence)
  }
  func encode<S: Sequence>(contentsOf sequence: S) throws where S.Element == Double {
    try putRun(sequence)
  }
  func encode<S: Sequence>(contentsOf sequence: S) throws where S.Element == Float {
    try putRun(sequence)
  }
  func encode<S: Sequence>(contentsOf sequence: S) throws where S.Element == Int {
    try putRun(sequence)
  }
  func encode<S: Sequence>(contentsOf sequence: S) throws where S.Element == Int8 {
    try putRun(sequence)
  }
  func encode<S: Sequence>(contentsOf sequence: S) throws where S.Element == Int16 {
    try putRun(sequence)
  }
  func encode<S: Sequence>(contentsOf sequence: S) throws where S.Element == Int32 {
    try putRun(sequence)
  }
  func encode<S: Sequence>(contentsOf sequence: S) throws where S.Element == Int64 {
    try putRun(sequence)
  }
  func encode<S: Sequence>(contentsOf sequence: S) throws where S.Element == UInt {
    try putRun(sequence)
  }
  func encode<S: Sequence>(contentsOf sequence: S) throws where S.Element == UInt8 {
    try putRun(sequence)
  }
  func encode<S: Sequence>(contentsOf sequence: S) throws where S.Element == UInt16 {
    try putRun(sequence)
  }
  func encode<S: Sequence>(contentsOf sequence: S) throws where S.Element == UInt32 {
    try putRun(sequence)
  }
  func encode<S: Sequence>(contentsOf sequence: S) throws where S.Element == UInt64 {
    try putRun(sequence)
  }

  /// A writer for the container of an element.
  private func nested() -> ObjectWriter {
    let index = count
    guard let entry = try? writer.begin(serial) else {
      preconditionFailure("a container was used after, or while, another value was encoded")
    }
    return writer.nested(entry: entry, index: index)
  }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy keyType: NestedKey.Type
  ) -> KeyedEncodingContainer<NestedKey> {
    nested().asEncoder.container(keyedBy: keyType)
  }

  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    nested().asEncoder.unkeyedContainer()
  }

  func superEncoder() -> any Encoder { nested().asEncoder }
}

/// A value that is a single one.
struct SingleWriter: SingleValueEncodingContainer {
  let writer: ObjectWriter
  let serial: Int

  var codingPath: [any CodingKey] { writer.path() }

  @inline(__always)
  private func put<T: Scalar & FixedWidthInteger>(_ value: T) throws {
    try writer.beginSingle(serial)
    writer.put(value)
  }

  func encodeNil() throws {
    try writer.beginSingle(serial)
    writer.putNull()
  }

  func encode(_ value: Bool) throws {
    try writer.beginSingle(serial)
    writer.put(value)
  }

  func encode(_ value: String) throws {
    try writer.beginSingle(serial)
    writer.put(value)
  }

  func encode(_ value: Double) throws {
    try writer.beginSingle(serial)
    writer.put(value)
  }

  func encode(_ value: Float) throws {
    try writer.beginSingle(serial)
    writer.put(value)
  }

  func encode(_ value: Int) throws { try put(value) }
  func encode(_ value: Int8) throws { try put(value) }
  func encode(_ value: Int16) throws { try put(value) }
  func encode(_ value: Int32) throws { try put(value) }
  func encode(_ value: Int64) throws { try put(value) }
  func encode(_ value: Int128) throws { try put(value) }
  func encode(_ value: UInt) throws { try put(value) }
  func encode(_ value: UInt8) throws { try put(value) }
  func encode(_ value: UInt16) throws { try put(value) }
  func encode(_ value: UInt32) throws { try put(value) }
  func encode(_ value: UInt64) throws { try put(value) }
  func encode(_ value: UInt128) throws { try put(value) }

  func encode<T: Encodable>(_ value: T) throws {
    try writer.beginSingle(serial)
    try writer.writeSingle(value)
  }
}
