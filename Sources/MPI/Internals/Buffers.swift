public import CMPI

// Where spans become addresses. The address of a span stays valid as long as what it was made from
// is borrowed, which the caller's parameter, or the lifetime of a `Request`, ensures; nothing else
// in the module keeps an address.

extension Span where Element: Datatype {
  /// The address of the first element, for the duration of the borrow.
  @inlinable @inline(__always)
  var address: UnsafeMutableRawPointer? {
    unsafe withUnsafeBufferPointer { unsafe UnsafeMutableRawPointer(mutating: $0.baseAddress) }
  }

  /// These elements as C describes them.
  @inlinable @inline(__always)
  var rawBuffer: RawBuffer {
    unsafe RawBuffer(address: address, count: count, datatype: Element.mpiDatatype)
  }
}

extension MutableSpan where Element: Datatype {
  /// The address of the first element, for the duration of the exclusive access.
  @inlinable @inline(__always)
  mutating func address() -> UnsafeMutableRawPointer? {
    unsafe withUnsafeMutableBufferPointer { UnsafeMutableRawPointer($0.baseAddress) }
  }

  /// These elements as C describes them.
  @inlinable @inline(__always)
  mutating func rawBuffer() -> RawBuffer {
    let count = count
    return unsafe RawBuffer(address: address(), count: count, datatype: Element.mpiDatatype)
  }
}

/// An address, a count and a datatype: what MPI calls a buffer.
@safe @usableFromInline
struct RawBuffer {
  @usableFromInline var address: UnsafeMutableRawPointer?
  @usableFromInline var count: Int
  @usableFromInline var datatype: DatatypeHandle

  @inlinable @inline(__always)
  init(address: UnsafeMutableRawPointer?, count: Int, datatype: DatatypeHandle) {
    unsafe self.address = unsafe address
    self.count = count
    self.datatype = datatype
  }

  /// Whether C's int can count the elements.
  @inlinable @inline(__always)
  var fitsC: Bool { count <= Int(CInt.max) }

  /// The count as C has it.
  ///
  /// - Precondition: ``fitsC``.
  @inlinable @inline(__always)
  var rawCount: CInt { CInt(truncatingIfNeeded: count) }

  /// The buffer of a rank that takes no part on this side: not the root, say.
  @usableFromInline static var none: RawBuffer {
    unsafe RawBuffer(address: nil, count: 0, datatype: UInt8.mpiDatatype)
  }

  /// What says that the data are in the receive buffer already.
  @usableFromInline static var inPlace: RawBuffer {
    unsafe RawBuffer(address: CMPI_IN_PLACE, count: 0, datatype: UInt8.mpiDatatype)
  }

  /// The operand of an operation whose result takes its place in this buffer.
  @inlinable @inline(__always)
  var inPlaceOperand: RawBuffer {
    unsafe RawBuffer(address: CMPI_IN_PLACE, count: count, datatype: datatype)
  }

  /// Calls `body` with a copy of these elements.
  func withCopy(_ body: (RawBuffer) throws -> Void) throws {
    let byteCount = try count * datatype.extent()
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 16)
    defer { unsafe copy.deallocate() }
    unsafe copy.copyMemory(from: UnsafeRawBufferPointer(start: address, count: byteCount))
    try unsafe body(RawBuffer(address: copy.baseAddress, count: count, datatype: datatype))
  }

  /// Makes received bytes valid: a byte that is neither 0 nor 1 must never become a `Bool`.
  ///
  /// Where they are no case of an enumeration, and nobody has thrown that before, the job ends: they never become a value.
  @inlinable @inline(__always)
  func normalize() {
    if let structure = unsafe datatype.structure { unsafe normalize(structure) }
  }

  /// Makes received bytes valid, and throws where they are no case of an enumeration.
  @inlinable @inline(__always)
  func validate(_ routine: StaticString) throws {
    if let structure = unsafe datatype.structure { try unsafe validate(structure, routine) }
  }

  @usableFromInline @inline(never)
  func normalize(_ structure: Unmanaged<StructureDescription>) {
    if let invalid = unsafe invalidBits(structure) { endJob(because: invalid) }
  }

  @usableFromInline @inline(never)
  func validate(_ structure: Unmanaged<StructureDescription>, _ routine: StaticString) throws {
    guard let invalid = unsafe invalidBits(structure) else { return }
    throw MPIError(.conversion, routine: routine.description, message: invalid.description)
  }

  private func invalidBits(_ structure: Unmanaged<StructureDescription>) -> InvalidBits? {
    unsafe structure._withUnsafeGuaranteedRef { unsafe $0.normalize(address, count: count) }
  }
}

extension Array where Element: Datatype {
  /// An array of `count` elements that `fill` writes, all of them, through a buffer of MPI's.
  @inlinable
  init(receiving count: Int, _ fill: (RawBuffer) throws -> Void) throws {
    var failure: (any Error)?
    self = unsafe [Element](unsafeUninitializedCapacity: count) { storage, initializedCount in
      let buffer = unsafe RawBuffer(
        address: UnsafeMutableRawPointer(storage.baseAddress), count: count,
        datatype: Element.mpiDatatype)
      do {
        try fill(buffer)
        try buffer.validate("MPI_Recv")
        initializedCount = count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }
}
