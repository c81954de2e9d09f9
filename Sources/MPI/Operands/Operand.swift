internal import CMPI

/// Elements in memory, as an operation takes them: where they lie, how many there are, and which of
/// them are meant.
///
/// What ``Outgoing`` and ``Incoming`` give. Only this module looks into it. It is not copied: the
/// elements stay where they
/// are for as long as the access lasts that has given it.
@safe public struct Operand: ~Copyable {
  /// All elements that there are.
  @usableFromInline let elements: RawBuffer
  /// Which of them take part; `nil` for all of them, in one run. Whoever has given the operand
  /// keeps it.
  @usableFromInline let unmanagedLayout: Unmanaged<LayoutStorage>?
  /// Where the first instance of the layout begins.
  @usableFromInline let position: Int
  /// How many instances of the layout take part.
  @usableFromInline let instances: Int

  /// All elements of a buffer.
  @inlinable @inline(__always)
  init(_ elements: RawBuffer) {
    self.elements = elements
    unsafe unmanagedLayout = nil
    position = 0
    instances = 1
  }

  /// The elements of a buffer that a layout names.
  init(_ elements: RawBuffer, _ layout: LayoutStorage, at position: Int, instances: Int) {
    self.elements = elements
    unsafe unmanagedLayout = Unmanaged.passUnretained(layout)
    self.position = position
    self.instances = instances
  }

  /// Which of the elements take part; `nil` for all of them, in one run.
  @inlinable var layout: LayoutStorage? {
    @inline(__always) get { unsafe unmanagedLayout?.takeUnretainedValue() }
  }

  /// Whether all elements take part, in one run.
  @inlinable var isWhole: Bool {
    @inline(__always) get { unsafe unmanagedLayout == nil }
  }

  /// The number of elements that take part.
  @inlinable
  var count: Int {
    @inline(__always) get {
      guard !isWhole, let layout else { return elements.count }
      return instances * layout.count
    }
  }

  /// The elements that take part, as C describes them.
  ///
  /// Traps where they do not lie within the storage.
  ///
  /// - Parameters:
  ///   - what: Who asks.
  /// - times: How often the instances of a layout follow each other: once for each rank, in a
  /// collective. Without a
  ///     layout the elements are those for all ranks already.
  @inlinable @inline(__always)
  func part(_ what: StaticString, times: Int = 1) -> RawBuffer {
    guard !isWhole, let layout else { return elements }
    return elements.laidOut(layout, at: position, instances: instances * times, what)
  }

  /// Has the layout live as long as an operation under way: Open MPI's nonblocking collectives do
  /// not keep datatypes
  /// themselves (seen in 4.1.4), and received `Bool`s are made valid in the end.
  func keep(in starting: Starting?) {
    if let starting, let layout { starting.extras().retain(layout) }
  }

  /// What has to happen when this has been received into by a request: nothing, for most types.
  @inlinable
  var normalizing: Completion? {
    @inline(__always) get {
      guard !isWhole, let layout else { return elements.normalizing }
      return unsafe elements.datatype.structure == nil ? nil : normalized(keeping: layout)
    }
  }

  @usableFromInline @inline(never)
  func normalized(keeping layout: LayoutStorage) -> Completion? {
    let completion = part("receive").normalizing
    completion?.retain(layout)
    return completion
  }

  /// Copies the elements that take part to memory that has room for them.
  func copy(to address: UnsafeMutableRawPointer) throws {
    guard !isWhole else {
      guard let from = unsafe elements.address else { return }
      try unsafe address.copyMemory(
        from: from, byteCount: count * elements.datatype.extent())
      return
    }
    try unsafe part("copy").copy(
      to: RawBuffer(address: address, count: count, datatype: elements.datatype))
  }
}
