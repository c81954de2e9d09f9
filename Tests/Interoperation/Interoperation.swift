import MPI

/// The Swift half of a job whose other ranks run `interoperation.py` with mpi4py. Both halves do the same, and each
/// expects of the other what it gives itself.
@main struct Interoperation {
  struct Particle: Datatype, Equatable {
    var position: Double
    var species: Int32
    var isCharged: Bool
  }

  /// What rank `rank` sends as its element `index`.
  static func value(_ rank: Int, _ index: Int) -> Double { Double(rank) + Double(index) / 8 }

  static func particle(_ rank: Int, _ index: Int) -> Particle {
    Particle(
      position: value(rank, index), species: Int32(rank * 10 + index),
      isCharged: index.isMultiple(of: 2))
  }

  static func main() {
    MPI.run { world in
      var checks = Checks()
      // The forms that find their counts, or sizes, exchange these first, of which Python knows nothing.
      let languages = try world.allGather(Int32(1))
      for peer in 0..<world.size where peer != world.rank {
        try exchange(with: peer, on: world, &checks)
      }
      try collectives(on: world, &checks)

      // The ranks of one language, by themselves, and then all again.
      if let half = try world.split(color: 1, key: world.rank) {
        let sum = try half.allReduce(1, .sum)
        checks.expect(sum == languages.count { $0 == 1 }, "the size of Swift's half")
      }
      let failures = try world.allReduce(checks.failures, .sum)
      let count = try world.allReduce(checks.count, .sum)
      if world.rank == 0 {
        let swift = languages.count { $0 == 1 }
        print("\(count) checks, \(failures) failures,", terminator: " ")
        print("\(swift) ranks in Swift, \(world.size - swift) in Python")
      }
      if checks.failures > 0 { world.abort() }
    }
  }

  /// Arrays, structures and a strided column, both ways.
  static func exchange(
    with peer: Int, on world: Communicator, _ checks: inout Checks
  ) throws {
    let rank = world.rank
    let numbers = (0..<100).map { value(rank, $0) }
    var received = [Double](repeating: 0, count: 100)
    try world.sendReceive(
      numbers.span, to: peer, tag: 1, into: received.mutableSpan, from: peer)
    checks.expect(received == (0..<100).map { value(peer, $0) }, "numbers of rank \(peer)")

    let particles = (0..<5).map { particle(rank, $0) }
    let sending = try world.immediate.send(particles.span, to: peer, tag: 2)
    let others = try world.receive(Particle.self, from: peer, tag: 2)
    try sending.wait()
    checks.expect(others == (0..<5).map { particle(peer, $0) }, "particles of rank \(peer)")

    // Column 2 of a matrix of 6 rows and 4 columns goes to column 1 of the other's.
    let matrix = (0..<24).map { value(rank, $0) }
    var theirs = [Double](repeating: -1, count: 24)
    let column = try Layout<Double>.strided(count: 6, stride: 4)
    let onItsWay = try world.immediate.send(matrix.span.laid(out: column, at: 2), to: peer, tag: 3)
    try world.receive(into: theirs.mutableSpan.laid(out: column, at: 1), from: peer, tag: 3)
    try onItsWay.wait()
    let expected = (0..<24).map { $0 % 4 == 1 ? value(peer, $0 + 1) : -1 }
    checks.expect(theirs == expected, "a column of rank \(peer)")
  }

  static func collectives(on world: Communicator, _ checks: inout Checks) throws {
    let (rank, size) = (world.rank, world.size)
    for root in 0..<size {
      var numbers =
        rank == root ? (0..<7).map { Int64(root * 100 + $0) } : .init(repeating: 0, count: 7)
      try world.broadcast(numbers.mutableSpan, from: root)
      checks.expect(numbers == (0..<7).map { Int64(root * 100 + $0) }, "broadcast from \(root)")

      var gathered = [Float](repeating: 0, count: rank == root ? 3 * size : 0)
      let mine = (0..<3).map { Float(rank * 3 + $0) }
      try world.gather(mine.span, into: gathered.mutableSpan, to: root)
      if rank == root { checks.expect(gathered == (0..<3 * size).map { Float($0) }, "gather") }

      let parts = rank == root ? (0..<2 * size).map { Int32($0 * $0) } : []
      var part = [Int32](repeating: 0, count: 2)
      try world.scatter(parts.span, into: part.mutableSpan, from: root)
      checks.expect(
        part == [2 * rank, 2 * rank + 1].map { Int32($0 * $0) }, "scatter from \(root)")
    }
    let sum = try world.allReduce(Double(rank) + 0.5, .sum)
    checks.expect(sum == Double(size * size) / 2, "a sum")
    let least = try world.allReduce(Located(Double((rank + 1) % size), at: rank), .minLocation)
    checks.expect(least == Located(0, at: size - 1), "a minimum and its rank")
    let before = try world.exclusiveScan(Int64(rank), .sum)
    if let before { checks.expect(before == Int64(rank * (rank - 1) / 2), "a scan") }
    let outgoing = (0..<size).map { Int64(rank * 100 + $0) }
    let incoming = try world.allToAll(outgoing.span)
    checks.expect(incoming == (0..<size).map { Int64($0 * 100 + rank) }, "all to all")
    try world.barrier()
  }
}

/// How many expectations held, and how many did not.
struct Checks {
  var count = 0
  var failures = 0

  mutating func expect(_ condition: Bool, _ what: String) {
    count += 1
    if !condition {
      failures += 1
      print("Swift: not as expected: \(what)")
    }
  }
}
