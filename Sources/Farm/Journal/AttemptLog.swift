internal import Glibc
internal import MPI
internal import SPMD

/// A file that ended attempts are written behind, each batch by one call of the system's: what stands
/// there outlives the process.
///
/// A record is the number of its bytes (4), a checksum of them (8), and the bytes of an
/// ``FarmOutcome`` list; numbers have their lowest byte first. A record that is not whole is
/// the last one, of a write that was cut off.
package final class AttemptLog {
  /// An outcome, and where the output stands.
  struct Record: Codable {
    var outcome: FarmOutcome
    /// Place and length in the output log.
    var offset: Int?
    var length: Int?
  }

  package let path: String
  let descriptor: Int32
  private var size = 0

  /// Opens the file, or makes it.
  package init(at path: String) throws {
    self.path = path
    descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw FarmError("\(path): \(errorText(errno))") }
    size = Int(lseek(descriptor, 0, SEEK_END))
  }

  deinit { close(descriptor) }

  /// Writes attempts behind the others.
  package func append(_ outcomes: [FarmOutcome]) throws {
    try append(outcomes.map { Record(outcome: $0) })
  }

  func append(_ records: [Record]) throws {
    guard !records.isEmpty else { return }
    let payload = try MessageEncoder().encode(records)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(payload.count + 12)
    Self.append(UInt64(payload.count), bytes: 4, to: &bytes)
    Self.append(Self.checksum(payload[...]), bytes: 8, to: &bytes)
    bytes += payload
    do {
      try writeAll(bytes[...], to: descriptor)
      size += bytes.count
    } catch {
      // What a full disk has taken of it is no record.
      ftruncate(descriptor, off_t(size))
      lseek(descriptor, off_t(size), SEEK_SET)
      throw FarmError("\(path): \(errorText(error.code))")
    }
  }

  /// Forgets all records.
  package func empty() throws {
    guard size > 0 else { return }
    guard ftruncate(descriptor, 0) == 0 else { throw FarmError("\(path): \(errorText(errno))") }
    lseek(descriptor, 0, SEEK_SET)
    size = 0
  }

  func removeIfEmpty() { if size == 0 { remove() } }

  /// Whether the file is still found where it was opened.
  var isInPlace: Bool {
    var mine = stat()
    var found = stat()
    guard unsafe fstat(descriptor, &mine) == 0, unsafe stat(path, &found) == 0 else { return false }
    return mine.st_ino == found.st_ino && mine.st_dev == found.st_dev
  }

  package func remove() { _ = unsafe unlink(path) }

  /// All records that are whole.
  func records() throws -> [Record] {
    var bytes = [UInt8](repeating: 0, count: size)
    let count = unsafe bytes.withUnsafeMutableBytes {
      unsafe pread(descriptor, $0.baseAddress, $0.count, 0)
    }
    guard count == size else { throw FarmError("\(path): \(errorText(errno))") }
    var rest = bytes[...]
    var records: [Record] = []
    while rest.count >= 12 {
      let length = Int(Self.number(rest.prefix(4)))
      let sum = Self.number(rest.dropFirst(4).prefix(8))
      let payload = rest.dropFirst(12).prefix(length)
      guard payload.count == length, Self.checksum(payload) == sum else { break }
      records += try MessageDecoder().decode([Record].self, from: Array(payload))
      rest = rest.dropFirst(12 + length)
    }
    return records
  }

  private static func append(_ number: UInt64, bytes count: Int, to bytes: inout [UInt8]) {
    for place in 0..<count { bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(8 * place))) }
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// FNV-1a (draft-eastlake-fnv, 64 bits).
  private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return hash
  }
}
