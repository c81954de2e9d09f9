internal import CMPI

extension TopologyCommunicator {
  /// Gives this rank's elements to all its neighbors, and gathers theirs. Ranks may have different
  /// numbers of elements.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  ///     // On a ring of 4 ranks:
  ///     try ring.neighborAllGather([ring.rank, ring.rank].span)
  ///     // rank 0: [3, 3, 1, 1]
  ///
  /// Shape: `[n_r]` on rank *r* → the elements of all ``inNeighbors``, one after the other.
  ///
  /// - Parameter elements: This rank's contribution.
  /// - Returns: The contributions of its neighbors; nothing for a neighbor that is no process.
  /// - Throws: ``MPIError/Code/invalidTopology`` on a graph that is not symmetric, and what the
  ///   library reports.
  /// - Complexity: The numbers of elements are gathered first, as
  ///   ``neighborPartition(for:)-(Int)`` does; give `counts:`, or storage for the result, to save that.
  ///
  /// The corresponding C function is `MPI_Neighbor_allgatherv` (MPI 3.1 §7.6.1).
  public func neighborAllGather<T: Datatype>(_ elements: Span<T>) throws(MPIError) -> [T] {
    try neighborAllGather(elements, counts: neighborPartition(for: elements.count))
  }

  /// Gives a value to all neighbors, and gathers theirs.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  /// - Returns: A value of each of the ``inNeighbors``, `nil` for no process.
  ///
  /// The corresponding C function is `MPI_Neighbor_allgather` (MPI 3.1 §7.6.1).
  public func neighborAllGather<T: Datatype>(_ value: T) throws(MPIError) -> [T?] {
    let one: InlineArray<1, T> = [value]
    let values = try unsafe [T](fromNeighborsOf: self, inNeighbors.count) {
      buffer throws(MPIError) in
      try unsafe _neighborAllGather(one.span.rawBuffer, buffer, 1, nil)
    }
    return zip(inNeighbors, values).map { $0 == nil ? nil : $1 }
  }

  /// Tells how many elements each neighbor has.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  /// - Parameter count: How many this rank has.
  /// - Returns: A part for each of the ``inNeighbors``, of no element for no process.
  ///
  /// The corresponding C function is `MPI_Neighbor_allgather` of the counts (MPI 3.1 §7.6.1).
  public func neighborPartition(for count: Int) throws(MPIError) -> Partition {
    Partition(counts: try neighborAllGather(count).map { $0 ?? 0 })
  }

  /// Gives this rank's elements to all its neighbors, and gathers theirs, in numbers that are known.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  /// - Parameters:
  ///   - elements: This rank's contribution.
  ///   - counts: How many each of the ``inNeighbors`` has, and where they go; gaps, and the parts
  ///     of neighbors that are no process, are filled with zero bytes.
  ///
  /// The corresponding C function is `MPI_Neighbor_allgatherv` (MPI 3.1 §7.6.1).
  public func neighborAllGather<T: Datatype>(
    _ elements: Span<T>, counts: Partition
  ) throws(MPIError) -> [T] {
    try unsafe [T](fromNeighborsOf: self, counts.count, counts) { buffer throws(MPIError) in
      try unsafe _neighborAllGather(elements.rawBuffer, buffer, counts, nil)
    }
  }

  /// Gives this rank's elements to all its neighbors, and gathers as many of each, into storage of
  /// their own.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements.
  ///
  /// Shape: `[n]` on each rank → `[inNeighbors.count · n]`; those of neighbor *i* are at
  /// `i·n ..< (i+1)·n`, which is left as it was where that is no process.
  ///
  /// - Precondition: `result` has room for `inNeighbors.count · n` elements.
  ///
  /// The corresponding C function is `MPI_Neighbor_allgather` (MPI 3.1 §7.6.1).
  public func neighborAllGather<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>
  ) throws(MPIError) {
    let target = unsafe result.rawBuffer()
    try unsafe _neighborAllGather(elements.rawBuffer, target, elements.count, nil)
    unsafe target.normalize()
  }

  /// Gives this rank's elements to all its neighbors, and gathers theirs, in numbers that are known,
  /// into storage of their own.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  /// - Parameters:
  ///   - elements: This rank's contribution.
  ///   - result: Where those of the neighbors go; the part of one that is no process is left as it
  ///     was.
  ///   - counts: How many each of the ``inNeighbors`` has, and where they go.
  /// - Precondition: `result` has room for `counts.count` elements.
  ///
  /// The corresponding C function is `MPI_Neighbor_allgatherv` (MPI 3.1 §7.6.1).
  public func neighborAllGather<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>, counts: Partition
  ) throws(MPIError) {
    try unsafe _neighborAllGather(elements.rawBuffer, result.rawBuffer(), counts, nil)
  }

  func _neighborAllGather(
    _ sent: RawBuffer, _ received: RawBuffer, _ count: Int,
    _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) {
    try requireNeighborhood("MPI_Neighbor_allgather")
    unsafe requireCount(
      received.count, atLeast: count * inNeighbors.count, "neighborAllGather")
    let narrowed = try unsafe Narrowed(sent)
    defer { unsafe narrowed.release(after: pending) }
    let (count, type) = unsafe (narrowed.count, narrowed.datatype.raw)
    if let pending = unsafe pending {
      try unsafe check(
        MPI_Ineighbor_allgather(
          sent.address, count, type, received.address, count, type, raw,
          &pending.pointee.request),
        "MPI_Ineighbor_allgather", on: raw)
    } else {
      try unsafe check(
        MPI_Neighbor_allgather(sent.address, count, type, received.address, count, type, raw),
        "MPI_Neighbor_allgather", on: raw)
    }
  }

  func _neighborAllGather(
    _ sent: RawBuffer, _ received: RawBuffer, _ parts: Partition,
    _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) {
    requireNeighborParts(parts, inNeighbors)
    unsafe requireCount(received.count, atLeast: parts.count, "neighborAllGather")
    // Not MPI_Neighbor_allgatherv: which of the two is called must be the same on all neighbors, and
    // a rank that has large parts cannot tell them without a message.
    let own = unsafe [Range<Int>](repeating: 0..<sent.count, count: outNeighbors.count)
    try unsafe _exchange(
      NeighborParts(of: sent, own),
      NeighborParts(of: received, inNeighbors.indices.map { parts[$0] }),
      pending)
  }

  /// Traps where a partition is not one of a list of neighbors.
  func requireNeighborParts(_ partition: Partition, _ neighbors: [Int?]) {
    precondition(
      partition.counts.count == neighbors.count,
      "a partition of \(partition.counts.count) parts for \(neighbors.count) neighbors")
  }
}

extension Array where Element: Datatype {
  /// An array of elements that come from neighbors; what does not come is zero.
  init(
    fromNeighborsOf communicator: TopologyCommunicator, _ count: Int, _ parts: Partition? = nil,
    _ fill: (RawBuffer) throws(MPIError) -> Void
  ) throws(MPIError) {
    let hasGaps =
      communicator.inNeighbors.contains { $0 == nil } || parts?.isContiguous == false
    self = try unsafe Array(receiving: count) { buffer throws(MPIError) in
      if hasGaps {
        unsafe buffer.address?.initializeMemory(
          as: UInt8.self, repeating: 0, count: count * MemoryLayout<Element>.stride)
      }
      try unsafe fill(buffer)
    }
  }
}

extension Immediate {
  /// The communicator of a neighborhood collective.
  func neighborhood(_ routine: StaticString) throws(MPIError) -> TopologyCommunicator {
    if let communicator = communicator as? TopologyCommunicator { return communicator }
    throw MPIError(
      .invalidTopology, routine: routine.description, message: "the communicator has no topology",
      on: raw)
  }

  /// Begins to give this rank's elements to all its neighbors, and to gather as many of each.
  ///
  /// **Collective**. The parameters are those of
  /// ``TopologyCommunicator/neighborAllGather(_:into:)``.
  ///
  /// - Throws: ``MPIError/Code/invalidTopology`` on a communicator without a topology.
  ///
  /// The corresponding C function is `MPI_Ineighbor_allgather` (MPI 3.1 §7.7.1).
  @_lifetime(copy elements, copy result)
  public func neighborAllGather<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>
  ) throws(MPIError) -> Request {
    let target = unsafe result.rawBuffer()
    var pending = unsafe Pending()
    try unsafe neighborhood("MPI_Ineighbor_allgather")._neighborAllGather(
      elements.rawBuffer, target, elements.count, &pending)
    return unsafe Request(pending, into: target, on: raw)
  }

  /// Begins to give this rank's elements to all its neighbors, and to gather theirs, in numbers that
  /// are known.
  ///
  /// **Collective**. The parameters are those of
  /// ``TopologyCommunicator/neighborAllGather(_:into:counts:)``.
  ///
  /// - Throws: ``MPIError/Code/invalidTopology`` on a communicator without a topology.
  ///
  /// The corresponding C function is `MPI_Ineighbor_allgatherv` (MPI 3.1 §7.7.1).
  @_lifetime(copy elements, copy result)
  public func neighborAllGather<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>, counts: Partition
  ) throws(MPIError) -> Request {
    let target = unsafe result.rawBuffer()
    var pending = unsafe Pending()
    try unsafe neighborhood("MPI_Ineighbor_allgatherv")._neighborAllGather(
      elements.rawBuffer, target, counts, &pending)
    return unsafe Request(pending, on: raw)
  }
}
