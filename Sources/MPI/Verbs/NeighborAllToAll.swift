internal import CMPI

extension TopologyCommunicator {
  /// Sends elements to every neighbor, and receives elements from each.
  ///
  /// **Collective**: every rank of the communicator calls it, either all with `sending`, or all
  /// with as many elements for each neighbor.
  ///
  ///     // On a ring of 4 ranks: a number for the left neighbor, another for the right one.
  ///     try ring.neighborAllToAll([10 * ring.rank, 10 * ring.rank + 1])
  ///     // rank 0: [31, 10], what rank 3 had for its right, and rank 1 for its left neighbor
  ///
  /// Shape: `[outNeighbors.count · n]` → `[inNeighbors.count · n]`; what is at `i·n` goes to
  /// neighbor *i* of ``outNeighbors``, and what neighbor *i* of ``inNeighbors`` sent here arrives
  /// at `i·n`. With `sending` the parts for the ``outNeighbors`` → those of the ``inNeighbors``,
  /// one after the other.
  ///
  /// - Parameters:
  ///   - elements: What is sent. A layout takes part as often as said for each neighbor.
  ///   - sending: Which of the elements, or of the instances of their layout, go to which of the
  ///     ``outNeighbors``; by default, as many to each.
  /// - Returns: What was received. From a neighbor that is no process that is zero bytes, or
  ///   nothing with `sending`.
  /// - Throws: ``MPIError/Code/invalidTopology`` on a graph that is not symmetric, and what the
  ///   library reports.
  /// - Precondition: Without `sending`, the number of elements is a multiple of the number of
  ///   out-neighbors; `sending` has a part for each of those.
  /// - Complexity: A message to each neighbor. With `sending` the numbers of elements are exchanged
  ///   first; ``neighborPartition(for:)-(Partition)`` does that alone.
  ///
  /// The corresponding C functions are `MPI_Neighbor_alltoall` and `MPI_Neighbor_alltoallv` (MPI
  /// 3.1 §7.6.2).
  public func neighborAllToAll<B: Outgoing & ~Copyable & ~Escapable>(
    _ elements: borrowing B, sending: Partition? = nil
  ) throws -> [B.Element] {
    func received(_ elements: borrowing Operand) throws -> [B.Element] {
      let count = sending == nil ? elements.share(for: outNeighbors) : 0
      if sending == nil, !hasSinks {
        return try [B.Element](fromNeighborsOf: self, count * inNeighbors.count) {
          try _neighborAllToAll(elements, nil, Operand($0), nil, nil)
        }
      }
      // Of a layout, parts are counted in instances here, and in elements there.
      let share = elements.isWhole ? count : elements.instances
      let parts = sending ?? Partition(counts: outNeighbors.map { _ in share })
      let unit = elements.layout?.count ?? 1
      let receiving = try neighborPartition(
        for: Partition(counts: parts.counts.map { $0 * unit }))
      return try [B.Element](receiving: receiving.count) {
        try _neighborAllToAll(elements, parts, Operand($0), receiving, nil)
      }
    }
    return try received(elements.operand)
  }

  /// Tells how many elements this rank will receive from each neighbor, if all send as they say.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  /// - Parameter sending: Which elements go to which of the ``outNeighbors``.
  /// - Returns: A part for each of the ``inNeighbors``, of no element for no process.
  ///
  /// The corresponding C function is `MPI_Neighbor_alltoall` of the counts (MPI 3.1 §7.6.2).
  public func neighborPartition(for sending: Partition) throws -> Partition {
    requireNeighborParts(sending, outNeighbors)
    let received = try [Int](fromNeighborsOf: self, inNeighbors.count) {
      try _exchange(sending.counts.operand, Operand($0), 1, nil)
    }
    return Partition(counts: received)
  }

  /// Sends elements to every neighbor, and receives elements from each into storage.
  ///
  /// **Collective**: every rank of the communicator calls it, either all with `sending` and
  /// `receiving`, or all with as many elements for each neighbor.
  ///
  ///     try ring.neighborAllToAll(edges, into: &ghosts)
  ///     try graph.neighborAllToAll(all, into: &received, sending: mine, receiving: theirs)
  ///
  /// The shape is that of ``neighborAllToAll(_:sending:)``.
  ///
  /// - Parameters:
  ///   - elements: What is sent.
  ///   - storage: Where it is received; the part of a neighbor that is no process is left as it
  ///     was.
  ///   - sending: Which elements go to which of the ``outNeighbors``; by default, as many to each.
  ///   - receiving: Where the elements of each of the ``inNeighbors`` go: as many as that one
  ///     sends. Both count in elements, or in instances of the layout of `elements` and of
  ///     `storage`.
  /// - Throws: ``MPIError/Code/invalidTopology`` on a graph that is not symmetric, and what the
  ///   library reports.
  /// - Precondition: Both of `sending` and `receiving` are given, or neither, and all parts lie
  ///   within `elements` and `storage`. Without them the number of elements is a multiple of the
  ///   number of out-neighbors, and `storage` has room for as many from each in-neighbor; on a rank
  ///   without out-neighbors its size tells how many that are.
  /// - Complexity: A message to each neighbor.
  ///
  /// The corresponding C functions are `MPI_Neighbor_alltoall` and `MPI_Neighbor_alltoallv` (MPI
  /// 3.1 §7.6.2).
  public func neighborAllToAll<
    S: Outgoing & ~Copyable & ~Escapable, R: Incoming<S.Element> & ~Copyable & ~Escapable
  >(
    _ elements: borrowing S, into storage: inout R, sending: Partition? = nil,
    receiving: Partition? = nil
  ) throws {
    try _neighborAllToAll(elements.operand, sending, storage.incoming, receiving, nil)
  }

  /// Sends elements to every neighbor, and receives elements from each into what a view shows.
  ///
  /// **Collective**. As ``neighborAllToAll(_:into:sending:receiving:)-(_,R,Partition?,_)``.
  ///
  /// The corresponding C functions are `MPI_Neighbor_alltoall` and `MPI_Neighbor_alltoallv` (MPI
  /// 3.1 §7.6.2).
  public func neighborAllToAll<
    S: Outgoing & ~Copyable & ~Escapable, V: IncomingView<S.Element> & ~Copyable & ~Escapable
  >(
    _ elements: borrowing S, into view: consuming V, sending: Partition? = nil,
    receiving: Partition? = nil
  ) throws {
    try _neighborAllToAll(elements.operand, sending, view.incoming, receiving, nil)
  }

  /// Sends what a layout names to every neighbor, and receives what another one names from each.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  /// - Parameters:
  ///   - elements: What is sent.
  ///   - storage: Where it is received; what belongs to a neighbor that is no process is left as it
  ///     was. A view is a variable here, too: `&view`.
  ///   - sending: A layout, at its place in `elements`, for each of the ``outNeighbors``; `nil` for
  ///     nothing.
  ///   - receiving: A layout, at its place in `storage`, for each of the ``inNeighbors``, of as
  ///     many elements as that one sends.
  /// - Throws: ``MPIError/Code/invalidTopology`` on a graph that is not symmetric, and what the
  ///   library reports.
  /// - Precondition: The layouts lie within `elements` and `storage`, which are not laid out
  ///   themselves, and those of `receiving` do not overlap.
  /// - Complexity: A message to each neighbor.
  ///
  /// The corresponding C function is `MPI_Neighbor_alltoallw` (MPI 3.1 §7.6.2).
  public func neighborAllToAll<
    S: Outgoing & ~Copyable & ~Escapable, R: Incoming<S.Element> & ~Copyable & ~Escapable
  >(
    _ elements: borrowing S, into storage: inout R, sending: [Layout<S.Element>.Placed?],
    receiving: [Layout<S.Element>.Placed?]
  ) throws {
    try _neighborAllToAll(elements.operand, sending, storage.incoming, receiving, nil)
  }

  /// Sends what a layout names to every neighbor, and receives what another one names from each in
  /// the same storage: the exchange of halos.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  ///     // A field of rows × columns with a border of ghosts, on a grid with the same axes.
  ///     let row = try Layout<Double>.strided(count: 1, blockLength: columns - 2, stride: columns)
  ///     let column = try Layout<Double>.strided(count: rows - 2, stride: columns)
  ///     try grid.neighborAllToAll(&field,
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
  ///   - elements: What is sent, and where the others' arrive; what belongs to a neighbor that is
  ///     no process is left as it was.
  ///   - sending: A layout, at its place, for each of the ``outNeighbors``; `nil` for nothing.
  ///   - receiving: A layout, at its place, for each of the ``inNeighbors``, of as many elements as
  ///     that one sends.
  /// - Throws: ``MPIError/Code/invalidTopology`` on a graph that is not symmetric, and what the
  ///   library reports.
  /// - Precondition: The layouts lie within the storage; those of `receiving` overlap neither each
  ///   other nor those of `sending`.
  /// - Complexity: A message to each neighbor.
  ///
  /// The corresponding C function is `MPI_Neighbor_alltoallw` (MPI 3.1 §7.6.2).
  public func neighborAllToAll<R: Incoming & ~Copyable & ~Escapable>(
    _ elements: inout R, sending: [Layout<R.Element>.Placed?],
    receiving: [Layout<R.Element>.Placed?]
  ) throws {
    try _neighborAllToAll(elements.incoming, sending, receiving, nil)
  }
}

extension Immediate where Context: Communicator {
  /// Begins to send elements to every neighbor, and to receive elements from each into storage.
  ///
  /// **Collective**. The parameters are those of
  /// ``TopologyCommunicator/neighborAllToAll(_:into:sending:receiving:)-(_,R,Partition?,_)``.
  ///
  /// - Throws: ``MPIError/Code/invalidTopology`` on a communicator without a topology.
  ///
  /// The corresponding C functions are `MPI_Ineighbor_alltoall` and `MPI_Ineighbor_alltoallv` (MPI
  /// 3.1 §7.7.2).
  @_lifetime(borrow elements, &storage)
  public func neighborAllToAll<
    S: OutgoingStorage & ~Copyable, R: IncomingStorage<S.Element> & ~Copyable
  >(
    _ elements: borrowing @_addressable S, into storage: inout R, sending: Partition? = nil,
    receiving: Partition? = nil
  ) throws -> Request {
    try start(elements.operand, sending, storage.pinned, receiving)
  }

  /// Begins to send elements to every neighbor, and to receive elements from each into what a view
  /// shows.
  ///
  /// **Collective**. As ``neighborAllToAll(_:into:sending:receiving:)-(_,R,Partition?,_)``.
  ///
  /// The corresponding C functions are `MPI_Ineighbor_alltoall` and `MPI_Ineighbor_alltoallv` (MPI
  /// 3.1 §7.7.2).
  @_lifetime(copy elements, copy view)
  public func neighborAllToAll<
    S: OutgoingView & ~Escapable, V: IncomingView<S.Element> & ~Copyable & ~Escapable
  >(
    _ elements: S, into view: consuming V, sending: Partition? = nil, receiving: Partition? = nil
  ) throws -> Request {
    try start(elements.operand, sending, view.pinned, receiving)
  }

  /// Begins to send what a layout names to every neighbor, and to receive what another one names
  /// from each.
  ///
  /// **Collective**. The parameters are those of
  /// ``TopologyCommunicator/neighborAllToAll(_:into:sending:receiving:)-(_,_,[Layout<S.Element>.Placed?],_)``.
  ///
  /// - Throws: ``MPIError/Code/invalidTopology`` on a communicator without a topology.
  ///
  /// The corresponding C function is `MPI_Ineighbor_alltoallw` (MPI 3.1 §7.7.2).
  @_lifetime(borrow elements, &storage)
  public func neighborAllToAll<
    S: OutgoingStorage & ~Copyable, R: IncomingStorage<S.Element> & ~Copyable
  >(
    _ elements: borrowing @_addressable S, into storage: inout R,
    sending: [Layout<S.Element>.Placed?], receiving: [Layout<S.Element>.Placed?]
  ) throws -> Request {
    try start(elements.operand, sending, storage.pinned, receiving)
  }

  /// Begins to send what a layout names to every neighbor, and to receive what another one names
  /// from each into what a view shows.
  ///
  /// **Collective**. As
  /// ``neighborAllToAll(_:into:sending:receiving:)-(_,R,[Layout<S.Element>.Placed?],_)``.
  ///
  /// The corresponding C function is `MPI_Ineighbor_alltoallw` (MPI 3.1 §7.7.2).
  @_lifetime(copy elements, copy view)
  public func neighborAllToAll<
    S: OutgoingView & ~Escapable, V: IncomingView<S.Element> & ~Copyable & ~Escapable
  >(
    _ elements: S, into view: consuming V, sending: [Layout<S.Element>.Placed?],
    receiving: [Layout<S.Element>.Placed?]
  ) throws -> Request {
    try start(elements.operand, sending, view.pinned, receiving)
  }

  /// Begins to exchange halos: to send what a layout names to every neighbor, and to receive what
  /// another one names from each in the same storage.
  ///
  /// **Collective**. The parameters are those of
  /// ``TopologyCommunicator/neighborAllToAll(_:sending:receiving:)``. All of the storage is out of
  /// reach until the request is complete.
  ///
  /// - Throws: ``MPIError/Code/invalidTopology`` on a communicator without a topology.
  ///
  /// The corresponding C function is `MPI_Ineighbor_alltoallw` (MPI 3.1 §7.7.2).
  @_lifetime(&elements)
  public func neighborAllToAll<R: Pinned & ~Copyable & ~Escapable>(
    _ elements: inout R, sending: [Layout<R.Element>.Placed?],
    receiving: [Layout<R.Element>.Placed?]
  ) throws -> Request {
    let topology = try neighborhood("MPI_Ineighbor_alltoallw")
    return try Request(elements.pinned, on: raw) { elements, starting in
      try topology._neighborAllToAll(elements, sending, receiving, starting)
    }
  }

  @_lifetime(immortal)
  private func start(
    _ sent: borrowing Operand, _ sending: Partition?, _ received: borrowing Operand,
    _ receiving: Partition?
  ) throws -> Request {
    let topology = try neighborhood(
      sending == nil ? "MPI_Ineighbor_alltoall" : "MPI_Ineighbor_alltoallv")
    return try Request(sent, received, on: raw) { sent, received, starting in
      try topology._neighborAllToAll(sent, sending, received, receiving, starting)
    }
  }

  @_lifetime(immortal)
  private func start<T>(
    _ sent: borrowing Operand, _ sending: [Layout<T>.Placed?], _ received: borrowing Operand,
    _ receiving: [Layout<T>.Placed?]
  ) throws -> Request {
    let topology = try neighborhood("MPI_Ineighbor_alltoallw")
    return try Request(sent, received, on: raw) { sent, received, starting in
      try topology._neighborAllToAll(sent, sending, received, receiving, starting)
    }
  }
}

extension TopologyCommunicator {
  func _neighborAllToAll(
    _ sent: borrowing Operand, _ sending: Partition?, _ received: borrowing Operand,
    _ receiving: Partition?, _ starting: Starting?
  ) throws {
    sent.keep(in: starting)
    received.keep(in: starting)
    switch (sending, receiving) {
    case (let sending?, let receiving?):
      // Not MPI_Neighbor_alltoallv: see neighborAllGather.
      try _exchange(
        NeighborParts(sent, sending, outNeighbors, "neighborAllToAll"),
        NeighborParts(received, receiving, inNeighbors, "neighborAllToAll"), starting)
    case (nil, nil):
      let count =
        outNeighbors.isEmpty ? received.share(for: inNeighbors) : sent.share(for: outNeighbors)
      try _exchange(sent, received, count, starting)
    default:
      preconditionFailure("neighborAllToAll: a partition on one side only")
    }
  }

  func _neighborAllToAll<T>(
    _ sent: borrowing Operand, _ sending: [Layout<T>.Placed?], _ received: borrowing Operand,
    _ receiving: [Layout<T>.Placed?], _ starting: Starting?
  ) throws {
    try _exchange(
      NeighborParts(sent, sending, outNeighbors, "neighborAllToAll"),
      NeighborParts(received, receiving, inNeighbors, "neighborAllToAll"), starting)
  }

  /// The same within one storage.
  func _neighborAllToAll<T>(
    _ elements: borrowing Operand, _ sending: [Layout<T>.Placed?],
    _ receiving: [Layout<T>.Placed?], _ starting: Starting?
  ) throws {
    try _neighborAllToAll(elements, sending, elements, receiving, starting)
  }

  /// Sends as many elements to every neighbor, and receives as many from each.
  private func _exchange(
    _ sent: borrowing Operand, _ received: borrowing Operand, _ count: Int, _ starting: Starting?
  ) throws {
    try requireNeighborhood("MPI_Neighbor_alltoall")
    let from = sent.block(of: count, times: outNeighbors.count, "neighborAllToAll")
    let to = received.block(of: count, times: inNeighbors.count, "neighborAllToAll")
    if messages != nil {
      try _exchange(
        NeighborParts(
          of: from, outNeighbors.indices.map { from.count * $0..<from.count * ($0 + 1) }),
        NeighborParts(of: to, inNeighbors.indices.map { to.count * $0..<to.count * ($0 + 1) }),
        starting)
      return
    }
    let (outgoing, incoming) = try (Narrowed(from), Narrowed(to))
    defer {
      outgoing.release(after: starting)
      incoming.release(after: starting)
    }
    let (sendType, receiveType) = (outgoing.datatype.raw, incoming.datatype.raw)
    if let starting {
      try unsafe check(
        MPI_Ineighbor_alltoall(
          from.address, outgoing.count, sendType, to.address, incoming.count, receiveType, raw,
          &starting.request),
        "MPI_Ineighbor_alltoall", on: raw)
    } else {
      try unsafe check(
        MPI_Neighbor_alltoall(
          from.address, outgoing.count, sendType, to.address, incoming.count, receiveType, raw),
        "MPI_Neighbor_alltoall", on: raw)
    }
  }
}

extension Operand {
  /// The number of elements for each neighbor, if all have as many.
  fileprivate func share(for neighbors: [Int?]) -> Int {
    if !isWhole { return count }
    if neighbors.isEmpty { return 0 }
    precondition(
      count % neighbors.count == 0,
      "\(count) elements are not as many for each of \(neighbors.count) neighbors")
    return count / neighbors.count
  }
}
