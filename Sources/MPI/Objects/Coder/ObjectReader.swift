// How bytes become values: straight from the message, with nothing in between. A container is two
// numbers, its first byte and its last; where the next field stands is remembered, so that fields
// asked for in the order in which they were written are found at once.

/// The bytes of a value, while it is decoded.
@safe final class ObjectReader {
  /// The body of the message, and what comes behind it.
  private(set) var bytes = unsafe ByteReader(UnsafeRawBufferPointer(start: nil, count: 0))
  /// The end of the body.
  private(set) var limit = 0
  var userInfo: [CodingUserInfoKey: any Sendable] = [:] {
    didSet { isExtraordinary = true }
  }

  /// Where messages are received. Where a message is an array, its elements begin behind a tag, a
  /// type and a length, six bytes in all: so these are aligned.
  let inbox = ByteBuffer(capacity: 4096, shift: 10)

  /// The places of the names.
  let names = ByteBuffer(capacity: 512)
  var nameCount = 0
  var externals: [External] = unsafe []
  /// Whether there is more to forget than the bytes: most messages leave all of that as it was.
  private var isExtraordinary = false
  /// The array that the message began with, which is in its place already.
  var lead: BlockHolder?
  /// Its bytes, for those who want other elements than it has.
  private var leadCopy: ByteBuffer?
  /// Where fields are, in containers that are large and read in another order.
  var indexes: [Int: [String: Int]] = [:] {
    didSet { isExtraordinary = true }
  }

  /// The container that was read last, and where its next entry is.
  var lastContainer = -1
  var nextEntry = 0

  /// What was found to be wrong where nothing can be thrown.
  private var failure: (any Error)?
  /// Whether a path is being looked up.
  var isFindingPath = false

  struct Name {
    var offset: Int
    var count: Int
  }

  @unsafe struct External {
    var position: Int
    var bytes: UnsafeRawBufferPointer
    var isLead = false
  }

  /// A place in the body. Where `code` is not zero, a scalar of this type stands there, without a
  /// tag; where `external` is not, it stands in an external array with this number.
  struct Place {
    var position: Int
    var code: UInt8 = 0
    var external: UInt16 = 0
  }

  // MARK: The message

  /// Begins to read a message, whose first `missing` bytes are in the array `lead` already.
  func open(
    _ message: UnsafeRawBufferPointer, missing: Int = 0, lead: BlockHolder? = nil
  ) throws {
    let all = unsafe ByteReader(message)
    let footer = all.count - Format.footerLength
    guard let bodyLength = all.load(at: footer, as: UInt64.self),
      let nameCount = all.load(at: footer + 8, as: UInt32.self),
      let externalCount = all.load(at: footer + 12, as: UInt16.self),
      let padding = all.byte(at: footer + 14), let version = all.byte(at: footer + 15)
    else { throw corrupted("a message of \(message.count) bytes") }
    guard version == Format.version else { throw corrupted("format \(version) is not known") }
    guard Int(externalCount) <= Format.maximalExternals else {
      throw corrupted("\(externalCount) external arrays")
    }
    let table = footer - Int(padding) - Int(externalCount) * Format.externalLength
    guard table >= 0, let bodyLength = Int(exactly: bodyLength) else {
      throw corrupted("tables longer than the message")
    }
    var position = 0
    if externalCount > 0 { isExtraordinary = true }
    for index in 0..<Int(externalCount) {
      let entry = table + index * Format.externalLength
      guard let place = all.load(at: entry, as: UInt64.self).flatMap(Int.init(exactly:)),
        let length = all.load(at: entry + 8, as: UInt64.self).flatMap(Int.init(exactly:)),
        length <= missing + table - position
      else { throw corrupted("an external array beyond the message") }
      if index == 0 && missing > 0 {
        guard length == missing else { throw corrupted("another array at the start") }
        unsafe externals.append(
          External(
            position: place, bytes: UnsafeRawBufferPointer(start: nil, count: 0), isLead: true))
      } else {
        guard let part = unsafe all.part(at: position - missing, count: length) else {
          throw corrupted("an external array beyond the message")
        }
        unsafe externals.append(External(position: place, bytes: part))
      }
      position += length
    }
    let start = position - missing
    guard start >= 0, start <= table, bodyLength <= table - start,
      let rest = unsafe all.part(at: start, count: table - start)
    else { throw corrupted("a body longer than the message") }
    bytes = unsafe ByteReader(rest)
    limit = bodyLength
    if let lead {
      self.lead = lead
      isExtraordinary = true
    }
    try readNames(Int(nameCount))
    lastContainer = -1
    guard try end(at: 0, limit: limit) == limit else { throw corrupted("bytes behind the value") }
  }

  /// The bytes of the array with which a message begins, if it is of this type; otherwise 0.
  static func leadLength(_ message: UnsafeRawBufferPointer, _ code: UInt8) -> Int {
    let all = unsafe ByteReader(message)
    let footer = all.count - Format.footerLength
    guard let count = all.load(at: footer + 12, as: UInt16.self), count > 0,
      let padding = all.byte(at: footer + 14), let width = ScalarCode.width(code),
      let length = all.load(
        at: footer - Int(padding) - Int(count) * Format.externalLength + 8, as: UInt64.self
      ).flatMap(Int.init(exactly:)),
      length <= footer, length % width == 0
    else { return 0 }
    return length
  }

  private func readNames(_ count: Int) throws {
    names.removeAll()
    nameCount = count
    var position = limit
    // Each takes a byte at least.
    guard count <= bytes.count - limit else { throw corrupted("\(count) names") }
    for _ in 0..<count {
      guard let length = bytes.varint(at: &position),
        unsafe bytes.part(at: position, count: length) != nil
      else { throw corrupted("a name beyond the message") }
      names.put(value: Name(offset: position, count: length))
      position += length
    }
  }

  /// Forgets the message, which may be gone from now on: whoever holds a decoder reads nothing.
  func close() {
    bytes = unsafe ByteReader(UnsafeRawBufferPointer(start: nil, count: 0))
    limit = 0
    if isExtraordinary { clear() }
  }

  private func clear() {
    lead = nil
    leadCopy = nil
    unsafe externals = []
    failure = nil
    indexes = [:]
    userInfo = [:]
    isExtraordinary = false
  }

  // MARK: Values

  /// The value of the message.
  func readAll<T: Decodable>(_ type: T.Type) throws -> T {
    let value = try read(type, at: Place(position: 0), depth: 0)
    if let failure { throw failure }
    return value
  }

  /// Does what may find the message to be wrong: decoding will fail then, in the end.
  func noteFailure(_ body: () throws -> Void) {
    do {
      try body()
    } catch {
      failure = failure ?? error
      isExtraordinary = true
    }
  }

  /// The value at a place.
  func read<T: Decodable>(_ type: T.Type, at place: Place, depth: Int) throws -> T {
    if let shortcut = unsafe Shortcuts.find(type) {
      return try unsafe Shortcuts.use(shortcut, type) { try $0.read(self, place, depth) }
    }
    return try T(from: ValueDecoder(self, place, try deeper(depth, place)))
  }

  /// The depth of a value within a value.
  func deeper(_ depth: Int, _ place: Place) throws -> Int {
    guard depth < Format.maximalDepth else {
      throw corrupted("deeper than \(Format.maximalDepth) levels", at: place.position)
    }
    return depth + 1
  }

  /// The first byte behind the value at a place, in a container that ends at `limit`.
  @inline(__always)
  func end(at position: Int, limit: Int) throws -> Int {
    guard let end = bytes.end(at: position, limit: limit) else {
      throw corrupted("a value that goes beyond its container, or is none", at: position)
    }
    return end
  }

  @inline(__always)
  func tag(at place: Place) -> UInt8 {
    if place.code != 0 { return Tag.scalar | place.code }
    return place.position < limit ? bytes.byte(at: place.position) ?? 0xFF : 0xFF
  }

  func isNull(_ place: Place) -> Bool { tag(at: place) == Tag.null }

  /// The type of the scalar at a place, and where it stands.
  @inline(__always)
  func scalar(at place: Place) -> (code: UInt8, position: Int) {
    if place.code != 0 { return (place.code, place.position) }
    let tag = tag(at: place)
    return tag >= Tag.scalar ? (tag & 0x0F, place.position + 1) : (0, 0)
  }

  /// The bytes in which a scalar stands.
  @inline(__always)
  func source(_ place: Place) -> ByteReader {
    place.external == 0 ? bytes : externalSource(Int(place.external) - 1)
  }

  func externalSource(_ index: Int) -> ByteReader {
    guard unsafe externals.indices.contains(index) else {
      return unsafe ByteReader(UnsafeRawBufferPointer(start: nil, count: 0))
    }
    guard let lead, unsafe externals[index].isLead else {
      return unsafe ByteReader(externals[index].bytes)
    }
    if leadCopy == nil {
      let copy = ByteBuffer(capacity: 16)
      unsafe lead.withBytes { unsafe copy.put($0) }
      leadCopy = copy
    }
    return unsafe ByteReader(leadCopy?.bytes ?? UnsafeRawBufferPointer(start: nil, count: 0))
  }
}
