/// Gives the contents of fields: what readers of columns, groups and conditions share.
class FieldReader {
  final let missingValues: [[UInt8]]
  final var unquoted: [UInt8] = []

  init(missingValues: [[UInt8]]) { self.missingValues = missingValues }

  /// A field without its quotes, in place where no quote is doubled.
  final func contents(
    _ bytes: UnsafePointer<UInt8>, _ count: Int
  ) -> (bytes: UnsafePointer<UInt8>, count: Int) {
    guard unsafe count > 0 && bytes[0] == UInt8(ascii: "\"") else { return unsafe (bytes, count) }
    var i = 1
    while unsafe i < count && bytes[i] != UInt8(ascii: "\"") { i += 1 }
    if i >= count - 1 { return unsafe (bytes + 1, i - 1) }
    unquoted.removeAll(keepingCapacity: true)
    unsafe appendUnquoted(UnsafeBufferPointer(start: bytes, count: count), to: &unquoted)
    let length = unquoted.count
    // Numbers are read eight bytes at a time. Valid until the next field, by when it is not used.
    for _ in 0..<8 { unquoted.append(0) }
    return unsafe unquoted.withUnsafeBufferPointer { unsafe ($0.baseAddress ?? bytes, length) }
  }

  final func isMissing(_ value: (bytes: UnsafePointer<UInt8>, count: Int)) -> Bool {
    if unsafe value.count == 0 { return true }
    if missingValues.isEmpty { return false }
    return missingValues.contains { word in
      unsafe word.count == value.count
        && (0..<word.count).allSatisfy { unsafe word[$0] == value.bytes[$0] }
    }
  }
}

/// Appends the text that a quoted field stands for: without its quotes, and with one for each two.
///
/// What follows the closing quote is taken as it is.
func appendUnquoted(_ field: UnsafeBufferPointer<UInt8>, to text: inout [UInt8]) {
  let quote = UInt8(ascii: "\"")
  var isInside = true
  var i = 1
  while i < field.count {
    let byte = unsafe field[i]
    if !isInside || byte != quote {
      text.append(byte)
    } else if unsafe i + 1 < field.count && field[i + 1] == quote {
      text.append(quote)
      i += 1
    } else {
      isInside = false
    }
    i += 1
  }
}
