import CStore
import MPI

/// Writes a table of x · y to an HDF5 file, each rank its rows, through a library in C that takes our
/// communicator.
@main struct Store {
  static func main() {
    MPI.run { world in
      let path = CommandLine.arguments.dropFirst().first ?? "table.h5"
      let (rows, columns) = (10, 4)
      let mine = Partition.balanced(rows, part: world.rank, of: world.size)
      let table = mine.flatMap { row in (0..<columns).map { Double(row * $0) } }
      let status = unsafe table.withUnsafeBufferPointer { table in
        unsafe store_rows(
          path, world.fortranHandle, table.baseAddress, Int64(mine.lowerBound), Int64(mine.count),
          Int64(rows), Int64(columns))
      }
      if status != 0 { world.abort() }
      if world.rank == 0 { print("\(path): \(rows) × \(columns), written by \(world.size) ranks") }
    }
  }
}
