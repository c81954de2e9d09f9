// Types that need not describe themselves: scalars, strings and arrays of them. The standard library
// would encode an array element by element, and a scalar that a generic type holds by way of a
// container of its own.

/// How to write and read the values of some type.
class AnyShortcut {}

/// How to write and read the values of a type.
final class Shortcut<T>: AnyShortcut {
  let write: (_ writer: ObjectWriter, _ value: T) -> Void
  let read: (_ reader: ObjectReader, _ place: ObjectReader.Place, _ depth: Int) throws -> T

  init(
    write: @escaping (ObjectWriter, T) -> Void,
    read: @escaping (ObjectReader, ObjectReader.Place, Int) throws -> T
  ) {
    self.write = write
    self.read = read
  }
}

/// The shortcuts, by their type.
@safe struct Shortcuts: @unchecked Sendable {
  /// All of them. Written once, and then only read.
  private static let table = Shortcuts()

  private static let slotCount = 256
  private let slots: UnsafeMutablePointer<Slot>

  @unsafe private struct Slot {
    var type: ObjectIdentifier?
    var shortcut: Unmanaged<AnyShortcut>?
  }

  /// The shortcut of a type, if it has one. It lives as long as the program, so that no reference to
  /// it need be counted.
  @inline(__always)
  static func find<T>(_ type: T.Type) -> Unmanaged<AnyShortcut>? {
    unsafe table.find(ObjectIdentifier(type))
  }

  /// Calls `body` with a shortcut that was found for this type.
  @inline(__always)
  static func use<T, R>(
    _ found: Unmanaged<AnyShortcut>, _ type: T.Type, _ body: (Shortcut<T>) throws -> R
  ) rethrows -> R {
    unsafe try found._withUnsafeGuaranteedRef {
      // What is found under a type was inserted for this type. A checked cast would look up a
      // description of `Shortcut<T>`, which takes longer than to write most values.
      try body(unsafe unsafeDowncast($0, to: Shortcut<T>.self))
    }
  }

  private func find(_ type: ObjectIdentifier) -> Unmanaged<AnyShortcut>? {
    var slot = Self.slot(type)
    while true {
      guard let found = unsafe slots[slot].type else { return nil }
      if found == type { return unsafe slots[slot].shortcut }
      slot = (slot + 1) & (Self.slotCount - 1)
    }
  }

  /// Where to look first: descriptions of types are aligned, so that the low bits say nothing.
  private static func slot(_ type: ObjectIdentifier) -> Int {
    let bits = UInt(bitPattern: type)
    return Int(truncatingIfNeeded: (bits >> 3) &* 0x9E37_79B9_7F4A_7C15 >> 56) & (slotCount - 1)
  }

  private init() {
    unsafe slots = UnsafeMutablePointer<Slot>.allocate(capacity: Self.slotCount)
    unsafe slots.initialize(repeating: Slot(type: nil, shortcut: nil), count: Self.slotCount)
    addInteger(Int8.self)
    addInteger(UInt8.self)
    addInteger(Int16.self)
    addInteger(UInt16.self)
    addInteger(Int32.self)
    addInteger(UInt32.self)
    addInteger(Int64.self)
    addInteger(UInt64.self)
    addInteger(Int.self)
    addInteger(UInt.self)
    addInteger(Int128.self)
    addInteger(UInt128.self)
    addFloating(Float.self)
    addFloating(Double.self)
    #if !((os(macOS) || targetEnvironment(macCatalyst)) && arch(x86_64))
      addFloating(Float16.self)
    #endif
    add(Bool.self) {
      $0.put($1)
    } read: { reader, place, _ in
      try reader.bool(at: place)
    }
    addArrays(Bool.self)
    add(String.self) {
      $0.put($1)
    } read: { reader, place, _ in
      try reader.string(at: place)
    }
    add([String].self) {
      $0.put($1)
    } read: { reader, place, depth in
      try reader.strings(at: place) ?? reader.readElements(at: place, depth: depth)
    }
  }

  private func addInteger<T: Scalar & FixedWidthInteger>(_ type: T.Type) {
    add(type) {
      $0.put($1)
    } read: { reader, place, _ in
      try reader.integer(type, at: place)
    }
    addArrays(type)
  }

  private func addFloating<T: Scalar & BinaryFloatingPoint>(_ type: T.Type) {
    add(type) {
      $0.put($1)
    } read: { reader, place, _ in
      try reader.floating(type, at: place)
    }
    addArrays(type)
  }

  private func addArrays<T: Scalar>(_ type: T.Type) {
    add([T].self) {
      $0.put($1)
    } read: { reader, place, depth in
      try reader.array(type, at: place) ?? reader.readElements(at: place, depth: depth)
    }
    add(ContiguousArray<T>.self) {
      $0.put(Array($1))
    } read: { reader, place, depth in
      ContiguousArray(
        try reader.array(type, at: place) ?? reader.readElements(at: place, depth: depth))
    }
  }

  private func add<T>(
    _ type: T.Type, write: @escaping (ObjectWriter, T) -> Void,
    read: @escaping (ObjectReader, ObjectReader.Place, Int) throws -> T
  ) {
    let type = ObjectIdentifier(type)
    var slot = Self.slot(type)
    while let found = unsafe slots[slot].type, found != type {
      slot = (slot + 1) & (Self.slotCount - 1)
    }
    unsafe slots[slot] = unsafe Slot(
      type: type, shortcut: Unmanaged.passRetained(Shortcut(write: write, read: read)))
  }
}

extension ObjectReader {
  /// An array whose elements stand one by one, or are of another type than asked for.
  fileprivate func readElements<T: Decodable>(at place: Place, depth: Int) throws -> [T] {
    try [T](from: ValueDecoder(self, place, try deeper(depth, place)))
  }
}

/// What keeps the scalars of an array where they are while a message is sent or decoded.
class BlockHolder {
  var byteCount: Int { 0 }
  func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    try unsafe body(UnsafeRawBufferPointer(start: nil, count: 0))
  }
}

/// Holds an array that is sent, or was received.
final class ArrayHolder<T: Scalar>: BlockHolder {
  let elements: [T]
  init(_ elements: [T]) { self.elements = elements }

  override var byteCount: Int { elements.count * MemoryLayout<T>.stride }

  override func withBytes<R, E: Error>(
    _ body: (UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    try unsafe elements.withUnsafeBufferPointer { (elements) throws(E) in
      try unsafe body(UnsafeRawBufferPointer(elements))
    }
  }
}
