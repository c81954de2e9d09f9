internal import CMPI

/// A communicator whose processes form a grid.
///
///     let shape = try Dimensions.balanced(world.size, axes: 2)
///     guard let grid = try world.cartesian(shape, periodic: [true, false]) else { return }
///     grid.coordinates                      // [1, 0], say
///     try grid.neighbors(along: 0).upper    // the rank at [2, 0]
///
/// All operations of a ``Communicator`` work on it, and the neighborhood collectives of a
/// ``TopologyCommunicator``. Ranks are in row-major order: the last coordinate runs fastest.
@safe public final class CartesianCommunicator: TopologyCommunicator, @unchecked Sendable {
  /// The shape of the grid.
  ///
  /// The corresponding C functions are `MPI_Cartdim_get` and `MPI_Cart_get` (MPI 3.1 §7.5.5).
  public let dimensions: Dimensions

  /// Whether each axis is a ring, on which the first process is the upper neighbor of the last one.
  ///
  /// The corresponding C function is `MPI_Cart_get` (MPI 3.1 §7.5.5).
  public let periodic: [Bool]

  /// The place of this process in the grid.
  ///
  /// The corresponding C function is `MPI_Cart_get` (MPI 3.1 §7.5.5).
  public let coordinates: [Int]

  /// Takes over a communicator that has a Cartesian topology.
  init(owning raw: RawCommunicator) throws {
    var count: CInt = 0
    try unsafe check(MPI_Cartdim_get(raw, &count), "MPI_Cartdim_get", on: raw)
    // Room for one even without an axis: the address of an empty array may be none.
    var extents = [CInt](repeating: 0, count: max(1, Int(count)))
    var periods = extents
    var place = extents
    if count > 0 {
      try unsafe check(
        MPI_Cart_get(raw, count, &extents, &periods, &place), "MPI_Cart_get", on: raw)
    }
    dimensions = Dimensions(extents.prefix(Int(count)).map { Int($0) })
    periodic = periods.prefix(Int(count)).map { $0 != 0 }
    coordinates = place.prefix(Int(count)).map { Int($0) }

    var neighbors: [Int?] = []
    for axis in 0..<count {
      let (lower, upper) = try ranksAside(raw, axis, by: 1)
      neighbors += [lower, upper]
    }
    let isConfusing = zip(extents, periods).contains { $0 <= 2 && $1 != 0 }
    try super.init(owning: raw, in: neighbors, out: neighbors, isConfusing: isConfusing)
  }

  /// Makes a grid of the same processes and the same shape as another communicator, with a context
  /// of its own.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  /// For a communicator that came from elsewhere; ``duplicated()`` is the same for a grid.
  ///
  /// - Returns: `nil` where the communicator has no Cartesian topology.
  ///
  /// The corresponding C functions are `MPI_Topo_test` and `MPI_Comm_dup` (MPI 3.1 §7.5.5, §6.4.2).
  public convenience init?(duplicating communicator: Communicator) throws {
    guard try communicator.topology == .cartesian else { return nil }
    try self.init(owning: duplicate(communicator.raw))
  }

  /// Makes a grid of the same processes and the same shape with a context of its own.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_Comm_dup` (MPI 3.1 §6.4.2).
  public override func duplicated() throws -> CartesianCommunicator {
    try CartesianCommunicator(owning: duplicate(raw))
  }

  /// What goes to the lower neighbor is what that one has from its upper neighbor.
  override func messageTags(_ slot: Int) -> (sending: CInt, receiving: CInt) {
    (CInt(slot ^ 1), CInt(slot))
  }
}

extension Communicator {
  /// Makes a grid of processes.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same arguments.
  ///
  ///     let cylinder = try world.cartesian([4, 2], periodic: [true, false])
  ///
  /// - Parameters:
  ///   - dimensions: The shape of the grid.
  ///   - periodic: For each axis, whether it is a ring.
  ///   - reordering: Whether the library may give ranks new numbers, so that neighbors are close to
  ///     each other in the machine.
  /// - Returns: The grid, or `nil` on ranks that are left over.
  /// - Throws: ``MPIError/Code/invalidDimensions`` where the grid has more places than there are
  ///   ranks.
  /// - Precondition: `periodic` has as many elements as there are axes.
  /// - Complexity: O(log `size`) messages.
  ///
  /// The corresponding C function is `MPI_Cart_create` (MPI 3.1 §7.5.1).
  public func cartesian(
    _ dimensions: Dimensions, periodic: [Bool], reordering: Bool = false
  ) throws -> CartesianCommunicator? {
    let periods = try rawPeriods(periodic, dimensions, "MPI_Cart_create")
    let make = { (new: inout RawCommunicator) in
      unsafe MPI_Cart_create(
        self.raw, CInt(dimensions.count), dimensions.raw, periods, reordering ? 1 : 0, &new)
    }
    return try self.make("MPI_Cart_create", make, CartesianCommunicator.init(owning:))
  }

  /// Makes a grid of processes of which all axes are rings, or none is.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same arguments. They are
  /// those of ``cartesian(_:periodic:reordering:)-(_,[Bool],_)``.
  ///
  /// The corresponding C function is `MPI_Cart_create` (MPI 3.1 §7.5.1).
  public func cartesian(
    _ dimensions: Dimensions, periodic: Bool = false, reordering: Bool = false
  ) throws -> CartesianCommunicator? {
    try cartesian(
      dimensions, periodic: [Bool](repeating: periodic, count: dimensions.count),
      reordering: reordering)
  }

  /// The rank that this process would best have in a grid, as far as the library knows the machine.
  ///
  /// - Returns: `nil` where the process would be left over.
  /// - Throws: ``MPIError/Code/invalidDimensions`` where the grid has more places than there are
  ///   ranks.
  /// - Precondition: `periodic` has as many elements as there are axes.
  ///
  /// The corresponding C function is `MPI_Cart_map` (MPI 3.1 §7.5.8).
  public func recommendedRank(
    in dimensions: Dimensions, periodic: [Bool]
  ) throws -> Int? {
    let periods = try rawPeriods(periodic, dimensions, "MPI_Cart_map")
    // Some libraries take no grid without axes here: it has one place.
    if dimensions.isEmpty { return rank == 0 ? 0 : nil }
    var best: CInt = 0
    try unsafe check(
      MPI_Cart_map(raw, CInt(dimensions.count), dimensions.raw, periods, &best), "MPI_Cart_map",
      on: raw)
    // Open MPI gives ranks that are left over their own number (seen in 4.1.4).
    return best == CMPI_UNDEFINED || best >= dimensions.size ? nil : Int(best)
  }

  private func rawPeriods(
    _ periodic: [Bool], _ dimensions: Dimensions, _ routine: StaticString
  ) throws -> [CInt] {
    precondition(
      periodic.count == dimensions.count,
      "periodic has \(periodic.count) elements for \(dimensions.count) axes")
    guard dimensions.size <= size else {
      throw MPIError(
        .invalidDimensions, routine: routine.description,
        message: "a grid of \(dimensions) processes on \(size) ranks", on: raw)
    }
    return periodic.map { $0 ? 1 : 0 }
  }
}

extension CartesianCommunicator {
  /// The place of a rank in the grid.
  ///
  /// - Throws: ``MPIError/Code/invalidRank`` where there is no such rank.
  ///
  /// The corresponding C function is `MPI_Cart_coords` (MPI 3.1 §7.5.5).
  public func coordinates(of rank: Int) throws -> [Int] {
    let rawRank = try rawPeer(rank, "MPI_Cart_coords")
    var place = [CInt](repeating: 0, count: max(1, dimensions.count))
    try unsafe check(
      MPI_Cart_coords(raw, rawRank, CInt(dimensions.count), &place), "MPI_Cart_coords", on: raw)
    return place.prefix(dimensions.count).map { Int($0) }
  }

  /// The rank at a place of the grid.
  ///
  ///     try grid.rank(at: [0, -1])   // the last rank of the row, or nil where axis 1 has walls
  ///
  /// - Parameter coordinates: Along a periodic axis any number, which goes around.
  /// - Returns: `nil` for a place behind a wall.
  /// - Throws: ``MPIError`` as the library reports it.
  /// - Precondition: As many coordinates as axes.
  ///
  /// The corresponding C function is `MPI_Cart_rank` (MPI 3.1 §7.5.5).
  public func rank(at coordinates: [Int]) throws -> Int? {
    precondition(
      coordinates.count == dimensions.count,
      "\(coordinates.count) coordinates in a grid of \(dimensions.count) axes")
    // Brought into range here, where a number is not too large for C yet.
    var place: [CInt] = []
    for (axis, coordinate) in coordinates.enumerated() {
      let extent = dimensions[axis]
      guard periodic[axis] || (0..<extent).contains(coordinate) else { return nil }
      let rest = coordinate % extent
      place.append(CInt(rest < 0 ? rest + extent : rest))
    }
    if place.isEmpty { return 0 }
    var rank: CInt = 0
    try unsafe check(MPI_Cart_rank(raw, place, &rank), "MPI_Cart_rank", on: raw)
    return Int(rank)
  }

  /// The ranks at a distance from this one along an axis, on both sides.
  ///
  ///     let (left, right) = try grid.neighbors(along: 1)
  ///     try grid.sendReceive(edge, to: right, into: &ghost, from: left)
  ///
  /// `nil`, behind a wall, is no process: sending to it and receiving from it do nothing.
  ///
  /// - Parameters:
  ///   - axis: The number of an axis.
  ///   - distance: How far away.
  /// - Returns: The rank at the coordinate less `distance`, and that at the coordinate plus it.
  /// - Throws: ``MPIError`` as the library reports it.
  /// - Precondition: There is such an axis.
  ///
  /// The corresponding C function is `MPI_Cart_shift` (MPI 3.1 §7.5.6).
  public func neighbors(
    along axis: Int, distance: Int = 1
  ) throws -> (lower: Int?, upper: Int?) {
    requireAxis(axis)
    let extent = dimensions[axis]
    // Around the ring, or behind both walls, whatever does not fit C's int.
    let near =
      periodic[axis] ? distance % extent : min(max(distance, -extent), extent)
    return try ranksAside(raw, CInt(axis), by: CInt(near))
  }

  /// Makes, of the processes that have the same coordinates along the other axes, a grid of some
  /// of the axes.
  ///
  /// **Collective**: every rank of the communicator calls it, with the same axes.
  ///
  ///     let row = try grid.sliced(keeping: [1])      // of a matrix of processes
  ///     let total = try row.allReduce(part, .sum)
  ///
  /// - Parameter axes: The axes that the new grid has, in the same order as here.
  /// - Returns: The grid that this process is in; one of one process without any axis.
  /// - Throws: ``MPIError`` as the library reports it.
  /// - Precondition: There are such axes.
  ///
  /// The corresponding C function is `MPI_Cart_sub` (MPI 3.1 §7.5.7).
  public func sliced(keeping axes: Set<Int>) throws -> CartesianCommunicator {
    for axis in axes { requireAxis(axis) }
    let kept = dimensions.indices.map { axes.contains($0) ? 1 : 0 as CInt }
    let new =
      // Without an axis MPICH gives rank 0 a communicator, and the others none (seen in 4.0.2).
      try axes.isEmpty
      ? Communicator.selfOnly.cartesian([])
      : make(
        "MPI_Cart_sub", { (new: inout RawCommunicator) in unsafe MPI_Cart_sub(raw, kept, &new) },
        CartesianCommunicator.init(owning:))
    guard let new else { throw noCommunicator("MPI_Cart_sub") }
    return new
  }

  private func requireAxis(_ axis: Int) {
    precondition(
      dimensions.indices.contains(axis), "axis \(axis) of a grid of \(dimensions.count) axes")
  }
}

/// The ranks at a distance along an axis.
private func ranksAside(
  _ raw: RawCommunicator, _ axis: CInt, by distance: CInt
) throws -> (lower: Int?, upper: Int?) {
  var lower: CInt = 0
  var upper: CInt = 0
  try unsafe check(
    MPI_Cart_shift(raw, axis, distance, &lower, &upper), "MPI_Cart_shift", on: raw)
  return (lower == CMPI_PROC_NULL ? nil : Int(lower), upper == CMPI_PROC_NULL ? nil : Int(upper))
}
