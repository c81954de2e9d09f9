import MPI

@main struct Pi {
  static func main() {
    let steps = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 10_000_000
    MPI.run { world in
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
    }
  }
}
