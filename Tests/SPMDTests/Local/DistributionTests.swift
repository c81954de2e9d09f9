import SPMD
import Testing

@Suite struct DistributionTests {
  static let all: [Distribution] = {
    var all: [Distribution] = []
    for count in [0, 1, 2, 7, 10, 64, 101] {
      for parts in [1, 2, 3, 4, 7, 13] {
        all.append(.balanced(count: count, parts: parts))
        all.append(.block(count: count, parts: parts))
        all.append(.cyclic(count: count, parts: parts))
        for block in [1, 3, 8, 200] {
          all.append(.blockCyclic(count: count, parts: parts, block: block))
        }
        all.append(.weighted(count: count, by: (0..<parts).map { Double($0 % 3) + 0.25 }))
        all.append(.weighted(count: count, by: (0..<parts).map { $0 == parts / 2 ? 1 : 0 }))
      }
    }
    return all
  }()

  /// Each index has one place, and the places of a part are numbered without gaps, in ascending order.
  @Test func placesAreOneToOne() {
    for distribution in Self.all {
      var seen = [Int](repeating: 0, count: distribution.count)
      for part in 0..<distribution.parts {
        let indices = Array(distribution.indices(of: part))
        #expect(indices.count == distribution.count(of: part))
        #expect(indices == indices.sorted())
        for (local, index) in indices.enumerated() {
          seen[index] += 1
          #expect(distribution.owner(of: index) == part)
          #expect(distribution.localIndex(of: index) == local)
        }
        let isRun = indices.isEmpty || indices == Array(indices[0]..<indices[0] + indices.count)
        #expect((distribution.range(of: part) != nil) == isRun)
        if let range = distribution.range(of: part) { #expect(Array(range) == indices) }
      }
      #expect(seen.allSatisfy { $0 == 1 })
    }
  }

  /// ScaLAPACK Users' Guide, section 4.3: an array of 9 with blocks of 2 on 3 processes is
  /// (1 2 7 8 | 3 4 9 | 5 6), counted from one.
  @Test func scaLAPACK() {
    let nine = Distribution.blockCyclic(count: 9, parts: 3, block: 2)
    #expect((0..<3).map { Array(nine.indices(of: $0)) } == [[0, 1, 6, 7], [2, 3, 8], [4, 5]])
  }

  @Test func shares() {
    let ten = Distribution.balanced(count: 10, parts: 4)
    #expect((0..<4).map { ten.range(of: $0) } == [0..<3, 3..<6, 6..<8, 8..<10])
    let blocks = Distribution.block(count: 10, parts: 4)
    #expect((0..<4).map { blocks.range(of: $0) } == [0..<3, 3..<6, 6..<9, 9..<10])
    let weighted = Distribution.weighted(count: 100, by: [1, 2, 1])
    #expect((0..<3).map { weighted.count(of: $0) } == [25, 50, 25])
    #expect(Distribution.cyclic(count: 5, parts: 2).range(of: 0) == nil)
    // More than memory holds: nothing is kept for each index.
    let huge = Distribution.blockCyclic(count: 1 << 50, parts: 10_000, block: 1 << 20)
    let place = huge.place(of: (1 << 50) - 1)
    #expect(huge.index(place.local, of: place.part) == (1 << 50) - 1)
  }
}
