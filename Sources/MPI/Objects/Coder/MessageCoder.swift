/// Encodes values as the bytes of a message.
///
/// The operations with `encoding:` do this by themselves; this is for those who want to keep the
/// bytes, or to send them in another way.
///
///     let bytes = try MessageEncoder().encode(task)
///     let copy = try MessageDecoder().decode(Task.self, from: bytes)
///
/// The format is compact and made for speed: arrays of numbers are copied as one block, and names
/// of fields are written once. It is described in docs/ObjectFormat.md. It is made for processes of
/// one job; fields may be added, removed and reordered, but a file that is to last is better
/// written in a format that other programs know.
public struct MessageEncoder: Sendable {
  /// What types find in their encoder's `userInfo`.
  public var userInfo: [CodingUserInfoKey: any Sendable] = [:]

  /// Creates an encoder.
  public init() {}

  /// The bytes of a value.
  ///
  /// - Throws: `EncodingError`, where a value is nested deeper than 512 levels, or what a type's own
  ///   `encode(to:)` throws.
  public func encode<T: Encodable>(_ value: T) throws -> [UInt8] {
    try ObjectWriter.with { writer in
      if !userInfo.isEmpty { writer.userInfo = userInfo }
      try writer.write(value)
      writer.finish()
      return unsafe [UInt8](writer.buffer.bytes)
    }
  }
}

/// Decodes values from the bytes of a message.
///
/// No bytes are dangerous: those that ``MessageEncoder`` has not written, or that are damaged or cut
/// off, lead to an error, or to a value of the type asked for; never to a trap, and never to more
/// memory than their number justifies.
public struct MessageDecoder: Sendable {
  /// What types find in their decoder's `userInfo`.
  public var userInfo: [CodingUserInfoKey: any Sendable] = [:]

  /// Creates a decoder.
  public init() {}

  /// The value of which these are the bytes.
  ///
  /// - Throws: `DecodingError`, or what a type's own `init(from:)` throws.
  public func decode<T: Decodable>(_ type: T.Type, from bytes: [UInt8]) throws -> T {
    try ObjectReader.with { reader in
      if !userInfo.isEmpty { reader.userInfo = userInfo }
      return try unsafe bytes.withUnsafeBytes { bytes in
        // Behind this closure the bytes may be gone.
        defer { reader.close() }
        unsafe try reader.open(bytes)
        return try reader.readAll(type)
      }
    }
  }
}
