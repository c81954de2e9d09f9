internal import MPI

/// A task under way to a rank.
struct HandedTask: Equatable, Sendable {
  var attempt: Int
  /// See ``FarmTask/packed``.
  var packed: [UInt8]
  /// Seconds since 1970 until when it must be able to end; it is given back where it cannot.
  var deadline: Double?
}

/// A task that has been running for some time.
struct BegunTask: Equatable, Sendable {
  var task: Int
  var attempt: Int
  var start: Double
}

/// What rank 0 tells the others.
enum FarmOrder: Equatable, Sendable {
  case run([HandedTask])
  /// The reports up to this number are safe with rank 0.
  case acknowledged(Int)
  /// Tasks that have not begun come back, the last ones first.
  case giveBack(Int)
  /// Running tasks are ended, after which the others come back.
  case stop
  case alive
  /// All is over: the status, and whether ranks have been lost, so that MPI cannot be finalized.
  case end(status: Int32, isDamaged: Bool)
}

/// What a rank tells rank 0.
struct FarmReport: Equatable, Sendable {
  /// Ended tasks, which the rank keeps until the report with this number is acknowledged.
  var number = 0
  var ended: [TaskAttempt] = []
  var begun: [BegunTask] = []
  var givenBack: [Int]?
  /// The rank leaves; nothing follows.
  var isLast = false
}

extension Mailbox {
  func send(_ order: FarmOrder, to rank: Int) throws {
    try send(order.packed, to: rank)
  }

  func send(_ report: FarmReport) throws {
    try send(report.packed, to: 0)
  }
}
