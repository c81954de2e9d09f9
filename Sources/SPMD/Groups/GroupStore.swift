/// Any number of groups in bounded memory.
///
/// Groups are gathered in ``table``. Where it takes more than it may, all of them are put aside, as
/// they are, in a temporary file, parted by the hash of their key, and the table begins anew: a group
/// may be put aside many times, a part of its records each time. In the end each part is gathered
/// by itself, and parted again where it does not fit either. As sums are exact, the result is the
/// same, bit for bit, as if all had been in memory.
///
/// The first error is kept, and what follows is dropped, so that the ranks can go on to where they
/// agree.
final class GroupStore {
  var table: GroupTable
  private let memory: Int
  private let folder: String
  private let level: Int
  private(set) var spill: PartitionedSpill?
  private(set) var failure: SortError?
  /// The bytes put aside, by this store and those that its parts were gathered in.
  private(set) var spilledBytes = 0

  /// More is not set aside before it is needed: it might never be, and there might not be as much.
  private static let mostExpected = 1 << 30

  /// A table of so few groups is never put aside, whatever it takes.
  private static let fewest = 64

  /// - Parameters:
  ///   - isInteger: Whether the numbers of each column are integers.
  ///   - memory: How many bytes the table may take.
  ///   - folder: The folder for the temporary file.
  ///   - level: How many times the groups have been parted before.
  init(isInteger: [Bool], memory: Int, folder: String, level: Int = 0) {
    table = GroupTable(isInteger: isInteger, expected: memory <= Self.mostExpected ? memory : 0)
    self.memory = memory
    self.folder = folder
    self.level = level
  }

  /// Puts the groups aside where they take more than they may.
  @inline(__always)
  func makeRoom() {
    guard table.byteCount > memory, table.count > Self.fewest,
      level <= PartitionedSpill.deepestLevel
    else { return }
    putAside()
  }

  /// Puts all groups aside.
  func putAside() {
    if table.count > 0 && failure == nil {
      do {
        let file = try spill ?? PartitionedSpill(in: folder)
        spill = file
        let before = file.byteCount
        try write(to: file)
        spilledBytes += file.byteCount - before
      } catch {
        failure = error as? SortError ?? SortError("\(error)")
      }
    }
    table.removeAll()
  }

  /// Writes the groups part by part.
  private func write(to file: PartitionedSpill) throws {
    var starts = [Int](repeating: 0, count: PartitionedSpill.partCount + 1)
    for group in 0..<table.count { starts[part(of: group) + 1] += 1 }
    for part in 0..<PartitionedSpill.partCount { starts[part + 1] += starts[part] }
    var order = [Int32](repeating: 0, count: table.count)
    var next = starts
    for group in 0..<table.count {
      let part = part(of: group)
      order[next[part]] = Int32(group)
      next[part] += 1
    }
    for part in 0..<PartitionedSpill.partCount {
      let own = order[starts[part]..<starts[part + 1]]
      try file.append(own.lazy.map { Int($0) }, toPart: part) { table.append($0, to: &$1) }
    }
  }

  private func part(of group: Int) -> Int {
    PartitionedSpill.part(of: table.hash(group), level: level)
  }

  /// Adds groups that a table packed.
  func add(packed bytes: UnsafeRawBufferPointer) {
    var reader = unsafe PackedReader(bytes)
    while unsafe !reader.isAtEnd {
      unsafe table.addGroup(from: &reader)
      makeRoom()
    }
  }

  /// Adds the groups of a table.
  func add(_ other: GroupTable) {
    var bytes: [UInt8] = []
    for group in 0..<other.count {
      other.append(group, to: &bytes)
      if bytes.count < 64 << 10 && group + 1 < other.count { continue }
      unsafe bytes.withUnsafeBytes { unsafe add(packed: $0) }
      bytes.removeAll(keepingCapacity: true)
    }
  }

  /// Passes on all groups, each in one of several tables, and forgets them.
  func drain(_ body: (GroupTable) -> Void) {
    guard spill != nil else {
      body(table)
      table.removeAll()
      return
    }
    putAside()
    guard let file = spill else { return }
    // Those of the parts take its place.
    table = GroupTable(isInteger: table.isInteger)
    for part in 0..<PartitionedSpill.partCount where failure == nil {
      guard file.blockCount(ofPart: part) > 0 else { continue }
      let store = self.store(level: level + 1)
      for block in 0..<file.blockCount(ofPart: part) {
        unsafe file.readBlock(block, ofPart: part) { unsafe store.add(packed: $0) }
      }
      store.drain(body)
      spilledBytes += store.spilledBytes
      failure = failure ?? file.failure ?? store.failure
    }
    spill = nil
  }

  /// Forgets all groups, and gives their memory and room on the disk back.
  func removeAll() {
    table = GroupTable(isInteger: table.isInteger)
    spill = nil
  }

  /// An empty store with the same columns and folder.
  func store(level: Int, memory: Int? = nil) -> GroupStore {
    GroupStore(
      isInteger: table.isInteger, memory: memory ?? self.memory, folder: folder, level: level)
  }
}
