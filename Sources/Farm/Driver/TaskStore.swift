/// All tasks of a farm, as bytes: some 60 for a short command line, where a structure would take 300.
struct TaskStore {
  private static let blockSize = 1 << 20

  private var blocks: [[UInt8]] = [[]]
  /// Where each task begins: the block, and the place within it.
  private var places: [UInt64] = []
  private var lengths: [UInt32] = []
  /// The tasks with names of their own; the others are known by their number from 1.
  private var names: [String: Int32] = [:]

  var count: Int { places.count }

  /// Adds the task with the next index.
  mutating func append(_ task: FarmTask) {
    precondition(task.index == places.count, "task \(task.index) at place \(places.count)")
    if blocks[blocks.count - 1].count >= Self.blockSize { blocks.append([]) }
    let last = blocks.count - 1
    let start = blocks[last].count
    task.pack(into: &blocks[last])
    places.append(UInt64(last) << 32 | UInt64(start))
    lengths.append(UInt32(blocks[last].count - start))
    if task.id != String(task.index + 1) { names[task.id] = Int32(task.index) }
  }

  subscript(packed index: Int) -> ArraySlice<UInt8> {
    let start = Int(UInt32(truncatingIfNeeded: places[index]))
    return blocks[Int(places[index] >> 32)][start..<(start + Int(lengths[index]))]
  }

  subscript(index: Int) -> FarmTask { FarmTask(packed: self[packed: index]) }

  /// The task with a name, among those that have been added.
  func index(of id: String) -> Int? {
    if let named = names[id] { return Int(named) }
    guard let number = Int(id), String(number) == id, number >= 1, number <= places.count else {
      return nil
    }
    return self[number - 1].id == id ? number - 1 : nil
  }
}
