import MPI
import Testing

@Suite("Reductions on one rank (MPI 3.1 §5.9.7)") struct ReductionLocalTests {
  init() throws { _ = try Job.communicator() }

  @Test("Which reductions commute") func commutative() {
    #expect(Reduction<Int>.sum.isCommutative)
    #expect(Reduction<Double>.max.isCommutative)
    #expect(Reduction<Bool>.logicalXor.isCommutative)
    #expect(Reduction<Located<Double>>.minLocation.isCommutative)
    #expect(Reduction<Int128>.sum.isCommutative)
    #expect(Reduction<Word> { $0 + $1 }.isCommutative)
    #expect(!Reduction<Word>(commutative: false) { $0 + $1 }.isCommutative)
  }

  @Test("Predefined operations", arguments: [0, 1, 7, 1000]) func predefined(count: Int) throws {
    let a = values(of: 1, count)
    let b = values(of: 2, count).map { $0 ^ 0b1010 }
    var sum = b
    try Reduction.sum.combine(a.span, into: sum.mutableSpan)
    var bits = b
    try Reduction.bitwiseXor.combine(a.span, into: bits.mutableSpan)
    var least = b
    try Reduction.min.combine(a.span, into: least.mutableSpan)
    #expect(sum == zip(a, b).map { $0 + $1 })
    #expect(bits == zip(a, b).map { $0 ^ $1 })
    #expect(least == zip(a, b).map { min($0, $1) })
  }

  @Test("Single values, vectors, pairs and flags") func single() throws {
    let vector = try Reduction.sum.combine(SIMD3<Float>(1, 2, 3), SIMD3(10, 20, 30))
    let place = try Reduction.maxLocation.combine(Located(2.5, at: 7), Located(2.5, at: 3))
    let flag = try Reduction.logicalAnd.combine(true, false)
    let wide = try Reduction<UInt128>.product.combine(1 << 64, 1 << 60)
    let maximum = try Reduction<Float16>.max.combine(1.5, -2)
    #expect(vector == SIMD3(11, 22, 33))
    #expect(place == Located(2.5, at: 3))
    #expect(!flag)
    #expect(wide == 1 << 124)
    #expect(maximum == 1.5)
  }

  @Test("A closure, with the first operand on the left") func closure() throws {
    let suffix = Word("-")
    let join = Reduction<Word>(commutative: false) { $0 + suffix + $1 }
    let first = ["a", "b", "c"].map { Word($0) }
    var second = ["x", "y", "z"].map { Word($0) }
    try join.combine(first.span, into: second.mutableSpan)
    let both = try join.combine(Word("left"), Word("right"))
    #expect(second.map(\.text) == ["a-x", "b-y", "c-z"])
    #expect(both.text == "left-right")
    let product = Reduction<Matrix>(commutative: false) { $0 * $1 }
    let matrix = try product.combine(.sample(0, 1), .sample(1, 1))
    #expect(matrix == Matrix.product(0..<2, 1))
  }

  @Test("What a scan would do, step by step") func scan() throws {
    let world = try Job.communicator()
    let mine = values(of: world.rank, 20)
    let all = try world.allGather(mine.span)
    let scanned = try world.scan(mine.span, .sum)
    var result = [Int](repeating: 0, count: 20)
    for rank in 0...world.rank {
      let theirs = all.span.extracting(rank * 20..<(rank + 1) * 20)
      try Reduction.sum.combine(theirs, into: result.mutableSpan)
    }
    #expect(result == scanned)
  }
}
