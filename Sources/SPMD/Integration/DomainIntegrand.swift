/// An integrand on a domain, as a function on a finite box, with a record of where it was not
/// finite.
struct DomainIntegrand {
  private var base: any Integrand
  let domain: IntegrationDomain
  private var factors: [Double] = []

  /// The first point, coordinate by coordinate, where the value was not finite, and that value.
  private(set) var singularity: [Double]?

  init(_ base: any Integrand, over domain: IntegrationDomain) {
    precondition(
      base.dimensions == domain.sides.count,
      "\(base.dimensions) variables, and a domain of \(domain.sides.count) sides")
    self.base = base
    self.domain = domain
  }

  /// Computes values at points of the finite box, which become those of the domain.
  ///
  /// - Parameter count: How many of the points count; the others fill the last pack up.
  mutating func evaluate(
    _ points: inout MutableSpan<Double>, into values: inout MutableSpan<Double>, count: Int
  ) {
    let padded = values.count
    let isSubstituted = !domain.isFinite
    if isSubstituted {
      if factors.count != padded { factors = [Double](repeating: 1, count: padded) }
      let domain = domain
      var storage = factors.mutableSpan
      domain.substitute(in: &points, factors: &storage)
    }
    base.evaluate(points.span, into: &values)
    if isSubstituted {
      // Far out a value of zero meets a factor that may be infinite.
      for i in 0..<padded where values[i] != 0 { values[i] *= factors[i] }
    }
    var check = Pack.zero
    for i in stride(from: 0, to: padded, by: 8) { check += Pack(values.span, from: i) * 0 }
    if check != .zero { note(points.span, values.span, count: count) }
  }

  /// Remembers the first of the points, and lets none of them count: the integration ends with an
  /// error anyway.
  private mutating func note(_ points: Span<Double>, _ values: Span<Double>, count: Int) {
    for i in 0..<count where !values[i].isFinite {
      let point = (0..<domain.sides.count).map { points[$0 * values.count + i] } + [values[i]]
      if let singularity, !point.lexicographicallyPrecedes(singularity) { continue }
      singularity = point
    }
  }
}
