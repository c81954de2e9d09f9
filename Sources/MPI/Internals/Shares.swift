internal import CMPI

// How the elements of a collective are divided among the ranks.

/// The names in C of a collective: blocking and nonblocking, and the same with counts.
typealias Routines = (
  blocking: StaticString, nonblocking: StaticString, counting: StaticString,
  nonblockingCounting: StaticString
)

extension Communicator {
  /// A root as C has it, for one of the forms of a collective.
  func rawRoot(
    _ root: Int, _ names: Routines, _ parts: Partition?, _ starting: Starting?
  ) throws -> CInt {
    switch (parts, starting) {
    case (nil, nil): try rawRoot(root, names.blocking)
    case (nil, _): try rawRoot(root, names.nonblocking)
    case (_, nil): try rawRoot(root, names.counting)
    default: try rawRoot(root, names.nonblockingCounting)
    }
  }

  /// Traps where a partition does not say something of each rank.
  func requireParts(_ partition: Partition) {
    precondition(
      partition.counts.count == size,
      "a partition of \(partition.counts.count) parts on \(size) ranks")
  }

  /// Traps where this rank does not have as many elements as it has been given counts for.
  func requirePart(_ count: Int, of partition: Partition) {
    requireParts(partition)
    precondition(
      count == partition.counts[rank],
      "\(count) elements on rank \(rank), whose part has \(partition.counts[rank])")
  }

  /// Each rank's share of a buffer that holds as many elements of all.
  func sharedCount(_ count: Int) -> Int {
    precondition(count % size == 0, "\(count) elements are not as many for each of \(size) ranks")
    return count / size
  }

  /// What of a buffer for all ranks is for the first one; the library finds the others'.
  func share(of buffer: RawBuffer) -> RawBuffer { buffer.withCount(sharedCount(buffer.count)) }
}

extension Operand {
  /// The elements that a partition divides: its counts are of instances of the layout, and its
  /// offsets of extents, where there is a layout.
  func divided(_ parts: Partition, _ what: StaticString) -> RawBuffer {
    guard let layout else { return elements }
    precondition(
      instances == 1 || instances == parts.count,
      "\(what): \(instances) instances of a layout, of which a partition counts \(parts.count)")
    return elements.laidOut(layout, at: position, instances: parts.count, what)
  }

  /// The number of elements in what a partition counts one of.
  var unit: Int { layout?.count ?? 1 }

  /// The number of elements for all ranks, if those of a layout are each rank's.
  func count(ranks: Int) -> Int { isWhole ? count : count * ranks }
}

extension RawBuffer {
  /// As this buffer with another count.
  func withCount(_ count: Int) -> RawBuffer { withCount(count, of: datatype) }

  /// As this buffer with another count, of another datatype.
  func withCount(_ count: Int, of datatype: DatatypeHandle) -> RawBuffer {
    unsafe RawBuffer(address: address, count: count, datatype: datatype)
  }

  /// Copies the elements to others, as many, that lie otherwise.
  func copy(to other: RawBuffer) throws {
    // A message to this process itself, which knows all layouts.
    let (outgoing, incoming) = try (Narrowed(self), Narrowed(other))
    defer { outgoing.release() }
    defer { incoming.release() }
    try unsafe check(
      MPI_Sendrecv(
        address, outgoing.count, outgoing.datatype.raw, 0, 0, other.address, incoming.count,
        incoming.datatype.raw, 0, 0, CMPI_COMM_SELF, CMPI_STATUS_IGNORE),
      "MPI_Sendrecv")
  }
}

extension Narrowed {
  /// A count and a datatype of instances of a layout, which become one element of a type that holds
  /// them all where they lie between each other.
  ///
  /// Open MPI's tree algorithms keep what others send, or receive, in memory that they lay out as this
  /// rank's own, one rank's behind another's by the extents of the instances: where those lie between
  /// each other, one rank's overwrite another's (MPI_Gather, seen in 4.1.4).
  init(_ buffer: RawBuffer, apart layout: LayoutStorage?) throws {
    let touched = layout?.geometry.touched(buffer.count) ?? 0
    guard let layout, touched > buffer.count * layout.extent else {
      self = try Narrowed(buffer)
      return
    }
    let construction = Construction()
    let all = try construction.contiguous(buffer.count, of: buffer.datatype.raw)
    var raw = try construction.resized(all, lowerBound: 0, extent: touched * layout.stride)
    _ = construction.finish()
    try unsafe check(MPI_Type_commit(&raw), "MPI_Type_commit")
    count = 1
    datatype = DatatypeHandle(raw)
    isOwned = true
  }
}

extension Array where Element: Datatype {
  /// An array that the parts of a partition fill; what lies between them is zero.
  init(
    receiving parts: Partition, _ fill: (RawBuffer) throws -> Void
  ) throws {
    self = try Array(receiving: parts.count) { buffer throws in
      if !parts.isContiguous {
        let bytes = parts.count * MemoryLayout<Element>.stride
        unsafe buffer.address?.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
      }
      try fill(buffer)
    }
  }
}
