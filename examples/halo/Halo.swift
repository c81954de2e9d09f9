import Foundation
import MPI

/// The heat equation on the surface of a cylinder: the first axis ends at walls that are kept cold,
/// the second one goes around.
///
/// Each process has a tile of the field, with a border of ghosts, which are copies of its neighbors'
/// outermost cells. A step needs the ghosts, and then goes through the tile without a message.
@main struct Halo {
  static func main() {
    let given = CommandLine.arguments.dropFirst().map { Int($0) ?? 0 }
    let numbers = given.isEmpty ? [240, 360, 500] : Array(given)
    exit(
      MPI.run { world in
        let shape = try Dimensions.balanced(world.size, axes: 2)
        guard
          numbers.count == 3, numbers.allSatisfy({ $0 > 0 }), numbers[0] >= shape[0],
          numbers[1] >= shape[1],
          let grid = try world.cartesian(shape, periodic: [false, true], reordering: true)
        else {
          let message = "halo: needs rows, columns and steps, and a cell for each process\n"
          if world.rank == 0 { FileHandle.standardError.write(Data(message.utf8)) }
          return 2
        }
        return try run(rows: numbers[0], columns: numbers[1], steps: numbers[2], on: grid) ? 0 : 1
      })
  }

  /// Whether the heat has spread as it should have.
  static func run(
    rows: Int, columns: Int, steps: Int, on grid: CartesianCommunicator
  ) throws -> Bool {
    // A wave that keeps its form and fades by the same factor in each step, as the discrete
    // equation has it.
    let rate = 0.2
    let (along, around) = (Double.pi / Double(rows + 1), 2 * Double.pi / Double(columns))
    let fading = 1 + 2 * rate * (cos(along) + cos(around) - 2)
    func wave(_ row: Int, _ column: Int) -> Double {
      sin(along * Double(row + 1)) * cos(around * Double(column))
    }

    var tile = Tile(rows, columns, on: grid)
    tile.forEachCell { cell, row, column in cell = wave(row, column) }
    let halo = try tile.halo()
    for _ in 0..<steps {
      try grid.neighborAllToAll(&tile.cells, sending: halo.sending, receiving: halo.receiving)
      tile.step(rate)
    }

    let scale = pow(fading, Double(steps))
    var (error, bits) = (0.0, 0 as UInt64)
    tile.forEachCell { cell, row, column in
      error = max(error, abs(cell - scale * wave(row, column)))
      bits &+= cell.bitPattern
    }
    error = try grid.allReduce(error, .max)
    // The sum of the bits of all cells is the same in any order.
    bits = try grid.allReduce(bits, .sum)
    let isRight = error < 1e-12
    if grid.rank == 0 {
      print("\(rows) × \(columns) cells on \(grid.dimensions) processes, \(steps) steps")
      print("the wave has faded to \(scale), and \(isRight ? "is right" : "IS WRONG BY \(error)")")
      print("bits: \(String(bits, radix: 16))")
    }
    return isRight
  }
}

/// The part of the field that one process has, with a border of ghosts that is one cell wide.
struct Tile {
  let rows: Range<Int>
  let columns: Range<Int>
  /// The distance from one row to the next.
  let width: Int
  var cells: [Double]
  private var next: [Double]

  init(_ rows: Int, _ columns: Int, on grid: CartesianCommunicator) {
    let (shape, place) = (grid.dimensions, grid.coordinates)
    self.rows = Partition.balanced(rows, part: place[0], of: shape[0])
    self.columns = Partition.balanced(columns, part: place[1], of: shape[1])
    width = self.columns.count + 2
    cells = [Double](repeating: 0, count: (self.rows.count + 2) * width)
    next = cells
  }

  /// What goes to the lower and the upper neighbor along the first axis, and then along the second;
  /// and where what they send goes.
  func halo() throws -> (sending: [Layout<Double>.Placed], receiving: [Layout<Double>.Placed]) {
    let row = try Layout<Double>.contiguous(count: columns.count)
    let column = try Layout<Double>.strided(count: rows.count, stride: width)
    let (last, end) = (rows.count * width, columns.count)
    return (
      [
        row.placed(at: width + 1), row.placed(at: last + 1), column.placed(at: width + 1),
        column.placed(at: width + end),
      ],
      [
        row.placed(at: 1), row.placed(at: last + width + 1), column.placed(at: width),
        column.placed(at: width + end + 1),
      ]
    )
  }

  mutating func step(_ rate: Double) {
    Self.relax(cells, &next, rate, rows: rows.count, width: width)
    swap(&cells, &next)
  }

  /// Computes new values, with a span for each row, whose bounds are checked once.
  private static func relax(
    _ old: [Double], _ new: inout [Double], _ rate: Double, rows: Int, width: Int
  ) {
    let old = old.span
    var new = new.mutableSpan
    for row in 1...rows {
      let below = old.extracting((row - 1) * width..<row * width)
      let here = old.extracting(row * width..<(row + 1) * width)
      let above = old.extracting((row + 1) * width..<(row + 2) * width)
      var result = new._mutatingExtracting(row * width..<(row + 1) * width)
      for i in 1..<width - 1 {
        let others = below[i] + above[i] + here[i - 1] + here[i + 1]
        result[i] = here[i] + rate * (others - 4 * here[i])
      }
    }
  }

  mutating func forEachCell(_ body: (_ cell: inout Double, _ row: Int, _ column: Int) -> Void) {
    for row in rows {
      for column in columns {
        let place = (row - rows.lowerBound + 1) * width + column - columns.lowerBound + 1
        body(&cells[place], row, column)
      }
    }
  }
}
