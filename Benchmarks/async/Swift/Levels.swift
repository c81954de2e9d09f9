// The same operations at a threading level that is asked for: what they give, not what they cost.

import MPI

/// Waits for messages and collectives, in tasks on this thread and on others.
///
/// - Returns: What was wrong, on this rank.
func check(_ world: Communicator) async throws -> [String] {
  let (rank, size) = (world.rank, world.size)
  let (right, left) = ((rank + 1) % size, (rank + size - 1) % size)
  var failures: [String] = []
  // A long message waits for its receiver; a short one does not.
  for count in [1, 100_000] {
    let sending = Task {
      try await world.async.send([Int](repeating: rank, count: count), to: right)
    }
    let received = try await world.async.receive(Int.self, from: left)
    try await sending.value
    if received != [Int](repeating: left, count: count) { failures.append("send \(count)") }
  }
  let theirs = try await world.async.sendReceive(
    encoding: ["rank": rank], to: right, decoding: [String: Int].self, from: left)
  if theirs != ["rank": left] { failures.append("sendReceive") }
  try await world.async.barrier()
  let sum = try await world.async.allReduce(rank + 1, .sum)
  if sum != size * (size + 1) / 2 { failures.append("allReduce") }
  let ranks = try await world.async.allGather(encoding: "\(rank)")
  if ranks != (0..<size).map(String.init) { failures.append("allGather") }
  let path = try await world.async.allReduce(encoding: "\(rank)", +)
  if path != ranks.joined() { failures.append("allReduce of values") }
  let before = try await world.async.exclusiveScan(encoding: [rank], +)
  if before ?? [] != Array(0..<rank) { failures.append("exclusiveScan of values") }
  // Many at once, more than there are threads.
  let total = try await withThrowingTaskGroup(of: Int.self) { group in
    for _ in 0..<50 {
      group.addTask { try await world.async.receive(Int.self, from: left, tag: 1)[0] }
    }
    group.addTask {
      for number in 0..<50 { try await world.async.send(number, to: right, tag: 1) }
      return 0
    }
    return try await group.reduce(0, +)
  }
  if total != 49 * 50 / 2 { failures.append("tasks") }
  return failures
}

/// Says on rank 0 at which level MPI runs, and what has failed on any rank.
func report(_ failures: [String], _ world: Communicator) async throws {
  let all = try await world.async.gather(encoding: failures, to: 0)
  guard let all else { return }
  print("\(MPI.threading), \(world.size) ranks, failures: \(all.flatMap { $0 })")
}

func level(_ name: String) -> ThreadingLevel? {
  [ThreadingLevel.single, .funneled, .serialized, .multiple].first { "\($0)" == name }
}

func checkInLoop(_ level: ThreadingLevel) {
  MPI.run(threading: level) { world in try await report(check(world), world) }
}

func checkOnThread(_ level: ThreadingLevel) async {
  await MPI.run(threading: level) { world in try await report(check(world), world) }
}
