/// Reads an expression by recursive descent, one function for each level of precedence.
struct ExpressionParser {
  private let variables: [String: Int]
  private var depth = 0
  // These members are not private because conditions on records are read in
  // ExpressionParser+Records.
  let tokens: [ExpressionToken]
  var position = 0
  var graph = ExpressionGraph()
  /// Where records are what the expression is about: what it takes of them, which the variables of
  /// the graph are numbers of.
  var inputs: RecordInputs?

  /// Deeper ones could exhaust the stack.
  private static let maximumDepth = 200

  init(_ text: String, variables: [String]) throws(ExpressionError) {
    tokens = try ExpressionToken.tokens(of: text)
    self.variables = Dictionary(zip(variables, 0...), uniquingKeysWith: { first, _ in first })
  }

  /// Reads a condition on the records of a table.
  init(condition text: String, columns: [String]) throws(ExpressionError) {
    tokens = try ExpressionToken.tokens(of: text, quotes: true)
    variables = [:]
    inputs = RecordInputs(columns: columns)
  }

  /// Reads all of the text.
  ///
  /// - Returns: The node of the graph that stands for it.
  mutating func parse() throws(ExpressionError) -> Int {
    let result = truth(of: try conditional())
    guard token.kind == .end else {
      throw error("expected an operator, not \(token.text)")
    }
    return result
  }

  // MARK: - Levels of precedence, from the loosest

  private mutating func conditional() throws(ExpressionError) -> Int {
    try enter()
    defer { depth -= 1 }
    var condition = try disjunction()
    guard accept("?") != nil else { return condition }
    condition = truth(of: condition)
    let first = try conditional()
    try expect(":")
    let second = try conditional()
    return graph.operation(.select, condition, first, second)
  }

  private mutating func disjunction() throws(ExpressionError) -> Int {
    var left = try conjunction()
    while accept("||") != nil {
      left = graph.operation(.or, truth(of: left), truth(of: try conjunction()))
    }
    return left
  }

  private mutating func conjunction() throws(ExpressionError) -> Int {
    var left = try comparison()
    while accept("&&") != nil {
      left = graph.operation(.and, truth(of: left), truth(of: try comparison()))
    }
    return left
  }

  /// `a < b < c` means `a < b && b < c`.
  private mutating func comparison() throws(ExpressionError) -> Int {
    if inputs != nil { return try recordComparison() }
    var left = try sum()
    var all: Int?
    while let symbol = accept("<", "<=", ">", ">=", "==", "!=") {
      let right = try sum()
      let one = compared(left, symbol, right)
      all = all.map { graph.operation(.and, $0, one) } ?? one
      left = right
    }
    return all ?? left
  }

  /// The node that compares two others.
  mutating func compared(_ left: Int, _ symbol: String, _ right: Int) -> Int {
    switch symbol {
    case ">": graph.operation(.less, right, left)
    case ">=": graph.operation(.lessOrEqual, right, left)
    case "<": graph.operation(.less, left, right)
    case "<=": graph.operation(.lessOrEqual, left, right)
    case "==": graph.operation(.equal, left, right)
    default: graph.operation(.notEqual, left, right)
    }
  }

  mutating func sum() throws(ExpressionError) -> Int {
    var left = try product()
    while let symbol = accept("+", "-") {
      left = graph.operation(symbol == "+" ? .add : .subtract, left, try product())
    }
    return left
  }

  private mutating func product() throws(ExpressionError) -> Int {
    var left = try unary()
    while let symbol = accept("*", "/") {
      left = graph.operation(symbol == "*" ? .multiply : .divide, left, try unary())
    }
    return left
  }

  /// Powers bind tighter than a sign on their left: −2² is −4.
  private mutating func unary() throws(ExpressionError) -> Int {
    try enter()
    defer { depth -= 1 }
    if accept("-") != nil { return graph.operation(.negate, try unary()) }
    if accept("+") != nil { return try unary() }
    if accept("!") != nil { return graph.operation(.not, truth(of: try unary())) }
    let base = try primary()
    // Exponents may have signs, and are taken from the right.
    guard accept("^", "**") != nil else { return base }
    return graph.operation(.pow, base, try unary())
  }

  private mutating func primary() throws(ExpressionError) -> Int {
    let token = token
    switch token.kind {
    case .number(let value):
      position += 1
      return graph.constant(value)
    case .symbol("("):
      position += 1
      let inner = try conditional()
      try expect(")")
      return inner
    case .name(let name):
      position += 1
      return try named(name, at: token)
    case .column(let name):
      position += 1
      guard let column = variable(name) else {
        throw error("there is no column “\(name)”", at: token)
      }
      return column
    default:
      throw error("expected a number, a name or “(”, not \(token.text)")
    }
  }

  private mutating func named(
    _ name: String, at token: ExpressionToken
  ) throws(ExpressionError) -> Int {
    if self.token.kind != .symbol("(") {
      if let variable = variable(name) { return variable }
      if let value = ExpressionOperation.constants[name] { return graph.constant(value) }
      let isFunction = ExpressionOperation(function: name) != nil
      throw error(
        isFunction
          ? "“(” must follow the function “\(name)”"
          : inputs == nil ? "unknown name “\(name)”" : "there is no column “\(name)”", at: token)
    }
    guard let function = ExpressionOperation(function: name) else {
      throw error("unknown function “\(name)”", at: token)
    }
    let operands = try arguments()
    if function == .min || function == .max {
      guard operands.count >= 2 else {
        throw error("“\(name)” takes 2 or more arguments", at: token)
      }
      return operands.dropFirst().reduce(operands[0]) { graph.operation(function, $0, $1) }
    }
    let expected = function.operandCount
    guard operands.count == expected else {
      throw error(
        "“\(name)” takes \(expected) argument\(expected == 1 ? "" : "s"), not \(operands.count)",
        at: token)
    }
    switch expected {
    case 1: return graph.operation(function, operands[0])
    case 2: return graph.operation(function, operands[0], operands[1])
    default: return graph.operation(function, operands[0], operands[1], operands[2])
    }
  }

  private mutating func variable(_ name: String) -> Int? {
    if let column = inputs?.columns[name] { return variable(for: .number(column)) }
    return variables[name].map { graph.variable($0) }
  }

  private mutating func arguments() throws(ExpressionError) -> [Int] {
    try expect("(")
    if accept(")") != nil { return [] }
    var arguments = [try conditional()]
    while accept(",") != nil { arguments.append(try conditional()) }
    try expect(")")
    return arguments
  }

  // MARK: - Tokens

  var token: ExpressionToken { tokens[position] }

  mutating func accept(_ symbols: String...) -> String? {
    guard case .symbol(let symbol) = token.kind, symbols.contains(symbol) else { return nil }
    position += 1
    return symbol
  }

  private mutating func expect(_ symbol: String) throws(ExpressionError) {
    guard accept(symbol) != nil else {
      throw error("expected “\(symbol)”, not \(token.text)")
    }
  }

  private mutating func enter() throws(ExpressionError) {
    depth += 1
    guard depth <= 2 * Self.maximumDepth else {
      throw error("nested more than \(Self.maximumDepth) levels deep")
    }
  }

  func error(_ message: String, at token: ExpressionToken? = nil) -> ExpressionError {
    ExpressionError(column: (token ?? self.token).column, message: message)
  }
}
