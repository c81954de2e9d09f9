internal import CMPI

extension File {
  /// How elements stand in a file.
  ///
  /// Libraries may know others than those of the standard.
  public struct Representation: RawRepresentable, Hashable, Sendable {
    /// The name that MPI has for it.
    public let rawValue: String

    /// Creates a representation from its name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// As in memory.
    public static let native = Representation(rawValue: "native")
    /// In a way of the library's own, which all machines that use this library can read.
    public static let `internal` = Representation(rawValue: "internal")
    /// As the standard says: big-endian, IEEE. Every library on every machine can read it, as far as
    /// it supports it.
    public static let external32 = Representation(rawValue: "external32")
  }

  /// Which part of a file a process sees, and as what.
  public struct View: Sendable {
    /// Where it begins, in bytes from the beginning of the file.
    public let displacement: Int
    /// The type of the elements; `nil` for bytes, which may hold elements of any type.
    public let element: (any Datatype.Type)?
    /// How the elements stand in the file.
    public let representation: Representation
  }

  /// Has this process see elements of one type, and only those of them that a layout names.
  ///
  /// **Collective**: all processes that have the file open call it; each may name other elements, of
  /// types of the same size.
  ///
  ///     // The columns of a matrix of doubles, behind a header of 64 bytes, go to ranks in turn.
  ///     let column = try Layout<Double>.strided(count: rows, stride: columns)
  ///     try file.setView(of: Double.self, from: 64 + 8 * world.rank, layout: column)
  ///     try file.write(mine, collectively: true)
  ///
  /// Instances of the layout follow each other up to the end of the file, at distances of its
  /// ``Layout/extent``. Offsets count the elements that are seen, over all instances; both pointers
  /// go to the first of them. A structure takes as many bytes of the file as of memory: what is
  /// padding there is skipped here.
  ///
  /// From here on, elements of another type trap.
  ///
  /// - Parameters:
  ///   - type: The type of the elements.
  ///   - displacement: Where the view begins, in bytes from the beginning of the file. The same on
  ///     all ranks where the shared pointer is used.
  ///   - layout: Which elements are seen; all, if `nil`. Positions must not decrease.
  ///   - representation: How elements stand in the file.
  ///   - info: Hints for the library.
  /// - Throws: ``MPIError/Code/unsupportedDataRepresentation``, and what else the library reports.
  /// - Precondition: `displacement` is not negative.
  ///
  /// The corresponding C function is `MPI_File_set_view` (MPI 3.1 §13.3).
  public mutating func setView<T: Datatype>(
    of type: T.Type, from displacement: Int = 0, layout: Layout<T>? = nil,
    representation: Representation = .native, info: Info = Info()
  ) throws {
    let datatype = T.mpiDatatype.raw
    try handle.setView(
      displacement, datatype, layout?.storage.handle.raw ?? datatype, representation, info)
    handle.file.layout = layout?.storage
    handle.element = type
  }

  /// Has this process see bytes, which may hold elements of any type, as a new file is seen.
  ///
  /// **Collective**: all processes that have the file open call it.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_File_set_view` (MPI 3.1 §13.3).
  public mutating func setViewOfBytes(
    from displacement: Int = 0, info: Info = Info()
  ) throws {
    try handle.setView(displacement, CMPI_BYTE, CMPI_BYTE, .native, info)
    handle.file.layout = nil
    handle.element = nil
  }

  /// What this process sees of the file.
  ///
  /// The corresponding C function is `MPI_File_get_view` (MPI 3.1 §13.3).
  public var view: View {
    get throws {
      var displacement: MPI_Offset = 0
      var types: (RawDatatype, RawDatatype) = (CMPI_DATATYPE_NULL, CMPI_DATATYPE_NULL)
      var code = CMPI_SUCCESS
      let name = unsafe text(capacity: CMPI_MAX_DATAREP_STRING) { buffer, _ in
        code = unsafe MPI_File_get_view(handle.raw, &displacement, &types.0, &types.1, buffer)
        return code
      }
      try handle.file.check(code, "MPI_File_get_view")
      releaseDerived(types.0)
      releaseDerived(types.1)
      return View(
        displacement: Int(displacement), element: handle.element,
        representation: Representation(rawValue: name))
    }
  }

  /// The number of bytes that an element takes in the file, as it is seen.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_File_get_type_extent` (MPI 3.1 §13.5).
  public func extent<T: Datatype>(of type: T.Type) throws -> Int {
    var extent: MPI_Aint = 0
    try unsafe handle.file.check(
      MPI_File_get_type_extent(handle.raw, T.mpiDatatype.raw, &extent), "MPI_File_get_type_extent")
    return Int(extent)
  }

  /// Where an element that this process sees is in the file, in bytes from its beginning.
  ///
  /// - Parameter offset: The number of the element, or of the byte where the file is seen as bytes.
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C function is `MPI_File_get_byte_offset` (MPI 3.1 §13.4.3).
  public func byteOffset(of offset: Int) throws -> Int {
    var bytes: MPI_Offset = 0
    try unsafe handle.file.check(
      MPI_File_get_byte_offset(handle.raw, MPI_Offset(offset), &bytes), "MPI_File_get_byte_offset")
    return Int(bytes)
  }
}

extension File {
  /// What a new place of a pointer is counted from.
  ///
  /// The corresponding C constants are `MPI_SEEK_SET`, `MPI_SEEK_CUR` and `MPI_SEEK_END`.
  public enum Origin: Sendable {
    /// The beginning of the view.
    case start
    /// Where the pointer stands.
    case current
    /// The end of the file.
    case end

    var raw: CInt {
      switch self {
      case .start: CMPI_SEEK_SET
      case .current: CMPI_SEEK_CUR
      case .end: CMPI_SEEK_END
      }
    }
  }

  /// Where a pointer stands, in elements that are seen; in bytes where the file is seen as bytes.
  ///
  /// - Throws: ``MPIError`` as the library reports it.
  ///
  /// The corresponding C functions are `MPI_File_get_position` and `MPI_File_get_position_shared`
  /// (MPI 3.1 §13.4.3, §13.4.4).
  public func position(of pointer: Pointer = .individual) throws -> Int {
    var offset: MPI_Offset = 0
    if pointer.isShared {
      try unsafe handle.file.check(
        MPI_File_get_position_shared(handle.raw, &offset), "MPI_File_get_position_shared")
    } else {
      try unsafe handle.file.check(
        MPI_File_get_position(handle.raw, &offset), "MPI_File_get_position")
    }
    return Int(offset)
  }

  /// Moves a pointer.
  ///
  /// **Collective** for the shared pointer: all processes that have the file open call it, with the
  /// same place.
  ///
  ///     try file.seek(to: 0)
  ///     try file.seek(to: -10, from: .end)
  ///     try file.seek(to: 0, from: .end, .shared)
  ///
  /// - Parameters:
  ///   - offset: The distance, in elements that are seen; in bytes where the file is seen as bytes.
  ///   - origin: What it is counted from.
  ///   - pointer: Which pointer.
  /// - Throws: ``MPIError`` for a place before the beginning of the view.
  ///
  /// The corresponding C functions are `MPI_File_seek` and `MPI_File_seek_shared` (MPI 3.1 §13.4.3,
  /// §13.4.4).
  public func seek(
    to offset: Int, from origin: Origin = .start, _ pointer: Pointer = .individual
  ) throws {
    let distance = MPI_Offset(offset)
    let routine: StaticString = pointer.isShared ? "MPI_File_seek_shared" : "MPI_File_seek"
    let code =
      pointer.isShared
      ? MPI_File_seek_shared(handle.raw, distance, origin.raw)
      : MPI_File_seek(handle.raw, distance, origin.raw)
    if code == CMPI_SUCCESS { return }
    let error = handle.file.error(code, routine)
    // Open MPI says MPI_ERR_OTHER of a place that is not there.
    if error.code != .other { throw error }
    throw MPIError(
      .invalidArgument, nativeCode: code, routine: error.routine,
      message: "\(path): there is no place \(offset) from the \(origin) of the view",
      on: handle.file.communicator.raw)
  }
}

extension FileHandle {
  fileprivate func setView(
    _ displacement: Int, _ element: RawDatatype, _ layout: RawDatatype,
    _ representation: File.Representation, _ info: Info
  ) throws {
    file.requireIdle("changing the view")
    precondition(displacement >= 0, "\(file.path): a view cannot begin at byte \(displacement)")
    let code = unsafe MPI_File_set_view(
      raw, MPI_Offset(displacement), element, layout, representation.rawValue, info.raw)
    try file.check(code, "MPI_File_set_view")
  }
}
