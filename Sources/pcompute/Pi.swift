internal import ArgumentParser
internal import MPI
internal import SPMD

/// The default job: a first look at all ranks at work.
struct PiCommand: Job {
  static let configuration = CommandConfiguration(
    commandName: "pi",
    abstract: "Integrates 4/(1+x²) from 0 to 1 over all ranks (the default job).",
    discussion: """
      The midpoint rule, with the intervals divided among the ranks. For the same number of intervals, the value \
      is the same at any number of ranks, bit for bit.
      """)

  @Option(
    help: ArgumentHelp(
      "The number of intervals. By default as many as take about a second.", valueName: "n"))
  var intervals: Int?

  @OptionGroup var outputOptions: OutputOptions

  func validate() throws {
    if let intervals, intervals < 1 {
      throw ValidationError("--intervals must be positive, not \(intervals)")
    }
  }

  func run(on world: Communicator, timings: Timings) throws {
    let intervals =
      try self.intervals
      ?? timings.measure("calibrate") { try intervalsInASecond(on: world) }
    let clock = WallClock()
    try world.barrier()
    let start = clock.now
    let value = try integrate(intervals, on: world, timings: timings)
    let seconds = start.duration(to: clock.now) / .seconds(1)
    let layout = try hosts(of: world)
    guard world.rank == 0 else { return }

    let result = Result(
      value: value, error: abs(value - Double.pi), ranks: world.size, seconds: seconds,
      intervals: intervals, hosts: layout)
    switch outputOptions.format {
    case .json: try StandardOutput.write(json: result)
    case .text: try StandardOutput.write(result.text)
    }
  }

  private struct Result: Encodable {
    let value: Double
    let error: Double
    let ranks: Int
    let seconds: Double
    let intervals: Int
    let hosts: [HostRanks]

    var text: String {
      """
      π by the midpoint rule, \(intervals.grouped) intervals on \(count(ranks, "rank")) of \
      \(count(hosts.count, "host"))
      \(hosts.map { "  \($0.host): rank \(ranges($0.ranks))" }.joined(separator: "\n"))
      value  \(value)
      error  \(error)
      time   \(seconds.formatted(digits: 3)) s
      rate   \((Double(intervals) / seconds / 1e6).formatted(digits: 1)) million intervals/s
      """
    }
  }
}

// MARK: - Integration

/// The intervals are summed in blocks, which are cut from the whole: no rank's sum depends on how
/// many ranks there are.
private let blockLength = 1 << 16

/// The integral of 4/(1+x²) from 0 to 1, which is π, by the midpoint rule.
///
/// The error of the rule is about h²/24 · (f′(1) − f′(0)) = −h²/12 for the width h of an interval
/// (Davis and Rabinowitz, Methods of Numerical Integration, 2nd ed., §2.1): nothing, from 10⁸
/// intervals on.
private func integrate(
  _ intervals: Int, on world: Communicator, timings: Timings
) throws -> Double {
  let blocks = (intervals + blockLength - 1) / blockLength
  let mine = Partition.balanced(blocks, part: world.rank, of: world.size)
  let width = 1 / Double(intervals)
  var sum = ExactSum()
  timings.measure("sum") {
    for block in mine {
      let first = block * blockLength
      sum.add(sumOfBlock(first..<min(first + blockLength, intervals), width: width))
    }
  }
  return try timings.measure("reduce") { try 4 * width * world.allReduce(sum).value }
}

/// The sum of 1/(1+x²) over the midpoints of some intervals, in eight strands that the processor
/// works on at once.
private func sumOfBlock(_ block: Range<Int>, width: Double) -> Double {
  let lanes = SIMD8<Double>(0, 1, 2, 3, 4, 5, 6, 7) + 0.5
  let whole = block.count / 8
  var sums = SIMD8<Double>.zero
  for step in 0..<whole {
    let x = (lanes + Double(block.lowerBound + 8 * step)) * width
    sums += 1 / (1 + x * x)
  }
  var sum = sums.sum()
  for interval in (block.lowerBound + 8 * whole)..<block.upperBound {
    let x = (Double(interval) + 0.5) * width
    sum += 1 / (1 + x * x)
  }
  return sum
}

/// How many intervals all ranks together get done in about a second.
private func intervalsInASecond(on world: Communicator) throws -> Int {
  let clock = ContinuousClock()
  let sample = 64 * blockLength
  // The first pass wakes the processor up.
  var time = Duration.zero
  var sum = 0.0
  for _ in 0..<2 {
    time = clock.measure {
      for block in 0..<64 {
        let first = block * blockLength
        sum += sumOfBlock(first..<first + blockLength, width: 1 / Double(sample))
      }
    }
  }
  // The sum is used, so that the work is done.
  precondition(sum.isFinite)
  let rate = Double(sample) / max(time / .seconds(1), 1e-6)
  let perRank = try world.allReduce(rate, .min)
  // Two digits are enough, and read better.
  return rounded(perRank * Double(world.size), digits: 2)
}

private func rounded(_ number: Double, digits: Int) -> Int {
  var unit = 1
  while number / Double(unit) >= pow10(digits) { unit *= 10 }
  return max(1, Int(number / Double(unit))) * unit
}

private func pow10(_ digits: Int) -> Double { (0..<digits).reduce(1) { power, _ in power * 10 } }
