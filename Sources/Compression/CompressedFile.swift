public import SPMD

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The text of a compressed file, from its start to its end, in bounded memory.
///
/// Several members or frames behind one another are one text, as `gzip`, `bgzip`, `pigz` and `zstd`
/// write them.
@safe
public final class CompressedFile: ByteStream {
  /// What a file begins with.
  enum Format {
    case gzip
    case zstandard

    /// The format by the first four bytes: names mean nothing here.
    init?(magic: [UInt8]) {
      guard magic.count == 4 else { return nil }
      if magic[0] == 0x1F && magic[1] == 0x8B && magic[2] == 8 {
        self = .gzip
      } else if magic == [0x28, 0xB5, 0x2F, 0xFD]
        // Programs that compress in parallel begin with a frame that is to be skipped.
        || magic[0] & 0xF0 == 0x50 && magic[1...] == [0x2A, 0x4D, 0x18]
      {
        self = .zstandard
      } else {
        return nil
      }
    }
  }

  private let path: String
  private let descriptor: Int32
  private let decoder: any Decoder
  private let input: UnsafeMutableRawBufferPointer
  /// The bytes of the input that are not yet decoded.
  private var rest = 0..<0
  /// How many bytes of the file lie before the end of the input.
  private var consumed = 0
  private var isAtEnd = false

  /// Opens a file.
  ///
  /// - Returns: A stream of its text, or `nil` where it is not compressed.
  /// - Throws: `CSVError` with the name of a file that cannot be opened.
  public static func open(_ path: String) throws(CSVError) -> CompressedFile? {
    let descriptor = Self.openDescriptor(path)
    guard descriptor >= 0 else { throw Self.systemError(path) }
    var magic = [UInt8](repeating: 0, count: 4)
    let got = unsafe magic.withUnsafeMutableBytes {
      unsafe pread(descriptor, $0.baseAddress, $0.count, 0)
    }
    guard got == 4, let format = Format(magic: magic) else {
      close(descriptor)
      return nil
    }
    guard let decoder = format.decoder() else {
      close(descriptor)
      throw CSVError("\(path): not enough memory to decompress it")
    }
    return CompressedFile(path: path, descriptor: descriptor, decoder: decoder)
  }

  private init(path: String, descriptor: Int32, decoder: any Decoder) {
    self.path = path
    self.descriptor = descriptor
    self.decoder = decoder
    unsafe input = .allocate(byteCount: 256 << 10, alignment: 64)
    #if os(Linux)
      posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
    #endif
  }

  deinit {
    close(descriptor)
    unsafe input.deallocate()
  }

  private static func openDescriptor(_ path: String) -> Int32 {
    #if canImport(Glibc)
      unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    #else
      unsafe Darwin.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    #endif
  }

  private static func systemError(_ path: String) -> CSVError {
    let reason = unsafe strerror(errno).map { unsafe String(cString: $0) }
    return CSVError("\(path): \(reason ?? "cannot be read")")
  }

  /// Reads on.
  public func read(into bytes: inout MutableRawSpan) throws(CSVError) -> Int {
    while true {
      if rest.isEmpty && !isAtEnd { try fill() }
      if rest.isEmpty {
        // Nothing may be left in the decoder but what it holds back for want of room.
        let step = unsafe try decode(UnsafeRawBufferPointer(rebasing: input[0..<0]), &bytes)
        if step.written > 0 { return step.written }
        if decoder.isBetweenMembers { return 0 }
        throw CSVError(
          "\(path): the \(decoder.name) data is cut off at byte \(consumed), where the file ends")
      }
      let step = unsafe try decode(UnsafeRawBufferPointer(rebasing: input[rest]), &bytes)
      rest = (rest.lowerBound + step.read)..<rest.upperBound
      if step.written > 0 { return step.written }
    }
  }

  private func decode(
    _ bytes: UnsafeRawBufferPointer, _ text: inout MutableRawSpan
  ) throws(CSVError) -> (read: Int, written: Int) {
    do throws(DecodingFailure) {
      return unsafe try text.withUnsafeMutableBytes { text throws(DecodingFailure) in
        unsafe try decoder.decode(bytes, into: text)
      }
    } catch {
      let place = consumed - rest.count + error.offset
      throw CSVError("\(path): damaged \(decoder.name) data at byte \(place): \(error.reason)")
    }
  }

  private func fill() throws(CSVError) {
    while true {
      let got = unsafe pread(descriptor, input.baseAddress, input.count, off_t(consumed))
      if got < 0 && errno == EINTR { continue }
      guard got >= 0 else {
        throw CSVError("\(Self.systemError(path).description) at byte \(consumed)")
      }
      consumed += got
      rest = 0..<got
      isAtEnd = got == 0
      return
    }
  }
}

/// Why bytes cannot be decoded.
struct DecodingFailure: Error {
  /// Where among the bytes that were given.
  var offset: Int
  var reason: String
}

/// A decompressor.
protocol Decoder: AnyObject {
  var name: String { get }

  /// Whether the text may end here.
  var isBetweenMembers: Bool { get }

  /// Decodes some bytes.
  ///
  /// - Returns: How many were read, and how many of the text were written.
  func decode(
    _ bytes: UnsafeRawBufferPointer, into text: UnsafeMutableRawBufferPointer
  ) throws(DecodingFailure) -> (read: Int, written: Int)
}

extension CompressedFile.Format {
  fileprivate func decoder() -> (any Decoder)? {
    switch self {
    case .gzip: GzipDecoder()
    case .zstandard: ZstandardDecoder()
    }
  }
}
