/// What one pass over a table tells of its columns.
///
/// Every member is a function of the files alone: the number of ranks cannot change a bit of it.
public struct TableStatistics: Sendable {
  /// The number of records, without headers and empty lines.
  public internal(set) var rows = 0
  /// The number of those that meet the condition: of them is all that follows.
  public internal(set) var selectedRows = 0
  /// The size of all files.
  public internal(set) var byteCount = 0
  /// The columns that were asked for, in the order of the file.
  public internal(set) var columns: [ColumnStatistics] = []
  /// The first lines that did not fit, in the order of the files.
  public internal(set) var problems: [CSVProblem] = []
  /// How many lines did not fit.
  public internal(set) var problemCount = 0

  /// The groups, where they were asked for.
  public internal(set) var groups: TableGroups?
  /// How many bytes of groups were put aside in temporary files.
  var spilledBytes = 0
  /// The histogram, where it was asked for.
  public internal(set) var histogram: Histogram?

  /// What to compute.
  public struct Options: Sendable {
    /// How the files are written.
    public var format = CSVFormat()
    /// The names of the columns to look at, each by itself or several with commas between them;
    /// `nil` for all.
    public var columns: [String]?
    /// What to tell of each column; what is not asked for is not computed.
    public var statistics = Set(Statistic.allCases)
    /// A condition on records, in the language of ``Expression``: only those that meet it are
    /// looked at. Names are those of columns, any name in backquotes; `"text"` and `'text'` stand
    /// for texts, dates and times, which a column may be compared with, and `null` for a missing
    /// value.
    public var condition: String?
    /// The column whose values part the records into groups.
    public var groupColumn: String?
    /// How many groups to give, those with most records first.
    public var groupLimit = 20
    /// How many bytes the groups of a rank may take in memory, without those that are given; what
    /// does not fit is put aside in temporary files.
    public var groupMemory = 96 << 20
    /// The folder for groups that do not fit into memory; nothing in it has a name.
    public var temporaryFolder = "/tmp"
    /// The column to make a histogram of.
    public var histogramColumn: String?
    /// About how many bins the histogram has.
    public var binCount = 20
    /// Opens files that are not plain text.
    public var openStream: ByteStreamOpener?
    /// The fractions to give quantiles at, from 0 to 1.
    public var quantiles: [Double] = [0.25, 0.5, 0.75]
    /// How many of the most frequent values to give.
    public var top = 5
    /// How many problems to describe.
    public var problemLimit = 10
    /// The size of a block, where it is not to follow from the size of the files.
    public var blockSize: Int?

    /// Makes the default options.
    public init() {}
  }
}
