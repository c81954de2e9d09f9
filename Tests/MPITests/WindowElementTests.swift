import MPI
import Support
import Testing

@Suite("Elements of windows") struct WindowElementTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  @Test("Scalars", arguments: DatatypeTests.scalars)
  func scalar(_ type: any Sample.Type) throws { try carry(type) }

  @Test("Vectors", arguments: DatatypeTests.vectors)
  func vector(_ type: any Sample.Type) throws { try carry(type) }

  @Test("Structures", arguments: DatatypeTests.structures)
  func structure(_ type: any Sample.Type) throws { try carry(type) }

  func samples<T: Sample>(_ rank: Int, _ count: Int) -> [T] {
    (0..<count).map { T.sample(41 * rank + $0 + 1) }
  }

  /// Several elements, not at the beginning, by every kind of operation.
  func carry<T: Sample>(_ type: T.Type) throws {
    var window = try Window<T>(count: 7, on: world)
    let mine: [T] = samples(world.rank, 5)
    var fenced = [T](repeating: .sample(0), count: 5)
    do {
      var epoch = try window.fence()
      try epoch.put(mine.span, to: world.right, at: 1)
      try epoch.end()
    }
    let own = (1..<6).map { window.span[$0] }
    do {
      var epoch = try window.fence()
      try epoch.get(into: fenced.mutableSpan, from: world.right, at: 1)
      try epoch.end()
    }
    var requested = [T](repeating: .sample(0), count: 4)
    let (one, array) = try window.withLock(on: world.right) { target in
      let reading = try target.immediate.get(into: requested.mutableSpan, at: 2)
      try reading.wait()
      try target.put(mine[4], at: 6)
      return (try target.get(at: 6), try target.get(count: 5, at: 1))
    }
    try window.close()
    #expect(own == samples(world.left, 5))
    #expect(fenced == mine)
    #expect(requested == Array(mine[1...]))
    #expect(one == mine[4])
    #expect(array == mine)
  }

  @Test("A byte that is neither 0 nor 1 never becomes a Bool", .ranks(2...)) func bools() throws {
    // Rank 0 takes the window for one of bytes, the others for one of Bools.
    let bytes: [UInt8] = [0, 1, 2, 128, 255]
    let expected: [UInt8] = [0, 1, 1, 1, 1]
    func raw(_ bools: [Bool]) -> [UInt8] { unsafe bools.withUnsafeBytes { unsafe Array($0) } }
    if world.rank == 0 {
      var window = try Window<UInt8>(count: 5, on: world)
      do {
        var epoch = try window.fence()
        for rank in 0..<world.size { try epoch.put(bytes.span, to: rank) }
        try epoch.end()
      }
      do { try window.fence().end() }
      try window.withMutableElements { elements in
        for index in 0..<5 { elements[index] = bytes[index] }
      }
      try world.barrier()
      try world.barrier()
      try window.close()
    } else {
      var window = try Window<Bool>(count: 5, on: world)
      do { try window.fence().end() }
      let own = (0..<5).map { window.span[$0] }
      var fenced = [Bool](repeating: false, count: 5)
      do {
        var epoch = try window.fence()
        try epoch.get(into: fenced.mutableSpan, from: 0)
        try epoch.end()
      }
      try world.barrier()
      var (into, requested) = (fenced, fenced)
      let (array, one, fetched) = try window.withLock(on: 0, .shared) { target in
        try target.get(into: into.mutableSpan)
        let reading = try target.immediate.get(into: requested.mutableSpan)
        try reading.wait()
        return (
          try target.get(count: 5), try target.get(at: 4),
          try target.fetchAndReduce(false, .noOp, at: 3)
        )
      }
      try world.barrier()
      try window.close()
      #expect(raw(own) == expected)
      #expect(raw(fenced) == expected)
      #expect(raw(into) == expected)
      #expect(raw(requested) == expected)
      #expect(raw(array) == expected)
      #expect(raw([one, fetched]) == [1, 1])
    }
  }
}
