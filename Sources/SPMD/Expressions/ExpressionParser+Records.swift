// Conditions on the records of a table: columns are variables, and may be compared with texts, with
// times, with one another, and with `null`.

extension ExpressionParser {
  /// One side of a comparison.
  private enum Operand {
    case node(Int)
    /// A column by itself, which may be something else than a number.
    case column(Int)
    case text(String)
    case null
  }

  /// The variable that stands for an input.
  mutating func variable(for input: RecordInput) -> Int? {
    guard let number = inputs?.number(of: input) else { return nil }
    return graph.variable(number)
  }

  /// A node that is 1 or 0: in conditions on records, not-a-number, which is what a missing number
  /// is, is not true.
  mutating func truth(of node: Int) -> Int {
    guard let inputs else { return node }
    switch graph.nodes[node] {
    case .constant: return node
    case .variable(let number) where inputs.all[number].isTruth: return node
    case .operation(
      .less, _), .operation(.lessOrEqual, _), .operation(.equal, _), .operation(.notEqual, _),
      .operation(.and, _), .operation(.or, _), .operation(.not, _):
      return node
    default:
      return graph.operation(.and, graph.operation(.equal, node, node), node)
    }
  }

  /// Comparisons, which may be chained.
  mutating func recordComparison() throws(ExpressionError) -> Int {
    let start = token
    var left = try operand()
    var all: Int?
    while let symbol = accept("<", "<=", ">", ">=", "==", "!=") {
      let place = tokens[position - 1]
      let right = try operand()
      let one = try compared(left, symbol, right, at: place)
      all = all.map { graph.operation(.and, $0, one) } ?? one
      left = right
    }
    if let all { return all }
    switch left {
    case .node(let node): return node
    case .column(let column): return try input(.number(column), at: start)
    case .text, .null: throw error("\(start.text) must be compared with a column", at: start)
    }
  }

  private mutating func operand() throws(ExpressionError) -> Operand {
    switch token.kind {
    case .text(let text):
      position += 1
      return .text(text)
    case .name(let name), .column(let name):
      if let column = inputs?.columns[name] {
        if case .symbol(let next) = tokens[position + 1].kind,
          ["+", "-", "*", "/", "^", "**", "("].contains(next)
        {
          break
        }
        position += 1
        return .column(column)
      }
      if token.kind == .name("null") {
        position += 1
        return .null
      }
    default: break
    }
    return .node(try sum())
  }

  private mutating func input(
    _ input: RecordInput, at token: ExpressionToken
  ) throws(ExpressionError) -> Int {
    guard let node = variable(for: input) else { throw error("there is no column", at: token) }
    return node
  }

  private mutating func compared(
    _ left: Operand, _ symbol: String, _ right: Operand, at place: ExpressionToken
  ) throws(ExpressionError) -> Int {
    guard let comparison = RecordComparison(rawValue: symbol) else {
      throw error("expected a comparison", at: place)
    }
    switch (left, right) {
    case (.column(let a), .column(let b)):
      return try input(.columns(a, comparison, b), at: place)
    case (.column(let column), .text(let text)):
      return try compared(column, comparison, text, at: place)
    case (.text(let text), .column(let column)):
      return try compared(column, comparison.reversed, text, at: place)
    case (.column(let column), .null), (.null, .column(let column)):
      return try missing(column, comparison, "null", at: place)
    case (.text, _), (_, .text), (.null, _), (_, .null):
      throw error("texts, dates and null can be compared with a column only", at: place)
    default:
      return compared(
        try number(left, at: place), symbol, try number(right, at: place))
    }
  }

  private mutating func number(
    _ operand: Operand, at place: ExpressionToken
  ) throws(ExpressionError) -> Int {
    switch operand {
    case .node(let node): return node
    case .column(let column): return try input(.number(column), at: place)
    case .text, .null: throw error("expected a number", at: place)
    }
  }

  private mutating func compared(
    _ column: Int, _ comparison: RecordComparison, _ text: String, at place: ExpressionToken
  ) throws(ExpressionError) -> Int {
    let bytes = Array(text.utf8)
    // An empty field is a missing value.
    if bytes.isEmpty, comparison == .equal || comparison == .notEqual {
      return try missing(column, comparison, "an empty text", at: place)
    }
    let time = unsafe bytes.withUnsafeBufferPointer { bytes in
      unsafe bytes.baseAddress.flatMap { unsafe DateParser.microseconds($0, bytes.count) }
    }
    if let time { return try input(.time(column, comparison, time), at: place) }
    return try input(.text(column, comparison, bytes), at: place)
  }

  private mutating func missing(
    _ column: Int, _ comparison: RecordComparison, _ what: String, at place: ExpressionToken
  ) throws(ExpressionError) -> Int {
    let node = try input(.isMissing(column), at: place)
    switch comparison {
    case .equal: return node
    case .notEqual: return graph.operation(.not, node)
    default: throw error("\(what) can be compared by == and != only", at: place)
    }
  }
}
