internal import MPI

/// What keeps files from being sorted, in one line that names the file.
public struct SortError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The whole message.
  public let description: String

  /// Makes an error.
  public init(_ description: String) { self.description = description }
}

extension CSVFile {
  /// Opens a file that is to be sorted.
  static func opened(_ path: String) throws(SortError) -> CSVFile {
    do throws(CSVError) {
      return try CSVFile(opening: path)
    } catch {
      throw SortError(error.description)
    }
  }
}

extension Communicator {
  /// Ends a step that some ranks may have failed in: throws the error of the first of them on all.
  ///
  /// **Collective**.
  func agree(on failure: SortError?) throws {
    let first = try allReduce(failure == nil ? size : rank, .min)
    guard first < size else { return }
    var text = Array((failure?.description ?? "").utf8)
    try broadcast(&text, from: first)
    throw SortError(String(decoding: text, as: UTF8.self))
  }
}
