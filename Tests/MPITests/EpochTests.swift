import MPI
import Support
import Testing

@Suite("Epochs of all ranks, and of two sides (MPI 3.1 §11.5)") struct EpochTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  @Test("Put and get between fences") func fence() throws {
    var window = try Window<Int>(count: 10, on: world)
    var elements = window.mutableSpan
    for index in 0..<10 { elements[index] = value(world.rank, index) }
    let mine = [-world.rank, -world.rank - 1]
    var ghost = [0, 0, 0]
    do {
      var epoch = try window.fence()
      try epoch.put(mine, to: world.right, at: 0)
      try epoch.get(into: &ghost, from: world.left, at: 7)
      try epoch.end()
    }
    let own = (0..<10).map { window.span[$0] }
    try window.close()
    let left = world.left
    #expect(ghost == (7..<10).map { value(left, $0) })
    #expect(own == [-left, -left - 1] + (2..<10).map { value(world.rank, $0) })
  }

  @Test("One epoch after the other, with assertions") func rounds() throws {
    var window = try Window<Int>(count: 1, on: world)
    var number = [world.rank]
    for _ in 0..<20 {
      let sent = number
      do {
        var epoch = try window.fence(.noStore)
        try epoch.put(sent, to: world.right)
        try epoch.end()
      }
      number[0] = window.span[0] + 1
    }
    try window.close()
    // After 20 steps around the ring, each number has grown by 20.
    let origin = (world.rank - 20 % world.size + world.size) % world.size
    #expect(number == [origin + 20])
  }

  @Test("Nothing is done for no process") func noProcess() throws {
    var window = try Window<Int>(count: 1, on: world)
    let one = [1]
    var into = [7]
    var result = [8]
    do {
      var epoch = try window.fence()
      try epoch.put(one, to: nil, at: 5)
      try epoch.accumulate(one, .sum, to: nil)
      try epoch.get(into: &into, from: nil)
      try epoch.getAccumulate(one, .sum, into: &result, on: nil)
      try epoch.end()
    }
    let own = window.span[0]
    try window.close()
    #expect(own == 0)
    #expect(into == [7])
  }

  @Test("Many operations in an epoch") func many() throws {
    let count = 50
    var window = try Window<Int>(count: count * world.size, on: world)
    let mine = (0..<count).map { value(world.rank, $0) }
    do {
      var epoch = try window.fence()
      for target in 0..<world.size {
        for index in 0..<count {
          try epoch.put(
            mine.span.extracting(index..<(index + 1)), to: target,
            at: world.rank * count + index)
        }
      }
      try epoch.end()
    }
    let own = (0..<(count * world.size)).map { window.span[$0] }
    try window.close()
    #expect(own == (0..<world.size).flatMap { values(of: $0, count) })
  }

  @Test("An epoch that is dropped is ended by all ranks") func dropped() throws {
    var window = try Window<Int>(count: 1, on: world)
    let one = [world.rank + 5]
    do {
      var epoch = try window.fence()
      try epoch.put(one, to: world.right)
    }
    let own = window.span[0]
    try window.close()
    #expect(own == world.left + 5)
  }

  @Test("An error inside an epoch leaves the others nothing to wait for") func thrown() throws {
    var window = try Window<Int>(count: 1, on: world)
    let two = [1, 2]
    var code: MPIError.Code?
    do {
      var epoch = try window.fence()
      try epoch.put(two, to: world.rank)
      try epoch.end()
    } catch {
      code = (error as? MPIError)?.code
    }
    try window.close()
    #expect(code == .oneSidedRange)
  }

  @Test("Post, start, complete and wait around the ring") func ring() throws {
    var window = try Window<Int>(count: 4, on: world)
    let group = try world.group
    let sources = try group.including([world.left])
    let targets = try group.including([world.right])
    let mine = values(of: world.rank, 4)
    do {
      var exposure = try window.post(to: sources)
      do {
        var epoch = try exposure.start(to: targets)
        try epoch.put(mine, to: world.right)
        try epoch.end()
      }
      try exposure.wait()
    }
    let own = (0..<4).map { window.span[$0] }
    try window.close()
    #expect(own == values(of: world.left, 4))
  }

  @Test("All write to one that only waits, and asks now and then", .ranks(2...))
  func gatherToOne() throws {
    var window = try Window<Int>(count: world.rank == 0 ? world.size : 0, on: world)
    let group = try world.group
    let root = try group.including([0])
    let others = try group.excluding([0])
    let mine = [world.rank * world.rank]
    if world.rank == 0 {
      var exposure = try window.post(to: others)
      while try !exposure.isComplete() {}
      let again = try exposure.isComplete()
      try exposure.wait()
      #expect(again)
    } else {
      var epoch = try window.start(to: root)
      try epoch.put(mine, to: 0, at: world.rank)
      try epoch.end()
    }
    let own = (0..<window.count).map { window.span[$0] }
    try window.close()
    #expect(own == (world.rank == 0 ? (0..<world.size).map { $0 * $0 } : []))
  }

  @Test("An exposure that is dropped waits") func droppedExposure() throws {
    var window = try Window<Int>(count: 1, on: world)
    let everyone = try world.group.including([world.left])
    let target = try world.group.including([world.right])
    let mine = [world.rank]
    do {
      var exposure = try window.post(to: everyone)
      var epoch = try exposure.start(to: target)
      try epoch.put(mine, to: world.right)
      try epoch.end()
    }
    let own = window.span[0]
    try window.close()
    #expect(own == world.left)
  }

  @Test("Accumulate from all ranks", arguments: [0, 1, 100, 5000]) func sums(count: Int) throws {
    var window = try Window<Int>(count: count, on: world)
    let mine = values(of: world.rank, count)
    do {
      var epoch = try window.fence()
      for target in 0..<world.size { try epoch.accumulate(mine, .sum, to: target) }
      try epoch.end()
    }
    let own = (0..<count).map { window.span[$0] }
    try window.close()
    #expect(own == (0..<count).map { i in (0..<world.size).reduce(0) { $0 + value($1, i) } })
  }

  @Test("Get and accumulate in one step") func getAccumulate() throws {
    var window = try Window<Int>(count: 3, on: world)
    let mine = [1, 10, 100]
    var before = [Int](repeating: -1, count: 4)
    do {
      var epoch = try window.fence()
      try epoch.getAccumulate(mine, .sum, into: &before, on: 0)
      try epoch.end()
    }
    let own = (0..<3).map { window.span[$0] }
    let all = try world.allGather(before.span)
    try window.close()
    if world.rank == 0 { #expect(own == mine.map { $0 * world.size }) }
    // Each rank has seen another state of each element: 0, 1, 2 … times the operand.
    for column in 0..<3 {
      let seen = (0..<world.size).map { all[4 * $0 + column] / mine[column] }
      #expect(seen.sorted() == Array(0..<world.size))
    }
    #expect(before[3] == -1)
  }

  @Test("Functions of the program's are refused") func closures() throws {
    var window = try Window<Int>(count: 1, on: world)
    let one = [1]
    let reduction = Reduction<Int> { $0 + $1 }
    var code: MPIError.Code?
    do {
      var epoch = try window.fence()
      do { try epoch.accumulate(one, reduction, to: 0) } catch let error as MPIError {
        code = error.code
      }
      try epoch.end()
    }
    try window.withLock(on: 0, .shared) { target in
      expectError(.invalidReduction, by: "MPI_Accumulate") {
        try target.accumulate(1, reduction, at: 0)
      }
      expectError(.invalidReduction, by: "MPI_Fetch_and_op") {
        try target.fetchAndReduce(1, reduction)
      }
      expectError(.invalidReduction, by: "MPI_Raccumulate") {
        try target.immediate.accumulate(one, reduction).wait()
      }
    }
    try window.close()
    #expect(code == .invalidReduction)
  }
}
