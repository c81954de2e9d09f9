internal import CMPI

/// In which order an array of several axes lies in memory.
///
/// The corresponding C constants are `MPI_ORDER_C` and `MPI_ORDER_FORTRAN` (MPI 3.1 §4.1.3).
public enum ArrayOrder: Sendable {
  /// The last index runs fastest, as in C.
  case rowMajor
  /// The first index runs fastest, as in Fortran.
  case columnMajor

  var raw: CInt { self == .rowMajor ? CMPI_ORDER_C : CMPI_ORDER_FORTRAN }

  /// The distance, in elements, that one step along each axis makes.
  fileprivate func strides(of shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    var stride = 1
    for axis in fastestFirst(shape.indices) {
      strides[axis] = stride
      stride *= shape[axis]
    }
    return strides
  }

  fileprivate func fastestFirst(_ axes: Range<Int>) -> [Int] {
    self == .rowMajor ? axes.reversed() : Array(axes)
  }
}

/// How one axis of an array is divided among processes.
///
/// The corresponding C constants are `MPI_DISTRIBUTE_BLOCK`, `MPI_DISTRIBUTE_CYCLIC`,
/// `MPI_DISTRIBUTE_NONE` and `MPI_DISTRIBUTE_DFLT_DARG` (MPI 3.1 §4.1.4).
public enum Distribution: Hashable, Sendable {
  /// Each process has one run, as long as the others' but for the last ones.
  case block
  /// Each process has one run of a given length, the last ones less.
  case blocks(of: Int)
  /// Runs of a given length are dealt to the processes in turn.
  case cyclic(blockLength: Int = 1)
  /// All of the axis is on each process.
  case whole

  var raw: CInt {
    switch self {
    case .block, .blocks: CMPI_DISTRIBUTE_BLOCK
    case .cyclic: CMPI_DISTRIBUTE_CYCLIC
    case .whole: CMPI_DISTRIBUTE_NONE
    }
  }

  var rawArgument: CInt {
    switch self {
    case .blocks(let length), .cyclic(let length): CInt(length)
    case .block, .whole: CMPI_DISTRIBUTE_DFLT_DARG
    }
  }

  /// The length of a block on an axis of `count` elements over `parts` processes.
  private func blockLength(_ count: Int, over parts: Int) -> Int {
    switch self {
    case .block: count / parts + (count % parts == 0 ? 0 : 1)
    case .blocks(let length), .cyclic(let length): length
    case .whole: count
    }
  }

  /// What one of `parts` processes has of an axis of `count` elements.
  fileprivate func ranges(_ part: Int, of parts: Int, _ count: Int) -> [Range<Int>] {
    let length = blockLength(count, over: parts)
    var step = length * parts
    switch self {
    case .block: break
    case .blocks:
      precondition(
        length > 0 && step >= count,
        "\(parts) blocks of \(length) elements on an axis of \(count)")
    case .cyclic: precondition(length > 0, "blocks of \(length) elements")
    case .whole:
      precondition(parts == 1, "an axis that is not divided over \(parts) processes")
      step = count
    }
    return stride(from: part * length, to: count, by: max(step, 1)).map {
      $0..<min($0 + length, count)
    }
  }
}

extension Layout {
  /// A part of an array of several axes.
  ///
  ///     // Rows 2, 3 and 4 of columns 1 to 9 of a matrix of 100 rows and 10 columns:
  ///     try Layout<Double>.subarray([2..<5, 1..<10], of: [100, 10])
  ///
  /// The ``extent`` is that of the whole array.
  ///
  /// - Parameters:
  ///   - ranges: The indices along each axis.
  ///   - shape: The number of elements along each axis.
  ///   - order: Which index runs fastest; the elements are sent in this order, too.
  /// - Precondition: As many ranges as axes, each within its axis.
  ///
  /// The corresponding C function is `MPI_Type_create_subarray` (MPI 3.1 §4.1.3).
  public static func subarray(
    _ ranges: [Range<Int>], of shape: [Int], order: ArrayOrder = .rowMajor
  ) throws -> Layout {
    precondition(
      ranges.count == shape.count, "\(ranges.count) ranges of an array of \(shape.count) axes")
    for (range, length) in zip(ranges, shape) {
      precondition(
        range.lowerBound >= 0 && range.upperBound <= length,
        "indices \(range) of an axis of \(length) elements")
    }
    return try product(ranges.map { [$0] }, of: shape, order) {
      (construction, type) throws in
      try construction.subarray(ranges, of: shape, order, of: type)
    }
  }

  /// What one process has of an array that is distributed over a grid of processes.
  ///
  ///     // A matrix dealt in blocks of 64 · 64 elements to a grid of 2 · 3 processes, as in ScaLAPACK:
  ///     let mine = try Layout<Double>.distributedArray(
  ///       of: [1000, 1000], [.cyclic(blockLength: 64), .cyclic(blockLength: 64)],
  ///       over: [2, 3], part: world.rank, order: .columnMajor)
  ///     var elements = [Double](repeating: 0, count: mine.count)
  ///
  /// The ``extent`` is that of the whole array.
  ///
  /// - Parameters:
  ///   - shape: The number of elements along each axis.
  ///   - distributions: How each axis is divided.
  ///   - grid: The number of processes along each axis.
  ///   - part: The number of a process, by rows of the grid, whatever the order of the array is: its
  ///     rank in a ``Communicator`` of that many.
  ///   - order: Which index of the array runs fastest.
  /// - Precondition: As many distributions and grid sizes as axes; `part` is a process of the grid; the
  ///   blocks of a distribution cover its axis; an axis that is not divided has one process.
  ///
  /// The corresponding C function is `MPI_Type_create_darray` (MPI 3.1 §4.1.4).
  public static func distributedArray(
    of shape: [Int], _ distributions: [Distribution], over grid: [Int], part: Int,
    order: ArrayOrder = .rowMajor
  ) throws -> Layout {
    precondition(
      distributions.count == shape.count && grid.count == shape.count,
      """
      \(distributions.count) distributions over a grid of \(grid.count) axes, of an array of \
      \(shape.count) axes
      """)
    precondition(
      shape.allSatisfy { $0 >= 0 } && grid.allSatisfy { $0 > 0 },
      "an array of \(shape) over a grid of \(grid)")
    let processes = grid.reduce(1, *)
    precondition((0..<processes).contains(part), "part \(part) on a grid of \(processes) processes")

    let steps = ArrayOrder.rowMajor.strides(of: grid)
    let ranges = shape.indices.map { axis in
      distributions[axis].ranges(part / steps[axis] % grid[axis], of: grid[axis], shape[axis])
    }
    return try product(ranges, of: shape, order) {
      (construction, type) throws in
      try construction.distributedArray(
        shape, distributions, over: grid, part: part, order, of: type)
    }
  }

  /// The elements of an array whose index along each axis is in one of its ranges.
  ///
  /// - Parameter whole: Makes the datatype at once, where C's int holds all that it is made from.
  private static func product(
    _ ranges: [[Range<Int>]], of shape: [Int], _ order: ArrayOrder,
    _ whole: (Construction, RawDatatype) throws -> RawDatatype
  ) throws -> Layout {
    let strides = order.strides(of: shape)
    let total = shape.reduce(1, *)
    var geometry = LayoutGeometry(
      count: ranges.reduce(1) { $0 * $1.reduce(0) { $0 + $1.count } }, span: 0, bounds: 0..<total)
    let construction = Construction()
    let element = Element.mpiDatatype.raw
    guard geometry.count > 0 else {
      _ = try construction.contiguous(0, of: element)
      return try Layout(construction, geometry)
    }
    geometry.span = zip(ranges, strides).reduce(1) {
      $0 + (($1.0.last?.upperBound ?? 1) - 1) * $1.1
    }
    if !shape.isEmpty, shape.allSatisfy({ $0 <= Int(CInt.max) }) {
      _ = try whole(construction, element)
    } else {
      // Axis by axis, each of blocks of the one before.
      var type = try construction.contiguous(1, of: element)
      for axis in order.fastestFirst(shape.indices) {
        let bytes = strides[axis] * MemoryLayout<Element>.stride
        type = try construction.blocks(
          ranges[axis], bytes: bytes,
          of: construction.resized(type, lowerBound: 0, extent: bytes))
      }
    }
    return try Layout(construction, geometry)
  }
}
