/// The records of a table by the values of one column.
public struct TableGroups: Sendable {
  /// The name of the column.
  public let column: String
  /// The number of groups, of those that are not listed too.
  public let count: Int
  /// The groups with most records; of those with as many, the ones whose value comes first, by its
  /// bytes.
  public let largest: [Group]

  /// The records with one value.
  public struct Group: Sendable {
    /// The value as it is written in the file, without quotes; `nil` where it is missing.
    public let value: String?
    /// The number of records.
    public let count: Int
    /// Each column of numbers.
    public let columns: [Column]
  }

  /// What a group's records have in a column of numbers.
  public struct Column: Sendable {
    /// The name of the column.
    public let name: String
    /// The number of values that are not missing.
    public let count: Int
    /// Their sum, rounded once; an integer where it is one of 64 bits.
    public let sum: ColumnValue?
    /// Their mean, rounded once.
    public let mean: Double?
    /// The least of them.
    public let minimum: ColumnValue?
    /// The greatest of them.
    public let maximum: ColumnValue?
  }
}

extension TableScan {
  /// The columns of which something is kept for each group, by the types of all columns.
  func groupColumns(_ types: [ColumnType]) -> [GroupReader.Column] {
    zip(columns, types).filter { $0 != groupKey && $1.isNumeric }
      .map { GroupReader.Column(index: $0, type: $1) }
  }

  func groupReader(_ types: [ColumnType]) -> GroupReader? {
    groupKey.map { GroupReader(key: $0, columns: groupColumns(types), options: options) }
  }

  /// The largest groups of a table that has them all, or the largest of each rank.
  func groups(
    _ table: GroupTable, count: Int, columns: [GroupReader.Column]
  ) -> TableGroups? {
    guard let groupKey else { return nil }
    let wanted = options.statistics
    let largest = table.top(options.groupLimit).map { group in
      let key = Array(table.key(group))
      let cells = columns.indices.map { position in
        let index = group * columns.count + position
        let (cell, column) = (table.cells[index], columns[position])
        let decode = ColumnStatistics.decoder(of: column.type)
        let sum = cell.count > 0 ? table.sum(index) : nil
        return TableGroups.Column(
          name: plan.columnNames[column.index], count: cell.count,
          sum: wanted.contains(.sum)
            ? sum.map { ColumnStatistics.value(of: $0, column.type) } : nil,
          mean: wanted.contains(.mean) ? sum?.mean(of: cell.count) : nil,
          minimum: cell.count > 0 && wanted.contains(.min) ? decode(cell.least) : nil,
          maximum: cell.count > 0 && wanted.contains(.max) ? decode(cell.greatest) : nil)
      }
      return TableGroups.Group(
        value: key == GroupTable.missingKey ? nil : String(decoding: key, as: UTF8.self),
        count: table.counts[group], columns: cells)
    }
    return TableGroups(column: plan.columnNames[groupKey], count: count, largest: largest)
  }
}
