internal import MPI

/// Where sorted runs are cut into parts: those of a rank are neighbours in the output, and are merged
/// one in each round.
///
/// The cuts of one round at a time, O(`size`) of them: all at once might take more memory than the
/// lines.
struct PartCuts {
  private typealias Splitter = SplitterSearch<RunSplitters>.Splitter

  private let source: RunSplitters
  private let total: Int
  private let rounds: Int
  private let communicator: Communicator
  /// Where the parts of each rank begin, and where those of the last one end.
  private let ranks: [Splitter]
  /// Where each rank's next part begins.
  private var starts: [Splitter]

  /// Cuts runs of `total` bytes on all ranks into parts of about equal size.
  ///
  /// **Collective**.
  init(
    _ source: RunSplitters, total: Int, rounds: Int, on communicator: Communicator
  ) throws {
    self.source = source
    self.total = total
    self.rounds = rounds
    self.communicator = communicator
    let parts = rounds * communicator.size
    let between = try SplitterSearch(
      source: source, communicator: communicator,
      targets: (1..<max(1, communicator.size)).map {
        Partition.balanced(total, part: $0 * rounds, of: parts).lowerBound
      },
      tolerance: total / parts / 64
    ).splitters()
    let weights = source.weights
    ranks =
      [Splitter(cuts: weights.map { _ in 0 }, weight: 0, probe: nil)] + between
      + [Splitter(cuts: weights, weight: total, probe: nil)]
    starts = Array(ranks.dropLast())
  }

  /// Where a rank's parts begin in the output.
  func start(ofRank rank: Int) -> Int { ranks[rank].weight }

  /// For each rank, the bytes of each run that belong to its part of a round.
  ///
  /// **Collective**: called for one round after the other.
  mutating func pieces(ofRound round: Int) throws -> [[Range<Int>]] {
    var ends = Array(ranks.dropFirst())
    if round + 1 < rounds {
      let parts = rounds * communicator.size
      ends = try SplitterSearch(
        source: source, communicator: communicator,
        targets: starts.indices.map { rank in
          let target = Partition.balanced(total, part: rank * rounds + round + 1, of: parts)
          return min(max(target.lowerBound, starts[rank].weight), ends[rank].weight)
        },
        tolerance: total / parts / 64,
        bounds: starts.indices.map { (starts[$0], ends[$0]) }
      ).splitters()
    }
    defer { starts = ends }
    return zip(starts, ends).map { start, end in zip(start.cuts, end.cuts).map { $0..<$1 } }
  }
}
