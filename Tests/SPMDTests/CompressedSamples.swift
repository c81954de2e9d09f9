import CZlib
import CZstd
import Foundation

/// Compressed data as the libraries write it.
enum CompressedSamples {
  static func gzip(_ data: Data) -> Data {
    var stream = unsafe z_stream()
    unsafe deflateInit2_(
      &stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    defer { unsafe deflateEnd(&stream) }
    var input = [UInt8](data)
    var output = [UInt8](repeating: 0, count: unsafe Int(deflateBound(&stream, UInt(input.count))))
    unsafe input.withUnsafeMutableBufferPointer { input in
      unsafe output.withUnsafeMutableBufferPointer { output in
        unsafe stream.next_in = input.baseAddress
        unsafe stream.avail_in = UInt32(input.count)
        unsafe stream.next_out = output.baseAddress
        unsafe stream.avail_out = UInt32(output.count)
        _ = unsafe deflate(&stream, Z_FINISH)
      }
    }
    return Data(unsafe output.prefix(Int(stream.total_out)))
  }

  static func zstd(_ data: Data) -> Data {
    let input = [UInt8](data)
    var output = [UInt8](repeating: 0, count: ZSTD_compressBound(input.count))
    let count = unsafe ZSTD_compress(&output, output.count, input, input.count, 3)
    return Data(output.prefix(count))
  }
}
