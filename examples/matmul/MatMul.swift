import Foundation
import MPI

/// C = A · B for square matrices of order n that are distributed by rows: rank r has the same rows
/// of all three.
///
/// A rank's rows of C need all of B. The blocks of B go around the ring of ranks: while a rank
/// multiplies with the block it has, that block is on its way to the left, and the next one is
/// coming from the right. No rank ever holds more of B than its own block and two others.
@main struct MatMul {
  static func main() {
    let argument = CommandLine.arguments.dropFirst().first ?? "1000"
    exit(
      MPI.run { world in
        guard let order = Int(argument), order > 0 else {
          // All ranks see the same command line; one of them says so.
          let message = "matmul: the order must be positive, not \(argument)\n"
          if world.rank == 0 { FileHandle.standardError.write(Data(message.utf8)) }
          return 2
        }
        return try run(order, on: world) ? 0 : 1
      })
  }

  /// Whether the product of two matrices is right.
  static func run(_ order: Int, on world: Communicator) throws -> Bool {
    let rows = (0..<world.size).map { Rows(of: order, rank: $0, size: world.size) }
    let mine = rows[world.rank]

    // Entries are small integers, so that all sums are exact, and the same at every number of
    // ranks.
    let a = mine.matrix { row, column in Double((row * 3 + column * 7) % 11) }
    let b = mine.matrix { row, column in Double((row * 5 + column * 2) % 13) }

    let clock = WallClock()
    try world.barrier()
    let start = clock.now
    let c = try multiply(a, b, rows, on: world)
    try world.barrier()
    let seconds = (clock.now - start) / .seconds(1)

    let isRight = try check(a, b, c, order, on: world)
    let sum = try world.allReduce(c.reduce(0, +), .sum)
    if world.rank == 0 {
      let rate = 2 * Double(order * order * order) / seconds / 1e9
      print("C = A · B of order \(order) on \(world.size) ranks, sum of elements \(Int(sum))")
      print("Freivalds' check: \(isRight ? "C is right" : "C IS WRONG")")
      print("\(Double(Int(rate * 10)) / 10) Gflop/s")
    }
    return isRight
  }

  static func multiply(
    _ a: [Double], _ b: [Double], _ rows: [Rows], on world: Communicator
  ) throws -> [Double] {
    let order = rows[0].order
    let largest = rows.map(\.count).max() ?? 0
    let left = (world.rank + world.size - 1) % world.size
    let right = (world.rank + 1) % world.size

    var c = [Double](repeating: 0, count: a.count)
    // All blocks are as long as the longest, so that each message fills the block that it goes to.
    var block = b + [Double](repeating: 0, count: largest * order - b.count)
    var next = block
    for step in 0..<world.size {
      let owner = rows[(world.rank + step) % world.size]
      // In the last step nothing needs to move on: "no process" takes part in place of the
      // neighbors.
      let isLast = step + 1 == world.size
      var exchange = world.exchange()
      try exchange.receive(into: &next, from: isLast ? nil : right)
      try exchange.send(block, to: isLast ? nil : left)
      addProduct(a, block, to: &c, owner)
      try exchange.wait()
      swap(&block, &next)
    }
    return c
  }

  /// C += A · B, with only those columns of A that meet the rows of B that are here.
  static func addProduct(_ a: [Double], _ b: [Double], to c: inout [Double], _ rows: Rows) {
    let order = rows.order
    let (a, b) = (a.span, b.span)
    var c = c.mutableSpan
    for start in stride(from: 0, to: a.count, by: order) {
      let rowOfA = a.extracting(start..<start + order)
      var rowOfC = c._mutatingExtracting(start..<start + order)
      for (row, inner) in rows.range.enumerated() {
        let factor = rowOfA[inner]
        let rowOfB = b.extracting(row * order..<(row + 1) * order)
        for column in 0..<order { rowOfC[column] += factor * rowOfB[column] }
      }
    }
  }

  /// Whether C · x = A · (B · x) for a random vector x, which a wrong C passes with a probability
  /// of at most 1/1024, at a cost of O(n²) (R. Freivalds, Probabilistic machines can use less
  /// running time, IFIP Congress 1977).
  static func check(
    _ a: [Double], _ b: [Double], _ c: [Double], _ order: Int, on world: Communicator
  ) throws -> Bool {
    var x = [Double](repeating: 0, count: order)
    if world.rank == 0 { x = x.map { _ in Double(Int.random(in: -512...511)) } }
    try world.broadcast(&x, from: 0)

    // Each rank knows its rows of B · x; all of them are needed.
    let bx = try world.allGather(product(b, x))
    let worst = zip(product(a, bx), product(c, x)).map { abs($0 - $1) }.max() ?? 0
    return try world.allReduce(worst, .max) == 0
  }

  static func product(_ rows: [Double], _ x: [Double]) -> [Double] {
    stride(from: 0, to: rows.count, by: x.count).map { start in
      zip(rows[start..<start + x.count], x).reduce(0) { sum, pair in sum + pair.0 * pair.1 }
    }
  }
}

/// The rows of a matrix that one rank has: as many as others, give or take one.
struct Rows {
  let order: Int
  let range: Range<Int>
  var count: Int { range.count }

  init(of order: Int, rank: Int, size: Int) {
    self.order = order
    range = order * rank / size..<order * (rank + 1) / size
  }

  func matrix(_ entry: (_ row: Int, _ column: Int) -> Double) -> [Double] {
    range.flatMap { row in (0..<order).map { column in entry(row, column) } }
  }
}
