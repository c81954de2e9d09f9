import MPI
import Testing

@Suite("Shapes of grids (MPI 3.1 §7.5.2)") struct DimensionsTests {
  init() { _ = Job.world }

  @Test("The standard's examples") func examples() throws {
    #expect(try Dimensions.balanced(6, axes: 2) == [3, 2])
    #expect(try Dimensions.balanced(7, axes: 2) == [7, 1])
    #expect(try Dimensions.balanced(6, fixing: [nil, 3, nil]) == [2, 3, 1])
    expectError(.invalidDimensions, by: "MPI_Dims_create") {
      _ = try Dimensions.balanced(7, fixing: [nil, 3, nil])
    }
  }

  @Test("All processes, the largest extent first, the fixed ones as they are", arguments: 1...4)
  func products(axes: Int) throws {
    for count in 1...200 {
      let shape = try Dimensions.balanced(count, axes: axes)
      #expect(shape.size == count)
      #expect(shape.count == axes)
      #expect(shape.extents == shape.extents.sorted(by: >))
      let fixed = try Dimensions.balanced(
        3 * count, fixing: [3] + [Int?](repeating: nil, count: axes))
      #expect(fixed.size == 3 * count && fixed[0] == 3)
    }
  }

  @Test("Axes are as close to each other as they can be") func balance() throws {
    for count in 1...400 {
      // The factor nearest to the square root.
      let lower = (1...count).last { $0 * $0 <= count && count.isMultiple(of: $0) } ?? 1
      #expect(try Dimensions.balanced(count, axes: 2) == [count / lower, lower])
      // Of all triples the one with the smallest maximum, then the smallest second.
      var best = [count, 1, 1]
      for first in 1...count where count.isMultiple(of: first) {
        for second in 1...first where (count / first).isMultiple(of: second) {
          let third = count / first / second
          if third <= second && [first, second].lexicographicallyPrecedes(best) {
            best = [first, second, third]
          }
        }
      }
      #expect(try Dimensions.balanced(count, axes: 3).extents == best)
    }
  }

  @Test("Many processes and many axes") func large() throws {
    #expect(try Dimensions.balanced(1 << 30, axes: 10).extents == [Int](repeating: 8, count: 10))
    // 2⁶ · 3³ · 5² · 7 · 11 · 13 · 17, with 1344 divisors. 17 · 33⁵ is less: some factor is 34 or
    // more.
    let many = try Dimensions.balanced(735_134_400, axes: 6)
    #expect(many.size == 735_134_400 && many[0] == 34)
    #expect(try Dimensions.balanced(Int(Int32.max), axes: 3).extents == [Int(Int32.max), 1, 1])
  }

  @Test("Nothing to find") func complete() throws {
    #expect(try Dimensions.balanced(6, fixing: [2, 3]) == [2, 3])
    #expect(try Dimensions.balanced(1, axes: 0) == [])
    expectError(.invalidDimensions) { _ = try Dimensions.balanced(12, fixing: [2, 3]) }
    expectError(.invalidDimensions) { _ = try Dimensions.balanced(2, axes: 0) }
  }

  @Test("A value") func value() {
    let shape: Dimensions = [3, 2, 4]
    #expect(shape.size == 24)
    #expect(Array(shape) == [3, 2, 4])
    #expect(shape.description == "3 × 2 × 4")
    #expect(Dimensions([]).size == 1)
    #expect(Dimensions([]).description == "1")
  }
}

/// A grid, and what is known of it without asking the library: ranks are in row-major order.
struct Grid: CustomTestStringConvertible {
  let extents: [Int]
  let periodic: [Bool]

  var testDescription: String { "\(extents) \(periodic.map { $0 ? "ring" : "walls" })" }
  var size: Int { extents.reduce(1, *) }

  func place(_ rank: Int) -> [Int] {
    var rest = rank
    return extents.reversed().map { extent in
      defer { rest /= extent }
      return rest % extent
    }.reversed()
  }

  func rank(_ place: [Int]) -> Int? {
    var rank = 0
    for axis in extents.indices {
      var coordinate = place[axis]
      if periodic[axis] {
        while coordinate < 0 { coordinate += extents[axis] }
        while coordinate >= extents[axis] { coordinate -= extents[axis] }
      } else if coordinate < 0 || coordinate >= extents[axis] {
        return nil
      }
      rank = rank * extents[axis] + coordinate
    }
    return rank
  }

  func neighbor(_ rank: Int, along axis: Int, _ distance: Int) -> Int? {
    var place = place(rank)
    place[axis] += distance
    return self.rank(place)
  }

  /// Per axis the lower, then the upper neighbor.
  func neighbors(_ rank: Int) -> [Int?] {
    extents.indices.flatMap { [neighbor(rank, along: $0, -1), neighbor(rank, along: $0, 1)] }
  }

  /// Shapes of which each has something of its own, for tests that communicate a lot.
  static func some(_ count: Int) -> [Grid] {
    let grids: [Grid] = [
      Grid(extents: [1], periodic: [true]), Grid(extents: [1], periodic: [false]),
      Grid(extents: [2], periodic: [true]), Grid(extents: [1, 1], periodic: [true, true]),
      Grid(extents: [2, 1], periodic: [false, true]), Grid(extents: [3], periodic: [true]),
      Grid(extents: [1, 3], periodic: [false, false]),
      Grid(extents: [2, 2], periodic: [true, true]),
      Grid(extents: [4], periodic: [false]),
      Grid(extents: [2, 1, 3], periodic: [true, true, true]),
      Grid(extents: [3, 2], periodic: [true, false]), Grid(extents: [7], periodic: [true]),
    ]
    return grids.filter { $0.size <= count }
  }

  /// All shapes for up to `count` processes that tests use, with all kinds of walls.
  static func all(_ count: Int) -> [Grid] {
    let shapes = [
      [1], [2], [3], [4], [5], [7], [1, 1], [2, 1], [1, 2], [2, 2], [3, 2], [2, 3], [1, 4],
      [1, 1, 1],
      [1, 2, 1], [2, 1, 3], [1, 3, 2], [1, 1, 2, 2],
    ]
    return shapes.filter { $0.reduce(1, *) <= count }.flatMap { extents in
      (0..<1 << extents.count).map { bits in
        Grid(extents: extents, periodic: extents.indices.map { bits >> $0 & 1 == 1 })
      }
    }
  }
}

@Suite("Cartesian topologies (MPI 3.1 §7.5)") struct CartesianTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  @Test("Places, ranks and neighbors of all grids") func structure() throws {
    for grid in Grid.all(world.size) {
      let made = try world.cartesian(Dimensions(grid.extents), periodic: grid.periodic)
      #expect((made != nil) == (world.rank < grid.size), "\(grid)")
      guard let made else { continue }
      #expect(made.rank == world.rank && made.size == grid.size)
      #expect(made.dimensions.extents == grid.extents)
      #expect(made.periodic == grid.periodic)
      #expect(made.coordinates == grid.place(world.rank))
      #expect(try made.topology == .cartesian)
      #expect(made.inNeighbors == grid.neighbors(made.rank), "\(grid)")
      #expect(made.outNeighbors == made.inNeighbors)
      for rank in 0..<grid.size {
        #expect(try made.coordinates(of: rank) == grid.place(rank))
        #expect(try made.rank(at: grid.place(rank)) == rank)
      }
      for axis in grid.extents.indices {
        for distance in -9...9 {
          let (lower, upper) = try made.neighbors(along: axis, distance: distance)
          #expect(lower == grid.neighbor(made.rank, along: axis, -distance), "\(grid) \(distance)")
          #expect(upper == grid.neighbor(made.rank, along: axis, distance), "\(grid) \(distance)")
        }
        var far = made.coordinates
        for distance in [-100, -1, 1, 3, 101] {
          far[axis] = made.coordinates[axis] + distance
          #expect(try made.rank(at: far) == grid.rank(far), "\(grid) \(far)")
        }
      }
    }
  }

  @Test("Distances and coordinates beyond 32 bits") func far() throws {
    let ring = try #require(try world.cartesian([world.size], periodic: true))
    let line = try #require(try world.cartesian([world.size]))
    let size = world.size
    let distance = (1 << 40) + 1
    let expected = (world.rank + distance % size) % size
    let (_, upper) = try ring.neighbors(along: 0, distance: distance)
    #expect(upper == expected)
    #expect(try ring.rank(at: [world.rank + distance]) == expected)
    #expect(try line.neighbors(along: 0, distance: distance) == (nil, nil))
    #expect(try line.rank(at: [Int.max]) == nil)
    #expect(try line.rank(at: [Int.min]) == nil)
    #expect(try ring.rank(at: [Int.min]) != nil)
  }

  @Test("A grid without an axis is one process") func empty() throws {
    let point = try world.cartesian([])
    #expect((point != nil) == (world.rank == 0))
    guard let point else { return }
    #expect(point.size == 1 && point.coordinates == [] && point.dimensions == [])
    #expect(try point.rank(at: []) == 0)
    #expect(try point.coordinates(of: 0) == [])
    #expect(point.inNeighbors == [])
  }

  @Test("More places than processes") func tooLarge() throws {
    expectError(.invalidDimensions, by: "MPI_Cart_create") {
      _ = try world.cartesian([world.size + 1])
    }
    expectError(.invalidDimensions, by: "MPI_Cart_map") {
      _ = try world.recommendedRank(in: [world.size, 2], periodic: [true, false])
    }
    let line = try #require(try world.cartesian([world.size]))
    for rank in [-1, world.size, Int.max] {
      expectError(.invalidRank, by: "MPI_Cart_coords") { _ = try line.coordinates(of: rank) }
    }
  }

  @Test("Reordered, every process has a place of its own") func reordering() throws {
    let shape = try Dimensions.balanced(world.size, axes: 2)
    let grid = try #require(try world.cartesian(shape, periodic: true, reordering: true))
    let ranks = try grid.allGather(grid.rank)
    let best = try world.recommendedRank(in: shape, periodic: [true, true])
    let bests = try world.allGather(best ?? -1)
    #expect(ranks == Array(0..<world.size))
    #expect(
      grid.coordinates == Grid(extents: shape.extents, periodic: [true, true]).place(grid.rank))
    #expect(bests.sorted() == Array(0..<world.size))
    let first = try world.recommendedRank(in: [1], periodic: [false])
    let firsts = try world.allGather(first ?? -1)
    #expect(firsts.sorted() == [Int](repeating: -1, count: world.size - 1) + [0])
    #expect(try world.recommendedRank(in: [], periodic: []) == (world.rank == 0 ? 0 : nil))
  }

  @Test("Rows and columns of a grid (§7.5.7)") func slices() throws {
    let shape = try Dimensions.balanced(world.size, axes: 2)
    let grid = try #require(try world.cartesian(shape, periodic: [true, false]))
    let row = try grid.sliced(keeping: [1])
    let column = try grid.sliced(keeping: [0])
    let point = try grid.sliced(keeping: [])
    let all = try grid.sliced(keeping: [0, 1])
    let inRow = try row.allGather(grid.rank)
    let inColumn = try column.allGather(grid.rank)
    let alone = try point.allGather(grid.rank)
    #expect(row.dimensions == [shape[1]] && row.periodic == [false])
    #expect(row.coordinates == [grid.coordinates[1]])
    #expect(inRow == (0..<shape[1]).map { grid.coordinates[0] * shape[1] + $0 })
    #expect(column.dimensions == [shape[0]] && column.periodic == [true])
    #expect(inColumn == (0..<shape[0]).map { $0 * shape[1] + grid.coordinates[1] })
    #expect(point.dimensions == [] && alone == [grid.rank])
    #expect(all.dimensions == shape && all.periodic == grid.periodic)
    #expect(all.coordinates == grid.coordinates)
  }

  @Test("Duplicates keep the topology") func duplicates() throws {
    let grid = try #require(try world.cartesian([world.size, 1], periodic: [true, false]))
    let second = try grid.duplicated()
    let third = try (grid as Communicator).duplicated()
    let fourth = try CartesianCommunicator(duplicating: third)
    let none = try CartesianCommunicator(duplicating: world)
    let sum = try second.allReduce(1, .sum)
    let right = try #require(try second.neighbors(along: 0).upper)
    let left = try #require(try second.neighbors(along: 0).lower)
    let received = try second.sendReceive(world.rank, to: right, from: left)
    #expect(sum == world.size)
    #expect(received == (world.rank + world.size - 1) % world.size)
    #expect(try second.similarity(to: grid) == .congruent)
    for other in [second, third as? CartesianCommunicator, fourth] {
      let other = try #require(other)
      #expect(other.dimensions == grid.dimensions && other.periodic == grid.periodic)
      #expect(other.coordinates == grid.coordinates && other.inNeighbors == grid.inNeighbors)
    }
    #expect(none == nil)
    #expect(try world.topology == nil)
  }

  @Test("Grids are freed") func freed() throws {
    // Each of these takes two contexts: rings of one are exchanged by messages of their own.
    for _ in 0..<(world.size == 1 ? 35_000 : 500) {
      _ = try Communicator.selfOnly.cartesian([1], periodic: true)
    }
    let last = try #require(try Communicator.selfOnly.cartesian([1], periodic: true))
    #expect(last.inNeighbors == [0, 0])
  }
}
