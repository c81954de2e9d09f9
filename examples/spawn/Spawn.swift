import MPI

/// Starts workers, which are the same program, and gives them work.
@main struct Spawn {
  static func main() {
    MPI.run { world in
      if let masters = MPI.parent {
        try work(for: masters, world)
      } else {
        try lead(world)
      }
    }
  }

  /// What the program does that a launcher has started.
  static func lead(_ world: Communicator) throws {
    let count = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 2
    let workers = try world.spawn(CommandLine.arguments[0], arguments: ["--worker"], count: count)
    // One number for each worker, from rank 0.
    let root: Intercommunicator.Root = world.rank == 0 ? .me : .another
    let numbers = (1...count).map { $0 * 10 }
    _ = try workers.scatter(numbers, from: root)
    if let squares = try workers.gather(0, to: root) {
      print("\(world.size) processes started \(workers.remoteSize): \(squares)")
    }
    try workers.disconnect()
  }

  /// What the workers do.
  static func work(for masters: Intercommunicator, _ world: Communicator) throws {
    let mine = try masters.scatter([] as [Int], from: 0)
    _ = try masters.gather(mine[0] * mine[0], to: 0)
    try masters.disconnect()
  }
}
