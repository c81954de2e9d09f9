import Foundation

/// The six families of test integrands over the unit cube, with their integrals.
///
/// Sources: A. Genz, *Testing multidimensional integration routines*, in *Tools, Methods and
/// Languages for Scientific and Engineering Computation*, 1984; *A package for testing multiple
/// integration subroutines*, in *Numerical Integration*, 1987.
enum GenzFamily: String, CaseIterable, Sendable {
  case oscillatory, productPeak, cornerPeak, gaussian, continuous, discontinuous

  /// How difficult the family is made: the sum of the parameters a, in two to eight dimensions about
  /// as in the sources.
  private var difficulty: Double {
    switch self {
    case .oscillatory: 9
    case .productPeak: 7.25
    case .cornerPeak: 1.85
    case .gaussian: 7.03
    case .continuous: 20.4
    case .discontinuous: 4.3
    }
  }

  func parameters(dimensions: Int) -> (a: [Double], u: [Double]) {
    let shares = (0..<dimensions).map { 1 + Double($0 % 3) / 4 }
    let total = shares.reduce(0, +)
    return (
      shares.map { $0 / total * difficulty }, (0..<dimensions).map { 0.3 + 0.06 * Double($0) }
    )
  }

  /// The integrand, in x1, x2, ….
  func expression(dimensions n: Int) -> String {
    let (a, u) = parameters(dimensions: n)
    func terms(_ term: (Double, String, Double) -> String, _ joint: String) -> String {
      (0..<n).map { term(a[$0], "x\($0 + 1)", u[$0]) }.joined(separator: joint)
    }
    switch self {
    case .oscillatory: return "cos(2*pi*\(u[0]) + \(terms({ a, x, _ in "\(a)*\(x)" }, " + ")))"
    case .productPeak: return "1 / (\(terms({ a, x, u in "(\(a)^-2 + (\(x) - \(u))^2)" }, " * ")))"
    case .cornerPeak: return "(1 + \(terms({ a, x, _ in "\(a)*\(x)" }, " + ")))^-\(n + 1)"
    case .gaussian: return "exp(-(\(terms({ a, x, u in "\(a)^2*(\(x) - \(u))^2" }, " + "))))"
    case .continuous: return "exp(-(\(terms({ a, x, u in "\(a)*abs(\(x) - \(u))" }, " + "))))"
    case .discontinuous:
      return "x1 <= \(u[0]) && x2 <= \(u[1]) ? exp(\(terms({ a, x, _ in "\(a)*\(x)" }, " + "))) : 0"
    }
  }

  func integral(dimensions n: Int) -> Double {
    let (a, u) = parameters(dimensions: n)
    func product(_ factor: (Int) -> Double) -> Double { (0..<n).reduce(1) { $0 * factor($1) } }
    switch self {
    case .oscillatory:
      return cos(2 * .pi * u[0] + a.reduce(0, +) / 2) * product { 2 * sin(a[$0] / 2) / a[$0] }
    case .productPeak:
      return product { a[$0] * (atan(a[$0] * (1 - u[$0])) + atan(a[$0] * u[$0])) }
    case .cornerPeak:
      var sum = 0.0
      for subset in 0..<(1 << n) {
        let chosen = (0..<n).filter { subset >> $0 & 1 == 1 }
        let term = 1 / (1 + chosen.reduce(0) { $0 + a[$1] })
        sum += chosen.count % 2 == 0 ? term : -term
      }
      return sum / product { a[$0] * Double($0 + 1) }
    case .gaussian:
      return product {
        Double.pi.squareRoot() / (2 * a[$0]) * (erf(a[$0] * (1 - u[$0])) + erf(a[$0] * u[$0]))
      }
    case .continuous:
      return product { (2 - exp(-a[$0] * u[$0]) - exp(-a[$0] * (1 - u[$0]))) / a[$0] }
    case .discontinuous:
      return product { (exp(a[$0] * ($0 < 2 ? u[$0] : 1)) - 1) / a[$0] }
    }
  }
}
