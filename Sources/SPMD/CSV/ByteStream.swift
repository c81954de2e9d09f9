/// Bytes that come one after another, such as those that a decompressor makes of a file.
public protocol ByteStream: AnyObject {
  /// Reads on.
  ///
  /// - Parameter bytes: Where to put them, from the start on.
  /// - Returns: How many there were; 0 at the end only.
  /// - Throws: ``CSVError`` with the name of the file and the place in it.
  func read(into bytes: inout MutableRawSpan) throws(CSVError) -> Int
}

/// Opens a file as a stream, or returns `nil` where it is to be read as it is.
public typealias ByteStreamOpener =
  @Sendable (_ path: String) throws(CSVError) ->
  (any ByteStream)?

/// A file of a table, whose text is read from offsets.
protocol TableFile: AnyObject {
  var path: String { get }
  /// The size as it is stored.
  var size: Int { get }
  /// Whether the text can be had from its start to its end only, and its size is not known.
  var isStream: Bool { get }
  /// Reads all bytes asked for, unless the text ends before.
  func read(at offset: Int, into bytes: UnsafeMutableRawBufferPointer) throws(CSVError) -> Int
}

extension CSVFile: TableFile {
  var isStream: Bool { false }
}

/// A file whose text is a stream: reading on is cheap, going back begins anew.
final class StreamFile: TableFile {
  let path: String
  let size: Int
  let isStream = true
  private let opener: ByteStreamOpener
  private var stream: any ByteStream
  private var position = 0

  init(_ file: CSVFile, _ stream: any ByteStream, opener: @escaping ByteStreamOpener) {
    path = file.path
    size = file.size
    self.stream = stream
    self.opener = opener
  }

  func read(at offset: Int, into bytes: UnsafeMutableRawBufferPointer) throws(CSVError) -> Int {
    if offset < position {
      guard let again = try opener(path) else {
        throw CSVError("\(path): the file changed while it was read")
      }
      stream = again
      position = 0
    }
    while position < offset {
      let count = min(bytes.count, offset - position)
      if unsafe try fill(UnsafeMutableRawBufferPointer(rebasing: bytes[..<count])) == 0 { return 0 }
    }
    return unsafe try fill(bytes)
  }

  private func fill(_ bytes: UnsafeMutableRawBufferPointer) throws(CSVError) -> Int {
    var done = 0
    while done < bytes.count {
      let free = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[done...])
      var rest = unsafe free.mutableBytes
      let got = try stream.read(into: &rest)
      if got == 0 { break }
      done += got
      position += got
    }
    return done
  }
}

/// Opens a file of a table.
func openTableFile(
  _ path: String, _ opener: ByteStreamOpener?
) throws(CSVError) -> any TableFile {
  if path == "-" {
    throw CSVError(
      "-: standard input cannot be read in parts, nor twice: put it into a file (one called - is ./-)"
    )
  }
  let file = try CSVFile(opening: path)
  guard let opener, let stream = try opener(path) else { return file }
  return StreamFile(file, stream, opener: opener)
}
