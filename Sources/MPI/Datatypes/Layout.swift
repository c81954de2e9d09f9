internal import CMPI

/// Which elements of a span take part in an operation, where those are not one run.
///
/// A column of a matrix that is stored by rows:
///
///     let column = try Layout<Double>.strided(count: rows, stride: columns)
///     try world.send(matrix.span.laid(out: column, at: 2), to: 1)     // column 2
///
/// Positions and strides are in elements. The elements are sent in the order in which the layout names
/// them, without being copied first, and are received as any other sequence of as many elements: the
/// layouts at both ends need not be the same. A layout that is received into must not name an element
/// twice.
///
/// Where a call takes several instances of a layout, each lies an ``extent`` behind the one before it.
/// An extent reaches from the lowest position of a layout to the highest, or over the whole array of
/// which it is a part; ``resized(extent:)`` changes it.
///
/// A layout is made once and used often. It is freed with the last reference to it. What moves data takes
/// a span that is laid out, `Span.laid(out:at:instances:)`; reductions do not, since MPI combines elements of the
/// types that an operation is defined for, and a layout is another type (MPI 3.1 §5.9.1).
///
/// The corresponding C functions are those of its constructors, and `MPI_Type_commit` and
/// `MPI_Type_free` (MPI 3.1 §4.1.9).
public struct Layout<Element: Datatype>: Sendable {
  @usableFromInline let storage: LayoutStorage

  /// The number of elements that one instance of the layout names.
  public var count: Int { storage.count }

  /// The number of elements from the beginning of a buffer that one instance spans: one more than the
  /// highest position.
  public var span: Int { storage.span }

  /// The distance, in elements, from one instance to the next, where several follow each other.
  public var extent: Int { storage.extent }

  init(_ storage: LayoutStorage) { self.storage = storage }

  /// The layout that a construction has come to.
  init(
    _ construction: Construction, _ geometry: LayoutGeometry
  ) throws {
    storage = try LayoutStorage(construction, of: Element.mpiDatatype, geometry)
  }

  /// Several instances of the layout from a position on, as a part of something larger.
  ///
  /// The parts of ``structure(of:)``, and of what
  /// ``Communicator/allToAll(_:layouts:into:layouts:)-(_,_,R,_)`` exchanges.
  public struct Placed: Sendable {
    /// The layout.
    public var layout: Layout
    /// Where the first instance begins, in elements.
    public var position: Int
    /// The number of instances.
    public var instances: Int
  }

  /// Several instances of the layout, the first of which begins at a position.
  public func placed(at position: Int = 0, instances: Int = 1) -> Placed {
    Placed(layout: self, position: position, instances: instances)
  }
}

/// What a layout consists of: a committed datatype, and what bounds checks need.
@safe @usableFromInline
final class LayoutStorage: @unchecked Sendable {
  @usableFromInline let handle: DatatypeHandle
  let geometry: LayoutGeometry

  /// The bytes from one element to the next.
  @usableFromInline let stride: Int

  @usableFromInline let count: Int
  @usableFromInline let span: Int
  @usableFromInline let extent: Int

  /// Takes over a datatype that was made and not yet committed.
  ///
  /// - Parameter element: The type of the elements, in whose extents `geometry` counts.
  init(
    _ construction: Construction, of element: DatatypeHandle, _ geometry: LayoutGeometry
  ) throws {
    let stride = try element.extent()
    var raw = construction.finish()
    // Where the library's bounds are others (it rounds those of structures up), ours are imposed, so
    // that instances lie where the checks think they do.
    let lower = (geometry.bounds?.lowerBound ?? 0) * stride
    let extent = geometry.extent * stride
    var known: (lower: MPI_Aint, extent: MPI_Aint) = (0, 0)
    try unsafe check(
      MPI_Type_get_extent(raw, &known.lower, &known.extent), "MPI_Type_get_extent")
    if known.extent != extent || (known.lower != lower && extent != 0) {
      construction.keep(raw)
      raw = try construction.resized(raw, lowerBound: lower, extent: extent)
      _ = construction.finish()
    }
    try unsafe check(MPI_Type_commit(&raw), "MPI_Type_commit")

    // A `Bool` anywhere in the span is made valid; those that were not received are so already.
    let inner = unsafe element.structure?.takeUnretainedValue()
    let structure = inner.map {
      StructureDescription(stride: extent, repeating: $0, count: geometry.span)
    }
    handle = unsafe DatatypeHandle(
      raw, structure: structure.map { unsafe Unmanaged.passRetained($0) })
    self.geometry = geometry
    self.stride = stride
    count = geometry.count
    span = geometry.span
    self.extent = geometry.extent
  }

  deinit {
    unsafe handle.structure?.release()
    if isRunning { releaseDatatype(handle) }
  }

  /// Traps where instances do not lie within a buffer.
  @usableFromInline
  func requireRoom(
    at position: Int, instances: Int, in count: Int, _ what: StaticString
  ) {
    precondition(
      position >= 0 && instances >= 0, "\(what): \(instances) instances of a layout at \(position)")
    let end = position + geometry.touched(instances)
    precondition(
      end <= count, "\(what): a layout touches \(position)..<\(end) of \(count) elements")
  }
}

extension Span where Element: Datatype {
  /// Instances of a layout, of which the first begins at a position.
  ///
  /// The datatype lives as long as the layout: a nonblocking operation has to retain its storage.
  ///
  /// - Precondition: They lie within the buffer.
  @inlinable
  func rawBuffer(
    _ layout: Layout<Element>, at position: Int, instances: Int, _ what: StaticString
  ) throws -> RawBuffer {
    rawBuffer.laidOut(layout.storage, at: position, instances: instances, what)
  }
}

extension MutableSpan where Element: Datatype {
  /// Instances of a layout, of which the first begins at a position.
  ///
  /// The datatype lives as long as the layout: a nonblocking operation has to retain its storage.
  ///
  /// - Precondition: They lie within the buffer.
  @inlinable
  mutating func rawBuffer(
    _ layout: Layout<Element>, at position: Int, instances: Int, _ what: StaticString
  ) throws -> RawBuffer {
    rawBuffer().laidOut(layout.storage, at: position, instances: instances, what)
  }
}

extension RawBuffer {
  /// Instances of a layout in this buffer of elements; the elements themselves without a layout.
  @inlinable
  func laidOut(
    _ layout: LayoutStorage?, at position: Int, instances: Int, _ what: StaticString
  ) -> RawBuffer {
    guard let layout else {
      precondition(
        position == 0 && instances == 1, "\(what): a position, or instances, without a layout")
      return self
    }
    layout.requireRoom(at: position, instances: instances, in: count, what)
    return unsafe RawBuffer(
      address: address.map { unsafe $0 + position * layout.stride }, count: instances,
      datatype: layout.handle)
  }
}
