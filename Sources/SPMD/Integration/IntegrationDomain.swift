/// A box, each side of which may be infinite.
///
/// Infinite sides are made finite by a substitution (R. Piessens et al., *QUADPACK*, 1983, §3.3.7, for
/// half-infinite ones; S. Johnson, the `cubature` package, for both): x = a + t/(1 − t) from a to
/// infinity, with t from 0 to 1; x = b − t/(1 − t) from −infinity to b; x = t/(1 − t²) from −infinity
/// to infinity, with t from −1 to 1.
public struct IntegrationDomain: Sendable {
  /// From where to where a variable goes.
  public struct Side: Equatable, Sendable {
    /// Where it begins.
    public var lower: Double
    /// Where it ends. Less than the beginning is allowed, and changes the sign of the integral.
    public var upper: Double

    /// Creates a side. Neither end may be not a number.
    public init(_ lower: Double, _ upper: Double) {
      precondition(!lower.isNaN && !upper.isNaN, "a bound that is not a number")
      self.lower = lower
      self.upper = upper
    }
  }

  /// The sides, one for each variable.
  public let sides: [Side]

  private enum Substitution { case none, above(Double), below(Double), both }
  private let substitutions: [Substitution]
  /// What the new variables are integrated over.
  let lower: [Double]
  let upper: [Double]
  /// −1 where an odd number of sides was turned round.
  let sign: Double
  /// Whether there is nothing to substitute.
  let isFinite: Bool

  /// Creates a domain of at least one side.
  public init(_ sides: [Side]) {
    precondition(!sides.isEmpty, "an integral over nothing")
    self.sides = sides
    var sign = 1.0
    var substitutions: [Substitution] = []
    var lower: [Double] = []
    var upper: [Double] = []
    for side in sides {
      if side.lower > side.upper { sign = -sign }
      let (a, b) = (min(side.lower, side.upper), max(side.lower, side.upper))
      switch (a.isFinite, b.isFinite) {
      case (true, true):
        substitutions.append(.none)
        lower.append(a)
        upper.append(b)
      case (true, false):
        substitutions.append(.above(a))
        lower.append(0)
        upper.append(1)
      case (false, true):
        substitutions.append(.below(b))
        lower.append(0)
        upper.append(1)
      case (false, false):
        substitutions.append(a == b ? .none : .both)
        // From infinity to infinity there is nothing.
        lower.append(a == b ? 0 : -1)
        upper.append(a == b ? 0 : 1)
      }
    }
    self.substitutions = substitutions
    self.lower = lower
    self.upper = upper
    self.sign = sign
    isFinite = substitutions.allSatisfy { if case .none = $0 { true } else { false } }
  }

  /// Replaces the new variables by the old ones, and gives what the values there must be
  /// multiplied by.
  func substitute(
    in points: inout MutableSpan<Double>, factors: inout MutableSpan<Double>
  ) {
    let count = factors.count
    for i in 0..<count { factors[i] = 1 }
    for (axis, substitution) in substitutions.enumerated() {
      let range = (axis * count)..<((axis + 1) * count)
      switch substitution {
      case .none: break
      case .above(let a):
        for i in range {
          let t = points[i]
          let rest = 1 - t
          points[i] = a + t / rest
          factors[i - range.lowerBound] /= rest * rest
        }
      case .below(let b):
        for i in range {
          let t = points[i]
          let rest = 1 - t
          points[i] = b - t / rest
          factors[i - range.lowerBound] /= rest * rest
        }
      case .both:
        for i in range {
          let t = points[i]
          let rest = 1 - t * t
          points[i] = t / rest
          factors[i - range.lowerBound] *= (1 + t * t) / (rest * rest)
        }
      }
    }
  }
}
