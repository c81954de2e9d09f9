import MPI

// A request cannot be put where the compiler would lose sight of its buffer.

func staysLocal(world: Communicator) throws {
  let edge = [1, 2]
  let sending = try world.immediate.send(edge.span, to: 1)
  try sending.wait()
}

func inAnArray(world: Communicator) throws {
  let edge = [1, 2]
  // expected-error@+1 {{type 'Request' does not conform to protocol 'Copyable'}}
  var requests: [Request] = []
  requests.append(try world.immediate.send(edge.span, to: 1))
}

final class Keeper {
  // expected-error@+2 {{the '_read' accessor cannot return a ~Escapable result}}
  // expected-error@+1 {{the '_modify' accessor cannot return a ~Escapable result}}
  var request: Request?
}

// expected-error@+1 {{a function cannot return a ~Escapable result}}
func returned(world: Communicator, edge: [Int]) throws -> Request {
  try world.immediate.send(edge.span, to: 1)
}

func erased(_ request: consuming Request) throws {
  // expected-error@+1 {{value of type 'Request' does not conform to specified type 'Copyable'}}
  let all: Any = request
  print(all)
}
