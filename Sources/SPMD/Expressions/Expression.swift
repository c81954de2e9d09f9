/// A formula in some variables, compiled for many points at once.
///
///     let bell = try Expression("exp(-(x^2 + y^2) / 2) / (2 * pi)", variables: ["x", "y"])
///     let one = bell.value(at: [0, 0])       // 0.15915494309189535
///
/// Arithmetic `+ - * / ^` (or `**`, from the right), comparisons `< <= > >= == !=`, which make 1 or
/// 0 and may be chained, `&& || !`, `a ? b : c` or `if(a, b, c)`, the constants `pi`, `e` and `inf`,
/// and the functions
///
///     abs sign floor ceil round trunc sqrt cbrt min max mod
///     exp exp2 expm1 log log2 log10 log1p pow hypot
///     sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh
///     erf erfc gamma lgamma
///
/// with the meaning that C gives them (`log` is the natural one; `mod` is `fmod`). Numbers are
/// Doubles, without errors: 1/0 is infinite, and the root of −1 is not a number. Both branches of a
/// condition are computed.
public struct Expression: Sendable {
  /// The names that stand for the coordinates of a point, in their order.
  public let variables: [String]
  let program: ExpressionProgram

  /// Reads an expression.
  ///
  /// - Throws: ``ExpressionError``, with the column.
  public init(_ text: String, variables: [String] = []) throws(ExpressionError) {
    self.variables = variables
    var parser = try ExpressionParser(text, variables: variables)
    let root = try parser.parse()
    program = ExpressionProgram(parser.graph, root: root, variableCount: variables.count)
  }

  /// Whether a name is taken by a function or a constant, so that no variable should have it.
  public static func isReserved(_ name: String) -> Bool {
    ExpressionOperation(function: name) != nil || ExpressionOperation.constants[name] != nil
  }

  /// The value at one point.
  public func value(at point: [Double] = []) -> Double {
    var evaluator = ExpressionEvaluator(self)
    var values = [0.0]
    var storage = values.mutableSpan
    evaluator.evaluate(point.span, into: &storage)
    return values[0]
  }
}
