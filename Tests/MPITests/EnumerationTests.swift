import MPI
import Testing

private enum Kind: UInt8, Datatype, CaseIterable {
  case solid = 3
  case liquid = 7
  case gas = 200
}

private enum Side { case left, right }

private enum Alone { case only }

/// What the language lets stand in a structure without a pointer.
private struct Specimen: Datatype, Equatable {
  var kind: Kind
  var side: Side
  var alone: Alone
  var count: Int?
  var isKnown: Bool?
  var next: Side?
  var place: (Int32, y: Double)
  var maybePlace: Double?

  static func == (left: Specimen, right: Specimen) -> Bool {
    left.kind == right.kind && left.side == right.side && left.alone == right.alone
      && left.count == right.count && left.isKnown == right.isKnown && left.next == right.next
      && left.place == right.place && left.maybePlace == right.maybePlace
  }
}

/// As ``Kind`` lies in memory: a byte, of which anything may be sent.
private struct Byte: Datatype { var value: UInt8 }

private struct Option: Datatype {
  var value: Int64?
}

/// As ``Option`` lies in memory.
private struct OptionBytes: Datatype {
  var value: Int64
  var tag: UInt8
}

@Suite("Enumerations, optionals and tuples as messages and in structures")
struct EnumerationTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  private func specimen(_ rank: Int) -> Specimen {
    Specimen(
      kind: Kind.allCases[rank % 3], side: rank % 2 == 0 ? .left : .right, alone: .only,
      count: rank % 2 == 0 ? nil : rank, isKnown: [true, false, nil][rank % 3],
      next: [.right, nil, .left][rank % 3], place: (Int32(rank), 0.5),
      maybePlace: rank == 0 ? 1.5 : nil)
  }

  @Test("Each rank's values arrive on its right")
  func shift() throws {
    let kind = try world.sendReceive(
      Kind.allCases[world.rank % 3], to: world.right, from: world.left)
    #expect(kind == Kind.allCases[world.left % 3])
    let received = try world.sendReceive(specimen(world.rank), to: world.right, from: world.left)
    #expect(received == specimen(world.left))
  }

  @Test("All values of all ranks, by a collective")
  func gathered() throws {
    #expect(try world.allGather(specimen(world.rank)) == (0..<world.size).map(specimen))
  }

  @Test(
    "Bits that are no case are an error, in each way to receive", arguments: [3, 4, 255] as [UInt8])
  func invalid(bits: UInt8) throws {
    let sent = [Byte(value: 1), Byte(value: bits)]
    var kinds = [Kind](repeating: .gas, count: 2)
    expectError(.conversion) {
      try world.sendReceive(sent, to: world.right, into: &kinds, from: world.left)
    }
    #expect(kinds.allSatisfy { Kind.allCases.contains($0) })

    let first = try world.immediate.send(sent, to: world.right)
    expectError(.conversion) { try world.receive(into: &kinds, from: world.left) }
    try first.wait()
    let second = try world.immediate.send(sent, to: world.right)
    expectError(.conversion) { _ = try world.receive(Kind.self, from: world.left) }
    try second.wait()
    let third = try world.immediate.send(sent, to: world.right)
    let receiving = try world.immediate.receive(into: &kinds, from: world.left)
    var thrown: (any Error)?
    do { try receiving.wait() } catch { thrown = error }
    try third.wait()
    #expect(thrown?.code == .conversion)
    #expect("\(thrown.map { "\($0)" } ?? "")".contains("no value of Kind: \(bits)"))
  }

  @Test("The byte that says whether an optional has a value is 0 or 1")
  func invalidOptional() throws {
    var options = [Option(value: 1)]
    try world.sendReceive(
      [OptionBytes(value: 7, tag: 0)], to: world.right, into: &options, from: world.left)
    #expect(options[0].value == 7)
    try world.sendReceive(
      [OptionBytes(value: 7, tag: 1)], to: world.right, into: &options, from: world.left)
    #expect(options[0].value == nil)
    expectError(.conversion) {
      try world.sendReceive(
        [OptionBytes(value: 7, tag: 2)], to: world.right, into: &options, from: world.left)
    }
  }
}
