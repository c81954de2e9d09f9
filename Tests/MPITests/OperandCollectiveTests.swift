import MPI
import Support
import Testing

/// Elements with something besides.
private struct Samples: ElementContainer {
  var elements: [Int]
  var name = "samples"
}

/// A rank has three elements of its own, or three for each rank.
private let each = 3

/// What rank `source` has for rank `target`.
private func piece(_ source: Int, _ target: Int) -> [Int] {
  values(of: source, each).map { $0 + 7919 * target }
}

/// Three elements with one between them; those of the next instance follow.
private func spaced() throws -> Layout<Int> {
  try .strided(count: each, stride: 2).resized(extent: 2 * each)
}

/// Elements as ``spaced()`` sees them, with others between them.
private func spread(_ elements: [Int]) -> [Int] { elements.flatMap { [$0, -5] } }

/// Enough for all ranks, and divisible by the number of them, up to eight.
private typealias Many = InlineArray<840, Int>

@Suite("Operands of collectives") struct OperandCollectiveTests {
  /// A rank's own elements, given to all collectives that send such.
  private func sendOwn<S: Outgoing & ~Copyable & ~Escapable>(
    _ own: borrowing S, _ world: Communicator
  ) throws where S.Element == Int {
    let size = world.size
    let parts = Partition(counts: [Int](repeating: each, count: size))
    let all = (0..<size).flatMap { piece($0, 0) }
    for root in 0..<size {
      let expected = world.rank == root ? all : nil
      let found = try world.gather(own, to: root)
      let known = try world.gather(own, to: root, counts: parts)
      var stored = [Int](repeating: 0, count: world.rank == root ? all.count : 0)
      try world.gather(own, into: &stored, to: root)
      #expect(found == expected)
      #expect(known == expected)
      #expect(stored == expected ?? [])
    }
    let found = try world.allGather(own)
    let known = try world.allGather(own, counts: parts)
    var stored = [Int](repeating: 0, count: all.count)
    try world.allGather(own, into: &stored)
    var placed = [Int](repeating: 0, count: all.count)
    try world.allGather(own, into: placed.mutableSpan, counts: parts)
    #expect(found == all)
    #expect(known == all)
    #expect(stored == all)
    #expect(placed == all)
  }

  @Test("A rank's own elements are sent") func own() throws {
    try withWorld { world in
      let array = piece(world.rank, 0)
      let inline: InlineArray<3, Int> = [array[0], array[1], array[2]]
      let wide = spread(array)
      try sendOwn(array, world)
      try sendOwn(([-1] + array + [-1])[1...each], world)
      try sendOwn(ContiguousArray(array), world)
      try sendOwn(inline, world)
      try sendOwn(inline.span, world)
      try sendOwn(array.span, world)
      try sendOwn(wide.span.laid(out: spaced()), world)
      try sendOwn(Samples(elements: array), world)
    }
  }

  /// Elements for all ranks, given to all collectives that send such.
  ///
  /// - Parameter unit: How many a partition counts for each rank.
  private func sendAll<S: Outgoing & ~Copyable & ~Escapable>(
    _ all: borrowing S, unit: Int = each, _ world: Communicator
  ) throws where S.Element == Int {
    let (size, rank) = (world.size, world.rank)
    let parts = Partition(counts: [Int](repeating: unit, count: size))
    for root in 0..<size {
      let found = try world.scatter(all, from: root)
      let known = try world.scatter(all, from: root, counts: parts)
      var stored = [Int](repeating: 0, count: each)
      try world.scatter(all, into: &stored, from: root)
      #expect(found == piece(root, rank))
      #expect(known == piece(root, rank))
      #expect(stored == piece(root, rank))
    }
    let expected = (0..<size).flatMap { piece($0, rank) }
    let equal = try world.allToAll(all)
    let varying = try world.allToAll(all, sending: parts)
    var stored = [Int](repeating: 0, count: expected.count)
    try world.allToAll(all, into: &stored)
    var placed = [Int](repeating: 0, count: expected.count)
    try world.allToAll(
      all, into: placed.mutableSpan, sending: parts,
      receiving: Partition(counts: [Int](repeating: each, count: size)))
    #expect(equal == expected)
    #expect(varying == expected)
    #expect(stored == expected)
    #expect(placed == expected)
  }

  @Test("Elements for all ranks are sent") func all() throws {
    try withWorld { world in
      let array = (0..<world.size).flatMap { piece(world.rank, $0) }
      let wide = spread(array)
      try sendAll(array, world)
      try sendAll(([-1] + array + [-1]).dropFirst().dropLast(), world)
      try sendAll(ContiguousArray(array), world)
      try sendAll(array.span, world)
      try sendAll(wide.span.laid(out: spaced()), unit: 1, world)
      try sendAll(Samples(elements: array), world)
    }
  }

  @Test("An inline array for all ranks") func inline() throws {
    try withWorld { world in
      let (size, rank) = (world.size, world.rank)
      guard Many.count.isMultiple(of: size) else { return }
      let share = Many.count / size
      let all = Many { value(rank, $0) }
      let own = share * rank..<share * (rank + 1)
      for root in 0..<size {
        let found = try world.scatter(all, from: root)
        let first = try world.scatterEach(all, from: root)
        #expect(found == own.map { value(root, $0) })
        #expect(first == value(root, rank))
      }
      var stored = Many(repeating: 0)
      try world.allToAll(all, into: &stored)
      let received = try world.allToAll(all)
      #expect(received == (0..<size).flatMap { source in own.map { value(source, $0) } })
      #expect(stored.indices.allSatisfy { stored[$0] == received[$0] })
    }
  }

  /// Storage for a rank's own elements, which a scatter fills.
  private func scatter<R: Incoming & ~Copyable & ~Escapable>(
    into storage: inout R, _ world: Communicator
  ) throws where R.Element == Int {
    let root = world.size - 1
    let all = world.rank == root ? (0..<world.size).flatMap { piece(root, $0) } : []
    try world.scatter(all, into: &storage, from: root)
  }

  /// The same, which then get those of rank 0.
  private func broadcast<R: Incoming & ~Copyable & ~Escapable>(
    in storage: inout R, _ world: Communicator
  ) throws where R.Element == Int {
    try world.broadcast(&storage, from: 0)
  }

  @Test("A rank's own elements are received") func ownReceived() throws {
    try withWorld { world in
      var array = [0, 0, 0]
      var inArray = [-1, 0, 0, 0, -1]
      var contiguous = ContiguousArray(array)
      var inline: InlineArray<3, Int> = [0, 0, 0]
      var (wide, seen) = (spread(array), array)
      var samples = Samples(elements: array)
      var allocated = try AllocatedArray(repeating: 0, count: each)
      func receive(_ expected: [Int]) {
        #expect(array == expected)
        #expect(inArray == [-1] + expected + [-1])
        #expect(Array(contiguous) == expected)
        #expect((0..<each).map { inline[$0] } == expected)
        #expect(wide == spread(expected))
        #expect(seen == expected)
        #expect(samples.elements == expected)
        #expect((0..<each).map { allocated[$0] } == expected)
      }
      try scatter(into: &array, world)
      try scatter(into: &inArray[1...each], world)
      try scatter(into: &contiguous, world)
      try scatter(into: &inline, world)
      do {
        var view = seen.mutableSpan
        try scatter(into: &view, world)
        var column = try wide.mutableSpan.laid(out: spaced())
        try scatter(into: &column, world)
        var library = allocated.mutableSpan
        try scatter(into: &library, world)
      }
      try scatter(into: &samples, world)
      receive(piece(world.size - 1, world.rank))

      try broadcast(in: &array, world)
      try broadcast(in: &inArray[1...each], world)
      try broadcast(in: &contiguous, world)
      try broadcast(in: &inline, world)
      try world.broadcast(seen.mutableSpan, from: 0)
      try world.broadcast(wide.mutableSpan.laid(out: spaced()), from: 0)
      try world.broadcast(allocated.mutableSpan, from: 0)
      try broadcast(in: &samples, world)
      receive(piece(world.size - 1, 0))
      #expect(samples.name == "samples")
    }
  }

  /// Storage for elements of all ranks.
  private func fill<R: Incoming & ~Copyable & ~Escapable>(
    _ storage: inout R, _ world: Communicator, with verb: Verb
  ) throws where R.Element == Int {
    let rank = world.rank
    switch verb {
    case .gather: try world.gather(piece(rank, 0), into: &storage, to: 0)
    case .allGather: try world.allGather(piece(rank, 0), into: &storage)
    case .allToAll:
      try world.allToAll((0..<world.size).flatMap { piece(rank, $0) }, into: &storage)
    }
  }

  enum Verb: CaseIterable { case gather, allGather, allToAll }

  @Test("Elements of all ranks are received", arguments: Verb.allCases)
  func allReceived(verb: Verb) throws {
    try withWorld { world in
      let size = world.size
      let room = each * size
      let isReceiver = verb != .gather || world.rank == 0
      let target = verb == .allToAll ? world.rank : 0
      let empty = [Int](repeating: 0, count: room)
      let expected = isReceiver ? (0..<size).flatMap { piece($0, target) } : empty
      var array = empty
      var inArray = [-1] + empty + [-1]
      var contiguous = ContiguousArray(empty)
      var inline = Many(repeating: 0)
      var (wide, seen) = (spread(empty), empty)
      var samples = Samples(elements: empty)
      try fill(&array, world, with: verb)
      try fill(&inArray[1...room], world, with: verb)
      try fill(&contiguous, world, with: verb)
      if room <= Many.count { try fill(&inline, world, with: verb) }
      do {
        var view = seen.mutableSpan
        try fill(&view, world, with: verb)
        var column = try wide.mutableSpan.laid(out: spaced())
        try fill(&column, world, with: verb)
      }
      try fill(&samples, world, with: verb)
      #expect(array == expected)
      #expect(inArray == [-1] + expected + [-1])
      #expect(Array(contiguous) == expected)
      #expect((0..<min(room, Many.count)).allSatisfy { inline[$0] == expected[$0] })
      #expect(seen == expected)
      #expect(wide == spread(expected))
      #expect(samples.elements == expected)
    }
  }

  @Test("Nonblocking: gather, scatter") func immediateRooted() throws {
    try withWorld { world in
      let (size, rank) = (world.size, world.rank)
      let root = size - 1
      let isRoot = rank == root
      let own = piece(rank, 0)
      let wide = spread(own)
      let room = isRoot ? each * size : 0
      let parts = Partition(counts: [Int](repeating: each, count: size))
      let expected = isRoot ? (0..<size).flatMap { piece($0, 0) } : []
      var array = [Int](repeating: 0, count: room)
      var contiguous = ContiguousArray(array)
      var (seen, laid) = (array, spread(array))
      let first = try world.immediate.gather(own, into: &array, to: root)
      let second = try world.immediate.gather(own, into: &contiguous, to: root, counts: parts)
      let third = try world.immediate.gather(own.span, into: seen.mutableSpan, to: root)
      let fourth = try world.immediate.gather(
        wide.span.laid(out: spaced()), into: laid.mutableSpan.laid(out: spaced()), to: root)
      try fourth.wait()
      try third.wait()
      try second.wait()
      try first.wait()
      #expect(array == expected)
      #expect(Array(contiguous) == expected)
      #expect(seen == expected)
      #expect(laid == spread(expected))

      let all = ContiguousArray(isRoot ? (0..<size).flatMap { piece(root, $0) } : [])
      let spreadAll = spread(Array(all))
      var (mine, placed, shown, column) = ([0, 0, 0], [0, 0, 0], [0, 0, 0], spread([0, 0, 0]))
      let one = try world.immediate.scatter(all, into: &mine, from: root)
      let two = try world.immediate.scatter(all, into: &placed, from: root, counts: parts)
      let three = try world.immediate.scatter(all.span, into: shown.mutableSpan, from: root)
      let four = try world.immediate.scatter(
        spreadAll.span.laid(out: spaced()), into: column.mutableSpan.laid(out: spaced()),
        from: root)
      try one.wait()
      try two.wait()
      try three.wait()
      try four.wait()
      for result in [mine, placed, shown] { #expect(result == piece(root, rank)) }
      #expect(column == spread(piece(root, rank)))
    }
  }

  @Test("Nonblocking: broadcast, gather to all, all to all") func immediateUnrooted() throws {
    try withWorld { world in
      let (size, rank) = (world.size, world.rank)
      let own = piece(rank, 0)
      let wide = spread(own)
      let parts = Partition(counts: [Int](repeating: each, count: size))
      let empty = [Int](repeating: 0, count: each * size)

      var (array, contiguous, seen, column) = (own, ContiguousArray(own), own, wide)
      let first = try world.immediate.broadcast(&array, from: 0)
      let second = try world.immediate.broadcast(&contiguous, from: 0)
      let third = try world.immediate.broadcast(seen.mutableSpan, from: 0)
      let fourth = try world.immediate.broadcast(
        column.mutableSpan.laid(out: spaced()), from: 0)
      try first.wait()
      try second.wait()
      try third.wait()
      try fourth.wait()
      #expect(array == piece(0, 0))
      #expect(Array(contiguous) == piece(0, 0))
      #expect(seen == piece(0, 0))
      #expect(column == spread(piece(0, 0)))

      let gathered = (0..<size).flatMap { piece($0, 0) }
      var (a, b, c, d) = (empty, ContiguousArray(empty), empty, spread(empty))
      let gather = try world.immediate.allGather(own, into: &a)
      let counted = try world.immediate.allGather(own, into: &b, counts: parts)
      let shown = try world.immediate.allGather(own.span, into: c.mutableSpan)
      let laid = try world.immediate.allGather(
        wide.span.laid(out: spaced()), into: d.mutableSpan.laid(out: spaced()))
      try gather.wait()
      try counted.wait()
      try shown.wait()
      try laid.wait()
      #expect(a == gathered)
      #expect(Array(b) == gathered)
      #expect(c == gathered)
      #expect(d == spread(gathered))

      let all = (0..<size).flatMap { piece(rank, $0) }
      let spreadAll = spread(all)
      let expected = (0..<size).flatMap { piece($0, rank) }
      var (e, f, g, h) = (empty, ContiguousArray(empty), empty, spread(empty))
      let one = try world.immediate.allToAll(all, into: &e)
      let two = try world.immediate.allToAll(all, into: &f, sending: parts, receiving: parts)
      let three = try world.immediate.allToAll(all.span, into: g.mutableSpan)
      let four = try world.immediate.allToAll(
        spreadAll.span.laid(out: spaced()), into: h.mutableSpan.laid(out: spaced()))
      try one.wait()
      try two.wait()
      try three.wait()
      try four.wait()
      #expect(e == expected)
      #expect(Array(f) == expected)
      #expect(g == expected)
      #expect(h == spread(expected))
    }
  }

  @Test("In place: slices, containers, views, laid-out elements") func inPlace() throws {
    try withWorld { world in
      let (size, rank) = (world.size, world.rank)
      let gathered = (0..<size).flatMap { piece($0, 0) }
      let own = each * rank..<each * (rank + 1)
      var mine = [Int](repeating: 0, count: each * size)
      mine.replaceSubrange(own, with: piece(rank, 0))
      var (slice, samples, seen, wide) = (
        [-1] + mine + [-1], Samples(elements: mine), mine, spread(mine)
      )
      var pinned = wide
      try world.allGather(&slice[1...each * size])
      try world.allGather(&samples)
      do {
        var view = seen.mutableSpan
        try world.allGather(&view)
        var laid = try wide.mutableSpan.laid(out: spaced())
        try world.allGather(&laid)
        var kept = try pinned.mutableSpan.laid(out: spaced())
        let request = try world.immediate.allGather(&kept)
        try request.wait()
      }
      #expect(slice == [-1] + gathered + [-1])
      #expect(samples.elements == gathered)
      #expect(seen == gathered)
      #expect(wide == spread(gathered))
      #expect(pinned == spread(gathered))

      let expected = (0..<size).flatMap { piece($0, rank) }
      var swapped = ContiguousArray((0..<size).flatMap { piece(rank, $0) })
      var (laid, counted) = (spread(Array(swapped)), spread(Array(swapped)))
      try world.allToAll(&swapped)
      do {
        var view = try laid.mutableSpan.laid(out: spaced())
        try world.allToAll(&view)
        var parts = try counted.mutableSpan.laid(out: spaced())
        try world.allToAll(
          &parts, exchanging: Partition(counts: [Int](repeating: 1, count: size)))
      }
      #expect(Array(swapped) == expected)
      #expect(laid == spread(expected))
      #expect(counted == spread(expected))

      var rooted = spread(rank == 0 ? mine : piece(rank, 0))
      do {
        var view = try rooted.mutableSpan.laid(out: spaced())
        try world.gather(&view, to: 0)
        #expect(throws: MPIError.self) { try world.scatter(&view, from: size) }
        try world.scatter(&view, from: 0)
      }
      #expect(rooted == spread(rank == 0 ? gathered : piece(rank, 0)))
    }
  }

  /// Which elements are meant is each rank's own business.
  @Test("Laid out on some ranks only") func mixed() throws {
    try withWorld { world in
      let (size, rank) = (world.size, world.rank)
      let all = (0..<size).flatMap { piece(rank, $0) }
      let expected = (0..<size).flatMap { piece($0, rank) }
      let wide = spread(all)
      var (stored, laid) = (all, wide)
      if rank.isMultiple(of: 2) {
        let received = try world.allToAll(wide.span.laid(out: spaced()))
        try world.allToAll(all, into: laid.mutableSpan.laid(out: spaced()))
        #expect(received == expected)
        #expect(laid == spread(expected))
      } else {
        let received = try world.allToAll(all)
        try world.allToAll(wide.span.laid(out: spaced()), into: &stored)
        #expect(received == expected)
        #expect(stored == expected)
      }
      let own = spread(piece(rank, 0))
      let gathered =
        try rank == 0
        ? world.allGather(piece(0, 0)) : world.allGather(own.span.laid(out: spaced()))
      #expect(gathered == (0..<size).flatMap { piece($0, 0) })
    }
  }

  @Test("Arrays of any length to all ranks, or to some", arguments: 0..<4)
  func arrays(seed: Int) throws {
    try withWorld { world in
      let (size, rank) = (world.size, world.rank)
      let table = (0..<size).map { randomCounts(size, seed: seed == 0 ? 0 : 100 * seed + $0) }
      let sent = (0..<size).map { target in
        (0..<table[rank][target]).map { value(rank, $0) + 7919 * target }
      }
      let expected = (0..<size).map { source in
        (0..<table[source][rank]).map { value(source, $0) + 7919 * rank }
      }
      let received = try world.allToAll(sent)
      #expect(received == expected)
      let some = try world.allToAll(Dictionary(uniqueKeysWithValues: sent.enumerated().map { $0 }))
      let nonempty = expected.enumerated().filter { !$0.element.isEmpty }
      #expect(some == Dictionary(uniqueKeysWithValues: nonempty.map { $0 }))
    }
  }

  @Test("A rank that there is not, among others") func noRank() throws {
    try withWorld { world in
      let last = world.size - 1
      var parts = [last: [world.rank]]
      if world.rank == 0 { parts[world.size] = [5] }
      if world.rank == 0 {
        expectError(.invalidRank, by: "MPI_Alltoallv") { _ = try world.allToAll(parts) }
      } else {
        let received = try world.allToAll(parts)
        let all = (0..<world.size).map { ($0, [$0]) }
        #expect(received == (world.rank == last ? Dictionary(uniqueKeysWithValues: all) : [:]))
      }
    }
  }

  /// What an expression has made is sent while a request is open.
  @Test("Temporaries next to a request") func temporaries() throws {
    try withWorld { world in
      let size = world.size
      let list = (0..<size).map { [world.rank, $0] }
      let parts = Partition(counts: [Int](repeating: 2, count: size))
      var incoming = [0, 0]
      let receiving = try world.immediate.receive(into: &incoming, from: world.left)
      let sorted = try world.allToAll(list.flatMap { $0 }, sending: parts).sorted()
      let sums = try world.allGather(list.map { $0[0] + $0[1] })
      let first = try world.gather(list.map { $0[0] }, to: 0)?.count
      let mine = try world.scatter(list.map { $0[1] }, from: 0).map { $0 + 1 }
      try world.send([world.rank, 1], to: world.right)
      try receiving.wait()
      #expect(sorted == (0..<size).flatMap { [$0, world.rank] }.sorted())
      #expect(sums == (0..<size).flatMap { rank in (0..<size).map { rank + $0 } })
      #expect(first == (world.rank == 0 ? size * size : nil))
      #expect(mine == [world.rank + 1])
      #expect(incoming == [world.left, 1])
    }
  }
}
