internal import MPI

/// The regions of one rank that are not cut, with their estimates in columns.
struct RegionStore<Vector: SIMD & Datatype>
where Vector.Scalar == Double, Vector: BitwiseCopyable {
  private(set) var regions: [Region<Vector>] = []
  private(set) var values: [Double] = []
  private(set) var errors: [Double] = []
  private(set) var magnitudes: [Double] = []

  /// Whether cutting a region can help: not where the error is rounding, or nothing that can be
  /// computed with, or the region too small.
  static func canBeCut(_ region: Region<Vector>, _ estimate: RegionEstimate) -> Bool {
    estimate.error > 0x1p-48 * estimate.magnitude && estimate.error.isFinite
      && region.halves != nil
  }

  mutating func append(_ region: Region<Vector>, _ estimate: RegionEstimate) {
    var region = region
    region.level = Self.canBeCut(region, estimate) ? 0 : -1
    regions.append(region)
    values.append(region.value)
    errors.append(estimate.error)
    magnitudes.append(estimate.magnitude)
  }

  /// Whether the region is one that cutting can help.
  func canBeCut(at index: Int) -> Bool { regions[index].level >= 0 }

  /// Takes out the regions whose error is not below a threshold, and that can be cut.
  mutating func remove(above threshold: Double) -> [Region<Vector>] {
    var removed: [Region<Vector>] = []
    var kept = 0
    for i in regions.indices {
      if errors[i] >= threshold && canBeCut(at: i) {
        removed.append(regions[i])
      } else {
        if kept < i {
          regions[kept] = regions[i]
          values[kept] = values[i]
          errors[kept] = errors[i]
          magnitudes[kept] = magnitudes[i]
        }
        kept += 1
      }
    }
    let count = regions.count - kept
    regions.removeLast(count)
    values.removeLast(count)
    errors.removeLast(count)
    magnitudes.removeLast(count)
    return removed
  }
}

/// Sums over the regions of all ranks, without rounding before the end.
struct RegionTotals {
  let value: Double
  let error: Double
  let magnitude: Double
  let count: Int
  let evaluations: Int
  /// On how many ranks the integrand was not finite somewhere.
  let singularCount: Int

  /// **Collective**.
  init<Vector>(
    _ store: RegionStore<Vector>, evaluations: Int, isSingular: Bool, on communicator: Communicator
  ) throws {
    var words: [Int64] = []
    for column in [store.values, store.errors, store.magnitudes] {
      var sum = ExactSum()
      sum.add(contentsOf: column.span)
      words += sum.words
    }
    words += [Int64(store.regions.count), Int64(evaluations), isSingular ? 1 : 0]
    let all = try communicator.allReduce(words, .sum)
    let length = ExactSum.wordCount
    func sum(_ index: Int) -> Double {
      ExactSum(words: all.span.extracting((index * length)..<((index + 1) * length))).value
    }
    value = sum(0)
    error = sum(1)
    magnitude = sum(2)
    count = Int(all[3 * length])
    self.evaluations = Int(all[3 * length + 1])
    singularCount = Int(all[3 * length + 2])
  }
}
