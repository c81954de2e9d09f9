internal import MPI

/// Why an integral cannot be computed. All ranks throw the same.
public enum IntegrationError: Error, Equatable {
  /// The integrand is infinite or not a number at a point.
  case notFinite(value: Double, point: [Double])
  /// So many evaluations are allowed, and so many are needed to begin with.
  case tooFewEvaluations(allowed: Int, needed: Int)
  /// There are methods for so many variables only.
  case tooManyVariables(Int, allowed: Int)

  /// The first of the points that the ranks have met, coordinate by coordinate.
  ///
  /// **Collective**.
  static func notFinite(
    _ singularity: [Double]?, dimensions: Int, on communicator: Communicator
  ) throws -> IntegrationError {
    var point: [Double] = []
    var isCandidate = singularity != nil
    // Not a number would get lost in a minimum.
    for index in 0..<dimensions {
      let own = isCandidate ? singularity?[index] ?? .infinity : .infinity
      let least = try communicator.allReduce(own, .min)
      isCandidate = isCandidate && own == least
      point.append(least)
    }
    let value = isCandidate ? singularity?[dimensions] ?? .nan : 0
    let kind = try communicator.allReduce(value.isNaN ? 4 : value > 0 ? 2 : value < 0 ? 1 : 0, .max)
    return .notFinite(
      value: kind == 4 ? .nan : kind == 2 ? .infinity : -.infinity, point: point)
  }
}
