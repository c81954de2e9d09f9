/// The groups with most records of any number of tables, which have no group in common: so many of
/// them as are wanted.
struct LargestGroups {
  private let limit: Int
  /// How many groups there were.
  private(set) var count = 0
  /// The largest ones.
  private(set) var table: GroupTable

  init(_ limit: Int, isInteger: [Bool]) {
    self.limit = limit
    table = GroupTable(isInteger: isInteger)
  }

  /// Adds all groups of a table.
  mutating func add(_ other: GroupTable) {
    count += other.count
    add(packed: other.packed(other.top(limit)))
  }

  /// Adds the largest groups of others.
  mutating func add(packed bytes: [UInt8]) {
    table.add(packed: bytes)
    if table.count > limit { table = table.largest(limit) }
  }
}
