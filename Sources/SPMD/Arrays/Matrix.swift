public import MPI

/// A matrix that is stored by rows, as C stores it: elements, their shape, and the layouts of its parts.
///
///     var matrix = Matrix(rows: 3, columns: 4, repeating: 0.0)
///     matrix[1, 2] = 5
///     let column = try matrix.columnLayout()
///     try world.send(matrix.elements.span.laid(out: column, at: matrix.position(0, 2)), to: 1)     // column 2
///     try world.send(matrix.elements[matrix.range(ofRow: 1)], to: 1)                               // row 1
///
/// A place is computed before it is received into: `let place = matrix.position(0, 2)`, then
/// `matrix.elements.mutableSpan.laid(out: column, at: place)`.
///
/// As a whole it is sent, received into, broadcast and reduced as its elements are. Loops over rows are fast by row spans,
/// of which each has its bounds checked once: ``row(_:)``, ``mutableRow(_:)``.
public struct Matrix<Element: Datatype & BitwiseCopyable>: ElementContainer, Sendable {
  /// The elements, row by row: always `rows * columns` of them.
  public var elements: [Element]
  /// The number of rows.
  public let rows: Int
  /// The number of columns.
  public let columns: Int

  /// A matrix of equal elements.
  ///
  /// - Precondition: Neither number is negative.
  public init(rows: Int, columns: Int, repeating element: Element) {
    precondition(rows >= 0 && columns >= 0, "a matrix of \(rows) rows and \(columns) columns")
    self.rows = rows
    self.columns = columns
    elements = Array(repeating: element, count: rows * columns)
  }

  /// A matrix of elements that are given row by row.
  ///
  /// - Precondition: As many elements as the shape has.
  public init(rows: Int, columns: Int, _ elements: [Element]) {
    precondition(
      rows >= 0 && columns >= 0 && elements.count == rows * columns,
      "\(elements.count) elements for a matrix of \(rows) rows and \(columns) columns")
    self.rows = rows
    self.columns = columns
    self.elements = elements
  }

  /// One element.
  ///
  /// - Precondition: The row is in `0..<rows`, the column in `0..<columns`.
  @inlinable
  public subscript(row: Int, column: Int) -> Element {
    get { elements[position(row, column)] }
    _modify { yield &elements[position(row, column)] }
  }

  /// Where an element lies among ``elements``.
  ///
  /// - Precondition: The row is in `0..<rows`, the column in `0..<columns`.
  @inlinable
  public func position(_ row: Int, _ column: Int) -> Int {
    precondition(
      row >= 0 && row < rows && column >= 0 && column < columns,
      "element (\(row), \(column)) of a matrix of \(rows) rows and \(columns) columns")
    return row * columns + column
  }

  /// Where the elements of a row lie among ``elements``.
  ///
  /// - Precondition: The row is in `0..<rows`.
  @inlinable
  public func range(ofRow row: Int) -> Range<Int> {
    precondition(row >= 0 && row < rows, "row \(row) of a matrix of \(rows) rows")
    return row * columns..<(row + 1) * columns
  }

  /// The elements of a row.
  ///
  /// - Precondition: The row is in `0..<rows`.
  @inlinable @_lifetime(borrow self)
  public func row(_ row: Int) -> Span<Element> {
    elements.span.extracting(range(ofRow: row))
  }

  /// The elements of a row, to be changed.
  ///
  /// - Precondition: The row is in `0..<rows`.
  @inlinable @_lifetime(&self)
  public mutating func mutableRow(_ row: Int) -> MutableSpan<Element> {
    let range = range(ofRow: row)
    return elements.mutableSpan._consumingExtracting(range)
  }

  /// The layout of some columns that lie beside each other, for `elements.span.laid(out:at:)`, beginning at
  /// `position(0, column)`.
  public func columnLayout(width: Int = 1) throws -> Layout<Element> {
    try .strided(count: rows, blockLength: width, stride: columns)
  }

  /// The layout of a block of rows and columns, for `elements.span.laid(out:at:)`, beginning at `position(row, column)`.
  public func blockLayout(rows: Int, columns: Int) throws -> Layout<Element> {
    try .strided(count: rows, blockLength: columns, stride: self.columns)
  }
}

extension Matrix: Equatable where Element: Equatable {}
