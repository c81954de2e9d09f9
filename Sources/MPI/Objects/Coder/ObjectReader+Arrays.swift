extension ObjectReader {
  /// An array that was written as a block of such scalars, or `nil` where it was not.
  func array<T: Scalar>(_ type: T.Type, at place: Place) throws -> [T]? {
    guard let block = try unsafe block(at: place), unsafe block.code == T.scalarCode else {
      return nil
    }
    if unsafe block.isLead, let lead = lead as? ArrayHolder<T> { return lead.elements }
    let source = unsafe block.isLead ? externalSource(0).all : block.bytes
    let count = source.count / MemoryLayout<T>.stride
    // Storage that the standard library makes without values takes a description of its type, which
    // is looked up for longer than a small array takes to copy.
    if T.scalarCode != ScalarCode.bool, count > 0 {
      if Int(bitPattern: source.baseAddress) % MemoryLayout<T>.alignment == 0 {
        return unsafe Array(source.assumingMemoryBound(to: T.self))
      }
      if count <= 16 {
        var elements: [T] = []
        elements.reserveCapacity(count)
        for offset in stride(
          from: 0, to: count * MemoryLayout<T>.stride, by: MemoryLayout<T>.stride)
        {
          unsafe elements.append(source.loadUnaligned(fromByteOffset: offset, as: T.self))
        }
        return elements
      }
    }
    return unsafe [T](unsafeUninitializedCapacity: count) { storage, initializedCount in
      if T.scalarCode == ScalarCode.bool {
        let bits = UnsafeMutableRawBufferPointer(storage)
        for index in 0..<count { unsafe bits[index] = source[index] == 0 ? 0 : 1 }
      } else {
        unsafe UnsafeMutableRawBufferPointer(storage).copyMemory(from: source)
      }
      initializedCount = count
    }
  }

  @unsafe struct Block {
    var code: UInt8
    var width: Int
    /// Where the scalars stand in the body, or in an external array.
    var position: Int
    var external: UInt16
    var bytes: UnsafeRawBufferPointer
    var length: Int
    var isLead = false
  }

  /// The block at a place, or `nil` where none is.
  func block(at place: Place) throws -> Block? {
    let tag = tag(at: place)
    guard place.code == 0, tag == Tag.block || tag == Tag.block | Tag.large || tag == Tag.external
    else { return nil }
    guard let code = bytes.byte(at: place.position + 1), let width = ScalarCode.width(code)
    else { throw corrupted("an array of no known type", at: place.position) }
    var position = place.position + 2
    if tag == Tag.external {
      guard let index = unsafe externals.firstIndex(where: { unsafe $0.position == place.position })
      else { throw corrupted("an external array that is not there", at: place.position) }
      let external = unsafe externals[index]
      let length = unsafe external.isLead ? lead?.byteCount ?? 0 : external.bytes.count
      guard length % width == 0 else {
        throw corrupted("an array with a part of an element", at: place.position)
      }
      return unsafe Block(
        code: code, width: width, position: 0, external: UInt16(index + 1), bytes: external.bytes,
        length: length, isLead: external.isLead)
    }
    guard let length = bytes.length(tag, at: &position), position <= limit,
      length <= limit - position, length % width == 0,
      let part = unsafe bytes.part(at: position, count: length)
    else { throw corrupted("an array beyond the message", at: place.position) }
    return unsafe Block(
      code: code, width: width, position: position, external: 0, bytes: part, length: length)
  }
}
