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
  private(set) var frame = Frame()
  private var lastSerial = 0
  /// Containers that are written elsewhere, in the order of their places.
  var pending: [(position: Int, writer: ObjectWriter)] = []
  /// Their number, which is asked for at each value.
  private var pendingCount = 0
  /// Writers to be used again.
  private var spare: [ObjectWriter] = []
  /// What went wrong where nothing can be thrown.
  private var failure: EncodingError?
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
  private var isExtraordinary = false

  private func clear() {
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

  private func putScalars(_ bytes: UnsafeRawBufferPointer, _ code: UInt8, _ tag: UInt8) {
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

  // MARK: Containers

  /// Begins the container of the value that is being encoded, or goes on with it.
  func open(_ kind: Kind, _ serial: Int) {
    guard serial == frame.serial else {
      preconditionFailure("an encoder was used after, or before, its value was encoded")
    }
    if frame.kind == .nothing {
      frame.kind = kind
      switch kind {
      case .keyed: buffer.put(Tag.keyed, Format.open)
      case .unkeyed:
        buffer.put(Tag.unkeyed, Format.open)
        buffer.put(value: UInt32(0))
      case .nothing, .single: break
      }
    } else {
      precondition(
        frame.kind == kind, "an encoder was asked for two kinds of containers for one value")
    }
  }

  /// Begins an entry, and tells its place.
  @inline(__always) @discardableResult
  func begin<Key: CodingKey>(_ serial: Int, _ key: Key) throws -> Int {
    if _slowPath(serial != frame.serial) { throw stale() }
    if _slowPath(pendingCount > frame.pending) { try settleLast() }
    let mark = buffer.count
    putKey(key)
    return mark
  }

  /// Begins elements, and tells their place.
  @inline(__always) @discardableResult
  func begin(_ serial: Int, count: Int = 1) throws -> Int {
    if _slowPath(serial != frame.serial) { throw stale() }
    if _slowPath(pendingCount > frame.pending) { try settleLast() }
    frame.count += count
    return buffer.count
  }

  /// Begins the only value of a frame.
  @inline(__always)
  func beginSingle(_ serial: Int) throws {
    if serial != frame.serial { throw stale() }
    guard frame.kind == .nothing else {
      throw misuse("a second value, where one is encoded")
    }
    frame.kind = .single
  }

  /// Encodes the value of an entry that has begun at `mark`, which is forgotten if that fails.
  func writeEntry<T: Encodable>(_ value: T, from mark: Int, counted: Int = 0) throws {
    do {
      try write(value)
    } catch {
      buffer.truncate(to: mark)
      frame.count -= counted
      throw error
    }
  }

  /// Encodes the only value of a frame; if that fails, there may be another.
  func writeSingle<T: Encodable>(_ value: T) throws {
    do {
      try write(value)
    } catch {
      frame.kind = .nothing
      throw error
    }
  }

  private func putKey<Key: CodingKey>(_ key: Key) {
    // A key that holds a string is made up as the program runs, as those of dictionaries are: it is
    // used once. Others are enumerations.
    let isNamed = MemoryLayout<Key>.size <= 8
    var name = key.stringValue
    name.withUTF8 { name in
      if isNamed, let index = unsafe keys.index(of: name) {
        if index < 64 {
          buffer.put(UInt8(truncatingIfNeeded: index << 1))
        } else {
          buffer.putVarint(UInt64(index) << 1)
        }
      } else {
        buffer.putVarint(UInt64(name.count) << 1 | 1)
        unsafe buffer.put(UnsafeRawBufferPointer(name))
      }
    }
  }

  /// A writer for a container whose entry has begun, and which may be written at any time until the
  /// value that is being encoded is.
  func nested(entry: Int, index: Int? = nil) -> ObjectWriter {
    let writer = spare.popLast() ?? ObjectWriter(keys: keys)
    if isExtraordinary && !userInfo.isEmpty { writer.userInfo = userInfo }
    isExtraordinary = true
    writer.isExtraordinary = true
    writer.allowsExternals = allowsExternals
    writer.frame.depth = frame.depth + 1
    writer.origin = Origin(writer: self, entry: entry, index: index)
    if frame.depth < Format.maximalDepth {
      pending.append((buffer.count, writer))
      pendingCount += 1
    } else {
      // Asking for a container cannot throw; closing this value will.
      failure = failure ?? misuse("deeper than \(Format.maximalDepth) levels")
    }
    return writer
  }

  /// Moves in the last container if no one can write to it any more.
  private func settleLast() throws {
    let last = pendingCount - 1
    guard pending[last].position == buffer.count, isKnownUniquelyReferenced(&pending[last].writer)
    else { return }
    try settle(from: last)
  }

  private func closeFrame() throws {
    if isExtraordinary {
      if let failure { throw failure }
      if pendingCount > frame.pending { try settle(from: frame.pending) }
    }
    switch frame.kind {
    case .nothing:
      // What encodes nothing is a container without entries.
      buffer.put(Tag.keyed, UInt32(0))
    case .single: break
    case .keyed: close(Tag.keyed, at: frame.start, count: nil)
    case .unkeyed: close(Tag.unkeyed, at: frame.start, count: frame.count)
    }
  }

  /// Writes the length, and the count, of a container that ends here.
  private func close(_ tag: UInt8, at start: Int, count: Int?) {
    let length = buffer.count - start - (count == nil ? 5 : 9)
    if length < Int(Format.open) && (count ?? 0) < Int(Format.open) {
      buffer.patch(UInt32(length), at: start + 1)
      if let count { buffer.patch(UInt32(count), at: start + 5) }
      return
    }
    let more = count == nil ? 4 : 8
    buffer.insertGap(more, at: start + 1)
    if keys.externals > 0 {
      for index in externals.indices where externals[index].position > start {
        externals[index].position += more
      }
    }
    buffer.patch(tag | Tag.large, at: start)
    buffer.patch(UInt64(length), at: start + 1)
    if let count { buffer.patch(UInt64(count), at: start + 9) }
  }

  /// Writes an array of strings, as if each had been encoded.
  func put(_ strings: [String]) {
    let start = buffer.count
    buffer.put(Tag.unkeyed, Format.open)
    buffer.put(value: UInt32(0))
    for string in strings { put(string) }
    close(Tag.unkeyed, at: start, count: strings.count)
  }

  /// Writes scalars as elements of the container that is open.
  func putRun<T: Scalar>(_ scalars: some Sequence<T>) {
    let elements = ContiguousArray(scalars)
    unsafe elements.withUnsafeBytes { bytes in
      if unsafe !bytes.isEmpty { unsafe putScalars(bytes, T.scalarCode, Tag.run) }
    }
    frame.count += elements.count
  }

  /// Moves in the containers that were written elsewhere, from the last to the first, so that each
  /// byte behind them moves once.
  private func settle(from first: Int) throws {
    let nested = Array(pending[first...])
    pending.removeSubrange(first...)
    pendingCount = first
    var total = 0
    for (_, writer) in nested {
      try writer.closeFrame()
      total += writer.buffer.count
    }
    var source = buffer.count
    var target = source + total
    buffer.insertGap(total, at: source)
    var moved: [External] = []
    for (position, writer) in nested.reversed() {
      let tail = source - position
      target -= tail
      if tail > 0 {
        buffer.move(from: position, to: target, count: tail)
        while let last = externals.last, last.position >= position {
          externals.removeLast()
          moved.append(shifted(last, by: target - position))
        }
      }
      source = position
      target -= writer.buffer.count
      unsafe buffer.replace(at: target, with: writer.buffer.bytes)
      for external in writer.externals.reversed() {
        moved.append(shifted(external, by: target))
      }
    }
    externals += moved.reversed()
    for (_, writer) in nested {
      // Whoever still holds the container has a number that is not valid any more.
      writer.clear()
      writer.buffer.removeAll()
      writer.lastSerial += 1
      writer.frame = Frame(serial: writer.lastSerial)
      if spare.count < 4, writer.buffer.capacity <= 1 << 16 { spare.append(writer) }
    }
  }

  private func shifted(_ external: External, by distance: Int) -> External {
    var external = external
    external.position += distance
    return external
  }
}
