internal import MPI

/// Brings each group to the rank that a hash of its key names, which merges it, in pieces of bounded
/// size.
///
/// Where the groups of all ranks fit into memory, once; otherwise in as many parts as a store puts
/// groups aside in: all ranks gather the same part at a time, each those of its groups that are in it.
struct GroupShuffle {
  private let store: GroupStore
  private let memory: Int
  private let communicator: Communicator
  /// How many bytes are sent at once.
  private let piece: Int

  /// - Parameters:
  ///   - store: What this rank has gathered, in at most ``gathering(of:)`` of the memory.
  ///   - memory: How many bytes groups may take on a rank, those that are sent and received among
  ///     them.
  init(_ store: GroupStore, memory: Int, on communicator: Communicator) {
    self.store = store
    self.memory = memory
    self.communicator = communicator
    piece = max(memory / 32, 16 << 10)
  }

  /// What a rank's own groups may take before they are brought to their ranks.
  static func gathering(of memory: Int) -> Int { memory / 8 * 7 }

  /// Passes on each group of all ranks on the rank that it belongs to, in one of several tables.
  ///
  /// **Collective**.
  ///
  /// - Returns: How many bytes this rank has put aside.
  /// - Throws: ``SortError``, the same on all ranks, where something cannot be put aside; `MPIError`.
  func run(_ body: (GroupTable) -> Void) throws -> Int {
    if communicator.size == 1 {
      store.drain(body)
      try communicator.agree(on: store.failure)
      return store.spilledBytes
    }
    let isLarge = store.spill != nil || store.table.byteCount > memory / 2
    if try communicator.allReduce(isLarge ? 1 : 0, .max) == 0 {
      let own = store.store(level: 0, memory: memory / 8 * 3)
      try exchangeTable(into: own)
      own.drain(body)
      try communicator.agree(on: own.failure)
      return own.spilledBytes
    }
    store.putAside()
    store.table = GroupTable(isInteger: store.table.isInteger)
    var spilled = store.spilledBytes
    var failure = store.failure
    for part in 0..<PartitionedSpill.partCount {
      let own = store.store(level: 1, memory: memory / 4 * 3)
      try exchange(part, into: own, after: failure)
      own.drain(body)
      failure = failure ?? own.failure
      spilled += own.spilledBytes
    }
    try communicator.agree(on: failure)
    return spilled
  }

  private func exchangeTable(into own: GroupStore) throws {
    let table = store.table
    var next = 0
    try exchange(into: own) { buffers in
      var filled = 0
      while next < table.count && filled < piece {
        let owner = communicator.owner(ofHash: table.hash(next))
        let before = buffers[owner].count
        table.append(next, to: &buffers[owner])
        filled += buffers[owner].count - before
        next += 1
      }
      return next < table.count
    }
  }

  private func exchange(
    _ part: Int, into own: GroupStore, after failure: SortError?
  ) throws {
    let columns = store.table.columnCount
    var next = 0
    try exchange(into: own, after: failure) { buffers in
      guard let file = store.spill else { return false }
      var filled = 0
      while next < file.blockCount(ofPart: part) && filled < piece {
        unsafe file.readBlock(next, ofPart: part) { bytes in
          var reader = unsafe PackedReader(bytes)
          while unsafe !reader.isAtEnd {
            let start = unsafe reader.position
            let owner = communicator.owner(
              ofHash: unsafe GroupTable.skipGroup(of: columns, in: &reader))
            unsafe buffers[owner].append(contentsOf: reader.bytes(from: start))
          }
          filled += bytes.count
        }
        next += 1
      }
      return next < file.blockCount(ofPart: part)
    }
  }

  /// Sends pieces until no rank has any more.
  ///
  /// - Parameters:
  ///   - failure: What has failed on this rank before.
  ///   - fill: Appends about a piece to what each rank gets; returns whether there is more.
  private func exchange(
    into own: GroupStore, after failure: SortError? = nil, fill: (inout [[UInt8]]) -> Bool
  ) throws {
    let size = communicator.size
    var buffers = [[UInt8]](repeating: [], count: size)
    while true {
      for rank in 0..<size { buffers[rank].removeAll(keepingCapacity: true) }
      let hasMore = fill(&buffers)
      let failure = failure ?? store.spill?.failure ?? own.failure
      let state = [failure == nil ? 1 : 0, hasMore ? 0 : 1]
      let all = try communicator.allReduce(state, .min)
      if all[0] == 0 { try communicator.agree(on: failure) }
      var bytes: [UInt8] = []
      bytes.reserveCapacity(buffers.reduce(0) { $0 + $1.count })
      for buffer in buffers { bytes += buffer }
      let received = try communicator.allToAll(
        bytes, sending: Partition(counts: buffers.map(\.count)))
      unsafe received.withUnsafeBytes { unsafe own.add(packed: $0) }
      if all[1] == 1 { return }
    }
  }
}
