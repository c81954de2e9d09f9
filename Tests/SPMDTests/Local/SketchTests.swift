import Testing

@testable import SPMD

@Suite struct HyperLogLogTests {
  @Test(arguments: [0, 1, 10, 1000, 20_000, 100_000]) func estimateIsNear(_ count: Int) {
    var sketch = HyperLogLog()
    for i in 0..<count {
      sketch.insert(hash: Mixing.hash(UInt64(i)))
      if i % 3 == 0 { sketch.insert(hash: Mixing.hash(UInt64(i))) }
    }
    // Five standard errors.
    #expect(abs(sketch.estimate - Double(count)) <= 5 * HyperLogLog.standardError * Double(count))
  }

  @Test func mergingIsAsIfAllHadBeenCountedInOne() {
    var (a, b, all) = (HyperLogLog(), HyperLogLog(), HyperLogLog())
    for i in 0..<3000 {
      let hash = Mixing.hash(UInt64(i))
      all.insert(hash: hash)
      if i % 2 == 0 { a.insert(hash: hash) } else { b.insert(hash: hash) }
    }
    a.merge(b)
    #expect(a == all)
    #expect(HyperLogLog(registers: a.registers) == all)
  }
}

@Suite struct QuantileSketchTests {
  @Test func isExactWhileAllIsHeld() {
    var sketch = QuantileSketch(seed: 1)
    for i in 0..<4000 { sketch.insert(Double((i * 1231) % 4000)) }
    #expect(sketch.isExact)
    #expect(sketch.rankError == 0)
    #expect(sketch.quantile(0) == 0)
    #expect(sketch.quantile(1) == 3999)
    #expect(sketch.quantile(0.5) == 1999.5)
    #expect(sketch.quantile(0.25) == 999.75)
    #expect(QuantileSketch(seed: 1).quantile(0.5) == nil)
  }

  @Test(arguments: 0..<4) func ranksAreWithinTheBound(_ shape: Int) {
    let count = 60_000
    var generator = SampleGenerator(seed: UInt64(shape))
    let values: [Double] = (0..<count).map { i in
      switch shape {
      case 0: return Double(i)
      case 1: return Double(count - i)
      case 2: return Double.random(in: -1...1, using: &generator)
      default: return Double(Int.random(in: 0...20, using: &generator))
      }
    }
    // Four parts, merged as a tree.
    var parts = (0..<4).map { part in
      var sketch = QuantileSketch(seed: UInt64(part))
      for value in values[(part * count / 4)..<((part + 1) * count / 4)] { sketch.insert(value) }
      return sketch
    }
    parts[0].merge(parts[1])
    parts[2].merge(parts[3])
    parts[0].merge(parts[2])
    let sketch = parts[0]
    #expect(sketch.count == count)
    #expect(sketch.rankError > 0 && sketch.rankError < 0.005)
    let sorted = values.sorted()
    for fraction in [0, 0.01, 0.1, 0.5, 0.9, 0.99, 1] {
      let answer = sketch.quantile(fraction) ?? .nan
      let low = Double(sorted.count { $0 < answer })
      let high = Double(sorted.count { $0 <= answer })
      let slack = (sketch.rankError + 1e-4) * Double(count)
      let rank = fraction * Double(count - 1)
      #expect(low - slack <= rank && rank <= high + slack, "fraction \(fraction): \(answer)")
    }
  }

  @Test func sameSeedSameSketch() {
    var (a, b) = (QuantileSketch(seed: 5), QuantileSketch(seed: 5))
    for i in 0..<20_000 {
      a.insert(Double(i % 977))
      b.insert(Double(i % 977))
    }
    #expect(a == b)
    #expect(QuantileSketch(words: a.words) == a)
  }

  @Test func keysSortAsValuesDo() {
    let numbers = [
      -Double.infinity, -1e300, -1, -.leastNonzeroMagnitude, 0, .leastNonzeroMagnitude, 1,
      .infinity,
    ]
    #expect(numbers.map { OrderedKey.encode($0) } == numbers.map { OrderedKey.encode($0) }.sorted())
    #expect(numbers.map { OrderedKey.decodeDouble(OrderedKey.encode($0)) } == numbers)
    #expect(OrderedKey.encode(-0.0) == OrderedKey.encode(0.0))
    let integers: [Int64] = [.min, -1, 0, 1, .max]
    #expect(
      integers.map { OrderedKey.encode($0) } == integers.map { OrderedKey.encode($0) }.sorted())
  }

  @Test func radixSortSorts() {
    var generator = SampleGenerator(seed: 8)
    var spare: [UInt64] = []
    for count in [0, 1, 2, 64, 65, 1000, 4096] {
      for shift in [0, 20, 56] as [UInt64] {
        var keys = (0..<count).map { _ in generator.next() >> shift }
        let expected = keys.sorted()
        radixSort(&keys, spare: &spare)
        #expect(keys == expected)
      }
    }
  }
}

@Suite struct FrequentItemsTests {
  @Test func isExactWhileAllFits() {
    var items = FrequentItems(capacity: 100)
    for i in 0..<1000 { items.insert("value \(i % 10 == 7 ? 7 : i % 50)") }
    #expect(items.isExact)
    #expect(items.distinctCount == 46)
    #expect(items.top(1).first?.value == "value 7")
    #expect(items.top(1).first?.count == 100)
    // Equal counts: by their bytes.
    #expect(items.top(3).map(\.value) == ["value 7", "value 0", "value 1"])
    #expect(FrequentItems(words: items.words).top(50).map(\.value) == items.top(50).map(\.value))
  }

  @Test func frequentOnesSurviveMany() {
    var parts = [FrequentItems(capacity: 64), FrequentItems(capacity: 64)]
    var truth = 0
    for i in 0..<20_000 {
      if i % 5 == 0 {
        parts[i % 2].insert("often")
        truth += 1
      } else {
        parts[i % 2].insert("rare \(i)")
      }
    }
    parts[0].merge(parts[1])
    let top = parts[0].top(3)
    #expect(top.map(\.value) == ["often"])
    let count = top.first?.count ?? 0
    #expect(count <= truth && truth <= count + Int(parts[0].maximumError))
    #expect(parts[0].maximumError <= 2 * 20_000 / 64)
  }

  @Test func numbersAreCountedByTheirKeys() {
    var items = FrequentItems(capacity: 16)
    var distinct = HyperLogLog()
    items.insert(contentsOf: [5, 5, 3, 5, 3].span, distinct: &distinct)
    #expect(items.topEntries(5) { $0.payload < $1.payload }.map(\.payload) == [5, 3])
    #expect(distinct.estimate.rounded() == 2)
  }
}

@Suite struct DateTests {
  private func days(_ text: String) -> Int64? {
    unsafe withBytes(of: text) { unsafe DateParser.days($0, $1) }
  }

  private func microseconds(_ text: String) -> Int64? {
    unsafe withBytes(of: text) { unsafe DateParser.microseconds($0, $1) }
  }

  @Test func knownDays() {
    #expect(days("1970-01-01") == 0)
    #expect(days("1969-12-31") == -1)
    #expect(days("2000-02-29") == 11_016)
    #expect(days("0001-01-01") == -719_162)
    #expect(days("0000-01-01") == -719_528)
    #expect(days("2023-02-29") == nil)
    #expect(days("1900-02-29") == nil)
    #expect(days("2023-13-01") == nil)
    #expect(days("2023-1-01") == nil)
  }

  @Test func textAndBack() {
    for day in stride(from: Int64(-719_528), through: 2_932_896, by: 997) {
      #expect(days(DateParser.text(days: day)) == day)
    }
    for text in ["1999-12-31 23:59:59.999999", "2024-02-29 00:00:00", "1960-01-01 12:00:00.500000"]
    {
      #expect(microseconds(text).map { DateParser.text(microseconds: $0) } == text)
    }
    #expect(microseconds("2024-01-01T10:30") == microseconds("2024-01-01 10:30:00"))
    #expect(microseconds("2024-01-01 24:00") == nil)
  }
}
