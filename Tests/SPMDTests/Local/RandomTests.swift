import Testing

@testable import SPMD

@Suite struct RandomTests {
  /// The three lines "philox4x32 10" of Random123's tests/kat_vectors: counter, key, result
  /// (https://github.com/DEShawResearch/random123).
  @Test func knownAnswersOfRandom123() {
    let pi: [UInt32] = [
      0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344, 0xa409_3822, 0x299f_31d0,
    ]
    let cases: [(SIMD4<UInt32>, SIMD2<UInt32>, SIMD4<UInt32>)] = [
      (.zero, .zero, SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8)),
      (
        SIMD4(repeating: .max), SIMD2(repeating: .max),
        SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd)
      ),
      (
        SIMD4(pi[0], pi[1], pi[2], pi[3]), SIMD2(pi[4], pi[5]),
        SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1)
      ),
    ]
    for (counter, key, result) in cases {
      #expect(Philox.block(counter: counter, key: key) == result)
    }
  }

  @Test func wordsAreHalvesOfBlocks() {
    var random = RandomStream(seed: 0)
    #expect(random.next() == 0xe169_c58d_6627_e8d5)
    #expect(random.next() == 0x9b00_dbd8_bc57_ac4c)
    // The third vector: its counter is block 0x85a308d3243f6a88 of stream 0x0370734413198a2e. Word
    // twice that is beyond 2⁶⁴, so the half that can be reached is tested with the upper bit gone.
    var other = RandomStream(seed: 0x299f_31d0_a409_3822, stream: 0x0370_7344_1319_8a2e)
    other.position = 0x05a3_08d3_243f_6a88 << 1
    let block = Philox.block(
      counter: SIMD4(0x243f_6a88, 0x05a3_08d3, 0x1319_8a2e, 0x0370_7344),
      key: SIMD2(0xa409_3822, 0x299f_31d0))
    #expect(other.next() == UInt64(block.x) | UInt64(block.y) << 32)
    #expect(other.next() == UInt64(block.z) | UInt64(block.w) << 32)
  }

  @Test func anyPositionAtOnce() {
    var random = RandomStream(seed: 7, stream: 3)
    let words = (0..<100).map { _ in random.next() }
    for index in [99, 0, 50, 51, 1] {
      random.position = UInt64(index)
      #expect(random.next() == words[index])
      #expect(random.position == UInt64(index + 1))
    }
    var stream = RandomStream(seed: 7, stream: 4)
    #expect(stream.next() != words[0])
  }

  @Test(arguments: [0, 1, 2, 15, 16, 17, 1000], [0, 1, 2, 0xffff_fff1, 0x1_ffff_fff0])
  func fillsWithTheSameNumbers(count: Int, position: UInt64) {
    var random = RandomStream(seed: 0x1234_5678_9abc_def0, stream: 0xfeed_0000_0001)
    random.position = position
    let expected = (0..<count).map { _ in Double(random.next() >> 11) * 0x1p-53 }
    var values = [Double](repeating: -1, count: count)
    random.position = position
    var span = values.mutableSpan
    random.fill(&span)
    #expect(values == expected)
    #expect(random.position == position + UInt64(count))
    #expect(values.allSatisfy { 0 <= $0 && $0 < 1 })
  }

  /// Of 10⁶ numbers in 100 cells: χ² with 99 degrees of freedom is beyond 160 once in 10⁴ times,
  /// and the seed is fixed.
  @Test func isUniform() {
    var random = RandomStream(seed: 1)
    var values = [Double](repeating: 0, count: 1_000_000)
    var span = values.mutableSpan
    random.fill(&span)
    var cells = [Double](repeating: 0, count: 100)
    for value in values { cells[Int(value * 100)] += 1 }
    let chiSquare = cells.reduce(0) { $0 + ($1 - 10_000) * ($1 - 10_000) / 10_000 }
    #expect((50...160).contains(chiSquare))
  }
}
