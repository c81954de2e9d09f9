import MPI

// A persistent operation lends its storage only while it is not under way.

func often(world: Communicator) throws -> Int {
  var receiving = try world.persistent.receive(Int.self, count: 2, from: 0)
  var sending = try world.persistent.send([1, 2].span, to: 1)
  var sum = 0
  for step in 0..<3 {
    sending[0] = step
    let arriving = try receiving.start()
    let leaving = try sending.start()
    try leaving.wait()
    try arriving.wait()
    sum += receiving[0] + receiving.span[1]
  }
  return sum
}

func reads(world: Communicator) throws {
  var receiving = try world.persistent.receive(Int.self, count: 2, from: 0)
  // expected-error@+1 {{overlapping accesses to 'receiving'}}
  let arriving = try receiving.start()
  // expected-note@+1 {{conflicting access}}
  print(receiving[0])
  try arriving.wait()
}

func writes(world: Communicator) throws {
  var sending = try world.persistent.send([1, 2].span, to: 1)
  // expected-error@+1 {{overlapping accesses to 'sending'}}
  let leaving = try sending.start()
  // expected-note@+1 {{conflicting access}}
  sending[0] = 3
  try leaving.wait()
}

func startsTwice(world: Communicator) throws {
  var sending = try world.persistent.send([1, 2].span, to: 1)
  // expected-error@+1 {{overlapping accesses to 'sending'}}
  let first = try sending.start()
  // expected-note@+1 {{conflicting access}}
  let second = try sending.start()
  try first.wait()
  try second.wait()
}

func waitsTwice(world: Communicator) throws {
  var sending = try world.persistent.send([1, 2].span, to: 1)
  // expected-error@+1 {{'leaving' consumed more than once}}
  let leaving = try sending.start()
  // expected-note@+1 {{consumed here}}
  try leaving.wait()
  // expected-note@+1 {{consumed again here}}
  try leaving.wait()
}

func outlives(world: Communicator) throws {
  // expected-error@+1 {{lifetime-dependent variable 'leaving' escapes its scope}}
  let leaving: Request
  do {
    var sending = try world.persistent.send([1, 2].span, to: 1)
    // expected-note@+1 {{it depends on this scoped access to variable 'sending'}}
    leaving = try sending.start()
  }
  // expected-note@+1 {{this use of the lifetime-dependent value is out of scope}}
  try leaving.wait()
}

func spanAcrossAStart(world: Communicator) throws {
  var receiving = try world.persistent.receive(Int.self, count: 2, from: 0)
  // expected-note@+1 {{conflicting access}}
  let elements = receiving.span
  // expected-error@+1 {{overlapping accesses to 'receiving'}}
  let arriving = try receiving.start()
  try arriving.wait()
  print(elements[0])
}

func copies(world: Communicator) throws {
  // expected-error@+1 {{'sending' used after consume}}
  let sending = try world.persistent.send([1, 2].span, to: 1)
  // expected-note@+1 {{consumed here}}
  let same = sending
  // expected-note@+1 {{used here}}
  print(sending[0], same[0])
}

func exchange(world: Communicator) throws {
  var halo = world.persistent.exchange()
  let west = try halo.receive(Int.self, count: 1, from: 0)
  // expected-error@+1 {{overlapping accesses to 'halo'}}
  let active = try halo.start()
  // expected-note@+1 {{conflicting access}}
  print(halo[west, 0])
  try active.wait()
}

func addsWhileActive(world: Communicator) throws {
  var halo = world.persistent.exchange()
  // expected-error@+1 {{overlapping accesses to 'halo'}}
  let active = try halo.start()
  // expected-note@+1 {{conflicting access}}
  _ = try halo.send(Int.self, count: 1, to: 1)
  try active.wait()
}

func startsOneOfAll(world: Communicator) throws {
  var halo = world.persistent.exchange()
  let west = try halo.receive(Int.self, count: 1, from: 0)
  // expected-error@+1 {{overlapping accesses to 'halo'}}
  let active = try halo.start()
  // expected-note@+1 {{conflicting access}}
  try halo.start(west)
  try active.wait()
}

func collective(world: Communicator) throws {
  var sum = try world.persistent.allReduce(Double.self, count: 1, .sum)
  sum[0] = 1
  // expected-error@+1 {{overlapping accesses to 'sum'}}
  let active = try sum.start()
  // expected-note@+1 {{conflicting access}}
  print(sum.result[0])
  try active.wait()
}

func partitioned(world: Communicator) throws {
  var sending = try world.persistent.send(Int.self, partitions: 2, of: 3, to: 1)
  // expected-error@+1 {{overlapping accesses to 'sending'}}
  let active = try sending.start()
  try active.ready(0)
  // expected-note@+1 {{conflicting access}}
  var elements = sending.mutableSpan
  elements[3] = 1
  try active.ready(1)
  try active.wait()
}

func addedAndWaitedFor(world: Communicator) throws {
  let edge = [1, 2]
  var exchange = world.exchange()
  // expected-error@+1 {{'sending' consumed more than once}}
  let sending = try world.immediate.send(edge.span, to: 1)
  // expected-note@+1 {{consumed here}}
  exchange.add(sending)
  // expected-note@+1 {{consumed again here}}
  try sending.wait()
  try exchange.wait()
}

func addedOutlives(world: Communicator) throws {
  var ghost = [0, 0]
  var exchange = world.exchange()
  // expected-error@+1 {{overlapping accesses to 'ghost'}}
  exchange.add(try world.immediate.receive(into: ghost.mutableSpan, from: 1))
  // expected-note@+1 {{conflicting access}}
  print(ghost[0])
  try exchange.wait()
}
