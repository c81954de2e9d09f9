/// Points in the box [−1, 1]ⁿ, with two sets of weights: their difference tells the error.
struct CubatureRule: Sendable {
  let dimensions: Int
  /// The number of points.
  let count: Int
  /// All first coordinates, then all second ones, and so on.
  let nodes: [Double]
  /// The weights of the better rule; they add up to 1.
  let weights: [Double]
  /// What the weights of the lesser rule are less than those.
  let differences: [Double]

  private init(dimensions: Int, points: [[Double]], weights: [Double], lesser: [Double]) {
    self.dimensions = dimensions
    count = points.count
    nodes = (0..<dimensions).flatMap { axis in points.map { $0[axis] } }
    self.weights = weights
    differences = zip(weights, lesser).map { $0 - $1 }
  }

  /// How many points the rule for so many variables has.
  static func pointCount(dimensions n: Int) -> Int {
    n == 1 ? 21 : (1 << n) + 2 * n * n + 2 * n + 1
  }

  /// The rules of degree 7 and 5 for two and more variables: 2ⁿ + 2n² + 2n + 1 points.
  ///
  /// Source: A. Genz and A. Malik, *Remarks on algorithm 006: an adaptive algorithm for numerical
  /// integration over an N-dimensional rectangular region*, J. Comput. Appl. Math. 6 (1980), 295–302.
  ///
  /// The center comes first, then four points of each axis, which ``cutAxis(_:)`` needs.
  static func genzMalik(dimensions n: Int) -> CubatureRule {
    precondition(n >= 2, "the rule needs two variables")
    let (inner, outer, corner) = (near, far, (9.0 / 19).squareRoot())
    let zero = [Double](repeating: 0, count: n)
    func point(_ changes: [(axis: Int, value: Double)]) -> [Double] {
      var point = zero
      for change in changes { point[change.axis] = change.value }
      return point
    }
    let d = Double(n)
    let center = ((12824 - 9120 * d + 400 * d * d) / 19683, (729 - 950 * d + 50 * d * d) / 729)
    let first = (980.0 / 6561, 245.0 / 486)
    let second = ((1820 - 400 * d) / 19683, (265 - 100 * d) / 1458)
    var points = [zero]
    var weights = [center]
    for axis in 0..<n {
      for (distance, weight) in [(inner, first), (outer, second)] {
        for value in [distance, -distance] {
          points.append(point([(axis, value)]))
          weights.append(weight)
        }
      }
    }
    for a in 0..<n {
      for b in (a + 1)..<max(n, a + 1) {
        for (x, y) in [(outer, outer), (outer, -outer), (-outer, outer), (-outer, -outer)] {
          points.append(point([(a, x), (b, y)]))
          weights.append((200.0 / 19683, 25.0 / 729))
        }
      }
    }
    for signs in 0..<(1 << n) {
      points.append((0..<n).map { signs >> $0 & 1 == 0 ? corner : -corner })
      weights.append((6859.0 / 19683 / Double(1 << n), 0))
    }
    return CubatureRule(
      dimensions: n, points: points, weights: weights.map(\.0), lesser: weights.map(\.1))
  }

  private static let near = (9.0 / 70).squareRoot()
  private static let far = (9.0 / 10).squareRoot()

  /// The axis along which the fourth difference of the values is greatest, so that cutting it helps
  /// most (Genz and Malik, §3); the widest of those that are equal but for rounding.
  ///
  /// - Parameters:
  ///   - values: Those at the rule's points.
  ///   - width: The width of the region along an axis, in proportion to the whole.
  ///   - noise: Differences below this are rounding.
  func cutAxis(_ values: Span<Double>, width: (Int) -> Double, noise: Double) -> Int {
    let twice = 2 * values[0]
    var best = (difference: 0.0, width: 0.0, axis: 0)
    for axis in 0..<dimensions {
      let i = 1 + 4 * axis
      let inner = values[i] + values[i + 1] - twice
      let outer = values[i + 2] + values[i + 3] - twice
      // (λ₂/λ₃)² = 1/7.
      let difference = abs(inner - outer / 7)
      let isMore = difference > best.difference + noise
      let isEqual = difference >= best.difference - noise
      if isMore || isEqual && width(axis) > best.width {
        best = (max(difference, best.difference), width(axis), axis)
      }
    }
    return best.axis
  }

  /// The Kronrod rule of 21 points and the Gauss rule of 10 among them, of degree 32 and 19.
  ///
  /// Source: R. Piessens et al., *QUADPACK*, 1983, routine QK21; computed again by L. W. Fullerton to
  /// more digits than here.
  static let gaussKronrod: CubatureRule = {
    let nodes = [
      0.995657163025808080735527280689003, 0.973906528517171720077964012084452,
      0.930157491355708226001207180059508, 0.865063366688984510732096688423493,
      0.780817726586416897063717578345042, 0.679409568299024406234327365114874,
      0.562757134668604683339000099272694, 0.433395394129247190799265943165784,
      0.294392862701460198131126602103866, 0.148874338981631210884826001129720,
    ]
    let kronrod = [
      0.011694638867371874278064396062192, 0.032558162307964727478818972459390,
      0.054755896574351996031381300244580, 0.075039674810919952767043140916190,
      0.093125454583697605535065465083366, 0.109387158802297641899210590325805,
      0.123491976262065851077958109585166, 0.134709217311473325928054001771707,
      0.142775938577060080797094273138717, 0.147739104901338491374841515972068,
    ]
    let gauss = [
      0.066671344308688137593568809893332, 0.149451349150580593145863396957658,
      0.219086362515982043995534934228163, 0.269266719309996355091226921569469,
      0.295524224714752870173815619188769,
    ]
    var points = [[0.0]]
    var weights = [(0.149445554002916905664936468389821 / 2, 0.0)]
    for (i, node) in nodes.enumerated() {
      for sign in [1.0, -1.0] {
        points.append([sign * node])
        // The weights of the sources add up to 2.
        weights.append((kronrod[i] / 2, i % 2 == 1 ? gauss[i / 2] / 2 : 0))
      }
    }
    return CubatureRule(
      dimensions: 1, points: points, weights: weights.map(\.0), lesser: weights.map(\.1))
  }()
}
