/// Records of a buffer whose fields are to be read column by column.
///
/// Borrowed from a ``ByteBuffer`` and a ``Tokenizer``, and valid as long as neither changes.
@unsafe
struct RecordBatch {
  /// The bytes that `ends` are places in.
  let bytes: UnsafePointer<UInt8>
  /// The end of each field.
  let ends: UnsafePointer<Int32>
  /// For each record: the index in `ends` before its first field.
  let records: UnsafeBufferPointer<Int32>
  /// For each record: its number of fields.
  let fieldCounts: UnsafeBufferPointer<Int32>
  /// Whether some record's number of fields is not `columnCount`.
  let isRagged: Bool
  let columnCount: Int

  var count: Int { unsafe records.count }

  /// The bytes of a field, with its quotes.
  @inline(__always)
  func field(_ record: Int, _ column: Int) -> (bytes: UnsafePointer<UInt8>, count: Int) {
    let index = unsafe Int(records[record]) &+ column
    var isLast = unsafe column == columnCount &- 1
    if unsafe isRagged {
      let fields = unsafe Int(fieldCounts[record])
      guard column < fields else { return unsafe (bytes, 0) }
      isLast = column == fields &- 1
    }
    let start = unsafe Int(ends[index]) &+ 1
    var end = unsafe Int(ends[index &+ 1])
    // A line may end in CR LF; the tokenizer knows only the LF.
    if isLast, unsafe end > start && bytes[end &- 1] == UInt8(ascii: "\r") { end &-= 1 }
    return unsafe (bytes + start, end &- start)
  }
}

/// What reads the records of a table, batch by batch and block by block.
protocol BatchReader: AnyObject {
  func beginBlock(_ number: Int)
  func read(_ batch: RecordBatch)
  func endBlock(_ number: Int)
  /// Why reading on makes no sense.
  var failure: CSVError? { get }
}

extension BatchReader {
  func beginBlock(_ number: Int) {}
  func endBlock(_ number: Int) {}
  var failure: CSVError? { nil }
}
