internal import MPI

/// Applies a rule to regions, several at once.
struct RegionEvaluator<Vector: SIMD & Datatype>
where Vector.Scalar == Double, Vector: BitwiseCopyable {
  let rule: CubatureRule
  var integrand: DomainIntegrand
  private let widths: [Double]
  private var points: [Double] = []
  private var values: [Double] = []

  init(_ integrand: DomainIntegrand) {
    let dimensions = integrand.domain.sides.count
    rule = dimensions == 1 ? .gaussKronrod : .genzMalik(dimensions: dimensions)
    self.integrand = integrand
    widths = zip(integrand.domain.upper, integrand.domain.lower).map { $0 - $1 }
  }

  /// The whole of the domain.
  var whole: Region<Vector> {
    var region = Region<Vector>(center: .zero, halfWidth: .zero, axis: 0, level: 0)
    for axis in widths.indices {
      region.halfWidth[axis] = widths[axis] / 2
      region.center[axis] = integrand.domain.lower[axis] + widths[axis] / 2
    }
    return region
  }

  /// Computes what the rule says of each region, and sets its value, and along which axis to cut it.
  ///
  /// The result for a region does not depend on the regions beside it.
  mutating func evaluate(_ regions: inout [Region<Vector>], into estimates: inout [RegionEstimate])
  {
    let count = regions.count * rule.count
    let padded = (count + 7) & ~7
    // A span of a property would keep all of this value from being used.
    var (points, values) = (self.points, self.values)
    (self.points, self.values) = ([], [])
    if values.count != padded {
      points = [Double](repeating: 0, count: padded * rule.dimensions)
      values = [Double](repeating: 0, count: padded)
    }
    var pointSpan = points.mutableSpan
    place(regions, padded: padded, into: &pointSpan)
    var valueSpan = values.mutableSpan
    integrand.evaluate(&pointSpan, into: &valueSpan, count: count)
    estimates.removeAll(keepingCapacity: true)
    for i in regions.indices {
      let own = values.span.extracting((i * rule.count)..<((i + 1) * rule.count))
      estimates.append(estimate(&regions[i], own))
    }
    (self.points, self.values) = (points, values)
  }

  private func place(
    _ regions: [Region<Vector>], padded: Int, into target: inout MutableSpan<Double>
  ) {
    let nodes = rule.nodes.span
    let count = rule.count
    for axis in 0..<rule.dimensions {
      let own = nodes.extracting((axis * count)..<((axis + 1) * count))
      for i in regions.indices {
        let center = Pack(repeating: regions[i].center[axis])
        let half = Pack(repeating: regions[i].halfWidth[axis])
        let first = axis * padded + i * count
        for k in stride(from: 0, to: count, by: 8) {
          (center + half * Pack(own, from: k)).store(
            to: &target, from: first + k, before: first + count)
        }
      }
      let last = axis * padded + regions.count * rule.count
      for k in last..<((axis + 1) * padded) { target[k] = target[last - 1] }
    }
  }

  private func estimate(
    _ region: inout Region<Vector>, _ values: Span<Double>
  ) -> RegionEstimate {
    var volume = 1.0
    for axis in 0..<rule.dimensions { volume *= 2 * region.halfWidth[axis] }
    let sums = sums(values)
    region.value = sums.value * volume
    let magnitude = sums.magnitude * volume
    if rule.dimensions == 1 {
      let error = kronrodError(values, mean: sums.value, difference: sums.difference)
      return RegionEstimate(error: error * volume, magnitude: magnitude)
    }
    let half = region.halfWidth
    region.axis = Int32(
      rule.cutAxis(values, width: { half[$0] / widths[$0] }, noise: 0x1p-45 * sums.magnitude))
    return RegionEstimate(error: abs(sums.difference) * volume, magnitude: magnitude)
  }

  /// The weighted sums of the values, of their differences between the rules, and of their absolute
  /// values.
  private func sums(
    _ values: Span<Double>
  ) -> (value: Double, difference: Double, magnitude: Double) {
    let (weights, differences) = (rule.weights.span, rule.differences.span)
    var (value, difference, magnitude) = (Pack.zero, Pack.zero, Pack.zero)
    let whole = rule.count & ~7
    for k in stride(from: 0, to: whole, by: 8) {
      let f = Pack(values, from: k)
      let weighted = f * Pack(weights, from: k)
      value += weighted
      difference += f * Pack(differences, from: k)
      magnitude += weighted.magnitudes
    }
    var result = (value: value.sum(), difference: difference.sum(), magnitude: magnitude.sum())
    for k in whole..<rule.count {
      result.value += values[k] * weights[k]
      result.difference += values[k] * differences[k]
      result.magnitude += abs(values[k] * weights[k])
    }
    return result
  }

  /// The error that QUADPACK gives to the Kronrod rule (Piessens et al., 1983, §3.4.1): the
  /// difference to the Gauss rule, raised to the power of 3/2 where that makes it less, in
  /// proportion to how far the integrand is from constant. For a width of 1.
  private func kronrodError(_ values: Span<Double>, mean: Double, difference: Double) -> Double {
    var variation = 0.0
    for k in values.indices { variation += rule.weights[k] * abs(values[k] - mean) }
    let error = abs(difference)
    guard variation > 0, error > 0 else { return error }
    let ratio = 200 * error / variation
    return variation * min(1, ratio * ratio.squareRoot())
  }
}
