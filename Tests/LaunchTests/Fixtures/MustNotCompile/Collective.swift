import MPI

// Nonblocking collectives guard both buffers.

func afterTheWait(world: Communicator) throws -> Int {
  let mine = [1, 2]
  var sums = [0, 0]
  let reducing = try world.immediate.allReduce(mine.span, into: sums.mutableSpan, .sum)
  let first = mine[0]
  try reducing.wait()
  return first + sums[0]
}

func readsTheResult(world: Communicator) throws {
  let mine = [1, 2]
  var sums = [0, 0]
  // expected-error@+1 {{overlapping accesses to 'sums'}}
  let reducing = try world.immediate.allReduce(mine.span, into: sums.mutableSpan, .sum)
  // expected-note@+1 {{conflicting access}}
  print(sums[0])
  try reducing.wait()
}

func writesTheOperand(world: Communicator) throws {
  var mine = [1, 2]
  var sums = [0, 0]
  // expected-note@+1 {{conflicting access}}
  let reducing = try world.immediate.allReduce(mine.span, into: sums.mutableSpan, .sum)
  // expected-error@+1 {{overlapping accesses to 'mine'}}
  mine[0] = 3
  try reducing.wait()
}

func reducesInItsOwnPlace(world: Communicator) throws {
  var mine = [1, 2]
  // expected-note@+2 {{conflicting access}}
  // expected-error@+1 {{overlapping accesses to 'mine'}}
  let reducing = try world.immediate.allReduce(mine.span, into: mine.mutableSpan, .sum)
  try reducing.wait()
}

func arraysAfterTheWait(world: Communicator) throws -> Int {
  let mine = [1, 2]
  var sums = [0, 0]
  let reducing = try world.immediate.allReduce(mine, into: &sums, .sum)
  let first = mine[0]
  try reducing.wait()
  return first + sums[0]
}

func readsTheArray(world: Communicator) throws {
  let mine = [1, 2]
  var sums = [0, 0]
  // expected-error@+1 {{overlapping accesses to 'sums'}}
  let reducing = try world.immediate.scan(mine, into: &sums, .sum)
  // expected-note@+1 {{conflicting access}}
  print(sums[0])
  try reducing.wait()
}

func readsInPlace(world: Communicator) throws {
  var sums = [1, 2]
  // expected-error@+1 {{overlapping accesses to 'sums'}}
  let reducing = try world.immediate.reduce(&sums, .sum, to: 0)
  // expected-note@+1 {{conflicting access}}
  print(sums[0])
  try reducing.wait()
}

func writesTheArray(world: Communicator) throws {
  var mine = [1, 2]
  var sums = [0, 0]
  // expected-note@+1 {{conflicting access}}
  let reducing = try world.immediate.allReduce(mine, into: &sums, .sum)
  // expected-error@+1 {{overlapping accesses to 'mine'}}
  mine[0] = 3
  try reducing.wait()
}

// expected-note@+1 {{it depends on the lifetime of this parent value}}
func reducesATemporary(world: Communicator) throws {
  let mine = [1, 2]
  var sums = [0, 0]
  // expected-error@+1 {{lifetime-dependent variable 'reducing' escapes its scope}}
  let reducing = try world.immediate.allReduce(mine.map { $0 / 2 }, into: &sums, .sum)
  // expected-note@+1 {{this use of the lifetime-dependent value is out of scope}}
  try reducing.wait()
}

func writesWhatIsBroadcast(world: Communicator) throws {
  var mine = [1, 2]
  // expected-error@+1 {{overlapping accesses to 'mine'}}
  let broadcasting = try world.immediate.broadcast(mine.mutableSpan, from: 0)
  // expected-note@+1 {{conflicting access}}
  mine[0] = 3
  try broadcasting.wait()
}

func readsWhatIsGathered(world: Communicator) throws {
  let mine = [1, 2]
  var all = [Int](repeating: 0, count: 2 * world.size)
  // expected-error@+1 {{overlapping accesses to 'all'}}
  let gathering = try world.immediate.allGather(mine.span, into: all.mutableSpan)
  // expected-note@+1 {{conflicting access}}
  print(all[0])
  try gathering.wait()
}
