import MPI

// A buffer that is being sent may be read until the wait, but not changed.

func readsWhatIsSent(world: Communicator) throws -> Int {
  var edge = [1, 2]
  let sending = try world.immediate.send(edge.span, to: 1)
  let sum = edge[0] + edge[1]
  try sending.wait()
  edge[0] = 3
  return sum + edge[0]
}

func sendsTwice(world: Communicator) throws {
  let edge = [1, 2]
  let first = try world.immediate.send(edge.span, to: 1)
  let second = try world.immediate.send(edge.span, to: 2)
  try first.wait()
  try second.wait()
}

func writes(world: Communicator) throws {
  var edge = [1, 2]
  // expected-note@+1 {{conflicting access}}
  let sending = try world.immediate.send(edge.span, to: 1)
  // expected-error@+1 {{overlapping accesses to 'edge'}}
  edge[0] = 3
  try sending.wait()
}

func grows(world: Communicator) throws {
  var edge = [1, 2]
  // expected-note@+1 {{conflicting access}}
  let sending = try world.immediate.send(edge.span, to: 1)
  // expected-error@+1 {{overlapping accesses to 'edge'}}
  edge.append(3)
  try sending.wait()
}

func receivesIntoWhatIsSent(world: Communicator) throws {
  var edge = [1, 2]
  // expected-note@+1 {{conflicting access}}
  let sending = try world.immediate.send(edge.span, to: 1)
  // expected-error@+1 {{overlapping accesses to 'edge'}}
  try world.receive(into: edge.mutableSpan, from: 1)
  try sending.wait()
}
