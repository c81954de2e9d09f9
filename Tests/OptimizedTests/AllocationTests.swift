import MPI
import Synchronization
import Support
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

#if DEBUG
  private let isOptimized = false
#else
  private let isOptimized = true
#endif

private let allocations = Atomic<Int>(0)

/// Counts the objects that Swift's runtime allocates.
///
/// The runtime calls through a variable, made for tools that look into memory; here it is pointed at a function that counts.
private enum Counter {
  typealias Allocate =
    @convention(c) (UnsafeRawPointer?, Int, Int) -> UnsafeMutableRawPointer?

  nonisolated(unsafe) static var original: Allocate?

  /// Where the runtime keeps the function, and the flag that makes it look there; `nil` in a runtime without them.
  private static func symbol(_ name: String) -> UnsafeMutableRawPointer? {
    unsafe dlsym(unsafe dlopen(nil, RTLD_NOW), name)
  }

  static var isPossible: Bool { unsafe symbol("_swift_allocObject") != nil }

  static func count(_ body: () throws -> Void) rethrows -> Int {
    guard let place = unsafe symbol("_swift_allocObject") else { return 0 }
    let flag = unsafe symbol(
      "_swift_enableSwizzlingOfAllocationAndRefCountingFunctions_forInstrumentsOnly")
    let function = unsafe place.assumingMemoryBound(to: Allocate?.self)
    unsafe original = unsafe function.pointee
    let counting: Allocate = { type, size, alignment in
      allocations.add(1, ordering: .relaxed)
      return unsafe Counter.original?(type, size, alignment)
    }
    unsafe flag?.storeBytes(of: 1, as: UInt8.self)
    unsafe function.pointee = counting
    defer {
      unsafe function.pointee = unsafe original
      unsafe flag?.storeBytes(of: 0, as: UInt8.self)
    }
    let before = allocations.load(ordering: .relaxed)
    try body()
    return allocations.load(ordering: .relaxed) - before
  }
}

final class Probe {
  let number: Int
  init(_ number: Int) { self.number = number }
}

@Suite(
  "No allocation on the hot path",
  .enabled(if: isOptimized && Counter.isPossible, "needs a release build, where code is inlined"))
struct AllocationTests {
  let world: Communicator
  init() throws { world = try TestWorld.world.duplicated() }

  @inline(never) func make(_ number: Int) -> Probe { Probe(number) }

  @Test("The counter counts") func counter() {
    var sum = 0
    let counted = Counter.count { for number in 0..<100 { sum += make(number).number } }
    #expect(sum == 4950)
    #expect(counted >= 100)
  }

  @Test("1000 sends and receives of spans") func spans() throws {
    let mine = [Double](repeating: 1, count: 64)
    var received = [Double](repeating: 0, count: 64)
    let counted = try Counter.count {
      for _ in 0..<1000 {
        let receiving = try world.immediate.receive(
          into: received.mutableSpan, from: world.left)
        let sending = try world.immediate.send(mine.span, to: world.right)
        try sending.wait()
        try receiving.wait()
        try world.sendReceive(
          mine.span, to: world.right, into: received.mutableSpan, from: world.left)
      }
    }
    #expect(received == mine)
    #expect(counted < 10)
  }

  @Test("1000 exchanges") func exchanges() throws {
    let mine = [1, 2, 3]
    var received = [0, 0, 0]
    let counted = try Counter.count {
      for _ in 0..<1000 {
        var exchange = world.exchange()
        try exchange.receive(into: received.mutableSpan, from: world.left)
        try exchange.send(mine.span, to: world.right)
        try exchange.wait()
      }
    }
    #expect(received == mine)
    #expect(counted < 10)
  }

  @Test("1000 starts of persistent operations") func persistent() throws {
    var sending = try world.persistent.send([1, 2, 3].span, to: world.right)
    var receiving = try world.persistent.receive(Int.self, count: 3, from: world.left)
    var halo = world.persistent.exchange()
    let ghost = try halo.receive(Int.self, count: 3, from: world.left, tag: 1)
    let edge = try halo.send(Int.self, count: 3, to: world.right, tag: 1)
    var sum = 0
    let counted = try Counter.count {
      for step in 0..<1000 {
        sending[0] = step
        halo[edge, 2] = step
        let arriving = try receiving.start()
        let leaving = try sending.start()
        try leaving.wait()
        try arriving.wait()
        let active = try halo.start()
        try active.wait()
        sum += receiving[0] + halo[ghost, 2]
      }
    }
    #expect(sum == 999 * 1000)
    #expect(counted < 10)
  }

  @Test("1000 messages to a server, by any and by some") func server() throws {
    var inbox = world.persistent.exchange()
    let slot = try inbox.receive(Int.self, count: 1, from: .any)
    let mine = [7]
    var done: [CompletedOperation] = []
    done.reserveCapacity(1)
    var sum = 0
    let counted = try Counter.count {
      for step in 0..<1000 {
        try inbox.start(slot)
        let leaving = try world.immediate.send(mine.span, to: world.right)
        if step.isMultiple(of: 2) {
          _ = try inbox.waitAny()
        } else {
          try inbox.waitSome(&done)
        }
        try leaving.wait()
        sum += inbox[slot, 0]
      }
    }
    #expect(sum == 7000)
    #expect(counted < 10)
  }

  @Test("1000 reductions of a local pair") func local() throws {
    let left = [1.0, 2.0]
    var right = [0.0, 0.0]
    let counted = try Counter.count {
      for _ in 0..<1000 { try Reduction.sum.combine(left.span, into: right.mutableSpan) }
    }
    #expect(right == [1000, 2000])
    #expect(counted < 10)
  }

  @Test("1000 reductions to all") func reductions() throws {
    let mine = [1.0, 2.0]
    var sums = [0.0, 0.0]
    let counted = try Counter.count {
      for _ in 0..<1000 {
        try world.allReduce(mine.span, into: sums.mutableSpan, .sum)
        sums[0] += try world.allReduce(1.0, .sum)
      }
    }
    #expect(sums == [2 * Double(world.size), 2 * Double(world.size)])
    #expect(counted < 10)
  }
}
