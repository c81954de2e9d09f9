/// What all values of a column are.
public enum ColumnType: UInt8, Sendable, CaseIterable, CustomStringConvertible {
  /// The column has no values.
  case empty
  /// `true` or `false`, in small letters, capitals, or with one capital.
  case boolean
  /// Decimal integers of 64 bits.
  case integer
  /// Other decimal numbers, as the nearest `Double`.
  case number
  /// Days, `YYYY-MM-DD`.
  case date
  /// Days with a time, `YYYY-MM-DD hh:mm`, with seconds and up to six decimals of them, after a
  /// space or a `T`.
  case timestamp
  /// Anything else.
  case string

  /// The least type that has the values of both.
  public func joined(with other: ColumnType) -> ColumnType {
    if self == other || other == .empty { return self }
    switch (self, other) {
    case (.empty, _): return other
    case (.integer, .number), (.number, .integer): return .number
    case (.date, .timestamp), (.timestamp, .date): return .timestamp
    default: return .string
    }
  }

  /// Whether there are sums of its values.
  var isNumeric: Bool { self == .integer || self == .number }

  /// The name of the case.
  public var description: String {
    switch self {
    case .empty: return "empty"
    case .boolean: return "boolean"
    case .integer: return "integer"
    case .number: return "number"
    case .date: return "date"
    case .timestamp: return "timestamp"
    case .string: return "string"
    }
  }

  /// The least type that has the value which the bytes spell.
  init(classifying bytes: UnsafePointer<UInt8>, _ count: Int) {
    if unsafe NumberParser.integer(bytes, count) != nil {
      self = .integer
    } else if unsafe NumberParser.number(bytes, count) != nil {
      self = .number
    } else if unsafe WordParser.boolean(bytes, count) != nil {
      self = .boolean
    } else if unsafe DateParser.days(bytes, count) != nil {
      self = .date
    } else if unsafe DateParser.microseconds(bytes, count) != nil {
      self = .timestamp
    } else {
      self = .string
    }
  }
}

/// Reads truth values.
enum WordParser {
  @inline(__always)
  static func boolean(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int64? {
    if count == 4, unsafe matches(bytes, count, "true", "TRUE", "True") { return 1 }
    if count == 5, unsafe matches(bytes, count, "false", "FALSE", "False") { return 0 }
    return nil
  }

  private static func matches(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, _ words: StaticString...
  ) -> Bool {
    words.contains { word in
      (0..<count).allSatisfy { unsafe bytes[$0] == word.utf8Start[$0] }
    }
  }
}
