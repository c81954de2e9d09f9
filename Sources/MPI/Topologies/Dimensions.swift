internal import CMPI

/// The shape of a grid of processes: how many of them each axis has.
///
///     let shape: Dimensions = [3, 2]
///     shape.count        // 2 axes
///     shape.size         // 6 processes
///     try Dimensions.balanced(world.size, axes: 2)
public struct Dimensions: Hashable, Sendable {
  /// The number of processes along each axis.
  public let extents: [Int]

  /// The number of processes of the whole grid; 1 where there is no axis.
  public let size: Int

  /// A shape with the given numbers of processes along its axes.
  ///
  /// - Precondition: All are positive, and so few that C's int counts them.
  public init(_ extents: [Int]) {
    var size = 1
    for extent in extents {
      precondition(extent > 0, "a grid of \(extents) processes")
      let (product, overflow) = size.multipliedReportingOverflow(by: extent)
      precondition(
        !overflow && product <= Int(CInt.max), "a grid of \(extents) processes is too large")
      size = product
    }
    self.extents = extents
    self.size = size
  }

  /// The extents as C has them.
  var raw: [CInt] { extents.map { CInt($0) } }
}

extension Dimensions {
  /// A shape for a number of processes whose extents are as close to each other as the library can
  /// make them, the largest first.
  ///
  ///     try Dimensions.balanced(12, axes: 2)    // [4, 3]
  ///     try Dimensions.balanced(7, axes: 2)     // [7, 1]
  ///
  /// - Parameters:
  ///   - count: The number of processes, all of which the grid uses.
  ///   - axes: The number of axes.
  /// - Throws: ``MPIError/Code/invalidDimensions`` for more than one process without an axis.
  /// - Precondition: `count` is positive, `axes` is not negative, and MPI is initialized.
  ///
  /// The corresponding C function is `MPI_Dims_create` (MPI 3.1 §7.5.2).
  public static func balanced(_ count: Int, axes: Int) throws(MPIError) -> Dimensions {
    precondition(axes >= 0, "a grid of \(axes) axes")
    return try balanced(count, fixing: [Int?](repeating: nil, count: axes))
  }

  /// A shape for a number of processes some of whose extents are given, and the others as close to
  /// each other as the library can make them.
  ///
  ///     try Dimensions.balanced(24, fixing: [nil, 2, nil])    // [4, 2, 3]
  ///
  /// - Parameters:
  ///   - count: The number of processes, all of which the grid uses.
  ///   - extents: The extent of each axis, or `nil` for one that is to be found.
  /// - Throws: ``MPIError/Code/invalidDimensions`` where no such grid has `count` processes.
  /// - Precondition: `count` and the given extents are positive, and MPI is initialized.
  ///
  /// The corresponding C function is `MPI_Dims_create` (MPI 3.1 §7.5.2).
  public static func balanced(
    _ count: Int, fixing extents: [Int?]
  ) throws(MPIError) -> Dimensions {
    precondition(count > 0 && count <= Int(CInt.max), "a grid of \(count) processes")
    let given = Dimensions(extents.compactMap { $0 })
    let isComplete = given.count == extents.count
    // Asked here, since libraries differ in what they call an error.
    guard isComplete ? given.size == count : count % given.size == 0 else {
      throw MPIError(
        .invalidDimensions, routine: "MPI_Dims_create",
        message: "no grid of \(count) processes has the extents \(extents.map { $0 ?? 0 })")
    }
    if isComplete { return given }
    var raw = extents.map { CInt($0 ?? 0) }
    try unsafe check(MPI_Dims_create(CInt(count), CInt(raw.count), &raw), "MPI_Dims_create")
    return Dimensions(raw.map { Int($0) })
  }
}

extension Dimensions: ExpressibleByArrayLiteral, RandomAccessCollection, CustomStringConvertible {
  /// A shape with the given numbers of processes along its axes.
  public init(arrayLiteral elements: Int...) { self.init(elements) }

  /// The number of the first axis: 0.
  public var startIndex: Int { 0 }

  /// The number of axes.
  public var endIndex: Int { extents.count }

  /// The number of processes along one axis.
  public subscript(axis: Int) -> Int { extents[axis] }

  /// The extents, as in `3 × 2`.
  public var description: String {
    extents.isEmpty ? "1" : extents.map { "\($0)" }.joined(separator: " × ")
  }
}
