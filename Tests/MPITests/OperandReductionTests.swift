import MPI
import Testing

// Whatever holds the elements, the results are the same.

/// Samples with a name, which are reduced as their array is.
private struct Series: ElementContainer {
  var elements: [Int]
  let name = "series"
}

/// The same five elements in storage of every kind.
private struct Storage {
  static let count = 5

  var array: [Int]
  /// The elements are between two others.
  var longer: [Int]
  var contiguous: ContiguousArray<Int>
  var inline = InlineArray<5, Int>(repeating: 0)
  var series: Series
  /// For what is used through a view.
  var seen: [Int]
  var changed: [Int]

  init(_ elements: [Int]) {
    array = elements
    longer = [-7] + elements + [-7]
    contiguous = ContiguousArray(elements)
    for index in inline.indices { inline[index] = elements[index] }
    series = Series(elements: elements)
    seen = elements
    changed = elements
  }

  /// The elements of each.
  var contents: [[Int]] {
    [
      array, Array(longer.dropFirst().dropLast()), Array(contiguous),
      inline.indices.map { inline[$0] }, series.elements, seen, changed,
    ]
  }

  /// Whether nothing has been written next to a slice.
  var keepsBounds: Bool { longer.first == -7 && longer.last == -7 }
}

@Suite("Operands of reductions (MPI 3.1 §5.9 – §5.11)") struct OperandReductionTests {
  let world: Communicator
  private let mine: Storage

  init() throws {
    world = try Job.communicator()
    mine = Storage(values(of: world.rank, Storage.count))
  }

  private var parts: Partition { Partition(balancing: Storage.count, over: world.size) }

  private var empty: Storage { Storage([Int](repeating: -1, count: Storage.count)) }

  private func sums(_ ranks: Range<Int>) -> [Int] {
    (0..<Storage.count).map { index in ranks.reduce(0) { $0 + value($1, index) } }
  }

  /// Expects results in all kinds of storage; of the elements behind them nothing is expected.
  private func expect(
    _ storage: Storage, _ expected: [Int], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for (kind, content) in storage.contents.enumerated() {
      #expect(
        Array(content.prefix(expected.count)) == expected, "kind \(kind)",
        sourceLocation: sourceLocation)
    }
    #expect(storage.keepsBounds, sourceLocation: sourceLocation)
  }

  // MARK: - Reduce

  @Test("To the root, returned", arguments: [0, -1]) func reduce(place: Int) throws {
    let root = (place + world.size) % world.size
    let results = [
      try world.reduce(mine.array, .sum, to: root),
      try world.reduce(mine.longer[1...5], .sum, to: root),
      try world.reduce(mine.contiguous, .sum, to: root),
      try world.reduce(mine.inline, .sum, to: root),
      try world.reduce(mine.series, .sum, to: root),
      try world.reduce(mine.seen.span, .sum, to: root),
      try world.reduce(mine.array.map { $0 }, Reduction { a, b in a + b }, to: root),
    ]
    let expected = world.rank == root ? sums(0..<world.size) : nil
    #expect(results == [[Int]?](repeating: expected, count: 7))
  }

  @Test("To the root, into storage", arguments: [0, -1]) func reduceInto(place: Int) throws {
    let root = (place + world.size) % world.size
    var result = empty
    try world.reduce(mine.array, into: &result.array, .sum, to: root)
    try world.reduce(mine.longer[1...5], into: &result.longer[1...5], .sum, to: root)
    try world.reduce(mine.contiguous, into: &result.contiguous, .sum, to: root)
    try world.reduce(mine.inline, into: &result.inline, .sum, to: root)
    try world.reduce(mine.series, into: &result.series, .sum, to: root)
    try world.reduce(mine.seen.span, into: result.seen.mutableSpan, .sum, to: root)
    try world.reduce(mine.seen, into: result.changed.mutableSpan, .sum, to: root)
    expect(result, world.rank == root ? sums(0..<world.size) : empty.array)
  }

  @Test("To the root, in place", arguments: [0, -1]) func reduceInPlace(place: Int) throws {
    let root = (place + world.size) % world.size
    var result = mine
    try world.reduce(&result.array, .sum, to: root)
    try world.reduce(&result.longer[1...5], .sum, to: root)
    try world.reduce(&result.contiguous, .sum, to: root)
    try world.reduce(&result.inline, .sum, to: root)
    try world.reduce(&result.series, .sum, to: root)
    try world.reduce(&result.seen, .sum, to: root)
    do {
      var view = result.changed.mutableSpan
      try world.reduce(&view, .sum, to: root)
    }
    // Elsewhere than on the root the elements stay as they are.
    expect(result, world.rank == root ? sums(0..<world.size) : mine.array)
  }

  @Test("To the root, immediate", arguments: [0, -1]) func reduceLater(place: Int) throws {
    let root = (place + world.size) % world.size
    let (array, slice, contiguous, seen) = (
      mine.array, mine.longer[1...5], mine.contiguous, mine.seen
    )
    var (first, second, third) = (empty.array, empty.array, empty.contiguous)
    var (fourth, fifth, sixth) = (empty.array, mine.array, mine.contiguous)
    let a = try world.immediate.reduce(array, into: &first, .sum, to: root)
    let b = try world.immediate.reduce(slice, into: &second, .sum, to: root)
    let c = try world.immediate.reduce(contiguous, into: &third, .sum, to: root)
    let d = try world.immediate.reduce(seen.span, into: fourth.mutableSpan, .sum, to: root)
    let e = try world.immediate.reduce(&fifth, .sum, to: root)
    var view = sixth.mutableSpan
    let f = try world.immediate.reduce(&view, .sum, to: root)
    try f.wait()
    try e.wait()
    try d.wait()
    try c.wait()
    try b.wait()
    try a.wait()
    let isRoot = world.rank == root
    let into = isRoot ? sums(0..<world.size) : empty.array
    let inPlace = isRoot ? sums(0..<world.size) : mine.array
    #expect([first, second, Array(third), fourth] == [[Int]](repeating: into, count: 4))
    #expect([fifth, Array(sixth)] == [inPlace, inPlace])
  }

  // MARK: - All reduce

  @Test("To all, returned") func allReduce() throws {
    let results = [
      try world.allReduce(mine.array, .sum),
      try world.allReduce(mine.longer[1...5], .sum),
      try world.allReduce(mine.contiguous, .sum),
      try world.allReduce(mine.inline, .sum),
      try world.allReduce(mine.series, .sum),
      try world.allReduce(mine.seen.span, .sum),
      try world.allReduce(mine.array.map { $0 }, Reduction { a, b in a + b }),
    ]
    #expect(results == [[Int]](repeating: sums(0..<world.size), count: 7))
    let nested = try world.allReduce(try world.allReduce(mine.array, .sum), .max)
    #expect(nested == sums(0..<world.size))
  }

  @Test("To all, into storage") func allReduceInto() throws {
    var result = empty
    try world.allReduce(mine.array, into: &result.array, .sum)
    try world.allReduce(mine.longer[1...5], into: &result.longer[1...5], .sum)
    try world.allReduce(mine.contiguous, into: &result.contiguous, .sum)
    try world.allReduce(mine.inline, into: &result.inline, .sum)
    try world.allReduce(mine.series, into: &result.series, .sum)
    try world.allReduce(mine.seen.span, into: result.seen.mutableSpan, .sum)
    try world.allReduce(mine.seen, into: result.changed.mutableSpan, .sum)
    expect(result, sums(0..<world.size))
  }

  @Test("To all, in place") func allReduceInPlace() throws {
    var result = mine
    try world.allReduce(&result.array, .sum)
    try world.allReduce(&result.longer[1...5], .sum)
    try world.allReduce(&result.contiguous, .sum)
    try world.allReduce(&result.inline, .sum)
    try world.allReduce(&result.series, .sum)
    try world.allReduce(&result.seen, .sum)
    do {
      var view = result.changed.mutableSpan
      try world.allReduce(&view, .sum)
    }
    expect(result, sums(0..<world.size))
  }

  @Test("To all, immediate, with other reductions meanwhile") func allReduceLater() throws {
    let (array, slice, contiguous, seen) = (
      mine.array, mine.longer[1...5], mine.contiguous, mine.seen
    )
    var (first, second, third) = (empty.array, empty.array, empty.contiguous)
    var (fourth, fifth, sixth) = (empty.array, mine.array, mine.contiguous)
    let a = try world.immediate.allReduce(array, into: &first, .sum)
    let b = try world.immediate.allReduce(slice, into: &second, .sum)
    let halves = try world.allReduce(array.map { $0 / 2 }, .sum)
    let place = try world.allReduce(Located(-world.rank, at: world.rank), .minLocation)
    let c = try world.immediate.allReduce(contiguous, into: &third, .sum)
    let d = try world.immediate.allReduce(seen.span, into: fourth.mutableSpan, .sum)
    let e = try world.immediate.allReduce(&fifth, Reduction { a, b in a + b })
    var view = sixth.mutableSpan
    let f = try world.immediate.allReduce(&view, .sum)
    try f.wait()
    try e.wait()
    try d.wait()
    try c.wait()
    try b.wait()
    try a.wait()
    let results = [first, second, Array(third), fourth, fifth, Array(sixth)]
    #expect(results == [[Int]](repeating: sums(0..<world.size), count: 6))
    #expect(
      halves
        == (0..<Storage.count).map { i in (0..<world.size).reduce(0) { $0 + value($1, i) / 2 } })
    #expect(place.location == world.size - 1)
  }

  // MARK: - Reduce and scatter

  @Test("Divided, returned") func reduceScatter() throws {
    let results = [
      try world.reduceScatter(mine.array, .sum),
      try world.reduceScatter(mine.longer[1...5], .sum),
      try world.reduceScatter(mine.contiguous, .sum, counts: parts),
      try world.reduceScatter(mine.inline, .sum),
      try world.reduceScatter(mine.series, .sum, counts: parts),
      try world.reduceScatter(mine.seen.span, .sum),
      try world.reduceScatter(mine.array.map { $0 }, Reduction { a, b in a + b }),
    ]
    let expected = Array(sums(0..<world.size)[parts[world.rank]])
    #expect(results == [[Int]](repeating: expected, count: 7))
  }

  @Test("Divided, into storage") func reduceScatterInto() throws {
    var result = empty
    try world.reduceScatter(mine.array, into: &result.array, .sum, counts: parts)
    try world.reduceScatter(mine.longer[1...5], into: &result.longer[1...5], .sum, counts: parts)
    try world.reduceScatter(mine.contiguous, into: &result.contiguous, .sum, counts: parts)
    try world.reduceScatter(mine.inline, into: &result.inline, .sum, counts: parts)
    try world.reduceScatter(mine.series, into: &result.series, .sum, counts: parts)
    try world.reduceScatter(mine.seen.span, into: result.seen.mutableSpan, .sum, counts: parts)
    try world.reduceScatter(mine.seen, into: result.changed.mutableSpan, .sum, counts: parts)
    let expected = Array(sums(0..<world.size)[parts[world.rank]])
    expect(result, expected + [Int](repeating: -1, count: Storage.count - expected.count))
  }

  @Test("Divided, in place") func reduceScatterInPlace() throws {
    var result = mine
    try world.reduceScatter(&result.array, .sum, counts: parts)
    try world.reduceScatter(&result.longer[1...5], .sum, counts: parts)
    try world.reduceScatter(&result.contiguous, .sum, counts: parts)
    try world.reduceScatter(&result.inline, .sum, counts: parts)
    try world.reduceScatter(&result.series, .sum, counts: parts)
    try world.reduceScatter(&result.seen, .sum, counts: parts)
    do {
      var view = result.changed.mutableSpan
      try world.reduceScatter(&view, .sum, counts: parts)
    }
    expect(result, Array(sums(0..<world.size)[parts[world.rank]]))
  }

  @Test("Divided, immediate") func reduceScatterLater() throws {
    let (array, slice, contiguous, seen) = (
      mine.array, mine.longer[1...5], mine.contiguous, mine.seen
    )
    var (first, second, third) = (empty.array, empty.array, empty.contiguous)
    var (fourth, fifth, sixth) = (empty.array, mine.array, mine.contiguous)
    let a = try world.immediate.reduceScatter(array, into: &first, .sum, counts: parts)
    let b = try world.immediate.reduceScatter(slice, into: &second, .sum, counts: parts)
    let c = try world.immediate.reduceScatter(contiguous, into: &third, .sum, counts: parts)
    let d = try world.immediate.reduceScatter(
      seen.span, into: fourth.mutableSpan, .sum, counts: parts)
    let e = try world.immediate.reduceScatter(&fifth, .sum, counts: parts)
    var view = sixth.mutableSpan
    let f = try world.immediate.reduceScatter(&view, .sum, counts: parts)
    try f.wait()
    try e.wait()
    try d.wait()
    try c.wait()
    try b.wait()
    try a.wait()
    let expected = Array(sums(0..<world.size)[parts[world.rank]])
    let filled = expected + [Int](repeating: -1, count: Storage.count - expected.count)
    #expect([first, second, Array(third), fourth] == [[Int]](repeating: filled, count: 4))
    let inPlace = [fifth, Array(sixth)].map { Array($0.prefix(expected.count)) }
    #expect(inPlace == [expected, expected])
  }

  // MARK: - Scans

  @Test("Scan, returned") func scan() throws {
    let results = [
      try world.scan(mine.array, .sum),
      try world.scan(mine.longer[1...5], .sum),
      try world.scan(mine.contiguous, .sum),
      try world.scan(mine.inline, .sum),
      try world.scan(mine.series, .sum),
      try world.scan(mine.seen.span, .sum),
      try world.scan(mine.array.map { $0 }, Reduction { a, b in a + b }),
    ]
    #expect(results == [[Int]](repeating: sums(0..<world.rank + 1), count: 7))
  }

  @Test("Scan, into storage") func scanInto() throws {
    var result = empty
    try world.scan(mine.array, into: &result.array, .sum)
    try world.scan(mine.longer[1...5], into: &result.longer[1...5], .sum)
    try world.scan(mine.contiguous, into: &result.contiguous, .sum)
    try world.scan(mine.inline, into: &result.inline, .sum)
    try world.scan(mine.series, into: &result.series, .sum)
    try world.scan(mine.seen.span, into: result.seen.mutableSpan, .sum)
    try world.scan(mine.seen, into: result.changed.mutableSpan, .sum)
    expect(result, sums(0..<world.rank + 1))
  }

  @Test("Scan, in place") func scanInPlace() throws {
    var result = mine
    try world.scan(&result.array, .sum)
    try world.scan(&result.longer[1...5], .sum)
    try world.scan(&result.contiguous, .sum)
    try world.scan(&result.inline, .sum)
    try world.scan(&result.series, .sum)
    try world.scan(&result.seen, .sum)
    do {
      var view = result.changed.mutableSpan
      try world.scan(&view, .sum)
    }
    expect(result, sums(0..<world.rank + 1))
  }

  @Test("Scan, immediate") func scanLater() throws {
    let (array, slice, contiguous, seen) = (
      mine.array, mine.longer[1...5], mine.contiguous, mine.seen
    )
    var (first, second, third) = (empty.array, empty.array, empty.contiguous)
    var (fourth, fifth, sixth) = (empty.array, mine.array, mine.contiguous)
    let a = try world.immediate.scan(array, into: &first, .sum)
    let b = try world.immediate.scan(slice, into: &second, .sum)
    let c = try world.immediate.scan(contiguous, into: &third, .sum)
    let d = try world.immediate.scan(seen.span, into: fourth.mutableSpan, .sum)
    let e = try world.immediate.scan(&fifth, .sum)
    var view = sixth.mutableSpan
    let f = try world.immediate.scan(&view, .sum)
    try f.wait()
    try e.wait()
    try d.wait()
    try c.wait()
    try b.wait()
    try a.wait()
    let results = [first, second, Array(third), fourth, fifth, Array(sixth)]
    #expect(results == [[Int]](repeating: sums(0..<world.rank + 1), count: 6))
  }

  // On rank 0 the results of an exclusive scan have no meaning.

  @Test("Exclusive scan, returned") func exclusiveScan() throws {
    let results = [
      try world.exclusiveScan(mine.array, .sum),
      try world.exclusiveScan(mine.longer[1...5], .sum),
      try world.exclusiveScan(mine.contiguous, .sum),
      try world.exclusiveScan(mine.inline, .sum),
      try world.exclusiveScan(mine.series, .sum),
      try world.exclusiveScan(mine.seen.span, .sum),
      try world.exclusiveScan(mine.array.map { $0 }, Reduction { a, b in a + b }),
    ]
    let expected = world.rank == 0 ? nil : sums(0..<world.rank)
    #expect(results == [[Int]?](repeating: expected, count: 7))
  }

  @Test("Exclusive scan, into storage") func exclusiveScanInto() throws {
    var result = empty
    try world.exclusiveScan(mine.array, into: &result.array, .sum)
    try world.exclusiveScan(mine.longer[1...5], into: &result.longer[1...5], .sum)
    try world.exclusiveScan(mine.contiguous, into: &result.contiguous, .sum)
    try world.exclusiveScan(mine.inline, into: &result.inline, .sum)
    try world.exclusiveScan(mine.series, into: &result.series, .sum)
    try world.exclusiveScan(mine.seen.span, into: result.seen.mutableSpan, .sum)
    try world.exclusiveScan(mine.seen, into: result.changed.mutableSpan, .sum)
    expect(result, world.rank == 0 ? [] : sums(0..<world.rank))
  }

  @Test("Exclusive scan, in place") func exclusiveScanInPlace() throws {
    var result = mine
    try world.exclusiveScan(&result.array, .sum)
    try world.exclusiveScan(&result.longer[1...5], .sum)
    try world.exclusiveScan(&result.contiguous, .sum)
    try world.exclusiveScan(&result.inline, .sum)
    try world.exclusiveScan(&result.series, .sum)
    try world.exclusiveScan(&result.seen, .sum)
    do {
      var view = result.changed.mutableSpan
      try world.exclusiveScan(&view, .sum)
    }
    expect(result, world.rank == 0 ? [] : sums(0..<world.rank))
  }

  @Test("Exclusive scan, immediate") func exclusiveScanLater() throws {
    let (array, slice, contiguous, seen) = (
      mine.array, mine.longer[1...5], mine.contiguous, mine.seen
    )
    var (first, second, third) = (empty.array, empty.array, empty.contiguous)
    var (fourth, fifth, sixth) = (empty.array, mine.array, mine.contiguous)
    let a = try world.immediate.exclusiveScan(array, into: &first, .sum)
    let b = try world.immediate.exclusiveScan(slice, into: &second, .sum)
    let c = try world.immediate.exclusiveScan(contiguous, into: &third, .sum)
    let d = try world.immediate.exclusiveScan(seen.span, into: fourth.mutableSpan, .sum)
    let e = try world.immediate.exclusiveScan(&fifth, .sum)
    var view = sixth.mutableSpan
    let f = try world.immediate.exclusiveScan(&view, .sum)
    try f.wait()
    try e.wait()
    try d.wait()
    try c.wait()
    try b.wait()
    try a.wait()
    if world.rank > 0 {
      let results = [first, second, Array(third), fourth, fifth, Array(sixth)]
      #expect(results == [[Int]](repeating: sums(0..<world.rank), count: 6))
    }
  }

  // MARK: - Received booleans

  /// What an operation writes is made valid, whatever it was written to.
  @Test("Truth, in place and later") func truth() throws {
    let isLast = world.rank == world.size - 1
    var flags = [isLast, true, false]
    try world.allReduce(&flags, .logicalOr)
    var inline: InlineArray<3, Bool> = [isLast, true, false]
    try world.allReduce(&inline, .logicalAnd)
    let mine = [isLast, true, false]
    var later = [false, false, true]
    let request = try world.immediate.allReduce(mine, into: &later, .logicalXor)
    try request.wait()
    #expect(flags == [true, true, false])
    #expect(inline.indices.map { inline[$0] } == [world.size == 1, true, false])
    #expect(later == [true, world.size % 2 == 1, false])
  }
}
