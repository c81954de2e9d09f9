// The calls that C/ makes, in Swift, function by function: what the binding costs above C.
//
//     overhead time            time per operation, at one rank or two
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
      } else if arguments == ["time"], world.size <= 2 {
        try timeAll(world)
      } else {
        throw Usage()
      }
    }
  }
}

struct Usage: Error, CustomStringConvertible {
  var description: String {
    "usage: overhead time (1 or 2 ranks) | overhead count BATCHES (1 rank)"
  }
}
