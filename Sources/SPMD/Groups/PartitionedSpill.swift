/// Packed values that memory has no room for, in a temporary file without a name, parted by the
/// hashes of their keys: values that belong together are in the same part, and the parts can be
/// worked on one after the other.
///
/// A part that is still too large is parted again, by other bits of the hash: by those of the next
/// level.
final class PartitionedSpill {
  static let partCount = 64
  /// The last level that has bits of its own; beyond it the low bits are left for tables.
  static let deepestLevel = 7

  private static let blockSize = 64 << 10

  private let file: SpillFile
  /// The stretches of the file that hold each part's values, each of whole ones.
  private var blocks = [[Range<Int>]](repeating: [], count: PartitionedSpill.partCount)
  private var buffer: [UInt8] = []

  /// - Throws: ``SortError`` where there can be no temporary file.
  init(in folder: String) throws { file = try SpillFile(in: folder) }

  var byteCount: Int { file.byteCount }

  /// Why something could not be read; what was read since is worth nothing.
  var failure: SortError? { file.failure }

  /// The part of a hash at a level.
  static func part(of hash: UInt64, level: Int) -> Int {
    Int(truncatingIfNeeded: hash >> UInt64(58 - 6 * level)) & (partCount - 1)
  }

  /// Appends values to a part.
  ///
  /// - Parameters:
  ///   - values: What there is of this part now.
  ///   - pack: Appends a value as bytes.
  /// - Throws: ``SortError`` where the file cannot be written.
  func append(
    _ values: some Sequence<Int>, toPart part: Int, pack: (Int, inout [UInt8]) -> Void
  ) throws {
    for value in values {
      pack(value, &buffer)
      if buffer.count >= Self.blockSize { try flush(to: part) }
    }
    if !buffer.isEmpty { try flush(to: part) }
  }

  private func flush(to part: Int) throws {
    let start = file.byteCount
    try unsafe buffer.withUnsafeBufferPointer {
      guard let base = $0.baseAddress else { return }
      try unsafe file.append(base, count: $0.count)
    }
    blocks[part].append(start..<file.byteCount)
    buffer.removeAll(keepingCapacity: true)
  }

  /// How many stretches there are of a part.
  func blockCount(ofPart part: Int) -> Int { blocks[part].count }

  /// Passes on the bytes of one stretch of a part, unless it cannot be read.
  func readBlock(_ number: Int, ofPart part: Int, _ body: (UnsafeRawBufferPointer) -> Void) {
    let range = blocks[part][number]
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: range.count) { target, count in
      if let base = target.baseAddress { unsafe file.read(range, into: base) }
      count = range.count
    }
    if file.failure == nil { unsafe bytes.withUnsafeBytes(body) }
  }
}
