internal import Glibc
internal import MPI
internal import SPMD

/// A file that ended attempts are written behind, each batch by one call of the system's: what stands
/// there outlives the process.
///
/// A record is the number of its bytes (4) with the highest bit set, a checksum of them (8), and the
/// bytes of a list of ``Record``s; numbers have their lowest byte first. A record that is not whole is
/// the last one, of a write that was cut off.
///
/// One thread at a time uses it.
package final class AttemptLog: @unchecked Sendable {
  /// An outcome, and where the output stands.
  struct Record: Codable, Sendable {
    var outcome: FarmOutcome
    /// Place and length in the output log.
    var offset: Int?
    var length: Int?
  }

  package let path: String
  let descriptor: Int32
  private(set) var size = 0

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
    var payload = PackedWriter()
    payload.write(records) { $0.pack(into: &$1) }
    var frame = PackedWriter()
    frame.bytes.reserveCapacity(payload.bytes.count + 12)
    frame.write(UInt64(payload.bytes.count) | Self.packed, bytes: 4)
    frame.write(checksum(payload.bytes[...]), bytes: 8)
    frame.bytes += payload.bytes
    let bytes = frame.bytes
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
    var reader = PackedReader(bytes: bytes[...])
    var records: [Record] = []
    while reader.bytes.count >= 12 {
      let length = reader.readNumber(bytes: 4)
      let sum = reader.readNumber(bytes: 8)
      let payload = reader.bytes.prefix(Int(length & ~Self.packed))
      guard payload.count == Int(length & ~Self.packed), checksum(payload) == sum else { break }
      if length & Self.packed != 0 {
        var parts = PackedReader(bytes: payload)
        records += parts.readArray { Record(from: &$0) }
      } else {
        // Of a farm before this form.
        records += try MessageDecoder().decode([Record].self, from: Array(payload))
      }
      reader.bytes = reader.bytes.dropFirst(payload.count)
    }
    return records
  }

  private static let packed: UInt64 = 1 << 31
}
