import Testing

@testable import SPMD

@Suite struct GroupTests {
  /// Numbers of all magnitudes, and integers, from a seed.
  private func numbers(_ count: Int, seed: UInt64, spread: Int) -> [Double] {
    var coins = CoinStream(state: seed)
    return (0..<count).map { _ in
      let significand = Double(Int64(bitPattern: coins.next()) >> 11)
      let exponent = Int(coins.next() % UInt64(2 * spread + 1)) - spread
      return significand * Double(sign: .plus, exponent: exponent, significand: 1)
    }
  }

  @Test(arguments: [0, 10, 40, 200, 900]) func cellsHoldExactSums(_ spread: Int) {
    let values = numbers(2000, seed: UInt64(spread), spread: spread) + [0, -0.0, 1, -1]
    var tables = [GroupTable(isInteger: [false]), GroupTable(isInteger: [false])]
    var expected = ExactSum()
    let key: [UInt8] = [65]
    for (i, value) in values.enumerated() {
      expected.add(value)
      let group = unsafe key.withUnsafeBytes { unsafe tables[i % 2].group($0) }
      tables[i % 2].countRecord(of: group)
      tables[i % 2].add(value, to: group)
    }
    tables[0].add(packed: tables[1].packed)
    #expect(tables[0].count == 1)
    #expect(tables[0].counts == [values.count])
    #expect(tables[0].sum(0) == expected)
    #expect(OrderedKey.decodeDouble(tables[0].cells[0].greatest) == values.max())
  }

  @Test func sumsOfSignsAndOfIntegers() {
    for values in [[-1.0], [-1, 1], [1e-20, -1], [-3e9, 2], [.infinity], [.infinity, 5]] {
      var tables: [GroupTable] = []
      var expected = ExactSum()
      for value in values {
        var table = GroupTable(isInteger: [false])
        let group = unsafe [UInt8(1)].withUnsafeBytes { unsafe table.group($0) }
        table.add(value, to: group)
        expected.add(value)
        tables.append(table)
      }
      var all = GroupTable(isInteger: [false])
      for table in tables { all.add(packed: table.packed) }
      #expect(all.sum(0) == expected, "\(values)")
    }
    var table = GroupTable(isInteger: [true])
    let group = unsafe [UInt8(1)].withUnsafeBytes { unsafe table.group($0) }
    for value in [Int64.max, .min, 7] {
      // Of one value nothing is packed but itself.
      var single = GroupTable(isInteger: [true])
      let other = unsafe [UInt8(1)].withUnsafeBytes { unsafe single.group($0) }
      single.add(value, to: other)
      table.add(packed: single.packed)
    }
    #expect(table.sum(group).integer == 6)
    #expect(OrderedKey.decodeInteger(table.cells[group].least) == .min)
    for _ in 0..<2 { table.add(Int64.max, to: group) }
    var copy = GroupTable(isInteger: [true])
    copy.add(packed: table.packed)
    #expect(table.sum(group).integer == nil && copy.sum(0) == table.sum(group))
  }

  @Test func largestGroupsFirst() {
    var table = GroupTable(isInteger: [])
    for i in 0..<5000 {
      for _ in 0..<(1 + i * 7919 % 13) {
        let group = unsafe Array("\(i)".utf8).withUnsafeBytes { unsafe table.group($0) }
        table.countRecord(of: group)
      }
    }
    let order = (0..<5000).sorted { a, b in
      let (x, y) = (a * 7919 % 13, b * 7919 % 13)
      return x != y ? x > y : "\(a)".utf8.lexicographicallyPrecedes("\(b)".utf8)
    }
    for limit in [1, 2, 100, 400, 6000] {
      let top = table.top(limit).map { String(decoding: table.key($0), as: UTF8.self) }
      #expect(top == order.prefix(limit).map { "\($0)" })
    }
  }
}

@Suite struct HistogramTests {
  @Test(arguments: [
    [0, 1], [-5.5, 5.5], [1e-300, 2e-300], [-1.7e308, 1.7e308], [1e9, 1e9 + 1e-6],
    [.leastNonzeroMagnitude, 0x1p-1070],
    [3, 3], [0.1, 0.30000000000000004], [-1e300, 1],
  ]) func binsHoldAllNumbers(_ ends: [Double]) {
    for count in [1, 2, 7, 20, 1000] {
      let bins = HistogramBins.numbers(from: ends[0], to: ends[1], count: count)
      guard case .numbers(let edges) = bins else { return }
      #expect(edges[0] <= ends[0] && ends[1] <= edges[edges.count - 1])
      #expect(bins.count <= count + 1)
      for i in 0...100 {
        let share = Double(i) / 100
        let value = min(max(ends[0] * (1 - share) + ends[1] * share, ends[0]), ends[1])
        let bin = bins.bin(of: value)
        #expect(edges[bin] <= value)
        #expect(value < edges[bin + 1] || bin == bins.count - 1)
      }
    }
  }

  @Test func roundEdges() {
    guard case .numbers(let edges) = HistogramBins.numbers(from: 0.013, to: 0.97, count: 10) else {
      return
    }
    #expect(edges == [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1])
  }

  @Test(arguments: [
    (Int64.min, Int64.max), (0, 0), (-7, 12), (1, 20), (.max - 3, .max),
    (1_700_000_000, 1_800_000_000),
  ]) func binsHoldAllIntegers(_ low: Int64, _ high: Int64) {
    for count in [1, 20, 500] {
      for widths in [[], HistogramBins.timeWidths] {
        let bins = HistogramBins.integers(from: low, to: high, count: count, widths: widths)
        #expect(bins.count <= count + 1)
        #expect(bins.bin(of: low) == 0)
        #expect(bins.bin(of: high) == bins.count - 1)
      }
    }
  }
}
