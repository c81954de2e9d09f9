internal import MPI

/// The files, and which bytes of them each rank reads.
struct SortPlan {
  /// A stretch of a file: the lines that begin in it.
  struct Segment {
    var path: String
    var range: Range<Int>
  }

  let paths: [String]
  let sizes: [Int]
  let content: FileSort.Content

  /// Lets rank 0 alone look at the files, and tells the others.
  ///
  /// **Collective**.
  init(_ paths: [String], content: FileSort.Content, on communicator: Communicator) throws {
    self.paths = paths
    self.content = content
    var sizes: [Int] = []
    var failure: SortError?
    if communicator.rank == 0 {
      do throws(SortError) {
        for path in paths { sizes.append(try CSVFile.opened(path).size) }
      } catch {
        failure = error
      }
      if failure == nil, case .records(let bytes, _) = content {
        for (path, size) in zip(paths, sizes) where size % bytes != 0 {
          failure = SortError(
            "\(path): its \(size) bytes are no whole number of records of \(bytes) bytes")
          break
        }
      }
    }
    try communicator.agree(on: failure)
    try communicator.broadcast(&sizes, from: 0)
    self.sizes = sizes
  }

  var byteCount: Int { sizes.reduce(0, +) }

  /// What a rank reads: about as many bytes as all others.
  func segments(ofRank rank: Int, of ranks: Int) -> [Segment] {
    var unit = 1
    if case .records(let bytes, _) = content { unit = bytes }
    let part = Partition.balanced(byteCount / unit, part: rank, of: ranks)
    let own = (part.lowerBound * unit)..<(part.upperBound * unit)
    var start = 0
    var segments: [Segment] = []
    for (path, size) in zip(paths, sizes) {
      let range = own.clamped(to: start..<(start + size))
      if !range.isEmpty {
        segments.append(
          Segment(
            path: path, range: (range.lowerBound - start)..<(range.upperBound - start)))
      }
      start += size
    }
    return segments
  }
}
