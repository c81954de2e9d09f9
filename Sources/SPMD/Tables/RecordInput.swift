/// A number that a condition takes of each record.
enum RecordInput: Hashable, Sendable {
  /// A column's value as a number: not-a-number where it is missing or none, 1 and 0 for truth
  /// values.
  case number(Int)
  /// 1 where the column is missing.
  case isMissing(Int)
  /// 1 where a comparison of the column with a text holds.
  case text(Int, RecordComparison, [UInt8])
  /// The same with a time, in microseconds since 1970.
  case time(Int, RecordComparison, Int64)
  /// 1 where a comparison of two columns holds.
  case columns(Int, RecordComparison, Int)

  /// Whether it is 0 or 1.
  var isTruth: Bool {
    if case .number = self { return false }
    return true
  }
}

/// How two values are compared.
enum RecordComparison: String, Sendable {
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case equal = "=="
  case notEqual = "!="

  /// Whether the comparison holds of values of which the left one is less (negative), equal (0) or
  /// greater.
  @inline(__always)
  func holds(_ order: Int) -> Bool {
    switch self {
    case .less: order < 0
    case .lessOrEqual: order <= 0
    case .greater: order > 0
    case .greaterOrEqual: order >= 0
    case .equal: order == 0
    case .notEqual: order != 0
    }
  }

  /// The comparison with its sides exchanged.
  var reversed: RecordComparison {
    switch self {
    case .less: .greater
    case .lessOrEqual: .greaterOrEqual
    case .greater: .less
    case .greaterOrEqual: .lessOrEqual
    case .equal, .notEqual: self
    }
  }
}

/// What a condition takes of each record, each of it once, and the columns that it may be taken
/// from.
struct RecordInputs {
  let columns: [String: Int]
  private(set) var all: [RecordInput] = []

  init(columns: [String]) {
    self.columns = Dictionary(zip(columns, 0...), uniquingKeysWith: { first, _ in first })
  }

  /// The number of an input, which is one of those known, or a new one.
  mutating func number(of input: RecordInput) -> Int {
    if let known = all.firstIndex(of: input) { return known }
    all.append(input)
    return all.count - 1
  }
}
