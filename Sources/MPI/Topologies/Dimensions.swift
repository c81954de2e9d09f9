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
  /// A shape for a number of processes whose extents are as close to each other as they can be, the
  /// largest first.
  ///
  ///     try Dimensions.balanced(12, axes: 2)    // [4, 3]
  ///     try Dimensions.balanced(7, axes: 2)     // [7, 1]
  ///
  /// Of all such shapes it is the one whose largest extent is the smallest, then that whose second
  /// one is, and so on.
  ///
  /// - Parameters:
  ///   - count: The number of processes, all of which the grid uses.
  ///   - axes: The number of axes.
  /// - Throws: ``MPIError/Code/invalidDimensions`` for more than one process without an axis.
  /// - Precondition: `count` is positive, and `axes` is not negative.
  ///
  /// The corresponding C function is `MPI_Dims_create` (MPI 3.1 §7.5.2).
  public static func balanced(_ count: Int, axes: Int) throws -> Dimensions {
    precondition(axes >= 0, "a grid of \(axes) axes")
    return try balanced(count, fixing: [Int?](repeating: nil, count: axes))
  }

  /// A shape for a number of processes some of whose extents are given, and the others as close to
  /// each other as they can be.
  ///
  ///     try Dimensions.balanced(24, fixing: [nil, 2, nil])    // [4, 2, 3]
  ///
  /// - Parameters:
  ///   - count: The number of processes, all of which the grid uses.
  ///   - extents: The extent of each axis, or `nil` for one that is to be found.
  /// - Throws: ``MPIError/Code/invalidDimensions`` where no such grid has `count` processes.
  /// - Precondition: `count` and the given extents are positive.
  ///
  /// The corresponding C function is `MPI_Dims_create` (MPI 3.1 §7.5.2).
  public static func balanced(
    _ count: Int, fixing extents: [Int?]
  ) throws -> Dimensions {
    precondition(count > 0 && count <= Int(CInt.max), "a grid of \(count) processes")
    let given = Dimensions(extents.compactMap { $0 })
    let isComplete = given.count == extents.count
    // Asked here, since libraries differ in what they call an error.
    guard isComplete ? given.size == count : count % given.size == 0 else {
      throw MPIError(
        .invalidDimensions, routine: "MPI_Dims_create",
        message: "no grid of \(count) processes has the extents \(extents.map { $0 ?? 0 })")
    }
    // Not by MPI_Dims_create, whose shapes depend on the library: Open MPI's are far from balanced
    // (seen in 4.1.4: 12 × 6 for 72 processes, not 9 × 8).
    var found = factors(of: count / given.size, extents.count - given.count)[...]
    return Dimensions(extents.map { $0 ?? found.popFirst() ?? 1 })
  }
}

/// The factors of a number, in falling order, of which the largest is as small as it can be, then
/// the second, and so on.
private func factors(of number: Int, _ count: Int) -> [Int] {
  let small = (1...number).prefix { $0 <= number / $0 }.filter { number % $0 == 0 }
  let divisors = small + small.reversed().map { number / $0 }.drop { $0 == small.last }

  /// The factors of a part of the number that are not above a limit.
  func search(_ number: Int, _ count: Int, below limit: Int) -> [Int]? {
    if count == 0 { return number == 1 ? [] : nil }
    for divisor in divisors where number % divisor == 0 {
      if divisor > limit { break }
      // All others will be at most as large: can they reach the number?
      var reach = 1
      for _ in 0..<count where reach < number { reach *= divisor }
      if reach < number { continue }
      if let others = search(number / divisor, count - 1, below: divisor) {
        return [divisor] + others
      }
    }
    return nil
  }
  return search(number, count, below: number) ?? []
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
