public import MPI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Work that creates more work, shared by all ranks until none is left anywhere.
///
///     let pool = try WorkPool<Region>(on: world)
///     try pool.run(world.rank == 0 ? [whole] : [], batch: 16) { regions, created in
///       for i in regions.indices where regions[i].needsSplitting { created += regions[i].halves }
///     }
///     // The same regions are processed at any number of ranks; which rank had which is open.
///
/// Each rank works on the newest items of its own, so that a tree is walked in depth and little is
/// stored. A rank that runs out asks its neighbours, which are 2^k ranks further on, and then waits:
/// a neighbour that has items, or gets some, gives away an equal share of its oldest. So work
/// spreads from any rank to all, in O(log `size`) steps, and waiting ranks send nothing. (The
/// neighbours are the lifelines of V. Saraswat et al., *Lifeline-based global load balancing*, PPoPP
/// 2011, §3; we know no random victims.)
///
/// That all is done is found by counting messages: twice in succession, all ranks, each at a time
/// when it has no work, add up what they have sent and received, and all that was received the first
/// time is all that was sent the second time (F. Mattern, *Algorithms for distributed termination
/// detection*, Distributed Computing 2, 1987, §4.1, the four counters). The sums are nonblocking
/// reductions, which a rank enters only when idle: working ranks pay nothing for them.
public final class WorkPool<Item: Datatype> {
  /// What a run has come to on one rank.
  public struct Summary: Equatable, Sendable {
    /// The items that this rank has processed.
    public var processed = 0
    /// The items that this rank has got from others.
    public var received = 0
    /// The messages that this rank has sent: with items, or asking for some.
    public var messages = 0
  }

  private let communicator: Communicator
  private let neighbours: [Int]
  private var run = 0

  /// The state of a run. `items[head...]` is this rank's work, oldest first.
  private var items: [Item] = []
  private var head = 0
  private var sent = 0
  private var received = 0
  private var summary = Summary()
  /// Those that wait for items from here.
  private var waiting: [Int] = []
  /// Whether the neighbour of the same index knows that this rank waits.
  private var isRegistered: [Bool] = []

  /// Makes a pool, with a communicator of its own.
  ///
  /// **Collective**: every rank of the communicator calls it. A pool may be used for any number of
  /// runs, one after the other.
  public init(on communicator: Communicator) throws {
    self.communicator = try communicator.duplicated()
    let (rank, size) = (communicator.rank, communicator.size)
    var neighbours: [Int] = []
    var step = 1
    while step < size {
      neighbours.append((rank + step) % size)
      step *= 2
    }
    self.neighbours = neighbours
  }

  /// Processes items, and all that these create, on all ranks.
  ///
  /// **Collective**: every rank calls it, with items of its own or none, and all return together.
  ///
  /// A rank that is working answers others after each batch, so that a batch should not take longer
  /// than they may wait; near the end batches are smaller, so that there is something left to give.
  ///
  /// - Parameters:
  ///   - initial: This rank's items to begin with.
  ///   - batch: The most items that are processed at once.
  ///   - process: Processes some items, and appends those that they create. It must not
  ///     communicate, and cannot throw: a rank that fails alone should remember that, create
  ///     nothing more, and tell the others after the run.
  /// - Returns: What this rank has done.
  /// - Complexity: O(log `size`) messages for each time that a rank runs out of work.
  @discardableResult
  public func run(
    _ initial: [Item], batch: Int = 1,
    process: (_ items: Span<Item>, _ created: inout [Item]) -> Void
  ) throws -> Summary {
    precondition(batch > 0, "a batch of \(batch) items")
    begin(with: initial)
    if communicator.size == 1 {
      while hasWork { step(batch, process) }
    } else {
      try share(batch, process)
    }
    items = []
    return summary
  }

  private func begin(with initial: [Item]) {
    items = initial
    head = 0
    (sent, received) = (0, 0)
    summary = Summary()
    waiting = []
    isRegistered = neighbours.map { _ in false }
    run += 1
  }

  private var hasWork: Bool { head < items.count }

  private func step(_ batch: Int, _ process: (Span<Item>, inout [Item]) -> Void) {
    let available = items.count - head
    let count = min(batch, waiting.isEmpty ? available : (available + 1) / 2)
    let taken = Array(items.suffix(count))
    items.removeLast(count)
    process(taken.span, &items)
    summary.processed += count
    if head == items.count {
      items.removeAll(keepingCapacity: true)
      head = 0
    }
  }

  // MARK: - Sharing

  /// Two successive sums with nothing under way end the run.
  private func share(
    _ batch: Int, _ process: (Span<Item>, inout [Item]) -> Void
  ) throws {
    var receivedBefore = -1
    let communicator = communicator
    while true {
      try workUntilIdle(batch, process)
      let counts = [sent, received]
      var totals = [0, 0]
      var sum = try communicator.immediate.allReduce(counts, into: &totals, .sum)
      var fruitless = 0
      summing: while true {
        switch try sum.test() {
        case .complete: break summing
        case .pending(let request): sum = request
        }
        let messages = received
        try poll()
        if hasWork { try workUntilIdle(batch, process) }
        fruitless = received == messages ? fruitless + 1 : 0
        // With more ranks than cores, someone else has work to do on this one.
        if fruitless > 100 { sched_yield() }
      }
      if totals[0] == receivedBefore { return }
      receivedBefore = totals[1]
    }
  }

  private func workUntilIdle(
    _ batch: Int, _ process: (Span<Item>, inout [Item]) -> Void
  ) throws {
    while true {
      try poll()
      try give()
      guard hasWork else { break }
      step(batch, process)
    }
    for index in neighbours.indices where !isRegistered[index] {
      isRegistered[index] = true
      try deliver([], to: neighbours[index])
    }
  }

  /// Gives those that wait equal shares of the oldest items.
  private func give() throws {
    while !waiting.isEmpty && items.count - head > 1 {
      let share = max(1, (items.count - head) / (waiting.count + 1))
      let destination = waiting.removeFirst()
      let given = Array(items[head..<(head + share)])
      head += share
      if head > items.count / 2 {
        items.removeFirst(head)
        head = 0
      }
      try deliver(given, to: destination)
    }
  }

  /// Sends items, or nothing, which asks for some. Messages are taken in meanwhile, so that two
  /// ranks that send to each other cannot block.
  private func deliver(_ given: [Item], to destination: Int) throws {
    sent += 1
    summary.messages += 1
    let communicator = communicator
    var sending = try communicator.immediate.send(given, to: destination, tag: tag)
    while true {
      switch try sending.test() {
      case .complete: return
      case .pending(let request): sending = request
      }
      try poll()
    }
  }

  /// Takes in all messages that have come.
  private func poll() throws {
    let communicator = communicator
    while let message = try communicator.immediate.matchedProbe(from: .any, tag: tag) {
      guard let source = message.status.source else { continue }
      let new = try message.receive(Item.self)
      received += 1
      guard !new.isEmpty else {
        waiting.append(source)
        continue
      }
      summary.received += new.count
      items += new
      if let index = neighbours.firstIndex(of: source) { isRegistered[index] = false }
    }
  }

  /// A rank may be in the next run while another has not yet heard of the end of this one.
  private var tag: MessageTag { MessageTag(rawValue: CInt(run % 2)) }
}
