import MPI
import SPMD

/// What a pool of tasks costs: empty tasks in a second, and how much of the ideal time uneven tasks of a
/// millisecond on average take.
@main struct Pool {
  static func main() {
    MPI.run { world in
      let count = 2_000_000
      let seconds = try time(on: world) { _ = try world.map(0..<count) { $0 } }
      if world.rank == 0 { print("world.map, empty tasks: \(Int(Double(count) / seconds))") }
      var random = RandomStream(seed: 1)
      let all = (0..<6000).map { _ in Double.random(in: 0...2e-3, using: &random) }
      for count in [6000, 2000] {
        let tasks = Array(all.prefix(count))
        let seconds = try time(on: world) { _ = try world.map(tasks) { spin($0) } }
        let ideal = tasks.reduce(0, +) / Double(world.size)
        if world.rank == 0 {
          let share = (ideal / seconds * 1e4).rounded() / 100
          print("world.map, \(count) tasks of 0 to 2 ms, % of ideal: \(share)")
        }
      }
    }
  }

  static func time(on world: Communicator, _ body: () throws -> Void) throws -> Double {
    let clock = WallClock()
    try world.barrier()
    let start = clock.now
    try body()
    return start.duration(to: clock.now) / .seconds(1)
  }

  /// Computes for so many seconds.
  static func spin(_ seconds: Double) -> Double {
    let clock = WallClock()
    let start = clock.now
    while start.duration(to: clock.now) / .seconds(1) < seconds {}
    return seconds
  }
}
