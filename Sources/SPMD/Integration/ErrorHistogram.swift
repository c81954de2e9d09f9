internal import MPI

/// What is cut next: regions with errors from a threshold on, and their parts, so many times.
struct RefinementRound {
  let threshold: Double
  let levels: Int32
}

/// How many regions, over all ranks, have errors of which size: four bins for each power of two.
struct ErrorHistogram {
  private let counts: [Int64]
  /// The leading bits of the least error of the first bin.
  private let base: Int

  /// From 2⁻⁸⁰ of the integral's magnitude, far below its rounding, to 2¹⁶ times it.
  private static let binCount = 4 * 96

  /// Counts the regions that can be cut.
  ///
  /// **Collective**.
  init<Vector>(
    _ store: RegionStore<Vector>, magnitude: Double, on communicator: Communicator
  ) throws {
    let base = max(0, Self.leadingBits(magnitude) - 4 * 80)
    var counts = [Int64](repeating: 0, count: Self.binCount)
    for i in store.errors.indices where store.canBeCut(at: i) {
      counts[Self.bin(store.errors[i], base)] += 1
    }
    self.base = base
    self.counts = try communicator.allReduce(counts, .sum)
  }

  /// The exponent and the first two bits of the significand.
  private static func leadingBits(_ value: Double) -> Int { Int(value.bitPattern >> 50) }

  private static func bin(_ error: Double, _ base: Int) -> Int {
    min(max(leadingBits(error) - base, 0), binCount - 1)
  }

  /// The least error of a bin.
  private func edge(_ bin: Int) -> Double { Double(bitPattern: UInt64(base + bin) << 50) }

  /// Decides what is cut next, from nothing but its arguments, so that all ranks decide the same.
  ///
  /// - Parameters:
  ///   - error: The sum of all errors.
  ///   - allowed: What that should be.
  ///   - regions: The number of regions.
  ///   - evaluationsLeft: How many evaluations may still be made.
  ///   - evaluationsForCut: How many a cut takes.
  /// - Returns: What to do, or `nil` where nothing can help.
  func nextRound(
    error: Double, allowed: Double, regions: Int, evaluationsLeft: Int, evaluationsForCut: Int
  ) -> RefinementRound? {
    guard let top = counts.lastIndex(where: { $0 > 0 }) else { return nil }
    // The regions with the least errors stay, as long as these come to half of what is allowed.
    var last = -1
    var sum = 0.0
    for bin in 0...top {
      sum += Double(counts[bin]) * edge(bin + 1)
      if sum > allowed / 2 { break }
      last = bin
    }
    // Those that cannot be cut make the error.
    if last == top { return nil }
    // Far from the end, the threshold is set lower at once: there would be a round for each bin
    // otherwise. The sum shrinks no faster than the threshold, so that this is not too low.
    let ratio = min(64, error / allowed)
    let quick = Self.bin(edge(top) / ratio, base) - 1
    let enough = Self.bin(allowed / 2 / Double(regions), base)
    var keep = min(max(min(last, quick), enough), top - 1)
    var above = Int(counts[(keep + 1)...].reduce(0, +))
    // What would take too many evaluations is left.
    while above > evaluationsLeft / evaluationsForCut {
      keep += 1
      above -= Int(counts[keep])
    }
    guard above > 0 else { return nil }
    let cuts = evaluationsLeft / evaluationsForCut / above
    // A region makes 2ᵏ − 1 cuts in k levels.
    let levels = min(40, (cuts + 1).bitWidth - 1 - (cuts + 1).leadingZeroBitCount)
    return RefinementRound(threshold: edge(keep + 1), levels: Int32(levels))
  }
}
