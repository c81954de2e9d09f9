internal import CMPI
@_spi(Reflection) internal import Swift
internal import Synchronization

/// Bytes within a type of which not all bit patterns are a value.
struct Restriction: Sendable {
  /// Where they begin.
  var offset: Int
  /// How many they are: 1, 2 or 4.
  let size: Int
  /// The bits, as a number, are less than this.
  let limit: UInt32
  /// What the bits are a value of.
  let type: String

  /// Whether others are read as C reads them: each but 0 is true.
  var isBool: Bool { type == "Bool" }

  func moved(by distance: Int) -> Restriction {
    var result = self
    result.offset += distance
    return result
  }

  func bits(at address: UnsafeMutableRawPointer) -> UInt32 {
    let place = unsafe address + offset
    return switch size {
    case 1: unsafe UInt32(place.load(as: UInt8.self))
    case 2: unsafe UInt32(place.loadUnaligned(as: UInt16.self))
    default: unsafe place.loadUnaligned(as: UInt32.self)
    }
  }

  func setBits(at address: UnsafeMutableRawPointer, to bits: UInt8) {
    let place = unsafe address + offset
    switch size {
    case 1: unsafe place.storeBytes(of: bits, as: UInt8.self)
    case 2: unsafe place.storeBytes(of: UInt16(bits), as: UInt16.self)
    default: unsafe place.storeBytes(of: UInt32(bits), as: UInt32.self)
    }
  }
}

/// Bits that came from another process, and are no value of their type.
@usableFromInline
struct InvalidBits: Error, CustomStringConvertible {
  let bits: UInt32
  let type: String

  @usableFromInline var description: String {
    "bits were received that are no value of \(type): \(bits)"
  }
}

/// What the module knows of a composed type beyond MPI's handle: which bits are no value.
@usableFromInline
final class StructureDescription: Sendable {
  let stride: Int
  let restrictions: [Restriction]

  /// What each element consists of, where that is a run of other structures.
  private let repeated: (element: StructureDescription, count: Int)?

  init(stride: Int, _ restrictions: [Restriction]) {
    self.stride = stride
    self.restrictions = restrictions
    repeated = nil
  }

  /// Elements that consist of `count` others each.
  init(stride: Int, repeating element: StructureDescription, count: Int) {
    self.stride = stride
    restrictions = []
    repeated = (element, count)
  }

  @usableFromInline static let bool = unsafe Unmanaged.passRetained(
    StructureDescription(
      stride: 1, [Restriction(offset: 0, size: 1, limit: 2, type: "Bool")]))

  /// Turns bits that are no value into one: each byte that stands for a `Bool` into 0 or 1, as C reads it, and the case of
  /// an enumeration into its first one.
  ///
  /// - Returns: The first of the latter kind: an error.
  @usableFromInline
  func normalize(_ address: UnsafeMutableRawPointer?, count: Int) -> InvalidBits? {
    guard let address = unsafe address else { return nil }
    var invalid: InvalidBits?
    for element in 0..<count {
      let start = unsafe address + element * stride
      if let repeated {
        let found = unsafe repeated.element.normalize(start, count: repeated.count)
        invalid = invalid ?? found
      }
      for restriction in restrictions {
        let bits = unsafe restriction.bits(at: start)
        if bits < restriction.limit { continue }
        unsafe restriction.setBits(at: start, to: restriction.isBool ? 1 : 0)
        if !restriction.isBool {
          invalid = invalid ?? InvalidBits(bits: bits, type: restriction.type)
        }
      }
    }
    return invalid
  }
}

/// One stored property of a structure, or a run of equal ones.
private struct Field {
  let offset: Int
  let datatype: DatatypeHandle
  var count = 1
  /// What not all bits of it are.
  var restrictions: [Restriction] = []

  init(offset: Int, _ type: any Datatype.Type, count: Int = 1) {
    self.offset = offset
    self.count = count
    datatype = type.mpiDatatype
    guard let inner = unsafe datatype.structure?.takeUnretainedValue() else { return }
    restrictions = (0..<count).flatMap { index in
      inner.restrictions.map { $0.moved(by: offset + index * inner.stride) }
    }
  }

  /// The case of an enumeration, as the language numbers them.
  init(case offset: Int, size: Int, limit: UInt32, of type: Any.Type) {
    self.offset = offset
    count = size
    datatype = UInt8.mpiDatatype
    restrictions = [Restriction(offset: offset, size: size, limit: limit, type: "\(type)")]
  }
}

extension DatatypeHandle {
  /// Describes a structure by its stored properties.
  ///
  /// For a type that keeps its own description, which saves the table look-up at each call:
  ///
  ///     struct Particle: Datatype {
  ///       var position: SIMD3<Double>
  ///       var species: Int32
  ///       static let mpiDatatype = DatatypeHandle(structure: Particle.self)
  ///     }
  ///
  /// A structure with a `Complex` property has to do this: that type does not say that it is
  /// `BitwiseCopyable`.
  ///
  /// - Precondition: All stored properties are of types that conform to ``Datatype``, and MPI is
  ///   initialized.
  ///
  /// The corresponding C functions are `MPI_Type_create_struct` and `MPI_Type_create_resized` (MPI
  /// 3.1 §4.1.2, §4.1.7).
  public init<T: Datatype>(structure type: T.Type) {
    precondition(_isPOD(type), "\(type) cannot be a Datatype: its copies count references")
    self = describe(storedProperties(of: type), stride: MemoryLayout<T>.stride, "\(type)")
  }
}

/// The stored properties as the runtime knows them: no offsets need to be written by hand, and none
/// can be wrong.
private func storedProperties<T: Datatype>(of type: T.Type) -> [Field] {
  if let size = EnumerationLayout(type) {
    return size.bytes == 0 ? [] : [size.field(at: 0, of: type)]
  }
  var fields: [Field] = []
  let isStructure = addFields(of: type, named: "\(type)", at: 0, to: &fields)
  precondition(
    isStructure && (MemoryLayout<T>.size == 0 || !fields.isEmpty),
    "\(type) cannot be a Datatype: only a structure, or an enumeration without associated values, describes itself"
  )
  return fields
}

/// Adds what a structure, or a tuple, consists of.
///
/// - Returns: Whether the type is one of those.
private func addFields(
  of type: Any.Type, named whole: String, at start: Int, to fields: inout [Field]
) -> Bool {
  unsafe _forEachField(of: type) { name, offset, fieldType, _ in
    let name = unsafe String(cString: name)
    if !addField(fieldType, named: "\(whole).\(name)", at: start + offset, to: &fields) {
      preconditionFailure(
        "\(type) cannot be a Datatype: its property '\(name)' has the type \(fieldType), "
          + "which does not conform to Datatype")
    }
    return true
  }
}

/// Adds a stored property.
///
/// - Returns: Whether its type can be sent.
private func addField(
  _ type: Any.Type, named name: String, at offset: Int, to fields: inout [Field]
) -> Bool {
  if let datatype = type as? any Datatype.Type {
    fields.append(Field(offset: offset, datatype))
    return true
  }
  if let layout = EnumerationLayout(type) {
    if layout.bytes > 0 { fields.append(layout.field(at: offset, of: type)) }
    return true
  }
  if let optional = type as? any OptionalType.Type {
    return optional.addField(named: name, at: offset, to: &fields)
  }
  guard _isTuple(type) else { return false }
  return addFields(of: type, named: name, at: offset, to: &fields)
}

private func _isTuple(_ type: Any.Type) -> Bool { metadataKind(of: type) == 0x301 }

private func metadataKind(of type: Any.Type) -> Int {
  unsafe unsafeBitCast(type, to: UnsafeRawPointer.self).load(as: Int.self)
}

/// How an enumeration without associated values lies in memory: as the number of the case, in the order of the source.
private struct EnumerationLayout {
  let cases: UInt32
  let bytes: Int

  /// What the runtime knows of a type; `nil` where it is no such enumeration.
  ///
  /// The layout of metadata is a part of the language's stable binary interface (docs/ABI/TypeMetadata.rst in its sources).
  init?(_ type: Any.Type) {
    guard metadataKind(of: type) == 0x201 else { return nil }
    let metadata = unsafe unsafeBitCast(type, to: UnsafeRawPointer.self)
    let descriptor = unsafe metadata.load(fromByteOffset: 8, as: UnsafeRawPointer.self)
    let payloadCases = unsafe descriptor.load(fromByteOffset: 20, as: UInt32.self) & 0xFF_FFFF
    guard payloadCases == 0 else { return nil }
    cases = unsafe descriptor.load(fromByteOffset: 24, as: UInt32.self)
    bytes = cases <= 1 ? 0 : cases <= 1 << 8 ? 1 : cases <= 1 << 16 ? 2 : 4
  }

  func field(at offset: Int, of type: Any.Type) -> Field {
    Field(case: offset, size: bytes, limit: cases, of: type)
  }
}

/// Optionals of all types.
private protocol OptionalType {
  static func addField(named name: String, at offset: Int, to fields: inout [Field]) -> Bool
}

extension Optional: OptionalType {
  /// Adds the value, and the byte behind it that says whether there is one; or, where a value has bits to spare, these.
  fileprivate static func addField(
    named name: String, at offset: Int, to fields: inout [Field]
  ) -> Bool {
    let (whole, value) = (MemoryLayout<Wrapped?>.size, MemoryLayout<Wrapped>.size)
    if whole == value + 1 {
      guard MPI.addField(Wrapped.self, named: name, at: offset, to: &fields) else { return false }
      fields.append(Field(case: offset + value, size: 1, limit: 2, of: Wrapped?.self))
      return true
    }
    // The bits of nil are those behind the last value's.
    let values: UInt32
    if Wrapped.self == Bool.self {
      values = 2
    } else if let layout = EnumerationLayout(Wrapped.self), layout.bytes == whole {
      values = layout.cases
    } else {
      return false
    }
    fields.append(Field(case: offset, size: whole, limit: values + 1, of: Wrapped?.self))
    return true
  }
}

private func describe(_ fields: [Field], stride: Int, _ name: String) -> DatatypeHandle {
  precondition(
    isInitialized && !isFinalized, "\(name) was used as a Datatype while MPI is not running")
  var lengths = fields.map { CInt($0.count) }
  var displacements = fields.map { MPI_Aint($0.offset) }
  var types = fields.map { $0.datatype.raw }
  var bare = CMPI_DATATYPE_NULL as RawDatatype
  var whole = CMPI_DATATYPE_NULL as RawDatatype
  let count = CInt(fields.count)
  let codes = unsafe [
    MPI_Type_create_struct(count, &lengths, &displacements, &types, &bare),
    MPI_Type_create_resized(bare, 0, MPI_Aint(stride), &whole),
    MPI_Type_commit(&whole),
    MPI_Type_free(&bare),
  ]
  precondition(
    codes.allSatisfy { $0 == CMPI_SUCCESS }, "MPI could not make a datatype for \(name)")

  let restrictions = fields.flatMap(\.restrictions)
  let structure =
    unsafe restrictions.isEmpty
    ? nil : Unmanaged.passRetained(StructureDescription(stride: stride, restrictions))
  let handle = unsafe DatatypeHandle(whole, structure: structure)
  Finalization.free(handle)
  return handle
}

/// The handles of composed types, by type.
///
/// Types in Swift cannot hold a static property per generic argument, so the handles live in one
/// table. It is read without a lock: a change makes a new table and publishes it. The old ones
/// stay, as some thread may be reading them; there are at most as many as a program has types, and
/// each is twice as large as the one before.
@safe @usableFromInline
final class StructureCache: Sendable {
  @usableFromInline static let shared = StructureCache()

  private struct Entry {
    let type: ObjectIdentifier
    let handle: DatatypeHandle
  }

  private final class Table: Sendable {
    let entries: [Entry?]
    init(entries: [Entry?]) { self.entries = entries }

    func handle(for type: ObjectIdentifier) -> DatatypeHandle? {
      var slot = StructureCache.slot(of: type, in: entries.count)
      while let entry = entries[slot] {
        if entry.type == type { return entry.handle }
        slot = (slot + 1) & (entries.count - 1)
      }
      return nil
    }

    func adding(_ entry: Entry) -> Table {
      let known = entries.compactMap(\.self) + [entry]
      var size = entries.count
      while size < 2 * known.count { size *= 2 }
      var slots = [Entry?](repeating: nil, count: size)
      for entry in known {
        var slot = StructureCache.slot(of: entry.type, in: size)
        while slots[slot] != nil { slot = (slot + 1) & (size - 1) }
        slots[slot] = entry
      }
      return Table(entries: slots)
    }
  }

  private static func slot(of type: ObjectIdentifier, in count: Int) -> Int {
    // Metadata records are aligned, so their low bits say nothing: multiply (Fibonacci hashing),
    // and take high ones.
    let hash = UInt(bitPattern: type) &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: hash >> 32) & (count - 1)
  }

  private let current: Atomic<Unmanaged<Table>>
  private let writing = Mutex(())

  private init() {
    unsafe current = unsafe Atomic(
      Unmanaged.passRetained(Table(entries: .init(repeating: nil, count: 16))))
  }

  private func handle(
    for type: ObjectIdentifier, orMake make: () -> DatatypeHandle
  ) -> DatatypeHandle {
    let table = unsafe current.load(ordering: .acquiring)
    if let known = unsafe table._withUnsafeGuaranteedRef({ $0.handle(for: type) }) { return known }
    // Made outside the lock, since a structure's fields may themselves be made on the way.
    let made = make()
    return writing.withLock { _ in
      let table = unsafe current.load(ordering: .acquiring).takeUnretainedValue()
      if let known = table.handle(for: type) { return known }
      let next = table.adding(Entry(type: type, handle: made))
      unsafe current.store(Unmanaged.passRetained(next), ordering: .releasing)
      return made
    }
  }

  @usableFromInline
  func handle<T: Datatype & BitwiseCopyable>(for type: T.Type) -> DatatypeHandle {
    handle(for: ObjectIdentifier(type)) { DatatypeHandle(structure: type) }
  }

  @usableFromInline
  func handle<T: Datatype, E: Datatype>(
    for type: T.Type, repeating element: E.Type, count: Int
  ) -> DatatypeHandle {
    handle(for: ObjectIdentifier(type)) {
      describe(
        [Field(offset: 0, element, count: count)], stride: MemoryLayout<T>.stride, "\(type)")
    }
  }
}
