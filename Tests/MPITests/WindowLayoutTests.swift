import MPI
import Testing

@Suite("Layouts at both ends of one-sided operations (MPI 3.1 §11.3)") struct WindowLayoutTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  // A matrix of 4 rows and 5 columns, by rows.
  static let (rows, columns) = (4, 5)

  func matrix(_ rank: Int) -> [Int] { values(of: rank, Self.rows * Self.columns) }
  func column(_ rank: Int, _ index: Int) -> [Int] {
    (0..<Self.rows).map { value(rank, $0 * Self.columns + index) }
  }

  @Test("A column becomes a run, a run a column, a column another one") func epoch() throws {
    let (rows, columns) = (Self.rows, Self.columns)
    var window = try Window<Int>(count: rows * columns, on: world)
    let layout = try Layout<Int>.strided(count: rows, stride: columns)
    let mine = matrix(world.rank)
    let run = [-1, -2, -3, -4]
    var own: [[Int]] = []
    for step in 0..<3 {
      do {
        var epoch = try window.fence()
        switch step {
        case 0:
          try epoch.put(mine.span.laid(out: layout, at: 2), to: world.right, at: 16)
        case 1:
          try epoch.put(run, to: world.right, at: layout.placed(at: 1))
        default:
          try epoch.put(
            mine.span.laid(out: layout, at: 4), to: world.right, at: layout.placed(at: 3))
        }
        try epoch.end()
      }
      own.append((0..<(rows * columns)).map { window.span[$0] })
    }
    try window.close()
    var expected = [Int](repeating: 0, count: rows * columns)
    expected.replaceSubrange(16..<20, with: column(world.left, 2))
    #expect(own[0] == expected)
    for row in 0..<rows { expected[row * columns + 1] = run[row] }
    #expect(own[1] == expected)
    for row in 0..<rows { expected[row * columns + 3] = column(world.left, 4)[row] }
    #expect(own[2] == expected)
  }

  @Test("Get, with several instances") func get() throws {
    var window = try Window<Int>(count: 26, on: world)
    var elements = window.mutableSpan
    for index in 0..<26 { elements[index] = value(world.rank, index) }
    // Positions 0 and 5 of six.
    let pairs = try Layout<Int>.strided(count: 2, stride: 5)
    // Positions 0, 1, 3 and 4 of five.
    let other = try Layout<Int>.strided(count: 2, blockLength: 2, stride: 3)
    var read = [Int](repeating: -1, count: 12)
    var flat = [Int](repeating: -1, count: 4)
    do {
      var epoch = try window.fence()
      try epoch.get(
        into: read.mutableSpan.laid(out: other, at: 1, instances: 2), from: world.left,
        at: pairs.placed(at: 2, instances: 4))
      try epoch.get(
        into: &flat, from: world.left, at: pairs.placed(at: 3, instances: 2))
      try epoch.end()
    }
    try window.close()
    let left = world.left
    var expected = [Int](repeating: -1, count: 12)
    for (here, there) in zip([1, 2, 4, 5, 6, 7, 9, 10], [2, 7, 8, 13, 14, 19, 20, 25]) {
      expected[here] = value(left, there)
    }
    #expect(read == expected)
    #expect(flat == [3, 8, 9, 14].map { value(left, $0) })
  }

  @Test("Accumulate") func accumulate() throws {
    var window = try Window<Int>(count: 6, on: world)
    let odd = try Layout<Int>.strided(count: 3, stride: 2)
    let mine = [1, 2, 3, 4, 5, 6]
    var before = [Int](repeating: -1, count: 5)
    do {
      var epoch = try window.fence()
      try epoch.accumulate(
        mine.span.laid(out: odd), .sum, to: world.right, at: odd.placed(at: 1))
      try epoch.end()
    }
    do {
      var epoch = try window.fence()
      try epoch.getAccumulate(
        mine.span.laid(out: odd, at: 1), .sum, into: before.mutableSpan.laid(out: odd),
        on: world.right, at: odd.placed(at: 1))
      try epoch.end()
    }
    let own = (0..<6).map { window.span[$0] }
    try window.close()
    #expect(before == [1, -1, 3, -1, 5])
    #expect(own == [0, 1 + 2, 0, 3 + 4, 0, 5 + 6])
  }

  @Test("Under a lock, blocking and with requests") func locked() throws {
    let window = try Window<Int>(count: 8, on: world)
    let even = try Layout<Int>.strided(count: 4, stride: 2)
    let mine = values(of: world.rank, 7)
    var (read, again) = ([0, 0, 0, 0], [Int](repeating: -1, count: 7))
    var sums: [Int] = []
    try window.withLock(on: world.right) { target in
      try target.put(mine.span.laid(out: even), at: even.placed(at: 1))
      try target.get(into: &read, at: even.placed(at: 1))
      let reading = try target.immediate.get(
        into: again.mutableSpan.laid(out: even), at: even.placed(at: 1))
      try reading.wait()
      try target.accumulate([1, 1, 1, 1], .sum, at: even.placed())
      sums = try target.get(count: 8)
    }
    try window.close()
    let kept = [0, 2, 4, 6].map { mine[$0] }
    #expect(read == kept)
    #expect(again == [kept[0], -1, kept[1], -1, kept[2], -1, kept[3]])
    #expect(sums == kept.flatMap { [1, $0] })
  }

  @Test("Layouts that reach outside the target's part") func outside() throws {
    let window = try Window<Int>(count: 8, on: world)
    let even = try Layout<Int>.strided(count: 4, stride: 2)
    let mine = [1, 2, 3, 4]
    try window.withLock(on: world.right) { target in
      for position in [-1, 2, 8] {
        expectError(.oneSidedRange) {
          try target.put(mine, at: even.placed(at: position))
        }
      }
    }
    try window.close()
  }
}
