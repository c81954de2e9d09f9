import MPI

// Who types the name in C or Python is told the name here.

func newNames(world: Communicator) throws {
  var x = [1]
  try world.broadcast(&x, from: 0)
  try world.receive(into: &x, from: 0)
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

func withArrays(world: Communicator, file: borrowing File) throws {
  let x = [1, 2]
  var y = [0, 0]
  // expected-error@+1 {{'bcast(_:root:)' has been renamed to 'broadcast(_:from:)'}}
  world.bcast(&y, root: 0)
  // expected-error@+1 {{'recv(_:from:tag:)' has been renamed to 'receive(into:from:tag:)'}}
  world.recv(&y, from: 0)
  // expected-error@+1 {{'recv(_:source:tag:)' has been renamed to 'receive(into:from:tag:)'}}
  world.recv(&y, source: 0)
  // expected-error@+1 {{'recv(source:tag:)' has been renamed to 'receive(_:from:tag:)'}}
  world.recv(source: 0)
  // expected-error@+1 {{'recv(_:from:tag:)' has been renamed to 'receive(into:from:tag:)'}}
  world.recv(&y, from: .any)
  // expected-error@+1 {{has been replaced by 'immediate.receive(into:from:tag:)'}}
  world.irecv(&y, source: 0, tag: 1)
  // expected-error@+1 {{'isend(_:to:tag:)' has been replaced by 'immediate.send(_:to:tag:)'}}
  world.isend(x, to: 0)
  // expected-error@+1 {{'isend(_:dest:tag:)' has been replaced by 'immediate.send(_:to:tag:)'}}
  world.isend(x, dest: 0, tag: 1)
  // expected-error@+1 {{'bsend(_:dest:tag:)' is unavailable: use send(_:to:tag:mode: .buffered)}}
  world.bsend(x, dest: 0)
  // expected-error@+1 {{has been renamed to 'sendReceive(_:to:into:from:)'}}
  world.sendrecv(x, to: 0, into: &y, from: 0)
  // expected-error@+1 {{has been renamed to 'sendReceive(_:to:into:from:)'}}
  world.sendrecv(x, dest: 0, &y, source: 0)
  // expected-error@+1 {{'allgather' has been renamed to 'allGather(_:into:)'}}
  world.allgather(x, &y)
  // expected-error@+1 {{'gatherv(_:_:root:)' has been renamed to 'gather(_:into:to:counts:)'}}
  world.gatherv(x, &y, root: 0)
  // expected-error@+1 {{'alltoall' has been renamed to 'allToAll(_:)'}}
  world.alltoall(x)
  // expected-error@+1 {{'allreduce' has been renamed to 'allReduce(_:into:_:)'}}
  world.allreduce(x, &y, Reduction<Int>.sum)
  // expected-error@+1 {{'allreduce' has been renamed to 'allReduce(_:_:)'}}
  world.allreduce(&y, Reduction<Int>.sum)
  // expected-error@+1 {{has been replaced by 'persistent.receive(_:count:from:tag:)'}}
  world.recvInit(&y, from: 0)
  var view = y.mutableSpan
  // expected-error@+1 {{'bcast(_:root:)' has been renamed to 'broadcast(_:from:)'}}
  world.bcast(&view, root: 0)
  // expected-error@+1 {{'write_at' has been renamed to 'write(_:at:)'}}
  file.write_at(0, x)
  // expected-error@+1 {{'read_at_all' is unavailable: use read(into:at:collectively: true)}}
  file.read_at_all(0, &y)
}
