// The calls that C/ makes, in Swift, function by function: what the binding costs above C.
//
//     overhead time [KIND]     time per operation, at one rank or two; of those only whose kind begins so
//     overhead count BATCHES   BATCHES times 16 calls of each kind, for callgrind to count

import Foundation
import MPI

@main struct Overhead {
  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    MPI.run { world in
      if arguments.count == 2, arguments[0] == "count", let batches = Int(arguments[1]),
        world.size == 1
      {
        try count(batches, world)
      } else if arguments.first == "time", arguments.count <= 2, world.size <= 2 {
        try timeAll(world, of: arguments.dropFirst().first ?? "")
      } else {
        throw Usage()
      }
    }
  }
}

struct Usage: Error, CustomStringConvertible {
  var description: String {
    "usage: overhead time [KIND] (1 or 2 ranks) | overhead count BATCHES (1 rank)"
  }
}
