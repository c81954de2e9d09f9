internal import CMPI

extension Layout {
  /// Several layouts, each at its place, in the order in which they are given.
  ///
  ///     // The border of a matrix of n rows and columns: two rows, and what is left of two columns.
  ///     let row = try Layout<Double>.contiguous(count: n)
  ///     let column = try Layout<Double>.strided(count: n - 2, stride: n)
  ///     let border = try Layout.structure(of: [
  ///       row.placed(at: 0), column.placed(at: n), column.placed(at: 2 * n - 1),
  ///       row.placed(at: n * (n - 1)),
  ///     ])
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  /// - Precondition: No position and no number of instances is negative.
  ///
  /// The corresponding C function is `MPI_Type_create_struct` (MPI 3.1 §4.1.2).
  public static func structure(of parts: [Placed]) throws -> Layout {
    var geometry = LayoutGeometry()
    for part in parts {
      precondition(
        part.position >= 0 && part.instances >= 0,
        "\(part.instances) instances of a layout at \(part.position)")
      geometry.add(part.layout.storage.geometry.repeated(part.instances), at: part.position)
    }
    let construction = Construction()
    _ = try construction.structure(
      parts.map {
        ($0.instances, $0.position * $0.layout.storage.stride, $0.layout.storage.handle.raw)
      })
    return try Layout(construction, geometry)
  }

  /// Some properties of one element, in the order in which they are given.
  ///
  ///     // Of each particle, what others need to know:
  ///     let seen = try Layout<Particle>.properties(\.position, \.mass)
  ///     try world.send(particles.span.laid(out: seen, instances: particles.count), to: 1)
  ///
  /// What is received this way leaves the other properties as they were. The receiver may take the
  /// values of one property into an array of their own.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  /// - Precondition: The properties are stored ones of a structure, or stored ones of such a property.
  ///
  /// The corresponding C functions are `MPI_Type_create_struct` and `MPI_Type_create_resized` (MPI
  /// 3.1 §4.1.2, §4.1.7).
  public static func properties<each Value: Datatype>(
    _ paths: repeat KeyPath<Element, each Value>
  ) throws -> Layout {
    var parts: [(count: Int, offset: Int, type: RawDatatype)] = []
    for path in repeat each paths {
      parts.append((1, offset(of: path), datatype(of: path)))
    }
    let construction = Construction()
    _ = try construction.structure(parts)
    return try Layout(construction, LayoutGeometry(run: 1))
  }

  private static func offset<Value>(of path: KeyPath<Element, Value>) -> Int {
    guard let offset = MemoryLayout<Element>.offset(of: path) else {
      preconditionFailure("\(path) is not a stored property of \(Element.self)")
    }
    return offset
  }

  private static func datatype<Value: Datatype>(of path: KeyPath<Element, Value>) -> RawDatatype {
    Value.mpiDatatype.raw
  }

  /// The same elements, with another distance between instances.
  ///
  ///     // Columns of a matrix that follow each other at distances of one element:
  ///     let column = try Layout<Double>.strided(count: rows, stride: columns).resized(extent: 1)
  ///     try world.scatter(matrix.span.laid(out: column), into: &mine, from: 0)
  ///
  /// - Parameter extent: The distance, in elements, from one instance to the next; it may be less than
  ///   the ``span``.
  /// - Precondition: It is not negative.
  ///
  /// The corresponding C function is `MPI_Type_create_resized` (MPI 3.1 §4.1.7).
  public func resized(extent: Int) throws -> Layout {
    precondition(extent >= 0, "an extent of \(extent) elements")
    let construction = Construction()
    _ = try construction.resized(
      storage.handle.raw, lowerBound: 0, extent: extent * storage.stride)
    var geometry = storage.geometry
    geometry.bounds = 0..<extent
    return try Layout(construction, geometry)
  }

  /// The same elements, under a name that debuggers and ``description`` show.
  ///
  /// One that is longer than the library allows is cut.
  ///
  /// The corresponding C functions are `MPI_Type_dup` and `MPI_Type_set_name` (MPI 3.1 §4.1.10,
  /// §6.8).
  public func named(_ name: String) throws -> Layout {
    let construction = Construction()
    let copy = try construction.duplicate(storage.handle.raw)
    var name = name
    while name.utf8.count >= Int(CMPI_MAX_OBJECT_NAME) { name.removeLast() }
    try unsafe check(MPI_Type_set_name(copy, name), "MPI_Type_set_name")
    return try Layout(construction, storage.geometry)
  }
}

extension Layout {
  /// The name that ``named(_:)`` gave, or empty.
  ///
  /// The corresponding C function is `MPI_Type_get_name` (MPI 3.1 §6.8).
  public var name: String { storage.handle.name }

  /// The number of bytes that one instance sends: without gaps, and without padding.
  ///
  /// The corresponding C functions are `MPI_Type_size` and `MPI_Type_size_x` (MPI 3.1 §4.1.5).
  public var byteCount: Int { Status.size(of: storage.handle) }

  /// The bytes of a buffer that one instance occupies, with the distance to the next instance as
  /// their number: what MPI calls the lower bound and the extent.
  ///
  /// The corresponding C functions are `MPI_Type_get_extent` and `MPI_Type_get_extent_x` (MPI 3.1
  /// §4.1.7).
  public var byteBounds: Range<Int> {
    var (lower, extent): (MPI_Count, MPI_Count) = (0, 0)
    let code = unsafe MPI_Type_get_extent_x(storage.handle.raw, &lower, &extent)
    return code == CMPI_SUCCESS ? Int(lower)..<Int(lower + extent) : 0..<0
  }

  /// The bytes of a buffer from the first to the last that one instance sends, whatever its extent.
  ///
  /// The corresponding C functions are `MPI_Type_get_true_extent` and `MPI_Type_get_true_extent_x`
  /// (MPI 3.1 §4.1.8).
  public var trueByteBounds: Range<Int> {
    var (lower, extent): (MPI_Count, MPI_Count) = (0, 0)
    let code = unsafe MPI_Type_get_true_extent_x(storage.handle.raw, &lower, &extent)
    return code == CMPI_SUCCESS ? Int(lower)..<Int(lower + extent) : 0..<0
  }
}

extension DatatypeHandle {
  /// The name of the library's, or one that was given; empty without either.
  var name: String {
    unsafe text(capacity: CMPI_MAX_OBJECT_NAME) { unsafe MPI_Type_get_name(raw, $0, $1) }
  }
}
