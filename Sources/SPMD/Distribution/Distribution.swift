/// How the indices of an array are divided among parts, one for each rank: who owns an index, and which
/// of the owner's elements it is.
///
///     let rows = Distribution.blockCyclic(count: 1_000_000, parts: world.size, block: 64)
///     let owner = rows.owner(of: 12_345)
///     for local in 0..<rows.count(of: world.rank) {
///       process(rows.index(local, of: world.rank))
///     }
///
/// Nothing is kept for each part, but where they are weighted: the same arithmetic serves ten ranks and
/// ten thousand. The names are those of ScaLAPACK and High Performance Fortran.
public struct Distribution: Hashable, Sendable {
  /// The number of indices.
  public let count: Int
  /// The number of parts.
  public let parts: Int
  private let kind: Kind

  private enum Kind: Hashable, Sendable {
    case balanced
    /// Runs of this many indices go to the parts in turn.
    case blockCyclic(Int)
    /// Where each part ends.
    case weighted([Int])
  }

  private init(_ count: Int, _ parts: Int, _ kind: Kind) {
    precondition(count >= 0 && parts > 0, "\(count) indices over \(parts) parts")
    self.count = count
    self.parts = parts
    self.kind = kind
  }

  /// Runs whose lengths differ by one at most: the first `count % parts` parts have one index more.
  ///
  /// - Precondition: `count` is not negative, and `parts` is positive; so below.
  public static func balanced(count: Int, parts: Int) -> Distribution {
    Distribution(count, parts, .balanced)
  }

  /// Runs of the same length, ⌈count/parts⌉, of which the last ones are shorter, or empty.
  public static func block(count: Int, parts: Int) -> Distribution {
    Distribution(count, parts, .blockCyclic(max(1, (count + parts - 1) / max(1, parts))))
  }

  /// One index after the other, to the parts in turn.
  public static func cyclic(count: Int, parts: Int) -> Distribution {
    Distribution(count, parts, .blockCyclic(1))
  }

  /// Runs of `block` indices, to the parts in turn.
  ///
  /// - Precondition: `block` is positive.
  public static func blockCyclic(count: Int, parts: Int, block: Int) -> Distribution {
    precondition(block > 0, "blocks of \(block) indices")
    return Distribution(count, parts, .blockCyclic(block))
  }

  /// Runs whose lengths are as the weights of the parts: no part is off its share by an index.
  ///
  /// - Parameter weights: What each part can do, relative to the others: the speeds of ranks, say.
  /// - Precondition: At least one weight; none is negative or not finite, and not all are zero.
  /// - Complexity: O(parts), once, and as much memory.
  public static func weighted(count: Int, by weights: [Double]) -> Distribution {
    precondition(weights.allSatisfy { $0 >= 0 && $0.isFinite }, "a weight that is no share")
    let total = weights.reduce(0, +)
    precondition(total > 0, "no weights")
    var reached = 0.0
    var ends: [Int] = []
    for weight in weights {
      reached += weight
      let end = (Double(count) * (reached / total)).rounded()
      ends.append(min(count, max(ends.last ?? 0, Int(end))))
    }
    // Parts without weight at the end stay empty.
    if let last = weights.lastIndex(where: { $0 > 0 }) {
      for index in last..<ends.count { ends[index] = count }
    }
    return Distribution(count, weights.count, .weighted(ends))
  }

  /// The part that an index belongs to.
  ///
  /// - Complexity: O(1); O(log parts) where they are weighted.
  public func owner(of index: Int) -> Int { place(of: index).part }

  /// The number of an index among those of its owner.
  ///
  /// - Complexity: As ``owner(of:)``.
  public func localIndex(of index: Int) -> Int { place(of: index).local }

  /// The part that an index belongs to, and its number there.
  ///
  /// - Complexity: As ``owner(of:)``.
  public func place(of index: Int) -> (part: Int, local: Int) {
    precondition((0..<count).contains(index), "index \(index) of \(count)")
    switch kind {
    case .balanced:
      let (quotient, remainder) = count.quotientAndRemainder(dividingBy: parts)
      let long = remainder * (quotient + 1)
      if index < long { return (index / (quotient + 1), index % (quotient + 1)) }
      return (remainder + (index - long) / quotient, (index - long) % quotient)
    case .blockCyclic(let block):
      let (round, rest) = index.quotientAndRemainder(dividingBy: block)
      return (round % parts, round / parts * block + rest)
    case .weighted(let ends):
      // The first part that ends behind the index.
      var (low, high) = (0, parts - 1)
      while low < high {
        let middle = (low + high) / 2
        if ends[middle] > index { high = middle } else { low = middle + 1 }
      }
      return (low, index - (low == 0 ? 0 : ends[low - 1]))
    }
  }

  /// The number of indices of a part.
  ///
  /// - Complexity: O(1)
  public func count(of part: Int) -> Int {
    precondition((0..<parts).contains(part), "part \(part) of \(parts)")
    switch kind {
    case .balanced: return count / parts + (part < count % parts ? 1 : 0)
    case .blockCyclic(let block):
      let (whole, rest) = (count / block, count % block)
      let (rounds, extra) = (whole / parts, whole % parts)
      return rounds * block + (part < extra ? block : part == extra ? rest : 0)
    case .weighted(let ends): return ends[part] - (part == 0 ? 0 : ends[part - 1])
    }
  }

  /// An index, from its number among those of a part.
  ///
  /// - Complexity: O(1)
  public func index(_ local: Int, of part: Int) -> Int {
    precondition((0..<count(of: part)).contains(local), "\(local) of part \(part)")
    switch kind {
    case .balanced: return part * (count / parts) + min(part, count % parts) + local
    case .blockCyclic(let block):
      return (local / block * parts + part) * block + local % block
    case .weighted(let ends): return (part == 0 ? 0 : ends[part - 1]) + local
    }
  }

  /// The indices of a part, in ascending order.
  public func indices(of part: Int) -> some RandomAccessCollection<Int> {
    (0..<count(of: part)).lazy.map { index($0, of: part) }
  }

  /// The indices of a part where they are one run, `nil` where there are several.
  ///
  /// - Complexity: O(1)
  public func range(of part: Int) -> Range<Int>? {
    let own = count(of: part)
    if own == 0 { return 0..<0 }
    let first = index(0, of: part)
    return index(own - 1, of: part) == first + own - 1 ? first..<first + own : nil
  }
}
