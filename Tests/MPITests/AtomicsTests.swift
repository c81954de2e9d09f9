import MPI
import Testing

typealias Number = AtomicDatatype & Numeric & ArithmeticDatatype & Equatable
typealias Bits = AtomicDatatype & BitwiseDatatype & FixedWidthInteger

@Suite("Atomic operations (MPI 3.1 §11.3.4)") struct AtomicsTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  @Test("Fetch-and-add gives each number once") func tickets() throws {
    let window = try Window<Int>(count: 1, on: world)
    var mine: [Int] = []
    try window.withLockAll { ranks in
      for _ in 0..<40 { mine.append(try ranks[0].fetchAndReduce(1, .sum)) }
    }
    let all = try world.allGather(mine.span)
    try window.close()
    #expect(all.sorted() == Array(0..<(40 * world.size)))
    // A rank's own numbers grow.
    #expect(mine == mine.sorted())
  }

  func count<T: Number>(_ type: T.Type) throws {
    let window = try Window<T>(count: 2, on: world)
    let step: T = 1
    try window.withLockAll { ranks in
      for _ in 0..<10 { try ranks[0].fetchAndReduce(step, .sum, at: 1) }
    }
    try world.barrier()
    let last = try window.withLock(on: 0, .shared) { target in
      (try target.get(at: 0), try target.fetchAndReduce(0, .noOp, at: 1))
    }
    try window.close()
    let expected = (0..<(10 * world.size)).reduce(into: 0 as T) { sum, _ in sum += 1 }
    #expect(last.0 == 0)
    #expect(last.1 == expected)
  }

  static let numbers: [any Number.Type] = [
    Int8.self, Int16.self, Int32.self, Int64.self, Int.self, UInt8.self, UInt16.self,
    UInt32.self, UInt64.self, UInt.self, Float.self, Double.self,
  ]

  @Test("Fetch-and-add of all types", arguments: numbers)
  func types(_ type: any Number.Type) throws {
    try count(type)
  }

  @Test("Compare-and-swap: one rank wins each round") func compareAndSwap() throws {
    let window = try Window<Int32>(count: 1, on: world)
    var wins = 0
    try window.withLockAll { ranks in
      for round in 0..<20 as Range<Int32> {
        let before = try ranks[0].compareAndSwap(expected: round, desired: round + 1)
        if before == round { wins += 1 }
        try world.barrier()
      }
    }
    let all = try world.allReduce(wins, .sum)
    let last = try window.withLock(on: 0, .shared) { try $0.get(at: 0) }
    try window.close()
    #expect(all == 20)
    #expect(last == 20)
  }

  func increment<T: Bits>(_ type: T.Type) throws {
    let window = try Window<T>(count: 3, on: world)
    // The classic loop: read, and exchange if nobody else was faster.
    try window.withLockAll { ranks in
      for _ in 0..<5 {
        var seen = try ranks[0].fetchAndReduce(0, .noOp, at: 1)
        while true {
          let before = try ranks[0].compareAndSwap(expected: seen, desired: seen &+ 3, at: 1)
          if before == seen { break }
          seen = before
        }
      }
    }
    try world.barrier()
    let last = try window.withLock(on: 0, .shared) { try $0.get(count: 3) }
    try window.close()
    #expect(last == [0, T(15 * world.size), 0])
  }

  static let integers: [any Bits.Type] = [
    Int8.self, Int16.self, Int32.self, Int64.self, Int.self, UInt8.self, UInt16.self,
    UInt32.self, UInt64.self, UInt.self,
  ]

  @Test("A loop of compare-and-swap, for all integers", arguments: integers)
  func loop(_ type: any Bits.Type) throws {
    try increment(type)
  }

  @Test("Replace, and no operation") func replace() throws {
    let window = try Window<Int>(count: 2, on: world)
    let (first, second, third) = try window.withLock(on: world.rank) { target in
      let first = try target.fetchAndReduce(5, .replace, at: 1)
      let second = try target.fetchAndReduce(9, .noOp, at: 1)
      try target.accumulate(6, .replace, at: 1)
      return (first, second, try target.get(count: 2))
    }
    try window.close()
    #expect(first == 0)
    #expect(second == 5)
    #expect(third == [0, 6])
  }

  @Test("Every predefined reduction") func reductions() throws {
    let window = try Window<Int32>(count: 7, on: world)
    let flags = try Window<Bool>(count: 3, on: world)
    let mine = Int32(world.rank + 1)
    let initial: [Int32] = [0, 1, 1000, -1000, -1, 0, 0]
    try window.withLock(on: world.rank) { try $0.put(initial) }
    try flags.withLock(on: world.rank) { try $0.put([true, false, false]) }
    try world.barrier()
    try window.withLockAll { ranks in
      try ranks[0].accumulate(mine, .sum, at: 0)
      try ranks[0].accumulate(mine, .product, at: 1)
      try ranks[0].accumulate(mine, .min, at: 2)
      try ranks[0].accumulate(mine, .max, at: 3)
      try ranks[0].accumulate(~(1 << mine), .bitwiseAnd, at: 4)
      try ranks[0].accumulate(1 << mine, .bitwiseOr, at: 5)
      try ranks[0].accumulate(mine, .bitwiseXor, at: 6)
    }
    try flags.withLockAll { ranks in
      try ranks[0].accumulate(world.rank != 0, .logicalAnd, at: 0)
      try ranks[0].accumulate(world.rank == 0, .logicalOr, at: 1)
      try ranks[0].accumulate(true, .logicalXor, at: 2)
    }
    try world.barrier()
    let numbers = try window.withLock(on: 0, .shared) { try $0.get(count: 7) }
    let bools = try flags.withLock(on: 0, .shared) { try $0.get(count: 3) }
    try flags.close()
    try window.close()
    let all = 1...Int32(world.size)
    let sum = all.reduce(0, +)
    let product = all.reduce(1, *)
    let cleared = all.reduce(-1 as Int32) { bits, bit in bits & ~(1 << bit) }
    let set = all.reduce(0 as Int32) { bits, bit in bits | 1 << bit }
    let odd = all.reduce(0, ^)
    #expect(numbers == [sum, product, 1, Int32(world.size), cleared, set, odd])
    #expect(bools == [false, true, !world.size.isMultiple(of: 2)])
  }

  @Test("Vectors and located values") func vectors() throws {
    let window = try Window<SIMD3<Double>>(count: 2, on: world)
    let places = try Window<Located<Double>>(count: 1, on: world)
    let mine = [SIMD3<Double>(1, 2, Double(world.rank)), SIMD3<Double>(repeating: 1)]
    let place = [Located(Double(world.rank % 3) + 1, at: world.rank)]
    var before = mine
    try window.withLockAll { ranks in
      try ranks[0].accumulate(mine, .sum)
      try ranks[0].getAccumulate(mine, .noOp, into: &before)
    }
    try places.withLockAll { ranks in try ranks[0].accumulate(place, .maxLocation) }
    try world.barrier()
    let sums = try window.withLock(on: 0, .shared) { try $0.get(count: 2) }
    let best = try places.withLock(on: 0, .shared) { try $0.get(at: 0) }
    try places.close()
    try window.close()
    let n = Double(world.size)
    #expect(sums == [SIMD3(n, 2 * n, n * (n - 1) / 2), SIMD3(repeating: n)])
    let largest = min(world.size, 3)
    #expect(best == Located(Double(largest), at: largest - 1))
    #expect(before[1].x >= 1 && before[1].x <= n)
  }
}
