import MPI
import Testing

/// A type of the program's that holds elements.
private struct HeldMatrix: ElementContainer {
  var elements: [Int]
  var columns = 2
}

/// One whose elements have another name, and are kept in another type.
private struct HeldGrid: ElementContainer {
  var cells: ContiguousArray<Int>
  var elements: ContiguousArray<Int> {
    get { cells }
    _modify { yield &cells }
  }
}

// Each rank writes to its right neighbor, in each test by storage of every kind, one behind the other. All have six
// elements, except slices with four, and those that `even` names, with three.
@Suite("Storage of every kind, for windows, files and packed messages")
struct OperandStorageTests {
  let world: Communicator
  let even: Layout<Int>
  init() throws {
    world = try Job.communicator()
    even = try Layout<Int>.strided(count: 3, stride: 2)
  }

  private func mine(_ start: Int = 0) -> [Int] {
    (0..<6).map { value(world.rank, start + $0) }
  }

  /// What is written by storage of every kind, one behind the other.
  private func sequence(of array: [Int]) -> [Int] {
    let parts = [
      array, Array(array[1..<5]), array, array, [array[1], array[3], array[5]], array, array,
      Array(array[0..<2]),
    ]
    return parts.flatMap { $0 }
  }

  /// The same, from the left.
  private var written: [Int] { sequence(of: values(of: world.left, 6)) }

  private func window(of elements: [Int]) throws -> Window<Int> {
    var window = try Window<Int>(count: elements.count, on: world)
    try window.withMutableElements { own in
      for index in elements.indices { own[index] = elements[index] }
    }
    try world.barrier()
    return window
  }

  private func elements(of window: borrowing Window<Int>) throws -> [Int] {
    try world.barrier()
    return try window.withElements { own in (0..<own.count).map { own[$0] } }
  }

  @Test("Put under a lock") func put() throws {
    let window = try Window<Int>(count: 39, on: world)
    let array = mine()
    let inline: InlineArray<2, Int> = [array[0], array[1]]
    try window.withLock(on: world.right) { target in
      try target.put(array)
      try target.put(array[1..<5], at: 6)
      try target.put(ContiguousArray(array), at: 10)
      try target.put(array.span, at: 16)
      try target.put(array.span.laid(out: even, at: 1), at: 22)
      try target.put(HeldMatrix(elements: array), at: 25)
      try target.put(HeldGrid(cells: ContiguousArray(array)), at: 31)
      try target.put(inline, at: 37)
    }
    let own = try elements(of: window)
    try window.close()
    #expect(own == written)
  }

  @Test("Put in an epoch") func epochPut() throws {
    var window = try Window<Int>(count: 39, on: world)
    let array = mine()
    let (slice, contiguous) = (array[1..<5], ContiguousArray(array))
    let (matrix, grid) = (HeldMatrix(elements: array), HeldGrid(cells: contiguous))
    do {
      var epoch = try window.fence()
      try epoch.put(array, to: world.right)
      try epoch.put(slice, to: world.right, at: 6)
      try epoch.put(contiguous, to: world.right, at: 10)
      try epoch.put(array.span, to: world.right, at: 16)
      try epoch.put(array.span.laid(out: even, at: 1), to: world.right, at: 22)
      try epoch.put(matrix.elements, to: world.right, at: 25)
      try epoch.put(grid.cells, to: world.right, at: 31)
      try epoch.put(array.span.extracting(0..<2), to: world.right, at: 37)
      try epoch.end()
    }
    let own = (0..<39).map { window.span[$0] }
    try window.close()
    #expect(own == written)
  }

  @Test("Put with requests") func immediatePut() throws {
    let window = try Window<Int>(count: 16, on: world)
    let array = mine()
    let slice = array[1..<5]
    try window.withLock(on: world.right) { target in
      let first = try target.immediate.put(array)
      let second = try target.immediate.put(slice, at: 6)
      let third = try target.immediate.put(array.span.laid(out: even), at: 10)
      let fourth = try target.immediate.put(array.span.extracting(0..<3), at: 13)
      try fourth.wait()
      try third.wait()
      try second.wait()
      try first.wait()
    }
    let own = try elements(of: window)
    try window.close()
    let left = values(of: world.left, 6)
    let parts = [left, Array(left[1..<5]), [left[0], left[2], left[4]], Array(left[0..<3])]
    #expect(own == parts.flatMap { $0 })
  }

  @Test("Get under a lock, and in an epoch") func get() throws {
    var window = try window(of: mine())
    var array = [Int](repeating: -1, count: 6)
    var sliced = array
    var contiguous = ContiguousArray(array)
    var spanned = array
    var laidOut = array
    var matrix = HeldMatrix(elements: array)
    var grid = HeldGrid(cells: contiguous)
    var inline: InlineArray<2, Int> = [-1, -1]
    try window.withLock(on: world.right, .shared) { target in
      try target.get(into: &array)
      try target.get(into: &sliced[1..<5], at: 1)
      try target.get(into: &contiguous)
      try target.get(into: spanned.mutableSpan)
      try target.get(into: laidOut.mutableSpan.laid(out: even, at: 1), at: 3)
      try target.get(into: &matrix)
      try target.get(into: &grid)
      try target.get(into: &inline, at: 4)
    }
    var (epochArray, epochContiguous) = (array.map { _ in -1 }, contiguous)
    var (epochSpanned, epochLaidOut) = (epochArray, epochArray)
    var epochMatrix = HeldMatrix(elements: epochArray)
    do {
      var epoch = try window.fence()
      try epoch.get(into: &epochArray, from: world.right)
      try epoch.get(into: &epochContiguous, from: world.left)
      try epoch.get(into: epochSpanned.mutableSpan, from: world.right)
      try epoch.get(
        into: epochLaidOut.mutableSpan.laid(out: even), from: world.right,
        at: even.placed(at: 1))
      try epoch.get(into: &epochMatrix.elements, from: world.right)
      try epoch.end()
    }
    try window.close()
    let right = values(of: world.right, 6)
    #expect(array == right)
    #expect(sliced == [-1] + right[1..<5] + [-1])
    #expect(Array(contiguous) == right)
    #expect(spanned == right)
    #expect(laidOut == [-1, right[3], -1, right[4], -1, right[5]])
    #expect(matrix.elements == right)
    #expect(Array(grid.cells) == right)
    #expect([inline[0], inline[1]] == Array(right[4...]))
    #expect(epochArray == right)
    #expect(Array(epochContiguous) == values(of: world.left, 6))
    #expect(epochSpanned == right)
    #expect(epochLaidOut == [right[1], -1, right[3], -1, right[5], -1])
    #expect(epochMatrix.elements == right)
  }

  @Test("Accumulate") func accumulate() throws {
    var window = try window(of: [Int](repeating: 1000, count: 6))
    let array = [1, 2, 3, 4, 5, 6]
    let contiguous = ContiguousArray(array)
    try window.withLock(on: world.right) { target in
      try target.accumulate(array, .sum)
      try target.accumulate(array[1..<5], .sum, at: 1)
      try target.accumulate(HeldMatrix(elements: array), .sum)
      try target.accumulate(array.span.laid(out: even), .sum, at: even.placed(at: 1))
      try target.immediate.accumulate(array, .sum).wait()
      try target.immediate.accumulate(array.span, .sum).wait()
    }
    try world.barrier()
    do {
      var epoch = try window.fence()
      try epoch.accumulate(array, .sum, to: world.right)
      try epoch.accumulate(contiguous, .sum, to: world.right)
      try epoch.accumulate(array.span, .sum, to: world.right)
      try epoch.accumulate(array.span.laid(out: even, at: 1), .sum, to: world.right)
      try epoch.end()
    }
    let own = (0..<6).map { window.span[$0] }
    try window.close()
    var expected = array.map { 1000 + 7 * $0 }
    for index in 1..<5 { expected[index] += array[index] }
    for (index, place) in [1, 3, 5].enumerated() { expected[place] += array[2 * index] }
    for index in 0..<3 { expected[index] += array[2 * index + 1] }
    #expect(own == expected)
  }

  @Test("Get and accumulate in one step") func getAccumulate() throws {
    var window = try window(of: [10, 20, 30])
    let ones = [1, 1, 1]
    let contiguous = ContiguousArray(ones)
    var before = [[Int]](repeating: [Int](repeating: -1, count: 5), count: 6)
    var matrix = HeldMatrix(elements: before[0])
    try window.withLock(on: world.right) { target in
      try target.getAccumulate(ones, .sum, into: &before[0])
      try target.getAccumulate(ones[...], .sum, into: before[1].mutableSpan.laid(out: even))
      try target.getAccumulate(HeldMatrix(elements: ones), .sum, into: &matrix)
      try target.immediate.getAccumulate(ones, .sum, into: &before[2]).wait()
      try target.immediate.getAccumulate(ones.span, .sum, into: before[3].mutableSpan).wait()
    }
    try world.barrier()
    var (fourth, fifth) = (before[4], before[5])
    do {
      var epoch = try window.fence()
      try epoch.getAccumulate(contiguous, .sum, into: &fourth, on: world.right)
      try epoch.end()
    }
    do {
      var epoch = try window.fence()
      try epoch.getAccumulate(
        ones.span, .sum, into: fifth.mutableSpan.laid(out: even), on: world.right)
      try epoch.end()
    }
    let own = (0..<3).map { window.span[$0] }
    try window.close()
    let places = [
      (before[0], 0), (matrix.elements, 2), (before[2], 3), (before[3], 4), (fourth, 5),
    ]
    for (result, step) in places {
      #expect(result == [10 + step, 20 + step, 30 + step, -1, -1])
    }
    #expect(before[1] == [11, -1, 21, -1, 31])
    #expect(fifth == [16, -1, 26, -1, 36])
    #expect(own == [17, 27, 37])
  }

  @Test("A position or a layout names the place at the target, also in generic code")
  func places() throws {
    func put(_ elements: [Int], at place: some TargetPlace, of target: LockedTarget<Int>) throws {
      try target.put(elements, at: place)
    }
    let window = try Window<Int>(count: 12, on: world)
    let (three, read) = try window.withLock(on: world.right) { target in
      try put([1, 2], at: 3, of: target)
      try put([3, 4, 5], at: even.placed(at: 6), of: target)
      try put([6, 7, 8, 9, 10, 11], at: even.resized(extent: 1).placed(instances: 2), of: target)
      return (try target.get(count: 3, at: even.placed(at: 6)), try target.get(count: 12))
    }
    try window.close()
    #expect(three == [3, 4, 5])
    #expect(read == [6, 9, 7, 10, 8, 11, 3, 0, 4, 0, 5, 0])
  }

  @Test("Windows over arrays, and arrays that are attached") func memory() throws {
    var field = mine()
    var contiguous = ContiguousArray(mine())
    let one = [-1]
    for _ in 0..<2 {
      var window = try BorrowingWindow(over: &field, on: world)
      do {
        var epoch = try window.fence()
        try epoch.put(one, to: world.right, at: 2)
        try epoch.end()
      }
      try window.close()
    }
    do {
      var window = try BorrowingWindow(over: &contiguous, on: world)
      do {
        var epoch = try window.fence()
        try epoch.put(one.span, to: world.right, at: 3)
        try epoch.end()
      }
      try window.close()
    }
    #expect(field == (0..<6).map { $0 == 2 ? -1 : value(world.rank, $0) })
    #expect(Array(contiguous) == (0..<6).map { $0 == 3 ? -1 : value(world.rank, $0) })
  }

  @Test("Files", arguments: bothWays) func files(collectively: Bool) throws {
    try world.withScratch { scratch in
      let array = mine()
      let inline: InlineArray<2, Int> = [array[0], array[1]]
      let file = try File(opening: scratch.path("f"), mode: [.create, .read, .write], on: world)
      let start = 39 * world.rank
      try file.seek(to: 8 * start)
      try file.write(array, collectively: collectively)
      try file.write(array[1..<5], at: start + 6, collectively: collectively)
      try file.write(ContiguousArray(array), at: start + 10, collectively: collectively)
      try file.write(array.span, at: start + 16, collectively: collectively)
      try file.write(
        array.span.laid(out: even, at: 1), at: .byte(8 * (start + 22)), collectively: collectively)
      try file.write(HeldMatrix(elements: array), at: start + 25, collectively: collectively)
      try file.write(
        HeldGrid(cells: ContiguousArray(array)), at: start + 31, collectively: collectively)
      try file.write(inline, at: start + 37, collectively: collectively)
      try file.synchronize()
      try world.barrier()
      try file.synchronize()
      let other = 39 * world.left
      let all = try file.read(Int.self, count: 39, at: other, collectively: collectively)
      var read = [Int](repeating: -1, count: 6)
      var sliced = read
      var contiguous = ContiguousArray(read)
      var spanned = read
      var laidOut = read
      var matrix = HeldMatrix(elements: read)
      var grid = HeldGrid(cells: contiguous)
      var pair: InlineArray<2, Int> = [-1, -1]
      try file.read(into: &read, at: other, collectively: collectively)
      try file.read(into: &sliced[1..<5], at: other + 6, collectively: collectively)
      try file.read(into: &contiguous, at: other, collectively: collectively)
      try file.read(into: spanned.mutableSpan, at: other, collectively: collectively)
      try file.read(
        into: laidOut.mutableSpan.laid(out: even, at: 1), at: other, collectively: collectively)
      try file.read(into: &matrix, at: other, collectively: collectively)
      try file.read(into: &grid, at: other, collectively: collectively)
      try file.read(into: &pair, at: other, collectively: collectively)
      try file.close()
      let left = values(of: world.left, 6)
      #expect(all == written)
      #expect(read == left)
      #expect(sliced == [-1] + left[1..<5] + [-1])
      #expect(Array(contiguous) == left)
      #expect(spanned == left)
      #expect(laidOut == [-1, left[0], -1, left[1], -1, left[2]])
      #expect(matrix.elements == left)
      #expect(Array(grid.cells) == left)
      #expect([pair[0], pair[1]] == Array(left[0..<2]))
    }
  }

  @Test("Files, in the background") func filesUnderWay() throws {
    try world.withScratch { scratch in
      let array = mine()
      let contiguous = ContiguousArray(array)
      var file = try File(opening: scratch.path("f"), mode: [.create, .read, .write], on: world)
      let start = 27 * world.rank
      do {
        let first = try file.immediate.write(array, at: start)
        let second = try file.immediate.write(contiguous, at: start + 6)
        let third = try file.immediate.write(array.span, at: start + 12)
        let fourth = try file.immediate.write(array.span.laid(out: even, at: 1), at: start + 18)
        try fourth.wait()
        try third.wait()
        try second.wait()
        try first.wait()
      }
      do { try file.split.write(array, at: start + 21).end() }
      try file.synchronize()
      try world.barrier()
      try file.synchronize()
      let other = 27 * world.left
      let all = try file.read(Int.self, count: 27, at: other)
      var read = [Int](repeating: -1, count: 6)
      var (more, spanned, laidOut, split) = (ContiguousArray(read), read, read, read)
      do {
        let first = try file.immediate.read(into: &read, at: other)
        let second = try file.immediate.read(into: &more, at: other)
        let third = try file.immediate.read(into: spanned.mutableSpan, at: other)
        let fourth = try file.immediate.read(into: laidOut.mutableSpan.laid(out: even), at: other)
        try fourth.wait()
        try third.wait()
        try second.wait()
        try first.wait()
      }
      do { try file.split.read(into: &split, at: other).end() }
      try file.close()
      let left = values(of: world.left, 6)
      #expect(all == [left, left, left, [left[1], left[3], left[5]], left].flatMap { $0 })
      #expect(read == left)
      #expect(Array(more) == left)
      #expect(spanned == left)
      #expect(laidOut == [left[0], -1, left[1], -1, left[2], -1])
      #expect(split == left)
    }
  }

  @Test("Packed messages", arguments: PackTests.representations)
  func packed(representation: PackedRepresentation) throws {
    let array = mine()
    let inline: InlineArray<2, Int> = [array[0], array[1]]
    var packer = Packer(for: world, representation: representation)
    try packer.pack(array)
    try packer.pack(array[1..<5])
    try packer.pack(ContiguousArray(array))
    try packer.pack(array.span)
    try packer.pack(array.span.laid(out: even, at: 1))
    try packer.pack(HeldMatrix(elements: array))
    try packer.pack(HeldGrid(cells: ContiguousArray(array)))
    try packer.pack(inline)
    var unpacker = Unpacker(packer.bytes, for: world, representation: representation)
    let all = try unpacker.unpack(Int.self, count: 39)
    var again = Unpacker(packer.bytes, for: world, representation: representation)
    var read = [Int](repeating: -1, count: 6)
    var sliced = read
    var contiguous = ContiguousArray(read)
    var spanned = read
    var laidOut = read
    var matrix = HeldMatrix(elements: read)
    var grid = HeldGrid(cells: contiguous)
    var pair: InlineArray<2, Int> = [-1, -1]
    try again.unpack(into: &read)
    try again.unpack(into: &sliced[1..<5])
    try again.unpack(into: &contiguous)
    try again.unpack(into: spanned.mutableSpan)
    try again.unpack(into: laidOut.mutableSpan.laid(out: even))
    try again.unpack(into: &matrix)
    try again.unpack(into: &grid)
    try again.unpack(into: &pair)
    #expect(all == sequence(of: array))
    #expect(unpacker.remainingByteCount == 0)
    #expect(again.remainingByteCount == 0)
    #expect(read == array)
    #expect(sliced == [-1] + array[1..<5] + [-1])
    #expect(Array(contiguous) == array)
    #expect(spanned == array)
    #expect(laidOut == [array[1], -1, array[3], -1, array[5], -1])
    #expect(matrix.elements == array)
    #expect(Array(grid.cells) == array)
    #expect([pair[0], pair[1]] == Array(array[0..<2]))
  }

  @Test("Bools from other bytes, into storage of every kind") func bools() throws {
    var unpacker = Unpacker(
      [UInt8](repeating: 200, count: 14), for: world, representation: .external32)
    var array = [false, false]
    var (sliced, laidOut) = ([false, false, false], [false, false, false])
    var contiguous = ContiguousArray(array)
    let outer = try Layout<Bool>.strided(count: 2, stride: 2)
    try unpacker.unpack(into: &array)
    try unpacker.unpack(into: &sliced[1...])
    try unpacker.unpack(into: laidOut.mutableSpan.laid(out: outer))
    try unpacker.unpack(into: &contiguous)
    func raw(_ bools: [Bool]) -> [UInt8] { unsafe bools.withUnsafeBytes { unsafe Array($0) } }
    #expect(raw(array) == [1, 1])
    #expect(raw(sliced) == [0, 1, 1])
    #expect(raw(laidOut) == [1, 0, 1])
    #expect(raw(Array(contiguous)) == [1, 1])
  }
}
