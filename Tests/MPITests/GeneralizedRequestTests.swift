import Foundation
import MPI
import Synchronization
import Testing

@Suite("Requests of the program's own (MPI 3.1 §12.2)") struct GeneralizedRequestTests {
  let world: Communicator
  init() throws { world = try Job.communicator() }

  @Test("Completed before the wait, with a status") func complete() throws {
    let operation = GeneralizedRequest()
    let request = try operation.start()
    let before = try request.isComplete()
    var outcome = GeneralizedRequest.Outcome()
    outcome.setCount(12, of: Double.self)
    outcome.source = 0
    outcome.tag = 77
    try operation.complete(outcome)
    var after = try request.isComplete()
    while !after { after = try request.isComplete() }
    let status = try request.wait()
    #expect(!before)
    #expect(status.count(of: Double.self) == 12)
    #expect(status.byteCount == 96)
    #expect(status.source == 0)
    #expect(status.tag == 77)
    #expect(!status.isCancelled)
  }

  @Test("Completed by another thread, and started again") func thread() throws {
    let operation = GeneralizedRequest()
    var counts: [Int] = []
    for round in 1...20 {
      let request = try operation.start()
      Thread.detachNewThread {
        if round.isMultiple(of: 2) { usleep(500) }
        var outcome = GeneralizedRequest.Outcome()
        outcome.setCount(round, of: Int32.self)
        try? operation.complete(outcome)
      }
      let status = try request.wait()
      counts.append(status.count(of: Int32.self))
    }
    #expect(counts == Array(1...20))
  }

  @Test("Without a word of the outcome") func empty() throws {
    let operation = GeneralizedRequest()
    let request = try operation.start()
    try operation.complete()
    let status = try request.wait()
    #expect(status.byteCount == 0)
    #expect(status.source == nil)
    #expect(!status.isCancelled)
  }

  @Test("The closures are called: query, then free") func closures() throws {
    let calls = Mutex<[String]>([])
    func log(_ call: String) { calls.withLock { $0.append(call) } }
    let operation = GeneralizedRequest(
      query: { outcome in
        calls.withLock { $0.append("query") }
        outcome.setCount(3, of: UInt8.self)
      },
      cancel: { isComplete in calls.withLock { $0.append("cancel \(isComplete)") } },
      free: { calls.withLock { $0.append("free") } })
    let request = try operation.start()
    log("complete")
    try operation.complete()
    log("wait")
    let count = try request.wait().count(of: UInt8.self)
    let all = calls.withLock { $0 }
    #expect(count == 3)
    #expect(all.first == "complete")
    #expect(all.contains("query"))
    #expect(all.last == "free")
    #expect(all.count { $0 == "free" } == 1)
  }

  @Test("Cancelled") func cancel() throws {
    let answers = Mutex<[Bool]>([])
    let operation = GeneralizedRequest(cancel: { isComplete in
      answers.withLock { $0.append(isComplete) }
    })
    let request = try operation.start()
    try request.cancel()
    var outcome = GeneralizedRequest.Outcome()
    outcome.isCancelled = true
    try operation.complete(outcome)
    let status = try request.wait()
    #expect(status.isCancelled)
    #expect(answers.withLock { $0 } == [false])
  }

  @Test("Beside messages in an exchange") func exchange() throws {
    let operation = GeneralizedRequest()
    let mine = [world.rank]
    var received = [-1]
    var order: [Int] = []
    var exchange = world.exchange()
    exchange.add(try operation.start())
    try exchange.receive(into: received.mutableSpan, from: world.left)
    try world.send(mine.span, to: world.right)
    if let one = try exchange.waitAny() { order.append(one.index) }
    try operation.complete()
    if let one = try exchange.waitAny() { order.append(one.index) }
    try exchange.wait()
    #expect(order == [1, 0])
    #expect(received == [world.left])
  }

  @Test("Tested, and dropped") func testAndDrop() throws {
    let freed = Counter()
    let operation = GeneralizedRequest(free: { freed.add() })
    var pending = 0
    var request = try operation.start()
    loop: while true {
      switch try request.test() {
      case .complete: break loop
      case .pending(let same):
        request = same
        if pending == 0 { try operation.complete() }
        pending += 1
      }
    }
    let first = freed.value
    do {
      let second = try operation.start()
      try operation.complete()
      _ = try second.isComplete()
    }
    #expect(pending > 0)
    #expect(first == 1)
    #expect(freed.value == 2)
  }

  @Test("A count beyond C's int") func large() throws {
    let operation = GeneralizedRequest()
    let request = try operation.start()
    var outcome = GeneralizedRequest.Outcome()
    outcome.setCount(5_000_000_000, of: UInt8.self)
    try operation.complete(outcome)
    let bytes = try request.wait().byteCount
    #expect(bytes == 5_000_000_000)
  }
}

private final class Counter: Sendable {
  private let count = Atomic<Int>(0)
  func add() { count.add(1, ordering: .relaxed) }
  var value: Int { count.load(ordering: .relaxed) }
}
