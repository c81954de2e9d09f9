import MPI
import Support
import Testing

@Suite("Communicators from groups, hints, handles (MPI 3.1 §6.4)")
struct CommunicatorCreationTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  @Test("Restricted to a group, by all") func restricted() throws {
    let group = try world.group
    let evens = Array(stride(from: 0, to: world.size, by: 2))
    let part = try world.restricted(to: group.including(evens.reversed()))
    let place = Array(evens.reversed()).firstIndex(of: world.rank)
    #expect(part?.rank == place)
    #expect(part?.size == (place == nil ? nil : evens.count))
    #expect(try part?.allReduce(world.rank, .sum) == (place == nil ? nil : evens.reduce(0, +)))
    // A group of its own for each half.
    let odds = Array(stride(from: 1, to: world.size, by: 2))
    let half = try world.restricted(to: group.including(place == nil ? odds : evens))
    #expect(half?.size == (place == nil ? odds : evens).count)
    #expect(try world.restricted(to: .empty) == nil)
  }

  @Test("Duplicates with hints") func hints() throws {
    let copy = try world.duplicated(info: ["mpi_assert_no_any_tag": "true"])
    #expect(copy.isCongruent(to: world))
    #expect(try copy.allReduce(1, .sum) == world.size)
    // What a library does not know it need not keep; what it keeps is what was said.
    let kept = try copy.info
    #expect(["true", nil].contains(kept["mpi_assert_no_any_tag"]))
    try world.setInfo(["mpi_assert_allow_overtaking": "false"])
    #expect(["false", nil].contains(try world.info["mpi_assert_allow_overtaking"]))
  }

  @Test("A nonblocking duplicate (§6.4.2)") func nonblocking() throws {
    let duplicating = try world.immediate.duplicated()
    let other = try world.immediate.duplicated()
    let sum = try world.allReduce(world.rank, .sum)
    let copy = try duplicating.wait()
    while try !other.isComplete() {}
    let second = try other.wait()
    #expect(sum == world.size * (world.size - 1) / 2)
    #expect(copy != world && copy != second)
    #expect(copy.isCongruent(to: world))
    #expect(try copy.allReduce(1, .sum) + second.allReduce(1, .sum) == 2 * world.size)
    // One that nobody waits for is complete all the same.
    do { _ = try world.immediate.duplicated() }
    #expect(try world.allReduce(1, .sum) == world.size)
  }

  @Test("Groups by ranges (§6.3.2)") func ranges() throws {
    let group = try world.group
    let size = world.size
    func members(_ some: Group) throws -> [Int?] {
      try some.translate(Array(0..<some.size), to: group)
    }
    let all = Array(0..<size)
    #expect(try members(group.including(ranges: [.init(from: 0, through: size - 1)])) == all)
    let down = try group.including(ranges: [.init(from: size - 1, through: 0, by: -2)])
    #expect(try members(down) == Array(stride(from: size - 1, through: 0, by: -2)))
    let without = try group.excluding(ranges: [.init(from: 0, through: size - 1, by: 3)])
    #expect(try members(without) == all.filter { $0 % 3 != 0 })
    // A range may be empty, and may end between two of its ranks.
    #expect(try members(group.including(ranges: [.init(from: 1, through: 0)])) == [])
    #expect(try members(group.including(ranges: [.init(from: 0, through: 0, by: 1 << 40)])) == [0])
    let beyond = Group.RankRange(from: 0, through: size, by: size + 1)
    #expect(try members(group.including(ranges: [beyond])) == [0])
    #expect(try members(group.including(ranges: [])) == [])
    for range in [
      Group.RankRange(from: 0, through: size), .init(from: -1, through: 0),
      .init(from: 0, through: Int.max),
    ] {
      expectError(.invalidRank, by: "MPI_Group_range_incl") {
        _ = try group.including(ranges: [range])
      }
    }
    expectError(.invalidRank, by: "MPI_Group_range_excl") {
      let first = Group.RankRange(from: 0, through: 0)
      _ = try group.excluding(ranges: [first, first])
    }
  }

  /// What `MPI_Comm` is in C with the library that this was built with.
  private func withHandle(_ body: (UInt) throws -> Void) rethrows {
    if Launcher.usesMPICH {
      try unsafe world.withUnsafeHandle(as: Int32.self) {
        try body(UInt(UInt32(bitPattern: $0)))
      }
    } else {
      try unsafe world.withUnsafeHandle(as: UInt.self) { try body($0) }
    }
  }

  @Test("A handle goes out, and comes back") func handles() throws {
    let isNumber = Launcher.usesMPICH
    try withHandle { handle in
      #expect(handle != 0)
      let again =
        try isNumber
        ? unsafe Communicator(adopting: UInt32(handle), isOwned: false)
        : unsafe Communicator(adopting: handle, isOwned: false)
      #expect(again == world)
      #expect(again.rank == world.rank && again.size == world.size)
      expectError(.invalidCommunicator) {
        _ =
          try isNumber
          ? unsafe Intercommunicator(adopting: UInt32(handle), isOwned: false)
          : unsafe Intercommunicator(adopting: handle, isOwned: false)
      }
    }
    #expect(try world.allReduce(1, .sum) == world.size)
  }
}

@Suite("Handles of Fortran (MPI 3.1 §17.2.4)") struct FortranHandleTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  @Test("A number goes out, and comes back") func handles() throws {
    let again = unsafe try Communicator(adoptingFortran: world.fortranHandle, isOwned: false)
    #expect(again == world)
    #expect(again.fortranHandle == world.fortranHandle)
    #expect(again.fortranHandle != Communicator.selfOnly.fortranHandle)
    expectError(.invalidCommunicator) {
      _ = unsafe try Intercommunicator(adoptingFortran: world.fortranHandle, isOwned: false)
    }
    // One that is owned is freed with the object.
    let copy = try world.duplicated()
    let sum = try again.allReduce(1, .sum) + copy.allReduce(1, .sum)
    #expect(sum == 2 * world.size)
  }
}

@Suite("Storage from the library (MPI 3.1 §8.2)") struct AllocatedArrayTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  @Test("Elements, spans, messages") func elements() throws {
    var field = try AllocatedArray(repeating: 0.5, count: 10)
    let count = field.count
    field[3] = Double(world.rank)
    let third = field[3]
    let sum = try world.allReduce(field.span, .sum)
    #expect(count == 10)
    #expect(third == Double(world.rank))
    #expect(sum[3] == Double(world.size * (world.size - 1) / 2))
    #expect(sum[0] == 0.5 * Double(world.size))
    if world.rank == 0 { field[9] = 7 }
    try world.broadcast(field.mutableSpan, from: 0)
    let last = field[9]
    #expect(last == 7)
  }

  @Test("None, and types with a large alignment") func alignment() throws {
    let none = try AllocatedArray(repeating: 1, count: 0)
    let size = none.count
    #expect(size == 0)
    var wide = try AllocatedArray(repeating: SIMD8<Double>(repeating: 2), count: 3)
    try world.allReduce(&wide, .sum)
    let result = wide[2]
    #expect(result == SIMD8(repeating: 2 * Double(world.size)))
  }

  @Test("More than there is") func tooMuch() {
    expectError(.noMemory, by: "MPI_Alloc_mem") {
      _ = try AllocatedArray(repeating: 0, count: Int.max / 4)
    }
  }
}

@Suite("Sessions and failures, where the library has them") struct FeatureTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  @Test("What is absent says so") func absent() throws {
    if !MPI.supports(.sessions) {
      expectError(.unsupportedOperation, by: "MPI_Session_init") { _ = try Session() }
      expectError(.unsupportedOperation, by: "MPI_Comm_create_from_group") {
        _ = try Communicator(world.group, tag: "test")
      }
    }
    if !MPI.supports(.faultTolerance) {
      expectError(.unsupportedOperation, by: "MPIX_Comm_revoke") { try world.revoke() }
      expectError(.unsupportedOperation, by: "MPIX_Comm_shrink") { _ = try world.shrunk() }
      expectError(.unsupportedOperation, by: "MPIX_Comm_agree") { _ = try world.agree(1) }
      expectError(.unsupportedOperation) { try world.acknowledgeFailures() }
      expectError(.unsupportedOperation) { _ = try world.failedGroup }
      expectError(.unsupportedOperation) { _ = try world.isRevoked }
    }
    // Whatever the library has, the world still works.
    #expect(try world.allReduce(1, .sum) == world.size)
  }

  @Test(
    "A session beside the world (MPI 4.0 §11.3)", .enabled(if: MPI.supports(.sessions)),
    .enabled("Open MPI 5 needs a launcher for this") { Job.makesCommunicatorsOfGroups })
  func session() throws {
    let session = try Session()
    let sets = try session.processSets
    #expect(sets.contains("mpi://WORLD") && sets.contains("mpi://SELF"))
    let sizeOfWorld = try session.info(of: "mpi://WORLD")["mpi_size"]
    #expect(sizeOfWorld == "\(Communicator.world.size)")
    let sum: Int
    do {
      let group = try session.group(of: "mpi://WORLD")
      #expect(group.size == Communicator.world.size)
      let communicator = try Communicator(group, tag: "org.pcompute.test")
      #expect(communicator.rank == Communicator.world.rank)
      sum = try communicator.allReduce(communicator.rank, .sum)
      let alone = try Communicator(session.group(of: "mpi://SELF"), tag: "org.pcompute.self")
      #expect(alone.size == 1)
    }
    #expect(sum == Communicator.world.size * (Communicator.world.size - 1) / 2)
    #expect((try? session.group(of: "mpi://nothing of the kind")) == nil)
    try session.finalize()
    #expect(try world.allReduce(1, .sum) == world.size)
  }
}
