import Foundation
import Testing

@testable import SPMD

@Suite struct ExpressionTests {
  private func value(_ text: String, _ point: [String: Double] = [:]) throws -> Double {
    let names = point.keys.sorted()
    return try Expression(text, variables: names).value(at: names.compactMap { point[$0] })
  }

  static let values: [(String, Double)] = [
    ("1 + 2 * 3", 7), ("(1 + 2) * 3", 9), ("2^3^2", 512), ("2**3**2", 512), ("-2^2", -4),
    ("2^-1", 0.5),
    ("-2^-2", -0.25), ("--3", 3), ("10 - 4 - 3", 3), ("24 / 4 / 3", 2),
    ("1e3 + 1.5E-1 + .5 + 2.", 1002.65),
    ("1 < 2", 1), ("1 < 2 < 3", 1), ("3 > 2 > 2", 0), ("1 == 1 && 2 != 2", 0), ("0 || 3", 1),
    ("!0 + !5", 1),
    ("1 < 2 ? 10 : 20", 10), ("0 ? 1 : 0 ? 2 : 3", 3), ("if(2 >= 3, 1, -1)", -1),
    ("min(3, 1, 2)", 1),
    ("max(3, 1, 2)", 3), ("abs(-2.5)", 2.5), ("floor(-1.5) + ceil(1.5)", 0),
    ("round(2.5) + trunc(-2.5)", 1),
    ("sign(-3) + sign(0)", -1), ("mod(7, 4)", 3), ("sqrt(16) + cbrt(27)", 7), ("hypot(3, 4)", 5),
    ("exp2(10)", 1024), ("log2(8) + log10(1000)", 6), ("gamma(5)", 24),
    ("pow(2, 0.5)", 2.0.squareRoot()),
    ("4 ^ 1.5", 8), ("4 ^ -1.5", 0.125), ("x ^ 0", 1), ("x ^ 10", 59049), ("x ^ -3", 1.0 / 27),
    ("x * x - x", 6),
  ]

  @Test(arguments: values) func knownValues(text: String, expected: Double) throws {
    #expect(try value(text, ["x": 3]) == expected)
  }

  /// Against the C library, over many magnitudes; the functions that are our own are within two units in
  /// the last place.
  @Test func functionsAreThoseOfC() throws {
    var generator = SampleGenerator(seed: 11)
    let cases: [(String, (Double) -> Double)] = [
      ("exp(x)", exp), ("log(x)", log), ("sin(x)", sin), ("cos(x)", cos), ("tan(x)", tan),
      ("asin(x)", asin), ("acos(x)", acos), ("atan(x)", atan), ("sinh(x)", sinh), ("cosh(x)", cosh),
      ("tanh(x)", tanh), ("erf(x)", erf), ("erfc(x)", erfc), ("log1p(x)", log1p),
      ("expm1(x)", expm1),
      ("asinh(x)", asinh), ("acosh(x)", acosh), ("atanh(x)", atanh), ("e ^ x", exp),
      ("lgamma(x)", { lgamma($0) }),
      ("gamma(x)", tgamma), ("floor(x)", { $0.rounded(.down) }), ("x ^ 0.3", { pow($0, 0.3) }),
    ]
    var points = (0..<4000).map { _ in
      Double(
        sign: Bool.random(using: &generator) ? .plus : .minus,
        exponent: Int.random(in: -30...20, using: &generator),
        significand: Double.random(in: 1..<2, using: &generator))
    }
    points += (0..<2000).map { _ in Double.random(in: -30...30, using: &generator) }
    points += (0..<300).map { Double($0) * .pi / 2 }
    points += [
      0, -0.0, .infinity, -.infinity, .nan, 0x1p-1074, 0x1p-1030, 1e300, -1e300, 709.78, 709.79,
    ]
    points += [-745, -746, -708.5, -740.1, 1, 1e22]
    for (text, function) in cases {
      let expression = try Expression(text, variables: ["x"])
      var evaluator = ExpressionEvaluator(expression)
      var values = [Double](repeating: 0, count: points.count)
      var span = values.mutableSpan
      evaluator.evaluate(points.span, into: &span)
      for (x, y) in zip(points, values) {
        let expected = function(x)
        let isClose =
          y == expected || y.isNaN && expected.isNaN
          || abs(y - expected) <= 2 * Swift.max(expected.ulp, .leastNonzeroMagnitude)
        #expect(isClose, "\(text) at \(x): \(y), not \(expected)")
      }
    }
  }

  @Test func aPointDoesNotDependOnItsNeighbours() throws {
    let text = "sin(x) * exp(-y) + log(x + y) ^ 3 - (x < y) / cbrt(x) + (x > 0.5 ? x : y) ^ 2.5"
    var evaluator = ExpressionEvaluator(try Expression(text, variables: ["x", "y"]))
    var random = RandomStream(seed: 3)
    let points = (0..<600).map { _ in random.nextUnit() }
    func values(_ range: Range<Int>) -> [Double] {
      var values = [Double](repeating: 0, count: range.count)
      var span = values.mutableSpan
      let own =
        Array(points[range]) + Array(points[(300 + range.lowerBound)..<(300 + range.upperBound)])
      evaluator.evaluate(own.span, into: &span)
      return values
    }
    let all = values(0..<300)
    #expect(all == (0..<300).flatMap { values($0..<($0 + 1)) })
    #expect(all == values(0..<77) + values(77..<300))
    let (x, y) = (points[5], points[305])
    let parts = (
      sin(x) * exp(-y), pow(log(x + y), 3), (x < y ? 1 : 0) / cbrt(x), pow(x > 0.5 ? x : y, 2.5)
    )
    #expect(abs(all[5] - (parts.0 + parts.1 - parts.2 + parts.3)) < 1e-14)
  }

  @Test(arguments: [
    ("", 1, "the end"), ("1 +", 4, "the end"), ("1 + * 2", 5, "“*”"), ("(1 + 2", 7, "“)”"),
    ("1 2", 3, "operator"),
    ("2x", 2, "operator"), ("sin x", 1, "“(” must follow"), ("foo(1)", 1, "unknown function “foo”"),
    ("1 + bar", 5, "unknown name “bar”"), ("atan2(1)", 1, "takes 2 arguments, not 1"),
    ("sin(1, 2)", 1, "takes 1 argument, not 2"), ("max(1)", 1, "2 or more"), ("1 ? 2", 6, "“:”"),
    ("a $ b", 3, "“$”"),
    ("1..2", 3, "operator"), (")", 1, "“)”"), ("x y", 3, "operator"), ("é + 1", 1, "é"),
    ("sin()", 1, "not 0"),
    (".", 1, "not a number"),
  ]) func mistakesHaveAColumn(text: String, column: Int, part: String) throws {
    let error = #expect(throws: ExpressionError.self) {
      try Expression(text, variables: ["x", "y", "a", "b"])
    }
    #expect(error?.column == column)
    #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
  }

  @Test func deepNestingIsRefused() throws {
    let deep = String(repeating: "(", count: 100) + "1" + String(repeating: ")", count: 100)
    #expect(try value(deep) == 1)
    for text in [String(repeating: "(", count: 100_000), String(repeating: "-", count: 100_000)] {
      let error = #expect(throws: ExpressionError.self) { try Expression(text) }
      #expect(error?.message.contains("nested") == true)
    }
  }
}
