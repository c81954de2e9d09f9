extension TaskScheduler {
  /// How tasks are handed out.
  public struct Options: Sendable, Equatable {
    /// Seconds of work that a worker has ahead of what it runs, at most.
    public var lookahead = 0.05
    /// Seconds before a failed task is tried again; doubled with each further try.
    public var retryDelay = 1.0
    /// What the doubling ends at.
    public var maximalRetryDelay = 60.0
    /// How many workers may be lost while they run the same task: it has failed then, as it may be
    /// what ends them.
    public var maximalLosses = 3
    /// Has tasks begin in an order that is a function of this number, instead of the list's.
    public var shuffleSeed: UInt64?

    /// The defaults above.
    public init() {}
  }

  /// What has become of a task.
  public enum State: UInt8, Sendable {
    /// It waits for others, or to be released.
    case blocked
    /// It waits for a worker.
    case ready
    /// It waits for its next try.
    case delayed
    /// A worker has it.
    case handed
    /// It has succeeded.
    case done
    /// Its last try has failed.
    case failed
    /// One that it waited for has failed.
    case skipped
    /// Its time limit, or that of one that it waits for, does not fit into what is left.
    case unfitting
  }

  /// Tasks for one worker.
  public struct Assignment: Sendable, Equatable {
    /// Who runs them.
    public var worker: Int
    /// In the order in which they are to begin.
    public var tasks: [Int]
  }

  /// What the end of a try means for its task.
  public enum Outcome: Sendable, Equatable {
    /// It has succeeded.
    case done
    /// It will be tried again, not before that time.
    case retried(notBefore: Double)
    /// It has failed for good; those that waited for it will not run.
    case failed(skipped: [Int])
  }

  struct Entry: Sendable {
    var weight: Float = .nan
    var timeLimit: Float = .infinity
    /// Seconds that it was taken to need when it was handed out.
    var expected: Float = 0
    var blockers: Int32 = 1
    var firstDependent: Int32 = -1
    /// The neighbours in the list of what a worker has.
    var next: Int32 = -1
    var previous: Int32 = -1
    var worker: Int32 = -1
    var retries: UInt16 = 0
    var attempt: UInt16 = 0
    var losses: UInt8 = 0
    var state = State.blocked
  }

  struct Edge: Sendable {
    var dependent: Int32
    var next: Int32
  }

  struct Worker: Sendable {
    var slots: Int
    var isAlive = true
    var isHungry = false
    /// How many tasks it has, the first of them, and the seconds that they were taken to need.
    var count = 0
    var head: Int32 = -1
    var expected = 0.0
    var freeSlots: Int { isAlive ? max(0, slots - count) : 0 }
  }

  struct Delayed: Comparable, Sendable {
    var time: Double
    var task: Int32
    static func < (left: Self, right: Self) -> Bool {
      (left.time, left.task) < (right.time, right.task)
    }
  }
}
