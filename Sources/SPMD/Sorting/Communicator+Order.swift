public import MPI

extension Communicator {
  /// Whether the elements of all ranks, one rank after the other, are in order.
  ///
  /// **Collective**: every rank of the communicator calls it, and gets the same answer.
  ///
  /// - Throws: `MPIError` as reported by the library.
  /// - Complexity: O(n), two messages to neighbours, and three reductions.
  @inlinable
  public func isSorted<T: Datatype>(
    _ elements: [T], by areInIncreasingOrder: (T, T) -> Bool
  ) throws -> Bool {
    var isSorted = true
    for i in elements.indices.dropFirst()
    where areInIncreasingOrder(elements[i], elements[i - 1]) {
      isSorted = false
      break
    }
    if let previous = try lastElementBefore(elements), let first = elements.first {
      if areInIncreasingOrder(first, previous) { isSorted = false }
    }
    return try allReduce(isSorted ? 1 : 0, .min) == 1
  }

  /// Whether the elements of all ranks, one rank after the other, ascend.
  ///
  /// **Collective**: every rank of the communicator calls it, and gets the same answer.
  ///
  ///     try world.sort(&numbers)
  ///     try world.isSorted(numbers)   // true
  ///
  /// - Throws: `MPIError` as reported by the library.
  @inlinable
  public func isSorted<T: Datatype & Comparable>(_ elements: [T]) throws -> Bool {
    try isSorted(elements, by: <)
  }

  /// The last element of the nearest rank before this one that has any; `nil` where there is none, and
  /// on ranks without elements.
  ///
  /// **Collective**.
  @usableFromInline
  func lastElementBefore<T: Datatype>(_ elements: [T]) throws -> T? {
    let own = elements.isEmpty ? -1 : rank
    let previous = try exclusiveScan(own, .max) ?? -1
    let farthest = try allReduce(own, .max)
    guard let last = elements.last else { return nil }
    // A rank knows who comes before it, and not who comes after it, which asks.
    if previous >= 0 { try send(rank, to: previous, tag: .neighbor) }
    if rank < farthest, let next = try receive(Int.self, from: .any, tag: .neighbor).first {
      try send(last, to: next, tag: .neighborElement)
    }
    guard previous >= 0 else { return nil }
    return try receive(T.self, from: previous, tag: .neighborElement).first
  }

  /// The first elements of all ranks together, in order, on every rank.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same number and order.
  ///
  ///     try world.topK(3, of: scores, by: >)   // the three greatest
  ///
  /// - Parameters:
  ///   - k: How many elements to find; all where there are fewer.
  ///   - elements: This rank's elements.
  ///   - areInIncreasingOrder: A strict weak ordering.
  /// - Returns: The same elements on each rank; of equal ones, those of lower ranks and indices.
  /// - Throws: `MPIError` as reported by the library.
  /// - Precondition: `k` is not negative.
  /// - Complexity: O(n + k log k log n) on average, and O(log `size`) messages of k elements.
  @inlinable
  public func topK<T: Datatype>(
    _ k: Int, of elements: [T], by areInIncreasingOrder: (T, T) -> Bool
  ) throws -> [T] {
    precondition(k >= 0, "the first \(k) elements")
    var best: [T] = []
    // The last of k elements that were found already: what does not come before it is not among the
    // first k.
    var limit: T?
    func shorten() {
      best.sort(by: areInIncreasingOrder)
      best.removeLast(max(0, best.count - k))
      if best.count == k { limit = best.last }
    }
    if k > 0 {
      for element in elements {
        if let limit, !areInIncreasingOrder(element, limit) { continue }
        best.append(element)
        if best.count == 2 * k + 16 { shorten() }
      }
      shorten()
    }
    // Neighbours in pairs, then pairs of pairs; lower ranks first, for equal elements.
    var step = 1
    while step < size {
      if rank % (2 * step) == step {
        try send(best, to: rank - step, tag: .bestElements)
        break
      }
      if rank % (2 * step) == 0, rank + step < size {
        let others = try receive(T.self, from: rank + step, tag: .bestElements)
        let both = best + others
        best = Array(
          mergePieces(
            both, [0..<best.count, best.count..<both.count], by: areInIncreasingOrder
          ).prefix(k))
      }
      step *= 2
    }
    try broadcast(&best, from: 0)
    return best
  }

  /// The elements below which given fractions of all ranks' elements lie.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same fractions.
  ///
  ///     try world.quantiles([0, 0.5, 1], of: numbers)   // least, median, greatest
  ///
  /// Exact, and an element always: the least one that at least a fraction *p* of all elements does
  /// not exceed (definition 1 of R. Hyndman, Y. Fan: Sample Quantiles in Statistical Packages, 1996).
  ///
  /// - Parameters:
  ///   - fractions: Numbers from 0 to 1, in any order.
  ///   - elements: This rank's elements; they stay where they are.
  /// - Returns: An element for each fraction, the same on all ranks; none where there are no elements.
  /// - Throws: `MPIError` as reported by the library.
  /// - Precondition: All fractions are from 0 to 1; `<` orders all elements.
  /// - Complexity: O(n log n), and O(log *N*) rounds of O(`fractions`) elements.
  public func quantiles<T: Datatype & Comparable>(
    _ fractions: [Double], of elements: [T]
  ) throws -> [T] {
    try quantiles(fractions, ofSorted: elements.sorted(), by: <)
  }

  /// The numbers below which given fractions of all ranks' numbers lie.
  ///
  /// **Collective**. As for other elements, and faster; not-a-numbers are at the ends, as
  /// ``RadixSortable`` says.
  ///
  /// - Throws: `MPIError` as reported by the library.
  public func quantiles<T: Datatype & RadixSortable>(
    _ fractions: [Double], of elements: [T]
  ) throws -> [T] {
    var keys = elements.map(\.radixKey)
    sortKeys(&keys)
    return try quantiles(
      fractions, ofSorted: keys.map { T(radixKey: $0) }, by: { $0.radixKey < $1.radixKey })
  }

  private func quantiles<T: Datatype>(
    _ fractions: [Double], ofSorted elements: [T], by areInIncreasingOrder: @escaping (T, T) -> Bool
  ) throws -> [T] {
    precondition(fractions.allSatisfy { (0...1).contains($0) }, "quantiles at \(fractions)")
    let total = try allReduce(elements.count, .sum)
    guard total > 0 else { return [] }
    let targets = fractions.map {
      min(total - 1, max(0, Int(($0 * Double(total)).rounded(.up)) - 1))
    }
    let ascending = Array(Set(targets)).sorted()
    let search = SplitterSearch(
      source: SortedElements(
        elements: elements, rank: rank, areInIncreasingOrder: areInIncreasingOrder),
      communicator: self, targets: ascending, tolerance: 0, needsProbes: true)
    let found = try search.splitters().compactMap(\.probe?.element)
    let places = Dictionary(uniqueKeysWithValues: zip(ascending, found.indices))
    return targets.compactMap { places[$0].map { found[$0] } }
  }

  /// How many elements of all ranks lie between the edges of bins.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same edges.
  ///
  ///     try world.histogram(of: ages, edges: [0, 20, 40, 120])   // three counts
  ///
  /// - Parameters:
  ///   - elements: This rank's elements.
  ///   - edges: Ascending; a bin holds its lower edge, the last one its upper edge, too. What lies
  ///     outside is not counted.
  /// - Returns: A count for each bin, the same on all ranks.
  /// - Throws: `MPIError` as reported by the library.
  /// - Complexity: O(n log `edges`), and a reduction of the counts.
  @inlinable
  public func histogram<T: Datatype & Comparable>(
    of elements: [T], edges: [T]
  ) throws -> [Int] {
    precondition(
      zip(edges, edges.dropFirst()).allSatisfy { $0 <= $1 }, "the edges of a histogram descend")
    var counts = [Int](repeating: 0, count: max(0, edges.count - 1))
    if let first = edges.first, let last = edges.last, !counts.isEmpty {
      for element in elements where element >= first && element <= last {
        var low = 0
        var high = edges.count
        while low < high {
          let middle = (low + high) / 2
          if edges[middle] <= element { low = middle + 1 } else { high = middle }
        }
        counts[min(low - 1, counts.count - 1)] += 1
      }
    }
    return try allReduce(counts, .sum)
  }
}

extension MessageTag {
  @usableFromInline static var bestElements: MessageTag { 8 }
  @usableFromInline static var neighbor: MessageTag { 9 }
  @usableFromInline static var neighborElement: MessageTag { 10 }
}
