internal import MPI

/// Sorted sequences of one rank, which a search for splitters looks into.
///
/// A position in a sequence is the weight of all that lies before it: a number of elements, or of
/// bytes.
protocol SplitterSource {
  /// An element that may become a splitter, with what decides between equal ones.
  associatedtype Probe

  /// The whole weight of each of this rank's sequences.
  var weights: [Int] { get }

  /// Where the element begins that contains a position.
  func start(sequence: Int, containing position: Int) -> Int

  /// The element that begins at a position.
  func probe(sequence: Int, at position: Int) -> Probe

  /// The probes of all ranks, in order; the same on all ranks.
  func gathered(_ probes: [Probe], on communicator: Communicator) throws -> [Probe]

  /// Where the probe cuts each of this rank's sequences: before the first element that is not less.
  func cuts(at probe: Probe) -> [Int]
}

/// Where all ranks cut their sorted sequences, so that the parts have given weights.
///
/// Sampling and counting in turns: each round draws some elements from what each splitter may
/// still be among, counts what lies before them on all ranks, and keeps the tightest bounds. The
/// distribution does not matter, and equal elements are told apart by their place. The method is that
/// of V. Harsh, L. Kalé, E. Solomonik: Histogram Sort with Sampling (SPAA 2019), without its
/// tolerance where that is zero.
struct SplitterSearch<Source: SplitterSource> {
  let source: Source
  let communicator: Communicator
  /// The weight before each splitter, ascending.
  let targets: [Int]
  /// How far from its target a splitter may be.
  let tolerance: Int

  /// Whether the element behind each splitter is asked for, too.
  var needsProbes = false

  /// The splitters that each one is known to lie between; all elements where it is left out.
  var bounds: [(lower: Splitter, upper: Splitter)]?

  /// How many elements a round draws for each splitter, on all ranks together.
  private static var samples: Int { 16 }

  /// The tightest splitters known around a target.
  private struct Bracket {
    var lower: [Int]
    var lowerWeight: Int
    /// The element at `lower`.
    var probe: Source.Probe?
    var upper: [Int]
    var upperWeight: Int
    /// Rounds in a row that have brought nothing.
    var idle = 0

    var gap: Int { upperWeight - lowerWeight }
  }

  /// A place where all ranks cut.
  struct Splitter {
    /// This rank's positions, one for each of its sequences.
    var cuts: [Int]
    /// The weight before them on all ranks.
    var weight: Int
    /// The first element behind the splitter, where it was asked for.
    var probe: Source.Probe?
  }

  /// The splitter for each target.
  ///
  /// **Collective**. Elements heavier than the tolerance may keep a splitter farther from its target:
  /// the nearest place between elements is taken then.
  ///
  /// - Complexity: O(log n / log 16) rounds, each with one message of O(`targets`) probes to all.
  func splitters() throws -> [Splitter] {
    var brackets = try firstBrackets()
    var generator = Drawing(state: UInt64(communicator.rank))

    while true {
      let open = targets.indices.filter { isOpen(brackets[$0], targets[$0]) }
      if open.isEmpty { break }
      var places = Set<Place>()
      for j in open { draw(from: brackets[j], into: &places, &generator) }
      let drawn = places.map { source.probe(sequence: $0.sequence, at: $0.position) }
      let probes = try source.gathered(drawn, on: communicator)
      let cuts = probes.map { source.cuts(at: $0) }
      let local = cuts.map { $0.reduce(0, +) }
      let before = try communicator.allReduce(local, .sum)
      for j in targets.indices { tighten(&brackets[j], targets[j], probes, cuts, before) }
    }
    return zip(brackets, targets).map { bracket, target in
      target - bracket.lowerWeight <= bracket.upperWeight - target
        ? Splitter(cuts: bracket.lower, weight: bracket.lowerWeight, probe: bracket.probe)
        : Splitter(cuts: bracket.upper, weight: bracket.upperWeight, probe: nil)
    }
  }

  private func firstBrackets() throws -> [Bracket] {
    if let bounds {
      return bounds.map { lower, upper in
        Bracket(
          lower: lower.cuts, lowerWeight: lower.weight, upper: upper.cuts,
          upperWeight: upper.weight)
      }
    }
    let weights = source.weights
    let total = try communicator.allReduce(weights.reduce(0, +), .sum)
    let whole = Bracket(
      lower: weights.map { _ in 0 }, lowerWeight: 0, upper: weights, upperWeight: total)
    return [Bracket](repeating: whole, count: targets.count)
  }

  private func isOpen(_ bracket: Bracket, _ target: Int) -> Bool {
    if needsProbes && (bracket.probe == nil || bracket.lowerWeight != target) { return true }
    let distance = min(target - bracket.lowerWeight, bracket.upperWeight - target)
    // A heavy element can be all that is left between two splitters; it cannot be cut.
    return distance > tolerance && bracket.idle < (tolerance > 0 ? 6 : 1000)
  }

  /// Where an element begins: heavy ones are drawn again and again, but must be sent only once.
  private struct Place: Hashable {
    var sequence: Int
    var position: Int
  }

  /// Draws elements from what lies between two splitters: one for each stretch of equal weight, so
  /// that all ranks together draw a known number on average.
  private func draw(
    from bracket: Bracket, into places: inout Set<Place>, _ generator: inout Drawing
  ) {
    let spacing = max(1, bracket.gap / Self.samples)
    var next = Int.random(in: 0..<spacing, using: &generator)
    for sequence in bracket.lower.indices {
      let length = bracket.upper[sequence] - bracket.lower[sequence]
      while next < length {
        let start = source.start(sequence: sequence, containing: bracket.lower[sequence] + next)
        places.insert(Place(sequence: sequence, position: start))
        next += spacing
      }
      next -= length
    }
  }

  private func tighten(
    _ bracket: inout Bracket, _ target: Int, _ probes: [Source.Probe], _ cuts: [[Int]],
    _ before: [Int]
  ) {
    // `before` ascends, as the probes do: the first one beyond the target.
    let low = before.indices.bisected { before[$0] <= target }
    bracket.idle += 1
    if low > 0 {
      let weight = before[low - 1]
      let isNeeded = bracket.probe == nil && weight == bracket.lowerWeight
      if isNeeded || weight > bracket.lowerWeight {
        bracket.lower = cuts[low - 1]
        bracket.probe = probes[low - 1]
        bracket.lowerWeight = weight
        bracket.idle = 0
      }
    }
    if low < before.count, before[low] < bracket.upperWeight {
      bracket.upper = cuts[low]
      bracket.upperWeight = before[low]
      bracket.idle = 0
    }
  }
}

/// Random numbers for drawing samples; results do not depend on them.
private struct Drawing: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    return Mixing.hash(state)
  }
}
