public import MPI

/// An integral that was computed on all ranks.
///
///     let f = try Expression("exp(-(x^2 + y^2))", variables: ["x", "y"])
///     let domain = IntegrationDomain([.init(-.infinity, .infinity), .init(-.infinity, .infinity)])
///     let pi = try Integral.compute(of: ExpressionEvaluator(f), over: domain, on: world)
///     // pi.value is 3.14159265…, on all ranks the same, and at any number of ranks, bit for bit.
public struct Integral: Equatable, Sendable {
  /// How an integral is computed.
  public enum Method: String, CaseIterable, Sendable {
    /// Cubature, and from five variables on, where that does not get there, the other.
    case auto
    /// Adaptive rules: the regions that matter are cut in two, again and again.
    case cubature
    /// Scrambled Sobol points: the error hardly depends on the number of variables.
    case qmc
  }

  /// What is asked for.
  public struct Options: Equatable, Sendable {
    /// The error that is allowed, in proportion to the value.
    public var tolerance = 1e-9
    /// The error that is always allowed.
    public var absoluteTolerance = 0.0
    /// The most points, over all ranks, at which the integrand is evaluated.
    public var maximumEvaluations = 100_000_000
    /// How the integral is computed.
    public var method = Method.auto
    /// Which scrambling of the Sobol points.
    public var seed: UInt64 = 0

    /// The defaults.
    public init() {}
  }

  /// The value of the integral.
  public internal(set) var value: Double
  /// How far off that may be: for cubature the sum of the differences between two rules, which is
  /// nearly always much more than the true error; for quasi-Monte Carlo three standard errors.
  public internal(set) var error: Double
  /// At how many points the integrand was evaluated, over all ranks.
  public internal(set) var evaluations: Int
  /// Whether the error is within the tolerance; where it cannot be, because of rounding, whether it
  /// is about as small as rounding lets it be.
  public internal(set) var converged: Bool
  /// How the value was computed: never `auto`.
  public internal(set) var method: Method

  /// Computes an integral.
  ///
  /// **Collective**: every rank calls it with the same arguments.
  ///
  /// - Parameters:
  ///   - integrand: What is integrated. It is not evaluated at the ends of the domain.
  ///   - domain: Over what.
  ///   - options: How well, and how.
  ///   - communicator: The ranks that share the work.
  ///   - timings: Takes the sections `refine` and `add up` of cubature, `sample` of quasi-Monte Carlo.
  ///   - progress: Called on each rank now and then, with what is known so far.
  /// - Returns: The integral, the same on all ranks.
  /// - Throws: ``IntegrationError``, the same on all ranks; `MPIError` as reported by the library.
  /// - Complexity: Some ten reductions of a few KiB, besides the messages of ``WorkPool``. Cubature
  ///   stores up to 300 bytes for each region that is left in the end.
  public static func compute(
    of integrand: any Integrand, over domain: IntegrationDomain, options: Options = Options(),
    on communicator: Communicator, timings: Timings = Timings(),
    progress: ((Integral) -> Void)? = nil
  ) throws -> Integral {
    let function = DomainIntegrand(integrand, over: domain)
    var cubatureOptions = options
    switch options.method {
    case .cubature: break
    case .qmc:
      var sampling = try QuasiMonteCarlo(function, options, on: communicator)
      return try timings.measure("sample") { try sampling.run(progress) }
    case .auto:
      guard integrand.dimensions > 4 else { break }
      cubatureOptions.maximumEvaluations /= integrand.dimensions > 7 ? 8 : 2
    }
    var first: Integral?
    if options.method == .cubature || integrand.dimensions <= 4
      || CubatureRule.pointCount(dimensions: integrand.dimensions)
        <= cubatureOptions.maximumEvaluations
    {
      first = try adaptive(function, cubatureOptions, on: communicator, timings, progress)
    }
    if let first, first.converged || cubatureOptions == options { return first }
    cubatureOptions.maximumEvaluations = options.maximumEvaluations - (first?.evaluations ?? 0)
    var sampling = try QuasiMonteCarlo(function, cubatureOptions, on: communicator)
    var second = try timings.measure("sample") { try sampling.run(progress) }
    let evaluations = second.evaluations + (first?.evaluations ?? 0)
    if let first, first.error < second.error { second = first }
    second.evaluations = evaluations
    return second
  }

  /// Regions have room for as many coordinates as there are variables, and few more.
  private static func adaptive(
    _ function: DomainIntegrand, _ options: Options, on communicator: Communicator,
    _ timings: Timings, _ progress: ((Integral) -> Void)?
  ) throws -> Integral {
    switch function.domain.sides.count {
    case 1, 2:
      try AdaptiveCubature<SIMD2<Double>>(function, options, on: communicator)
        .run(timings, progress)
    case 3, 4:
      try AdaptiveCubature<SIMD4<Double>>(function, options, on: communicator)
        .run(timings, progress)
    case 5...8:
      try AdaptiveCubature<SIMD8<Double>>(function, options, on: communicator)
        .run(timings, progress)
    default:
      try AdaptiveCubature<SIMD16<Double>>(function, options, on: communicator)
        .run(timings, progress)
    }
  }

  /// The error that is allowed for a value.
  ///
  /// - Parameter magnitude: The integral of the absolute value. Rounding makes errors of some units
  ///   in its last place, so that no less than 32 of them is asked for.
  static func allowedError(_ value: Double, magnitude: Double, _ options: Options) -> Double {
    max(options.tolerance * abs(value), options.absoluteTolerance, 0x1p-47 * magnitude)
  }
}
