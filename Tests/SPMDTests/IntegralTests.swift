import Foundation
import MPI
import Support
import Testing

@testable import SPMD

@Suite struct IntegralTests {
  private typealias Side = IntegrationDomain.Side

  private func integral(
    _ text: String, _ sides: [Side], _ options: Integral.Options = .init(), on world: Communicator
  ) throws -> Integral {
    let names = sides.count == 1 ? ["x"] : (1...sides.count).map { "x\($0)" }
    let function = ExpressionEvaluator(try Expression(text, variables: names))
    return try Integral.compute(
      of: function, over: IntegrationDomain(sides), options: options, on: world)
  }

  /// What a family in so many variables is asked for: the rules are of degree 7, and kinks that are
  /// not along a cut are hard for them.
  private func tolerance(_ family: GenzFamily, _ dimensions: Int) -> Double {
    switch family {
    case .continuous: dimensions < 4 ? 1e-4 : 2e-2
    case .discontinuous: dimensions < 4 ? 1e-3 : 2e-2
    default: dimensions < 5 ? 1e-7 : 1e-3
    }
  }

  @Test(arguments: GenzFamily.allCases, 2...8)
  func familiesOfGenz(family: GenzFamily, dimensions: Int) throws {
    try withWorld { world in
      var options = Integral.Options()
      options.tolerance = tolerance(family, dimensions)
      options.maximumEvaluations = 5_000_000
      let sides = [Side](repeating: Side(0, 1), count: dimensions)
      let text = family.expression(dimensions: dimensions)
      let result = try integral(text, sides, options, on: world)
      let exact = family.integral(dimensions: dimensions)
      #expect(result.converged, "error \(result.error) of \(exact) after \(result.evaluations)")
      #expect(abs(result.value - exact) <= options.tolerance * abs(exact))
      #expect(abs(result.value - exact) <= result.error + 1e-13 * abs(exact))
      // The same on one rank alone.
      if dimensions % 3 == 2 && world.rank == 0 {
        let alone = try integral(text, sides, options, on: .selfOnly)
        #expect(alone == result)
      }
    }
  }

  @Test(arguments: [2, 5, 8, 12]) func quasiMonteCarlo(dimensions: Int) throws {
    try withWorld { world in
      var options = Integral.Options()
      options.maximumEvaluations = 4_000_000
      options.method = .qmc
      for family in [GenzFamily.gaussian, .oscillatory, .discontinuous] {
        if family == .oscillatory && dimensions > 5 { continue }
        let sides = [Side](repeating: Side(0, 1), count: dimensions)
        options.tolerance = family == .discontinuous ? 3e-2 : 1e-3
        for seed in [0, 1] as [UInt64] {
          options.seed = seed
          let text = family.expression(dimensions: dimensions)
          let result = try integral(text, sides, options, on: world)
          let exact = family.integral(dimensions: dimensions)
          #expect(result.method == .qmc && result.converged)
          // The error is three standard errors, which one of a hundred seeds exceeds; four and a half
          // are exceeded by none of these.
          #expect(abs(result.value - exact) <= 1.5 * result.error, "\(family)")
          if world.rank == 0 {
            #expect(try integral(text, sides, options, on: .selfOnly) == result)
          }
        }
      }
    }
  }

  /// Closed forms from tables, with ends and substitutions of all kinds.
  static let closedForms: [(String, Double, Double, Double)] = [
    ("4 / (1 + x^2)", 0, 1, Double.pi), ("1 / sqrt(x)", 0, 1, 2), ("log(x)", 0, 1, -1),
    ("exp(-x^2)", -Double.infinity, Double.infinity, Double.pi.squareRoot()),
    ("exp(-x)", 2, Double.infinity, 0.1353352832366127),
    ("exp(x)", -Double.infinity, 1, 2.718281828459045),
    ("1 / (1 + x^2)", -Double.infinity, Double.infinity, Double.pi), ("x^31", -1, 1, 0),
    ("x^30", -1, 1, 2.0 / 31),
    ("sin(x)", 0, 100, 0.1376811277123159), ("abs(x - 1/3)", 0, 1, 5.0 / 18),
    ("x < 0.7", 0, 1, 0.7),
    ("x", 1, 0, -0.5), ("x", 2, 2, 0), ("0", 0, 1, 0), ("sin(x)", -1, 1, 0),
    ("exp(x)", 1, -Double.infinity, -2.718281828459045),
    ("x^2", 1e-200, 3e-200, 0), ("1e-200 * x", 0, 1, 5e-201), ("1e300 * x", 0, 1, 5e299),
  ]

  @Test(arguments: closedForms) func oneVariable(
    text: String, lower: Double, upper: Double, exact: Double
  ) throws {
    try withWorld { world in
      let result = try integral(text, [Side(lower, upper)], on: world)
      #expect(result.converged)
      #expect(abs(result.value - exact) <= max(1e-9 * abs(exact), 1e-15), "\(result)")
      #expect(try integral(text, [Side(lower, upper)], on: .selfOnly) == result)
    }
  }

  @Test func severalVariables() throws {
    try withWorld { world in
      let all = Side(-.infinity, .infinity)
      var options = Integral.Options()
      options.tolerance = 1e-5
      let bell = try integral("exp(-(x1^2 + x2^2 + x3^2))", [all, all, all], options, on: world)
      #expect(abs(bell.value - pow(.pi, 1.5)) < 1e-5 * bell.value)
      // The volume under a plane, with one side turned round, and one without length.
      let plane = try integral("x1 + x2", [Side(2, 0), Side(0, 1)], on: world)
      #expect(abs(plane.value + 3) < 1e-12)
      let nothing = try integral("x1 + x2", [Side(2, 2), Side(0, 1)], on: world)
      #expect(nothing.value == 0 && nothing.converged)
      options.tolerance = 1e-3
      let disc = try integral("x1^2 + x2^2 < 1", [Side(-1, 1), Side(-1, 1)], options, on: world)
      #expect(disc.converged && abs(disc.value - .pi) < 1e-3 * .pi)
    }
  }

  @Test func rulesAreExactForTheirDegree() {
    for n in 2...12 {
      let rule = CubatureRule.genzMalik(dimensions: n)
      #expect(rule.count == CubatureRule.pointCount(dimensions: n))
      // Means of monomials over [−1, 1]ⁿ, of degree 7 at most: 1/(k + 1) for each even power.
      for powers in [
        [], [2], [4], [6], [2, 2], [4, 2], [2, 2, 2], [1], [3, 2], [1, 1], [5, 1],
      ]
      where powers.count <= n {
        var mean = 0.0
        var lesser = 0.0
        for point in 0..<rule.count {
          let value = powers.indices.reduce(1.0) {
            $0 * pow(rule.nodes[$1 * rule.count + point], Double(powers[$1]))
          }
          mean += rule.weights[point] * value
          lesser += (rule.weights[point] - rule.differences[point]) * value
        }
        let exact = powers.reduce(1.0) { $1 % 2 == 0 ? $0 / Double($1 + 1) : 0 }
        #expect(abs(mean - exact) < 1e-12, "\(n) \(powers)")
        if powers.reduce(0, +) <= 5 { #expect(abs(lesser - exact) < 1e-11, "\(n) \(powers)") }
      }
    }
    let rule = CubatureRule.gaussKronrod
    for power in 0...31 {
      var (mean, lesser) = (0.0, 0.0)
      for point in 0..<rule.count {
        let value = pow(rule.nodes[point], Double(power))
        mean += rule.weights[point] * value
        lesser += (rule.weights[point] - rule.differences[point]) * value
      }
      let exact = power % 2 == 0 ? 1 / Double(power + 1) : 0
      #expect(abs(mean - exact) < 1e-15)
      if power < 20 { #expect(abs(lesser - exact) < 1e-15) }
    }
  }

  @Test func noMoreEvaluationsThanAllowed() throws {
    try withWorld { world in
      var options = Integral.Options()
      options.tolerance = 1e-12
      for allowed in [17, 18, 100, 1000, 12_345, 300_000] {
        options.maximumEvaluations = allowed
        let sides = [Side(0, 1), Side(0, 1)]
        let result = try integral("x1 * x2 > 1/3", sides, options, on: world)
        #expect(!result.converged)
        #expect(result.evaluations <= allowed && result.evaluations > allowed / 4)
        #expect(try integral("x1 * x2 > 1/3", sides, options, on: .selfOnly) == result)
      }
      options.maximumEvaluations = 16
      #expect(throws: IntegrationError.tooFewEvaluations(allowed: 16, needed: 17)) {
        try integral("x1 + x2", [Side(0, 1), Side(0, 1)], options, on: world)
      }
    }
  }

  @Test func whereItIsNotFinite() throws {
    try withWorld { world in
      let sides = [Side(0, 1), Side(0, 1)]
      #expect(throws: IntegrationError.self) {
        try integral("1 / (x1 < 0.5)", sides, on: world)
      }
      func thrown(on communicator: Communicator, _ method: Integral.Method) throws
        -> IntegrationError?
      {
        var options = Integral.Options()
        options.method = method
        do {
          _ = try integral("x2 > 0.9 ? sqrt(x1 - 0.99) : 1", sides, options, on: communicator)
        } catch let error as IntegrationError {
          return error
        }
        return nil
      }
      for method in [Integral.Method.cubature, .qmc] {
        let error = try thrown(on: world, method)
        let alone = try thrown(on: .selfOnly, method)
        guard case .notFinite(let value, let point)? = error,
          case .notFinite(_, let same)? = alone
        else {
          Issue.record("no error")
          continue
        }
        #expect(value.isNaN && point[1] > 0.9 && point == same)
      }
    }
  }
}
