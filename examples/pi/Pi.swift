import Foundation
import MPI

@main struct Pi {
  static func main() {
    let argument = CommandLine.arguments.dropFirst().first ?? "10000000"
    exit(
      MPI.run { world in
        guard let steps = Int(argument), steps > 0 else {
          // All ranks see the same command line; one of them says so.
          let message = "pi: the number of steps must be positive, not \(argument)\n"
          if world.rank == 0 { FileHandle.standardError.write(Data(message.utf8)) }
          return 2
        }
        // π is the integral of 4 / (1 + x²) from 0 to 1, here by the midpoint rule: rank r takes
        // every size-th step.
        let width = 1 / Double(steps)
        var sum = 0.0
        for step in stride(from: world.rank, to: steps, by: world.size) {
          let x = (Double(step) + 0.5) * width
          sum += 4 / (1 + x * x)
        }
        if let pi = try world.reduce(sum * width, .sum, to: 0) {
          print("pi = \(pi), error \(pi - .pi), \(steps) steps on \(world.size) ranks")
        }
        return 0
      })
  }
}
