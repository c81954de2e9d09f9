import MPI
import SPMD
import Support
import Testing

@Suite struct SparseExchangeTests {
  /// Who sends to whom is drawn by all ranks alike; each does its own part.
  @Test func manyRounds() throws {
    try withWorld { world in
      var generator = SampleGenerator(seed: 5)
      for round in 0..<100 {
        let edges = (0..<world.size).map { _ in
          (0..<world.size).filter { _ in Int.random(in: 0..<3, using: &generator) == 0 }
        }
        let lengths = (0..<world.size).map { _ in Int.random(in: 0..<2000, using: &generator) }
        func content(_ source: Int, _ target: Int) -> [Int] {
          (0..<(lengths[source] + target) % 1500).map {
            round * 1_000_000 + source * 1000 + $0 % 997
          }
        }
        let mine = Dictionary(
          uniqueKeysWithValues: edges[world.rank].map { ($0, content(world.rank, $0)) })
        let received = try world.sparseExchange(mine)
        let expected = (0..<world.size).filter { edges[$0].contains(world.rank) }.map { source in
          (source, content(source, world.rank))
        }
        #expect(received.map(\.source) == expected.map(\.0))
        #expect(received.map(\.elements) == expected.map(\.1))
      }
    }
  }

  @Test func severalMessagesToOneRankStayInOrder() throws {
    try withWorld { world in
      let numbers = (0..<30).map { 100 * world.rank + $0 }
      let parts = [(0, 0..<10), (0, 10..<10), (0, 5..<30)].map { (destination: $0.0, part: $0.1) }
      let received = try world.sparseExchange(numbers.span, sending: parts)
      if world.rank == 0 {
        #expect(received.map(\.source) == (0..<world.size).flatMap { [$0, $0, $0] })
        for rank in 0..<world.size {
          let own = (0..<30).map { 100 * rank + $0 }
          #expect(received[3 * rank].elements == Array(own[0..<10]))
          #expect(received[3 * rank + 1].elements.isEmpty)
          #expect(received[3 * rank + 2].elements == Array(own[5..<30]))
        }
      } else {
        #expect(received.isEmpty)
      }
    }
  }

  /// A receive of the program with any source and any tag gets none of its messages.
  @Test func staysOutOfTheWay() throws {
    try withWorld { world in
      let right = (world.rank + 1) % world.size
      let request = try world.immediate.send([7, world.rank].span, to: right, tag: 0)
      let received = try world.sparseExchange([right: [1.5]])
      #expect(received.map(\.elements) == [[1.5]])
      let own = try world.receive(Int.self, from: .any, tag: .any)
      #expect(own == [7, (world.rank + world.size - 1) % world.size])
      try request.wait()
    }
  }

  @Test func noSuchRank() throws {
    try withWorld { world in
      #expect(throws: MPIError.self) { _ = try world.sparseExchange([world.size: [1]]) }
      let nothing = try world.sparseExchange([Int: [Int]]())
      #expect(nothing.isEmpty)
    }
  }
}
