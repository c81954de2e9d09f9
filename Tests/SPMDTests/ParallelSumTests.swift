import MPI
import SPMD
import Support
import Testing

@Suite struct ParallelSumTests {
  /// The same numbers, cut in different ways.
  @Test func sameForAnyCut() throws {
    try withWorld { world in
      var generator = SampleGenerator(seed: 3)
      let all = (0..<10_000).map { _ in
        Double.random(in: -1...1, using: &generator)
          * (Bool.random(using: &generator) ? 1e12 : 1e-12)
      }
      var whole = ExactSum()
      for number in all { whole.add(number) }
      let cuts = [
        Array(all[Partition.balanced(all.count, part: world.rank, of: world.size)]),
        world.rank == world.size - 1 ? all : [],
        stride(from: world.rank, to: all.count, by: world.size).map { all[$0] },
      ]
      for mine in cuts {
        #expect(try world.exactSum(mine.span) == whole.value)
        var own = ExactSum()
        own.add(contentsOf: mine.span)
        #expect(try world.allReduce(own) == whole)
        let reduced = try world.reduce(own, to: 0)
        #expect(world.rank == 0 ? reduced == whole : reduced == nil)
        var squares = ExactSum()
        for number in all { squares.add(squareOf: number) }
        #expect(try world.exactDot(mine.span, mine.span) == squares.value)
      }
      let floats = [Float](repeating: 0.1, count: world.rank == 0 ? 10 : 0)
      #expect(try world.exactSum(floats.span) == 1)
    }
  }
}
