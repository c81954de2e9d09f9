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

/// How to send and receive arrays of scalars, of which short ones are messages of their own.
final class MessageShortcut<T>: AnyShortcut {
  /// Sends a value, unless it is too long; returns whether it has.
  let send:
    (_ value: T, _ world: Communicator, _ peer: CInt, _ tag: MessageTag, _ mode: SendMode)
      throws -> Bool
  /// Receives a message that is not too long.
  let receive: (_ message: consuming Message, _ byteCount: Int) throws -> T

  init<Element: Scalar>(_ type: Element.Type) where T == [Element] {
    send = { (value, communicator, peer, tag, mode) throws in
      try ArrayMessage.send(value, on: communicator, peer, tag, mode)
    }
    receive = { (message, byteCount) throws in
      try ArrayMessage.receive(message, byteCount, of: type)
    }
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
    /// How a short value is a message by itself, if it can be.
    var message: Unmanaged<AnyShortcut>?
  }

  /// The shortcut of a type, if it has one. It lives as long as the program, so that no reference to
  /// it need be counted.
  @inline(__always)
  static func find<T>(_ type: T.Type) -> Unmanaged<AnyShortcut>? {
    let table = table
    return unsafe table.slots[table.find(ObjectIdentifier(type))].shortcut
  }

  /// How the values of a type are messages by themselves, if short ones are.
  @inline(__always)
  static func findMessage<T>(_ type: T.Type) -> Unmanaged<AnyShortcut>? {
    let table = table
    return unsafe table.slots[table.find(ObjectIdentifier(type))].message
  }

  /// Sends a value by a shortcut that ``findMessage(_:)`` has found for its type.
  @inline(__always)
  static func send<T>(
    _ found: Unmanaged<AnyShortcut>, _ value: T, on communicator: Communicator, _ peer: CInt,
    _ tag: MessageTag, _ mode: SendMode
  ) throws -> Bool {
    let send = unsafe found._withUnsafeGuaranteedRef {
      unsafe unsafeDowncast($0, to: MessageShortcut<T>.self).send
    }
    return try send(value, communicator, peer, tag, mode)
  }

  /// Receives a value by a shortcut that ``findMessage(_:)`` has found for its type.
  @inline(__always)
  static func receive<T>(
    _ found: Unmanaged<AnyShortcut>, _ message: consuming Message, _ byteCount: Int, _ type: T.Type
  ) throws -> T {
    let receive = unsafe found._withUnsafeGuaranteedRef {
      unsafe unsafeDowncast($0, to: MessageShortcut<T>.self).receive
    }
    return try receive(message, byteCount)
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

  /// The slot of a type, or the empty one where it would be.
  private func find(_ type: ObjectIdentifier) -> Int {
    var slot = Self.slot(type)
    while let found = unsafe slots[slot].type, found != type {
      slot = (slot + 1) & (Self.slotCount - 1)
    }
    return slot
  }

  /// Where to look first: descriptions of types are aligned, so that the low bits say nothing.
  private static func slot(_ type: ObjectIdentifier) -> Int {
    let bits = UInt(bitPattern: type)
    return Int(truncatingIfNeeded: (bits >> 3) &* 0x9E37_79B9_7F4A_7C15 >> 56) & (slotCount - 1)
  }

  private init() {
    unsafe slots = UnsafeMutablePointer<Slot>.allocate(capacity: Self.slotCount)
    unsafe slots.initialize(
      repeating: Slot(type: nil, shortcut: nil, message: nil), count: Self.slotCount)
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
    // What a message has for a `Bool` need not be one.
    addArrays(Bool.self, nil)
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
    addArrays(type, MessageShortcut(type))
  }

  private func addFloating<T: Scalar & BinaryFloatingPoint>(_ type: T.Type) {
    add(type) {
      $0.put($1)
    } read: { reader, place, _ in
      try reader.floating(type, at: place)
    }
    addArrays(type, MessageShortcut(type))
  }

  private func addArrays<T: Scalar>(_ type: T.Type, _ message: MessageShortcut<[T]>?) {
    add([T].self, message) {
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
    _ type: T.Type, _ message: MessageShortcut<T>? = nil,
    write: @escaping (ObjectWriter, T) -> Void,
    read: @escaping (ObjectReader, ObjectReader.Place, Int) throws -> T
  ) {
    let type = ObjectIdentifier(type)
    unsafe slots[find(type)] = unsafe Slot(
      type: type, shortcut: Unmanaged.passRetained(Shortcut(write: write, read: read)),
      message: message.map { unsafe Unmanaged.passRetained($0) })
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
