import MPI
import Support
import Testing

@Suite("Windows (MPI 3.1 §11.2)") struct WindowTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  @Test("Memory of the library's is zero, and this rank's to write") func allocated() throws {
    var window = try Window<Double>(count: 5, on: world)
    let zeros = (0..<5).map { window.span[$0] }
    var elements = window.mutableSpan
    for index in 0..<5 { elements[index] = Double(world.rank * 10 + index) }
    let own = (0..<5).map { window.span[$0] }
    let (count, flavor, bytes) = (window.count, window.flavor, window.byteCounts)
    try window.close()
    #expect(zeros == [0, 0, 0, 0, 0])
    #expect(own == (0..<5).map { Double(world.rank * 10 + $0) })
    #expect(count == 5)
    #expect(flavor == .allocated)
    #expect(bytes == (40, 8))
  }

  @Test("No elements at all") func empty() throws {
    var window = try Window<Int>(count: 0, on: world)
    let nothing: [Int] = []
    var into: [Int] = []
    do {
      var epoch = try window.fence()
      try epoch.put(nothing, to: world.right)
      try epoch.get(into: &into, from: world.left)
      try epoch.end()
    }
    let count = window.span.count
    try window.close()
    #expect(count == 0)
    #expect(into.isEmpty)
  }

  @Test("Name, group, hints, memory model") func properties() throws {
    let window = try Window<Int>(count: 1, on: world, info: ["accumulate_ordering": "none"])
    window.name = "field"
    let name = window.name
    window.name = String(repeating: "ü", count: 1000)
    let cut = window.name
    let group = try window.group
    let expected = try world.group
    let info = try window.info
    try window.setInfo(["accumulate_ops": "same_op"])
    let (model, communicator) = (window.memoryModel, window.communicator)
    try window.close()
    #expect(name == "field")
    #expect(cut.utf8.count > 30 && cut.allSatisfy { $0 == "ü" })
    #expect(group == expected)
    #expect(info == Info(info.dictionary))
    // Processes of one host, on hardware with coherent caches.
    #expect(model == .unified)
    #expect(communicator == world)
  }

  @Test("A window keeps values under keys") func attributes() throws {
    let steps = AttributeKey<[Int]>()
    let window = try Window<Int>(count: 1, on: world)
    let before = window[steps]
    window[steps] = [1, world.rank]
    let known = window[steps]
    window[steps] = nil
    let after = window[steps]
    window[steps] = [2]
    try window.close()
    #expect(before == nil)
    #expect(known == [1, world.rank])
    #expect(after == nil)
  }

  @Test("Each rank chooses its size, and all know") func unequal() throws {
    let window = try Window<Int>(count: 3 * world.rank, on: world)
    let counts = try (0..<world.size).map { try window.count(of: $0) }
    expectError(.invalidRank) { _ = try window.count(of: world.size) }
    try window.withLockAll { ranks in
      for rank in 0..<world.size {
        // All of it, and up to its end, but no further.
        _ = try ranks[rank].get(count: 3 * rank)
        _ = try ranks[rank].get(count: 0, at: 3 * rank)
        for (count, position) in [(3 * rank + 1, 0), (1, 3 * rank), (0, 3 * rank + 1)] {
          let error = expectError(.oneSidedRange, by: "MPI_Get") {
            _ = try ranks[rank].get(count: count, at: position)
          }
          #expect(error?.message.contains("rank \(rank) has \(3 * rank)") == true)
        }
      }
    }
    try window.close()
    #expect(counts == (0..<world.size).map { 3 * $0 })
  }

  @Test("Positions outside the target's part", arguments: [-1, 3, 4, Int.max, Int.min])
  func outside(position: Int) throws {
    var window = try Window<Int>(count: 3, on: world)
    let one = [1]
    var into = [0]
    do {
      var epoch = try window.fence()
      // Written out, since what is used in a closure could not be bound to the epoch.
      var codes: [MPIError.Code] = []
      do { try epoch.put(one, to: 0, at: position) } catch let error as MPIError {
        codes.append(error.code)
      }
      do { try epoch.accumulate(one, .sum, to: 0, at: position) } catch let error as MPIError {
        codes.append(error.code)
      }
      try epoch.end()
      #expect(codes == [.oneSidedRange, .oneSidedRange])
    }
    try window.withLock(on: 0, .shared) { target in
      expectError(.oneSidedRange) { try target.put(1, at: position) }
      expectError(.oneSidedRange) { _ = try target.get(at: position) }
      expectError(.oneSidedRange) { try target.get(into: &into, at: position) }
      expectError(.oneSidedRange) { try target.fetchAndReduce(1, .sum, at: position) }
      expectError(.oneSidedRange) {
        try target.compareAndSwap(expected: 0, desired: 1, at: position)
      }
      expectError(.oneSidedRange) { try target.immediate.put(one, at: position).wait() }
    }
    let untouched = try window.withElements { elements in (0..<3).map { elements[$0] } }
    try window.close()
    #expect(untouched == [0, 0, 0])
  }

  @Test("Ranks outside the window") func invalidRanks() throws {
    let window = try Window<Int>(count: 1, on: world)
    for rank in [-1, -2, world.size, Int.max, Int.min] {
      expectError(.invalidRank) { try window.withLock(on: rank) { _ in } }
      try window.withLockAll { ranks in
        expectError(.invalidRank) { try ranks[rank].put(1, at: 0) }
        expectError(.invalidRank) { _ = try ranks[rank].get(at: 0) }
        expectError(.invalidRank) { try ranks[rank].fetchAndReduce(1, .sum) }
        expectError(.invalidRank) { try ranks[rank].flush() }
        expectError(.invalidRank) { try ranks[rank].flushLocally() }
      }
    }
    try window.close()
  }

  @Test("Elements of different sizes on different ranks", .ranks(2...))
  func differentElements() throws {
    expectError(.invalidDatatype) {
      if world.rank == 0 {
        try Window<Int8>(count: 8, on: world).close()
      } else {
        try Window<Int>(count: 1, on: world).close()
      }
    }
  }

  @Test("Over storage of the program's") func borrowing() throws {
    var field = values(of: world.rank, 4)
    let mine = [world.rank, 2 * world.rank]
    var flavor: WindowFlavor?
    var inside: [Int] = []
    do {
      var window = try BorrowingWindow(over: &field, on: world)
      flavor = window.flavor
      do {
        var epoch = try window.fence()
        try epoch.put(mine, to: world.right, at: 1)
        try epoch.end()
      }
      inside = (0..<window.count).map { window.span[$0] }
      var own = window.mutableSpan
      own[3] = -1
      try window.close()
    }
    let left = world.left
    // Where the library cannot reach such storage, the window has a copy.
    #expect(flavor == .created || flavor == .allocated)
    #expect(inside == [value(world.rank, 0), left, 2 * left, value(world.rank, 3)])
    #expect(field == [value(world.rank, 0), left, 2 * left, -1])
  }

  @Test("One over storage that is dropped is closed by all ranks") func dropped() throws {
    var field = [0]
    let one = [world.rank + 1]
    for _ in 0..<3 {
      var window = try BorrowingWindow(over: &field, on: world)
      var epoch = try window.fence()
      try epoch.put(one, to: world.right)
      try epoch.end()
    }
    #expect(field == [world.left + 1])
  }

  @Test("One with memory of its own may be dropped by some ranks only") func droppedAlone() throws {
    for _ in 0..<3 {
      let window = try Window<Int>(count: 10, on: world)
      try window.withLock(on: world.right) { try $0.put(1, at: 0) }
      try world.barrier()
      if world.rank == 0 { continue }
      _ = consume window
    }
    #expect(try world.allReduce(1, .sum) == world.size)
  }
}
