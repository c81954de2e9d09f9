import Foundation
import MPI

private func pingPong(
  _ world: Communicator, _ buffer: inout [UInt8], _ peer: Int, _ repetitions: Int
) throws {
  for _ in 0..<repetitions {
    if world.rank == 0 {
      try world.send(buffer.span, to: peer)
      try world.receive(into: buffer.mutableSpan, from: peer)
    } else {
      try world.receive(into: buffer.mutableSpan, from: peer)
      try world.send(buffer.span, to: peer)
    }
  }
}

private func allReduce(
  _ world: Communicator, _ elements: [Double], _ result: inout [Double], _ repetitions: Int
) throws {
  for _ in 0..<repetitions {
    try world.allReduce(elements.span, into: result.mutableSpan, .sum)
  }
}

private func immediate(
  _ world: Communicator, _ outbox: [UInt8], _ inbox: inout [UInt8], _ peer: Int,
  _ repetitions: Int
) throws {
  for _ in 0..<repetitions {
    let receiving = try world.immediate.receive(into: inbox.mutableSpan, from: peer)
    let sending = try world.immediate.send(outbox.span, to: peer)
    try sending.wait()
    try receiving.wait()
  }
}

private func exchange(
  _ world: Communicator, _ outbox: [UInt8], _ inbox: inout [UInt8], _ peer: Int,
  _ repetitions: Int
) throws {
  for _ in 0..<repetitions {
    var exchange = world.exchange()
    try exchange.receive(into: inbox.mutableSpan, from: peer)
    try exchange.send(outbox.span, to: peer)
    try exchange.wait()
  }
}

private func persistent(
  _ receiving: inout PersistentOperation<UInt8>, _ sending: inout PersistentOperation<UInt8>,
  _ repetitions: Int
) throws {
  for _ in 0..<repetitions {
    let arriving = try receiving.start()
    let leaving = try sending.start()
    try leaving.wait()
    try arriving.wait()
  }
}

// The target of one-sided calls does nothing meanwhile.
private func put(
  _ ranks: LockedTargets<UInt8>, _ elements: [UInt8], _ target: Int, _ repetitions: Int
) throws {
  for _ in 0..<repetitions { try ranks[target].put(elements.span) }
}

// Storage that is not shared, as C's is; an `Array` makes sure of that at each `mutableSpan`, which takes some twenty
// instructions, and shows where the call itself takes three hundred.
private func get(
  _ ranks: LockedTargets<UInt8>, _ elements: UnsafeMutableBufferPointer<UInt8>, _ target: Int,
  _ repetitions: Int
) throws {
  for _ in 0..<repetitions { try unsafe ranks[target].get(into: elements.mutableSpan) }
}

private func getIntoArray(
  _ ranks: LockedTargets<UInt8>, _ elements: inout [UInt8], _ target: Int, _ repetitions: Int
) throws {
  for _ in 0..<repetitions { try ranks[target].get(into: elements.mutableSpan) }
}

private func sendReceive(
  _ world: Communicator, _ outbox: [UInt8], _ inbox: inout [UInt8], _ peer: Int,
  _ repetitions: Int
) throws {
  for _ in 0..<repetitions {
    try world.sendReceive(outbox.span, to: peer, into: inbox.mutableSpan, from: peer)
  }
}

/// How the kinds begin that are timed.
private nonisolated(unsafe) var wanted = ""

/// Times what `body` does, per repetition: once to warm up, then 20 times. Prints a line: kind,
/// bytes, least and median nanoseconds of an operation.
private func time(
  _ kind: String, _ bytes: Int, _ world: Communicator,
  _ body: (_ repetitions: Int) throws -> Void
) throws {
  guard unsafe kind.hasPrefix(wanted) else { return }
  let repetitions = max(4, min(1000, (1 << 23) / bytes))
  let clock = WallClock()
  var samples: [Double] = []
  for sample in -1..<20 {
    try world.barrier()
    let start = clock.now
    try body(repetitions)
    let end = clock.now
    if sample >= 0 { samples.append((end - start) / .seconds(1) / Double(repetitions)) }
  }
  guard world.rank == 0 else { return }
  samples.sort()
  let least = String(format: "%.2f", samples[0] * 1e9)
  let median = String(format: "%.2f", samples[samples.count / 2] * 1e9)
  print(kind, bytes, least, median)
}

func timeAll(_ world: Communicator, of kind: String) throws {
  unsafe wanted = kind
  let sizes = [1, 8, 64, 512, 4096, 32768, 262_144, 1_048_576, 4_194_304]
  let peer = world.size == 1 ? 0 : 1 - world.rank
  for bytes in sizes where world.size == 2 || bytes <= 512 {
    var outbox = [UInt8](repeating: 0, count: bytes)
    var inbox = [UInt8](repeating: 0, count: bytes)
    if world.size == 2 {
      try time("pingPong", bytes, world) { (repetitions) throws in
        try pingPong(world, &outbox, peer, repetitions)
      }
    } else {
      try time("sendReceive", bytes, world) { (repetitions) throws in
        try sendReceive(world, outbox, &inbox, peer, repetitions)
      }
    }
    try time("immediate", bytes, world) { (repetitions) throws in
      try immediate(world, outbox, &inbox, peer, repetitions)
    }
    try time("exchange", bytes, world) { (repetitions) throws in
      try exchange(world, outbox, &inbox, peer, repetitions)
    }
    var receiving = try world.persistent.receive(UInt8.self, count: bytes, from: peer)
    var sending = try world.persistent.send(UInt8.self, count: bytes, to: peer)
    try time("persistent", bytes, world) { (repetitions) throws in
      try persistent(&receiving, &sending, repetitions)
    }
    let storage = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes)
    unsafe storage.initialize(repeating: 0)
    defer { unsafe storage.deallocate() }
    let window = try Window<UInt8>(count: bytes, on: world)
    try window.withLockAll { ranks in
      try time("put", bytes, world) { (repetitions) throws in
        if world.rank == 0 { try put(ranks, outbox, peer, repetitions) }
      }
      try time("get", bytes, world) { (repetitions) throws in
        if world.rank == 0 { try unsafe get(ranks, storage, peer, repetitions) }
      }
      try time("getIntoArray", bytes, world) { (repetitions) throws in
        if world.rank == 0 { try getIntoArray(ranks, &inbox, peer, repetitions) }
      }
    }
    try window.close()
    guard (8...1_048_576).contains(bytes) else { continue }
    let elements = [Double](repeating: 0, count: bytes / 8)
    var result = [Double](repeating: 0, count: bytes / 8)
    try time("allReduce", bytes, world) { (repetitions) throws in
      try allReduce(world, elements, &result, repetitions)
    }
  }
}
