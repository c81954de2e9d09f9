// Exact sums against plain ones of the same numbers, in turns, in one process without MPI.
//
//     swift run -c release sums [NUMBERS]     10⁹ of them, 8 GB, unless said otherwise

import SPMD

@main struct Sums {
  static func main() {
    let count = CommandLine.arguments.dropFirst().first.flatMap(Int.init) ?? 1_000_000_000
    // A linear congruential generator: the numbers only have to have all their bits.
    var state: UInt64 = 1
    let numbers = (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 11) * 0x1p-53 - 0.3
    }
    let clock = ContinuousClock()
    var ratios: [Double] = []
    var sums = (plain: 0.0, exact: 0.0)
    for _ in 0..<7 {
      let plain = clock.measure { sums.plain = plainSum(numbers.span) }
      let exact = clock.measure {
        var sum = ExactSum()
        sum.add(contentsOf: numbers.span)
        sums.exact = sum.value
      }
      ratios.append(exact / plain)
    }
    ratios.sort()
    print("plain sum \(sums.plain), exact sum \(sums.exact)")
    print("time of the exact sum, plain = 1: median \(ratios[3]), \(ratios[0]) to \(ratios[6])")
  }
}

/// The sum in eight strands, which the processor adds up in vectors.
private func plainSum(_ numbers: Span<Double>) -> Double {
  var strands = SIMD8<Double>.zero
  let whole = numbers.count / 8 * 8
  for index in stride(from: 0, to: whole, by: 8) {
    strands += SIMD8(
      numbers[index], numbers[index + 1], numbers[index + 2], numbers[index + 3],
      numbers[index + 4], numbers[index + 5], numbers[index + 6], numbers[index + 7])
  }
  var sum = strands.sum()
  for index in whole..<numbers.count { sum += numbers[index] }
  return sum
}
