extension FileSort {
  /// What is sorted.
  public enum Content: Hashable, Sendable {
    /// Lines that end in a newline; the last one of a file may lack it, and gets it.
    case lines
    /// Records of a fixed number of bytes, ordered by the first `key` of them.
    case records(bytes: Int, key: Int)
  }

  /// The fields of a line that are compared, counted from 1.
  public struct Key: Hashable, Sendable {
    /// The first field.
    public var first: Int
    /// The last field; `nil` for the rest of the line.
    public var last: Int?

    /// Makes a key.
    ///
    /// - Precondition: Both are positive.
    public init(first: Int, last: Int? = nil) {
      precondition(first > 0 && (last ?? 1) > 0, "fields are counted from 1")
      self.first = first
      self.last = last
    }
  }

  /// How files are sorted. The defaults are those of `sort` of POSIX in the locale C: whole lines,
  /// byte by byte.
  public struct Options: Hashable, Sendable {
    /// Lines or records.
    public var content = Content.lines
    /// The fields that are compared; lines with equal ones are ordered by all their bytes.
    public var key: Key?
    /// The byte between fields; without one, a field begins with the blanks before it.
    public var delimiter: UInt8?
    /// Whether keys are compared as decimal numbers.
    public var isNumeric = false
    /// Whether the small letters a to z count as large ones.
    public var ignoresCase = false
    /// Whether the order is reversed.
    public var isReversed = false
    /// Whether only the first of lines with equal keys is written.
    public var isUnique = false
    /// How many bytes of memory a rank may take.
    public var memory = 1 << 30
    /// The folder for what does not fit into memory; nothing in it has a name.
    public var temporaryFolder = "/tmp"

    /// Makes the defaults.
    public init() {}
  }

  /// What was done; the same on all ranks.
  public struct Summary: Hashable, Sendable {
    /// The bytes of the input.
    public var bytesRead = 0
    /// The bytes of the output.
    public var bytesWritten = 0
    /// The lines or records of the input.
    public var lines = 0
    /// The bytes that were put aside in temporary files.
    public var spilledBytes = 0
    /// What the rank that wrote most has written, in parts of the mean; 1 is perfect balance.
    public var imbalance = 1.0
  }
}
