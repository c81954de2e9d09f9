import MPI

// What a persistent exchange lends has the type it was set up with, and no request of it leaves a function.

func typed(world: Communicator) throws -> Int {
  var halo = world.persistent.exchange()
  let west = try halo.receive(Int.self, count: 1, from: 0)
  halo[west, 0] = 1
  return halo[west, 0]
}

func anotherType(world: Communicator) throws {
  var halo = world.persistent.exchange()
  let west = try halo.receive(Int.self, count: 1, from: 0)
  // expected-error@+2 {{cannot assign value of type 'Span<Int>' to type 'Span<UInt8>'}}
  // expected-note@+1 {{arguments to generic parameter 'Element' ('Int' and 'UInt8') are expected to be equal}}
  let bytes: Span<UInt8> = halo.span(of: west)
  print(bytes.count)
}

// expected-error@+1 {{a function cannot return a ~Escapable result}}
func returned(_ sending: inout PersistentOperation<Int>) throws -> Request {
  try sending.start()
}

func inAnArray(world: Communicator) throws {
  // expected-error@+1 {{type 'PersistentOperation<Int>' does not conform to protocol 'Copyable'}}
  var all: [PersistentOperation<Int>] = []
  all.append(try world.persistent.send(Int.self, count: 1, to: 1))
}
