import MPI
import Testing

/// An array, and what else belongs to it.
private struct Strip: ElementContainer {
  var elements: [Int]
  var name = "strip"
}

/// Storage from the library with the given elements.
private func allocated(_ elements: [Int]) throws -> AllocatedArray<Int> {
  var result = try AllocatedArray(repeating: 0, count: elements.count)
  for index in elements.indices { result[index] = elements[index] }
  return result
}

extension AllocatedArray {
  fileprivate var array: [Element] {
    var result: [Element] = []
    for index in 0..<count { result.append(self[index]) }
    return result
  }
}

/// Places that are not written to hold this.
private let filler = -1

/// Three elements for each neighbor, in all kinds of storage, on all topologies there is a table of.
@Suite("Neighborhood collectives of all kinds of operands") struct OperandNeighborTests {
  let neighbors: NeighborTests
  var world: Communicator { neighbors.world }
  /// Every second element: an instance takes five places.
  let alternate: Layout<Int>

  init() throws {
    neighbors = try NeighborTests()
    alternate = try .strided(count: 3, stride: 2)
  }

  /// Blocks of three elements as the layout has them.
  func spread(_ elements: [Int], filler: Int) -> [Int] {
    var result = [Int](repeating: filler, count: elements.count / 3 * 5)
    for index in elements.indices { result[index / 3 * 5 + index % 3 * 2] = elements[index] }
    return result
  }

  func storage(_ count: Int) -> [Int] { [Int](repeating: filler, count: count) }

  /// What is gathered in storage, where elements that come from no process stay as they were.
  func gatheredBlocks(_ senders: [(rank: Int, slot: Int)?]) -> [Int] {
    senders.flatMap { sender in sender.map { values(of: $0.rank, 3) } ?? storage(3) }
  }

  /// The same, of what each has for its neighbor.
  func sentBlocks(_ senders: [(rank: Int, slot: Int)?]) -> [Int] {
    senders.flatMap { sender in
      sender.map { neighbors.message($0.rank, $0.slot, 3) } ?? storage(3)
    }
  }

  // MARK: Gathering

  @Test("All kinds of elements are given to the neighbors") func given() throws {
    try neighbors.forEachTopology { topology, table, name in
      let mine = values(of: topology.rank, 3)
      let expected = gatheredBlocks(table.senders(topology.rank))
      let padded = [7, 7] + mine + [7]
      let row = [7, 7] + spread(mine, filler: 7)
      let inline: InlineArray<3, Int> = [mine[0], mine[1], mine[2]]
      func check<S: Outgoing & ~Copyable & ~Escapable>(
        _ elements: borrowing S, _ kind: String
      ) throws where S.Element == Int {
        let counts = Partition(counts: topology.inNeighbors.map { _ in 3 })
        let array = try topology.neighborAllGather(elements)
        let counted = try topology.neighborAllGather(elements, counts: counts)
        var all = storage(expected.count)
        try topology.neighborAllGather(elements, into: &all)
        var parts = storage(expected.count)
        try topology.neighborAllGather(elements, into: &parts, counts: counts)
        #expect(array == expected.filter { $0 != filler }, "\(kind), \(name)")
        #expect(counted == expected.map { $0 == filler ? 0 : $0 }, "\(kind), \(name)")
        #expect(all == expected && parts == expected, "\(kind), \(name)")
      }
      try check(mine, "array")
      try check(padded[2..<5], "slice")
      try check(ContiguousArray(mine), "contiguous array")
      try check(inline, "inline array")
      try check(mine.span, "span")
      try check(row.span.laid(out: alternate, at: 2), "laid out")
      try check(Strip(elements: mine), "container")
      try check(allocated(mine), "allocated")
    }
  }

  @Test("What the neighbors have goes into all kinds of storage") func gathered() throws {
    try neighbors.forEachTopology { topology, table, name in
      let mine = values(of: topology.rank, 3)
      let expected = gatheredBlocks(table.senders(topology.rank))
      let count = expected.count
      for counts in [nil, Partition(counts: topology.inNeighbors.map { _ in 3 })] {
        var slice = storage(count + 3)
        try topology.neighborAllGather(mine, into: &slice[2...], counts: counts)
        var contiguous = ContiguousArray(storage(count))
        try topology.neighborAllGather(mine, into: &contiguous, counts: counts)
        var (viewed, variable) = (storage(count), storage(count))
        try topology.neighborAllGather(mine, into: viewed.mutableSpan, counts: counts)
        var view = variable.mutableSpan
        try topology.neighborAllGather(mine, into: &view, counts: counts)
        var row = storage(count / 3 * 5 + 2)
        // Parts of what is laid out are counted in instances.
        let instances = counts.map { Partition(counts: $0.counts.map { $0 / 3 }) }
        try topology.neighborAllGather(
          mine, into: row.mutableSpan.laid(out: alternate, at: 2), counts: instances)
        var strip = Strip(elements: storage(count))
        try topology.neighborAllGather(mine, into: &strip, counts: counts)
        var field = try allocated(storage(count))
        try topology.neighborAllGather(mine, into: &field, counts: counts)
        var inline = InlineArray<48, Int>(repeating: filler)
        if count <= 48 { try topology.neighborAllGather(mine, into: &inline, counts: counts) }
        #expect(slice == [-1, -1] + expected + [-1], "\(name)")
        #expect(Array(contiguous) == expected && strip.elements == expected, "\(name)")
        #expect(viewed == expected && variable == expected, "\(name)")
        #expect(row == [-1, -1] + spread(expected, filler: filler), "\(name)")
        let array = field.array
        #expect(array == expected, "\(name)")
        if count <= 48 { #expect((0..<count).map { inline[$0] } == expected, "\(name)") }
      }
    }
  }

  @Test("Gathering under way, into all kinds of storage") func gathering() throws {
    try neighbors.forEachTopology { topology, table, name in
      let mine = values(of: topology.rank, 3)
      let expected = gatheredBlocks(table.senders(topology.rank))
      let count = expected.count
      let (padded, row) = ([7, 7] + mine + [7], spread(mine, filler: 7))
      for counts in [nil, Partition(counts: topology.inNeighbors.map { _ in 3 })] {
        let (immediate, slice) = (topology.immediate, padded[2..<5])
        var array = storage(count)
        let first = try immediate.neighborAllGather(mine, into: &array, counts: counts)
        try first.wait()
        var contiguous = ContiguousArray(storage(count))
        let second = try immediate.neighborAllGather(slice, into: &contiguous, counts: counts)
        try second.wait()
        var viewed = storage(count)
        let third = try immediate.neighborAllGather(
          mine.span, into: viewed.mutableSpan, counts: counts)
        try third.wait()
        var spread = storage(count / 3 * 5)
        let fourth = try immediate.neighborAllGather(
          row.span.laid(out: alternate), into: spread.mutableSpan.laid(out: alternate),
          counts: counts.map { Partition(counts: $0.counts.map { $0 / 3 }) })
        try fourth.wait()
        let strip = Strip(elements: mine)
        var strips = Strip(elements: storage(count))
        let fifth = try immediate.neighborAllGather(
          strip.elements, into: &strips.elements, counts: counts)
        try fifth.wait()
        let field = try allocated(mine)
        var fields = storage(count)
        var others = try allocated(storage(count))
        let sixth = try immediate.neighborAllGather(
          field.span, into: fields.mutableSpan, counts: counts)
        try sixth.wait()
        let seventh = try immediate.neighborAllGather(mine, into: &others, counts: counts)
        try seventh.wait()
        #expect(array == expected && Array(contiguous) == expected, "\(name)")
        #expect(viewed == expected && strips.elements == expected, "\(name)")
        #expect(spread == self.spread(expected, filler: filler), "\(name)")
        let all = others.array
        #expect(fields == expected && all == expected, "\(name)")
      }
    }
  }

  // MARK: Exchanging

  @Test("All kinds of elements are sent to the neighbors") func sent() throws {
    try neighbors.forEachTopology { topology, table, name in
      let outCount = table.outCount(topology.rank)
      let mine = (0..<outCount).flatMap { neighbors.message(topology.rank, $0, 3) }
      let expected = sentBlocks(table.senders(topology.rank))
      let padded = [7, 7] + mine + [7]
      let row = [7, 7] + spread(mine, filler: 7)
      func check<S: Outgoing & ~Copyable & ~Escapable>(
        _ elements: borrowing S, _ kind: String, unit: Int = 1
      ) throws where S.Element == Int {
        let sending = Partition(counts: (0..<outCount).map { _ in 3 / unit })
        let receiving = Partition(counts: topology.inNeighbors.map { _ in 3 })
        let array = try topology.neighborAllToAll(elements)
        let counted = try topology.neighborAllToAll(elements, sending: sending)
        var all = storage(expected.count)
        try topology.neighborAllToAll(elements, into: &all)
        var parts = storage(expected.count)
        try topology.neighborAllToAll(
          elements, into: &parts, sending: sending, receiving: receiving)
        #expect(array == expected.map { $0 == filler ? 0 : $0 }, "\(kind), \(name)")
        #expect(counted == expected.filter { $0 != filler }, "\(kind), \(name)")
        #expect(all == expected && parts == expected, "\(kind), \(name)")
      }
      try check(mine, "array")
      try check(padded[2..<mine.count + 2], "slice")
      try check(ContiguousArray(mine), "contiguous array")
      try check(mine.span, "span")
      try check(row.span.laid(out: alternate, at: 2), "laid out", unit: 3)
      try check(Strip(elements: mine), "container")
      try check(allocated(mine), "allocated")
    }
  }

  @Test("What the neighbors send goes into all kinds of storage") func received() throws {
    try neighbors.forEachTopology { topology, table, name in
      let outCount = table.outCount(topology.rank)
      let mine = (0..<outCount).flatMap { neighbors.message(topology.rank, $0, 3) }
      let expected = sentBlocks(table.senders(topology.rank))
      let count = expected.count
      for isVarying in [false, true] {
        let sending = isVarying ? Partition(counts: (0..<outCount).map { _ in 3 }) : nil
        let receiving = isVarying ? Partition(counts: topology.inNeighbors.map { _ in 3 }) : nil
        var slice = storage(count + 2)
        try topology.neighborAllToAll(
          mine, into: &slice[2...], sending: sending, receiving: receiving)
        var contiguous = ContiguousArray(storage(count))
        try topology.neighborAllToAll(
          mine, into: &contiguous, sending: sending, receiving: receiving)
        var (viewed, variable) = (storage(count), storage(count))
        try topology.neighborAllToAll(
          mine, into: viewed.mutableSpan, sending: sending, receiving: receiving)
        var view = variable.mutableSpan
        try topology.neighborAllToAll(mine, into: &view, sending: sending, receiving: receiving)
        var row = storage(count / 3 * 5 + 2)
        let instances = receiving.map { Partition(counts: $0.counts.map { $0 / 3 }) }
        try topology.neighborAllToAll(
          mine, into: row.mutableSpan.laid(out: alternate, at: 2), sending: sending,
          receiving: instances)
        var strip = Strip(elements: storage(count))
        try topology.neighborAllToAll(mine, into: &strip, sending: sending, receiving: receiving)
        var field = try allocated(storage(count))
        try topology.neighborAllToAll(mine, into: &field, sending: sending, receiving: receiving)
        #expect(slice == [-1, -1] + expected, "\(name)")
        #expect(Array(contiguous) == expected && strip.elements == expected, "\(name)")
        #expect(viewed == expected && variable == expected, "\(name)")
        #expect(row == [-1, -1] + spread(expected, filler: filler), "\(name)")
        let array = field.array
        #expect(array == expected, "\(name)")
      }
    }
  }

  @Test("An exchange under way, in all kinds of storage") func exchanging() throws {
    try neighbors.forEachTopology { topology, table, name in
      let outCount = table.outCount(topology.rank)
      let mine = (0..<outCount).flatMap { neighbors.message(topology.rank, $0, 3) }
      let expected = sentBlocks(table.senders(topology.rank))
      let count = expected.count
      let (padded, row) = ([7, 7] + mine + [7], spread(mine, filler: 7))
      for isVarying in [false, true] {
        let (immediate, slice) = (topology.immediate, padded[2..<mine.count + 2])
        let sending = isVarying ? Partition(counts: (0..<outCount).map { _ in 3 }) : nil
        let receiving = isVarying ? Partition(counts: topology.inNeighbors.map { _ in 3 }) : nil
        var array = storage(count)
        let first = try immediate.neighborAllToAll(
          mine, into: &array, sending: sending, receiving: receiving)
        try first.wait()
        var contiguous = ContiguousArray(storage(count))
        let second = try immediate.neighborAllToAll(
          slice, into: &contiguous, sending: sending, receiving: receiving)
        try second.wait()
        var viewed = storage(count)
        let third = try immediate.neighborAllToAll(
          mine.span, into: viewed.mutableSpan, sending: sending, receiving: receiving)
        try third.wait()
        var spread = storage(count / 3 * 5)
        let fourth = try immediate.neighborAllToAll(
          row.span.laid(out: alternate), into: spread.mutableSpan.laid(out: alternate),
          sending: sending.map { Partition(counts: $0.counts.map { $0 / 3 }) },
          receiving: receiving.map { Partition(counts: $0.counts.map { $0 / 3 }) })
        try fourth.wait()
        let strip = Strip(elements: mine)
        var strips = Strip(elements: storage(count))
        let fifth = try immediate.neighborAllToAll(
          strip.elements, into: &strips.elements, sending: sending, receiving: receiving)
        try fifth.wait()
        let field = try allocated(mine)
        var fields = storage(count)
        var others = try allocated(storage(count))
        let sixth = try immediate.neighborAllToAll(
          field.span, into: fields.mutableSpan, sending: sending, receiving: receiving)
        try sixth.wait()
        let seventh = try immediate.neighborAllToAll(
          mine, into: &others, sending: sending, receiving: receiving)
        try seventh.wait()
        #expect(array == expected && Array(contiguous) == expected, "\(name)")
        #expect(viewed == expected && strips.elements == expected, "\(name)")
        #expect(spread == self.spread(expected, filler: filler), "\(name)")
        let all = others.array
        #expect(fields == expected && all == expected, "\(name)")
      }
    }
  }

  @Test("Instances of a layout, in another number for each neighbor") func instances() throws {
    try neighbors.forEachTopology { topology, table, name in
      let (rank, senders) = (topology.rank, table.senders(topology.rank))
      let counts = (0..<table.outCount(rank)).map { $0 % 3 }
      let mine = counts.indices.flatMap { neighbors.message(rank, $0, 3 * counts[$0]) }
      let row = spread(mine, filler: 7)
      let received = senders.map { $0.map { $0.slot % 3 } ?? 1 }
      let expected = senders.indices.flatMap { slot in
        senders[slot].map { neighbors.message($0.rank, $0.slot, 3 * received[slot]) } ?? storage(3)
      }
      let (sending, receiving) = (Partition(counts: counts), Partition(counts: received))
      let array = try topology.neighborAllToAll(row.span.laid(out: alternate), sending: sending)
      var blocking = storage(expected.count / 3 * 5)
      try topology.neighborAllToAll(
        row.span.laid(out: alternate), into: blocking.mutableSpan.laid(out: alternate),
        sending: sending, receiving: receiving)
      var immediate = storage(expected.count)
      let request = try topology.immediate.neighborAllToAll(
        row.span.laid(out: alternate), into: immediate.mutableSpan, sending: sending,
        receiving: Partition(counts: received.map { 3 * $0 }))
      try request.wait()
      #expect(array == expected.filter { $0 != filler }, "\(name)")
      #expect(blocking == spread(expected, filler: filler), "\(name)")
      #expect(immediate == expected, "\(name)")
    }
  }

  // MARK: Layouts for each neighbor

  /// A block for each neighbor in a row, from a place on; nothing for no process.
  func places(_ neighbors: [Int?], from start: Int = 0) throws -> [Layout<Int>.Placed?] {
    let block = try Layout<Int>.contiguous(count: 3)
    return neighbors.indices.map { slot in
      neighbors[slot] == nil ? nil : block.placed(at: start + 3 * slot)
    }
  }

  @Test("A layout for each neighbor, between all kinds of storage") func layouts() throws {
    try neighbors.forEachTopology { topology, table, name in
      let outCount = table.outCount(topology.rank)
      let mine = (0..<outCount).flatMap { neighbors.message(topology.rank, $0, 3) }
      let expected = sentBlocks(table.senders(topology.rank))
      let count = expected.count
      let sending = try places(topology.outNeighbors)
      let receiving = try places(topology.inNeighbors)
      let shifted = try places(topology.inNeighbors, from: 2)

      var array = storage(count)
      try topology.neighborAllToAll(mine, into: &array, sending: sending, receiving: receiving)
      var slice = storage(count + 2)
      try topology.neighborAllToAll(
        mine.span, into: &slice[0...], sending: sending, receiving: shifted)
      var strip = Strip(elements: storage(count))
      try topology.neighborAllToAll(
        Strip(elements: mine), into: &strip, sending: sending, receiving: receiving)
      var field = try allocated(storage(count))
      try topology.neighborAllToAll(
        allocated(mine), into: &field, sending: sending, receiving: receiving)
      var viewed = storage(count)
      var view = viewed.mutableSpan
      try topology.neighborAllToAll(mine, into: &view, sending: sending, receiving: receiving)

      var immediate = storage(count)
      let first = try topology.immediate.neighborAllToAll(
        mine, into: &immediate, sending: sending, receiving: receiving)
      try first.wait()
      var immediateView = storage(count)
      let second = try topology.immediate.neighborAllToAll(
        mine.span, into: immediateView.mutableSpan, sending: sending, receiving: receiving)
      try second.wait()
      #expect(array == expected && slice == [-1, -1] + expected, "\(name)")
      #expect(strip.elements == expected && viewed == expected, "\(name)")
      #expect(immediate == expected && immediateView == expected, "\(name)")
      let all = field.array
      #expect(all == expected, "\(name)")
    }
  }

  @Test("A layout for each neighbor, within all kinds of storage") func inPlace() throws {
    try neighbors.forEachTopology { topology, table, name in
      let outCount = table.outCount(topology.rank)
      let mine = (0..<outCount).flatMap { neighbors.message(topology.rank, $0, 3) }
      let expected = mine + sentBlocks(table.senders(topology.rank))
      let before = mine + storage(expected.count - mine.count)
      let sending = try places(topology.outNeighbors)
      let receiving = try places(topology.inNeighbors, from: mine.count)

      var array = before
      try topology.neighborAllToAll(&array, sending: sending, receiving: receiving)
      var slice = before
      try topology.neighborAllToAll(&slice[0...], sending: sending, receiving: receiving)
      var viewed = before
      var view = viewed.mutableSpan
      try topology.neighborAllToAll(&view, sending: sending, receiving: receiving)
      var strip = Strip(elements: before)
      try topology.neighborAllToAll(&strip, sending: sending, receiving: receiving)
      var field = try allocated(before)
      try topology.neighborAllToAll(&field, sending: sending, receiving: receiving)

      var immediate = before
      let first = try topology.immediate.neighborAllToAll(
        &immediate, sending: sending, receiving: receiving)
      try first.wait()
      var immediateViewed = before
      var immediateView = immediateViewed.mutableSpan
      let second = try topology.immediate.neighborAllToAll(
        &immediateView, sending: sending, receiving: receiving)
      try second.wait()
      var immediateField = try allocated(before)
      let third = try topology.immediate.neighborAllToAll(
        &immediateField, sending: sending, receiving: receiving)
      try third.wait()
      var strips = Strip(elements: before)
      let fourth = try topology.immediate.neighborAllToAll(
        &strips.elements, sending: sending, receiving: receiving)
      try fourth.wait()
      #expect(array == expected && slice == expected && viewed == expected, "\(name)")
      #expect(strip.elements == expected && strips.elements == expected, "\(name)")
      #expect(immediate == expected && immediateViewed == expected, "\(name)")
      let (fields, immediateFields) = (field.array, immediateField.array)
      #expect(fields == expected && immediateFields == expected, "\(name)")
    }
  }

  @Test("Received bytes never become a Bool that is none") func bits() throws {
    // Ranks with an even number send bytes to the next one, which takes them for bits.
    let (rank, isOdd) = (world.rank, !world.rank.isMultiple(of: 2))
    let graph = try world.distributedGraph(
      sources: isOdd ? [rank - 1] : [],
      destinations: isOdd || rank + 1 == world.size ? [] : [rank + 1])
    guard isOdd else {
      let bytes: [UInt8] = [0, 77]
      var nothing: [UInt8] = []
      try graph.neighborAllToAll(bytes, into: &nothing)
      let request = try graph.immediate.neighborAllToAll(bytes, into: &nothing)
      try request.wait()
      return
    }
    let nothing: [Bool] = []
    var array = [false, false]
    var field = try AllocatedArray(repeating: false, count: 2)
    try graph.neighborAllToAll(nothing, into: &array)
    let request = try graph.immediate.neighborAllToAll(nothing, into: &field)
    try request.wait()
    let bits = [array[0], array[1], field[0], field[1]]
    #expect(bits.map { unsafe unsafeBitCast($0, to: UInt8.self) } == [0, 1, 0, 1])
  }
}

@Suite("Storage from the library as an operand (MPI 3.1 §8.2)") struct AllocatedOperandTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  @Test("Messages", arguments: [0, 1, 7, 30_000]) func messages(count: Int) throws {
    let mine = try allocated(values(of: world.rank, count))
    var theirs = try allocated([Int](repeating: filler, count: count + 1))
    try world.sendReceive(mine, to: world.right, into: &theirs, from: world.left)
    let first = theirs.array
    theirs = try allocated([Int](repeating: filler, count: count + 1))
    do {
      let receiving = try world.immediate.receive(into: &theirs, from: world.left, tag: 1)
      let sending = try world.immediate.send(mine.span, to: world.right, tag: 1)
      try sending.wait()
      let status = try receiving.wait()
      #expect(status.count(of: Int.self) == count)
    }
    let second = theirs.array
    theirs = try allocated([Int](repeating: filler, count: count + 1))
    do {
      var exchange = world.exchange()
      try exchange.receive(into: &theirs, from: world.left, tag: 2)
      try exchange.send(mine.span, to: world.right, tag: 2)
      try exchange.wait()
    }
    let third = theirs.array
    theirs = try allocated([Int](repeating: filler, count: count + 1))
    let sending = try world.immediate.send(mine.span, to: world.right, tag: 3)
    try world.receive(into: &theirs, from: .any, tag: 3)
    try sending.wait()
    let fourth = theirs.array
    var own = try allocated(values(of: world.rank, count))
    try world.sendReceive(replacing: &own, to: world.right, from: world.left)
    let replaced = own.array
    let expected = values(of: world.left, count) + [filler]
    #expect(first == expected && second == expected)
    #expect(third == expected && fourth == expected)
    #expect(replaced == values(of: world.left, count))
  }

  @Test("Received bytes never become a Bool that is none") func bits() throws {
    let bytes: [UInt8] = [0, 77]
    var blocking = try AllocatedArray(repeating: false, count: 2)
    var immediate = try AllocatedArray(repeating: false, count: 2)
    try world.sendReceive(bytes, to: world.right, into: &blocking, from: world.left)
    let receiving = try world.immediate.receive(into: &immediate, from: world.left)
    try world.send(bytes, to: world.right)
    try receiving.wait()
    let bits = [blocking[0], blocking[1], immediate[0], immediate[1]]
    #expect(bits.map { unsafe unsafeBitCast($0, to: UInt8.self) } == [0, 1, 0, 1])
  }
}
