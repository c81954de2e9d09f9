// The mean of the four neighbors of each element: Jacobi's method. All forms are in functions of their own, to which the
// compiler does not know the arguments, as in a real program.

import SPMD

/// As in C.
@inline(never)
func stencil(byIndex old: [Double], _ new: inout [Double], _ rows: Int, _ columns: Int) {
  for i in 1..<rows - 1 {
    for j in 1..<columns - 1 {
      new[i * columns + j] =
        0.25
        * (old[(i - 1) * columns + j] + old[(i + 1) * columns + j] + old[i * columns + j - 1]
          + old[i * columns + j + 1])
    }
  }
}

/// As in C, by spans of the whole fields.
@inline(never)
func stencil(bySpans old: [Double], _ new: inout [Double], _ rows: Int, _ columns: Int) {
  let old = old.span
  var new = new.mutableSpan
  for i in 1..<rows - 1 {
    for j in 1..<columns - 1 {
      new[i * columns + j] =
        0.25
        * (old[(i - 1) * columns + j] + old[(i + 1) * columns + j] + old[i * columns + j - 1]
          + old[i * columns + j + 1])
    }
  }
}

/// An array for each row.
@inline(never)
func stencil(nested old: [[Double]], _ new: inout [[Double]]) {
  for i in 1..<old.count - 1 {
    for j in 1..<old[i].count - 1 {
      new[i][j] = 0.25 * (old[i - 1][j] + old[i + 1][j] + old[i][j - 1] + old[i][j + 1])
    }
  }
}

/// Spans of rows: each has its bounds checked once.
@inline(never)
func stencil(byRows old: [Double], _ new: inout [Double], _ rows: Int, _ columns: Int) {
  let old = old.span
  var new = new.mutableSpan
  for i in 1..<rows - 1 {
    let above = old.extracting((i - 1) * columns..<i * columns)
    let here = old.extracting(i * columns..<(i + 1) * columns)
    let below = old.extracting((i + 1) * columns..<(i + 2) * columns)
    var result = new._mutatingExtracting(i * columns..<(i + 1) * columns)
    for j in 1..<columns - 1 {
      result[j] = 0.25 * (above[j] + below[j] + here[j - 1] + here[j + 1])
    }
  }
}

/// Spans of rows that are read, and elements that are written by their indices.
@inline(never)
func stencil(readingRows old: [Double], _ new: inout [Double], _ rows: Int, _ columns: Int) {
  let old = old.span
  for i in 1..<rows - 1 {
    let above = old.extracting((i - 1) * columns..<i * columns)
    let here = old.extracting(i * columns..<(i + 1) * columns)
    let below = old.extracting((i + 1) * columns..<(i + 2) * columns)
    for j in 1..<columns - 1 {
      new[i * columns + j] = 0.25 * (above[j] + below[j] + here[j - 1] + here[j + 1])
    }
  }
}

@inline(never)
func stencil(byIndex old: Matrix<Double>, _ new: inout Matrix<Double>) {
  for i in 1..<old.rows - 1 {
    for j in 1..<old.columns - 1 {
      new[i, j] = 0.25 * (old[i - 1, j] + old[i + 1, j] + old[i, j - 1] + old[i, j + 1])
    }
  }
}

@inline(never)
func stencil(byRows old: Matrix<Double>, _ new: inout Matrix<Double>) {
  for i in 1..<old.rows - 1 {
    let (above, here, below) = (old.row(i - 1), old.row(i), old.row(i + 1))
    var result = new.mutableRow(i)
    for j in 1..<old.columns - 1 {
      result[j] = 0.25 * (above[j] + below[j] + here[j - 1] + here[j + 1])
    }
  }
}

/// Fields that are properties of a class.
final class Model {
  private(set) var cells: [Double]
  private var next: [Double]
  private let columns: Int

  init(_ cells: [Double], _ columns: Int) {
    self.cells = cells
    next = cells
    self.columns = columns
  }

  @inline(never)
  func relaxByIndex() {
    for i in 1..<cells.count / columns - 1 {
      for j in 1..<columns - 1 {
        next[i * columns + j] =
          0.25
          * (cells[(i - 1) * columns + j] + cells[(i + 1) * columns + j]
            + cells[i * columns + j - 1] + cells[i * columns + j + 1])
      }
    }
    swap(&cells, &next)
  }

  /// One access to each property.
  @inline(never)
  func relaxByRows() {
    stencil(byRows: cells, &next, cells.count / columns, columns)
    swap(&cells, &next)
  }
}

/// As in C: in the order in which the elements lie, in place.
@inline(never)
func seidel(byIndex field: inout [Double], _ rows: Int, _ columns: Int) {
  for i in 1..<rows - 1 {
    for j in 1..<columns - 1 {
      field[i * columns + j] =
        0.25
        * (field[(i - 1) * columns + j] + field[(i + 1) * columns + j]
          + field[i * columns + j - 1] + field[i * columns + j + 1])
    }
  }
}

/// Three rows at a time, with the last result in a variable.
@inline(never)
func seidel(carrying field: inout [Double], _ rows: Int, _ columns: Int) {
  var field = field.mutableSpan
  for i in 1..<rows - 1 {
    var three = field._mutatingExtracting((i - 1) * columns..<(i + 2) * columns)
    var last = three[columns]
    for j in 1..<columns - 1 {
      last = 0.25 * (three[j] + three[2 * columns + j] + last + three[columns + j + 1])
      three[columns + j] = last
    }
  }
}
