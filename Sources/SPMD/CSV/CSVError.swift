/// What keeps a table from being read, in one line that names the file and the place.
public struct CSVError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The whole message.
  public let description: String

  /// Makes an error.
  public init(_ description: String) { self.description = description }
}

/// A line of a file that does not fit the table; it is read as well as it can be.
public struct CSVProblem: Hashable, Sendable, CustomStringConvertible {
  /// What is wrong with a line.
  public enum Kind: Hashable, Sendable {
    /// The line is empty, and was left out.
    case emptyLine
    /// The line has `fields` fields where the table has `expected` columns: missing ones count as
    /// missing values, and those too many were left out.
    case fieldCount(fields: Int, expected: Int)
  }

  /// The file, as it was named.
  public let file: String

  /// The line on which the record begins, counted from 1.
  public let line: Int

  /// What is wrong.
  public let kind: Kind

  /// The problem as one line of text, `FILE:LINE: …`.
  public var description: String {
    switch kind {
    case .emptyLine: return "\(file):\(line): empty line"
    case .fieldCount(let fields, let expected):
      return
        "\(file):\(line): \(fields) field\(fields == 1 ? "" : "s") where the header has \(expected)"
    }
  }
}

/// How a CSV file is written.
public struct CSVFormat: Hashable, Sendable {
  /// The byte between fields.
  public var delimiter: UInt8

  /// Whether the first record names the columns.
  public var hasHeader: Bool

  /// Fields that stand for a missing value, besides the empty one.
  public var missingValues: [String]

  /// Makes a format; the default is that of RFC 4180 with a header.
  public init(
    delimiter: UInt8 = UInt8(ascii: ","), hasHeader: Bool = true, missingValues: [String] = []
  ) {
    self.delimiter = delimiter
    self.hasHeader = hasHeader
    self.missingValues = missingValues
  }

  var missingBytes: [[UInt8]] { missingValues.map { Array($0.utf8) } }

  /// The longest record that is read; a quote that is never closed must not fill the memory.
  static let longestRecord = 64 << 20
}
