import MPI

// A buffer that is being received into belongs to the library until the wait.

func afterTheWait(world: Communicator) throws -> Int {
  var ghost = [0, 0]
  var other = [1]
  let receiving = try world.immediate.receive(into: ghost.mutableSpan, from: 0)
  other[0] += 1
  try receiving.wait()
  ghost[0] += other[0]
  return ghost[0]
}

func reads(world: Communicator) throws {
  var ghost = [0, 0]
  // expected-error@+1 {{overlapping accesses to 'ghost'}}
  let receiving = try world.immediate.receive(into: ghost.mutableSpan, from: 0)
  // expected-note@+1 {{conflicting access}}
  print(ghost[0])
  try receiving.wait()
}

func writes(world: Communicator) throws {
  var ghost = [0, 0]
  // expected-error@+1 {{overlapping accesses to 'ghost'}}
  let receiving = try world.immediate.receive(into: ghost.mutableSpan, from: .any)
  // expected-note@+1 {{conflicting access}}
  ghost[0] = 1
  try receiving.wait()
}

func receivesTwice(world: Communicator) throws {
  var ghost = [0, 0]
  // expected-error@+1 {{overlapping accesses to 'ghost'}}
  let first = try world.immediate.receive(into: ghost.mutableSpan, from: 0)
  // expected-note@+1 {{conflicting access}}
  let second = try world.immediate.receive(into: ghost.mutableSpan, from: 1)
  try first.wait()
  try second.wait()
}

func sendsWhatIsReceived(world: Communicator) throws {
  var ghost = [0, 0]
  // expected-error@+1 {{overlapping accesses to 'ghost'}}
  let receiving = try world.immediate.receive(into: ghost.mutableSpan, from: 0)
  // expected-note@+1 {{conflicting access}}
  try world.send(ghost.span, to: 1)
  try receiving.wait()
}
