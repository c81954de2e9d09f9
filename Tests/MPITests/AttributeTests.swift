import Foundation
import MPI
import Synchronization
import Testing

@Suite("Attributes (MPI 3.1 §6.7)") struct AttributeTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  /// Counts the values of its kind that exist.
  final class Tracked: Sendable {
    static let alive = Mutex(0)
    let text: String

    init(_ text: String) {
      self.text = text
      Self.alive.withLock { $0 += 1 }
    }
    deinit { Self.alive.withLock { $0 -= 1 } }
  }

  @Test("Values under keys of any type") func values() throws {
    let name = AttributeKey<String>()
    let pair = AttributeKey<(Int, [Double])>()
    #expect(world[name] == nil)
    world[name] = "grid"
    world[pair] = (3, [0.5])
    #expect(world[name] == "grid")
    #expect(world[pair]?.0 == 3 && world[pair]?.1 == [0.5])
    world[name] = "halo"
    #expect(world[name] == "halo")
    world[name] = nil
    #expect(world[name] == nil)
    // Taking away what is not there.
    world[name] = nil
    // Another key of the same type is another key, and other communicators have values of their own.
    #expect(world[AttributeKey<String>()] == nil)
    #expect(Communicator.selfOnly[pair] == nil)
  }

  @Test("Duplicates: none, shared, copied") func duplication() throws {
    let none = AttributeKey<Int>()
    let shared = AttributeKey<Tracked>(onDuplicate: .shared)
    let copied = AttributeKey<Int>(onDuplicate: .copied { $0 + 1 })
    let dropped = AttributeKey<Int>(onDuplicate: .copied { $0 > 5 ? $0 : nil })
    let tracked = Tracked("shared")
    world[none] = 1
    world[shared] = tracked
    world[copied] = 10
    world[dropped] = 5
    let once = try world.duplicated()
    let twice = try once.duplicated()
    #expect(once[none] == nil)
    #expect(once[shared] === tracked)
    #expect(twice[shared] === tracked)
    #expect(once[copied] == 11)
    #expect(twice[copied] == 12)
    #expect(once[dropped] == nil)
    // The original's are as they were, also when the copies change.
    twice[copied] = 0
    #expect(world[copied] == 10)
    #expect(world[dropped] == 5)
    // A split is no duplicate.
    let part = try #require(try world.split(color: 0))
    #expect(part[shared] == nil)
  }

  @Test("Values go with their communicator, or before") func lifetimes() throws {
    let key = AttributeKey<Tracked>(onDuplicate: .shared)
    let before = Tracked.alive.withLock { $0 }
    do {
      let other = try world.duplicated()
      other[key] = Tracked("first")
      other[key] = Tracked("second")
      #expect(Tracked.alive.withLock { $0 } == before + 1)
      let copy = try other.duplicated()
      other[key] = nil
      #expect(copy[key]?.text == "second")
      #expect(Tracked.alive.withLock { $0 } == before + 1)
    }
    #expect(Tracked.alive.withLock { $0 } == before)
  }

  @Test("A value outlives its key, as long as the communicator lives") func keyGone() throws {
    let before = Tracked.alive.withLock { $0 }
    do {
      let other = try world.duplicated()
      do {
        let key = AttributeKey<Tracked>(onDuplicate: .shared)
        other[key] = Tracked("without a key")
      }
      let copy = try other.duplicated()
      #expect(Tracked.alive.withLock { $0 } == before + 1)
      #expect(copy.size == world.size)
    }
    #expect(Tracked.alive.withLock { $0 } == before)
  }

  @Test("A communicator as the attribute of another") func nested() throws {
    let key = AttributeKey<Communicator>()
    let sum: Int
    do {
      let other = try world.duplicated()
      other[key] = try other.duplicated()
      sum = try #require(other[key]).allReduce(1, .sum)
    }
    #expect(sum == world.size)
  }

  @Test("Attributes of layouts") func layouts() throws {
    let key = AttributeKey<String>()
    let layout = try Layout<Int>.strided(count: 2, stride: 3)
    let copy = layout
    layout[key] = "every third"
    #expect(copy[key] == "every third")
    layout[key] = nil
    #expect(copy[key] == nil)
    // The same key serves communicators.
    world[key] = "world"
    #expect(world[key] == "world")
    #expect(copy[key] == nil)
  }

  @Test("Attributes of the library's (§8.1.2)") func predefined() throws {
    #expect(MessageTag.upperBound.rawValue >= 32_767)
    let size = Communicator.world.size
    let universe = MPI.universeSize
    #expect(universe.map { $0 >= 1 } ?? true)
    let number = MPI.applicationNumber
    #expect(number == nil || number == 0)
    // A clock that is global on one rank is so on all.
    let isGlobal = WallClock.isGlobal
    let all = try world.allGather(isGlobal)
    #expect(all == [Bool](repeating: isGlobal, count: size))
    let file = MPI.fileRank
    #expect(file == Communicator.world.rank)
    let host = MPI.hostRank
    #expect(host.map { (0..<size).contains($0) } ?? true)
  }

  @Test("A new thread is not the one that initialized MPI") func mainThread() {
    let isMain = Mutex(true)
    let done = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      let answer = MPI.isMainThread
      isMain.withLock { $0 = answer }
      done.signal()
    }
    done.wait()
    #expect(isMain.withLock { !$0 })
  }
}
