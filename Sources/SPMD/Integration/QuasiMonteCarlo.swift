internal import MPI

/// The mean of an integrand over scrambled Sobol points, and how the means of independent
/// scramblings scatter.
///
/// Source: A. Owen, *Monte Carlo variance of scrambled net quadrature*, SIAM J. Numer. Anal. 34
/// (1997), 1884–1910: the means are unbiased, and for smooth integrands of n points their
/// standard error falls nearly as n^(−3/2).
struct QuasiMonteCarlo {
  private let options: Integral.Options
  private let communicator: Communicator
  private var integrand: DomainIntegrand
  private let volume: Double
  private let sequences: [SobolSequence]
  private var sums: [ExactSum]
  private var points: [Double]
  private var values: [Double]
  private var evaluations = 0

  /// Three standard errors are left by 1 % of all normal errors, with 15 degrees of freedom.
  private static var replicaCount: Int { 16 }
  private static var blockLength: Int { 256 }

  init(
    _ integrand: DomainIntegrand, _ options: Integral.Options, on communicator: Communicator
  ) throws {
    let dimensions = integrand.domain.sides.count
    guard dimensions <= SobolSequence.maximumDimensions else {
      throw IntegrationError.tooManyVariables(
        dimensions, allowed: SobolSequence.maximumDimensions)
    }
    let needed = Self.replicaCount * Self.blockLength
    guard options.maximumEvaluations >= needed else {
      throw IntegrationError.tooFewEvaluations(
        allowed: options.maximumEvaluations, needed: needed)
    }
    self.integrand = integrand
    self.options = options
    self.communicator = communicator
    sequences = (0..<Self.replicaCount).map {
      SobolSequence(dimensions: dimensions, seed: options.seed, replica: UInt64($0))
    }
    sums = [ExactSum](repeating: ExactSum(), count: Self.replicaCount)
    points = [Double](repeating: 0, count: dimensions * Self.blockLength)
    values = [Double](repeating: 0, count: Self.blockLength)
    volume = zip(integrand.domain.upper, integrand.domain.lower).reduce(1) { $0 * ($1.0 - $1.1) }
  }

  /// Doubles the number of points until the error is small enough.
  mutating func run(_ progress: ((Integral) -> Void)?) throws -> Integral {
    var blocks = 0..<1
    while true {
      addBlocks(blocks)
      let result = try combined(pointCount: blocks.upperBound * Self.blockLength)
      progress?(result)
      let next = 2 * blocks.upperBound
      let cost = Self.replicaCount * Self.blockLength * next
      // There are 2³² points.
      if result.converged || cost > options.maximumEvaluations
        || next * Self.blockLength > 1 << 32
      {
        return result
      }
      blocks = blocks.upperBound..<next
    }
  }

  /// Adds this rank's part of some blocks of each replica.
  private mutating func addBlocks(_ blocks: Range<Int>) {
    let all = Self.replicaCount * blocks.count
    for index in Partition.balanced(all, part: communicator.rank, of: communicator.size) {
      let (replica, block) = index.quotientAndRemainder(dividingBy: blocks.count)
      addBlock(blocks.lowerBound + block, of: replica)
    }
  }

  private mutating func addBlock(_ block: Int, of replica: Int) {
    let domain = integrand.domain
    let count = Self.blockLength
    // A span of a property would keep all of this value from being used.
    var (points, values) = (self.points, self.values)
    (self.points, self.values) = ([], [])
    for axis in domain.sides.indices {
      // Into the storage of the values first, which is as long as one coordinate.
      var units = values.mutableSpan
      sequences[replica].fill(&units, dimension: axis, from: UInt32(block * count))
      let (lower, width) = (domain.lower[axis], domain.upper[axis] - domain.lower[axis])
      for i in 0..<count { points[axis * count + i] = lower + width * values[i] }
    }
    var pointSpan = points.mutableSpan
    var valueSpan = values.mutableSpan
    integrand.evaluate(&pointSpan, into: &valueSpan, count: count)
    var sum = Pack.zero
    for i in stride(from: 0, to: count, by: 8) { sum += Pack(values.span, from: i) }
    sums[replica].add(sum.sum())
    evaluations += count
    (self.points, self.values) = (points, values)
  }

  /// What all ranks have found together.
  private func combined(pointCount: Int) throws -> Integral {
    let words =
      sums.flatMap(\.words)
      + [Int64(evaluations), integrand.singularity == nil ? 0 : 1]
    let all = try communicator.allReduce(words, .sum)
    let length = ExactSum.wordCount
    guard all[Self.replicaCount * length + 1] == 0 else {
      throw try IntegrationError.notFinite(
        integrand.singularity, dimensions: integrand.domain.sides.count, on: communicator)
    }
    var total = ExactSum()
    let means = (0..<Self.replicaCount).map { replica in
      let sum = ExactSum(words: all.span.extracting((replica * length)..<((replica + 1) * length)))
      total.add(sum)
      return volume * sum.mean(of: pointCount)
    }
    let value = volume * total.mean(of: pointCount * Self.replicaCount)
    let squares = means.reduce(0) { $0 + ($1 - value) * ($1 - value) }
    let replicas = Double(Self.replicaCount)
    let error = 3 * (squares / (replicas * (replicas - 1))).squareRoot()
    let allowed = Integral.allowedError(value, magnitude: abs(value), options)
    return Integral(
      value: integrand.domain.sign * value, error: error,
      evaluations: Int(all[Self.replicaCount * length]), converged: error <= allowed, method: .qmc)
  }
}
