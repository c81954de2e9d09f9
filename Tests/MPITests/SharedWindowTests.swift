import MPI
import Testing

@Suite("Shared memory (MPI 3.1 §11.2.3)") struct SharedWindowTests {
  let host: Communicator
  init() throws { host = try Job.communicator().split(by: .sharedMemory) }

  @Test("Each rank writes its part, and reads the others'") func parts() throws {
    var window = try SharedWindow<Int>(count: 3 + host.rank, on: host)
    let flavor = window.flavor
    let counts = try (0..<host.size).map { try window.count(of: $0) }
    var seen: [[Int]] = []
    var zero = true
    try window.withMemory { memory in
      for index in 0..<(3 + host.rank) where memory.span[index] != 0 { zero = false }
      var own = memory.mutableSpan
      for index in 0..<(3 + host.rank) { own[index] = value(host.rank, index) }
    }
    try window.withMemory { memory in
      try memory.barrier()
      for rank in 0..<host.size {
        let part = try memory.span(of: rank)
        seen.append((0..<part.count).map { part[$0] })
      }
    }
    try host.barrier()
    try window.close()
    #expect(flavor == .shared)
    #expect(zero)
    #expect(counts == (0..<host.size).map { 3 + $0 })
    #expect(seen == (0..<host.size).map { values(of: $0, 3 + $0) })
  }

  @Test("One rank's memory for all: each writes a piece of it") func onePart() throws {
    let share = 1000
    var window = try SharedWindow<Double>(
      count: host.rank == 0 ? share * host.size : 0, on: host)
    var sum = 0.0
    try window.withMemory { memory in
      do {
        var table = try memory.mutableSpan(of: 0)
        for index in 0..<share { table[host.rank * share + index] = Double(host.rank + 1) }
      }
      try memory.barrier()
      let table = try memory.span(of: 0)
      for index in 0..<table.count { sum += table[index] }
    }
    try host.barrier()
    try window.close()
    let n = host.size
    #expect(sum == Double(share * n * (n + 1) / 2))
  }

  @Test("One-sided operations reach the same memory") func operations() throws {
    var window = try SharedWindow<Int>(count: 2, on: host)
    let mine = [host.rank + 7]
    do {
      var epoch = try window.fence()
      try epoch.put(mine, to: host.right, at: 1)
      try epoch.end()
    }
    try window.withLock(on: 0, .shared) { target in try target.accumulate(1, .sum, at: 0) }
    try host.barrier()
    var direct: [Int] = []
    try window.withMemory { memory in
      do {
        let part = try memory.span(of: 0)
        direct = [part[0], part[1]]
      }
      expectError(.invalidRank) { _ = try memory.span(of: host.size).count }
      expectError(.invalidRank) { _ = try memory.mutableSpan(of: -1).count }
    }
    try host.barrier()
    try window.close()
    #expect(direct == [host.size, host.size - 1 + 7])
  }

  @Test("Parts that need not follow each other, and none at all") func info() throws {
    var window = try SharedWindow<UInt8>(
      count: host.rank.isMultiple(of: 2) ? 5 : 0, on: host,
      info: ["alloc_shared_noncontig": "true"])
    var counts: [Int] = []
    try window.withMemory { memory in
      for rank in 0..<host.size { counts.append(try memory.span(of: rank).count) }
    }
    try window.close()
    #expect(counts == (0..<host.size).map { $0.isMultiple(of: 2) ? 5 : 0 })
  }
}
