internal import CMPI

// What the blocking and the asynchronous collectives of values share: what they say to each other
// before the values themselves.

/// In the place of a size: the value could not be encoded.
let unencodable = -1

/// The first step of a broadcast: the size of the message, and all of it where it has room; or why
/// there is none.
@safe struct BroadcastHead {
  static let byteCount = 2048
  let bytes = ByteBuffer(capacity: Self.byteCount)

  /// Room for what the root says.
  init() { bytes.pad(to: Self.byteCount) }

  /// What the root says of a message.
  init(_ writer: ObjectWriter) {
    let message = unsafe writer.buffer.bytes
    bytes.put(value: Int64(message.count))
    if isAll { unsafe bytes.put(message) }
    bytes.pad(to: Self.byteCount)
  }

  /// What the root says where there is no message.
  ///
  /// - Parameter text: Which rank cannot do what.
  init(failure text: String) {
    bytes.put(value: Int64(unencodable))
    let text = Array(text.utf8.prefix(Self.byteCount - 16))
    bytes.put(value: Int64(text.count))
    unsafe text.withUnsafeBytes { unsafe bytes.put($0) }
    bytes.pad(to: Self.byteCount)
  }

  private var size: Int { Int(bytes.load(at: 0, as: Int64.self)) }

  /// Whether the message is all in it, after its size.
  var isAll: Bool { size <= Self.byteCount - 8 }

  /// The size of the message.
  ///
  /// - Throws: What the root has said instead.
  func messageSize(_ routine: StaticString, on raw: RawCommunicator) throws -> Int {
    if size != unencodable { return size }
    let length = min(Int(bytes.load(at: 8, as: Int64.self)), Self.byteCount - 16)
    throw MPIError(
      .conversion, routine: routine.description,
      message: bytes.string(at: 16, count: max(0, length)), on: raw)
  }
}

/// Values for all ranks, encoded one after the other.
struct Outbox {
  let bytes = ByteBuffer(capacity: 1024)
  var counts: [Int]
  private(set) var failure: (any Error)?

  init(ranks: Int) { counts = [Int](repeating: 0, count: ranks) }

  /// Encodes a value for each rank but this one. If one fails, all counts say so.
  mutating func encode<T: Encodable>(
    _ values: [T], except own: Int, _ routine: StaticString, on raw: RawCommunicator
  ) {
    do {
      for rank in values.indices where rank != own {
        counts[rank] = try ObjectWriter.with { (writer) throws in
          try writer.encode(values[rank], inPlace: false, routine, on: raw)
          unsafe bytes.put(writer.buffer.bytes)
          return writer.buffer.count
        }
      }
    } catch {
      failure = error
      counts = [Int](repeating: unencodable, count: counts.count)
    }
  }
}

extension Communicator {
  /// What the other ranks throw where one has said that it has no message.
  func _failure(of rank: Int, _ routine: StaticString) -> MPIError {
    MPIError(
      .conversion, routine: routine.description, message: "rank \(rank) cannot encode its value",
      on: raw)
  }

  /// The values of all ranks; this one's own needs no decoding.
  func _decodeAll<T: Decodable>(
    _ bytes: ByteBuffer, _ parts: Partition, own: T, _ routine: StaticString
  ) throws -> [T] {
    var values: [T] = []
    values.reserveCapacity(size)
    for rank in 0..<size {
      values.append(
        rank == self.rank
          ? own : try ObjectReader.decode(T.self, bytes, parts[rank], routine, on: raw))
    }
    return values
  }
}

extension ByteBuffer {
  /// The bytes as C describes them.
  var rawBuffer: RawBuffer {
    unsafe RawBuffer(
      address: UnsafeMutableRawPointer(mutating: bytes.baseAddress), count: count,
      datatype: UInt8.mpiDatatype)
  }
}

extension ObjectReader {
  /// The value that some bytes hold.
  static func decode<T: Decodable>(
    _ type: T.Type, _ bytes: ByteBuffer, _ range: Range<Int>, _ routine: StaticString,
    on raw: RawCommunicator
  ) throws -> T {
    try with { (reader) throws in
      try unsafe reader.decode(
        type, UnsafeRawBufferPointer(rebasing: bytes.bytes[range]), 0, nil, routine, on: raw)
    }
  }
}
