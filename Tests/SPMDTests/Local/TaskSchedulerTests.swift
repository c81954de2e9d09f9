import SPMD
import Testing

/// Plays workers: tasks take the seconds that they are given, and no real time passes.
private struct Simulation {
  struct Running: Comparable {
    var end: Double
    var task: Int
    var worker: Int
    static func < (left: Self, right: Self) -> Bool {
      (left.end, left.task) < (right.end, right.task)
    }
  }

  var scheduler: TaskScheduler
  var durations: [Double]
  var slots: [Int]
  var now = 0.0
  var running: [Running] = []
  var queued: [[Int]]
  var alive: [Bool]
  var starts: [Int] = []
  var finished: [Int] = []
  var largestQueueOfLong = 0
  var messages = 0
  /// Whether a try succeeds.
  var succeeds: (Int, Int) -> Bool = { _, _ in true }

  init(_ scheduler: TaskScheduler, durations: [Double], slots: [Int]) {
    self.scheduler = scheduler
    self.durations = durations
    self.slots = slots
    queued = slots.map { _ in [] }
    alive = slots.map { _ in true }
    for count in slots { _ = self.scheduler.addWorker(slots: count) }
  }

  mutating func fill(_ worker: Int) {
    while running.count(where: { $0.worker == worker }) < slots[worker], !queued[worker].isEmpty {
      let task = queued[worker].removeFirst()
      starts.append(task)
      running.append(Running(end: now + durations[task], task: task, worker: worker))
    }
  }

  mutating func handOut() {
    while let given = scheduler.assign(now: now) {
      messages += 1
      #expect(alive[given.worker])
      queued[given.worker] += given.tasks
      fill(given.worker)
    }
    if let (worker, count) = scheduler.recall() {
      let back = queued[worker].suffix(count)
      queued[worker].removeLast(back.count)
      for task in back { scheduler.giveBack(task) }
      scheduler.endRecall()
      if !back.isEmpty { handOut() }
    }
  }

  mutating func lose(_ worker: Int) {
    alive[worker] = false
    running.removeAll { $0.worker == worker }
    queued[worker] = []
    _ = scheduler.lose(worker)
  }

  /// One event: the next end, or the next retry.
  mutating func step() -> Bool {
    handOut()
    guard let next = running.min() else {
      guard let retry = scheduler.nextRetry else { return false }
      now = max(now, retry)
      return true
    }
    now = next.end
    running.removeAll { $0.task == next.task }
    let good = succeeds(next.task, scheduler.attempt(of: next.task))
    if good { finished.append(next.task) }
    scheduler.finish(next.task, succeeded: good, duration: durations[next.task], now: now)
    fill(next.worker)
    return true
  }

  mutating func run() { while step() {} }
}

@Suite struct TaskSchedulerTests {
  private func tasks(
    _ count: Int, weights: [Double]? = nil, options: TaskScheduler.Options = .init()
  ) -> TaskScheduler {
    var scheduler = TaskScheduler(options: options)
    for index in 0..<count {
      let task = scheduler.add(weight: weights?[index])
      scheduler.release(task)
    }
    return scheduler
  }

  @Test func inTheOrderOfTheList() {
    var simulation = Simulation(
      tasks(100), durations: Array(repeating: 0.01, count: 100), slots: [1])
    simulation.run()
    #expect(simulation.starts == Array(0..<100))
    #expect(simulation.scheduler.isSettled && simulation.scheduler.count(of: .done) == 100)
  }

  @Test func longestFirst() {
    let weights = (0..<50).map { Double(($0 * 37) % 50) }
    var simulation = Simulation(tasks(50, weights: weights), durations: weights, slots: [1])
    simulation.run()
    #expect(simulation.starts.map { weights[$0] } == (0..<50).reversed().map(Double.init))
  }

  @Test func shuffledByASeed() {
    func order(_ seed: UInt64?) -> [Int] {
      var options = TaskScheduler.Options()
      options.shuffleSeed = seed
      var simulation = Simulation(
        tasks(200, options: options), durations: Array(repeating: 1, count: 200), slots: [1])
      simulation.run()
      return simulation.starts
    }
    #expect(order(1) == order(1))
    #expect(order(1) != order(2))
    #expect(order(1) != Array(0..<200))
    #expect(order(1).sorted() == Array(0..<200))
  }

  /// Graham's bounds, for any number of machines: (2 − 1/m) of the best in list order, (4/3 − 1/3m)
  /// longest first. The best is not below the mean load, nor below the longest task.
  @Test func grahamsBounds() {
    var random = RandomStream(seed: 7)
    for machines in [1, 2, 3, 8, 33] {
      for _ in 0..<20 {
        let durations = (0..<Int.random(in: 1...200, using: &random)).map { _ in
          Double.random(in: 1...100, using: &random)
        }
        let bound = max(durations.reduce(0, +) / Double(machines), durations.max() ?? 0)
        let slots = Array(repeating: 1, count: machines)
        var list = Simulation(tasks(durations.count), durations: durations, slots: slots)
        list.run()
        #expect(list.now <= bound * (2 - 1 / Double(machines)) + 1e-9)
        var longest = Simulation(
          tasks(durations.count, weights: durations), durations: durations, slots: slots)
        longest.run()
        // Against the bound instead of the best, longest first has the list's guarantee only; that it
        // is no worse in the sum is what one sees.
        #expect(longest.now <= bound * (2 - 1 / Double(machines)) + 1e-9)
        #expect(longest.scheduler.count(of: .done) == durations.count)
      }
    }
  }

  @Test func shortTasksTravelTogetherLongOnesSingly() {
    var short = Simulation(
      tasks(100_000), durations: Array(repeating: 0.0005, count: 100_000), slots: [1, 1])
    short.run()
    #expect(short.finished.count == 100_000)
    // 50 s of work in messages of some 25 ms or more.
    #expect(short.messages < 4000)
    var long = Simulation(tasks(64), durations: Array(repeating: 100, count: 64), slots: [2, 2])
    while long.step() { #expect(long.queued.allSatisfy { $0.isEmpty }) }
    #expect(long.now == 1600)
  }

  /// Short tasks first, so that many are handed ahead, and then long ones: none is hoarded.
  @Test func nothingIsHoarded() {
    var durations = Array(repeating: 0.001, count: 1000)
    durations += Array(repeating: 10, count: 40)
    var simulation = Simulation(tasks(1040), durations: durations, slots: [1, 1, 1, 1])
    simulation.run()
    #expect(simulation.now < 1000 * 0.001 / 4 + 100 + 0.1)
  }

  @Test func dependencies() {
    var scheduler = TaskScheduler()
    for _ in 0..<6 { _ = scheduler.add() }
    // 5 → 3 → 1, 4 → 1, 0 and 2 alone.
    scheduler.depend(1, on: 3)
    scheduler.depend(1, on: 4)
    scheduler.depend(3, on: 5)
    for task in 0..<6 { scheduler.release(task) }
    #expect(scheduler.cycle() == nil)
    var simulation = Simulation(scheduler, durations: [1, 1, 1, 1, 1, 1], slots: [2])
    simulation.run()
    let place = (0..<6).map { simulation.finished.firstIndex(of: $0) ?? -1 }
    #expect(place.allSatisfy { $0 >= 0 })
    #expect(place[1] > place[3] && place[1] > place[4] && place[3] > place[5])
  }

  @Test func whatWaitsForAFailureIsSkipped() {
    var scheduler = TaskScheduler()
    for _ in 0..<5 { _ = scheduler.add() }
    scheduler.depend(1, on: 0)
    scheduler.depend(2, on: 1)
    scheduler.depend(3, on: 2)
    for task in 0..<5 { scheduler.release(task) }
    var simulation = Simulation(scheduler, durations: [1, 1, 1, 1, 1], slots: [1])
    simulation.succeeds = { task, _ in task != 1 }
    simulation.run()
    #expect(simulation.finished == [0, 4])
    #expect(simulation.scheduler.state(of: 1) == .failed)
    #expect(simulation.scheduler.count(of: .skipped) == 2)
    #expect(simulation.scheduler.isSettled)
    // A task that is added later, too.
    let late = simulation.scheduler.add()
    let mayRun = simulation.scheduler.depend(late, on: 3)
    #expect(!mayRun)
    #expect(simulation.scheduler.state(of: late) == .skipped)
  }

  @Test func cycles() {
    var scheduler = TaskScheduler()
    for _ in 0..<6 { _ = scheduler.add() }
    for (task, other) in [(1, 0), (2, 1), (3, 2), (1, 3), (4, 3)] {
      scheduler.depend(task, on: other)
    }
    for task in 0..<6 { scheduler.release(task) }
    #expect(Set(scheduler.cycle() ?? []) == [1, 2, 3])
    var alone = TaskScheduler()
    _ = alone.add()
    alone.depend(0, on: 0)
    alone.release(0)
    #expect(alone.cycle() == [0])
  }

  @Test func retriesWithBackOff() {
    var options = TaskScheduler.Options()
    options.retryDelay = 2
    options.maximalRetryDelay = 5
    var scheduler = TaskScheduler(options: options)
    let task = scheduler.add(retries: 4)
    scheduler.release(task)
    _ = scheduler.addWorker(slots: 1)
    var now = 0.0
    var times: [Double] = []
    while let given = scheduler.assign(now: now) {
      #expect(given.tasks == [0])
      times.append(now)
      switch scheduler.finish(0, succeeded: false, duration: 0, now: now) {
      case .retried(let next):
        #expect(scheduler.assign(now: next - 0.001) == nil)
        now = next
      case .failed(let skipped): #expect(skipped.isEmpty)
      default: Issue.record("neither retried nor failed")
      }
    }
    #expect(times == [0, 2, 6, 11, 16])
    #expect(scheduler.state(of: 0) == .failed && scheduler.attempt(of: 0) == 5)
  }

  @Test func nothingThatDoesNotFitIntoTheTimeLeft() {
    var scheduler = TaskScheduler()
    for limit in [100.0, 5, 50, 2] { scheduler.release(scheduler.add(timeLimit: limit)) }
    _ = scheduler.addWorker(slots: 4)
    var given: [Int] = []
    while let more = scheduler.assign(now: 0, timeLeft: 10) { given += more.tasks }
    #expect(given == [1, 3])
    #expect(scheduler.count(of: .unfitting) == 2)
  }

  @Test func aTaskThatEndsItsWorkersIsGivenUp() {
    var scheduler = tasks(1)
    var lost = 0
    for _ in 0..<10 { _ = scheduler.addWorker(slots: 1) }
    while let given = scheduler.assign(now: 0) {
      lost += 1
      let result = scheduler.lose(given.worker)
      #expect(result.returned == (lost < 3 ? [0] : []) && result.failed == (lost < 3 ? [] : [0]))
    }
    #expect(lost == 3 && scheduler.state(of: 0) == .failed)
  }

  /// Workers that are lost, fail, give back and come late: all is done, once, in an order that the
  /// dependencies allow.
  @Test(arguments: 0..<60) func randomSchedules(seed: UInt64) {
    var random = RandomStream(seed: seed)
    let count = Int.random(in: 1...400, using: &random)
    var options = TaskScheduler.Options()
    options.maximalLosses = 100
    if seed % 3 == 0 { options.shuffleSeed = seed }
    var scheduler = TaskScheduler(options: options)
    var after: [[Int]] = []
    let isWeighted = seed % 2 == 0
    for task in 0..<count {
      _ = scheduler.add(
        weight: isWeighted ? Double.random(in: 0...10, using: &random) : nil, retries: 3)
      let others =
        task == 0 || Bool.random(using: &random) ? 0 : Int.random(in: 0...3, using: &random)
      after.append((0..<others).map { _ in Int.random(in: 0..<task, using: &random) })
      for other in after[task] { scheduler.depend(task, on: other) }
    }
    for task in (0..<count).reversed() { scheduler.release(task) }
    #expect(scheduler.cycle() == nil)
    let scale = [0.0001, 0.01, 1][Int(seed % 3)]
    let durations = (0..<count).map { _ in Double.random(in: 0...scale, using: &random) }
    let workers = Int.random(in: 1...7, using: &random)
    let slots = (0..<workers).map { _ in Int.random(in: 1...4, using: &random) }
    var simulation = Simulation(scheduler, durations: durations, slots: slots)
    // The first tries of some fail.
    simulation.succeeds = { task, attempt in task % 7 != 3 || attempt > 2 }
    var losses = 0
    var steps = 0
    while simulation.step() {
      steps += 1
      if losses < workers - 1 && steps % 50 == 49 {
        let living = simulation.alive.indices.filter { simulation.alive[$0] }
        simulation.lose(living[Int.random(in: 0..<living.count, using: &random)])
        losses += 1
      }
    }
    #expect(simulation.finished.sorted() == Array(0..<count))
    #expect(simulation.scheduler.isSettled)
    var place = [Int](repeating: 0, count: count)
    for (position, task) in simulation.finished.enumerated() { place[task] = position }
    for task in 0..<count { #expect(after[task].allSatisfy { place[$0] < place[task] }) }
  }

  /// Whoever runs one task, and has none ahead, gets the next before it asks with empty hands.
  @Test func oneIsAlwaysAhead() {
    var scheduler = TaskScheduler()
    for _ in 0..<20 { scheduler.release(scheduler.add()) }
    let worker = scheduler.addWorker(slots: 1)
    #expect(scheduler.assign(now: 0)?.tasks == [0])
    scheduler.finish(0, succeeded: true, duration: 0.1, now: 0)
    #expect(scheduler.assign(now: 0)?.tasks == [1, 2])
    for task in 1..<8 {
      scheduler.finish(task, succeeded: true, duration: 0.1, now: 0)
      #expect(scheduler.assign(now: 0)?.tasks == [task + 2])
      #expect(scheduler.count(ofWorker: worker) == 2)
    }
  }

  @Test func aMillionTasks() {
    var scheduler = TaskScheduler()
    for _ in 0..<1_000_000 { scheduler.release(scheduler.add()) }
    _ = scheduler.addWorker(slots: 8)
    var done = 0
    while let given = scheduler.assign(now: 0) {
      for task in given.tasks { scheduler.finish(task, succeeded: true, duration: 0.001, now: 0) }
      done += given.tasks.count
    }
    #expect(done == 1_000_000)
  }
}
