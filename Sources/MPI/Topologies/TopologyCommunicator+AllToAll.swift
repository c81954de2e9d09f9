internal import CMPI

extension TopologyCommunicator {
  /// Sends as many elements to every neighbor, and receives as many from each.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements for each
  /// neighbor.
  ///
  ///     // On a ring of 4 ranks: a number for the left neighbor, another for the right one.
  ///     try ring.neighborAllToAll([10 * ring.rank, 10 * ring.rank + 1].span)
  ///     // rank 0: [31, 10], what rank 3 had for its right, and rank 1 for its left neighbor
  ///
  /// Shape: `[outNeighbors.count · n]` → `[inNeighbors.count · n]`; what is at `i·n` goes to
  /// neighbor *i* of ``outNeighbors``, and what neighbor *i* of ``inNeighbors`` sent here arrives at
  /// `i·n`.
  ///
  /// - Returns: What was received; zero bytes for a neighbor that is no process.
  /// - Throws: ``MPIError/Code/invalidTopology`` on a graph that is not symmetric, and what the
  ///   library reports.
  /// - Precondition: The number of elements is a multiple of the number of out-neighbors.
  /// - Complexity: A message of n elements to each neighbor.
  ///
  /// The corresponding C function is `MPI_Neighbor_alltoall` (MPI 3.1 §7.6.2).
  public func neighborAllToAll<T: Datatype>(_ elements: Span<T>) throws(MPIError) -> [T] {
    let count = shareOfNeighbors(elements.count, outNeighbors)
    if hasSinks {
      let parts = Partition(counts: [Int](repeating: count, count: outNeighbors.count))
      return try neighborAllToAll(elements, sending: parts)
    }
    return try unsafe [T](fromNeighborsOf: self, count * inNeighbors.count) {
      buffer throws(MPIError) in
      try unsafe _neighborAllToAll(elements.rawBuffer, buffer, count, nil)
    }
  }

  /// Sends a part of the elements to every neighbor, and receives what those have for this rank.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  /// - Parameters:
  ///   - elements: What is sent.
  ///   - sending: Which of them go to which of the ``outNeighbors``.
  /// - Returns: What was received, in the order of the ``inNeighbors``; nothing for no process.
  /// - Complexity: The numbers of elements are exchanged first; ``neighborPartition(for:)-(Partition)``
  ///   does that alone.
  ///
  /// The corresponding C function is `MPI_Neighbor_alltoallv` (MPI 3.1 §7.6.2).
  public func neighborAllToAll<T: Datatype>(
    _ elements: Span<T>, sending: Partition
  ) throws(MPIError) -> [T] {
    let receiving = try neighborPartition(for: sending)
    return try unsafe [T](receiving: receiving.count) { buffer throws(MPIError) in
      try unsafe _neighborAllToAll(elements.rawBuffer, sending, buffer, receiving, nil)
    }
  }

  /// Tells how many elements this rank will receive from each neighbor, if all send as they say.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  /// - Parameter sending: Which elements go to which of the ``outNeighbors``.
  /// - Returns: A part for each of the ``inNeighbors``, of no element for no process.
  ///
  /// The corresponding C function is `MPI_Neighbor_alltoall` of the counts (MPI 3.1 §7.6.2).
  public func neighborPartition(for sending: Partition) throws(MPIError) -> Partition {
    requireNeighborParts(sending, outNeighbors)
    let counts = sending.counts
    let received = try unsafe [Int](fromNeighborsOf: self, inNeighbors.count) {
      buffer throws(MPIError) in
      try unsafe _neighborAllToAll(counts.span.rawBuffer, buffer, 1, nil)
    }
    return Partition(counts: received)
  }

  /// Sends as many elements to every neighbor, and receives as many from each, into storage of its
  /// own.
  ///
  /// **Collective**: every rank of the communicator calls it, with as many elements for each
  /// neighbor.
  ///
  /// The place of a neighbor that is no process is left as it was.
  ///
  /// - Precondition: The number of elements is a multiple of the number of out-neighbors, and
  ///   `result` has room for as many from each in-neighbor. On a rank without out-neighbors the size
  ///   of `result` tells how many that are.
  ///
  /// The corresponding C function is `MPI_Neighbor_alltoall` (MPI 3.1 §7.6.2).
  public func neighborAllToAll<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>
  ) throws(MPIError) {
    let target = unsafe result.rawBuffer()
    try unsafe _neighborAllToAll(
      elements.rawBuffer, target, neighborCount(elements.count, target.count), nil)
    unsafe target.normalize()
  }

  /// Sends a part of the elements to every neighbor, and receives a part of the result from each.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  /// - Parameters:
  ///   - elements: What is sent.
  ///   - result: Where it is received; the part of a neighbor that is no process is left as it was.
  ///   - sending: Which elements go to which of the ``outNeighbors``.
  ///   - receiving: Where the elements of each of the ``inNeighbors`` go: as many as that one sends.
  ///
  /// The corresponding C function is `MPI_Neighbor_alltoallv` (MPI 3.1 §7.6.2).
  public func neighborAllToAll<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>,
    sending: Partition, receiving: Partition
  ) throws(MPIError) {
    try unsafe _neighborAllToAll(
      elements.rawBuffer, sending, result.rawBuffer(), receiving, nil)
  }

  /// Sends what a layout names to every neighbor, and receives what another one names from each.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  /// - Parameters:
  ///   - elements: What is sent.
  ///   - result: Where it is received; what belongs to a neighbor that is no process is left as it
  ///     was.
  ///   - sending: A layout, at its place in `elements`, for each of the ``outNeighbors``.
  ///   - receiving: A layout, at its place in `result`, for each of the ``inNeighbors``, of as many
  ///     elements as that one sends.
  /// - Precondition: The layouts lie within their buffers, and those of `receiving` do not overlap.
  ///
  /// The corresponding C function is `MPI_Neighbor_alltoallw` (MPI 3.1 §7.6.2).
  public func neighborAllToAll<T: Datatype>(
    _ elements: Span<T>, into result: consuming MutableSpan<T>,
    sending: [Layout<T>.Placed], receiving: [Layout<T>.Placed]
  ) throws(MPIError) {
    try unsafe _neighborAllToAll(
      elements.rawBuffer, sending, result.rawBuffer(), receiving, nil)
  }

  /// Sends what a layout names to every neighbor, and receives what another one names from each in
  /// the same storage: the exchange of halos.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  ///     // A field of rows × columns with a border of ghosts, on a grid with the same axes.
  ///     let row = try Layout<Double>.strided(count: 1, blockLength: columns - 2, stride: columns)
  ///     let column = try Layout<Double>.strided(count: rows - 2, stride: columns)
  ///     try grid.neighborAllToAll(field.mutableSpan,
  ///       sending: [
  ///         row.placed(at: columns + 1), row.placed(at: (rows - 2) * columns + 1),
  ///         column.placed(at: columns + 1), column.placed(at: columns + columns - 2),
  ///       ],
  ///       receiving: [
  ///         row.placed(at: 1), row.placed(at: (rows - 1) * columns + 1),
  ///         column.placed(at: columns), column.placed(at: columns + columns - 1),
  ///       ])
  ///
  /// - Parameters:
  ///   - elements: What is sent, and where the others' arrive; what belongs to a neighbor that is no
  ///     process is left as it was.
  ///   - sending: A layout, at its place, for each of the ``outNeighbors``.
  ///   - receiving: A layout, at its place, for each of the ``inNeighbors``, of as many elements as
  ///     that one sends.
  /// - Precondition: The layouts lie within the storage; those of `receiving` overlap neither each
  ///   other nor those of `sending`.
  ///
  /// The corresponding C function is `MPI_Neighbor_alltoallw` (MPI 3.1 §7.6.2).
  public func neighborAllToAll<T: Datatype>(
    _ elements: consuming MutableSpan<T>, sending: [Layout<T>.Placed], receiving: [Layout<T>.Placed]
  ) throws(MPIError) {
    let buffer = unsafe elements.rawBuffer()
    try unsafe _neighborAllToAll(buffer, sending, buffer, receiving, nil)
  }

  func _neighborAllToAll(
    _ sent: RawBuffer, _ received: RawBuffer, _ count: Int,
    _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) {
    try requireNeighborhood("MPI_Neighbor_alltoall")
    unsafe requireCount(received.count, atLeast: count * inNeighbors.count, "neighborAllToAll")
    if messages != nil {
      let parts = { (slot: Int) in count * slot..<count * (slot + 1) }
      try unsafe _exchange(
        NeighborParts(of: sent, outNeighbors.indices.map(parts)),
        NeighborParts(of: received, inNeighbors.indices.map(parts)), pending)
      return
    }
    let narrowed = try unsafe Narrowed(
      RawBuffer(address: sent.address, count: count, datatype: sent.datatype))
    defer { unsafe narrowed.release(after: pending) }
    let (count, type) = unsafe (narrowed.count, narrowed.datatype.raw)
    if let pending = unsafe pending {
      try unsafe check(
        MPI_Ineighbor_alltoall(
          sent.address, count, type, received.address, count, type, raw,
          &pending.pointee.request),
        "MPI_Ineighbor_alltoall", on: raw)
    } else {
      try unsafe check(
        MPI_Neighbor_alltoall(sent.address, count, type, received.address, count, type, raw),
        "MPI_Neighbor_alltoall", on: raw)
    }
  }

  func _neighborAllToAll(
    _ sent: RawBuffer, _ sending: Partition, _ received: RawBuffer, _ receiving: Partition,
    _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) {
    requireNeighborParts(sending, outNeighbors)
    requireNeighborParts(receiving, inNeighbors)
    unsafe requireCount(sent.count, atLeast: sending.count, "neighborAllToAll")
    unsafe requireCount(received.count, atLeast: receiving.count, "neighborAllToAll")
    // Not MPI_Neighbor_alltoallv: see neighborAllGather.
    try unsafe _exchange(
      NeighborParts(of: sent, outNeighbors.indices.map { sending[$0] }),
      NeighborParts(of: received, inNeighbors.indices.map { receiving[$0] }), pending)
  }

  func _neighborAllToAll<T>(
    _ sent: RawBuffer, _ sending: [Layout<T>.Placed], _ received: RawBuffer,
    _ receiving: [Layout<T>.Placed], _ pending: UnsafeMutablePointer<Pending>?
  ) throws(MPIError) {
    precondition(
      sending.count == outNeighbors.count && receiving.count == inNeighbors.count,
      """
      neighborAllToAll: \(sending.count) layouts to send and \(receiving.count) to receive, with \
      \(outNeighbors.count) and \(inNeighbors.count) neighbors
      """)
    try unsafe _exchange(
      NeighborParts(sending, in: sent, "neighborAllToAll"),
      NeighborParts(receiving, in: received, "neighborAllToAll"), pending)
  }

  /// The number of elements for each neighbor, by the size of what is sent, or of what is received
  /// where nothing is sent.
  func neighborCount(_ sent: Int, _ received: Int) -> Int {
    outNeighbors.isEmpty
      ? shareOfNeighbors(received, inNeighbors) : shareOfNeighbors(sent, outNeighbors)
  }

  private func shareOfNeighbors(_ count: Int, _ neighbors: [Int?]) -> Int {
    if neighbors.isEmpty { return 0 }
    precondition(
      count % neighbors.count == 0,
      "\(count) elements are not as many for each of \(neighbors.count) neighbors")
    return count / neighbors.count
  }
}
