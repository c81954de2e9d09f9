extension ObjectWriter {
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

  func closeFrame() throws {
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
