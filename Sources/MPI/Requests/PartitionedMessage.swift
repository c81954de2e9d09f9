internal import CMPI
internal import Synchronization

/// How far a partition is: one that is sent goes from open over being filled to ready, one that is
/// received from awaited over being made valid to arrived.
enum Stage {
  static let before: UInt8 = 0
  static let between: UInt8 = 1
  static let after: UInt8 = 2
}

/// The storage of a partitioned message, and what is known of its parts.
@safe struct PartitionedMessage<Element: Datatype>: ~Copyable {
  let core: PersistentCore
  let first: UnsafeMutablePointer<Element>
  let stages: UnsafeMutablePointer<Atomic<UInt8>>
  let partitions: Int
  let count: Int

  init(
    _ communicator: Communicator, _ partitions: Int, _ count: Int, peer: Int,
    _ routine: StaticString, receives: Bool,
    _ begin: @escaping (RawBuffer, CInt, CInt, UnsafeMutablePointer<RawRequest>) -> CInt
  ) throws {
    precondition(
      partitions > 0 && count >= 0, "\(partitions) partitions of \(count) elements")
    let raw = communicator.raw
    try require(.partitionedMessages, routine, on: raw)
    let peer = try communicator.rawPeer(peer, routine)
    guard let rawPartitions = CInt(exactly: partitions) else {
      throw MPIError(
        .invalidCount, routine: routine.description, message: "\(partitions) partitions", on: raw)
    }
    let memory = PersistentMemory(partitions * count, of: Element.self)
    let first = unsafe memory.address.bindMemory(to: Element.self, capacity: partitions * count)
    let buffer = unsafe RawBuffer(
      address: first, count: partitions * count, datatype: Element.mpiDatatype)
    core = try PersistentCore(
      on: communicator, owning: memory, received: receives ? buffer : nil
    ) { pending throws in
      try unsafe check(
        begin(buffer, rawPartitions, peer, &pending.request), routine, on: raw)
    }
    unsafe self.first = unsafe first
    unsafe stages = .allocate(capacity: partitions)
    for index in 0..<partitions { unsafe (stages + index).initialize(to: Atomic(0)) }
    self.partitions = partitions
    self.count = count
  }

  deinit {
    unsafe stages.deinitialize(count: partitions)
    unsafe stages.deallocate()
  }

  @_lifetime(&self)
  mutating func start() throws -> ActivePartitionedMessage<Element> {
    for index in 0..<partitions {
      unsafe stages[index].store(Stage.before, ordering: .relaxed)
    }
    let (raw, handle) = (core.raw, unsafe (first, stages))
    let (partitions, count) = (partitions, count)
    let request = try core.start()
    return unsafe ActivePartitionedMessage(
      request, first: handle.0, stages: handle.1, partitions: partitions, count: count, on: raw)
  }
}

/// A partitioned message under way.
@safe struct ActivePartitionedMessage<Element: Datatype>: ~Copyable, ~Escapable {
  let request: Request
  let first: UnsafeMutablePointer<Element>
  let stages: UnsafeMutablePointer<Atomic<UInt8>>
  let partitions: Int
  let count: Int
  let communicator: RawCommunicator

  @_lifetime(copy request)
  init(
    _ request: consuming Request, first: UnsafeMutablePointer<Element>,
    stages: UnsafeMutablePointer<Atomic<UInt8>>, partitions: Int, count: Int,
    on communicator: RawCommunicator
  ) {
    self.request = request
    unsafe self.first = unsafe first
    unsafe self.stages = unsafe stages
    self.partitions = partitions
    self.count = count
    self.communicator = communicator
  }

  /// Changes the stage of a partition, where it is as expected.
  func move(_ partition: Int, from old: UInt8, to new: UInt8) -> Bool {
    requirePartition(partition)
    return unsafe stages[partition].compareExchange(
      expected: old, desired: new, ordering: .acquiringAndReleasing
    ).exchanged
  }

  func stage(of partition: Int) -> UInt8 {
    requirePartition(partition)
    return unsafe stages[partition].load(ordering: .acquiring)
  }

  private func requirePartition(_ partition: Int) {
    precondition(
      (0..<partitions).contains(partition), "partition \(partition) of \(partitions)")
  }

  func buffer(of partition: Int) -> RawBuffer {
    unsafe RawBuffer(
      address: first + partition * count, count: count, datatype: Element.mpiDatatype)
  }
}
