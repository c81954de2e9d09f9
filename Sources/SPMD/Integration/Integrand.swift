/// A function of several variables, for many points at once.
public protocol Integrand {
  /// How many variables it has.
  var dimensions: Int { get }

  /// Computes the values at some points. The value at a point must not depend on the points beside
  /// it, or the result of an integration would depend on the number of ranks.
  ///
  /// - Parameters:
  ///   - points: All first coordinates, then all second ones, and so on.
  ///   - values: A value for each point.
  mutating func evaluate(_ points: Span<Double>, into values: inout MutableSpan<Double>)
}

extension ExpressionEvaluator: Integrand {
  /// How many variables the expression has.
  public var dimensions: Int { program.variableCount }
}
