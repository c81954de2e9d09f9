import MPI
import Testing

@Suite("Communicators (MPI 3.1 §6.4)") struct CommunicatorTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  @Test("The world, and this process alone") func predefined() throws {
    let size = Communicator.world.size
    #expect(size > 0 && (0..<size).contains(Communicator.world.rank))
    // Every process has a rank of its own.
    #expect(try world.allGather(Communicator.world.rank) == Array(0..<size))
    #expect(Communicator.selfOnly.rank == 0)
    #expect(Communicator.selfOnly.size == 1)
    #expect(try Communicator.selfOnly.allReduce(5, .sum) == 5)
    #expect(try Communicator.selfOnly.allGather(world.rank) == [world.rank])
  }

  @Test("Comparison (§6.4.1)") func comparison() throws {
    let same = Communicator.world
    let other = try Communicator.world.duplicated()
    let reversed = try #require(try other.split(color: 0, key: -other.rank))
    #expect(Communicator.world == same)
    #expect(other != same)
    #expect(try other.similarity(to: other) == .identical)
    #expect(try other.similarity(to: same) == .congruent)
    #expect(other.isCongruent(to: same))
    #expect(same.isCongruent(to: same))
    #expect(try reversed.similarity(to: same) == (world.size == 1 ? .congruent : .similar))
    #expect(reversed.isCongruent(to: same) == (world.size == 1))
    let selfOnly = Communicator.selfOnly
    #expect(try selfOnly.similarity(to: same) == (world.size == 1 ? .congruent : .unequal))
  }

  @Test("Split by color and key (§6.4.2)") func split() throws {
    // Rows of two; the key turns the order around.
    let row = try #require(try world.split(color: world.rank / 2, key: -world.rank))
    let members = (0..<world.size).filter { $0 / 2 == world.rank / 2 }.sorted(by: >)
    let ranks = try row.allGather(world.rank)
    #expect(ranks == members)
    #expect(row.size == members.count)
    #expect(row.rank == members.firstIndex(of: world.rank))
    // Equal keys keep the old order.
    let all = try #require(try world.split(color: 7))
    #expect(all.rank == world.rank)
    #expect(all.isCongruent(to: world))
  }

  @Test("Without a color there is no communicator") func splitNone() throws {
    let part = try world.split(color: world.rank == 0 ? nil : 3)
    #expect((part == nil) == (world.rank == 0))
    #expect(part.map { $0.size } == (world.rank == 0 ? nil : world.size - 1))
    #expect(try world.split(color: nil) == nil)
  }

  @Test("Colors outside C's range") func splitColors() throws {
    for color in [-1, Int.min, 1 << 31, Int.max] {
      expectError(.invalidArgument, by: "MPI_Comm_split") { _ = try world.split(color: color) }
    }
  }

  @Test("Split by host") func splitByHost() throws {
    let host = try world.split(by: .sharedMemory)
    let names = try world.allGather(Array(MPI.processorName.utf8).reduce(0) { $0 &* 31 &+ Int($1) })
    #expect(host.size == names.count { $0 == names[world.rank] })
    let reversed = try world.split(by: .sharedMemory, key: -world.rank)
    #expect(reversed.rank == host.size - 1 - host.rank)
  }

  @Test("A subset, which only its members make") func subset() throws {
    let evens = Array(stride(from: 0, to: world.size, by: 2))
    let group = try world.group.including(evens.reversed())
    let part = try world.subset(group, tag: 3)
    if world.rank.isMultiple(of: 2) {
      #expect(part?.size == evens.count)
      #expect(part?.rank == evens.reversed().firstIndex(of: world.rank))
      #expect(try part?.allReduce(1, .sum) == evens.count)
    } else {
      #expect(part == nil)
    }
    #expect(try world.subset(.empty) == nil)
  }

  @Test("Names (§6.8)") func names() throws {
    #expect(Communicator.world.name == "MPI_COMM_WORLD")
    #expect(Communicator.selfOnly.name == "MPI_COMM_SELF")
    let other = try world.duplicated()
    other.name = "halo"
    #expect(other.name == "halo")
    #expect(other.description == "halo (rank \(world.rank) of \(world.size))")
    other.name = ""
    #expect(other.name == "")
    #expect(other.description == "communicator (rank \(world.rank) of \(world.size))")
    // Longer than any library allows: cut, at the end of a character.
    let long = String(repeating: "Gitter 格子 ", count: 200)
    other.name = long
    #expect(!other.name.isEmpty && long.hasPrefix(other.name))
    other.name = String(repeating: "é", count: 1000)
    #expect(other.name.allSatisfy { $0 == "é" } && other.name.count > 20)
  }

  /// Open MPI has 65 532 of them; those that are gone must come back. One process tries that for all.
  @Test("70 000 duplicates, one after the other") func manyDuplicates() throws {
    for _ in 0..<(world.size == 1 ? 70_000 : 1000) { _ = try Communicator.selfOnly.duplicated() }
    #expect(try Communicator.selfOnly.duplicated().size == 1)
  }

  @Test("Duplicates of all processes, of which some are held") func heldDuplicates() throws {
    var held: [Communicator] = []
    for number in 0..<200 {
      let other = try world.duplicated()
      if number.isMultiple(of: 10) { held.append(other) }
    }
    var sums: [Int] = []
    for other in held { sums.append(try other.allReduce(1, .sum)) }
    #expect(sums == [Int](repeating: world.size, count: 20))
  }

  @Test("Nested splits") func nested() throws {
    var part = world
    var sizes: [Int] = []
    while part.size > 1 {
      part = try #require(try part.split(color: part.rank < part.size / 2 ? 0 : 1))
      sizes.append(try part.allReduce(1, .sum))
      #expect(sizes.last == part.size)
    }
    #expect(part.rank == 0)
  }
}

@Suite("Groups (MPI 3.1 §6.3)") struct GroupTests {
  let world: Communicator
  let group: Group

  init() throws {
    world = try Job.communicator()
    group = try world.group
  }

  /// The ranks in the world of a group's processes.
  func members(_ some: Group) throws -> [Int?] {
    try some.translate(Array(0..<some.size), to: group)
  }

  @Test("The group of a communicator") func all() throws {
    #expect(group.size == world.size)
    #expect(group.rank == world.rank)
    #expect(try members(group) == Array(0..<world.size))
    #expect(group.description == "group of \(world.size) (rank \(world.rank))")
    #expect(try Group.empty.size == 0)
    #expect(try Group.empty.rank == nil)
    #expect(try Group.empty.description == "group of 0")
  }

  @Test("Set operations (§6.3.2)") func sets() throws {
    let size = world.size
    let low = Array(0..<(size + 1) / 2)
    let odd = Array(stride(from: 1, to: size, by: 2))
    let a = try group.including(low.reversed())
    let b = try group.including(odd)
    #expect(try members(a) == low.reversed())
    #expect(a.rank == low.reversed().firstIndex(of: world.rank))
    // "All elements of the first group, followed by all elements of the second that are not in the first."
    #expect(try members(a.union(b)) == low.reversed() + odd.filter { !low.contains($0) })
    #expect(try members(a.intersection(b)) == low.reversed().filter { odd.contains($0) })
    #expect(try members(a.subtracting(b)) == low.reversed().filter { !odd.contains($0) })
    #expect(try members(group.excluding(odd)) == Array(stride(from: 0, to: size, by: 2)))
    #expect(try members(group.including([])) == [])
    #expect(try group.subtracting(group) == Group.empty)
    #expect(try a.union(.empty) == a)
  }

  @Test("Comparison (§6.3.1)") func comparison() throws {
    let reversed = try group.including((0..<world.size).reversed())
    let first = try group.including([0])
    #expect(try group.similarity(to: group.including(Array(0..<world.size))) == .identical)
    #expect(try group.similarity(to: reversed) == (world.size == 1 ? .identical : .similar))
    #expect(try group.similarity(to: first) == (world.size == 1 ? .identical : .unequal))
    #expect(try group == world.duplicated().group)
    #expect((group == reversed) == (world.size == 1))
  }

  @Test("Translation of ranks (§6.3.1)") func translation() throws {
    let evens = Array(stride(from: 0, to: world.size, by: 2))
    let some = try group.including(evens)
    let expected = (0..<world.size).map { $0.isMultiple(of: 2) ? $0 / 2 : nil }
    #expect(try group.translate(Array(0..<world.size), to: some) == expected)
    #expect(try some.translate(evens.count - 1, to: group) == evens.last)
    #expect(try group.translate([], to: some) == [])
  }

  @Test("Ranks outside the group, and ranks twice") func errors() throws {
    for rank in [-1, world.size, Int.max, 1 << 32] {
      expectError(.invalidRank, by: "MPI_Group_incl") { _ = try group.including([0, rank]) }
      expectError(.invalidRank, by: "MPI_Group_excl") { _ = try group.excluding([rank]) }
      expectError(.invalidRank, by: "MPI_Group_translate_ranks") {
        _ = try group.translate(rank, to: group)
      }
    }
    expectError(.invalidRank, by: "MPI_Group_incl") { _ = try group.including([0, 0]) }
    expectError(.invalidRank, by: "MPI_Group_excl") { _ = try group.excluding([0, 0]) }
  }
}
