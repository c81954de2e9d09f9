import MPI
import Testing

/// Open MPI 4.1 has dynamic windows only where its network, or its shared memory, can read other processes' memory, and never
/// on a communicator of one process. (Debug builds of this package forbid the latter: see `Job.truncatesSafely`.)
private let areDynamicWindowsPossible: Bool = {
  guard let window = try? DynamicWindow(on: Job.world) else { return false }
  return (try? window.close()) != nil
}()

@Suite(
  "Dynamic windows (MPI 3.1 §11.2.4)",
  .enabled(if: areDynamicWindowsPossible, "the library has no dynamic windows here"))
struct DynamicWindowTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  @Test("Storage of several types is attached, and reached by its address") func attach() throws {
    var field = values(of: world.rank, 6)
    var weights = [Double](repeating: 0.5, count: 3)
    let mine = [10 * world.rank, 10 * world.rank + 1]
    let quarters = [0.25, 0.25]
    var back = [0, 0]
    var window = try DynamicWindow(on: world)
    let flavor = window.flavor
    do {
      let first = try window.attach(&field)
      let second = try window.attach(&weights)
      let fields = try world.allGather(first.address)
      let others = try world.allGather(second.address)
      let (left, right) = (world.left, world.right)
      do {
        var epoch = try window.fence()
        try epoch.put(mine, to: right, at: fields[right][2..<4])
        try epoch.accumulate(quarters, .sum, to: right, at: others[right][1..<3])
        try epoch.get(into: &back, from: left, at: fields[left][4..<6])
        try epoch.end()
      }
      try second.detach()
      try first.detach()
    }
    try window.close()
    let left = world.left
    #expect(flavor == .dynamic)
    #expect(
      field == [0, 1].map { value(world.rank, $0) } + [10 * left, 10 * left + 1]
        + [4, 5].map { value(world.rank, $0) })
    #expect(weights == [0.5, 0.75, 0.75])
    #expect(back == [value(left, 4), value(left, 5)])
  }

  @Test("Under locks") func locked() throws {
    var numbers = [0, 0, 0]
    var copy = [0]
    let window = try DynamicWindow(on: world)
    var (before, all): (Int, [Int]) = (0, [])
    do {
      let attachment = try window.attach(&numbers)
      let addresses = try world.allGather(attachment.address)
      let home = addresses[0]
      try window.withLockAll { ranks in
        before = try ranks[0].fetchAndReduce(1, .sum, at: home)
        let one = [world.rank + 1]
        try ranks[0].accumulate(one, .sum, at: home[1..<2])
        if world.rank == world.size - 1 { try ranks[0].put(one, at: home[2..<3]) }
        try world.barrier()
        all = try ranks[0].get(at: home)
        try ranks[0].get(into: &copy, at: home[2..<3])
      }
      // Nobody detaches before all have read.
      try world.barrier()
      try attachment.detach()
    }
    try window.close()
    let tickets = try world.allGather(before)
    #expect(tickets.sorted() == Array(0..<world.size))
    #expect(all == [world.size, world.size * (world.size + 1) / 2, world.size])
    #expect(copy == [world.size])
  }

  @Test("More elements than an address has") func beyond() throws {
    var storage = [1, 2]
    let three = [1, 2, 3]
    let window = try DynamicWindow(on: world)
    do {
      let attachment = try window.attach(&storage)
      let address = attachment.address
      #expect(address.count == 2)
      #expect(address[1..<2].count == 1)
      try window.withLock(on: world.rank) { target in
        expectError(.oneSidedRange) { try target.put(three, at: address) }
        expectError(.oneSidedRange) { try target.fetchAndReduce(1, .sum, at: address[2..<2]) }
      }
      try attachment.detach()
    }
    try window.close()
    #expect(storage == [1, 2])
  }

  @Test("What is attached is dropped, before and after the window is closed") func dropped() throws
  {
    var storage = [1]
    var other = [2]
    var nothing: [Int] = []
    for _ in 0..<3 {
      let window = try DynamicWindow(on: world)
      do { _ = try window.attach(&storage) }
      let attachment = try window.attach(&other)
      let empty = try window.attach(&nothing)
      let count = attachment.span.count + empty.span.count
      try window.close()
      #expect(count == 1)
    }
    storage[0] += 1
    other[0] += 1
    #expect(storage + other == [2, 3])
  }
}
