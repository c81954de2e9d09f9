public import MPI

/// The sorted elements of a rank, as a search for splitters sees them: positions are indices.
struct SortedElements<T: Datatype>: SplitterSource {
  struct Probe {
    var element: T
    var rank: Int
    var position: Int
  }

  let elements: [T]
  let rank: Int
  let areInIncreasingOrder: (T, T) -> Bool

  var weights: [Int] { [elements.count] }

  func start(sequence: Int, containing position: Int) -> Int { position }

  func probe(sequence: Int, at position: Int) -> Probe {
    Probe(element: elements[position], rank: rank, position: position)
  }

  func gathered(_ probes: [Probe], on communicator: Communicator) throws -> [Probe] {
    let own = probes.map(\.element)
    let elements = try communicator.allGather(own)
    let ownPlaces = probes.flatMap { [$0.rank, $0.position] }
    let places = try communicator.allGather(ownPlaces)
    let all = elements.indices.map {
      Probe(element: elements[$0], rank: places[2 * $0], position: places[2 * $0 + 1])
    }
    return all.sorted { a, b in
      if areInIncreasingOrder(a.element, b.element) { return true }
      if areInIncreasingOrder(b.element, a.element) { return false }
      return (a.rank, a.position) < (b.rank, b.position)
    }
  }

  func cuts(at probe: Probe) -> [Int] {
    if probe.rank == rank { return [probe.position] }
    // Equal elements of ranks before that of the probe lie before it.
    let isBefore =
      rank < probe.rank
      ? { !areInIncreasingOrder(probe.element, $0) } : { areInIncreasingOrder($0, probe.element) }
    return [elements.indices.bisected { isBefore(elements[$0]) }]
  }
}

extension Communicator {
  /// Brings elements that are sorted on each rank to the ranks where they belong, as many to each.
  ///
  /// **Collective**.
  ///
  /// - Returns: What this rank has received: a sorted piece of each rank.
  @usableFromInline
  func exchangeSorted<T: Datatype>(
    _ elements: [T], by areInIncreasingOrder: @escaping (T, T) -> Bool
  ) throws -> (elements: [T], pieces: Partition) {
    let total = try allReduce(elements.count, .sum)
    let targets = (1..<max(size, 1)).map {
      Partition.balanced(total, part: $0, of: size).lowerBound
    }
    let search = SplitterSearch(
      source: SortedElements(
        elements: elements, rank: rank, areInIncreasingOrder: areInIncreasingOrder),
      communicator: self, targets: targets, tolerance: 0)
    let cuts = [0] + (try search.splitters().map { $0.cuts[0] }) + [elements.count]
    let sending = Partition(counts: zip(cuts, cuts.dropFirst()).map { $1 - $0 })
    let pieces = try receivingPartition(for: sending)
    return (try allToAll(elements, sending: sending), pieces)
  }

  /// Redistributes elements so that all ranks have as many, give or take one, in the same order.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  ///     var numbers = world.rank == 0 ? Array(0..<6) : []
  ///     try world.balance(&numbers)
  ///     // 3 ranks: [0, 1], [2, 3], [4, 5]
  ///
  /// - Throws: `MPIError` as reported by the library.
  /// - Complexity: Each element is sent once, to one of the few ranks that its own overlaps.
  public func balance<T: Datatype>(_ elements: inout [T]) throws {
    let total = try allReduce(elements.count, .sum)
    let start = try exclusiveScan(elements.count, .sum) ?? 0
    let own = start..<(start + elements.count)
    let counts = (0..<size).map {
      Partition.balanced(total, part: $0, of: size).clamped(to: own).count
    }
    elements = try allToAll(elements, sending: Partition(counts: counts))
  }
}

/// Merges sorted pieces that lie one after the other; of equal elements, those of earlier pieces come
/// first.
///
/// Pairs of neighbours at a time: O(n · log pieces), all of it in order.
@inlinable
func mergePieces<T>(
  _ elements: [T], _ pieces: [Range<Int>], by areInIncreasingOrder: (T, T) -> Bool
) -> [T] {
  var pieces = pieces.filter { !$0.isEmpty }
  guard pieces.count > 1 else { return elements }
  var source = elements
  while pieces.count > 1 {
    var next: [Range<Int>] = []
    let merged = unsafe [T](unsafeUninitializedCapacity: source.count) { target, count in
      unsafe source.withUnsafeBufferPointer { source in
        for pair in stride(from: 0, to: pieces.count, by: 2) {
          let first = pieces[pair]
          let second =
            pair + 1 < pieces.count ? pieces[pair + 1] : first.upperBound..<first.upperBound
          var (a, b, place) = (first.lowerBound, second.lowerBound, first.lowerBound)
          // Both indices stay within their pieces, and the place within both pieces together.
          while a < first.upperBound && b < second.upperBound {
            let (x, y) = unsafe (source[a], source[b])
            let takesSecond = areInIncreasingOrder(y, x)
            unsafe target.initializeElement(at: place, to: takesSecond ? y : x)
            b += takesSecond ? 1 : 0
            a += takesSecond ? 0 : 1
            place += 1
          }
          for i in a..<first.upperBound {
            unsafe target.initializeElement(at: place, to: source[i])
            place += 1
          }
          for i in b..<second.upperBound {
            unsafe target.initializeElement(at: place, to: source[i])
            place += 1
          }
          next.append(first.lowerBound..<second.upperBound)
        }
      }
      count = source.count
    }
    source = merged
    pieces = next
  }
  return source
}
