internal import CMPI

extension TopologyCommunicator {
  /// Gives this rank's elements to all its neighbors, and gathers theirs.
  ///
  /// **Collective**: every rank of the communicator calls it, either all with `counts` or none.
  /// Ranks may have different numbers of elements.
  ///
  ///     // On a ring of 4 ranks:
  ///     try ring.neighborAllGather([ring.rank, ring.rank])
  ///     // rank 0: [3, 3, 1, 1]
  ///
  /// Shape: `[n_r]` on rank *r* → the elements of all ``inNeighbors``, one after the other.
  ///
  /// - Parameters:
  ///   - elements: This rank's contribution.
  ///   - counts: How many each of the ``inNeighbors`` has, and where they go; by default, they are
  ///     asked.
  /// - Returns: The contributions of the neighbors; zero bytes in gaps, and in the part of a
  ///   neighbor that is no process, which is empty unless `counts` has room for one.
  /// - Throws: ``MPIError/Code/invalidTopology`` on a graph that is not symmetric, and what the
  ///   library reports.
  /// - Precondition: `counts` has a part for each of the ``inNeighbors``.
  /// - Complexity: A message of its elements to each neighbor. Without `counts` the numbers of
  ///   elements are gathered first, as ``neighborPartition(for:)-(Int)`` does.
  ///
  /// The corresponding C function is `MPI_Neighbor_allgatherv` (MPI 3.1 §7.6.1).
  public func neighborAllGather<B: Outgoing & ~Copyable & ~Escapable>(
    _ elements: borrowing B, counts: Partition? = nil
  ) throws -> [B.Element] {
    func gathered(_ elements: borrowing Operand) throws -> [B.Element] {
      let parts = try counts ?? neighborPartition(for: elements.count)
      return try [B.Element](fromNeighborsOf: self, parts.count, parts) {
        try _neighborAllGather(elements, Operand($0), parts, nil)
      }
    }
    return try gathered(elements.operand)
  }

  /// Gives a value to all neighbors, and gathers theirs.
  ///
  /// **Collective**: every rank of the communicator calls it.
  ///
  /// - Returns: A value of each of the ``inNeighbors``, `nil` for no process.
  ///
  /// The corresponding C function is `MPI_Neighbor_allgather` (MPI 3.1 §7.6.1).
  @_disfavoredOverload
  public func neighborAllGather<T: Datatype>(_ value: T) throws -> [T?] {
    let one: InlineArray<1, T> = [value]
    let values = try [T](fromNeighborsOf: self, inNeighbors.count) {
      try _neighborAllGather(one.operand, Operand($0), nil, nil)
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
  public func neighborPartition(for count: Int) throws -> Partition {
    Partition(counts: try neighborAllGather(count).map { $0 ?? 0 })
  }

  /// Gives this rank's elements to all its neighbors, and gathers theirs into storage.
  ///
  /// **Collective**: every rank of the communicator calls it, either all with `counts`, or all with
  /// as many elements.
  ///
  ///     try ring.neighborAllGather(edge, into: &ghosts)
  ///
  /// Shape: `[n]` on each rank → `[inNeighbors.count · n]`; those of neighbor *i* are at
  /// `i·n ..< (i+1)·n`. With `counts` as ``neighborAllGather(_:counts:)``.
  ///
  /// - Parameters:
  ///   - elements: This rank's contribution.
  ///   - storage: Where those of the neighbors go; the part of one that is no process is left as it
  ///     was. A layout takes part as often as said for each neighbor.
  ///   - counts: How many each of the ``inNeighbors`` has, and where they go: in elements, or in
  ///     instances of the layout of `storage`.
  /// - Throws: ``MPIError/Code/invalidTopology`` on a graph that is not symmetric, and what the
  ///   library reports.
  /// - Precondition: `storage` has room for `inNeighbors.count · n` elements, or for
  ///   `counts.count`.
  /// - Complexity: A message of its elements to each neighbor.
  ///
  /// The corresponding C functions are `MPI_Neighbor_allgather` and `MPI_Neighbor_allgatherv` (MPI
  /// 3.1 §7.6.1).
  public func neighborAllGather<
    S: Outgoing & ~Copyable & ~Escapable, R: Incoming<S.Element> & ~Copyable & ~Escapable
  >(
    _ elements: borrowing S, into storage: inout R, counts: Partition? = nil
  ) throws {
    try _neighborAllGather(elements.operand, storage.incoming, counts, nil)
  }

  /// Gives this rank's elements to all its neighbors, and gathers theirs into what a view shows.
  ///
  /// **Collective**. As ``neighborAllGather(_:into:counts:)-(_,R,_)``.
  ///
  /// The corresponding C functions are `MPI_Neighbor_allgather` and `MPI_Neighbor_allgatherv` (MPI
  /// 3.1 §7.6.1).
  public func neighborAllGather<
    S: Outgoing & ~Copyable & ~Escapable, V: IncomingView<S.Element> & ~Copyable & ~Escapable
  >(
    _ elements: borrowing S, into view: consuming V, counts: Partition? = nil
  ) throws {
    try _neighborAllGather(elements.operand, view.incoming, counts, nil)
  }
}

extension Immediate where Context: Communicator {
  /// Begins to give this rank's elements to all its neighbors, and to gather theirs into storage.
  ///
  /// **Collective**. The parameters are those of
  /// ``TopologyCommunicator/neighborAllGather(_:into:counts:)-(_,R,_)``.
  ///
  /// - Throws: ``MPIError/Code/invalidTopology`` on a communicator without a topology.
  ///
  /// The corresponding C functions are `MPI_Ineighbor_allgather` and `MPI_Ineighbor_allgatherv`
  /// (MPI 3.1 §7.7.1).
  @_lifetime(borrow elements, &storage)
  public func neighborAllGather<
    S: OutgoingStorage & ~Copyable, R: IncomingStorage<S.Element> & ~Copyable
  >(
    _ elements: borrowing @_addressable S, into storage: inout R, counts: Partition? = nil
  ) throws -> Request {
    try start(elements.operand, storage.pinned, counts)
  }

  /// Begins to give this rank's elements to all its neighbors, and to gather theirs into what a
  /// view shows.
  ///
  /// **Collective**. As ``neighborAllGather(_:into:counts:)-(_,R,_)``.
  ///
  /// The corresponding C functions are `MPI_Ineighbor_allgather` and `MPI_Ineighbor_allgatherv`
  /// (MPI 3.1 §7.7.1).
  @_lifetime(copy elements, copy view)
  public func neighborAllGather<
    S: OutgoingView & ~Escapable, V: IncomingView<S.Element> & ~Copyable & ~Escapable
  >(
    _ elements: S, into view: consuming V, counts: Partition? = nil
  ) throws -> Request {
    try start(elements.operand, view.pinned, counts)
  }

  @_lifetime(immortal)
  private func start(
    _ sent: borrowing Operand, _ received: borrowing Operand, _ counts: Partition?
  ) throws -> Request {
    let topology = try neighborhood(
      counts == nil ? "MPI_Ineighbor_allgather" : "MPI_Ineighbor_allgatherv")
    return try Request(sent, received, on: raw) { sent, received, starting in
      try topology._neighborAllGather(sent, received, counts, starting)
    }
  }

  /// The communicator of a neighborhood collective.
  func neighborhood(_ routine: StaticString) throws -> TopologyCommunicator {
    if let communicator = communicator as? TopologyCommunicator { return communicator }
    throw MPIError(
      .invalidTopology, routine: routine.description, message: "the communicator has no topology",
      on: raw)
  }
}

extension TopologyCommunicator {
  func _neighborAllGather(
    _ sent: borrowing Operand, _ received: borrowing Operand, _ counts: Partition?,
    _ starting: Starting?
  ) throws {
    sent.keep(in: starting)
    received.keep(in: starting)
    let own = sent.part("neighborAllGather")
    if let counts {
      // Not MPI_Neighbor_allgatherv: which of the two is called must be the same on all neighbors,
      // and a rank that has large parts cannot tell them without a message.
      let parts = try NeighborParts(received, counts, inNeighbors, "neighborAllGather")
      try _exchange(
        NeighborParts(of: own, outNeighbors.map { _ in 0..<own.count }), parts, starting)
      return
    }
    try requireNeighborhood("MPI_Neighbor_allgather")
    let block = received.block(of: sent.count, times: inNeighbors.count, "neighborAllGather")
    let (outgoing, incoming) = try (Narrowed(own), Narrowed(block))
    defer {
      outgoing.release(after: starting)
      incoming.release(after: starting)
    }
    let (sendType, receiveType) = (outgoing.datatype.raw, incoming.datatype.raw)
    if let starting {
      try unsafe check(
        MPI_Ineighbor_allgather(
          own.address, outgoing.count, sendType, block.address, incoming.count, receiveType, raw,
          &starting.request),
        "MPI_Ineighbor_allgather", on: raw)
    } else {
      try unsafe check(
        MPI_Neighbor_allgather(
          own.address, outgoing.count, sendType, block.address, incoming.count, receiveType, raw),
        "MPI_Neighbor_allgather", on: raw)
    }
  }
}

extension Array where Element: Datatype {
  /// An array of elements that come from neighbors; what does not come is zero.
  init(
    fromNeighborsOf communicator: TopologyCommunicator, _ count: Int, _ parts: Partition? = nil,
    _ fill: (RawBuffer) throws -> Void
  ) throws {
    let hasGaps =
      communicator.inNeighbors.contains { $0 == nil } || parts?.isContiguous == false
    self = try Array(receiving: count) { buffer throws in
      if hasGaps {
        unsafe buffer.address?.initializeMemory(
          as: UInt8.self, repeating: 0, count: count * MemoryLayout<Element>.stride)
      }
      try fill(buffer)
    }
  }
}
