import Testing

@testable import SPMD

@Suite struct SobolTests {
  /// scipy 1.17.1, `qmc.Sobol(d=16, scramble=False, bits=32)`: points 7, 50 and 1 000 003, times 2³².
  private static let scipy: [(UInt32, [UInt32])] = [
    (
      7,
      [
        536_870_912, 2_684_354_560, 1_610_612_736, 536_870_912, 536_870_912, 1_610_612_736,
        2_684_354_560, 2_684_354_560, 2_684_354_560, 3_758_096_384, 2_684_354_560, 536_870_912,
        2_684_354_560, 1_610_612_736, 536_870_912, 536_870_912,
      ]
    ),
    (
      50,
      [
        3_556_769_792, 2_080_374_784, 2_348_810_240, 1_677_721_600, 2_885_681_152, 3_556_769_792,
        67_108_864, 3_019_898_880, 1_140_850_688, 3_825_205_248, 3_154_116_608, 1_543_503_872,
        2_617_245_696, 335_544_320, 1_677_721_600, 1_409_286_144,
      ]
    ),
    (
      1_000_003,
      [
        1_187_450_880, 2_413_424_640, 334_991_360, 1_796_354_048, 3_773_812_736, 2_341_023_744,
        948_097_024, 1_145_868_288, 216_535_040, 18_903_040, 3_815_354_368, 2_925_629_440,
        2_247_200_768, 1_216_950_272, 3_861_630_976, 2_001_866_752,
      ]
    ),
  ]

  @Test func plainPointsAreThoseOfScipy() {
    let sobol = SobolSequence(dimensions: 16)
    for (index, expected) in Self.scipy {
      #expect((0..<16).map { sobol.bits(dimension: $0, of: index) } == expected)
    }
    #expect(sobol.coordinate(dimension: 0, of: 1) == 0.5)
  }

  @Test(arguments: [nil, 1] as [UInt64?]) func blocksAreThePoints(seed: UInt64?) {
    let sobol = SobolSequence(dimensions: 5, seed: seed, replica: 2)
    for first in [0, 8, 1 << 20, UInt32.max - 63] as [UInt32] {
      for dimension in 0..<5 {
        var values = [Double](repeating: 0, count: 64)
        var span = values.mutableSpan
        sobol.fill(&span, dimension: dimension, from: first)
        let expected = (0..<64).map {
          sobol.coordinate(dimension: dimension, of: first + $0) + 0x1p-33
        }
        #expect(values == expected)
      }
    }
  }

  /// The first 2^m points have one point in each of the intervals of length 2^(−m) of each dimension,
  /// and, in the first two, in each box of area 2^(−m) (Sobol's property, which Owen's scrambling
  /// keeps).
  @Test(arguments: [0, 1, 99] as [UInt64]) func scramblingKeepsTheNet(seed: UInt64) {
    let sobol = SobolSequence(dimensions: 16, seed: seed)
    let m: UInt32 = 10
    for dimension in 0..<16 {
      let cells = Set(
        (0..<UInt32(1) << m).map { sobol.bits(dimension: dimension, of: $0) >> (32 - m) })
      #expect(cells.count == 1 << m)
    }
    for k in 0...m {
      let cells = Set(
        (0..<UInt32(1) << m).map { index -> UInt64 in
          let x = UInt64(sobol.bits(dimension: 0, of: index)) >> UInt64(32 - Int(k))
          let y = UInt64(sobol.bits(dimension: 1, of: index)) >> UInt64(32 - Int(m) + Int(k))
          return x << 32 | y
        })
      #expect(cells.count == 1 << m)
    }
  }

  /// A scrambled point is uniform in the cube: the mean over 1024 scramblings is ½ within 5 standard
  /// errors, and bits are as often 1 as 0.
  @Test func scrambledPointsAreUniform() {
    let replicas = 1024
    for index in [0, 1, 12_345] as [UInt32] {
      var sum = 0.0
      var bits = [Int](repeating: 0, count: 32)
      for replica in 0..<replicas {
        let word = SobolSequence(dimensions: 3, seed: 5, replica: UInt64(replica))
          .bits(dimension: 2, of: index)
        sum += Double(word) * 0x1p-32
        for bit in 0..<32 { bits[bit] += Int(word >> UInt32(bit) & 1) }
      }
      let error = (1.0 / 12 / Double(replicas)).squareRoot()
      #expect(abs(sum / Double(replicas) - 0.5) < 5 * error)
      #expect(bits.allSatisfy { abs($0 - replicas / 2) < 5 * 16 })
    }
  }
}
