// What the bytes of an encoded value mean; docs/ObjectFormat.md describes it for people.

/// The first byte of a value.
///
/// 0 to 127 are these integers themselves, 128 to 191 begin a string of 0 to 63 bytes, and 224 to
/// 239 begin a scalar whose type the low bits name.
enum Tag {
  static let shortString: UInt8 = 0x80
  static let null: UInt8 = 0xC0
  static let no: UInt8 = 0xC1
  static let yes: UInt8 = 0xC2
  /// 32 bits of length, then as many bytes.
  static let string: UInt8 = 0xC4
  /// 32 bits of length, then the entries.
  static let keyed: UInt8 = 0xC6
  /// 32 bits of length, 32 bits of count, then the elements.
  static let unkeyed: UInt8 = 0xC8
  /// An array of scalars: their type, 32 bits of length, then the scalars.
  static let block: UInt8 = 0xCA
  /// As a block, but its scalars are elements of the container in which they stand.
  static let run: UInt8 = 0xCC
  /// An array of scalars that stand before the body: their type, 64 bits of length.
  static let external: UInt8 = 0xCE
  static let scalar: UInt8 = 0xE0

  /// Added to a tag whose length (and count) take 64 bits instead of 32.
  static let large: UInt8 = 1
}

/// The types of scalars, and of the elements of blocks.
enum ScalarCode {
  static let int8: UInt8 = 1
  static let uint8: UInt8 = 2
  static let int16: UInt8 = 3
  static let uint16: UInt8 = 4
  static let int32: UInt8 = 5
  static let uint32: UInt8 = 6
  static let int64: UInt8 = 7
  static let uint64: UInt8 = 8
  static let float: UInt8 = 9
  static let double: UInt8 = 10
  static let bool: UInt8 = 11
  static let float16: UInt8 = 12
  static let int128: UInt8 = 13
  static let uint128: UInt8 = 14

  /// The bytes of a scalar, or `nil` for a code that is none.
  static func width(_ code: UInt8) -> Int? {
    switch code {
    case int8, uint8, bool: 1
    case int16, uint16, float16: 2
    case int32, uint32, float: 4
    case int64, uint64, double: 8
    case int128, uint128: 16
    default: nil
    }
  }
}

/// Numbers of the format.
enum Format {
  static let version: UInt8 = 1
  /// The bytes at the end of each message.
  static let footerLength = 16
  /// The bytes of an entry in the table of external blocks.
  static let externalLength = 16
  /// The most external blocks of a message.
  static let maximalExternals = 256
  /// The bytes from which on an array stands before the body, where it need not be copied, and from
  /// which on the length of a message says what begins it.
  static let externalThreshold = 256 << 10
  /// How deep values may be nested: a bound for the stack.
  static let maximalDepth = 512
  /// In the place of a length that is not known yet.
  static let open = UInt32.max
}

/// A type whose arrays travel as one block.
protocol Scalar: BitwiseCopyable, Codable {
  static var scalarCode: UInt8 { get }
}

extension Int8: Scalar { static var scalarCode: UInt8 { ScalarCode.int8 } }
extension UInt8: Scalar { static var scalarCode: UInt8 { ScalarCode.uint8 } }
extension Int16: Scalar { static var scalarCode: UInt8 { ScalarCode.int16 } }
extension UInt16: Scalar { static var scalarCode: UInt8 { ScalarCode.uint16 } }
extension Int32: Scalar { static var scalarCode: UInt8 { ScalarCode.int32 } }
extension UInt32: Scalar { static var scalarCode: UInt8 { ScalarCode.uint32 } }
extension Int64: Scalar { static var scalarCode: UInt8 { ScalarCode.int64 } }
extension UInt64: Scalar { static var scalarCode: UInt8 { ScalarCode.uint64 } }
extension Int: Scalar { static var scalarCode: UInt8 { ScalarCode.int64 } }
extension UInt: Scalar { static var scalarCode: UInt8 { ScalarCode.uint64 } }
extension Float: Scalar { static var scalarCode: UInt8 { ScalarCode.float } }
extension Double: Scalar { static var scalarCode: UInt8 { ScalarCode.double } }
extension Bool: Scalar { static var scalarCode: UInt8 { ScalarCode.bool } }
extension Int128: Scalar { static var scalarCode: UInt8 { ScalarCode.int128 } }
extension UInt128: Scalar { static var scalarCode: UInt8 { ScalarCode.uint128 } }
#if !((os(macOS) || targetEnvironment(macCatalyst)) && arch(x86_64))
  extension Float16: Scalar { static var scalarCode: UInt8 { ScalarCode.float16 } }
#endif
