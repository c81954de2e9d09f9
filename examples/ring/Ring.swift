import MPI

extension MessageTag {
  static let token: MessageTag = 1
  static let clockwise: MessageTag = 2
  static let counterclockwise: MessageTag = 3
}

@main struct Ring {
  static func main() {
    MPI.run { world in
      let left = (world.rank + world.size - 1) % world.size
      let right = (world.rank + 1) % world.size

      // 1. A token goes around, and each rank puts its number on it.
      if world.rank == 0 {
        // At one rank, left and right are this rank itself: a blocking send could wait forever for
        // its own receive.
        let token = [world.rank]
        let sending = try world.immediate.send(token, to: right, tag: .token)
        let path = try world.receive(Int.self, from: left, tag: .token) + [world.rank]
        try sending.wait()
        print("The token went", path.map(String.init).joined(separator: " → "))
      } else {
        let path = try world.receive(Int.self, from: left, tag: .token)
        try world.send(path + [world.rank], to: right, tag: .token)
      }

      // 2. All ranks pass a value on at once: no rank waits for its turn, and none can block
      // another.
      let square = try world.sendReceive(world.rank * world.rank, to: right, from: left)

      // 3. In both directions at once. At two ranks both messages come from the same one: the tags
      // tell them apart.
      var fromLeft = [0]
      var fromRight = [0]
      let mine = [world.rank]
      var exchange = world.exchange()
      try exchange.receive(into: &fromLeft, from: left, tag: .clockwise)
      try exchange.receive(into: &fromRight, from: right, tag: .counterclockwise)
      try exchange.send(mine, to: right, tag: .clockwise)
      try exchange.send(mine, to: left, tag: .counterclockwise)
      // print(fromLeft[0]) would not compile here: the exchange is writing to it.
      try exchange.wait()

      let report = [world.rank, fromLeft[0], fromRight[0], square ?? 0]
      guard let reports = try world.gather(report, to: 0) else { return }
      for start in stride(from: 0, to: reports.count, by: report.count) {
        print(
          "Rank \(reports[start]) is between \(reports[start + 1]) and \(reports[start + 2])",
          "and was given the square \(reports[start + 3])")
      }
    }
  }
}
