// The names of fields are written once in a message: values refer to them by number.

/// The names that a message uses, while it is written.
@safe final class KeyTable {
  /// The lengths and the names, one after the other, as the message ends with them.
  let bytes = ByteBuffer(capacity: 256)
  private(set) var count = 0
  /// How many arrays stand before the body so far.
  var externals = 0

  /// A hash table with open addressing: the number of a name, plus one.
  private let slots = ByteBuffer(capacity: 2 * KeyTable.initialSlots)
  private var slotCount = KeyTable.initialSlots
  private let entries = ByteBuffer(capacity: 16 * KeyTable.initialSlots)

  private struct Entry {
    var hash: UInt32
    var length: UInt32
    var offset: Int
  }

  private static let initialSlots = 32
  /// Beyond as many names, others stand where they are used.
  private static let maximum = 1024

  init() { slots.fill(0, count: 2 * slotCount) }

  func reset() {
    externals = 0
    guard count > 0 else { return }
    bytes.removeAll()
    entries.removeAll()
    slotCount = Self.initialSlots
    slots.fill(0, count: 2 * slotCount)
    count = 0
  }

  /// The number of a name, which gets one if need be; `nil` where there are too many.
  func index(of name: UnsafeBufferPointer<UInt8>) -> Int? {
    let hash = unsafe Self.hash(name)
    var slot = Int(hash) & (slotCount - 1)
    while true {
      let found = Int(slots.load(at: 2 * slot, as: UInt16.self))
      if found == 0 { break }
      let entry = entry(found - 1)
      if entry.hash == hash && Int(entry.length) == name.count
        && (unsafe bytes.equals(name, at: entry.offset))
      {
        return found - 1
      }
      slot = (slot + 1) & (slotCount - 1)
    }
    guard count < Self.maximum else { return nil }
    if count * 2 >= slotCount { grow() }
    bytes.putVarint(UInt64(name.count))
    entries.put(
      value: Entry(hash: hash, length: UInt32(truncatingIfNeeded: name.count), offset: bytes.count))
    unsafe bytes.put(UnsafeRawBufferPointer(name))
    count += 1
    insert(count, hash)
    return count - 1
  }

  /// The name with a number.
  func name(_ index: Int) -> String? {
    guard index < count else { return nil }
    let entry = entry(index)
    return bytes.string(at: entry.offset, count: Int(entry.length))
  }

  private func entry(_ index: Int) -> Entry { entries.load(at: 16 * index, as: Entry.self) }

  private func insert(_ number: Int, _ hash: UInt32) {
    var slot = Int(hash) & (slotCount - 1)
    while slots.load(at: 2 * slot, as: UInt16.self) != 0 { slot = (slot + 1) & (slotCount - 1) }
    slots.patch(UInt16(truncatingIfNeeded: number), at: 2 * slot)
  }

  private func grow() {
    slotCount *= 2
    slots.fill(0, count: 2 * slotCount)
    for index in 0..<count { insert(index + 1, entry(index).hash) }
  }

  /// In the manner of FNV-1a, by words of eight bytes: names are few, and the program's own.
  private static func hash(_ name: UnsafeBufferPointer<UInt8>) -> UInt32 {
    let bytes = UnsafeRawBufferPointer(name)
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ UInt64(truncatingIfNeeded: bytes.count)
    var offset = 0
    while offset + 8 <= bytes.count {
      unsafe hash =
        (hash ^ bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        &* 0x9E37_79B9_7F4A_7C15
      offset += 8
    }
    while offset < bytes.count {
      unsafe hash = (hash ^ UInt64(bytes[offset])) &* 0x0000_0100_0000_01B3
      offset += 1
    }
    return UInt32(truncatingIfNeeded: hash >> 32 ^ hash)
  }
}
