internal import Synchronization

// One writer and one reader wait to be used again, so that small messages allocate next to nothing.
// The slots are taken and filled without a lock; whoever finds one empty makes a new one.

private let spareWriter = Atomic<UInt>(0)
private let spareReader = Atomic<UInt>(0)

/// Larger buffers are not kept.
private let largestKept = 1 << 20

@inline(__always)
private func take<T: AnyObject>(_ slot: borrowing Atomic<UInt>, as type: T.Type) -> T? {
  let bits = slot.exchange(0, ordering: .acquiring)
  guard let address = unsafe UnsafeRawPointer(bitPattern: bits) else { return nil }
  return unsafe Unmanaged<T>.fromOpaque(address).takeRetainedValue()
}

@inline(__always)
private func keep<T: AnyObject>(_ object: T, in slot: borrowing Atomic<UInt>) {
  let reference = unsafe Unmanaged.passRetained(object)
  let bits = UInt(bitPattern: unsafe reference.toOpaque())
  let (exchanged, _) = slot.compareExchange(
    expected: 0, desired: bits, successOrdering: .releasing, failureOrdering: .relaxed)
  if !exchanged { unsafe reference.release() }
}

extension ObjectWriter {
  /// Calls `body` with a writer of an empty message.
  @inline(__always)
  static func with<R, E: Error>(_ body: (ObjectWriter) throws(E) -> R) throws(E) -> R {
    var writer = take(spareWriter, as: ObjectWriter.self) ?? ObjectWriter()
    defer {
      writer.reset()
      if writer.buffer.capacity <= largestKept, isKnownUniquelyReferenced(&writer) {
        keep(writer, in: spareWriter)
      }
    }
    return try body(writer)
  }
}

extension ObjectReader {
  /// Calls `body` with a reader without a message.
  @inline(__always)
  static func with<R, E: Error>(_ body: (ObjectReader) throws(E) -> R) throws(E) -> R {
    var reader = take(spareReader, as: ObjectReader.self) ?? ObjectReader()
    defer {
      reader.close()
      if reader.inbox.capacity <= largestKept, isKnownUniquelyReferenced(&reader) {
        keep(reader, in: spareReader)
      }
    }
    return try body(reader)
  }
}
