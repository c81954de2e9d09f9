#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif
internal import MPI

/// The inputs, and who reads what of them.
struct SortPlan {
  /// A regular file.
  struct File {
    var path: String
    var size: Int
  }

  /// A stretch of a file: the lines that begin in it.
  struct Segment {
    var path: String
    var range: Range<Int>
  }

  /// Inputs that are read in the same way, one section after the other.
  enum Section {
    /// Files of which each rank reads a stretch.
    case files([File])
    /// What can be read from its start to its end only: rank 0 reads it, and deals it out.
    case stream(String, StreamKind)
  }

  /// What a stream is.
  enum StreamKind: Int {
    case pipe = -1
    /// A file that is not plain text.
    case file = -2
  }

  private(set) var sections: [Section] = []
  let content: FileSort.Content
  /// The bytes of all files, and of the streams that were read.
  var byteCount = 0

  /// Lets rank 0 alone look at the inputs, and tells the others.
  ///
  /// **Collective**.
  init(
    _ paths: [String], content: FileSort.Content, openStream: ByteStreamOpener?,
    on communicator: Communicator
  ) throws {
    self.content = content
    var sizes: [Int] = []
    var failure: SortError?
    if communicator.rank == 0 {
      do throws(SortError) {
        for path in paths { sizes.append(try Self.size(of: path, content, openStream)) }
      } catch {
        failure = error
      }
    }
    try communicator.agree(on: failure)
    try communicator.broadcast(&sizes, from: 0)
    for (path, size) in zip(paths, sizes) {
      if let kind = StreamKind(rawValue: size) {
        sections.append(.stream(path, kind))
        continue
      }
      byteCount += size
      let file = File(path: path, size: size)
      if case .files(let before) = sections.last {
        sections[sections.count - 1] = .files(before + [file])
      } else {
        sections.append(.files([file]))
      }
    }
  }

  /// The size of a file, or the kind of stream that it is.
  private static func size(
    of path: String, _ content: FileSort.Content, _ openStream: ByteStreamOpener?
  ) throws(SortError) -> Int {
    // A pipe that is opened, and closed again, would be lost.
    var status = stat()
    if path == "-" { return StreamKind.pipe.rawValue }
    if unsafe stat(path, &status) == 0 {
      let kind = status.st_mode & S_IFMT
      if kind == S_IFIFO || kind == S_IFCHR || kind == S_IFSOCK {
        return StreamKind.pipe.rawValue
      }
    }
    let size = try CSVFile.opened(path).size
    if let bytes = content.recordLength {
      guard size % bytes == 0 else { throw wrongSize(path, size, record: bytes) }
      return size
    }
    do throws(CSVError) {
      return try openStream?(path) == nil ? size : StreamKind.file.rawValue
    } catch {
      throw SortError(error.description)
    }
  }

  static func wrongSize(_ path: String, _ size: Int, record bytes: Int) -> SortError {
    SortError("\(path): its \(size) bytes are no whole number of records of \(bytes) bytes")
  }

  /// What a rank reads of some files: about as many bytes as all others.
  func segments(of files: [File], rank: Int, of ranks: Int) -> [Segment] {
    let unit = content.recordLength ?? 1
    let total = files.reduce(0) { $0 + $1.size }
    let part = Partition.balanced(total / unit, part: rank, of: ranks)
    let own = (part.lowerBound * unit)..<(part.upperBound * unit)
    var start = 0
    var segments: [Segment] = []
    for file in files {
      let range = own.clamped(to: start..<(start + file.size))
      if !range.isEmpty {
        segments.append(
          Segment(
            path: file.path, range: (range.lowerBound - start)..<(range.upperBound - start)))
      }
      start += file.size
    }
    return segments
  }
}
