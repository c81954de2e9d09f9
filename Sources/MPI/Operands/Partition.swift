/// How a sequence of elements is divided among ranks: how many each has, and where its part begins.
///
/// Takes the place of MPI's arrays of counts and displacements.
///
///     let parts = Partition(counts: [3, 0, 2])
///     parts.offsets      // [0, 3, 3]
///     parts.count        // 5
///     parts[2]           // 3..<5
public struct Partition: Hashable, Sendable {
  /// The number of elements of each part.
  public let counts: [Int]

  /// Where each part begins, in elements from the start.
  public let offsets: [Int]

  /// The number of elements that hold all parts: the end of the part that ends last.
  public let count: Int

  /// Whether the parts lie one after the other, without gaps.
  public let isContiguous: Bool

  /// Parts of the given sizes, one after the other.
  ///
  /// - Precondition: No count is negative.
  public init(counts: [Int]) {
    var offsets: [Int] = []
    offsets.reserveCapacity(counts.count)
    var end = 0
    for count in counts {
      precondition(count >= 0, "a part of \(count) elements")
      offsets.append(end)
      end += count
    }
    self.counts = counts
    self.offsets = offsets
    count = end
    isContiguous = true
  }

  /// Parts of the given sizes at the given places, with gaps between them, or in another order.
  ///
  /// - Precondition: As many counts as offsets, none of them negative. Parts that are received into
  ///   must not overlap.
  public init(counts: [Int], offsets: [Int]) {
    precondition(
      counts.count == offsets.count, "\(counts.count) counts with \(offsets.count) offsets")
    var end = 0
    var next = 0
    var isContiguous = true
    for (count, offset) in zip(counts, offsets) {
      precondition(count >= 0 && offset >= 0, "a part of \(count) elements at \(offset)")
      if offset != next { isContiguous = false }
      next = offset + count
      end = max(end, next)
    }
    self.counts = counts
    self.offsets = offsets
    count = end
    self.isContiguous = isContiguous
  }

  /// Parts whose sizes differ by one at most: the first `count % parts` have one more.
  ///
  ///     Partition(balancing: 10, over: 4).counts   // [3, 3, 2, 2]
  ///
  /// - Precondition: `count` is not negative, and `parts` is positive.
  public init(balancing count: Int, over parts: Int) {
    precondition(count >= 0 && parts > 0, "\(count) elements over \(parts) parts")
    let (quotient, remainder) = count.quotientAndRemainder(dividingBy: parts)
    self.init(counts: (0..<parts).map { quotient + ($0 < remainder ? 1 : 0) })
  }

  /// The elements of one part.
  public subscript(rank: Int) -> Range<Int> {
    offsets[rank]..<offsets[rank] + counts[rank]
  }

  /// Whether C's int holds all counts and offsets.
  var fitsC: Bool {
    count <= Int(CInt.max)
  }

  /// The counts as C has them, each multiplied.
  func rawCounts(times factor: Int = 1) -> [CInt] { counts.map { CInt($0 * factor) } }

  /// The offsets as C has them.
  var rawOffsets: [CInt] { offsets.map { CInt($0) } }
}

extension Partition {
  /// One part of ``init(balancing:over:)``, without the others: for as many parts as there may be
  /// ranks.
  ///
  ///     Partition.balanced(10, part: 1, of: 4)   // 3..<6
  ///
  /// - Precondition: `count` is not negative, and `part` is in `0..<parts`.
  /// - Complexity: O(1)
  public static func balanced(_ count: Int, part: Int, of parts: Int) -> Range<Int> {
    precondition(
      count >= 0 && (0..<parts).contains(part), "part \(part) of \(count) elements over \(parts)")
    let (quotient, remainder) = count.quotientAndRemainder(dividingBy: parts)
    let start = part * quotient + min(part, remainder)
    return start..<start + quotient + (part < remainder ? 1 : 0)
  }
}
