internal import MPI

/// Cuts the regions with large errors in two until the sum of all errors is small enough.
///
/// In a round, every region whose error is above a threshold is cut, and its parts in turn, in
/// whatever order and on whatever rank: the set of regions in the end depends on the threshold alone.
/// The thresholds follow from sums over all regions that are exact, and so does the result: it is the
/// same at any number of ranks, bit for bit, and yet no rank waits for others within a round.
///
/// That the worst regions are cut until the sum is small is the globally adaptive strategy of
/// P. van Dooren and L. de Ridder, *An adaptive algorithm for numerical integration over an
/// n-dimensional cube*, J. Comput. Appl. Math. 2 (1976); the rounds are ours.
final class AdaptiveCubature<Vector: SIMD & Datatype>
where Vector.Scalar == Double, Vector: BitwiseCopyable {
  private let options: Integral.Options
  private let communicator: Communicator
  private let pool: WorkPool<Region<Vector>>
  private var evaluator: RegionEvaluator<Vector>
  private var leaves = RegionStore<Vector>()
  private var estimates: [RegionEstimate] = []
  private var parts: [Region<Vector>] = []
  /// On this rank.
  private var evaluations = 0

  init(
    _ integrand: DomainIntegrand, _ options: Integral.Options, on communicator: Communicator
  ) throws {
    let dimensions = integrand.domain.sides.count
    guard dimensions <= Vector.scalarCount else {
      throw IntegrationError.tooManyVariables(dimensions, allowed: Vector.scalarCount)
    }
    self.options = options
    self.communicator = communicator
    evaluator = RegionEvaluator(integrand)
    guard options.maximumEvaluations >= evaluator.rule.count else {
      throw IntegrationError.tooFewEvaluations(
        allowed: options.maximumEvaluations, needed: evaluator.rule.count)
    }
    pool = try WorkPool(on: communicator)
  }

  func run(_ timings: Timings, _ progress: ((Integral) -> Void)?) throws -> Integral {
    evaluateInitial()
    while true {
      let totals = try timings.measure("add up") {
        try RegionTotals(
          leaves, evaluations: evaluations, isSingular: evaluator.integrand.singularity != nil,
          on: communicator)
      }
      guard totals.singularCount == 0 else {
        throw try IntegrationError.notFinite(
          evaluator.integrand.singularity, dimensions: evaluator.rule.dimensions, on: communicator)
      }
      let allowed = Integral.allowedError(totals.value, magnitude: totals.magnitude, options)
      var result = Integral(
        value: evaluator.integrand.domain.sign * totals.value, error: totals.error,
        evaluations: totals.evaluations, converged: totals.error <= allowed, method: .cubature)
      // A zero should not have a sign.
      if result.value == 0 { result.value = 0 }
      progress?(result)
      if result.converged { return result }
      let histogram = try ErrorHistogram(
        leaves, magnitude: totals.magnitude, on: communicator)
      guard
        let round = histogram.nextRound(
          error: totals.error, allowed: allowed, regions: totals.count,
          evaluationsLeft: options.maximumEvaluations - totals.evaluations,
          evaluationsForCut: 2 * evaluator.rule.count)
      else { return result }
      try timings.measure("refine") { try refine(round) }
    }
  }

  /// Cuts the domain into a few regions, so that a peak is less easily missed, and evaluates this
  /// rank's part of them.
  private func evaluateInitial() {
    var regions = [evaluator.whole]
    var axis: Int32 = 0
    while regions.count < 16,
      2 * regions.count * evaluator.rule.count <= options.maximumEvaluations / 4
    {
      for i in regions.indices { regions[i].axis = axis }
      // A side of no length cannot be cut.
      let halves = regions.compactMap(\.halves)
      if halves.count == regions.count { regions = halves.flatMap { [$0.0, $0.1] } }
      axis += 1
      if axis == evaluator.rule.dimensions {
        if regions.count == 1 { break }
        axis = 0
      }
    }
    let mine = Partition.balanced(
      regions.count, part: communicator.rank, of: communicator.size)
    parts = Array(regions[mine])
    evaluateParts()
    for i in parts.indices { leaves.append(parts[i], estimates[i]) }
  }

  private func evaluateParts() {
    guard !parts.isEmpty else { return }
    evaluator.evaluate(&parts, into: &estimates)
    evaluations += parts.count * evaluator.rule.count
  }

  private func refine(_ round: RefinementRound) throws {
    let initial = leaves.remove(above: round.threshold)
    let batch = max(1, 1024 / evaluator.rule.count)
    try pool.run(initial, batch: batch) { regions, created in
      parts.removeAll(keepingCapacity: true)
      for i in regions.indices {
        guard let (first, second) = regions[i].halves else {
          preconditionFailure("a region that cannot be cut")
        }
        parts.append(first)
        parts.append(second)
      }
      evaluateParts()
      for i in regions.indices {
        let change = parts[2 * i].value + parts[2 * i + 1].value - regions[i].value
        var (first, second) = (estimates[2 * i], estimates[2 * i + 1])
        RegionEstimate.reconcile(&first, &second, change: change)
        (estimates[2 * i], estimates[2 * i + 1]) = (first, second)
      }
      for i in parts.indices {
        let estimate = estimates[i]
        if estimate.error >= round.threshold, parts[i].level < round.levels,
          RegionStore.canBeCut(parts[i], estimate)
        {
          created.append(parts[i])
        } else {
          leaves.append(parts[i], estimate)
        }
      }
    }
  }
}
