/// Which records to look at: a condition on their fields, computed for a batch at a time.
///
/// Comparisons with a missing value, and with one that is not of the kind compared with, are false;
/// `!=` is true of them.
final class RowFilter: FieldReader {
  private let inputs: [RecordInput]
  private var evaluator: ExpressionEvaluator
  private var points: [Double] = []
  private var results: [Double] = []

  /// The condition of some options, if there is one.
  static func make(
    _ options: TableStatistics.Options, columns: [String]
  ) throws(ExpressionError) -> RowFilter? {
    guard let condition = options.condition else { return nil }
    return try RowFilter(
      condition, columns: columns, missingValues: options.format.missingBytes)
  }

  private init(
    _ text: String, columns: [String], missingValues: [[UInt8]]
  ) throws(ExpressionError) {
    var parser = try ExpressionParser(condition: text, columns: columns)
    let root = try parser.parse()
    inputs = parser.inputs?.all ?? []
    evaluator = ExpressionEvaluator(
      ExpressionProgram(parser.graph, root: root, variableCount: inputs.count))
    super.init(missingValues: missingValues)
  }

  /// Finds the records that meet the condition.
  func select(from batch: RecordBatch) {
    let count = unsafe batch.count
    let room = inputs.count * count
    if points.count < room { points = [Double](repeating: 0, count: room) }
    if results.count != count { results = [Double](repeating: 0, count: count) }
    var storage: [Double] = []
    swap(&storage, &points)
    var values = storage.mutableSpan
    for (number, input) in inputs.enumerated() {
      for record in 0..<count {
        values[number * count + record] = unsafe value(of: input, batch, record)
      }
    }
    var answers: [Double] = []
    swap(&answers, &results)
    var all = answers.mutableSpan
    evaluator.evaluate(storage.span.extracting(0..<room), into: &all)
    swap(&answers, &results)
    swap(&storage, &points)
  }

  /// Drops what belongs to the records that do not meet the condition.
  func keepSelected(_ elements: inout [Int32]) {
    var kept = 0
    for i in elements.indices where results[i] != 0 && results[i] == results[i] {
      elements[kept] = elements[i]
      kept += 1
    }
    elements.removeLast(elements.count - kept)
  }

  @inline(__always)
  private func value(of input: RecordInput, _ batch: RecordBatch, _ record: Int) -> Double {
    switch input {
    case .number(let column):
      let field = unsafe batch.field(record, column)
      if missingValues.isEmpty, unsafe field.count > 0,
        let number = unsafe NumberParser.number(field.bytes, field.count)
      {
        return number
      }
      let value = unsafe contents(field.bytes, field.count)
      if unsafe isMissing(value) { return .nan }
      if let number = unsafe NumberParser.number(value.bytes, value.count) { return number }
      return unsafe WordParser.boolean(value.bytes, value.count).map { Double($0) } ?? .nan
    case .isMissing(let column):
      let field = unsafe batch.field(record, column)
      return unsafe isMissing(contents(field.bytes, field.count)) ? 1 : 0
    case .text(let column, let comparison, let text):
      let field = unsafe batch.field(record, column)
      let value = unsafe contents(field.bytes, field.count)
      guard unsafe !isMissing(value) else { return comparison == .notEqual ? 1 : 0 }
      let order = unsafe text.withUnsafeBufferPointer { text in
        unsafe Self.order(UnsafeBufferPointer(start: value.bytes, count: value.count), text)
      }
      return comparison.holds(order) ? 1 : 0
    case .time(let column, let comparison, let time):
      let field = unsafe batch.field(record, column)
      let value = unsafe contents(field.bytes, field.count)
      guard unsafe !isMissing(value),
        let own = unsafe DateParser.microseconds(value.bytes, value.count)
      else { return comparison == .notEqual ? 1 : 0 }
      return comparison.holds(own < time ? -1 : own == time ? 0 : 1) ? 1 : 0
    case .columns(let a, let comparison, let b):
      guard let order = unsafe order(a, b, batch, record) else {
        return comparison == .notEqual ? 1 : 0
      }
      return comparison.holds(order) ? 1 : 0
    }
  }

  /// The order of two fields: of numbers or of times where both are, else of texts; `nil` where one
  /// is missing.
  private func order(_ a: Int, _ b: Int, _ batch: RecordBatch, _ record: Int) -> Int? {
    let (left, right) = (unsafe text(a, batch, record), unsafe text(b, batch, record))
    guard let left, let right else { return nil }
    return unsafe left.withUnsafeBufferPointer { left in
      unsafe right.withUnsafeBufferPointer { right in
        guard let x = left.baseAddress, let y = right.baseAddress else { return nil }
        // Behind each text are eight bytes that may be read.
        let (xCount, yCount) = (left.count - 8, right.count - 8)
        if let x = unsafe NumberParser.number(x, xCount),
          let y = unsafe NumberParser.number(y, yCount)
        {
          return x.isNaN || y.isNaN ? nil : x < y ? -1 : x == y ? 0 : 1
        }
        if let x = unsafe DateParser.microseconds(x, xCount),
          let y = unsafe DateParser.microseconds(y, yCount)
        {
          return x < y ? -1 : x == y ? 0 : 1
        }
        return unsafe Self.order(
          UnsafeBufferPointer(rebasing: left[..<xCount]),
          UnsafeBufferPointer(rebasing: right[..<yCount]))
      }
    }
  }

  private func text(_ column: Int, _ batch: RecordBatch, _ record: Int) -> [UInt8]? {
    let field = unsafe batch.field(record, column)
    let value = unsafe contents(field.bytes, field.count)
    guard unsafe !isMissing(value) else { return nil }
    return unsafe Array(UnsafeBufferPointer(start: value.bytes, count: value.count))
      + [UInt8](repeating: 0, count: 8)
  }

  /// Which of two texts comes first, by their bytes.
  private static func order(
    _ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>
  ) -> Int {
    for i in 0..<min(a.count, b.count) {
      let (x, y) = unsafe (a[i], b[i])
      if x != y { return x < y ? -1 : 1 }
    }
    return a.count - b.count
  }
}
