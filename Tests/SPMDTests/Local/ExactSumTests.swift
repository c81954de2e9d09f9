import Testing

@testable import SPMD

@Suite struct ExactSumTests {
  private func sum(_ values: [Double]) -> ExactSum {
    var sum = ExactSum()
    sum.add(contentsOf: values.span)
    return sum
  }

  @Test func cancellationLeavesWhatIsLeft() {
    #expect(sum([1e100, 1, -1e100]).value == 1)
    #expect(
      sum([1e308, 1e308, -1e308, -1e308, .leastNonzeroMagnitude]).value == .leastNonzeroMagnitude)
    #expect(sum([.greatestFiniteMagnitude, .greatestFiniteMagnitude]).value == .infinity)
    #expect(sum([]).value == 0)
    #expect(sum([-1, 1, -0.0]).value == 0)
  }

  @Test func roundsOnceAndToEven() {
    let ulp = Double.ulpOfOne
    #expect(sum([1, ulp / 2]).value == 1)
    #expect(sum([1 + ulp, ulp / 2]).value == 1 + 2 * ulp)
    #expect(sum([1, ulp / 2, .leastNonzeroMagnitude]).value == 1 + ulp)
    #expect(sum([-1, -ulp / 2, -.leastNonzeroMagnitude]).value == -1 - ulp)
    // What a loop of additions gets wrong.
    #expect(sum([Double](repeating: 0.1, count: 10)).value == 1)
  }

  @Test func nonFiniteSummandsCountAsInAdditions() {
    #expect(sum([1, .infinity]).value == .infinity)
    #expect(sum([1, -.infinity]).value == -.infinity)
    #expect(sum([.infinity, -.infinity]).value.isNaN)
    #expect(sum([.nan, 1]).value.isNaN)
  }

  @Test func orderAndPartsDoNotMatter() {
    var generator = SampleGenerator(seed: 1)
    let values = (0..<3000).map { _ in
      Double(
        sign: Bool.random(using: &generator) ? .plus : .minus,
        exponent: Int.random(in: -1074...1000, using: &generator),
        significand: Double.random(in: 1..<2, using: &generator))
    }
    let whole = sum(values)
    #expect(sum(values.shuffled(using: &generator)) == whole)
    var parts = sum(Array(values[..<1000]))
    parts.add(sum(Array(values[1000...])))
    #expect(parts == whole)
    let words = zip(sum(Array(values[..<10])).words, sum(Array(values[10...])).words).map(+)
    #expect(ExactSum(words: words.span) == whole)

    var pair = SumPair()
    pair.add(values.span)
    #expect(pair.sum == whole)
    var squares = ExactSum()
    for value in values { squares.add(squareOf: value) }
    #expect(pair.squares == squares)
  }

  @Test func agreesWithLongArithmetic() {
    // Integers of up to 53 bits times powers of two within 64: sums fit into 128 bits.
    var generator = SampleGenerator(seed: 2)
    for _ in 0..<300 {
      var sum = ExactSum()
      var reference: Int128 = 0
      for _ in 0..<20 {
        let integer = Int64.random(in: -(1 << 53)...(1 << 53), using: &generator)
        let shift = Int.random(in: 0...60, using: &generator)
        sum.add(Double(sign: .plus, exponent: shift, significand: Double(integer)))
        reference += Int128(integer) << Int128(shift)
      }
      #expect(sum.value == Double(reference))
    }
  }

  @Test func varianceIsThatOfTheExactSums() throws {
    var pair = SumPair()
    // A billion is subtracted and nothing is lost: the variance is 30.
    pair.add([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16].span)
    #expect(pair.sum.mean(of: 4) == 1e9 + 10)
    #expect(pair.sum.variance(squares: pair.squares, count: 4) == 30)
    #expect(pair.sum.standardDeviation(squares: pair.squares, count: 4) == 30.0.squareRoot())
    #expect(pair.sum.variance(squares: pair.squares, count: 1) == nil)

    var same = SumPair()
    same.add([Double](repeating: 0.1, count: 1000).span)
    #expect(same.sum.mean(of: 1000) == 0.1)
    #expect(same.sum.standardDeviation(squares: same.squares, count: 1000) == 0)

    var wide = SumPair()
    wide.add([1e300, -1e300].span)
    let deviation = try #require(wide.sum.standardDeviation(squares: wide.squares, count: 2))
    #expect(abs(deviation / (1e300 * 2.0.squareRoot()) - 1) < 1e-15)
  }

  @Test func integersAreSummedAsTheyAre() {
    var small = SumPair()
    var large = SumPair()
    let values: [Int64] = (0..<5000).map { ($0 * 7919) % 4001 - 2000 }
    small.add(values.span, bound: 4000)
    large.add(values.span, bound: .max)
    #expect(small.sum == large.sum)
    #expect(small.squares == large.squares)
    var extremes = SumPair()
    extremes.add([Int64.min, .max, .max].span, bound: UInt64(Int64.max) + 1)
    #expect(extremes.sum.value == 0x1p63 - 2)
    #expect(extremes.squares.value == 3 * 0x1p126)
  }

  // MARK: Blocks

  /// Numbers that blocks of vector arithmetic must not treat as others.
  private static func adversarial(_ generator: inout SampleGenerator) -> [[Double]] {
    func numbers(_ exponents: ClosedRange<Int>, _ count: Int = 4100) -> [Double] {
      (0..<count).map { _ in
        Double(
          sign: Bool.random(using: &generator) ? .plus : .minus,
          exponent: Int.random(in: exponents, using: &generator),
          significand: Double.random(in: 1..<2, using: &generator))
      }
    }
    let same = numbers(0...0)
    var all = [
      numbers(-1...0), numbers(-30...30), numbers(-60...0), numbers(-300...300),
      numbers(1000...1023),
      numbers(-1074...(-1000)), numbers(-810...(-790)), numbers(990...1010), same,
      same + same.map { -$0 }, [Double](repeating: -0.0, count: 2048),
      [Double](repeating: 0.1, count: 5000),
      [Double](repeating: .greatestFiniteMagnitude, count: 1024),
      (0..<4096).map { $0 % 2 == 0 ? 0x1p52 : -0x1p-52 },
      // Halves of the last bit, to both sides.
      (0..<2048).map { $0 % 3 == 0 ? 1 : 0x1p-53 },
      (0..<2048).map { $0 == 1000 ? 0x1p500 : 0x1p-500 },
    ]
    for (place, odd) in [(0, Double.nan), (1023, .infinity), (512, -.infinity)] {
      var numbers = same
      numbers[place] = odd
      all.append(numbers)
    }
    return all
  }

  @Test func blocksAreAsOneByOne() {
    var generator = SampleGenerator(seed: 11)
    for numbers in Self.adversarial(&generator) {
      var oneByOne = ExactSum()
      for number in numbers { oneByOne.add(number) }
      #expect(sum(numbers) == oneByOne, "\(numbers.prefix(3)) …")
    }
  }

  @Test func floats() {
    func sum(_ numbers: [Float]) -> ExactSum {
      var sum = ExactSum()
      sum.add(contentsOf: numbers.span)
      return sum
    }
    #expect(sum([1e30, 1, -1e30]).floatValue == 1)
    #expect(sum([Float](repeating: 0.1, count: 10)).floatValue == 1)
    #expect(
      sum([.leastNonzeroMagnitude, .leastNonzeroMagnitude]).floatValue == 2 * .leastNonzeroMagnitude
    )
    #expect(sum([.greatestFiniteMagnitude, .greatestFiniteMagnitude]).floatValue == .infinity)
    #expect(sum([-.infinity, 1]).floatValue == -.infinity)
    #expect(sum([.nan]).floatValue.isNaN)
    #expect(sum((0..<5000).map { Float($0 % 100) }).floatValue == 247_500)
    // A little above the middle of two floats: rounded to a Double first, it would be the middle, and go
    // to the even one below.
    var above = ExactSum()
    for summand in [1, 0x1p-24, 0x1p-90] { above.add(summand) }
    #expect(above.floatValue == 1 + .ulpOfOne)
    #expect(Float(above.value) == 1)
    var least = ExactSum()
    least.add(0x1p-150)
    #expect(least.floatValue == 0)
    least.add(0x1p-200)
    #expect(least.floatValue == .leastNonzeroMagnitude)
  }

  @Test func products() {
    func dot(_ a: [Double], _ b: [Double]) -> ExactSum {
      var sum = ExactSum()
      sum.add(productsOf: a.span, b.span)
      return sum
    }
    #expect(dot([1e200, 3, -1e200], [1e100, 4, 1e100]).value == 12)
    // (1 + ε)(1 − ε) − 1 = −ε², which ordinary arithmetic rounds away.
    let epsilon = Double.ulpOfOne
    #expect(dot([1 + epsilon, -1], [1 - epsilon, 1]).value == -epsilon * epsilon)
    #expect(dot([.leastNonzeroMagnitude], [.leastNonzeroMagnitude]).value == 0)
    let least = Double.leastNonzeroMagnitude
    #expect(dot([least, -3 * least], [0x1p1000, 0x1p1000]).value == -0x1p-73)
    #expect(dot([.infinity], [0]).value.isNaN)
    #expect(dot([-.infinity], [2]).value == -.infinity)
    var (squares, products) = (ExactSum(), ExactSum())
    for value in [0.1, -7.5, 0x1p-1050, 1e150] {
      squares.add(squareOf: value)
      products.add(product: value, value)
    }
    #expect(squares == products)
  }
}
