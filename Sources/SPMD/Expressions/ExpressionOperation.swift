/// What an expression is made of. The raw value of a function is its name; the others have some that
/// no name can equal.
enum ExpressionOperation: String, CaseIterable {
  case negate = "-", not = "!"
  case abs, sign, floor, ceil, round, trunc, sqrt, cbrt
  case exp, exp2, expm1, log, log2, log10, log1p
  case sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, asinh, acosh, atanh
  case erf, erfc, gamma, lgamma

  case add = "+", subtract = "- ", multiply = "*", divide = "/"
  case less = "<", lessOrEqual = "<=", equal = "==", notEqual = "!=", and = "&&", or = "||"
  case min, max, pow, atan2, hypot, mod

  /// The second operand where the first is not zero, else the third.
  case select = "if"

  var operandCount: Int {
    switch self {
    case .select: 3
    case .add, .subtract, .multiply, .divide, .less, .lessOrEqual, .equal, .notEqual, .and, .or,
      .min, .max, .pow, .atan2, .hypot, .mod:
      2
    default: 1
    }
  }

  /// The operation that is called by a name, if there is one.
  init?(function name: String) {
    guard name.first?.isLetter == true else { return nil }
    self.init(rawValue: name)
  }

  /// The numbers that have a name.
  static let constants: [String: Double] = [
    "pi": .pi, "e": 2.718281828459045, "inf": .infinity,
  ]
}
