internal import MPI
internal import SPMD

/// Prints how many random numbers in [0, 1) each rank makes in a second, in millions: the median of
/// nine times 2²⁴.
@main struct RandomBenchmark {
  static func main() {
    MPI.run { world in
      var random = RandomStream(seed: 1, stream: UInt64(world.rank))
      var values = [Double](repeating: 0, count: 1 << 14)
      var rates: [Double] = []
      var sum = 0.0
      for _ in 0..<9 {
        let time = ContinuousClock().measure {
          for _ in 0..<1024 {
            var span = values.mutableSpan
            random.fill(&span)
            sum += values[0]
          }
        }
        rates.append(Double(1024 * values.count) / (time / .seconds(1)) / 1e6)
      }
      // The sum is used, so that the work is done.
      precondition(sum.isFinite)
      let median = try world.allReduce(rates.sorted()[4], .min)
      if world.rank == 0 { print(median) }
    }
  }
}
