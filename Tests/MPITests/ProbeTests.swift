import MPI
import Testing

@Suite("Probe and matched probe (MPI 3.1 §3.8)") struct ProbeTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  static let counts = [0, 1, 500, 20_000]

  @Test("A probe tells what a receive will get", arguments: counts) func probe(count: Int) throws {
    let mine = values(of: world.rank, count)
    let sending = try world.immediate.send(mine.span, to: world.right, tag: 3)
    let known = try world.probe(from: world.left, tag: 3)
    let any = try world.probe(from: .any, tag: .any)
    var received = [Int](repeating: -1, count: known.count(of: Int.self))
    let status = try world.receive(into: received.mutableSpan, from: world.left, tag: 3)
    try sending.wait()
    for found in [known, any, status] {
      #expect(found.source == world.left)
      #expect(found.tag == 3)
      #expect(found.count(of: Int.self) == count)
      #expect(found.byteCount == 8 * count)
      #expect(!found.isCancelled)
    }
    #expect(received == values(of: world.left, count))
    #expect(known.description == "\(8 * count) bytes from rank \(world.left), tag 3")
  }

  @Test("A probe that does not wait") func immediate() throws {
    #expect(try world.immediate.probe(from: .any, tag: .any) == nil)
    #expect(try world.immediate.probe(from: world.left) == nil)
    try world.barrier()
    let mine = [world.rank]
    let sending = try world.immediate.send(mine.span, to: world.right, tag: 2)
    var found = try world.immediate.probe(from: world.left, tag: 2)
    while found == nil { found = try world.immediate.probe(from: world.left, tag: 2) }
    let other = try world.immediate.probe(from: .any, tag: 1)
    let received = try world.receive(Int.self, from: .any, tag: 2)
    try sending.wait()
    #expect(found?.source == world.left)
    #expect(other == nil)
    #expect(received == [world.left])
  }

  @Test("A message that is matched is received by its value only", arguments: counts)
  func matched(count: Int) throws {
    let mine = values(of: world.rank, count)
    let next = [-7]
    let first = try world.immediate.send(mine.span, to: world.right)
    let second = try world.immediate.send(next.span, to: world.right)
    let message = try world.matchedProbe(from: world.left)
    let later = try world.receive(Int.self, from: world.left)
    let status = message.status
    let received = try message.receive(Int.self)
    try first.wait()
    try second.wait()
    #expect(later == [-7])
    #expect(status.count(of: Int.self) == count)
    #expect(received == values(of: world.left, count))
  }

  @Test("A matched message into storage", arguments: counts) func into(count: Int) throws {
    let mine = values(of: world.rank, count)
    let sending = try world.immediate.send(mine.span, to: world.right, tag: 4)
    var room = [Int](repeating: -1, count: count + 2)
    let message = try world.matchedProbe(from: .any, tag: .any)
    let status = try message.receive(into: room.mutableSpan)
    try sending.wait()
    #expect(status.source == world.left)
    #expect(status.tag == 4)
    #expect(room == values(of: world.left, count) + [-1, -1])
  }

  @Test("A matched message that is dropped is gone", arguments: counts)
  func dropped(count: Int) throws {
    let mine = values(of: world.rank, count)
    let next = [world.rank]
    let first = try world.immediate.send(mine.span, to: world.right)
    do {
      let message = try world.matchedProbe(from: world.left)
      #expect(message.status.count(of: Int.self) == count)
    }
    // A synchronous send would not end if the message had stayed.
    try first.wait()
    let second = try world.immediate.send(next.span, to: world.right, mode: .synchronous)
    let received = try world.receive(Int.self, from: world.left)
    try second.wait()
    #expect(received == [world.left])
    #expect(try world.immediate.probe(from: .any, tag: .any) == nil)
  }

  @Test("A matched probe that does not wait") func immediateMatched() throws {
    if let message = try world.immediate.matchedProbe(from: .any, tag: .any) {
      Issue.record("a message that no one has sent: \(message.status)")
    }
    try world.barrier()
    let mine = values(of: world.rank, 9)
    let sending = try world.immediate.send(mine.span, to: world.right)
    var received: [Int]?
    while received == nil {
      if let message = try world.immediate.matchedProbe(from: world.left) {
        received = try message.receive(Int.self)
      }
    }
    try sending.wait()
    #expect(received == values(of: world.left, 9))
  }

  /// §3.11: a probe for no process returns at once, with an empty message.
  @Test("No process") func noProcess() throws {
    let status = try world.probe(from: nil as Int?)
    #expect(status.source == nil)
    #expect(status.count(of: Double.self) == 0)
    #expect(status.description.contains("no process"))
    #expect(try world.immediate.probe(from: nil as Int?)?.source == .some(nil))
    let message = try world.matchedProbe(from: nil as Int?)
    #expect(message.status.source == nil)
    #expect(try message.receive(Int.self) == [])
    if let message = try world.immediate.matchedProbe(from: nil as Int?) {
      #expect(try message.receive(Int.self) == [])
    } else {
      Issue.record("a probe for no process found nothing")
    }
    _ = try world.matchedProbe(from: nil as Int?)
  }
}
