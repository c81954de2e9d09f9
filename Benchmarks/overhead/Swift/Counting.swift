import MPI

// Each in a function of its own, which callgrind tells apart by its name. What is sent here is
// received in the next function, so that no call ever waits for a message.

private let batch = 16

/// Storage that is not shared, as C's is. An `Array` makes sure at each `mutableSpan` that it is
/// not: some twenty instructions of the standard library's, which `count_receiveArray` shows.
private typealias Inbox = InlineArray<8, Double>

@inline(never)
private func count_send(
  _ world: Communicator, _ elements: [Double], _ peer: Int
) throws {
  for _ in 0..<batch { try world.send(elements.span, to: peer) }
}

@inline(never)
private func count_receive(
  _ world: Communicator, _ elements: inout Inbox, _ peer: Int
) throws {
  for _ in 0..<batch { try world.receive(into: elements.mutableSpan, from: peer) }
}

@inline(never)
private func count_receiveArray(
  _ world: Communicator, _ elements: inout [Double], _ peer: Int
) throws {
  for _ in 0..<batch { try world.receive(into: elements.mutableSpan, from: peer) }
}

@inline(never)
private func count_immediateSend(
  _ world: Communicator, _ elements: [Double], _ peer: Int
) throws {
  for _ in 0..<batch {
    let sending = try world.immediate.send(elements.span, to: peer)
    try sending.wait()
  }
}

@inline(never)
private func count_immediateReceive(
  _ world: Communicator, _ elements: inout Inbox, _ peer: Int
) throws {
  for _ in 0..<batch {
    let receiving = try world.immediate.receive(into: elements.mutableSpan, from: peer)
    try receiving.wait()
  }
}

@inline(never)
private func count_exchange(
  _ world: Communicator, _ outbox: [Double], _ inbox: inout Inbox, _ peer: Int
) throws {
  for _ in 0..<batch {
    var exchange = world.exchange()
    try exchange.receive(into: inbox.mutableSpan, from: peer)
    try exchange.send(outbox.span, to: peer)
    try exchange.wait()
  }
}

@inline(never)
private func count_persistent(
  _ receiving: inout PersistentOperation<Double>, _ sending: inout PersistentOperation<Double>
) throws {
  for _ in 0..<batch {
    let arriving = try receiving.start()
    let leaving = try sending.start()
    try leaving.wait()
    try arriving.wait()
  }
}

@inline(never)
private func count_persistentExchange(_ halo: inout PersistentExchange) throws {
  for _ in 0..<batch {
    let active = try halo.start()
    try active.wait()
  }
}

@inline(never)
private func count_sendReceive(
  _ world: Communicator, _ outbox: [Double], _ inbox: inout Inbox, _ peer: Int
) throws {
  for _ in 0..<batch {
    try world.sendReceive(outbox.span, to: peer, into: inbox.mutableSpan, from: peer)
  }
}

@inline(never)
private func count_allReduce(
  _ world: Communicator, _ elements: [Double], _ result: inout Inbox
) throws {
  for _ in 0..<batch { try world.allReduce(elements.span, into: result.mutableSpan, .sum) }
}

@inline(never)
private func count_allReduceValue(
  _ world: Communicator, _ value: Double
) throws -> Double {
  var value = value
  for _ in 0..<batch { value = try world.allReduce(value, .sum) }
  return value
}

@inline(never)
private func count_put(
  _ ranks: LockedTargets<Double>, _ elements: [Double], _ target: Int
) throws {
  for _ in 0..<batch { try ranks[target].put(elements.span) }
}

@inline(never)
private func count_get(
  _ ranks: LockedTargets<Double>, _ elements: inout Inbox, _ target: Int
) throws {
  for _ in 0..<batch { try ranks[target].get(into: elements.mutableSpan) }
}

@inline(never)
private func count_fetchAndReduce(
  _ ranks: LockedTargets<Double>, _ value: Double, _ target: Int
) throws -> Double {
  var sum = 0.0
  for _ in 0..<batch { sum += try ranks[target].fetchAndReduce(value, .sum, at: 0) }
  return sum
}

func count(_ batches: Int, _ world: Communicator) throws {
  let window = try Window<Double>(count: 8, on: world)
  try window.withLockAll { ranks in try count(batches, world, ranks) }
  try window.close()
}

private func count(
  _ batches: Int, _ world: Communicator, _ ranks: LockedTargets<Double>
) throws {
  let outbox = [Double](repeating: 0, count: 8)
  var array = [Double](repeating: 0, count: 8)
  var inbox = Inbox(repeating: 0)
  var value = 1.0
  var receiving = try world.persistent.receive(Double.self, count: 8, from: 0)
  var sending = try world.persistent.send(Double.self, count: 8, to: 0)
  var halo = world.persistent.exchange()
  _ = try halo.receive(Double.self, count: 8, from: 0)
  _ = try halo.send(Double.self, count: 8, to: 0)
  for _ in 0..<batches {
    try count_persistent(&receiving, &sending)
    try count_persistentExchange(&halo)
    try count_send(world, outbox, 0)
    try count_receive(world, &inbox, 0)
    try count_send(world, outbox, 0)
    try count_receiveArray(world, &array, 0)
    try count_immediateSend(world, outbox, 0)
    try count_immediateReceive(world, &inbox, 0)
    try count_exchange(world, outbox, &inbox, 0)
    try count_sendReceive(world, outbox, &inbox, 0)
    try count_allReduce(world, outbox, &inbox)
    value = try count_allReduceValue(world, value)
    try count_put(ranks, outbox, 0)
    try count_get(ranks, &inbox, 0)
    value += try count_fetchAndReduce(ranks, 1, 0)
  }
  print("\(batches) batches, \(value + inbox[0] + array[0])")
}
