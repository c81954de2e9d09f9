import MPI

// What is under way in an epoch belongs to it, and an epoch to its window.

func halo(world: Communicator) throws -> Int {
  var window = try Window<Int>(count: 2, on: world)
  let edge = [1, 2]
  var ghost = [0, 0]
  do {
    var epoch = try window.fence()
    try epoch.put(edge.span, to: 1)
    try epoch.get(into: ghost.mutableSpan, from: 0)
    try epoch.end()
  }
  let sum = edge[0] + ghost[0] + window.span[0]
  try window.close()
  return sum
}

func writesWhatIsPut(world: Communicator) throws {
  var window = try Window<Int>(count: 2, on: world)
  var edge = [1, 2]
  var epoch = try window.fence()
  // expected-note@+1 {{conflicting access}}
  try epoch.put(edge.span, to: 1)
  // expected-error@+1 {{overlapping accesses to 'edge'}}
  edge[0] = 3
  try epoch.end()
}

func readsWhatIsGotten(world: Communicator) throws {
  var window = try Window<Int>(count: 2, on: world)
  var ghost = [0, 0]
  var epoch = try window.fence()
  // expected-error@+1 {{overlapping accesses to 'ghost'}}
  try epoch.get(into: ghost.mutableSpan, from: 1)
  // expected-note@+1 {{conflicting access}}
  print(ghost[0])
  try epoch.end()
}

func readsWhatIsFetched(world: Communicator) throws {
  var window = try Window<Int>(count: 2, on: world)
  let steps = [1, 1]
  var before = [0, 0]
  var epoch = try window.fence()
  // expected-error@+1 {{overlapping accesses to 'before'}}
  try epoch.getAccumulate(steps.span, .sum, into: before.mutableSpan, on: 0)
  // expected-note@+1 {{conflicting access}}
  print(before[0])
  try epoch.end()
}

func touchesOwnMemory(world: Communicator) throws {
  var window = try Window<Int>(count: 2, on: world)
  // expected-error@+1 {{overlapping accesses to 'window'}}
  let epoch = try window.fence()
  // expected-note@+1 {{conflicting access}}
  print(window.span[0])
  try epoch.end()
}

func touchesExposedMemory(world: Communicator) throws {
  var window = try Window<Int>(count: 2, on: world)
  // expected-error@+1 {{overlapping accesses to 'window'}}
  let exposure = try window.post(to: world.group)
  // expected-note@+1 {{conflicting access}}
  print(window.span[0])
  try exposure.wait()
}

func closesInside(world: Communicator) throws {
  var window = try Window<Int>(count: 2, on: world)
  // expected-error@+1 {{overlapping accesses to 'window'}}
  let epoch = try window.fence()
  // expected-note@+1 {{conflicting access}}
  try window.close()
  try epoch.end()
}

func closesUnderALock(world: Communicator) throws {
  // expected-error@+1 {{noncopyable 'window' cannot be consumed when captured}}
  let window = try Window<Int>(count: 2, on: world)
  // expected-note@+1 {{consumed here}}
  try window.withLock(on: 0) { _ in try window.close() }
}

func closesTwice(world: Communicator) throws {
  // expected-error@+1 {{'window' consumed more than once}}
  let window = try Window<Int>(count: 2, on: world)
  // expected-note@+1 {{consumed here}}
  try window.close()
  // expected-note@+1 {{consumed again here}}
  try window.close()
}

func endsTwice(world: Communicator) throws {
  var window = try Window<Int>(count: 2, on: world)
  // expected-error@+1 {{'epoch' consumed more than once}}
  let epoch = try window.fence()
  // expected-note@+1 {{consumed here}}
  try epoch.end()
  // expected-note@+1 {{consumed again here}}
  try epoch.end()
}

func usesStorageOfAWindow(world: Communicator) throws {
  var field = [1, 2]
  // expected-error@+1 {{overlapping accesses to 'field'}}
  let window = try BorrowingWindow(over: field.mutableSpan, on: world)
  // expected-note@+1 {{conflicting access}}
  field[0] = 3
  try window.close()
}

func locksTwice(world: Communicator) throws {
  var mutex = try GlobalMutex(on: world)
  // expected-error@+1 {{overlapping accesses to 'mutex'}}
  try mutex.withLock {
    // expected-note@+1 {{conflicting access}}
    try mutex.withLock {}
  }
}

func escapes(world: Communicator) throws {
  let window = try Window<Int>(count: 2, on: world)
  // expected-error@+1 {{lifetime-dependent variable 'kept' escapes its scope}}
  var kept: LockedTarget<Int>?
  // expected-note@+2 {{it depends on the lifetime of argument 'target'}}
  // expected-note@+1 {{this use causes the lifetime-dependent value to escape}}
  try window.withLock(on: 0) { target in kept = target }
  _ = kept
}

func writesWithARequest(world: Communicator) throws {
  let window = try Window<Int>(count: 2, on: world)
  try window.withLock(on: 0) { target in
    var edge = [1, 2]
    // expected-note@+1 {{conflicting access}}
    let writing = try target.immediate.put(edge.span)
    // expected-error@+1 {{overlapping accesses to 'edge'}}
    edge[0] = 3
    try writing.wait()
  }
}
