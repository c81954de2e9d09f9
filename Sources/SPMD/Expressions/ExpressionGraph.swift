/// An expression as a graph without cycles: what occurs twice is one node, and what is constant is
/// a number.
struct ExpressionGraph {
  enum Node: Hashable {
    /// A number, by its bits: not-a-number equals itself here.
    case constant(UInt64)
    case variable(Int)
    case operation(ExpressionOperation, [Int])
  }

  /// Operands stand before what is made of them.
  private(set) var nodes: [Node] = []
  private var indices: [Node: Int] = [:]

  mutating func constant(_ value: Double) -> Int { index(of: .constant(value.bitPattern)) }

  mutating func variable(_ number: Int) -> Int { index(of: .variable(number)) }

  mutating func operation(_ operation: ExpressionOperation, _ operands: Int...) -> Int {
    let values = operands.compactMap { value(of: $0) }
    if values.count == operands.count { return constant(operation.value(of: values)) }
    if operation == .pow, let exponent = value(of: operands[1]),
      let short = power(operands[0], exponent)
    {
      return short
    }
    // The base is the number that `e` stands for.
    if operation == .pow, value(of: operands[0]) == ExpressionOperation.constants["e"] {
      return index(of: .operation(.exp, [operands[1]]))
    }
    return index(of: .operation(operation, operands))
  }

  /// The number that a node is, where it is one.
  func value(of index: Int) -> Double? {
    guard case .constant(let bits) = nodes[index] else { return nil }
    return Double(bitPattern: bits)
  }

  private mutating func index(of node: Node) -> Int {
    if let index = indices[node] { return index }
    nodes.append(node)
    indices[node] = nodes.count - 1
    return nodes.count - 1
  }

  /// A power with a whole or half exponent, by multiplications and a square root; `nil` for others.
  private mutating func power(_ base: Int, _ exponent: Double) -> Int? {
    guard abs(exponent) <= 64, let halves = Int(exactly: 2 * exponent) else { return nil }
    guard halves != 0 else { return constant(1) }
    var result: Int?
    if halves % 2 != 0 { result = operation(.sqrt, base) }
    var square = base
    var rest = halves.magnitude / 2
    while rest > 0 {
      if rest & 1 == 1 { result = result.map { operation(.multiply, $0, square) } ?? square }
      rest >>= 1
      if rest > 0 { square = operation(.multiply, square, square) }
    }
    guard let result else { return nil }
    return halves < 0 ? operation(.divide, constant(1), result) : result
  }
}
