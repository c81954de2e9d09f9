internal import MPI

/// A box of an integral, as it travels between ranks. Only the first components count, as many as
/// there are variables.
struct Region<Vector: SIMD & Datatype>: Datatype, BitwiseCopyable
where Vector.Scalar == Double, Vector: BitwiseCopyable {
  var center: Vector
  var halfWidth: Vector
  /// What the rule makes of it.
  var value = 0.0
  /// Along which axis it is to be cut.
  var axis: Int32
  /// How often its ancestors have been cut in this round.
  var level: Int32

  /// The two halves, or `nil` where there are no numbers left between its ends.
  var halves: (Region, Region)? {
    let i = Int(axis)
    let quarter = halfWidth[i] / 2
    let (low, high) = (center[i] - quarter, center[i] + quarter)
    guard low - quarter < low, low < center[i], center[i] < high, high < high + quarter else {
      return nil
    }
    var (first, second) = (self, self)
    first.halfWidth[i] = quarter
    second.halfWidth[i] = quarter
    first.center[i] = low
    second.center[i] = high
    first.level += 1
    second.level += 1
    return (first, second)
  }
}

/// What a rule has found in a region, besides the value.
struct RegionEstimate {
  /// How far off the value may be.
  var error: Double
  /// The integral of the absolute value, roughly: rounding is in proportion to it.
  var magnitude: Double

  /// Takes into account how well the halves of a region agree with what was found in the whole.
  ///
  /// A rule may by chance see nothing of a kink. Then its value changes with the cut by more than
  /// its error says, and the errors of the halves are no better. The formula is that of DCUHRE
  /// (J. Berntsen, T. Espelid and A. Genz, *An adaptive algorithm for the approximate calculation
  /// of multiple integrals*, ACM TOMS 17, 1991), in the form of T. Hahn, *Cuba — a library for
  /// multidimensional numerical integration*, Comput. Phys. Commun. 168 (2005), §2.4.
  static func reconcile(
    _ first: inout RegionEstimate, _ second: inout RegionEstimate, change: Double
  ) {
    let difference = abs(change) / 4
    let sum = first.error + second.error
    guard difference.isFinite, sum.isFinite else { return }
    let factor = sum > 0 ? 1 + 2 * difference / sum : 1
    first.error = first.error * factor + difference
    second.error = second.error * factor + difference
  }
}
