internal import CMPI

/// Those who wait for messages whose size is yet to be found, by what they wait for.
///
/// However many wait for the same, one probe serves them, in the order in which they came.
struct MessageQueues {
  private final class Queue {
    let pattern: Pattern
    private var waiting: [(ticket: Int, operation: AsyncOperation)] = []
    private var start = 0

    init(_ pattern: Pattern) { self.pattern = pattern }

    var isEmpty: Bool { start == waiting.count }
    var ticket: Int { isEmpty ? .max : waiting[start].ticket }
    var all: [AsyncOperation] { waiting[start...].map(\.operation) }

    func append(_ operation: AsyncOperation, _ ticket: Int) { waiting.append((ticket, operation)) }

    func removeFirst() -> AsyncOperation {
      let first = waiting[start].operation
      start += 1
      if start * 2 > waiting.count {
        waiting.removeFirst(start)
        start = 0
      }
      return first
    }

    func remove(_ operation: AsyncOperation) -> Bool {
      guard let index = waiting[start...].firstIndex(where: { $0.operation === operation })
      else { return false }
      waiting.remove(at: index)
      return true
    }
  }

  /// In the order of those who came first, who are served first where several wait for a message.
  private var queues: [Queue] = []
  private var byPattern: [Pattern: Queue] = [:]
  private var nextTicket = 0

  private(set) var count = 0

  var all: [AsyncOperation] { queues.flatMap(\.all) }

  mutating func append(_ operation: AsyncOperation, for pattern: Pattern) {
    nextTicket += 1
    count += 1
    if let queue = byPattern[pattern] {
      queue.append(operation, nextTicket)
      return
    }
    let queue = Queue(pattern)
    byPattern[pattern] = queue
    queues.append(queue)
    queue.append(operation, nextTicket)
  }

  mutating func remove(_ operation: AsyncOperation, for pattern: Pattern) -> Bool {
    guard let queue = byPattern[pattern], queue.remove(operation) else { return false }
    count -= 1
    if queue.isEmpty { tidy() }
    return true
  }

  /// Looks once for each pattern, and on where there was a message.
  ///
  /// - Returns: Whether there was one.
  mutating func serve(
    _ found: (AsyncOperation, Result<(RawMessage, Status), any Error>) -> Void
  ) -> Bool {
    var progress = false
    for queue in queues {
      while !queue.isEmpty {
        let result: Result<(RawMessage, Status), any Error>
        do {
          guard let message = try queue.pattern.find() else { break }
          result = .success(message)
        } catch {
          result = .failure(error)
        }
        progress = true
        // A message that stays is there for all who asked.
        repeat {
          count -= 1
          found(queue.removeFirst(), result)
        } while queue.pattern.isPeek && !queue.isEmpty
      }
    }
    if progress { tidy() }
    return progress
  }

  private mutating func tidy() {
    for queue in queues where queue.isEmpty { byPattern[queue.pattern] = nil }
    queues.removeAll { $0.isEmpty }
    queues.sort { $0.ticket < $1.ticket }
  }
}
