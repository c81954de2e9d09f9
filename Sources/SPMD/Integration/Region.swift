internal import MPI

/// A box of an integral, as it travels between ranks. Only the first components count, as many as
/// there are variables.
struct Region<Vector: SIMD & Datatype>: Datatype, BitwiseCopyable
where Vector.Scalar == Double, Vector: BitwiseCopyable {
  var center: Vector
  var halfWidth: Vector
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

/// What a rule has found in a region.
struct RegionEstimate {
  /// The integral over the region.
  var value: Double
  /// How far off that may be.
  var error: Double
  /// The integral of the absolute value, roughly: rounding is in proportion to it.
  var magnitude: Double
  /// Along which axis to cut.
  var axis: Int32
}
