import MPI

// A reduction that has no meaning for a type does not exist for it.

func meaningful(world: Communicator) throws {
  _ = try world.allReduce(1, .bitwiseOr)
  _ = try world.allReduce(true, .logicalAnd)
  _ = try world.allReduce(1.5, .max)
  _ = try world.allReduce(Located(1.5, at: world.rank), .minLocation)
}

func meaningfulOfArrays(world: Communicator, counts: [Int]) throws {
  _ = try world.allReduce(counts, .bitwiseOr)
  _ = try world.allReduce(try world.allReduce(counts.map { $0 / 2 }, .sum), .max)
  _ = try world.reduce(counts.map { Located($0, at: world.rank) }, .minLocation, to: 0)
  _ = try world.scan(counts, Reduction { a, b in max(a, b) })
}

func bitwise(world: Communicator) throws {
  // expected-error@+1 {{'bitwiseOr' is unavailable: only integers have it (BitwiseDatatype)}}
  _ = try world.allReduce(1.5, .bitwiseOr)
}

func bitwiseOfAnArray(world: Communicator, masses: [Double]) throws {
  // expected-error@+1 {{'bitwiseOr' is unavailable: only integers have it (BitwiseDatatype)}}
  _ = try world.allReduce(masses, .bitwiseOr)
}

func logical(world: Communicator, count: Int) throws {
  // expected-error@+1 {{'logicalAnd' is unavailable: only Bool has it}}
  _ = try world.allReduce(count, .logicalAnd)
}

func location(world: Communicator) throws {
  // expected-error@+1 {{'minLocation' is unavailable: only Located values have it}}
  _ = try world.allReduce(1.5, .minLocation)
}

func ofTruth(world: Communicator) throws {
  // expected-error@+1 {{'sum' is unavailable: only numbers have it (ArithmeticDatatype)}}
  _ = try world.allReduce(true, .sum)
}

func generic<T: Datatype>(world: Communicator, elements: [T]) throws {
  // expected-error@+1 {{'max' is unavailable: only ordered numbers have it (OrderedDatatype)}}
  _ = try world.scan(elements, .max)
}

// A function is no reduction.

func function(world: Communicator) throws {
  // expected-error@+1 {{'allReduce' is unavailable: pass .sum, .max, …, or Reduction { a, b in … }}}
  _ = try world.allReduce(1, +)
}

func functionOfArrays(world: Communicator, masses: [Double]) throws {
  // expected-error@+1 {{'reduce(_:_:to:)' is unavailable: pass .sum, .max, …, or Reduction {}}
  _ = try world.reduce(masses, max, to: 0)
  // expected-error@+1 {{'scan' is unavailable: pass .sum, .max, …, or Reduction {}}
  _ = try world.scan(masses) { $0 + $1 }
}

func functionInAClosure() {
  MPI.run { world in
    let masses = [1.0, 2.0]
    // expected-error@+1 {{'exclusiveScan' is unavailable: pass .sum, .max, …, or Reduction {}}
    let before = try world.exclusiveScan(masses, +)
    print(before ?? [])
  }
}

// MPI's reductions take no layouts.

func layout(world: Communicator, matrix: [Double], column: Layout<Double>) throws {
  try world.send(matrix.span.laid(out: column), to: 0)
  // expected-error@+1 {{requires that 'LaidOutSpan<Double>' conform to 'Reducible'}}
  _ = try world.allReduce(matrix.span.laid(out: column), .sum)
}

func layoutOfResults(world: Communicator, column: Layout<Double>) throws {
  var matrix = [1.0, 2.0]
  // expected-error@+1 {{cannot convert value of type 'MutableLaidOutSpan<Double>'}}
  try world.scan([1], into: matrix.mutableSpan.laid(out: column), .sum)
}
