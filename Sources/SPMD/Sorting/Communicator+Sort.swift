public import MPI

extension Communicator {
  /// Sorts the elements of all ranks together.
  ///
  /// **Collective**: every rank of the communicator calls it, with any number of elements.
  ///
  ///     var numbers = [[3, 1], [2], [0, 5, 4]][world.rank]
  ///     try world.sort(&numbers)
  ///     // 3 ranks: [0, 1], [2, 3], [4, 5]
  ///
  /// Shape: `[n]`, different on each rank → `[N / size]` on each rank, give or take one, where *N* is
  /// the number of all elements: exactly balanced for any values, with equal ones too. No element of
  /// a rank is less than one of an earlier rank.
  ///
  /// The sort is stable: equal elements stay in the order of their ranks and indices.
  ///
  /// - Throws: `MPIError` as reported by the library.
  /// - Complexity: O(n log n) comparisons, and O(n log `size`) for merging; each element is sent once.
  ///   The exact splitters take O(log *N*) rounds of O(`size`) elements to all.
  @inlinable
  public func sort<T: Datatype & Comparable>(_ elements: inout [T]) throws {
    try sort(&elements, by: <)
  }

  /// Sorts the elements of all ranks together, in an order of your own.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same order.
  ///
  ///     try world.sort(&particles) { $0.energy > $1.energy }
  ///
  /// Balanced and stable as ``sort(_:)-(_)`` is.
  ///
  /// - Parameters:
  ///   - elements: This rank's elements, and then its part of the result.
  ///   - areInIncreasingOrder: A strict weak ordering.
  /// - Throws: `MPIError` as reported by the library.
  @inlinable
  public func sort<T: Datatype>(
    _ elements: inout [T], by areInIncreasingOrder: @escaping (T, T) -> Bool
  ) throws {
    elements.sort(by: areInIncreasingOrder)
    try mergeSorted(&elements, by: areInIncreasingOrder)
  }

  /// Sorts the numbers of all ranks together.
  ///
  /// **Collective**. As ``sort(_:)-(_)``, by the bits of numbers instead of comparisons; see
  /// ``RadixSortable`` for the order of floating-point numbers that `<` leaves open.
  ///
  /// - Throws: `MPIError` as reported by the library.
  /// - Complexity: O(n) for each byte in which numbers differ, and O(n log `size`) for merging.
  @inlinable
  public func sort<T: Datatype & RadixSortable>(_ elements: inout [T]) throws {
    var keys = elements.map(\.radixKey)
    sortKeys(&keys)
    elements = keys.map { T(radixKey: $0) }
    try mergeSorted(&elements) { $0.radixKey < $1.radixKey }
  }

  /// Sorts the elements of all ranks together by a key.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same key.
  ///
  ///     try world.sort(&particles, on: \.name)
  ///
  /// Balanced and stable as ``sort(_:)-(_)`` is. The key is computed for each comparison.
  ///
  /// - Throws: `MPIError` as reported by the library.
  @inlinable
  public func sort<T: Datatype, Key: Comparable>(
    _ elements: inout [T], on key: @escaping (T) -> Key
  ) throws {
    try sort(&elements) { key($0) < key($1) }
  }

  /// Sorts the elements of all ranks together by a number.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same key.
  ///
  ///     try world.sort(&particles, on: \.mass)
  ///
  /// Balanced and stable as ``sort(_:)-(_)`` is, by the bits of the keys instead of comparisons.
  ///
  /// - Throws: `MPIError` as reported by the library.
  @inlinable
  public func sort<T: Datatype, Key: RadixSortable>(
    _ elements: inout [T], on key: @escaping (T) -> Key
  ) throws {
    let order = sortingPermutation(of: elements.map { key($0).radixKey })
    elements = order.map { elements[$0] }
    try mergeSorted(&elements) { key($0).radixKey < key($1).radixKey }
  }

  /// Sorts elements that are sorted on each rank already.
  @inlinable
  func mergeSorted<T: Datatype>(
    _ elements: inout [T], by areInIncreasingOrder: @escaping (T, T) -> Bool
  ) throws {
    guard size > 1 else { return }
    let (received, pieces) = try exchangeSorted(elements, by: areInIncreasingOrder)
    elements = []
    elements = mergePieces(received, (0..<size).map { pieces[$0] }, by: areInIncreasingOrder)
  }
}
