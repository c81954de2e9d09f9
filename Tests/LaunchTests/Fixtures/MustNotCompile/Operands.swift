import MPI

// What holds for spans holds for arrays, which requests take by their names.

final class Keeper {
  let world: Communicator
  var edge = [1.0, 2]
  var computed: [Double] {
    get { edge }
    set { edge = newValue }
  }
  init(world: Communicator) { self.world = world }

  func blocking() throws {
    try world.send(edge, to: 1)
    try world.receive(into: &edge, from: 0)
    try world.receive(into: &computed, from: 0)
    try world.sendReceive(edge, to: 1, into: &edge[1...], from: 0)
  }

  func ofOthers() throws {
    let mine = edge
    var theirs = [0.0]
    let sending = try world.immediate.send(mine, to: 1)
    let receiving = try world.immediate.receive(into: &theirs, from: 0)
    try sending.wait()
    try receiving.wait()
    edge = theirs
  }

  func sendsAProperty() throws {
    // expected-error@+2 {{lifetime-dependent variable 'sending' escapes its scope}}
    // expected-note@+1 {{it depends on this scoped access to variable 'edge'}}
    let sending = try world.immediate.send(edge, to: 1)
    // expected-note@+1 {{this use of the lifetime-dependent value is out of scope}}
    try sending.wait()
  }

  func receivesIntoAProperty() throws {
    // expected-error@+2 {{lifetime-dependent variable 'receiving' escapes its scope}}
    // expected-note@+1 {{it depends on this scoped access to variable 'edge'}}
    let receiving = try world.immediate.receive(into: &edge, from: 1)
    // expected-note@+1 {{this use of the lifetime-dependent value is out of scope}}
    try receiving.wait()
  }

  func receivesIntoWhatIsComputed() throws {
    // expected-error@+2 {{lifetime-dependent variable 'receiving' escapes its scope}}
    // expected-note@+1 {{it depends on the lifetime of this parent value}}
    let receiving = try world.immediate.receive(into: &computed, from: 1)
    // expected-note@+1 {{this use of the lifetime-dependent value is out of scope}}
    try receiving.wait()
  }
}

func changesWhatIsSent(world: Communicator) throws {
  var edge = [1, 2]
  // expected-note@+1 {{conflicting access}}
  let sending = try world.immediate.send(edge, to: 1)
  // expected-error@+1 {{overlapping accesses to 'edge'}}
  edge[0] = 3
  try sending.wait()
}

func readsWhatIsReceived(world: Communicator) throws {
  var ghost = [1, 2]
  // expected-error@+1 {{overlapping accesses to 'ghost'}}
  let receiving = try world.immediate.receive(into: &ghost, from: 1)
  // expected-note@+1 {{conflicting access}}
  print(ghost[0])
  try receiving.wait()
}

// expected-note@+1 {{it depends on the lifetime of this parent value}}
func sendsATemporary(world: Communicator, count: Int) throws {
  // expected-error@+1 {{lifetime-dependent variable 'sending' escapes its scope}}
  let sending = try world.immediate.send((0..<count).map { $0 }, to: 1)
  // expected-note@+1 {{this use of the lifetime-dependent value is out of scope}}
  try sending.wait()
}

func changesWhatALayoutNames(world: Communicator, column: Layout<Int>) throws {
  var matrix = [1, 2, 3, 4]
  // expected-note@+1 {{conflicting access}}
  let sending = try world.immediate.send(matrix.span.laid(out: column), to: 1)
  // expected-error@+1 {{overlapping accesses to 'matrix'}}
  matrix[0] = 3
  try sending.wait()
}

func readsBesideWhatALayoutNames(world: Communicator, column: Layout<Int>) throws {
  var matrix = [1, 2, 3, 4]
  // expected-error@+1 {{overlapping accesses to 'matrix'}}
  let receiving = try world.immediate.receive(into: matrix.mutableSpan.laid(out: column), from: 1)
  // expected-note@+1 {{conflicting access}}
  print(matrix[0])
  try receiving.wait()
}

func changesWhatAnExchangeSends(world: Communicator) throws {
  var edge = [1, 2]
  var exchange = world.exchange()
  // expected-note@+1 {{conflicting access}}
  try exchange.send(edge, to: 1)
  // expected-error@+1 {{overlapping accesses to 'edge'}}
  edge[0] = 3
  try exchange.wait()
}

func readsWhatAnExchangeReceives(world: Communicator) throws {
  var ghost = [1, 2]
  var exchange = world.exchange()
  // expected-error@+1 {{overlapping accesses to 'ghost'}}
  try exchange.receive(into: &ghost, from: 1)
  // expected-note@+1 {{conflicting access}}
  print(ghost[0])
  try exchange.wait()
}

func otherElementOfAnArray(world: Communicator) throws {
  var rows = [[1], [2]]
  // expected-error@+1 {{overlapping accesses to 'rows'}}
  let receiving = try world.immediate.receive(into: &rows[1], from: 1)
  // expected-note@+1 {{conflicting access}}
  rows[0][0] = 3
  try receiving.wait()
}

func throughAClosure(world: Communicator) throws {
  var ghost = [1]
  // expected-note@+1 {{conflicting access}}
  let change = { ghost[0] = 2 }
  // expected-error@+1 {{overlapping accesses to 'ghost'}}
  let receiving = try world.immediate.receive(into: &ghost, from: 1)
  change()
  try receiving.wait()
}
