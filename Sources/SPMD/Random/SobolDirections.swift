/// Primitive polynomials and initial direction numbers of the first dimensions of Sobol's sequence.
///
/// Source: S. Joe and F. Kuo, *Constructing Sobol sequences with better two-dimensional
/// projections*, SIAM J. Sci. Comput. 30 (2008), 2635–2654; their file `new-joe-kuo-6`.
enum SobolDirections {
  /// For each dimension after the first: the polynomial's inner coefficients (`a`), and m₁, m₂, …,
  /// as many as its degree.
  private static let table: [(coefficients: UInt32, initial: [UInt32])] = [
    (0, [1]), (1, [1, 3]), (1, [1, 3, 1]), (2, [1, 1, 1]), (1, [1, 1, 3, 3]), (4, [1, 3, 5, 13]),
    (2, [1, 1, 5, 5, 17]), (4, [1, 1, 5, 5, 5]), (7, [1, 1, 7, 11, 19]), (11, [1, 1, 5, 1, 1]),
    (13, [1, 1, 1, 3, 11]), (14, [1, 3, 5, 5, 31]), (1, [1, 3, 3, 9, 7, 49]),
    (13, [1, 1, 1, 15, 21, 21]), (16, [1, 3, 1, 13, 27, 49]),
  ]

  static var dimensionCount: Int { table.count + 1 }

  /// The 32 direction numbers of a dimension, the first one in the most significant bit.
  ///
  /// The recurrence is eq. (2) of Joe and Kuo, for v = m · 2^(32−k).
  static func directions(dimension: Int) -> [UInt32] {
    guard dimension > 0 else { return (0..<32).map { 1 << (31 - $0) } }
    let (coefficients, initial) = table[dimension - 1]
    let degree = initial.count
    var v = initial.enumerated().map { $1 << (31 - UInt32($0)) }
    for k in degree..<32 {
      var next = v[k - degree] ^ (v[k - degree] >> UInt32(degree))
      for i in 1..<max(1, degree) where coefficients >> UInt32(degree - 1 - i) & 1 == 1 {
        next ^= v[k - i]
      }
      v.append(next)
    }
    return v
  }
}
