import Foundation
import MPI
import Support
import Testing

/// More elements than C's int can count, and places in them that are looked at.
///
/// The storage of a sender stays untouched elsewhere, and so takes no memory.
enum Large {
  /// A little more than 2³¹.
  static let count = 1 << 31 + 1000
  /// Fits C's int, but twice as many do not.
  static let half = 1_200_000_000

  /// Whether these tests were asked for, and there is memory for `bytes` on each rank.
  static func isPossible(bytes: Int = 7 << 30) -> Bool {
    ProcessInfo.processInfo.environment["PCOMPUTE_LARGE_TESTS"] == "1" && TestWorld.world.size <= 2
      && availableMemory / ranksOnHost >= bytes
  }

  static let comment: Comment =
    "needs PCOMPUTE_LARGE_TESTS=1, 1 or 2 ranks, and 7 GiB of available memory for each rank"

  private static var ranksOnHost: Int {
    (try? TestWorld.world.split(by: .sharedMemory).size) ?? 1
  }

  /// The memory that this host can still give, in bytes; 0 where the system does not tell.
  private static var availableMemory: Int {
    let text = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
    let number = line?.split(separator: " ").dropFirst().first
    return (number.flatMap { Int($0) } ?? 0) * 1024
  }

  /// Where to look: at both ends, around powers of two at which a count may be cut, and in between.
  static func places(_ count: Int) -> [Range<Int>] {
    let middles = [1 << 26, 1 << 28, 1 << 30, 1 << 31, 7 << 26, count / 2, count / 3]
    let starts = [0, count - 64] + middles.map { $0 - 32 }
    return starts.filter { $0 >= 0 && $0 + 64 <= count }.map { $0..<$0 + 64 }
  }

  static func element(_ rank: Int, _ index: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: (index &* 2_654_435_761) >> 13 &+ rank &* 77)
  }

  /// Storage that no one has written to.
  static func storage<T: Datatype & BitwiseCopyable>(_ type: T.Type, _ count: Int) -> [T] {
    unsafe [T](unsafeUninitializedCapacity: count) { $1 = count }
  }

  /// Storage with the elements of a rank in the places that are looked at.
  static func elements(of rank: Int, _ count: Int = Large.count) -> [UInt8] {
    var result = storage(UInt8.self, count)
    write(rank, into: &result, 0..<count)
    return result
  }

  static func write(_ rank: Int, into storage: inout [UInt8], _ part: Range<Int>) {
    for place in places(part.count) {
      for index in place { storage[part.lowerBound + index] = element(rank, index) }
    }
  }

  /// Whether a part of the storage holds the elements of a rank.
  static func holds(_ storage: [UInt8], _ rank: Int, _ part: Range<Int>? = nil) -> Bool {
    let part = part ?? 0..<storage.count
    return places(part.count).allSatisfy { place in
      place.allSatisfy { storage[part.lowerBound + $0] == element(rank, $0) }
    }
  }

  /// Whether the storage holds the greatest elements of some ranks; `offset` is that of its first element in theirs.
  static func holdsMaximum(
    _ storage: [UInt8], of ranks: Range<Int>, from offset: Int = 0, count: Int = Large.count
  ) -> Bool {
    places(count).joined().allSatisfy { index in
      guard storage.indices.contains(index - offset) else { return true }
      return storage[index - offset] == ranks.map { element($0, index) }.max()
    }
  }
}

@Suite("More than 2³¹ elements, point to point", .enabled(if: Large.isPossible(), Large.comment))
struct LargePointToPointTests {
  let world: Communicator
  init() throws { world = try TestWorld.world.duplicated() }

  @Test("Nonblocking send, receive") func immediate() throws {
    let mine = Large.elements(of: world.rank)
    var received = Large.storage(UInt8.self, Large.count + 5)
    let receiving = try world.immediate.receive(into: received.mutableSpan, from: world.left)
    let sending = try world.immediate.send(mine.span, to: world.right)
    try sending.wait()
    let status = try receiving.wait()
    #expect(status.count(of: UInt8.self) == Large.count)
    #expect(status.byteCount == Large.count)
    #expect(Large.holds(received, world.left, 0..<Large.count))
  }

  @Test("An array of the message's length") func array() throws {
    let mine = Large.elements(of: world.rank)
    let sending = try world.immediate.send(mine.span, to: world.right)
    let status = try world.probe(from: .any)
    let received = try world.receive(UInt8.self, from: world.left)
    try sending.wait()
    #expect(status.count(of: UInt8.self) == Large.count)
    #expect(received.count == Large.count)
    #expect(Large.holds(received, world.left))
  }

  @Test("Blocking, in every mode", arguments: [SendMode.standard, .synchronous])
  func blocking(mode: SendMode) throws {
    guard world.size == 2 else { return }
    if world.rank == 0 {
      let mine = Large.elements(of: 0)
      try world.send(mine.span, to: 1, mode: mode)
    } else {
      var received = Large.storage(UInt8.self, Large.count)
      try world.receive(into: received.mutableSpan, from: 0)
      #expect(Large.holds(received, 0))
    }
  }

  @Test("A matched message that is dropped") func dropped() throws {
    let mine = Large.elements(of: world.rank)
    let sending = try world.immediate.send(mine.span, to: world.right)
    do { _ = try world.matchedProbe(from: world.left) }
    try sending.wait()
    #expect(try world.sendReceive(7, to: world.right, from: world.left) == 7)
  }

  @Test("An exchange") func exchange() throws {
    let mine = Large.elements(of: world.rank)
    var received = Large.storage(UInt8.self, Large.count)
    var exchange = world.exchange()
    try exchange.receive(into: received.mutableSpan, from: .any)
    try exchange.send(mine.span, to: world.right)
    let statuses = try exchange.statuses()
    #expect(statuses.first?.count(of: UInt8.self) == Large.count)
    #expect(Large.holds(received, world.left))
  }

  @Test("Send and receive at once") func sendReceive() throws {
    let mine = Large.elements(of: world.rank)
    var received = Large.storage(UInt8.self, Large.count)
    try world.sendReceive(
      mine.span, to: world.right, into: received.mutableSpan, from: world.left)
    #expect(Large.holds(received, world.left))
  }

  /// Every fourth element of a buffer of more than 2³¹, and more than 2³¹ in one message.
  @Test("Layouts", arguments: [(Large.count / 4, 1, 4), (2, Large.half, Large.half + 100)])
  func layouts(count: Int, length: Int, stride: Int) throws {
    let layout = try Layout<Int8>.strided(count: count, blockLength: length, stride: stride)
    let room = layout.span + 3
    var mine = Large.storage(Int8.self, room)
    let places = Large.places(layout.count).joined().map {
      (index: $0, place: $0 / length * stride + $0 % length + 3)
    }
    for (index, place) in places {
      mine[place] = Int8(bitPattern: Large.element(world.rank, index))
    }
    var received = Large.storage(Int8.self, room)
    let status = try world.sendReceive(
      mine.span.laid(out: layout, at: 3), to: world.right,
      into: received.mutableSpan.laid(out: layout, at: 3), from: world.left)
    #expect(room > 1 << 31)
    #expect(status.byteCount == layout.count)
    #expect(
      places.allSatisfy { index, place in
        received[place] == Int8(bitPattern: Large.element(world.left, index))
      })
  }

  @Test("Send and receive in place") func replacing() throws {
    var storage = Large.elements(of: world.rank)
    try world.sendReceive(replacing: &storage, to: world.right, from: world.left)
    #expect(Large.holds(storage, world.left))
  }

  /// A count that fits, of more than 2³¹ bytes.
  @Test("Bytes over 2³¹, in elements under it") func words() throws {
    let count = 300_000_000
    var mine = Large.storage(Int.self, count)
    for index in Large.places(count).joined() { mine[index] = word(world.rank, index) }
    var received = Large.storage(Int.self, count)
    let status = try world.sendReceive(
      mine.span, to: world.right, into: received.mutableSpan, from: world.left)
    #expect(status.count(of: Int.self) == count)
    #expect(Large.places(count).joined().allSatisfy { received[$0] == word(world.left, $0) })
  }
}

/// What a rank gives as its element `index`.
private func word(_ rank: Int, _ index: Int) -> Int { rank * 1_000_003 + index * 17 + 5 }
