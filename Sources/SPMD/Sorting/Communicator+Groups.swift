public import MPI

extension Communicator {
  /// Sorts the elements of all ranks together, and leaves one of each value.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  ///     var words = [[2, 1, 2], [1, 3]][world.rank]
  ///     try world.unique(&words)
  ///     // 2 ranks: [1, 2], [3]
  ///
  /// Shape: `[n]`, different on each rank → balanced as ``sort(_:)-(_)`` leaves them.
  ///
  /// - Throws: `MPIError` as reported by the library.
  /// - Precondition: `<` orders all elements: there is no not-a-number among them.
  /// - Complexity: That of sorting the values that are different on each rank.
  @inlinable
  public func unique<T: Datatype & Comparable>(_ elements: inout [T]) throws {
    elements.sort()
    removeRepetitions(&elements)
    try mergeSorted(&elements, by: <)
    try removeRepetitionsAcrossRanks(&elements)
  }

  @usableFromInline
  func removeRepetitionsAcrossRanks<T: Datatype & Comparable>(_ elements: inout [T]) throws {
    let previous = try lastElementBefore(elements)
    removeRepetitions(&elements)
    if let previous, elements.first == previous { elements.removeFirst() }
    try balance(&elements)
  }

  /// Combines the values of all elements that have the same key, on all ranks.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same closures.
  ///
  ///     // How often each word occurs on all ranks.
  ///     let counts = try world.groupReduce(words, by: \.id, value: { _ in 1 }, +)
  ///
  /// Each rank combines its own first; then each key goes to the rank that a hash of it names.
  ///
  /// - Parameters:
  ///   - elements: This rank's elements.
  ///   - key: What an element belongs to: an integer.
  ///   - value: What an element counts for.
  ///   - combine: An associative and commutative combination of two values.
  /// - Returns: Some of the keys with their values, each key on one rank.
  /// - Throws: `MPIError` as reported by the library.
  /// - Complexity: O(n), and one exchange of the different keys of each rank.
  @inlinable
  public func groupReduce<T, Key: Datatype & FixedWidthInteger, Value: Datatype>(
    _ elements: [T], by key: (T) -> Key, value: (T) -> Value, _ combine: (Value, Value) -> Value
  ) throws -> [Key: Value] {
    try groupReduce(
      elements, by: key, hash: { UInt64(truncatingIfNeeded: $0 ^ $0 >> 64) }, value: value, combine)
  }

  /// Combines the values of all elements that have the same key, on all ranks, with a hash of your
  /// own.
  ///
  /// **Collective**. As ``groupReduce(_:by:value:_:)``, for keys that are not integers.
  ///
  /// - Parameter hash: A word that is the same for equal keys, on all ranks: `hashValue` is not, since
  ///   each process has its own.
  /// - Throws: `MPIError` as reported by the library.
  @inlinable
  public func groupReduce<T, Key: Datatype & Hashable, Value: Datatype>(
    _ elements: [T], by key: (T) -> Key, hash: (Key) -> UInt64, value: (T) -> Value,
    _ combine: (Value, Value) -> Value
  ) throws -> [Key: Value] {
    var groups: [Key: Value] = [:]
    func add(_ key: Key, _ value: Value) {
      if let known = groups[key] {
        groups[key] = combine(known, value)
      } else {
        groups[key] = value
      }
    }
    for element in elements { add(key(element), value(element)) }

    let owners = groups.keys.map { owner(ofHash: hash($0)) }
    var counts = [Int](repeating: 0, count: size)
    for owner in owners { counts[owner] += 1 }
    let sending = Partition(counts: counts)
    var places = sending.offsets
    var order = [Int](repeating: 0, count: owners.count)
    for (index, owner) in owners.enumerated() {
      order[places[owner]] = index
      places[owner] += 1
    }
    let (ownKeys, ownValues) = (Array(groups.keys), Array(groups.values))
    let (sentKeys, sentValues) = (order.map { ownKeys[$0] }, order.map { ownValues[$0] })
    let keys = try allToAll(sentKeys, sending: sending)
    let values = try allToAll(sentValues, sending: sending)
    groups = [:]
    for (key, value) in zip(keys, values) { add(key, value) }
    return groups
  }
}

extension Communicator {
  /// The rank that keys with a hash go to.
  @usableFromInline
  func owner(ofHash hash: UInt64) -> Int { Int(Mixing.hash(hash) % UInt64(size)) }
}

/// Leaves the first of equal neighbours.
@inlinable
func removeRepetitions<T: Equatable>(_ elements: inout [T]) {
  guard var last = elements.first else { return }
  var kept = 1
  for i in elements.indices.dropFirst() where elements[i] != last {
    last = elements[i]
    elements[kept] = last
    kept += 1
  }
  elements.removeLast(elements.count - kept)
}
