import MPI

// A request does not outlive its buffer.

func staysInside(world: Communicator) throws {
  var ghost = [0]
  do {
    let receiving = try world.immediate.receive(into: ghost.mutableSpan, from: 0)
    try receiving.wait()
  }
  ghost[0] = 1
}

func outlives(world: Communicator) throws {
  // expected-error@+1 {{lifetime-dependent variable 'sending' escapes its scope}}
  let sending: Request
  do {
    // expected-note@+1 {{it depends on the lifetime of variable 'edge'}}
    let edge = [1, 2]
    sending = try world.immediate.send(edge.span, to: 1)
  }
  // expected-note@+1 {{this use of the lifetime-dependent value is out of scope}}
  try sending.wait()
}

func inATask(world: Communicator) throws {
  // expected-note@+1 {{it depends on the lifetime of variable 'edge'}}
  let edge = [1, 2]
  // expected-error@+2 {{lifetime-dependent value escapes its scope}}
  // expected-note@+1 {{this use causes the lifetime-dependent value to escape}}
  let sending = try world.immediate.send(edge.span, to: 1)
  // expected-error@+1 {{noncopyable 'sending' cannot be consumed when captured}}
  Task { try sending.wait() }
}

func inAClosure(world: Communicator) throws -> () throws -> Bool {
  // expected-note@+1 {{it depends on the lifetime of variable 'edge'}}
  let edge = [1, 2]
  // expected-error@+2 {{lifetime-dependent value escapes its scope}}
  // expected-note@+1 {{this use causes the lifetime-dependent value to escape}}
  let sending = try world.immediate.send(edge.span, to: 1)
  return { try sending.isComplete() }
}
