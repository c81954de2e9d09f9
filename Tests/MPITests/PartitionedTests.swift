import Foundation
import MPI
import Testing

@Suite("Partitioned messages (MPI 4.0 §4)") struct PartitionedTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  @Test(
    "Reported where they are absent",
    .enabled(if: !MPI.supports(.partitionedMessages), "this library has them"))
  func absent() throws {
    expectError(.unsupportedOperation, by: "MPI_Psend_init") {
      _ = try world.persistent.send(Int.self, partitions: 2, of: 3, to: 0)
    }
    expectError(.unsupportedOperation, by: "MPI_Precv_init") {
      _ = try world.persistent.receive(Int.self, partitions: 2, of: 3, from: 0)
    }
  }
}

@Suite(
  "Partitioned messages between ranks (MPI 4.0 §4)",
  .enabled(if: MPI.supports(.partitionedMessages), "needs MPI 4.0"))
struct PartitionedMessageTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  /// How parts are said to be ready.
  enum Way: CaseIterable { case one, range, list, fill }

  @Test("Parts that become ready in any order", arguments: Way.allCases) func ready(way: Way) throws
  {
    var sending = try world.persistent.send(Int.self, partitions: 6, of: 10, to: world.right)
    var receiving = try world.persistent.receive(Int.self, partitions: 6, of: 10, from: world.left)
    var received: [[Int]] = []
    for round in 0..<3 {
      fill(sending.mutableSpan, round)
      let arriving = try receiving.start()
      let leaving = try sending.start()
      switch way {
      case .one: for part in [3, 0, 5, 1, 2, 4] { try leaving.ready(part) }
      case .range:
        try leaving.ready(2..<6)
        try leaving.ready(0..<2)
      case .list:
        try leaving.ready([5, 1, 3])
        try leaving.ready([])
        try leaving.ready([0, 2, 4])
      case .fill:
        for part in (0..<6).reversed() {
          try leaving.fill(part) { elements in
            for index in 0..<10 { elements[index] = value(world.rank, part * 10 + index) + round }
          }
        }
      }
      try leaving.wait()
      try arriving.wait()
      received.append((0..<60).map { receiving.span[$0] })
    }
    for round in 0..<3 {
      #expect(received[round] == (0..<60).map { value(world.left, $0) + round })
    }
  }

  private func fill(_ elements: consuming MutableSpan<Int>, _ round: Int) {
    for index in 0..<elements.count { elements[index] = value(world.rank, index) + round }
  }

  @Test("Parts are read as they arrive, in other numbers than they were sent") func arrived() throws
  {
    var sending = try world.persistent.send(Int.self, partitions: 4, of: 6, to: world.right, tag: 2)
    var receiving = try world.persistent.receive(
      Int.self, partitions: 2, of: 12, from: world.left, tag: 2)
    fill(sending.mutableSpan, 0)
    let arriving = try receiving.start()
    let leaving = try sending.start()
    let before = try arriving.hasArrived(1)
    try world.barrier()
    try leaving.ready(0..<4)
    var parts: [[Int]] = []
    for part in 0..<2 {
      while try !arriving.hasArrived(part) {}
      parts.append(arriving.withPartition(part) { part in part.indices.map { part[$0] } })
    }
    try leaving.wait()
    let status = try arriving.wait()
    #expect(!before)
    #expect(parts == (0..<2).map { part in (0..<12).map { value(world.left, part * 12 + $0) } })
    #expect(status.source == world.left)
  }

  @Test("Threads fill the parts") func threads() throws {
    var sending = try world.persistent.send(Double.self, partitions: 8, of: 100, to: world.right)
    var receiving = try world.persistent.receive(
      Double.self, partitions: 8, of: 100, from: world.left)
    let rank = world.rank
    let arriving = try receiving.start()
    let leaving = try sending.start()
    DispatchQueue.concurrentPerform(iterations: 8) { part in
      do {
        try leaving.fill(part) { elements in
          for index in 0..<100 { elements[index] = Double(value(rank, part * 100 + index)) }
        }
      } catch {
        Issue.record("\(error)")
      }
    }
    try leaving.wait()
    try arriving.wait()
    let received = (0..<800).map { receiving.span[$0] }
    #expect(received == (0..<800).map { Double(value(world.left, $0)) })
  }

  @Test("Bits that are no Bool") func bools() throws {
    var sending = try world.persistent.send(UInt8.self, partitions: 2, of: 3, to: world.right)
    var receiving = try world.persistent.receive(Bool.self, partitions: 2, of: 3, from: world.left)
    let arriving = try receiving.start()
    let leaving = try sending.start()
    for part in 0..<2 { try leaving.fill(part) { $0[part] = 200 } }
    while try !arriving.hasArrived(1) {}
    let early = arriving.withPartition(1) { $0[1] }
    try leaving.wait()
    try arriving.wait()
    let bits = (0..<6).map { unsafe unsafeBitCast(receiving.span[$0], to: UInt8.self) }
    #expect(unsafe unsafeBitCast(early, to: UInt8.self) == 1)
    #expect(bits == [1, 0, 0, 0, 1, 0])
  }

  @Test("A rank outside the communicator") func invalidRank() throws {
    expectError(.invalidRank, by: "MPI_Psend_init") {
      _ = try world.persistent.send(Int.self, partitions: 1, of: 1, to: world.size)
    }
    expectError(.invalidRank, by: "MPI_Precv_init") {
      _ = try world.persistent.receive(Int.self, partitions: 1, of: 1, from: -1)
    }
  }
}
