extension ObjectWriter {
  /// Ends the message: what stands before the body is not in the buffer, except if it is `inline`.
  ///
  /// A message of at least ``Format/externalThreshold`` bytes has a length that says, modulo 16, of
  /// which type the array is that it begins with.
  func finish() {
    let bodyLength = buffer.count
    unsafe buffer.put(keys.bytes.bytes)
    if keys.externals > 0 {
      for external in externals {
        buffer.put(value: UInt64(external.position))
        buffer.put(value: UInt64(external.byteCount))
      }
    }
    var padding: UInt8 = 0
    let total = buffer.count + Format.footerLength + externalByteCount
    if total >= Format.externalThreshold {
      padding = UInt8((Int(leadCode) + 16 - total % 16) % 16)
      for _ in 0..<padding { buffer.put(0) }
    }
    buffer.put(value: UInt64(bodyLength))
    buffer.put(value: UInt32(keys.count))
    buffer.put(value: UInt16(keys.externals == 0 ? 0 : externals.count))
    buffer.put(padding)
    buffer.put(Format.version)
  }

  /// The bytes that are sent before those of the buffer.
  var externalByteCount: Int {
    keys.externals == 0 ? 0 : externals.reduce(0) { $0 + $1.byteCount }
  }

  /// The type of the scalars that the message begins with, or 0.
  private var leadCode: UInt8 {
    externals.first.map { buffer.byte(at: $0.position + 1) } ?? 0
  }

  /// Puts the largest array first, which the receiver need not copy.
  func orderExternals() {
    guard keys.externals > 1, externals.count > 1,
      let largest = externals.indices.max(by: { externals[$0].byteCount < externals[$1].byteCount })
    else { return }
    externals.swapAt(0, largest)
  }
}
