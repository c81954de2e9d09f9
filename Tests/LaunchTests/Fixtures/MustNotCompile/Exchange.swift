import MPI

// What holds for a request holds for all buffers of an exchange.

func halo(world: Communicator) throws -> Int {
  let edge = [1, 2]
  var ghost = [0, 0]
  var exchange = world.exchange()
  try exchange.receive(into: ghost.mutableSpan, from: 1)
  try exchange.send(edge.span, to: 1)
  let sum = edge[0]
  try exchange.wait()
  return sum + ghost[0]
}

func readsWhatIsReceived(world: Communicator) throws {
  var ghost = [0, 0]
  var exchange = world.exchange()
  // expected-error@+1 {{overlapping accesses to 'ghost'}}
  try exchange.receive(into: ghost.mutableSpan, from: 1)
  // expected-note@+1 {{conflicting access}}
  print(ghost[0])
  try exchange.wait()
}

func writesWhatIsSent(world: Communicator) throws {
  var edge = [1, 2]
  var exchange = world.exchange()
  // expected-note@+1 {{conflicting access}}
  try exchange.send(edge.span, to: 1)
  // expected-error@+1 {{overlapping accesses to 'edge'}}
  edge[0] = 3
  try exchange.wait()
}

func receivesTwice(world: Communicator) throws {
  var ghost = [0, 0]
  var exchange = world.exchange()
  // expected-error@+1 {{overlapping accesses to 'ghost'}}
  try exchange.receive(into: ghost.mutableSpan, from: 0)
  // expected-note@+1 {{conflicting access}}
  try exchange.receive(into: ghost.mutableSpan, from: 1)
  try exchange.wait()
}

func waitsTwice(world: Communicator) throws {
  let edge = [1, 2]
  // expected-error@+1 {{'exchange' consumed more than once}}
  var exchange = world.exchange()
  try exchange.send(edge.span, to: 1)
  // expected-note@+1 {{consumed here}}
  try exchange.wait()
  // expected-note@+1 {{consumed again here}}
  try exchange.wait()
}

func addsAfterTheWait(world: Communicator) throws {
  let edge = [1, 2]
  // expected-error@+1 {{'exchange' used after consume}}
  var exchange = world.exchange()
  try exchange.send(edge.span, to: 1)
  // expected-note@+1 {{consumed here}}
  try exchange.wait()
  // expected-note@+1 {{used here}}
  try exchange.send(edge.span, to: 2)
}
