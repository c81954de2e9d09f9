// What tasks that wait for messages cost: their rate and latency, and the idle progress engine.
//
//     asynchronous thread|loop        on two ranks; prints lines of a name and a number
//     asynchronous check LEVEL thread|loop
//                                     on any number; says whether messages and collectives are right
//
// `thread` has the engine's own thread complete operations, and the pool's threads run tasks; `loop`
// has the main thread do both.

import MPI

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@main struct AsyncBenchmark {
  static func main() async {
    switch Array(CommandLine.arguments.dropFirst()) {
    case ["thread"]: await MPI.run { world in try await measure(world) }
    case ["loop"]: loop()
    case let words where words.count == 3 && words[0] == "check":
      guard let level = level(words[1]) else { fallthrough }
      if words[2] == "thread" { await checkOnThread(level) } else { checkInLoop(level) }
    default: MPI.run { _ in throw Usage() } as Void
    }
  }

  static func loop() {
    MPI.run { world in try await measure(world) }
  }
}

struct Usage: Error, CustomStringConvertible {
  var description: String {
    "usage: asynchronous thread|loop, on 2 ranks; check LEVEL thread|loop, on any number"
  }
}

func measure(_ world: Communicator) async throws {
  guard world.size == 2 else { throw Usage() }
  try await latency(world)
  try await rates(world)
  try await outstanding(world)
  try await idle(world)
}

func report(_ name: String, _ value: Double, _ world: Communicator) {
  if world.rank == 0 { print(name, value) }
}

/// The least time of several runs, per repetition. Many short runs, so that in some of them the
/// machine does nothing else.
func least(
  _ world: Communicator, _ repetitions: Int, runs: Int = 40, _ body: () async throws -> Void
) async throws -> Double {
  let clock = WallClock()
  var best = Double.infinity
  for _ in 0..<runs {
    try await world.async.barrier()
    let start = clock.now
    try await body()
    best = min(best, (clock.now - start) / .seconds(1) / Double(repetitions))
  }
  return best
}

func latency(_ world: Communicator) async throws {
  let peer = 1 - world.rank
  for count in [1, 1024] {
    let repetitions = 300
    let message = [Int](repeating: 1, count: count)
    var storage = message
    let blocking = try await least(world, repetitions) {
      for _ in 0..<repetitions {
        try pingPong(world, &storage, peer)
      }
    }
    let bounded = try await least(world, repetitions) {
      for _ in 0..<repetitions {
        if world.rank == 0 { try await world.async.send(message, to: peer) }
        _ = try await world.async.receive(Int.self, count: count, from: peer)
        if world.rank == 1 { try await world.async.send(message, to: peer) }
      }
    }
    let searching = try await least(world, repetitions) {
      for _ in 0..<repetitions {
        if world.rank == 0 { try await world.async.send(message, to: peer) }
        _ = try await world.async.receive(Int.self, from: peer)
        if world.rank == 1 { try await world.async.send(message, to: peer) }
      }
    }
    report("ping-pong-us-blocking-\(count * 8)B", blocking * 1e6, world)
    report("ping-pong-us-bounded-\(count * 8)B", bounded * 1e6, world)
    report("ping-pong-us-searching-\(count * 8)B", searching * 1e6, world)
    report("ping-pong-ratio-bounded-\(count * 8)B", bounded / blocking, world)
    report("ping-pong-ratio-searching-\(count * 8)B", searching / blocking, world)
  }
}

func pingPong(_ world: Communicator, _ storage: inout [Int], _ peer: Int) throws {
  if world.rank == 0 { try world.send(storage.span, to: peer) }
  try world.receive(into: storage.mutableSpan, from: peer)
  if world.rank == 1 { try world.send(storage.span, to: peer) }
}

/// Messages a second from one rank to the other.
func rates(_ world: Communicator) async throws {
  let count = 2000
  let message = [1]
  let peer = 1 - world.rank
  let bounded = try await least(world, count) {
    if world.rank == 0 {
      for _ in 0..<count { try await world.async.send(message, to: peer) }
    } else {
      for _ in 0..<count { _ = try await world.async.receive(Int.self, count: 1, from: peer) }
    }
    try await world.async.barrier()
  }
  let sequence = try await least(world, count) {
    if world.rank == 0 {
      for _ in 0..<count { try await world.async.send(message, to: peer) }
    } else {
      var received = 0
      for try await _ in world.messages(of: Int.self) {
        received += 1
        if received == count { break }
      }
    }
    try await world.async.barrier()
  }
  report("messages-per-second-receive", 1 / bounded, world)
  report("messages-per-second-sequence", 1 / sequence, world)
}

/// A thousand receives at once, answered from the last to the first.
func outstanding(_ world: Communicator) async throws {
  let count = 1000
  let time = try await least(world, count) {
    try await withThrowingTaskGroup(of: Void.self) { group in
      let peer = 1 - world.rank
      for index in 0..<count {
        group.addTask {
          _ = try await world.async.receive(
            Int.self, count: 1, from: peer, tag: MessageTag(rawValue: CInt(index)))
        }
      }
      for index in (0..<count).reversed() {
        try await world.async.send(index, to: peer, tag: MessageTag(rawValue: CInt(index)))
      }
      try await group.waitForAll()
    }
  }
  report("outstanding-1000-us-each", time * 1e6, world)
}

/// The share of a core that waiting for two seconds takes.
func idle(_ world: Communicator) async throws {
  for kind in ["receive", "search"] {
    try await world.async.barrier()
    let waiting = Task {
      kind == "receive"
        ? try await world.async.receive(Int.self, count: 1, from: .any)
        : try await world.async.receive(Int.self, from: .any)
    }
    let start = cpuSeconds()
    try await Task.sleep(for: .seconds(2))
    let used = cpuSeconds() - start
    waiting.cancel()
    _ = await waiting.result
    report("idle-percent-of-a-core-\(kind)", used / 2 * 100, world)
  }
}

/// The time that this process has computed.
func cpuSeconds() -> Double {
  var usage = rusage()
  #if canImport(Glibc)
    unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  #else
    unsafe getrusage(RUSAGE_SELF, &usage)
  #endif
  func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }
  return seconds(usage.ru_utime) + seconds(usage.ru_stime)
}
