import MPI

// A request is waited for once, and does not outlive its buffer.

func once(world: Communicator) throws {
  let edge = [1, 2]
  let sending = try world.immediate.send(edge.span, to: 1)
  while try !sending.isComplete() {}
  try sending.wait()
}

func handsOn(world: Communicator, _ edge: [Int]) throws {
  let sending = try world.immediate.send(edge.span, to: 1)
  try finish(sending)
}

func finish(_ request: consuming Request) throws { try request.wait() }

func twice(world: Communicator) throws {
  let edge = [1, 2]
  // expected-error@+1 {{'sending' consumed more than once}}
  let sending = try world.immediate.send(edge.span, to: 1)
  // expected-note@+1 {{consumed here}}
  try sending.wait()
  // expected-note@+1 {{consumed again here}}
  try sending.wait()
}

func asksAfterTheWait(world: Communicator) throws {
  let edge = [1, 2]
  // expected-error@+1 {{'sending' used after consume}}
  let sending = try world.immediate.send(edge.span, to: 1)
  // expected-note@+1 {{consumed here}}
  try sending.wait()
  // expected-note@+1 {{used here}}
  _ = try sending.isComplete()
}

// expected-error@+1 {{'request' is borrowed and cannot be consumed}}
func waitsForABorrowed(_ request: borrowing Request) throws {
  // expected-note@+1 {{consumed here}}
  try request.wait()
}
