internal import ArgumentParser
internal import MPI
internal import SPMD

/// Integrates a formula over a box.
struct IntegrateCommand: Job {
  static let configuration = CommandConfiguration(
    commandName: "integrate",
    abstract: "Integrates a formula in up to 12 variables over a box.",
    discussion: """
      pcompute integrate "exp(-(x^2 + y^2))" --over x=-inf:inf --over y=-inf:inf

      A formula has + - * / ^, comparisons that give 1 or 0 (&& || ! combine them), “a ? b : c”, the constants pi, \
      e and inf, and the functions abs sign floor ceil round trunc sqrt cbrt min max mod exp exp2 expm1 log log2 \
      log10 log1p pow hypot sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh erf erfc gamma \
      lgamma if. One that begins with a minus sign goes after “--”.

      The result is the same at any number of ranks, bit for bit. The exit status is 3 if the tolerance was not \
      met; the result is printed all the same.
      """)

  @Argument(help: ArgumentHelp("The formula.", valueName: "expression"))
  var expression: String

  @Option(
    help: ArgumentHelp(
      "A variable and where it goes from and to, as x=0:1; once for each variable. Bounds are formulas, too.",
      valueName: "range"))
  var over: [String] = []

  @Option(help: ArgumentHelp("The error allowed, relative to the value.", valueName: "number"))
  var tolerance = 1e-9

  @Option(
    help: ArgumentHelp("The error always allowed, for values near zero.", valueName: "number"))
  var absoluteTolerance = 0.0

  @Option(help: ArgumentHelp("The most evaluations of the formula, by all ranks.", valueName: "n"))
  var maxEvaluations = 100_000_000

  @Option(
    help: """
      Adaptive cubature, quasi-Monte Carlo with scrambled Sobol points, or what gets there (auto).
      """)
  var method = IntegrationMethod.auto

  @Option(help: ArgumentHelp("Which scrambling of the Sobol points.", valueName: "n"))
  var seed: UInt64 = 0

  @OptionGroup var outputOptions: OutputOptions

  func validate() throws {
    guard tolerance >= 0, tolerance.isFinite else {
      throw ValidationError("--tolerance takes a number from 0 on, not \(tolerance)")
    }
    guard absoluteTolerance >= 0, absoluteTolerance.isFinite else {
      throw ValidationError(
        "--absolute-tolerance takes a number from 0 on, not \(absoluteTolerance)")
    }
    guard maxEvaluations > 0 else {
      throw ValidationError("--max-evaluations must be positive, not \(maxEvaluations)")
    }
  }

  func run(on world: Communicator, timings: Timings) throws {
    let ranges = try IntegrationRange.parse(over)
    let formula: Expression
    do throws(ExpressionError) {
      formula = try Expression(expression, variables: ranges.map(\.name))
    } catch {
      throw Failure(message: "expression, \(error)", status: 2)
    }
    var options = Integral.Options()
    options.tolerance = tolerance
    options.absoluteTolerance = absoluteTolerance
    options.maximumEvaluations = maxEvaluations
    options.method = method.method
    options.seed = seed

    let clock = WallClock()
    try world.barrier()
    let start = clock.now
    let integral = try compute(formula, ranges, options, on: world, timings)
    let seconds = start.duration(to: clock.now) / .seconds(1)
    if world.rank == 0 {
      let report = IntegralReport(integral: integral, ranks: world.size, seconds: seconds)
      switch outputOptions.format {
      case .json: try StandardOutput.write(json: report)
      case .text: try StandardOutput.write(report.text)
      }
    }
    guard integral.converged else {
      throw Failure(
        message: "the tolerance was not met after \(integral.evaluations.grouped) evaluations",
        status: 3)
    }
  }

  private func compute(
    _ formula: Expression, _ ranges: [IntegrationRange], _ options: Integral.Options,
    on world: Communicator, _ timings: Timings
  ) throws -> Integral {
    let line = world.rank == 0 ? ProgressLine() : nil
    defer { line?.clear() }
    do {
      return try Integral.compute(
        of: ExpressionEvaluator(formula), over: IntegrationDomain(ranges.map(\.side)),
        options: options, on: world, timings: timings
      ) { state in
        line?.show(text: "\(state.evaluations.grouped) evaluations, error \(state.error)")
      }
    } catch let error as IntegrationError {
      line?.clear()
      throw Failure(message: message(error, ranges))
    }
  }

  private func message(_ error: IntegrationError, _ ranges: [IntegrationRange]) -> String {
    switch error {
    case .notFinite(let value, let point):
      let place = zip(ranges, point).map { "\($0.name) = \($1)" }.joined(separator: ", ")
      return "the expression is \(value) at \(place)"
    case .tooFewEvaluations(let allowed, let needed):
      return "--max-evaluations \(allowed) is less than the \(needed) that it takes to begin"
    case .tooManyVariables(let count, let allowed):
      return "\(count) variables where \(allowed) are possible"
    }
  }
}

/// The names of the methods on the command line.
enum IntegrationMethod: String, ExpressibleByArgument, CaseIterable {
  case auto, cubature, qmc

  var method: Integral.Method {
    switch self {
    case .auto: .auto
    case .cubature: .cubature
    case .qmc: .qmc
    }
  }
}

/// What `integrate` prints.
private struct IntegralReport: Encodable {
  let value: Double
  let error: Double
  let evaluations: Int
  let converged: Bool
  let method: String
  let ranks: Int
  let seconds: Double

  init(integral: Integral, ranks: Int, seconds: Double) {
    value = integral.value
    error = integral.error
    evaluations = integral.evaluations
    converged = integral.converged
    method = integral.method.rawValue
    self.ranks = ranks
    self.seconds = seconds
  }

  var text: String {
    let name = method == "qmc" ? "quasi-Monte Carlo" : method
    return """
      value        \(value)
      error        \(error)\(converged ? "" : ", more than the tolerance")
      evaluations  \(evaluations.grouped), \(name) on \(count(ranks, "rank"))
      time         \(seconds.formatted(digits: 3)) s
      rate         \((Double(evaluations) / seconds / 1e6).formatted(digits: 1)) million evaluations/s
      """
  }
}
