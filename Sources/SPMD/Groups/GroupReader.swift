/// Reads records into groups.
final class GroupReader: FieldReader, BatchReader {
  /// A column of numbers of which something is kept for each group.
  struct Column: Equatable {
    var index: Int
    var type: ColumnType
  }

  private let key: Int
  let columns: [Column]
  let store: GroupStore
  private var groups: [Int] = []

  init(key: Int, columns: [Column], options: TableStatistics.Options) {
    self.key = key
    self.columns = columns
    store = GroupStore(
      isInteger: columns.map { $0.type == .integer },
      memory: GroupShuffle.gathering(of: options.groupMemory), folder: options.temporaryFolder)
    super.init(missingValues: options.format.missingBytes)
  }

  var failure: CSVError? { store.failure.map { CSVError($0.description) } }

  func read(_ batch: RecordBatch) {
    // Gathered in a variable: access to the members of a class is checked each time.
    var table = GroupTable(isInteger: [])
    swap(&table, &store.table)
    groups.removeAll(keepingCapacity: true)
    for record in 0..<(unsafe batch.count) {
      let field = unsafe batch.field(record, key)
      let value = unsafe contents(field.bytes, field.count)
      let isMissing = unsafe isMissing(value)
      let group =
        unsafe isMissing
        ? GroupTable.missingKey.withUnsafeBytes { unsafe table.group($0) }
        : table.group(UnsafeRawBufferPointer(start: value.bytes, count: value.count))
      table.countRecord(of: group)
      groups.append(group * columns.count)
    }
    for (position, column) in columns.enumerated() {
      if column.type == .integer {
        unsafe add(batch, column.index, position, to: &table) {
          unsafe NumberParser.integer($0, $1)
        } store: {
          $0.add($1, to: $2)
        }
      } else {
        unsafe add(batch, column.index, position, to: &table) {
          unsafe NumberParser.number($0, $1).flatMap { $0.isNaN ? nil : $0 }
        } store: {
          $0.add($1, to: $2)
        }
      }
    }
    swap(&table, &store.table)
    store.makeRoom()
  }

  /// Adds the numbers of a column; one of another type is met by the column's own reader, too, after
  /// which the groups are read again.
  @inline(__always)
  private func add<Value>(
    _ batch: RecordBatch, _ column: Int, _ position: Int, to table: inout GroupTable,
    _ parse: (UnsafePointer<UInt8>, Int) -> Value?,
    store: (inout GroupTable, Value, Int) -> Void
  ) {
    for record in 0..<(unsafe batch.count) {
      let field = unsafe batch.field(record, column)
      let value = unsafe contents(field.bytes, field.count)
      guard unsafe !isMissing(value), let number = unsafe parse(value.bytes, value.count) else {
        continue
      }
      store(&table, number, groups[record] + position)
    }
  }
}
