import MPI

// Who types the name in C is told the name here.

func newNames(world: Communicator) throws {
  var x = [1]
  try world.broadcast(x.mutableSpan, from: 0)
  try world.receive(into: x.mutableSpan, from: 0)
}

func oldNames(world: Communicator) throws {
  let x = [1]
  // expected-error@+1 {{'bcast(_:root:)' has been renamed to 'broadcast(_:from:)'}}
  world.bcast(x, root: 0)
  // expected-error@+1 {{'recv(_:from:tag:)' has been renamed to 'receive(into:from:tag:)'}}
  world.recv(x.span, from: 0)
  // expected-error@+1 {{'isend(_:to:tag:)' has been replaced by 'immediate.send(_:to:tag:)'}}
  world.isend(x.span, to: 0)
  // expected-error@+1 {{has been replaced by 'immediate.receive(into:from:tag:)'}}
  world.irecv(x.span, from: 0)
  // expected-error@+1 {{'ssend(_:to:tag:)' is unavailable: use send(_:to:tag:mode: .synchronous)}}
  world.ssend(x.span, to: 0)
  // expected-error@+1 {{'allgather' has been renamed to 'allGather(_:)'}}
  world.allgather(x)
  // expected-error@+1 {{'alltoallv' has been renamed to 'allToAll(_:sending:)'}}
  world.alltoallv(x)
  // expected-error@+1 {{'dup()' has been renamed to 'duplicated()'}}
  world.dup()
}
