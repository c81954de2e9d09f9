internal import CMPI

/// Which elements of a buffer take part in an operation, where those are not one run.
///
/// A column of a matrix that is stored by rows:
///
///     let column = try Layout<Double>.strided(count: rows, stride: columns)
///     try world.send(matrix.span, layout: column, at: 2, to: 1)     // column 2
///
/// Positions and strides are in elements. The elements are sent in the order in which the layout names
/// them, without being copied first, and are received as any other sequence of as many elements: the
/// layouts at both ends need not be the same.
///
/// A layout is made once and used often. It is freed with the last reference to it.
public struct Layout<Element: Datatype>: Sendable {
  let storage: LayoutStorage

  /// The number of elements that one instance of the layout names.
  public var count: Int { storage.count }

  /// The number of elements from the beginning of a buffer that one instance spans: one more than the
  /// highest position.
  public var span: Int { storage.span }

  /// The distance, in elements, from one instance to the next, where several follow each other.
  public var extent: Int { storage.extent }

  init(_ storage: LayoutStorage) { self.storage = storage }
}

/// What a layout consists of: a committed datatype, and what bounds checks need.
@safe final class LayoutStorage: @unchecked Sendable {
  let handle: DatatypeHandle
  let count: Int
  let span: Int
  let extent: Int

  /// Takes over a datatype that was made and not yet committed.
  ///
  /// - Parameter element: The type of the elements, in whose extents `span` and `extent` count.
  init(
    owning raw: RawDatatype, of element: DatatypeHandle, count: Int, span: Int, extent: Int
  ) throws(MPIError) {
    var raw = raw
    try unsafe check(MPI_Type_commit(&raw), "MPI_Type_commit")
    // A `Bool` anywhere in the span is made valid; those that were not received are so already.
    let inner = unsafe element.structure?.takeUnretainedValue()
    let structure = inner.map {
      StructureDescription(stride: extent * $0.stride, repeating: $0, count: span)
    }
    handle = unsafe DatatypeHandle(
      raw, structure: structure.map { unsafe Unmanaged.passRetained($0) })
    self.count = count
    self.span = span
    self.extent = extent
  }

  deinit {
    unsafe handle.structure?.release()
    if isRunning { releaseDatatype(handle) }
  }

  /// The number of elements that instances of the layout touch, from the beginning of the first.
  func touched(_ instances: Int) -> Int {
    instances == 0 ? 0 : (instances - 1) * extent + span
  }
}

extension Span where Element: Datatype {
  /// Instances of a layout, of which the first begins at a position.
  ///
  /// The datatype lives as long as the layout: a nonblocking operation has to retain its storage.
  ///
  /// - Precondition: They lie within the buffer.
  func rawBuffer(
    _ layout: Layout<Element>, at position: Int, instances: Int, _ what: StaticString
  ) throws(MPIError) -> RawBuffer {
    unsafe try rawBuffer.laidOut(layout.storage, at: position, instances: instances, what)
  }
}

extension MutableSpan where Element: Datatype {
  /// Instances of a layout, of which the first begins at a position.
  ///
  /// The datatype lives as long as the layout: a nonblocking operation has to retain its storage.
  ///
  /// - Precondition: They lie within the buffer.
  mutating func rawBuffer(
    _ layout: Layout<Element>, at position: Int, instances: Int, _ what: StaticString
  ) throws(MPIError) -> RawBuffer {
    unsafe try rawBuffer().laidOut(layout.storage, at: position, instances: instances, what)
  }
}

extension RawBuffer {
  /// Instances of a layout in this buffer of elements.
  func laidOut(
    _ layout: LayoutStorage, at position: Int, instances: Int, _ what: StaticString
  ) throws(MPIError) -> RawBuffer {
    let touched = layout.touched(instances)
    precondition(
      position >= 0 && instances >= 0, "\(what): \(instances) instances of a layout at \(position)")
    precondition(
      unsafe position + touched <= count,
      unsafe "\(what): a layout touches \(position)..<\(position + touched) of \(count) elements")
    let stride = try unsafe datatype.extent()
    return unsafe RawBuffer(
      address: address.map { unsafe $0 + position * stride }, count: instances,
      datatype: layout.handle)
  }
}

extension Layout {
  /// A run of elements.
  ///
  /// - Precondition: `count` is not negative.
  ///
  /// The corresponding C function is `MPI_Type_contiguous` (MPI 3.1 §4.1.2).
  public static func contiguous(count: Int) throws(MPIError) -> Layout {
    precondition(count >= 0, "a layout of \(count) elements")
    return try strided(count: 1, blockLength: count, stride: count)
  }

  /// Blocks of elements at equal distances.
  ///
  ///     // Columns 2 and 3 of a matrix of 100 rows and 10 columns, at position 2:
  ///     try Layout<Double>.strided(count: 100, blockLength: 2, stride: 10)
  ///
  /// - Parameters:
  ///   - count: The number of blocks.
  ///   - blockLength: The number of elements of each block.
  ///   - stride: The distance, in elements, from the beginning of a block to that of the next one.
  /// - Precondition: None of them is negative.
  ///
  /// The corresponding C function is `MPI_Type_vector` (MPI 3.1 §4.1.2).
  public static func strided(
    count: Int, blockLength: Int = 1, stride: Int
  ) throws(MPIError) -> Layout {
    precondition(
      count >= 0 && blockLength >= 0 && stride >= 0,
      "a layout of \(count) blocks of \(blockLength) elements at distances of \(stride)")
    guard
      let rawCount = CInt(exactly: count), let rawLength = CInt(exactly: blockLength),
      let rawStride = CInt(exactly: stride)
    else {
      throw MPIError(
        .invalidCount, routine: "MPI_Type_vector",
        message: "\(count) blocks of \(blockLength) elements at distances of \(stride)")
    }
    var raw = CMPI_DATATYPE_NULL as RawDatatype
    try unsafe check(
      MPI_Type_vector(rawCount, rawLength, rawStride, Element.mpiDatatype.raw, &raw),
      "MPI_Type_vector")
    let span = count == 0 || blockLength == 0 ? 0 : (count - 1) * stride + blockLength
    return Layout(
      try LayoutStorage(
        owning: raw, of: Element.mpiDatatype, count: count * blockLength, span: span, extent: span))
  }
}
