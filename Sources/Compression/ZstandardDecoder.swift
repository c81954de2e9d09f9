internal import CZstd

/// Decodes Zstandard (RFC 8878) by libzstd, one frame after another.
@safe
final class ZstandardDecoder: Decoder {
  let name = "zstd"
  private(set) var isBetweenMembers = true
  private let stream: OpaquePointer

  init?() {
    guard let stream = unsafe ZSTD_createDStream() else { return nil }
    unsafe self.stream = stream
  }

  deinit { unsafe _ = ZSTD_freeDStream(stream) }

  func decode(
    _ bytes: UnsafeRawBufferPointer, into text: UnsafeMutableRawBufferPointer
  ) throws(DecodingFailure) -> (read: Int, written: Int) {
    if unsafe bytes.isEmpty && isBetweenMembers { return (0, 0) }
    var input = unsafe ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
    var output = unsafe ZSTD_outBuffer(dst: text.baseAddress, size: text.count, pos: 0)
    let code = unsafe ZSTD_decompressStream(stream, &output, &input)
    if ZSTD_isError(code) != 0 {
      throw DecodingFailure(
        offset: unsafe input.pos, reason: unsafe String(cString: ZSTD_getErrorName(code)))
    }
    // Zero says that a frame is over, and that all of its text was written.
    isBetweenMembers = code == 0
    return unsafe (input.pos, output.pos)
  }
}
