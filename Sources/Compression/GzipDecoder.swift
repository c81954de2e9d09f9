internal import CZlib

/// Decodes gzip (RFC 1952) by zlib, one member after another.
@safe
final class GzipDecoder: Decoder {
  let name = "gzip"
  private(set) var isBetweenMembers = true
  /// Behind the last member some programs fill a block of the medium with zeros.
  private var isPadding = false
  // zlib's state points back to this, so that it must stay where it is.
  private let stream: UnsafeMutablePointer<z_stream>

  init?() {
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    // 15 bits of window, and 16 for a gzip header.
    let code = unsafe inflateInit2_(
      stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard code == Z_OK else {
      unsafe stream.deallocate()
      return nil
    }
  }

  deinit {
    unsafe inflateEnd(stream)
    unsafe stream.deallocate()
  }

  func decode(
    _ bytes: UnsafeRawBufferPointer, into text: UnsafeMutableRawBufferPointer
  ) throws(DecodingFailure) -> (read: Int, written: Int) {
    if unsafe bytes.isEmpty && isBetweenMembers { return (0, 0) }
    if isBetweenMembers, unsafe isPadding || bytes[0] == 0 {
      isPadding = true
      guard let other = unsafe bytes.firstIndex(where: { $0 != 0 }) else { return (bytes.count, 0) }
      throw DecodingFailure(offset: other, reason: "bytes behind the end of the data")
    }
    isBetweenMembers = false
    // zlib reads only; the type of the member is an older one.
    unsafe stream.pointee.next_in = UnsafeMutablePointer(
      mutating: bytes.bindMemory(to: UInt8.self).baseAddress)
    unsafe stream.pointee.avail_in = UInt32(bytes.count)
    unsafe stream.pointee.next_out = text.bindMemory(to: UInt8.self).baseAddress
    let room = min(text.count, 1 << 30)
    unsafe stream.pointee.avail_out = UInt32(room)
    let code = unsafe inflate(stream, Z_NO_FLUSH)
    let read = unsafe bytes.count - Int(stream.pointee.avail_in)
    let written = unsafe room - Int(stream.pointee.avail_out)
    switch code {
    // There was nothing to do for want of bytes or of room: no mistake.
    case Z_OK, Z_BUF_ERROR: break
    case Z_STREAM_END:
      isBetweenMembers = true
      unsafe inflateReset(stream)
    default:
      let reason = unsafe stream.pointee.msg.map { unsafe String(cString: $0) }
      throw DecodingFailure(offset: read, reason: reason ?? "zlib's error \(code)")
    }
    return (read, written)
  }
}
