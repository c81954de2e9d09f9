import MPI
import Support
import Testing

@testable import SPMD

/// What the ranks have together is what Swift's `sort` makes of the same elements, in equal parts.
@Suite struct DistributedSortTests {
  /// A number, and where it was before sorting.
  private struct Item: Datatype, BitwiseCopyable, Equatable {
    var key: Int32
    var place: Int
  }

  /// How many elements a rank has, and what they are by their places.
  private typealias Distribution = (
    name: String, counts: @Sendable (Int, Int) -> Int, key: @Sendable (Int) -> Int
  )

  /// What sample sorts stumble over.
  private static let distributions: [Distribution] =
    [
      ("random", { _, _ in 500 }, { Int(truncatingIfNeeded: Mixing.hash(UInt64($0))) >> 20 }),
      ("all equal", { _, _ in 300 }, { _ in 7 }),
      ("sorted", { _, _ in 400 }, { $0 }),
      ("reverse", { _, _ in 400 }, { -$0 }),
      ("two values", { rank, _ in 100 + rank }, { $0 % 2 }),
      ("mostly one value", { _, _ in 350 }, { $0 % 97 == 0 ? $0 : 0 }),
      (
        "on the last rank only", { rank, size in rank == size - 1 ? 1000 : 0 }, { $0 * 7919 % 1009 }
      ),
      ("fewer than ranks", { rank, _ in rank == 1 ? 2 : 0 }, { -$0 }),
      ("empty", { _, _ in 0 }, { $0 }),
      ("exponential", { rank, _ in 1 << min(rank, 9) }, { 1 << ($0 * 31 % 50) }),
    ]

  private func items(
    _ world: Communicator, _ counts: (Int, Int) -> Int, _ key: (Int) -> Int
  ) -> [Item] {
    let before = (0..<world.rank).reduce(0) { $0 + counts($1, world.size) }
    return (0..<counts(world.rank, world.size)).map {
      Item(key: Int32(truncatingIfNeeded: key(before + $0)), place: before + $0)
    }
  }

  /// The part of a sorted whole that this rank must have.
  private func part<T>(_ whole: [T], _ world: Communicator) -> [T] {
    Array(whole[Partition.balanced(whole.count, part: world.rank, of: world.size)])
  }

  @Test(arguments: distributions.indices) func agreesWithSwiftsSort(_ index: Int) throws {
    let (name, counts, key) = Self.distributions[index]
    try withWorld { world in
      let own = items(world, counts, key)
      let all = try world.allGather(own.span)

      var stable = own
      try world.sort(&stable) { $0.key < $1.key }
      #expect(
        stable == part(all.sorted { ($0.key, $0.place) < ($1.key, $1.place) }, world), "\(name)")

      var byKey = own
      try world.sort(&byKey, on: \.key)
      #expect(byKey == stable, "\(name)")

      var numbers = own.map(\.key)
      try world.sort(&numbers)
      #expect(numbers == stable.map(\.key), "\(name)")
      let isSorted = try world.isSorted(numbers)
      #expect(isSorted)

      var doubles = own.map { Double($0.key) / 3 }
      try world.sort(&doubles)
      #expect(doubles == stable.map { Double($0.key) / 3 }, "\(name)")

      var descending = own.map(\.key)
      try world.sort(&descending, by: >)
      #expect(descending == part(all.map(\.key).sorted(by: >), world), "\(name)")

      var different = own.map(\.key)
      try world.unique(&different)
      #expect(different == part(Set(all.map(\.key)).sorted(), world), "\(name)")
    }
  }

  @Test(arguments: distributions.indices) func order(_ index: Int) throws {
    let (name, counts, key) = Self.distributions[index]
    try withWorld { world in
      let own = items(world, counts, key).map(\.key)
      let all = try world.allGather(own.span)
      let sorted = all.sorted()

      for k in [0, 1, 10, 100_000] {
        let best = try world.topK(k, of: own, by: >)
        #expect(best == Array(sorted.reversed().prefix(k)), "\(name), \(k)")
      }

      let fractions = [0.5, 0, 1, 0.25, 0.999]
      let quantiles = try world.quantiles(fractions, of: own)
      let lasts = sorted.indices.filter { $0 + 1 == sorted.count || sorted[$0] < sorted[$0 + 1] }
      let expected = fractions.map { fraction in
        // The least element that so many do not exceed.
        lasts.first { Double($0 + 1) >= fraction * Double(sorted.count) }.map { sorted[$0] }
      }
      #expect(quantiles == expected.compactMap { $0 }, "\(name)")

      let edges: [Int32] = [-100, 0, 0, 1, 500, 1000]
      let histogram = try world.histogram(of: own, edges: edges)
      let bins = (0..<5).map { i in
        all.count { $0 >= edges[i] && ($0 < edges[i + 1] || i == 4 && $0 == edges[5]) }
      }
      #expect(histogram == bins, "\(name)")

      let groups = try world.groupReduce(own, by: { $0 % 10 }, value: { _ in 1 }, +)
      let ownGroups = groups.flatMap { [Int($0.key), $0.value] }
      let allGroups = try world.allGather(ownGroups.span)
      let pairs = stride(from: 0, to: allGroups.count, by: 2).map {
        (Int32(allGroups[$0]), allGroups[$0 + 1])
      }
      // Each key is on one rank: a key that is there twice would trap.
      let together = Dictionary(uniqueKeysWithValues: pairs)
      #expect(together == Dictionary(grouping: all) { $0 % 10 }.mapValues(\.count), "\(name)")
    }
  }

  @Test func numbersThatAreNone() throws {
    try withWorld { world in
      let own = world.rank == 0 ? [.nan, 2, -.infinity, -.nan, 0.5] : [.nan, 1]
      var sorted = own
      try world.sort(&sorted)
      let all = try world.allGather(sorted.span)
      #expect(all.first?.isNaN == true)
      let areNone = all.suffix(world.size).allSatisfy { $0.isNaN }
      #expect(areNone)
      let numbers = all.dropFirst().dropLast(world.size)
      #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 <= $1 })

      let quantiles = try world.quantiles([0, 0.999, 1.5 / Double(all.count)], of: own)
      #expect(quantiles.count == 3)
      #expect(quantiles[0].isNaN && quantiles[1].isNaN)
      #expect(quantiles[2] == -.infinity)
    }
  }

  @Test func orderIsNoticedAcrossRanks() throws {
    try withWorld { world in
      // Each rank is sorted; the last one that has anything begins too low.
      let own = world.rank == world.size - 1 ? [0, 1] : world.rank == 0 ? [5, 6] : []
      let isSorted = try world.isSorted(own)
      #expect(isSorted == (world.size == 1))
    }
  }

  @Test func balanceKeepsTheOrder() throws {
    try withWorld { world in
      let own = (0..<(world.rank * 13 % 5)).map { world.rank * 100 + $0 }
      let all = try world.allGather(own.span)
      var balanced = own
      try world.balance(&balanced)
      #expect(balanced == part(all, world))
    }
  }

  @Test func wordsAscendAsNumbersDo() {
    func check<T: RadixSortable & Equatable>(_ ascending: [T]) {
      let keys = ascending.map(\.radixKey)
      #expect(zip(keys, keys.dropFirst()).allSatisfy { $0 < $1 })
      #expect(keys.map { T(radixKey: $0) } == ascending)
    }
    check([Int8.min, -1, 0, 1, .max])
    check([Int64.min, -1, 0, 1, .max])
    check([UInt64.min, 1, .max])
    check([
      -Double.infinity, -1, -.leastNonzeroMagnitude, -0.0, 0, .leastNonzeroMagnitude, 1, .infinity,
    ])
    check([
      -Float.infinity, -1, -.leastNonzeroMagnitude, -0.0, 0, .leastNonzeroMagnitude, 1, .infinity,
    ])
    #expect(Double(radixKey: Double.nan.radixKey).isNaN)
    #expect(Double.nan.radixKey > Double.infinity.radixKey)
  }
}
