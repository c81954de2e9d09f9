// Values that travel between two ranks and back, or from a rank to itself: what compare.py times
// against mpi4py and Node.js.
//
//     objects CASE [single]    prints the nanoseconds that each message took, a sample a line;
//                              with "single" without MPI's support for threads

import MPI

struct Task: Codable {
  var task: String
  var data: [Int]
}

struct Field: Codable {
  var name: String
  var values: [Double]
}

@main struct Objects {
  static func main() {
    let isSingle = CommandLine.arguments.dropFirst(2) == ["single"]
    MPI.run(threading: isSingle ? .single : .multiple) { world in
      guard world.size <= 2, CommandLine.arguments.count == (isSingle ? 3 : 2) else {
        throw Usage()
      }
      switch CommandLine.arguments[1] {
      case "small": try pingPong(world, Task(task: "resize", data: [1, 2, 3]), 2000)
      case "doubles": try pingPong(world, (0..<100).map { Double($0) / 7 }, 2000)
      case "bytes": try pingPong(world, [UInt8](repeating: 7, count: 1 << 20), 40)
      case "large":
        try pingPong(
          world, Field(name: "field", values: [Double](repeating: 7, count: 8_000_000)), 2)
      case "raw": try rawPingPong(world, [Double](repeating: 7, count: 8_000_000), 2)
      case "raw-bytes": try rawPingPong(world, [UInt8](repeating: 7, count: 1 << 20), 40)
      default: throw Usage()
      }
    }
  }
}

struct Usage: Error, CustomStringConvertible {
  var description: String {
    "usage: objects small|doubles|bytes|large|raw|raw-bytes [single] (1 or 2 ranks)"
  }
}

/// Sends a value back and forth, encoded each time.
private func pingPong<T: Codable>(_ world: Communicator, _ value: T, _ repetitions: Int) throws {
  try time(world, repetitions) {
    if world.size == 1 {
      for _ in 0..<2 {
        _ = try world.sendReceive(encoding: value, to: 0, decoding: T.self, from: 0)
      }
    } else if world.rank == 0 {
      try world.send(encoding: value, to: 1)
      _ = try world.receive(decoding: T.self, from: 1)
    } else {
      let received = try world.receive(decoding: T.self, from: 0)
      try world.send(encoding: received, to: 0)
    }
  }
}

/// The same with the elements of an array as they are.
private func rawPingPong<T: Datatype>(
  _ world: Communicator, _ values: [T], _ repetitions: Int
) throws {
  try time(world, repetitions) {
    if world.size == 1 {
      for _ in 0..<2 {
        let sending = try world.immediate.send(values.span, to: 0)
        _ = try world.receive(T.self, from: 0)
        try sending.wait()
      }
    } else if world.rank == 0 {
      try world.send(values.span, to: 1)
      _ = try world.receive(T.self, from: 1)
    } else {
      let received = try world.receive(T.self, from: 0)
      try world.send(received.span, to: 0)
    }
  }
}

/// Twenty samples, of which each is the mean of some round trips, halved.
private func time(
  _ world: Communicator, _ repetitions: Int, _ roundTrip: () throws -> Void
) throws {
  let clock = WallClock()
  for sample in -2..<20 {
    try world.barrier()
    let start = clock.now
    for _ in 0..<repetitions { try roundTrip() }
    let seconds = (clock.now - start) / .seconds(1)
    if world.rank == 0, sample >= 0 { print(seconds * 1e9 / Double(2 * repetitions)) }
  }
}
