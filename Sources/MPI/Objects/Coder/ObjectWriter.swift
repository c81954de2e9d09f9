// How values become bytes: one buffer that grows, and no tree in between. A value that encodes
// another has that one's bytes behind its own; where containers are open at the same time
// (`nestedContainer`, `superEncoder`), each has a writer of its own, whose bytes move in when no one
// can write to it any more.

/// The bytes of a value, while it is encoded.
@safe final class ObjectWriter {
  let buffer = ByteBuffer(capacity: 512)
  let keys: KeyTable
  var userInfo: [CodingUserInfoKey: any Sendable] = [:] {
    didSet { isExtraordinary = true }
  }
  /// Arrays that are sent from where they are, by the place that names them.
  var externals: [External] = []
  /// Whether arrays may stay where they are.
  var allowsExternals = false

  /// The value that is being encoded.
  var frame = Frame()
  var lastSerial = 0
  /// Containers that are written elsewhere, in the order of their places.
  var pending: [(position: Int, writer: ObjectWriter)] = []
  /// Their number, which is asked for at each value.
  var pendingCount = 0
  /// Writers to be used again.
  var spare: [ObjectWriter] = []
  /// What went wrong where nothing can be thrown.
  var failure: EncodingError?
  /// Where a nested container stands, for errors to tell.
  var origin: Origin?

  struct Frame {
    var serial = 0
    var start = 0
    var kind = Kind.nothing
    /// The elements of an unkeyed container.
    var count = 0
    var depth = 0
    /// How many containers were pending when this value began.
    var pending = 0
  }

  enum Kind: UInt8 { case nothing, single, keyed, unkeyed }

  struct External {
    var position: Int
    var byteCount: Int
    var holder: BlockHolder
  }

  struct Origin {
    let writer: ObjectWriter
    let entry: Int
    let index: Int?
  }

  init(keys: KeyTable = KeyTable()) { self.keys = keys }

  /// Forgets all, so that another value can be written.
  func reset() {
    if isExtraordinary || keys.externals > 0 { clear() }
    allowsExternals = false
    buffer.removeAll()
    keys.reset()
    lastSerial += 1
    frame = Frame(serial: lastSerial)
  }

  /// Whether there is more to forget than bytes.
  var isExtraordinary = false

  func clear() {
    externals = []
    pending = []
    pendingCount = 0
    failure = nil
    origin = nil
    userInfo = [:]
    isExtraordinary = false
  }

  // MARK: Values

  /// Writes a value of any type.
  func write<T: Encodable>(_ value: T) throws {
    if let shortcut = unsafe Shortcuts.find(T.self) {
      unsafe Shortcuts.use(shortcut, T.self) { $0.write(self, value) }
    } else {
      try writeInFrame(value)
    }
  }

  private func writeInFrame<T: Encodable>(_ value: T) throws {
    let outer = frame
    guard outer.depth < Format.maximalDepth else {
      throw EncodingError.invalidValue(
        value,
        EncodingError.Context(
          codingPath: path(), debugDescription: "deeper than \(Format.maximalDepth) levels"))
    }
    let externals = keys.externals == 0 ? 0 : externals.count
    lastSerial += 1
    frame = Frame(
      serial: lastSerial, start: buffer.count, depth: outer.depth + 1, pending: pendingCount)
    do {
      try value.encode(to: ValueEncoder(writer: self, serial: frame.serial))
      try closeFrame()
    } catch {
      // Whoever catches this, and goes on, must find what was there before.
      buffer.truncate(to: frame.start)
      pending.removeSubrange(frame.pending...)
      pendingCount = pending.count
      failure = nil
      self.externals.removeSubrange(externals...)
      frame = outer
      throw error
    }
    frame = outer
  }

  @inline(__always)
  func put(_ value: Bool) { buffer.put(value ? Tag.yes : Tag.no) }

  @inline(__always)
  func putNull() { buffer.put(Tag.null) }

  @inline(__always)
  func put<T: Scalar & FixedWidthInteger>(_ value: T) {
    if value >= 0 && value < 0x80 {
      buffer.put(UInt8(truncatingIfNeeded: value))
    } else if T.bitWidth > 8, let short = Int8(exactly: value) {
      buffer.put(Tag.scalar | ScalarCode.int8, short)
    } else if T.bitWidth > 16, let short = Int16(exactly: value) {
      buffer.put(Tag.scalar | ScalarCode.int16, short)
    } else if T.bitWidth > 32, let short = Int32(exactly: value) {
      buffer.put(Tag.scalar | ScalarCode.int32, short)
    } else {
      buffer.put(Tag.scalar | T.scalarCode, value)
    }
  }

  @inline(__always)
  func put<T: Scalar & BinaryFloatingPoint>(_ value: T) {
    buffer.put(Tag.scalar | T.scalarCode, value)
  }

  @inline(__always)
  func put(_ value: String) {
    var value = value
    value.withUTF8 { bytes in
      let count = bytes.count
      if count < 64 {
        buffer.put(Tag.shortString | UInt8(truncatingIfNeeded: count))
      } else if let length = UInt32(exactly: count) {
        buffer.put(Tag.string, length)
      } else {
        buffer.put(Tag.string | Tag.large, UInt64(count))
      }
      unsafe buffer.put(UnsafeRawBufferPointer(bytes))
    }
  }

  /// Writes an array of scalars as one block.
  func put<T: Scalar>(_ elements: [T]) {
    let byteCount = elements.count * MemoryLayout<T>.stride
    if byteCount >= Format.externalThreshold, allowsExternals,
      keys.externals < Format.maximalExternals
    {
      keys.externals += 1
      externals.append(
        External(position: buffer.count, byteCount: byteCount, holder: ArrayHolder(elements)))
      buffer.put(Tag.external, T.scalarCode)
      buffer.put(value: UInt64(byteCount))
      return
    }
    unsafe elements.withUnsafeBytes { unsafe putScalars($0, T.scalarCode, Tag.block) }
  }

  func putScalars(_ bytes: UnsafeRawBufferPointer, _ code: UInt8, _ tag: UInt8) {
    buffer.reserve(bytes.count + 10)
    if let length = UInt32(exactly: bytes.count) {
      buffer.put(tag, code)
      buffer.put(value: length)
    } else {
      buffer.put(tag | Tag.large, code)
      buffer.put(value: UInt64(bytes.count))
    }
    unsafe buffer.put(bytes)
  }
}
