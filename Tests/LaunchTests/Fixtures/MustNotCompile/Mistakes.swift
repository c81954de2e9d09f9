import MPI

// The commonest mistakes, and that the compiler says what to write.

struct Heap {
  var numbers: [Int]
}

enum Color { case red }

func right(world: Communicator, list: [Double]) throws {
  try world.send(list, to: 1)
  let received = try world.receive(Double.self, from: 0)
  let one = try world.receive(one: Double.self, from: 0)
  print(received, one)
}

func texts(world: Communicator, texts: [String]) throws {
  // expected-error@+1 {{send(encoding:to:) sends any Codable value}}
  try world.send(texts, to: 1)
}

func rows(world: Communicator, rows: [[Double]]) throws {
  // expected-error@+1 {{send(encoding:to:) sends any Codable value}}
  try world.send(rows, to: 1)
}

func text(world: Communicator) throws {
  // expected-error@+1 {{send(encoding:to:) sends any Codable value}}
  try world.send("hello", to: 1)
}

func optional(world: Communicator, value: Double?) throws {
  // expected-error@+1 {{an optional is no message: unwrap it}}
  try world.send(value, to: 1)
}

func enumeration(world: Communicator) throws {
  // expected-error@+1 {{conforms to Datatype by saying so}}
  try world.send(Color.red, to: 1)
}

func structureWithAnArray(world: Communicator) throws {
  // expected-error@+1 {{send(encoding:to:) sends any Codable value}}
  try world.send(Heap(numbers: []), to: 1)
}

func constant(world: Communicator) throws {
  // expected-note@+1 {{change 'let' to 'var' to make it mutable}}
  let buffer = [1.0]
  // expected-error@+1 {{cannot pass immutable value as inout argument: 'buffer' is a 'let' constant}}
  try world.receive(into: &buffer, from: 0)
}

func withoutAmpersand(world: Communicator) throws {
  var buffer = [1.0]
  buffer[0] = 2
  // expected-error@+1 {{write 'var' where it is declared, and '&' before its name}}
  try world.receive(into: buffer, from: 0)
}

func ofTexts(world: Communicator) throws {
  var buffer = ["a"]
  // expected-error@+1 {{receive(decoding:from:) receives any Codable value}}
  try world.receive(into: &buffer, from: 0)
}

func oneValue(world: Communicator) throws {
  // expected-error@+1 {{receive(one: Double.self, from:) gives one value}}
  let value: Double = try world.receive(Double.self, from: 0)
  print(value)
}

func arrayType(world: Communicator) throws {
  // expected-error@+1 {{receive(Double.self, from:) gives an array of any length}}
  print(try world.receive([Double].self, from: 0))
}

func computedTag(world: Communicator, step: Int) throws {
  // expected-error@+1 {{a computed tag is written MessageTag(number)}}
  try world.send([1, 2], to: 1, tag: step)
}

func noDestination(world: Communicator) throws {
  // expected-error@+1 {{missing argument for parameter 'to' in call}}
  try world.send([1, 2])
}

func toAnyone(world: Communicator) throws {
  // expected-error@+2 {{member 'any' in 'Int?' produces result of type 'AnySource', but context expects 'Int?'}}
  // expected-error@+1 {{static property 'any' requires the types 'Int?' and 'AnySource' be equivalent}}
  try world.send([1, 2], to: .any)
}

func withoutTry(world: Communicator) throws {
  // expected-error@+2 {{call can throw but is not marked with 'try'}}
  // expected-note@+1 3 {{did you mean}}
  world.send([1, 2], to: 1)
}

func gathersTexts(world: Communicator) throws {
  // expected-error@+1 {{gather(encoding:to:) gathers any Codable values}}
  _ = try world.gather(["a"], to: 0)
}

func gathersText(world: Communicator) throws {
  // expected-error@+1 {{allGather(encoding:) gathers any Codable values}}
  _ = try world.allGather("a")
}

func broadcastsText(world: Communicator) throws {
  var text = "a"
  // expected-error@+1 {{broadcast(encoding:from:) gives any Codable value}}
  try world.broadcast(&text, from: 0)
}

func broadcastsWithoutAmpersand(world: Communicator) throws {
  var list = [1]
  // expected-error@+1 {{what is received into is a variable, passed with '&'}}
  try world.broadcast(list, from: 0)
  list[0] = 1
}

func scattersRows(world: Communicator) throws {
  // expected-error@+1 {{scatter(encoding:from:) gives each rank one of an array of Codable values}}
  print(try world.scatter([[1], [2]], from: 0))
}

func otherElements(world: Communicator, numbers: [Int]) throws {
  var results = [1.0]
  // expected-error@+1 {{both must hold elements of one type}}
  try world.allGather(numbers, into: &results)
}

func otherResults(world: Communicator) throws {
  var results = [1]
  // expected-error@+1 {{both must hold elements of one type}}
  try world.allReduce([1.5], into: &results, .sum)
}

func inPlaceByASpan(world: Communicator) throws {
  var list = [1.0]
  // expected-error@+1 {{in place is allReduce(&array, .sum)}}
  try world.allReduce(list.mutableSpan, .sum)
}

func reducesByAFunction(world: Communicator) throws {
  // expected-error@+1 {{pass .sum, .max, …, or Reduction { a, b in … }}}
  print(try world.allReduce(1, +))
}

func reducesTexts(world: Communicator) throws {
  // expected-error@+1 {{requires that '[String]' conform to 'Datatype'}}
  print(try world.allReduce(["a"], .sum))
}

func slices(world: Communicator) throws {
  var ghost = [1, 2]
  // expected-error@+1 {{requires that 'ArraySlice<Int>' conform to 'IncomingStorage'}}
  let receiving = try world.immediate.receive(into: &ghost[0..<1], from: 1)
  try receiving.wait()
}

func inlineArrays(world: Communicator) throws {
  var ghost: [2 of Int] = [1, 2]
  // expected-error@+1 {{requires that '[2 of Int]' conform to 'IncomingStorage'}}
  let receiving = try world.immediate.receive(into: &ghost, from: 1)
  try receiving.wait()
}
