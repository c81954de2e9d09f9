import MPI

// A reduction that has no meaning for a type does not exist for it.

func meaningful(world: Communicator) throws {
  _ = try world.allReduce(1, .bitwiseOr)
  _ = try world.allReduce(true, .logicalAnd)
  _ = try world.allReduce(1.5, .max)
  _ = try world.allReduce(Located(1.5, at: world.rank), .minLocation)
}

func bitwise(world: Communicator) throws {
  // expected-error@+1 {{requires that 'Double' conform to 'BitwiseDatatype'}}
  _ = try world.allReduce(1.5, .bitwiseOr)
}

func logical(world: Communicator, count: Int) throws {
  // expected-error@+1 {{no exact matches in call to instance method 'allReduce'}}
  _ = try world.allReduce(count, .logicalAnd)
}

func location(world: Communicator) throws {
  // expected-error@+1 {{requires that 'Double' conform to 'LocatedDatatype'}}
  _ = try world.allReduce(1.5, .minLocation)
}

func ofTruth(world: Communicator) throws {
  // expected-error@+1 {{requires that 'Bool' conform to 'ArithmeticDatatype'}}
  _ = try world.allReduce(true, .sum)
}
