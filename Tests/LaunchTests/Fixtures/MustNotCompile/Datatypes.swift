import MPI

// Only what has a meaning in another process can be sent.

struct Particle: Datatype {
  var position: SIMD3<Double>
  var mass: Double
  var species: Int32
}

final class Node {}

// expected-error@+2 {{type 'Named' does not conform to protocol 'Datatype'}}
// expected-error@+1 {{one with an array or a string is sent by send(encoding:to:)}}
struct Named: Datatype {
  var name: String
}

func plain(world: Communicator, particles: [Particle]) throws {
  try world.send(particles.span, to: 1)
  try world.send(1.5, to: 1)
}

func text(world: Communicator) throws {
  // expected-error@+1 {{send(encoding:to:) sends any Codable value}}
  try world.send("text", to: 1)
}

func object(world: Communicator) throws {
  // expected-error@+1 {{send(encoding:to:) sends any Codable value}}
  try world.send(Node(), to: 1)
}

func optionals(world: Communicator, values: [Int?]) throws {
  // expected-error@+2 {{requires that 'Int?' conform to 'Datatype'}}
  // expected-note@+1 {{wrapped type 'Int' satisfies this requirement}}
  try world.send(values.span, to: 1)
}

func pointers(world: Communicator, values: [UnsafeRawPointer]) throws {
  // expected-error@+1 {{requires that 'UnsafeRawPointer' conform to 'Datatype'}}
  try world.send(values.span, to: 1)
}

func received(world: Communicator) throws {
  // expected-error@+1 {{receive(decoding:from:) any Codable value}}
  _ = try world.receive(String.self, from: 0)
}
