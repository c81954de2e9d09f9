import Foundation
import Support
import Testing

/// `pcompute integrate` as people run it.
@Suite struct IntegrateTests {
  private struct Result: Decodable, Equatable {
    var value: Double
    var error: Double
    var evaluations: Int
    var converged: Bool
    var method: String
    var ranks: Int
    var seconds: Double
  }

  /// Runs the command, on one rank by itself: mpirun takes far longer than most of what is tested here.
  private func run(_ ranks: Int, _ arguments: [String]) throws -> LaunchResult {
    let program = try Launcher.product("pcompute")
    return ranks == 1
      ? try Launcher.run(program, ["integrate"] + arguments)
      : try Launcher.mpirun(ranks: ranks, program: program, ["integrate"] + arguments)
  }

  private func decoded(_ result: LaunchResult) throws -> Result {
    try JSONDecoder().decode(Result.self, from: Data(result.standardOutput.utf8))
  }

  /// Genz's Gaussian and corner peak (1984) in four variables, with values from their closed forms. (That
  /// all his families are the same at any number of ranks is said by IntegralTests.)
  @Test func sameAtAnyNumberOfRanks() throws {
    // √π/4 · (erf 1.4 + erf 0.6) for each of the four sides; 1/(4! · 0.5⁴) · Σ (−1)^k C(4, k) / (1 + k/2).
    let peak = pow(Double.pi.squareRoot() / 4 * (erf(1.4) + erf(0.6)), 4)
    let corner = (1.0 - 4 / 1.5 + 6 / 2.0 - 4 / 2.5 + 1 / 3.0) / (24 * 0.0625)
    let cases: [(String, Double, [String], [Int])] = [
      ("exp(-4*((x-0.3)^2 + (y-0.3)^2 + (z-0.3)^2 + (w-0.3)^2))", peak, [], [1, 3]),
      ("(1 + (x + y + z + w)/2)^-5", corner, [], [1, 7]),
      (
        "(1 + (x + y + z + w)/2)^-5", corner,
        ["--method", "qmc", "--seed", "3", "--tolerance", "1e-4"], [1, 2]
      ),
    ]
    let sides = ["x", "y", "z", "w"].flatMap { ["--over", "\($0)=0:1"] }
    for (formula, exact, options, ranks) in cases {
      let results = try ranks.map { ranks in
        let result = try run(
          ranks, [formula, "--tolerance", "1e-8", "--format", "json"] + sides + options)
        #expect(result.status == 0 && result.standardError == "")
        var json = try decoded(result)
        #expect(json.ranks == ranks && json.converged && json.seconds > 0)
        (json.ranks, json.seconds) = (0, 0)
        return json
      }
      #expect(results.allSatisfy { $0 == results[0] })
      let allowed = options.isEmpty ? 1e-8 : 1.5e-4
      #expect(abs(results[0].value - exact) <= allowed * exact)
      #expect(results[0].error <= allowed * exact)
      #expect(results[0].method == (options.isEmpty ? "cubature" : "qmc"))
    }
  }

  @Test(arguments: [1, 3]) func aToleranceThatIsNotMet(ranks: Int) throws {
    let result = try run(
      ranks,
      [
        "x^2 + y^2 < 1", "--over", "x=-1:1", "--over", "y=-1:1", "--max-evaluations", "10000",
        "--format", "json",
      ])
    #expect(result.status == 3)
    let json = try decoded(result)
    #expect(!json.converged && json.evaluations <= 10_000)
    #expect(abs(json.value - .pi) < json.error)
    #expect(result.standardError.contains("the tolerance was not met after"))
  }

  @Test func boundsAreFormulas() throws {
    let result = try run(
      2,
      [
        "exp(-(r^2))*r", "--over", "r=0:inf", "--over", "phi=0:2*pi", "--absolute-tolerance",
        "1e-8",
      ])
    #expect(result.status == 0)
    let value = result.standardOutput.split(separator: "\n").first?.split(separator: " ").last
    #expect(abs((value.flatMap { Double($0) } ?? 0) - .pi) < 1e-8)
    #expect(result.standardOutput.contains("cubature on 2 ranks"))
  }

  @Test func mistakesAreOneLineWithThePlace() throws {
    let cases: [([String], Int32, String)] = [
      (["sin(x", "--over", "x=0:1"], 2, "expression, column 6: expected “)”"),
      (["x + y", "--over", "x=0:1"], 2, "expression, column 5: unknown name “y”"),
      (["x", "--over", "x=0:1+"], 2, "--over x=0:1+: column 7: expected a number"),
      (["x", "--over", "x=0"], 2, "--over x=0: expected a variable and its range"),
      (["x", "--over", "e=0:1"], 2, "“e” means something else"),
      (["x", "--over", "x=0:1", "--over", "x=0:2"], 2, "“x” is there twice"),
      (["x", "--over", "x=0:0/0"], 2, "column 5: the bound is not a number"),
      (["x"], 2, "--over is missing"),
      (["1/(x < 0.25)", "--over", "x=0:1"], 1, "the expression is inf at x = "),
      (["x", "--over", "x=0:1", "--max-evaluations", "5"], 1, "less than the 21"),
      (
        ["x"] + (0..<13).flatMap { ["--over", "x\($0)=0:1"] }, 2,
        "13 variables where 12 are possible"
      ),
    ]
    for (number, (arguments, status, message)) in cases.enumerated() {
      // On several ranks one of those that are known before the work, and one that is not.
      for ranks in [0, 8].contains(number) ? [1, 3] : [1] {
        let result = try run(ranks, arguments)
        #expect(result.status == status)
        #expect(result.standardOutput == "")
        let lines = result.standardError.split(separator: "\n").filter { $0.hasPrefix("pcompute:") }
        #expect(lines.count == 1 && lines[0].contains(message), "\(result.standardError)")
        #expect(result.duration < .seconds(15))
      }
    }
  }
}
