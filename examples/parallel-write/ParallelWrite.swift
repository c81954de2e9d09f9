import Foundation
import MPI

/// A matrix that is distributed by blocks of columns goes into one file, by rows as C has it, and
/// comes back distributed by rows.
///
/// A rank has a few entries of each row of the file. It says so once, by a view, and writes all of
/// its block in one call with the others: the library collects what is next to each other, so that
/// the disk sees long runs. Reading rows needs no view, since they are runs.
@main struct ParallelWrite {
  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    exit(
      MPI.run { world in
        guard arguments.count == 2, let order = Int(arguments[0]), order > 0 else {
          // All ranks see the same command line; one of them says so.
          let message = "usage: parallel-write ORDER FILE\n"
          if world.rank == 0 { FileHandle.standardError.write(Data(message.utf8)) }
          return 2
        }
        return try run(order, arguments[1], on: world) ? 0 : 1
      })
  }

  /// Whether what is read is what was written.
  static func run(_ order: Int, _ path: String, on world: Communicator) throws -> Bool {
    let clock = WallClock()
    try world.barrier()
    let start = clock.now
    try write(order, path, on: world)
    try world.barrier()
    let seconds = (clock.now - start) / .seconds(1)

    let isRight = try check(order, path, on: world)
    if world.rank == 0 {
      let bytes = order * order * MemoryLayout<Double>.stride
      print("\(path): \(order) × \(order) entries, \(bytes) bytes, by \(world.size) ranks")
      print("read by rows: \(isRight ? "every entry is right" : "AN ENTRY IS WRONG")")
      print("\(Int(Double(bytes) / seconds / 1e6)) MB/s")
    }
    return isRight
  }

  static func write(_ order: Int, _ path: String, on world: Communicator) throws {
    let columns = part(of: order, world)
    let block = (0..<order).flatMap { row in columns.map { entry(row, $0) } }
    let layout = try Layout<Double>.strided(
      count: order, blockLength: columns.count, stride: order)

    var file = try File(opening: path, mode: [.create, .write], on: world)
    try file.setByteCount(0)
    try file.setView(
      of: Double.self, from: columns.lowerBound * MemoryLayout<Double>.stride, layout: layout)
    try file.write(block, collectively: true)
    try file.close()
  }

  /// Reads this rank's rows, and looks at each entry.
  static func check(_ order: Int, _ path: String, on world: Communicator) throws -> Bool {
    let rows = part(of: order, world)
    let file = try File(opening: path, mode: .read, on: world)
    let entries = try file.read(
      Double.self, count: rows.count * order, at: rows.lowerBound * order, collectively: true)
    try file.close()
    let expected = rows.flatMap { row in (0..<order).map { entry(row, $0) } }
    return try world.allReduce(entries == expected, .logicalAnd)
  }

  static func entry(_ row: Int, _ column: Int) -> Double { Double(row) + Double(column) / 65536 }

  /// The rows, or columns, of this rank.
  static func part(of order: Int, _ world: Communicator) -> Range<Int> {
    order * world.rank / world.size..<order * (world.rank + 1) / world.size
  }
}
