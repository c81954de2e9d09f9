/// The counter-based generator Philox 4×32-10: a function from a key and a counter to 128 random
/// bits, so that any rank can compute any part of a stream.
///
/// Source: J. Salmon, M. Moraes, R. Dror and D. Shaw, *Parallel random numbers: as easy as 1, 2,
/// 3*, SC 2011, §3.3 and table 2. It passes all tests of TestU01's BigCrush (ibid., §4).
public enum Philox {
  /// The multipliers and the steps of the key's two words (ibid., §3.3; the steps are the golden
  /// ratio and √3 − 1).
  static let multipliers: (UInt32, UInt32) = (0xd251_1f53, 0xcd9e_8d57)
  static let keySteps: (UInt32, UInt32) = (0x9e37_79b9, 0xbb67_ae85)
  static let rounds = 10

  /// Computes one block of random bits.
  ///
  ///     Philox.block(counter: SIMD4(0, 0, 0, 0), key: SIMD2(0, 0))
  ///     // 6627e8d5 e169c58d bc57ac4c 9b00dbd8
  ///
  /// - Parameters:
  ///   - counter: Which block of the stream, least significant word first.
  ///   - key: Which stream.
  /// - Returns: 128 bits, as four words.
  public static func block(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var (c, k) = (counter, key)
    for _ in 0..<rounds {
      let p = c.x.multipliedFullWidth(by: multipliers.0)
      let q = c.z.multipliedFullWidth(by: multipliers.1)
      c = SIMD4(q.high ^ c.y ^ k.x, q.low, p.high ^ c.w ^ k.y, p.low)
      k = SIMD2(k.x &+ keySteps.0, k.y &+ keySteps.1)
    }
    return c
  }
}

/// A stream of random numbers whose values depend on a seed and an index alone: the same at any
/// number of ranks, wherever each rank begins.
///
///     var random = RandomStream(seed: 42)
///     random.position = firstOfMine            // in no time, however far
///     let dice = Int.random(in: 1...6, using: &random)
///
/// Word `2n` and word `2n + 1` of the stream are the halves of block `n` of ``Philox``, whose key
/// is the seed. There are 2⁶⁴ streams for each seed, of 2⁶⁴ words each.
public struct RandomStream: RandomNumberGenerator, Sendable {
  /// Which of all families of streams.
  public let seed: UInt64
  /// Which stream of the seed's: one for each variable of a model, say.
  public let stream: UInt64

  /// The index of the next word; set it to begin anywhere.
  public var position: UInt64

  /// The block that was computed last, and its number.
  private var words = SIMD4<UInt32>.zero
  private var block: UInt64?

  /// Creates a stream, at its first word.
  public init(seed: UInt64, stream: UInt64 = 0) {
    self.seed = seed
    self.stream = stream
    position = 0
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    let wanted = position >> 1
    if block != wanted {
      words = Philox.block(counter: counter(of: wanted), key: key)
      block = wanted
    }
    let half = position & 1 == 0 ? words.lowHalf : words.highHalf
    position &+= 1
    return UInt64(half.x) | UInt64(half.y) << 32
  }

  var key: SIMD2<UInt32> { SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(seed >> 32)) }

  func counter(of block: UInt64) -> SIMD4<UInt32> {
    SIMD4(
      UInt32(truncatingIfNeeded: block), UInt32(block >> 32),
      UInt32(truncatingIfNeeded: stream), UInt32(stream >> 32))
  }
}
