import MPI
import SPMD

/// Times the sort of random words that lie on all ranks; rank 0 prints seconds.
///
///     mpirun -n 2 sorting COUNT
@main struct Sorting {
  static func main() {
    let total = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 10_000_000
    MPI.run { world in
      let part = Partition.balanced(total, part: world.rank, of: world.size)
      var words = part.map { mixed(UInt64($0)) }
      let clock = WallClock()
      try world.barrier()
      let start = clock.now
      try world.sort(&words)
      try world.barrier()
      let seconds = start.duration(to: clock.now) / .seconds(1)
      let isSorted = try world.isSorted(words)
      precondition(isSorted && words.count == part.count)
      if world.rank == 0 { print(seconds) }
    }
  }

  /// A step of SplitMix64, which `reference.cpp` uses, too.
  private static func mixed(_ index: UInt64) -> UInt64 {
    var z = (index &+ 1) &* 0x9e37_79b9_7f4a_7c15
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }
}
