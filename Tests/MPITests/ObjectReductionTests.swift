import MPI
import Support
import Testing

@Suite("Reductions of values") struct ObjectReductionTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  typealias Fragile = ObjectMessageTests.Fragile

  /// A text of another length on every rank.
  private func text(_ rank: Int, _ length: Int) -> String {
    String(repeating: "\(rank).", count: length + rank)
  }

  @Test("As a fold by hand, to every root: concatenation", arguments: [1, 100, 200_000])
  func concatenation(length: Int) throws {
    let expected = (0..<world.size).map { text($0, length) }.reduce("", +)
    let mine = text(world.rank, length)
    var results: [String?] = []
    for root in 0..<world.size { results.append(try world.reduce(encoding: mine, to: root, +)) }
    let all = try world.allReduce(encoding: mine, +)
    #expect(results == (0..<world.size).map { world.rank == $0 ? expected : nil })
    #expect(all == expected)
  }

  /// Whole functions of a small set, which are combined by applying one after the other.
  struct Permutation: Codable, Equatable {
    var images: [Int]

    init(_ rank: Int) {
      var random = SplitMix(rank)
      images = Array(0..<10).shuffled(using: &random)
    }

    static func combine(_ first: Permutation, _ second: Permutation) -> Permutation {
      var result = first
      result.images = first.images.map { second.images[$0] }
      return result
    }
  }

  @Test("On parts of the world, of every size: permutations, which do not commute") func parts()
    throws
  {
    for count in 1...world.size {
      let part = try world.split(color: world.rank < count ? 0 : nil)
      guard let part else { continue }
      let mine = Permutation(part.rank)
      let expected = (1..<max(count, 1)).reduce(Permutation(0)) {
        Permutation.combine($0, Permutation($1))
      }
      for root in 0..<count {
        let result = try part.reduce(encoding: mine, to: root, Permutation.combine)
        #expect(result == (part.rank == root ? expected : nil))
      }
      #expect(try part.allReduce(encoding: mine, Permutation.combine) == expected)
    }
  }

  @Test("The tree has logarithmic depth, and no rank combines more often") func depth() throws {
    var calls = 0
    let result = try world.reduce(encoding: 0, to: 0) {
      calls += 1
      return max($0, $1) + 1
    }
    var depth = 0
    while 1 << depth < world.size { depth += 1 }
    #expect(result == (world.rank == 0 ? depth : nil))
    #expect(calls <= depth)
  }

  @Test("Messages of the program's own stay out of it") func context() throws {
    // There before the reduction, and in the way of a receive from any with any tag.
    let sending = try world.immediate.send(encoding: "own", to: world.right)
    let receiving = try world.immediate.receive(decoding: String.self, from: .any, tag: .any)
    let all = try world.allReduce(encoding: "\(world.rank) ", +)
    let copy = try world.duplicated().allReduce(encoding: "\(world.rank) ", +)
    let (own, status) = try receiving.waitWithStatus()
    try sending.wait()
    #expect(all == (0..<world.size).map { "\($0) " }.joined())
    #expect(copy == all)
    #expect(own == "own")
    #expect(status.source == world.left)
  }

  /// Multiplication does not commute, and wraps around, which keeps it associative.
  struct Matrix: Codable, Equatable {
    var rows: [[Int]]

    init(_ rank: Int) {
      var random = SplitMix(rank + 1)
      rows = (0..<2).map { _ in (0..<2).map { _ in Int.random(in: -9...9, using: &random) } }
    }

    static func * (left: Matrix, right: Matrix) -> Matrix {
      var product = left
      for row in 0..<2 {
        for column in 0..<2 {
          product.rows[row][column] =
            left.rows[row][0] &* right.rows[0][column] &+ left.rows[row][1]
            &* right.rows[1][column]
        }
      }
      return product
    }
  }

  @Test("Scans as a fold by hand: concatenation", arguments: [1, 100, 200_000])
  func scanOfTexts(length: Int) throws {
    let before = (0..<world.rank).map { text($0, length) }.reduce("", +)
    let mine = text(world.rank, length)
    let inclusive = try world.scan(encoding: mine, +)
    let exclusive = try world.exclusiveScan(encoding: mine, +)
    #expect(inclusive == before + mine)
    #expect(exclusive == (world.rank == 0 ? nil : before))
  }

  @Test("Scans and reductions of matrices, on parts of the world of every size") func matrices()
    throws
  {
    for count in 1...world.size {
      let part = try world.split(color: world.rank < count ? 0 : nil)
      guard let part else { continue }
      let mine = Matrix(part.rank)
      let before = (0..<part.rank).map(Matrix.init)
      let all = (1..<max(count, 1)).map(Matrix.init).reduce(Matrix(0), *)
      let inclusive = try part.scan(encoding: mine, *)
      let exclusive = try part.exclusiveScan(encoding: mine, *)
      let reduced = try part.reduce(encoding: mine, to: count - 1, *)
      let everywhere = try part.allReduce(encoding: mine, *)
      #expect(exclusive == (before.isEmpty ? nil : before.dropFirst().reduce(before[0], *)))
      #expect(inclusive == (exclusive.map { $0 * mine } ?? mine))
      #expect(reduced == (part.rank == count - 1 ? all : nil))
      #expect(everywhere == all)
    }
  }

  @Test("Scans have logarithmic depth, and no rank combines more often") func depthOfScans() throws
  {
    var (calls, exclusiveCalls) = (0, 0)
    let inclusive = try world.scan(encoding: 0) {
      calls += 1
      return max($0, $1) + 1
    }
    _ = try world.exclusiveScan(encoding: 0) {
      exclusiveCalls += 1
      return $0 + $1
    }
    // As many doublings as lead to all ranks up to this one, and to all ranks.
    func depth(_ count: Int) -> Int {
      var depth = 0
      while 1 << depth < count { depth += 1 }
      return depth
    }
    #expect(inclusive == depth(world.rank + 1))
    #expect(calls == depth(world.rank + 1))
    #expect(exclusiveCalls <= 2 * depth(world.size))
  }

  @Test("A scan with a value that cannot be encoded, or decoded, fails where that is needed")
  func failuresOfScans() throws {
    for number in [13, -1] {
      for bad in 0..<world.size {
        let mine = Fragile(world.rank == bad ? number : world.rank == 13 ? 14 : world.rank)
        for excludingOwn in [false, true] {
          var failure: MPIError?
          var result: Fragile?
          // What a bad value has come to is bad.
          let combine = { (left: Fragile, right: Fragile) in left.number == number ? left : right }
          do {
            result =
              try excludingOwn
              ? world.exclusiveScan(encoding: mine, combine)
              : world.scan(encoding: mine, combine)
          } catch {
            failure = error as? MPIError
          }
          let after = try world.scan(encoding: [world.rank], +)
          #expect(after == Array(0...world.rank))
          if world.rank < bad {
            #expect(failure == nil)
            #expect(result?.number == (excludingOwn ? nil : world.rank) || excludingOwn)
          } else if world.rank > bad {
            #expect(failure?.code == .conversion)
            if number == 13 {
              #expect(failure?.message == "rank \(bad) cannot encode Fragile: thirteen")
            }
          } else if number == 13, world.rank + 1 < world.size {
            // Whoever has to pass it on; what goes nowhere need not be encoded.
            #expect(failure?.code == .conversion)
          } else {
            #expect(failure == nil)
          }
        }
      }
    }
  }

  @Test("A value that cannot be encoded, or decoded: no rank waits, and the next one is right")
  func failures() throws {
    for number in [13, -1] {
      for bad in 0..<world.size {
        let mine = Fragile(world.rank == bad ? number : world.rank == 13 ? 14 : world.rank)
        for root in 0..<world.size {
          var failure: MPIError?
          var result: Fragile?
          do {
            result = try world.reduce(encoding: mine, to: root) { left, right in
              left.number == number ? left : right.number == number ? right : left
            }
          } catch {
            failure = error as? MPIError
          }
          let after = try world.reduce(encoding: [world.rank], to: root, +)
          // The root has either the value itself, where it has gone nowhere, or an error.
          if world.rank == root {
            #expect(failure?.code == .conversion || (bad == 0 && root == 0))
            #expect((failure == nil) == (result != nil))
          } else {
            #expect(result == nil)
          }
          #expect(after == (world.rank == root ? Array(0..<world.size) : nil))
        }
      }
    }
    // All ranks learn which one it was.
    let bad = world.size - 1
    let error = expectError(.conversion) {
      _ = try world.allReduce(encoding: Fragile(world.rank == bad ? 13 : 1)) { left, _ in left }
    }
    if world.size > 1, world.rank != bad {
      #expect(error?.message == "rank \(bad) cannot encode Fragile: thirteen")
    }
    #expect(try world.allReduce(encoding: [world.rank], +) == Array(0..<world.size))
  }
}
