internal import CMPI
@_spi(Reflection) internal import Swift
internal import Synchronization

/// What the module knows of a composed type beyond MPI's handle: where its `Bool`s are.
@usableFromInline
final class StructureDescription: Sendable {
  let stride: Int
  let boolOffsets: [Int]

  /// What each element consists of, where that is a run of other structures.
  private let repeated: (element: StructureDescription, count: Int)?

  init(stride: Int, boolOffsets: [Int]) {
    self.stride = stride
    self.boolOffsets = boolOffsets
    repeated = nil
  }

  /// Elements that consist of `count` others each.
  init(stride: Int, repeating element: StructureDescription, count: Int) {
    self.stride = stride
    boolOffsets = []
    repeated = (element, count)
  }

  @usableFromInline static let bool = unsafe Unmanaged.passRetained(
    StructureDescription(stride: 1, boolOffsets: [0]))

  /// Turns every byte that stands for a `Bool` into 0 or 1, as C reads it.
  @usableFromInline
  func normalize(_ address: UnsafeMutableRawPointer?, count: Int) {
    guard let address = unsafe address else { return }
    for element in 0..<count {
      if let repeated {
        unsafe repeated.element.normalize(address + element * stride, count: repeated.count)
      }
      for offset in boolOffsets {
        let byte = unsafe address + (element * stride + offset)
        let value = unsafe byte.load(as: UInt8.self)
        if value > 1 { unsafe byte.storeBytes(of: 1, as: UInt8.self) }
      }
    }
  }
}

/// One stored property of a structure, or a run of equal ones.
private struct Field {
  let offset: Int
  let type: any Datatype.Type
  var count = 1
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
  var fields: [Field] = []
  let isStructure = unsafe _forEachField(of: type) { name, offset, fieldType, _ in
    let name = unsafe String(cString: name)
    guard let field = fieldType as? any Datatype.Type else {
      preconditionFailure(
        "\(type) cannot be a Datatype: its property '\(name)' has the type \(fieldType), "
          + "which does not conform to Datatype")
    }
    fields.append(Field(offset: offset, type: field))
    return true
  }
  precondition(
    isStructure && (MemoryLayout<T>.size == 0 || !fields.isEmpty),
    "\(type) cannot be a Datatype: only a structure describes itself by its stored properties")
  return fields
}

private func describe(_ fields: [Field], stride: Int, _ name: String) -> DatatypeHandle {
  precondition(
    isInitialized && !isFinalized, "\(name) was used as a Datatype while MPI is not running")
  var lengths = fields.map { CInt($0.count) }
  var displacements = fields.map { MPI_Aint($0.offset) }
  var types = fields.map { $0.type.mpiDatatype.raw }
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

  let bools = fields.flatMap { field -> [Int] in
    guard let inner = unsafe field.type.mpiDatatype.structure?.takeUnretainedValue() else {
      return []
    }
    return (0..<field.count).flatMap { index in
      inner.boolOffsets.map { field.offset + index * inner.stride + $0 }
    }
  }
  let structure =
    unsafe bools.isEmpty
    ? nil : Unmanaged.passRetained(StructureDescription(stride: stride, boolOffsets: bools))
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
        [Field(offset: 0, type: element, count: count)], stride: MemoryLayout<T>.stride, "\(type)")
    }
  }
}
